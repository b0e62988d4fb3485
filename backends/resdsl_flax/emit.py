"""A plan as Flax NNX source: formatted, typed, and free of resdsl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.codegen.heading import heading
from resdsl.codegen.layout import INDENT, Text, call, laid_out
from resdsl.codegen.model import BlockClass, Downsample, Member, NetworkClass, Plan, Stage
from resdsl.codegen.plan import make_plan
from resdsl.ir.layers import Norm
from resdsl.ir.network import Network
from resdsl_flax.constructors import IDENTITY, constructor, is_function, sequence
from resdsl_flax.forward import forward
from resdsl_flax.modules import he_normal, needed_modules
from resdsl_flax.stages import helper, stage

_STANDARD = {
    r"\bCallable\[": "from collections.abc import Callable",
    r"\bpartial\(": "from functools import partial",
    r"\bAny\b": "from typing import Any",
}
_OTHERS = {r"\bjax\.": "import jax", r"\bjnp\.": "import jax.numpy as jnp"}


def emit(network: Network) -> str:
    """The source of `network` as a module that stands alone; it takes images as (N, H, W, C)."""
    return emit_plan(make_plan(network))


def emit_plan(plan: Plan) -> str:
    """The source of `plan`."""
    own = "\n\n\n".join(_definitions(plan))
    mode = plan.network.init[0][1] if plan.network.init else "fan_out"
    body = "\n\n\n".join((*needed_modules(own, mode), own))
    gap = ("", "") if body.startswith(("def ", "class ")) else ("",)
    return "\n".join((*heading(plan.spec), "", *_imports(body), *gap, body, ""))


def _definitions(plan: Plan) -> Iterator[str]:
    yield from ("\n".join(_block(block)) for block in plan.blocks)
    yield from ("\n".join(helper(function)) for function in plan.helpers)
    yield "\n".join(_network(plan.network))


def _imports(body: str) -> Iterator[str]:
    standard = [line for pattern, line in _STANDARD.items() if re.search(pattern, body)]
    yield from (*standard, "") if standard else ()
    yield from (line for pattern, line in _OTHERS.items() if re.search(pattern, body))
    yield "from flax import nnx"
    yield "from jax import Array"


def _block(block: BlockClass) -> Iterator[str]:
    yield from _opening(block.name, block.doc, map(str, block.parameters))
    for member in block.members:
        yield from _member(member)
    yield from _side(block.downsample, block.activate_both)
    for member in block.after:
        yield from _member(member)
    yield ""
    yield f"{INDENT}@nnx.jit  # Equal blocks are traced once."
    yield from forward(block.forward)


def _network(network: NetworkClass) -> Iterator[str]:
    yield from _opening(network.name, network.doc, ())
    for item in network.members:
        yield from stage(item) if isinstance(item, Stage) else _member(item)
    for scope, mode in network.init[1:]:
        yield f"{INDENT * 2}he_normal = {he_normal(mode)}"
        yield f"{INDENT * 2}for _, layer in nnx.iter_modules(self.{scope}):"
        yield f"{INDENT * 3}if isinstance(layer, nnx.Conv):"
        yield f"{INDENT * 4}layer.kernel[...] = he_normal(rngs.params(), layer.kernel.shape)"
    yield ""
    yield from forward(network.forward)


def _opening(name: str, doc: str, parameters: Iterable[str]) -> Iterator[str]:
    yield f"class {name}(nnx.Module):"
    yield f'{INDENT}"""{doc}"""'
    yield ""
    yield from laid_out("def ", call("__init__", ("self", *parameters, "*", "rngs: nnx.Rngs")), " -> None:", level=1)


def _member(member: Member) -> Iterator[str]:
    if not is_function(member):
        yield from laid_out(f"self.{member.name} = ", constructor(member), level=2)
    match member:
        case Member(zeroed=True, layer=Norm(kind="batch")):
            yield f"{INDENT * 2}self.{member.name}.scale[...] = jnp.zeros({member.numbers['channels']})"


def _side(side: Downsample | None, flag: str) -> Iterator[str]:
    """The flag of a mixed pre-activation, and the shortcut's layers."""
    condition = side.condition if side else ""
    if flag and condition:
        yield f"{INDENT * 2}changes_shape = {condition}"
        condition = "changes_shape"
    if flag:
        yield f"{INDENT * 2}self.activate_both = {flag}"
    if side is None:
        return
    layers = sequence([(member.name, _entry(member)) for member in side.members])
    if condition:
        kind = "" if layers.head.startswith("nnx.Sequential") else ": nnx.Sequential | Named"
        yield f"{INDENT * 2}self.{side.name}{kind} = {IDENTITY}"
        yield f"{INDENT * 2}if {condition}:"
    yield from laid_out(f"self.{side.name} = ", layers, level=3 if condition else 2)


def _entry(member: Member) -> Text:
    layer = constructor(member)
    return f"{layer} if {member.condition} else {IDENTITY}" if member.condition else layer
