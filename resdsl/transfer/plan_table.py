"""A transfer plan in as few lines as a reader can take in: by layer, or in longer networks by block, or by stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

from resdsl.transfer.tensors import Left
from resdsl.transfer.transfer_plan import Missing, Move, shape_text

LINES = 40
NAMES = 3  # of many tensors that share a reason


class Row(NamedTuple):
    """Tensors that go the same way: where to, where from, how many tensors and numbers, and what is done to them."""

    target: str
    source: str
    tensors: int
    numbers: int
    changes: str


class Note(NamedTuple):
    """Tensors that do not go anywhere, or parameters that get nothing, for one reason."""

    names: str
    reason: str


def rows(moves: Sequence[Move], lines: int = LINES) -> list[Row]:
    """The moves, folded to about as many `lines`."""
    by_layer, *folded = (_rows(moves, depth) for depth in (None, 2, 1))
    return next((found for found in (by_layer, *folded) if len(found) <= lines), folded[-1])


def notes(items: Iterable[Left | Missing]) -> list[Note]:
    """Those with the same reason together: a few by name, and how many more."""
    kept: dict[str, list[str]] = {}
    for item in items:
        kept.setdefault(item.reason, []).append(f"{item.name} ({shape_text(item.shape)})" if item.shape else item.name)
    return [Note(_few(names), reason) for reason, names in kept.items()]


def _rows(moves: Sequence[Move], depth: int | None) -> list[Row]:
    groups = groupby(moves, key=lambda move: ".".join(move.layer.split(".")[:depth]))
    return [_row(target, list(group)) for target, group in groups]


def _row(target: str, moves: Sequence[Move]) -> Row:
    sources = list(dict.fromkeys(move.entry.name.rpartition(".")[0] or move.entry.name for move in moves))
    changes = dict.fromkeys(change for move in moves for change in move.entry.changes)
    return Row(target, _common(sources), len(moves), sum(move.entry.array.size for move in moves), ", ".join(changes))


def _common(names: Sequence[str]) -> str:
    """The part of the names that they share, or else the first and the last: `features.0 … features.1`."""
    parts = zip(*(name.split(".") for name in names), strict=False)
    shared = [part[0] for part in takewhile(lambda part: len(set(part)) == 1, parts)]
    return ".".join(shared) if len(names) == 1 or len(shared) > 1 else f"{names[0]} … {names[-1]}"


def _few(names: Sequence[str]) -> str:
    more = len(names) - NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:NAMES])} and {more} more"
