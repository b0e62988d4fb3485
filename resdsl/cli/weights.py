"""`resdsl weights SPEC IN OUT`"""

from __future__ import annotations

import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from resdsl.cli.output import say, stop, write
from resdsl.cli.spec import Spec, load_spec, spec_arguments
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resdsl.ir.network import Network
    from resdsl.transfer.transfer_plan import Plan


@click.command("weights")
@spec_arguments
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--take", metavar="PREFIX", default="", help="Where in IN the weights stand: student.backbone.")
@click.option("--ema", is_flag=True, help="The averaged weights of IN, not the raw ones.")
@click.option("--names", type=click.Choice(["ours", "timm"]), default="ours", help="Whose names OUT gets [ours].")
@click.option("--partial", is_flag=True, help="Write what fits; the rest keeps the initial values of seed 0.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON, tensor by tensor.")
def command(
    *,
    spec: str,
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    source: Path,
    target: Path,
    take: str,
    ema: bool,
    names: str,
    partial: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Read the weights IN for this network, print where each tensor goes, and write OUT under our names.

    IN is a checkpoint of PyTorch (.pt, .pth), a safetensors file, NumPy's .npz, a pickle of arrays, or a folder of
    Orbax; nothing in it is run. OUT is safetensors or, where it ends so, .pth. Names that are not ours are matched by
    kind, shape and order. Exit status 1 where the weights do not fit: nothing is written then, unless --partial allows
    it.
    """
    from resdsl.cli.weights_plan import show
    from resdsl.transfer.checkpoint import read_checkpoint, writer_for
    from resdsl.transfer.planner import plan_transfer
    from resdsl.transfer.search import MisfitError
    from resdsl.weights.files import WeightsError

    _check_order(spec, source, target)
    loaded = load_spec(spec, parameters, shape)
    _check_target(source, target, force)
    try:
        writer_for(target)
        plan = plan_transfer(loaded.network, read_checkpoint(source), take, ema)
        show(plan, loaded.network.name, source, as_json)
        _check_fit(plan, partial)
        _write(plan, loaded, source, target, names)
    except WeightsError as error:
        stop(str(error))
    except MisfitError as misfit:
        _refuse(str(misfit))


def _check_order(spec: str, source: Path, target: Path) -> None:
    """Ends with status 2 where SPEC, IN and OUT stand in another order."""
    from resdsl.transfer.checkpoint import is_checkpoint

    if Path(spec).is_file() and is_checkpoint(Path(spec)):
        if (source.is_file() and is_checkpoint(source)) or not _is_spec(source):
            stop(f"{spec} is a checkpoint: the spec comes first, then IN, then OUT")
        stop(f"{spec} is a checkpoint and {source} a spec: write `resdsl weights {source} {spec} {target}`")
    if not source.exists() and target.is_file() and is_checkpoint(target):
        stop(f"there is no {source}, but {target} is a checkpoint: IN comes before OUT")


def _is_spec(source: Path) -> bool:
    from resdsl.specs import SpecNotFound, locate

    try:
        locate(source)
    except SpecNotFound:
        return False
    return True


def _check_target(source: Path, target: Path, force: bool) -> None:
    """Ends with status 2 where OUT cannot or must not be written."""
    if target.is_dir():
        stop(f"{target} is a folder: name a file for the weights, for example {target / 'weights.safetensors'}")
    if target.exists() and source.exists() and target.samefile(source):
        stop(f"IN and OUT are both {target}: name another file for the weights")
    if target.exists() and not target.is_file():
        stop(f"{target} is no file that can hold weights: name another one")
    if target.exists() and not force:
        stop(f"{target} exists: name another file, or pass --force to overwrite it")
    if not target.parent.is_dir():
        stop(f"there is no folder {target.parent}: make it, or name another file")


def _check_fit(plan: Plan, partial: bool) -> None:
    """Ends with status 1 where not everything fits and that was not allowed, or where nothing fits at all."""
    if plan.complete:
        return
    left = sum(not left.harmless for left in plan.left)
    misfit = f"{len(plan.missing)} parameters would not be loaded, {left} tensors would be left"
    if not plan.moves:
        _refuse(f"nothing in the file fits this network: {misfit}")
    if not partial:
        _refuse(f"{misfit}: pass another spec or file, or --partial to accept that")


def _write(plan: Plan, spec: Spec, source: Path, target: Path, names: str) -> None:
    from resdsl.transfer.checkpoint import writer_for
    from resdsl.transfer.planner import doubtful, transfer
    from resdsl.transfer.same_weights import same_weights
    from resdsl.transfer.timm_names import as_timm
    from resdsl.version import __version__

    words = {"network": spec.network.name, "spec": spec.located.shown, "source": source.name, "resdsl": __version__}
    if plan.missing:
        words["not_loaded"] = " ".join(missing.name for missing in plan.missing)
    weights = transfer(spec.network, plan)
    named = as_timm(spec.network, weights) if names == "timm" else weights
    write(target, writer_for(target).encode(named, words))
    initial = f", {len(plan.missing)} of them with initial values" if plan.missing else ""
    say(f"wrote {target}: {len(weights)} tensors{initial}", err=True)
    for doubt in doubtful(plan):
        _note(doubt)
    alike = dict(same_weights(spec.network, _shipped(spec.network.cost().params)))
    if alike:
        shown = ", ".join(f"{name} ({difference})" for name, difference in list(alike.items())[:3])
        more = f" and {len(alike) - 3} more" if len(alike) > 3 else ""
        _note(f"what these names and shapes leave open, the file cannot tell: {shown}{more} fits as well")


def _shipped(params: int) -> Iterator[tuple[str, Network]]:
    """The shipped networks with a file of their own, and those members of families that say they have `params`."""
    from resdsl.checking.checker import check_library
    from resdsl.lower.library import read_library
    from resdsl.specs import shipped_networks

    for path, names in groupby(shipped_networks().items(), key=lambda item: item[1]):
        declared = dict(re.findall(r"^network\s+(\w+)(.*?)(?=^network|\Z)", path.read_text("utf-8"), re.M | re.S))
        asked = [name for name, _ in names if name == path.stem or re.search(rf"params {params:_}\b", declared[name])]
        if asked:
            library = read_library(path, path.name)
            for name in asked:
                yield from check_library(library, path.name, name).networks.items()


def _note(text: str) -> None:
    say(f"resdsl: {text}", err=True)


def _refuse(reason: str) -> NoReturn:
    _note(f"refused, and nothing written: {reason}")
    sys.exit(1)
