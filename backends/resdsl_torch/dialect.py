"""Sources in PyTorch's words: formatted, typed, and free of resdsl."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import final

from resdsl.codegen.layout import INDENT, Group, Text, call
from resdsl.codegen.model import Member, NetworkClass, Plan, Run, Stage, Value
from resdsl.codegen.printer import Dialect
from resdsl_torch.constructors import IDENTITY, constructor, named_sequence, sequence
from resdsl_torch.modules import needed_modules

# For a stage in which a second run of blocks follows on layers with names.
_NUMBERED = '''\
def numbered(stage: nn.Sequential, start: int) -> list[tuple[str, nn.Module]]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return [(str(number), block) for number, block in enumerate(stage, start)]'''


@final
class TorchDialect(Dialect):
    """Modules on maps of (N, C, H, W)."""

    reserved = frozenset(
        {"torch", "nn", "Tensor", "Callable", "OrderedDict", "numbered"}
        | {"Subsample", "PadChannels", "SqueezeExcite", "MapLinear"}
    )
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
        return call(f"self.{member.name}", (value,))

    def flattened(self, value: Value, printed: str, inner: str) -> str:
        return f"torch.flatten({printed}, 1)"

    def made_in_constructor(self, member: Member) -> bool:
        return True

    def after_member(self, member: Member) -> Iterator[str]:
        if member.zeroed:
            yield f"{INDENT * 2}nn.init.zeros_(self.{member.name}.weight)"

    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        return sequence(entries)

    def stage(self, stage: Stage, made: Sequence[tuple[Run | Member, Group]]) -> Group:
        if stage.in_order:
            starred = (Group(f"*{text.head}", text.items) if isinstance(part, Run) else text for part, text in made)
            return Group("nn.Sequential(", tuple(starred), broken=len(made) > 2)
        return named_sequence([_pairs(part, text) for part, text in made])

    def initialization(self, network: NetworkClass) -> Iterator[str]:
        """Convs start normal with a variance of 2 / fan (He et al. 2015)."""
        for scope, mode in network.init:
            yield f"{INDENT * 2}for module in self.{scope + '.' if scope else ''}modules():"
            yield f"{INDENT * 3}if isinstance(module, nn.Conv2d):"
            yield f'{INDENT * 4}nn.init.kaiming_normal_(module.weight, mode="{mode}", nonlinearity="relu")'

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        modules, functions = needed_modules(plan), [_NUMBERED] if "*numbered(" in body else []
        return list(_imports("\n".join((body, *modules)))), modules, functions


def _pairs(part: Run | Member, text: Group) -> Text:
    match part:
        case Member():
            return Group("(", (f'"{part.name}"', text))
        case Run(start=0):
            return Group(f"*{text.head}", text.items, ").named_children()")
        case Run():
            return call("*numbered", (text, str(part.start)))


def _imports(body: str) -> Iterator[str]:
    standard = {
        "Callable[": "from collections.abc import Callable",
        "OrderedDict(": "from collections import OrderedDict",
    }
    wanted = sorted(line for name, line in standard.items() if name in body)
    yield from (*wanted, "") if wanted else ()
    if re.search(r"(?<![.\w])torch\.", body):
        yield "import torch"
    yield "from torch import Tensor, nn"
