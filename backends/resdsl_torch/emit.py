"""A plan as PyTorch source: formatted, typed, and free of resdsl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.codegen.describe import describe_flag
from resdsl.codegen.heading import heading
from resdsl.codegen.layout import INDENT, Text, call, laid_out
from resdsl.codegen.model import BlockClass, Downsample, Member, Mode, NetworkClass, Plan, Stage
from resdsl.codegen.plan import make_plan
from resdsl.ir.network import Network
from resdsl_torch.constructors import IDENTITY, constructor, sequence
from resdsl_torch.forward import forward
from resdsl_torch.modules import needed_modules
from resdsl_torch.stages import NUMBERED, helper, needs_numbered, stage


def emit(network: Network) -> str:
    """The source of `network` as a module that stands alone."""
    return emit_plan(make_plan(network))


def emit_plan(plan: Plan) -> str:
    """The same from the plan."""
    body = "\n\n\n".join(_definitions(plan))
    return "\n".join((*heading(plan.spec), "", *_imports(body), "", "", body, ""))


def _definitions(plan: Plan) -> Iterator[str]:
    yield from needed_modules(plan)
    yield from ("\n".join(_block(block)) for block in plan.blocks)
    yield from ("\n".join(helper(function)) for function in plan.helpers)
    if any(isinstance(item, Stage) and needs_numbered(item) for item in plan.network.members):
        yield NUMBERED
    yield "\n".join(_network(plan.network))


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


def _block(block: BlockClass) -> Iterator[str]:
    yield from _opening(block.name, block.doc, map(str, block.parameters))
    for member in block.members:
        yield from _member(member)
    yield from _side(block.downsample, block.activate_both)
    for member in block.after:
        yield from _member(member)
    yield ""
    yield from forward(block.forward)


def _network(network: NetworkClass) -> Iterator[str]:
    yield from _opening(network.name, network.doc, ())
    for item in network.members:
        yield from stage(item) if isinstance(item, Stage) else _member(item)
    for scope, mode in network.init:
        yield from _init(scope, mode)
    yield ""
    yield from forward(network.forward)


def _opening(name: str, doc: str, parameters: Iterable[str]) -> Iterator[str]:
    yield f"class {name}(nn.Module):"
    yield f'{INDENT}"""{doc}"""'
    yield ""
    yield from laid_out("def ", call("__init__", ("self", *parameters)), " -> None:", level=1)
    yield f"{INDENT * 2}super().__init__()"


def _member(member: Member) -> Iterator[str]:
    yield from laid_out(f"self.{member.name} = ", constructor(member), level=2)
    if member.zeroed:
        yield f"{INDENT * 2}nn.init.zeros_(self.{member.name}.weight)"


def _side(side: Downsample | None, flag: str) -> Iterator[str]:
    """The flag of a mixed pre-activation, and the shortcut's layers."""
    condition = side.condition if side else ""
    if flag and condition:
        yield f"{INDENT * 2}changes_shape = {condition}"
        condition = "changes_shape"
    if flag:
        yield f"{INDENT * 2}# {describe_flag(flag)}"
        yield f"{INDENT * 2}self.activate_both = {flag}"
    if side is None:
        return
    layers = sequence([(member.name, _entry(member)) for member in side.members])
    if condition:
        yield f"{INDENT * 2}self.{side.name}: nn.Module = {IDENTITY}"
        yield f"{INDENT * 2}if {condition}:"
    yield from laid_out(f"self.{side.name} = ", layers, level=3 if condition else 2)


def _entry(member: Member) -> Text:
    module = constructor(member)
    return f"{module} if {member.condition} else {IDENTITY}" if member.condition else module


def _init(scope: str, mode: Mode) -> Iterator[str]:
    """Convs start normal with a variance of 2 / fan (He et al. 2015)."""
    yield f"{INDENT * 2}for module in self.{scope + '.' if scope else ''}modules():"
    yield f"{INDENT * 3}if isinstance(module, nn.Conv2d):"
    yield f'{INDENT * 4}nn.init.kaiming_normal_(module.weight, mode="{mode}", nonlinearity="relu")'
