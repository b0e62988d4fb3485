"""Layers and blocks one after another: each takes the map that the last one left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from resdsl.codes import N002
from resdsl.diagnostics import Span
from resdsl.ir.graph import Block, Layer, Shape
from resdsl.ir.mistake import Mistake, Report, mistake
from resdsl.ir.shapes import check_size


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

    def add(self, layer: type[Layer], name: str, leaves: Shape, span: Span, **attributes: Any) -> None:
        """Appends a layer that leaves the map `leaves`."""
        self.append(layer(name=name, input=self.shape, output=check_size(leaves, span), span=span, **attributes))

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
