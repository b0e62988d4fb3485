"""Sources in NNX's words: formatted, typed, and free of resdsl; modules take images as (N, H, W, C)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import final

from resdsl.codegen.layout import INDENT, Group, Text, call
from resdsl.codegen.model import Apply, Member, NetworkClass, Plan, Run, Stage, Value
from resdsl.codegen.printer import Dialect
from resdsl.ir.layers import BatchNorm, GlobalAvgPool
from resdsl_flax.constructors import (
    IDENTITY,
    RNGS,
    constructor,
    function_of,
    is_function,
    keyed,
    named_sequence,
    sequence,
)
from resdsl_flax.modules import MODULES, he_normal, needed_modules

_STANDARD = {
    r"\bCallable\[": "from collections.abc import Callable",
    r"\bpartial\(": "from functools import partial",
    r"\bAny\b": "from typing import Any",
}
_OTHERS = {r"\bjax\.": "import jax", r"\bjnp\.": "import jax.numpy as jnp"}


@final
class FlaxDialect(Dialect):
    """Modules on maps of (N, H, W, C)."""

    reserved = frozenset({"jax", "jnp", "nnx", "rngs", "Array", "Any", "Callable", "partial", "he_normal", *MODULES})
    module = "nnx.Module"
    sequential = "nnx.Sequential"
    tensor = "Array"
    forward = "__call__"
    identity = IDENTITY
    replaceable = "Callable[[Array], Array]"
    signature = ("*", "rngs: nnx.Rngs")
    passed = (RNGS,)
    decorator = "@nnx.jit  # Equal blocks are traced once."

    def constructor(self, member: Member) -> Text:
        return constructor(member)

    def applied(self, member: Member, value: str) -> Text:
        if is_function(member):
            function, *options = function_of(member)
            return call(function, (value, *options))
        return call(f"self.{member.name}", (value,))

    def flattened(self, value: Value, printed: str, inner: str) -> str:
        match value:
            case Apply(member=Member(layer=GlobalAvgPool())):
                return f"{inner}.mean(axis=(1, 2))"
            case _:  # in C, H, W order, as everywhere
                return f"{printed}.transpose(0, 3, 1, 2).reshape({printed}.shape[0], -1)"

    def made_in_constructor(self, member: Member) -> bool:
        return not is_function(member)

    def after_member(self, member: Member) -> Iterator[str]:
        if member.zeroed and isinstance(member.layer, BatchNorm):
            yield f"{INDENT * 2}self.{member.name}.scale[...] = jnp.zeros({member.number('channels')})"

    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        return sequence(entries)

    def stage(self, stage: Stage, made: Sequence[tuple[Run | Member, Group]]) -> Group:
        if any(isinstance(part, Member) for part, _ in made):
            return named_sequence([_keyed(part, text) for part, text in made])
        spread = tuple(Group(f"*{text.head}", text.items, ").layers") for _, text in made)
        return Group("nnx.Sequential(", spread, broken=True)

    def initialization(self, network: NetworkClass) -> Iterator[str]:
        """Stages whose convs start by another fan than those of the network."""
        for scope, mode in network.init[1:]:
            yield f"{INDENT * 2}he_normal = {he_normal(mode)}"
            yield f"{INDENT * 2}for _, layer in nnx.iter_modules(self.{scope}):"
            yield f"{INDENT * 3}if isinstance(layer, nnx.Conv):"
            yield f"{INDENT * 4}layer.kernel[...] = he_normal(rngs.params(), layer.kernel.shape)"

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        mode = plan.network.init[0][1] if plan.network.init else "fan_out"
        modules = list(needed_modules(body, mode))
        return list(_imports("\n".join((*modules, body)))), modules, []


def _keyed(part: Run | Member, text: Group) -> Text:
    if isinstance(part, Member):
        return keyed(part.name, text)
    return call("**numbered", (text, *([str(part.start)] if part.start else [])))


def _imports(body: str) -> Iterator[str]:
    standard = [line for pattern, line in _STANDARD.items() if re.search(pattern, body)]
    yield from (*standard, "") if standard else ()
    yield from (line for pattern, line in _OTHERS.items() if re.search(pattern, body))
    yield "from flax import nnx"
    yield "from jax import Array"
