"""A plan as source text: the one printer of all backends, which ask for it with a dialect of their own."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from resdsl.codegen.layout import INDENT, WIDTH, Group, Text, call, laid_out
from resdsl.codegen.model import (
    CHANGES_SHAPE,
    Apply,
    Assign,
    BlockClass,
    Choose,
    Condition,
    Downsample,
    Flatten,
    Helper,
    Joined,
    Member,
    NetworkClass,
    Parameter,
    Plan,
    Stage,
    StageCall,
    Value,
    Variable,
)
from resdsl.codegen.naming import describe_flag, heading
from resdsl.codegen.plan import make_plan
from resdsl.ir.expression import text
from resdsl.ir.join import Add, Gated, Learned, Scaled, ShortcutGated
from resdsl.ir.network import Network

# Longer unions of classes are not worth reading.
MOST_CLASSES = 3


class Dialect(ABC):
    """What differs between frameworks: how a layer is made and applied, and what stands around the classes."""

    reserved: frozenset[str]
    """Names that its sources use for something else."""
    module: str
    """The class of all modules: `nn.Module`."""
    sequential: str
    """The module of modules one after another: `nn.Sequential`."""
    tensor: str
    """The type of a batch of maps."""
    forward: str
    """The method that computes: `forward`."""
    identity: str
    """What changes nothing, and the type of what may stand in its place."""
    replaceable: str
    signature: tuple[str, ...] = ()
    """What every constructor takes besides its own parameters, and with what it is called for that."""
    passed: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    """What a constructor begins with."""
    decorator: str = ""
    """What stands above the method that computes in a block's class."""

    @abstractmethod
    def constructor(self, member: Member) -> Text:
        """The call that makes `member`, with only what is not the framework's default."""

    @abstractmethod
    def applied(self, member: Member, value: str) -> Text:
        """`member`, applied to a value."""

    @abstractmethod
    def flattened(self, value: Value, printed: str, inner: str) -> str:
        """A map as a vector in C, H, W order; `inner` is what a pooling at the end of `value` is applied to."""

    @abstractmethod
    def made_in_constructor(self, member: Member) -> bool:
        """Whether a member is an attribute, rather than a function that is called in its place."""

    @abstractmethod
    def after_member(self, member: Member) -> Iterator[str]:
        """Lines after the one that makes a member: a scale that starts at zero."""

    @abstractmethod
    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        """A module of modules under these names, one after another."""

    @abstractmethod
    def stage(self, stage: Stage, made: Sequence[tuple[StageCall | Member, Group]]) -> Group:
        """A stage of several parts, each with the text that makes it."""

    @abstractmethod
    def initialization(self, network: NetworkClass) -> Iterator[str]:
        """The lines of the network's constructor that start the convs."""

    @abstractmethod
    def rising(self, network: NetworkClass) -> Iterator[str]:
        """The lines of the network's constructor that let the probabilities of stochastic depth rise from block to block."""

    @abstractmethod
    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        """What `body` needs: its imports, and the definitions that stand before the blocks' and before the network's."""


