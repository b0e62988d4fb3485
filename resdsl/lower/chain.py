"""Layers and blocks one after another: each takes the map that the last one left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from resdsl.codes import G003, N002, N010
from resdsl.diagnostics import Span
from resdsl.ir.block import Block
from resdsl.ir.layers import Given, Layer, Unsound
from resdsl.ir.shape import Shape
from resdsl.lower.dilation import Dilation
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.syntax import ast

MAX_ELEMENTS = 2**31


@dataclass(slots=True)
class Chain:
    """Builds a run of layers; `shape` is the map at its end.

    A chain is `broken` once a layer could not be built: what follows is still read, but its maps mean nothing.
    `dilation` is what strides became that do not thin out the map.
    """

    shape: Shape
    broken: bool = False
    dilation: Dilation = Dilation()  # noqa: RUF009 - frozen
    items: list[Layer | Block] = field(default_factory=list)

    def then(self) -> Chain:
        """An empty chain that goes on where this one ends."""
        return Chain(self.shape, self.broken, self.dilation)

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
        if self.dilation.most is not None:
            self.dilation = self.dilation.after(item.strides)

    def thinning(self, given: Mapping[str, Any], is_conv: bool, place: Span) -> Mapping[str, Any]:
        """The values of a layer, where its stride becomes dilation, and dilation that is there already multiplies its own."""
        if not self.dilation.matters:
            return given
        stride = given.get("stride") or (1, 1)
        dilates = self.dilation.takes(stride)
        if (dilates and not is_conv) or (dilates and stride[0] != stride[1]):
            what = "a layer strides that has no weights" if not is_conv else "a stride differs between rows and columns"
            raise mistake(
                N010, place, f"{what}, where strides become dilation", "leave the stride to a conv, such as /2"
            )
        before = self.dilation.size
        if dilates:
            self.dilation = self.dilation.times(stride[0])
            given = {**given, "stride": (1, 1)}
        return given if not is_conv or given["kernel"] == (1, 1) else _spread(given, before)

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


def _spread(given: Mapping[str, Any], dilation: int) -> Mapping[str, Any]:
    """A conv's values with its pixels `dilation` times as far apart."""
    pad = given["pad"] and tuple((rows * dilation, columns * dilation) for rows, columns in given["pad"])
    return {**given, "dilation": given["dilation"] * dilation, "pad": pad}


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
