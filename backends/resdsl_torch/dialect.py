"""Sources in PyTorch's words: formatted, typed, and free of resdsl."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import final

from resdsl.codegen.layout import INDENT, Group, Text, call
from resdsl.codegen.model import Member, NetworkClass, Plan, Stage, StageCall, Value
from resdsl.codegen.printer import Dialect
from resdsl.ir.layers import (
    Alpha,
    Gate,
)
from resdsl_torch.constructors import IDENTITY, constructor
from resdsl_torch.modules import SOURCES, needed_modules


def sequence(entries: Sequence[tuple[str, Text]]) -> Group:
    """An `nn.Sequential` of named modules; where the names are numbers with gaps, identities fill them."""
    if not all(name.isdigit() for name, _ in entries):
        return named_sequence([Group("(", (f'"{name}"', module)) for name, module in entries])
    numbered = {int(name): module for name, module in entries}
    modules = [numbered.get(number, IDENTITY) for number in range(max(numbered) + 1)]
    return Group("nn.Sequential(", tuple(modules), broken=len(modules) > 1)


def named_sequence(pairs: Sequence[Text]) -> Group:
    """An `nn.Sequential` of pairs of name and module."""
    return call("nn.Sequential", (call("OrderedDict", (Group("[", tuple(pairs), "]", broken=len(pairs) > 1),)),))


# For a stage in which a second run of blocks follows on layers with names.
_NUMBERED = '''\
def numbered(stage: nn.Sequential, start: int) -> list[tuple[str, nn.Module]]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return [(str(number), block) for number, block in enumerate(stage, start)]'''


@final
class TorchDialect(Dialect):
    """Modules on maps of (N, C, H, W)."""

    reserved = frozenset({"torch", "nn", "Tensor", "Callable", "OrderedDict", "numbered", "ContextMlp"} | {*SOURCES})
    module = "nn.Module"
    sequential = "nn.Sequential"
    tensor = "Tensor"
    forward = "forward"
    identity = IDENTITY
    replaceable = "nn.Module"
    opening = ("super().__init__()",)

    def constructor(self, member: Member) -> Group:
        return constructor(member)

    def applied(self, member: Member, value: str) -> Text:
        match member.layer:
            case Gate():
                return call("torch.sigmoid", (call(f"self.{member.name}", (value,)),))
            case Alpha():
                return f"self.{member.name}.type_as({value}) * {value}"
            case _:  # a module
                return call(f"self.{member.name}", (value,))

    def flattened(self, value: Value, printed: str, inner: str) -> str:
        return f"torch.flatten({printed}, 1)"

    def made_in_constructor(self, member: Member) -> bool:
        return True

    def after_member(self, member: Member) -> Iterator[str]:
        if member.zeroed:
            yield f"{INDENT * 2}nn.init.zeros_(self.{member.name}.weight)"
        if isinstance(member.layer, Gate):
            yield f"{INDENT * 2}nn.init.constant_(self.{member.name}.bias, {member.layer.start})"

    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        return sequence(entries)

    def stage(self, stage: Stage, made: Sequence[tuple[StageCall | Member, Group]]) -> Group:
        if stage.in_order:
            starred = (
                Group(f"*{text.head}", text.items) if isinstance(part, StageCall) else text for part, text in made
            )
            return Group("nn.Sequential(", tuple(starred), broken=len(made) > 2)
        return named_sequence([_pairs(part, text) for part, text in made])

    def initialization(self, network: NetworkClass) -> Iterator[str]:
        """Convs start normal with a variance of 2 / fan (He et al. 2015)."""
        for scope, mode in network.init:
            yield f"{INDENT * 2}for module in self.{scope + '.' if scope else ''}modules():"
            yield f"{INDENT * 3}if isinstance(module, nn.Conv2d):"
            yield f'{INDENT * 4}nn.init.kaiming_normal_(module.weight, mode="{mode}", nonlinearity="relu")'

    def rising(self, network: NetworkClass) -> Iterator[str]:
        """Each block's own probability of being left out."""
        yield f'{INDENT * 2}paths = [module for name, module in self.named_modules() if name.endswith(".drop_path")]'
        yield f"{INDENT * 2}for number, path in enumerate(paths):"
        yield f"{INDENT * 3}path.p *= number / (len(paths) - 1)"

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        modules, functions = needed_modules(body), [_NUMBERED] if "*numbered(" in body else []
        return list(_imports("\n".join((body, *modules)))), modules, functions


def _pairs(part: StageCall | Member, text: Group) -> Text:
    match part:
        case Member():
            return Group("(", (f'"{part.name}"', text))
        case StageCall(start=0):
            return Group(f"*{text.head}", text.items, ").named_children()")
        case StageCall():
            return call("*numbered", (text, str(part.start)))


def _imports(body: str) -> Iterator[str]:
    standard = {
        "Callable[": "from collections.abc import Callable",
        "OrderedDict(": "from collections import OrderedDict",
        "math.comb(": "import math",
        ": Any": "from typing import Any",
    }
    wanted = sorted((line for name, line in standard.items() if name in body), key=lambda line: (line[0] == "f", line))
    yield from (*wanted, "") if wanted else ()
    if re.search(r"(?<![.\w])torch\.", body):
        yield "import torch"
    yield "from torch import Tensor, nn"
