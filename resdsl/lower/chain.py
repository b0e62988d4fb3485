"""Layers and blocks one after another: each takes the map that the last one left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from resdsl.codes import G003, N002
from resdsl.diagnostics import Span
from resdsl.ir.block import Block
from resdsl.ir.layers import Given, Layer, Unsound
from resdsl.ir.shape import Shape
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.syntax import ast

MAX_ELEMENTS = 2**31


@dataclass(slots=True)
class Chain:
    """Builds a run of layers; `shape` is the map at its end.

    A chain is `broken` once a layer could not be built: what follows is still read, but its maps mean nothing.
    """

    shape: Shape
    broken: bool = False
    items: list[Layer | Block] = field(default_factory=list)

    def then(self) -> Chain:
        """An empty chain that goes on where this one ends."""
        return Chain(self.shape, self.broken)

    def add(self, kind: type[Layer], given: Given, bound: Mapping[str, ast.Value] | None = None) -> None:
        """Appends a layer, unless it would do nothing; a Mistake is placed at the argument to blame, as `bound`."""
        try:
            layer: Layer | None = kind.make(given)
        except Unsound as error:
            place = bound[error.argument].span if bound and error.argument in bound else given.span
            raise mistake(error.code, place, error.message, error.help, error.label) from None
        if layer is not None:
            check_size(layer.output, given.span)
            self.append(layer)

    def append(self, item: Layer | Block) -> None:
        self.items.append(item)
        self.shape = item.output

    @contextmanager
    def guarded(self, report: Report, anchor: Span | None = None) -> Iterator[None]:
        """Reports a Mistake made inside, and breaks the chain."""
        with report.collecting(anchor):
            try:
                yield
            except Mistake:
                self.broken = True
                raise

    def finished(self, taken: Iterable[str] = ()) -> tuple[Any, ...]:
        """The items; a name that ends in `*` loses the star, or gets a number where others have it or it is `taken`."""
        items = list(self._numbered(taken)) if any("*" in item.name for item in self.items) else self.items
        check_distinct((item.name, item.span) for item in items)
        return tuple(items)

    def _numbered(self, taken: Iterable[str]) -> Iterator[Layer | Block]:
        sharing = Counter(item.name for item in self.items)
        sharing.update(f"{name}*" for name in taken)
        seen: Counter[str] = Counter()
        for item in self.items:
            seen[item.name] += 1
            number = str(seen[item.name]) if sharing[item.name] > 1 else ""
            yield replace(item, name=item.name.replace("*", number))


def check_distinct(named: Iterable[tuple[str, Span]]) -> None:
    """Raises Mistake where a name stands twice."""
    seen: set[str] = set()
    for name, span in named:
        if name in seen:
            raise mistake(
                N002, span, f"the name '{name}' is taken", "give this one another name: a layer has that of its label"
            )
        seen.add(name)


def check_size(shape: Shape, span: Span) -> None:
    """Raises Mistake where one image's tensor of `shape` is out of bounds."""
    if shape.size > MAX_ELEMENTS:
        raise mistake(G003, span, f"a map of {shape} has {shape.size:,} elements", "stay within 2^31 for one image")
