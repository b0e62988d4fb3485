"""timm's and torchvision's residual networks, by name: which come with resdsl, and are they the same?

    python benchmarks/coverage.py [--logits] [PATTERN…]

For each network: the number of parameters, here and there, and whether `--names timm` names them as timm does.
`--logits` fills theirs with drawn weights, reads these by `resdsl weights`' plan, once in the order of the modules and
once in sorted order, and compares what both compute in float64. Needs `pip install timm torchvision`, in versions for
the PyTorch that is there.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

import resdsl
from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.specs import shipped_networks
from resdsl.transfer.planner import plan_transfer
from resdsl.transfer.reader import Stored, Tensor
from resdsl.transfer.search import MisfitError
from resdsl.weights.canonical import parameters
from resdsl_torch import TorchBackend

RESNETS = (
    "resne*", "wide_resnet*", "seresne*", "senet*", "ecaresne*", "eca_resne*", "gcresne*", "skresne*", "res2ne*",
    "legacy_se*", "cspresnet*",
)  # fmt: skip
REGNETS = ("regnet*",)
TORCHVISION = ("resnet*", "resnext*", "wide_resnet*", "vgg*", "regnet*")
MISSING = {
    "regnetz_*_evos": "EvoNorm-S0a, which divides by the deviation where it does not activate, too",
    "*_frn": "filter response norm with a learned threshold",
    "resnest50d_1s4x24d": "split attention of one split, which is a sigmoid",
}
LARGEST = 300_000_000  # parameters of which two copies in float64 are held
FILL = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "data" / "torchvision" / "fill.py"))


@dataclass(frozen=True)
class Theirs:
    """One network of another library, and how it is made: with no weights drawn, as far as that can be avoided."""

    library: str
    name: str
    size: int
    make: Callable[..., torch.nn.Module]

    @property
    def kind(self) -> str:
        if self.library == "torchvision":
            return "torchvision"
        return "timm's RegNets" if self.name.startswith("regnet") else "timm's ResNets"

    @property
    def missing(self) -> str:
        """Why the language has no such network, as far as is known."""
        return next((reason for pattern, reason in MISSING.items() if fnmatchcase(self.name, pattern)), "no spec")

    def module(self, **options: Any) -> torch.nn.Module:
        unchanged = {name: lambda self, *_, **__: self for name in ("normal_", "uniform_")}
        with patch.multiple(torch.Tensor, **unchanged):  # type: ignore[call-overload]
            return self.make(self.name, **options)


def theirs() -> list[Theirs]:
    """All of the networks that count; raises ImportError where one of both libraries is not there."""
    for operator in ("nms", "qnms"):  # torchvision names these on import, and where CUDA is not, has none
        if not hasattr(torch.ops.torchvision, operator):
            LIBRARY.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import timm  # noqa: PLC0415
    from torchvision import models  # noqa: PLC0415

    def size(name: str) -> int:
        pretrained = timm.get_pretrained_cfg(name)
        assert pretrained
        return pretrained.input_size[1]

    of_timm = sorted({name for pattern in (*RESNETS, *REGNETS) for name in timm.list_models(pattern)})
    of_torchvision = [
        name for name in models.list_models(module=models) if any(fnmatchcase(name, pattern) for pattern in TORCHVISION)
    ]
    return [Theirs("timm", name, size(name), timm.create_model) for name in of_timm] + [
        Theirs("torchvision", name, 224, models.get_model) for name in of_torchvision
    ]


LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def params(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def logits_differ(one: Theirs, network: Network) -> float:
    """How far both are apart, relative to the largest of theirs; raises ValueError where the weights do not fit."""
    tied = {"img_size": network.input.height} if one.name.endswith("_clip") else {}
    module = one.module(**tied).double().eval()
    exact = drawn(module)
    orders = (exact, dict(sorted(exact.items())))
    plans = [plan_transfer(network, stored(values, index == 0)) for index, values in enumerate(orders)]
    if not all(plan.complete for plan in plans):
        raise ValueError(f"missing {[missing.name for missing in plans[0].missing][:4]}")
    names, by_sorted = ({move.target: move.entry.name for move in plan.moves} for plan in plans)
    if names != by_sorted:
        raise ValueError("sorted names go elsewhere")
    shapes = {weight.name: weight.shape for weight in parameters(network)}
    weights = {ours: exact[name].reshape(shapes[ours]) for ours, name in names.items()}
    mine = TorchBackend().build(network, {name: array.astype(np.float32) for name, array in weights.items()}).eval()
    mine.double().load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=False)
    images = torch.from_numpy(FILL["images"](2, *network.input))
    with torch.no_grad():
        wanted, found = module(images).flatten(1), mine(images).flatten(1)
    return float((found - wanted).abs().max() / wanted.abs().max())


def drawn(module: torch.nn.Module) -> dict[str, Array]:
    """Weights that `module` is filled with, by its names."""
    norms = {name for name, inner in module.named_modules() if "Norm" in type(inner).__name__}
    values = {
        name: FILL["parameter"](name, tuple(value.shape), norm=name.rpartition(".")[0] in norms)
        for name, value in module.state_dict().items()
        if value.is_floating_point()
    }
    module.load_state_dict({name: torch.from_numpy(np.asarray(value)) for name, value in values.items()}, strict=False)
    return values


def stored(values: dict[str, Array], ordered: bool) -> Stored:
    return Stored({name: Tensor(array.astype(np.float32), "float32") for name, array in values.items()}, ordered)


@dataclass(frozen=True)
class Compared:
    """What one network comes to: in words, and whether it counts as there."""

    of: Theirs
    there: bool
    text: str


def compared(one: Theirs, logits: bool = False) -> Compared:
    if one.name not in shipped_networks():
        return Compared(one, False, f"missing: {one.missing}")
    network, wanted = resdsl.load(one.name), params(one.module())
    found = network.cost().params
    if found != wanted:
        return Compared(one, False, f"{found:,} parameters, not {wanted:,}")
    if network.input.height != one.size:
        return Compared(one, False, f"an input of {network.input}, not of {one.size}")
    text = f"{found:,} parameters"
    if not logits or found > LARGEST:
        return Compared(one, True, text)
    small = resdsl.load(one.name, input="3x224x224" if one.name.startswith("vgg") else "3x64x64")
    try:
        apart = logits_differ(one, small)
    except (ValueError, MisfitError) as error:
        return Compared(one, False, f"{text}, but their weights do not fit: {error}")
    # timm takes EvoNorm's deviations in float32, whatever comes in.
    bar = 1e-6 if one.name.endswith("_evos") else 1e-9
    return Compared(one, apart <= bar, f"{text}, logits {apart:.0e} apart")


def main(arguments: list[str]) -> None:
    try:
        everything = theirs()
    except ImportError as error:
        sys.exit(f"nothing is counted: {error}; pip install timm torchvision")
    patterns = [argument for argument in arguments if argument != "--logits"] or ["*"]
    chosen = [one for one in everything if any(fnmatchcase(one.name, pattern) for pattern in patterns)]
    if not chosen:
        sys.exit(f"neither library has a network called {' or '.join(patterns)}")
    results = list(told(compared(one, "--logits" in arguments) for one in chosen))
    for kind in dict.fromkeys(one.kind for one in chosen):
        of_kind = [result for result in results if result.of.kind == kind]
        there = sum(result.there for result in of_kind)
        print(f"{kind}: {there} of {len(of_kind)}, {100 * there / len(of_kind):.1f} %")
    there = sum(result.there for result in results)
    print(f"all: {there} of {len(results)}, {100 * there / len(results):.1f} %")


def told(results: Iterator[Compared]) -> Iterator[Compared]:
    for result in results:
        print(f"{'+' if result.there else '-'} {result.of.library:11} {result.of.name:28} {result.text}", flush=True)
        yield result


if __name__ == "__main__":
    main(sys.argv[1:])
