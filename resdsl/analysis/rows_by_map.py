"""Networks side by side by the size of their maps, as in Table 1 and Fig. 3 of He et al. 2016."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from resdsl.ir.shape import Pair

T = TypeVar("T")


def rows_by_map(columns: Iterable[Iterable[T]], size_of: Callable[[T], Pair]) -> Iterator[tuple[Pair, list[list[T]]]]:
    """For each size of map, the largest first, what has it in each column."""
    placed = [list(_placed(column, size_of)) for column in columns]
    sizes = {row for column in placed for row, _ in column}
    for size in sorted(sizes, key=lambda each: (-_pixels(each), each)):
        yield size, [[part for row, part in column if row == size] for column in placed]


def _placed(column: Iterable[T], size_of: Callable[[T], Pair]) -> Iterator[tuple[Pair, T]]:
    """Each part with the size of its row: where padding makes a map grow again, the row of those before it."""
    smallest: Pair | None = None
    for part in column:
        if smallest is None or _pixels(size_of(part)) < _pixels(smallest):
            smallest = size_of(part)
        yield smallest, part


def _pixels(size: Pair) -> int:
    return size[0] * size[1]