class Source(NamedTuple):
    """The text of a module, and the name of the network's class in it."""

    class_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints plans in one dialect."""

    dialect: Dialect

    def source(self, network: Network) -> Source:
        """The formatted source of a module that stands alone."""
        plan = make_plan(network, self.dialect.reserved)
        blocks = ["\n".join(self._block(block)) for block in plan.blocks]
        helpers = ["\n".join(self._helper(helper)) for helper in plan.helpers]
        main = "\n".join(self._network(plan.network))
        imports, first, last = self.dialect.preamble(plan, "\n\n\n".join((*blocks, *helpers, main)))
        body = "\n\n\n".join((*first, *blocks, *helpers, *last, main))
        gap = ("", "") if body.startswith(("def ", "class ")) else ("",)
        return Source(plan.network.name, "\n".join((*heading(plan.spec), "", *imports, *gap, body, "")))

    def _block(self, block: BlockClass) -> Iterator[str]:
        yield from self._opening(block.name, block.doc, block.parameters)
        for member in block.members:
            yield from self._member(member)
        yield from self._downsample(block.downsample, block.activate_both)
        for member in block.after:
            yield from self._member(member)
        yield ""
        if self.dialect.decorator:
            yield f"{INDENT}{self.dialect.decorator}"
        yield from self._forward(block.forward)

    def _network(self, network: NetworkClass) -> Iterator[str]:
        yield from self._opening(network.name, network.doc, ())
        for item in network.members:
            yield from self._stage(item) if isinstance(item, Stage) else self._member(item)
        yield from self.dialect.initialization(network)
        yield from self.dialect.rising(network) if network.rises else ()
        yield ""
        yield from self._forward(network.forward)

    def _opening(self, name: str, doc: str, parameters: Iterable[Parameter]) -> Iterator[str]:
        yield f"class {name}({self.dialect.module}):"
        yield f'{INDENT}"""{doc}"""'
        yield ""
        taken = ("self", *map(str, parameters), *self.dialect.signature)
        yield from laid_out("def ", call("__init__", taken), " -> None:", level=1)
        yield from (f"{INDENT * 2}{line}" for line in self.dialect.opening)

    def _member(self, member: Member) -> Iterator[str]:
        if self.dialect.made_in_constructor(member):
            yield from laid_out(f"self.{member.name} = ", self.dialect.constructor(member), level=2)
        yield from self.dialect.after_member(member)

    def _downsample(self, side: Downsample | None, flag: str) -> Iterator[str]:
        """The flag of a mixed pre-activation, and the shortcut's layers."""
        condition = side.condition if side else ()
        if flag and condition:
            yield f"{INDENT * 2}{CHANGES_SHAPE} = {differs(condition)}"
        if flag:
            yield f"{INDENT * 2}# {describe_flag(flag)}"
            yield f"{INDENT * 2}self.activate_both = {flag}"
        if side is None:
            return
        layers = self.dialect.sequence([(member.name, self._entry(member)) for member in side.members])
        made = f"self.{side.name} = "
        typed = f"self.{side.name}: {self.dialect.replaceable} = "
        if not condition:
            yield from laid_out(made, layers, level=2)
        elif flag:
            yield f"{INDENT * 2}if {CHANGES_SHAPE}:"
            yield from laid_out(typed, layers, level=3)
            yield from (f"{INDENT * 2}else:", f"{INDENT * 3}{made}{self.dialect.identity}")
        else:
            yield from (f"{INDENT * 2}if {equal(condition)}:", f"{INDENT * 3}{typed}{self.dialect.identity}")
            yield f"{INDENT * 2}else:"
            yield from laid_out(made, layers, level=3)

    def _entry(self, member: Member) -> Text:
        layer = self.dialect.constructor(member)
        return f"{layer} if {differs(member.condition)} else {self.dialect.identity}" if member.condition else layer

    def _helper(self, helper: Helper) -> Iterator[str]:
        """The function that makes runs of blocks."""
        block = self._called(helper)
        own = (parameter.name for parameter in helper.classes[0].parameters)
        classes = (f"block: {self._classes(helper)}",) if block == "block" else ()
        parameters = (*classes, *map(str, helper.parameters), *self.dialect.signature)
        yield from laid_out("def ", call(helper.name, parameters), f" -> {self.dialect.sequential}:")
        strides = any(parameter.name == "stride" for parameter in helper.classes[0].parameters)
        yield f'{INDENT}"""`blocks` blocks{"; only the first changes the stride" if strides else ""}."""'
        yield from laid_out("first = ", call(block, (*own, *self.dialect.passed)), level=1)
        yield from self._rest(helper, call(block, (*helper.rest, *self.dialect.passed)))
        yield f"{INDENT}return {self.dialect.sequential}(first, *rest)"

    def _called(self, helper: Helper) -> str:
        """The class that a helper calls, or the parameter that takes one of several."""
        return helper.classes[0].name if len(helper.classes) == 1 else "block"

    def _classes(self, helper: Helper) -> str:
        if len(helper.classes) > MOST_CLASSES:
            return f"Callable[..., {self.dialect.module}]"
        return " | ".join(f"type[{block.name}]" for block in helper.classes)

    def _rest(self, helper: Helper, again: Group) -> Iterator[str]:
        """The lines that make a list of the blocks after the first, each by the call `again`."""
        comprehension = f"{INDENT}rest = [{again} for _ in range(blocks - 1)]"
        if len(comprehension) <= WIDTH and not helper.grows:
            yield comprehension
            return
        yield f"{INDENT}rest = []"
        yield f"{INDENT}for _ in range(blocks - 1):"
        if helper.grows:
            yield f"{INDENT * 2}{helper.classes[0].channels} = {text(helper.classes[0].out)}"
        yield from laid_out("", call("rest.append", (again,)), level=2)

    def _stage(self, stage: Stage) -> list[str]:
        """The lines of a stage, with its title next to them if that is plain and both fit one line."""
        made = [(part, self._part(part)) for part in stage.parts]
        whole = made[0][1] if len(made) == 1 and isinstance(made[0][0], StageCall) else self.dialect.stage(stage, made)
        first, *others = laid_out(f"self.{stage.name} = ", whole, level=2)
        comment = f"  # {stage.title}" if re.fullmatch(r"[\w +-]+", stage.title, re.ASCII) else ""
        fits = not others and len(first + comment) <= WIDTH
        return [first + comment] if fits else [first, *others]

    def _part(self, part: StageCall | Member) -> Group:
        if isinstance(part, Member):
            made = self.dialect.constructor(part)
            return made if isinstance(made, Group) else Group(made, (), "")
        given = {**dict(part.arguments), "blocks": part.blocks}
        names = (parameter.name for parameter in part.helper.parameters if parameter.name in given)
        block = (part.block.name,) if self._called(part.helper) == "block" else ()
        return call(part.helper.name, (*block, *(f"{name}={given[name]}" for name in names), *self.dialect.passed))

    def _forward(self, lines: Sequence[Assign]) -> Iterator[str]:
        """The method that computes; what does not fit one line is computed in several."""
        yield f"{INDENT}def {self.dialect.forward}(self, x: {self.dialect.tensor}) -> {self.dialect.tensor}:"
        *rest, last = lines
        for line in rest:
            yield from self._statement(line.target, line.value, f"{line.target} = ")
        yield from self._statement(last.target, last.value, "return ")

    def _statement(self, target: str, value: Value, prefix: str) -> Iterator[str]:
        printed = f"{INDENT * 2}{prefix}{self._expression(value)}"
        match value:
            case Apply(source=Variable()):
                yield from laid_out(prefix, self._applied(value), level=2)
            case Apply(member=member, source=source) if len(printed) > WIDTH:
                yield from self._statement(target, source, f"{target} = ")
                yield from self._statement(target, Apply(member, Variable(target)), prefix)
            case _:  # whatever else there is fits one line
                yield printed

    def _expression(self, value: Value) -> str:
        match value:
            case Variable():
                return value.name
            case Apply():
                return str(self._applied(value))
            case Flatten(source=source):
                inner = self._expression(source.source) if isinstance(source, Apply) else ""
                return self.dialect.flattened(source, self._expression(source), inner)
            case Joined():
                return self._joined(value)
            case Choose():
                return f"{self._expression(value.chosen)} if self.{value.flag} else {self._expression(value.otherwise)}"
            case _:
                assert_never(value)

    def _joined(self, value: Joined) -> str:
        branch, shortcut = self._expression(value.branch), self._expression(value.shortcut)
        match value.join:
            case Add():
                return f"{branch} + {shortcut}"
            case Scaled(shortcut=constant, branch=other):
                return f"{_factor(other)}{branch} + {_factor(constant)}{shortcut}"
            case Gated():
                return f"gate * {branch} + (1 - gate) * {shortcut}"
            case ShortcutGated():
                return f"{branch} + (1 - gate) * {shortcut}"
            case Learned():
                return f"{self.dialect.applied(value.alpha, branch) if value.alpha else branch} + {shortcut}"
            case _:
                assert_never(value.join)

    def _applied(self, value: Apply) -> Text:
        source = self._expression(value.source)
        if isinstance(value.member, Member):
            return self.dialect.applied(value.member, source)
        return call(f"self.{value.member.name}", (source,))


def _factor(constant: float) -> str:
    return "" if constant == 1 else f"{constant} * "


def differs(condition: Condition) -> str:
    """`stride != 1 or channels != filters`."""
    return " or ".join(f"{text(left)} != {text(right)}" for left, right in condition)


def equal(condition: Condition) -> str:
    """`stride == 1 and channels == filters`."""
    return " and ".join(f"{text(left)} == {text(right)}" for left, right in condition)
