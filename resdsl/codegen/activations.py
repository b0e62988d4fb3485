"""Activations hold no weights, so each kind is one member that is applied wherever the spec has it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from resdsl.codegen.model import Member
from resdsl.ir.layers import Act, BaseLayer


@dataclass(frozen=True, slots=True)
class Path:
    """Layers (and blocks) one after another; `fresh` says that nothing else reads what arrives at the first."""

    layers: Sequence[object]
    fresh: bool = False

    def overwrites(self) -> list[bool]:
        """For each layer, whether it may overwrite what arrives at it."""
        left = (isinstance(layer, BaseLayer) and layer.overwritable for layer in self.layers)
        return [self.fresh, *left][: len(self.layers)]


def acts(paths: Iterable[Path], taken: Iterable[str]) -> dict[Hashable, Member]:
    """A member for every kind of activation in `paths`, named for it; in place if that is safe wherever it is applied."""
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
    """Equal for activations that compute the same."""
    return layer.kind, layer.slope


def _free_name(kind: str, taken: set[str]) -> str:
    name, number = kind, 1
    while name in taken:
        number += 1
        name = f"{kind}_{number}"
    return name
