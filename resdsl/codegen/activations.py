"""Acts hold no weights, so each kind is one member that is applied wherever the spec has it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from resdsl.codegen.model import Member
from resdsl.ir.layers import Act, Conv, GlobalAvgPool, Linear, Norm, PadChannels, Pool, SqueezeExcite

# They leave a new tensor, which neither their own backward pass nor anybody else reads again.
_FRESH = (Conv, Norm, Pool, GlobalAvgPool, Linear, SqueezeExcite, PadChannels)


@dataclass(frozen=True, slots=True)
class Path:
    """Layers (and blocks) one after another; `fresh` says that nothing else reads what arrives at the first."""

    layers: Sequence[object]
    fresh: bool = False

    def overwrites(self) -> list[bool]:
        """For each layer, whether it may overwrite what arrives at it."""
        return [self.fresh, *(isinstance(layer, _FRESH) for layer in self.layers)][: len(self.layers)]


def acts(paths: Iterable[Path], taken: Iterable[str]) -> dict[Hashable, Member]:
    """A member for every kind of act in `paths`, named for it; in place if that is safe wherever it is applied."""
    found: dict[Hashable, Member] = {}
    names = set(taken)
    for path in paths:
        for layer, free in zip(path.layers, path.overwrites(), strict=True):
            if not isinstance(layer, Act):
                continue
            known = found.get(act_key(layer)) or Member(_free_name(layer.kind, names), layer, in_place=True)
            names.add(known.name)
            found[act_key(layer)] = replace(known, in_place=known.in_place and free)
    return found


def act_key(layer: Act) -> Hashable:
    """Equal for acts that compute the same."""
    return layer.kind, layer.slope if layer.kind == "leaky_relu" else 0


def _free_name(kind: str, taken: set[str]) -> str:
    name, number = kind, 1
    while name in taken:
        number += 1
        name = f"{kind}_{number}"
    return name
