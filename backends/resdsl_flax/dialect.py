"""Sources in NNX's words: formatted, typed, and free of resdsl; modules take images as (N, H, W, C)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import final

from resdsl.codegen.layout import INDENT, Group, Text, call, laid_out
from resdsl.codegen.model import Apply, Member, NetworkClass, Plan, Stage, StageCall, Value
from resdsl.codegen.printer import Dialect
from resdsl.ir.layers import (
    Alpha,
    BatchNorm,
    Gate,
    GlobalAvgPool,
)
from resdsl_flax.constructors import IDENTITY, RNGS, constructor, function_of, is_function
from resdsl_flax.modules import MODULES, he_normal, needed_modules


def sequence(entries: Sequence[tuple[str, Text]]) -> Group:
    """An `nnx.Sequential`; gaps between numbers are filled with identities, and names take a `Named`."""
    if not all(name.isdigit() for name, _ in entries):
        return named_sequence([keyed(name, layer) for name, layer in entries])
    numbered = {int(name): layer for name, layer in entries}
    layers = [numbered.get(number, IDENTITY) for number in range(max(numbered) + 1)]
    return Group("nnx.Sequential(", tuple(layers), broken=len(layers) > 1)


def named_sequence(pairs: Sequence[Text]) -> Group:
    """Layers under their names."""
    return call("Named", (Group("{", tuple(pairs), "}", broken=len(pairs) > 1),))


def keyed(name: str, layer: Text) -> Text:
    """An entry of a dictionary."""
    head = f'"{name}": '
    return head + layer if isinstance(layer, str) else Group(head + layer.head, layer.items, layer.close, layer.broken)


# By module: the names that may stand in a source, and how they do.
_STANDARD = {
    "collections.abc": {"Callable": r"\bCallable\["},
    "functools": {"cache": r"@cache\b", "partial": r"\bpartial\("},
    "math": {"comb": r"\bcomb\("},
    "typing": {"Any": r"\bAny\b"},
}
_OTHERS = {r"\bjax\.": "import jax", r"\bjnp\.": "import jax.numpy as jnp"}


@final
class FlaxDialect(Dialect):
    """Modules on maps of (N, H, W, C)."""

    reserved = frozenset(
        {"jax", "jnp", "nnx", "rngs", "Array", "Any", "Callable", "partial", "he_normal", "ContextMlp", *MODULES}
    )
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
        match member.layer:
            case Gate():
                return call("nnx.sigmoid", (call(f"self.{member.name}", (value,)),))
            case Alpha():
                return f"self.{member.name}[...].astype({value}.dtype) * {value}"
            case _:  # a module
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

    def stage(self, stage: Stage, made: Sequence[tuple[StageCall | Member, Group]]) -> Group:
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

    def rising(self, network: NetworkClass) -> Iterator[str]:
        """Each block's own probability of being left out."""
        stages = [item.name for item in network.members if isinstance(item, Stage)]
        yield from laid_out("blocks = ", Group("[", tuple(f"*self.{stage}.layers" for stage in stages), "]"), level=2)
        yield f'{INDENT * 2}paths = [block.drop_path for block in blocks if hasattr(block, "drop_path")]'
        yield f"{INDENT * 2}for number, path in enumerate(paths):"
        yield f"{INDENT * 3}path.rate *= number / (len(paths) - 1)"

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        mode = plan.network.init[0][1] if plan.network.init else "fan_out"
        modules = list(needed_modules(body, mode))
        return list(_imports("\n".join((*modules, body)))), modules, []


def _keyed(part: StageCall | Member, text: Group) -> Text:
    if isinstance(part, Member):
        return keyed(part.name, text)
    return call("**numbered", (text, *([str(part.start)] if part.start else [])))


def _imports(body: str) -> Iterator[str]:
    named = {
        module: [name for name, pattern in names.items() if re.search(pattern, body)]
        for module, names in _STANDARD.items()
    }
    standard = [f"from {module} import {', '.join(names)}" for module, names in named.items() if names]
    yield from (*standard, "") if standard else ()
    yield from (line for pattern, line in _OTHERS.items() if re.search(pattern, body))
    yield "from flax import nnx"
    yield "from jax import Array"
