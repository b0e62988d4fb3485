"""A framework in a few lines, as a third party's could be: modules in a tree, their arrays by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Module:
    """Attributes that are modules are its children."""

    def children(self) -> Iterator[tuple[str, Module]]:
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def arrays(self, prefix: str = "") -> Iterator[tuple[dict[str, Array], str, str]]:
        """Where each array stands, its key there, and its name in the tree."""
        own: dict[str, Array] = vars(self).get("weights", {})
        yield from ((own, key, f"{prefix}{key}") for key in own)
        for name, child in self.children():
            yield from child.arrays(f"{prefix}{name}.")


class Layer(Module):
    """A layer of any kind, with the numbers that it was made with; its arrays come with the weights."""

    def __init__(self, kind: str, *arrays: str, **numbers: float) -> None:
        self.kind, self.numbers = kind, numbers
        self.weights = dict.fromkeys(arrays, np.zeros(0, np.float32))

    def __call__(self, x: list[str]) -> list[str]:
        return [*x, self.kind]


class Chain(Module):
    """Modules under their names, one after another."""

    def __init__(self, **modules: Module) -> None:
        vars(self).update(modules)

    def __call__(self, x: list[str]) -> list[str]:
        for _, child in self.children():
            x = child(x)  # type: ignore[operator]
        return x


def row(*blocks: Module) -> Chain:
    """Blocks under the names 0, 1, …"""
    return Chain(**{str(number): block for number, block in enumerate(blocks)})
