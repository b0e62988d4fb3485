"""Where in a checkpoint a network lies: under any prefix, next to anything else, and perhaps more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from resdsl.transfer.file_modules import Module, conformed, modules
from resdsl.transfer.search import MisfitError
from resdsl.transfer.slots import Slot
from resdsl.transfer.tensors import Entry, Left, Path, path_of, words_of
from resdsl.weights.files import WeightsError

AVERAGED = {"ema", "swa", "averaged", "avg"}


class Subtree(NamedTuple):
    """The modules under one prefix, named without it; `entries` are their tensors, in the file's order."""

    prefix: Path
    entries: list[Entry]
    modules: list[Module]


def is_averaged(path: Sequence[str]) -> bool:
    """Whether a name says that it belongs to averaged weights, as training scripts keep them next to the raw ones."""
    return bool(words_of(path[:2]) & AVERAGED)


def chosen_entries(entries: Sequence[Entry], take: str, averaged: bool) -> list[Entry]:
    """Those under the prefix `take`, and either the averaged or the raw ones; raises WeightsError where there are none."""
    wanted = _plain(path_of(take.strip("./"))) if take else ()
    under = [entry for entry in entries if _plain(entry.module)[: len(wanted)] == wanted]
    if take and not under:
        tops = list(dict.fromkeys(entry.module[0] + "." for entry in entries))
        raise WeightsError(f"no weights stand under '{take}': the file has {', '.join(tops[:8])}")
    means = [entry for entry in under if is_averaged(entry.module)]
    if averaged and not means:
        raise WeightsError("the file holds no averaged weights: leave --ema out")
    return means if averaged else [entry for entry in under if not is_averaged(entry.module)] or means


def _plain(path: Path) -> Path:
    """Without DataParallel's `module`, which nobody thinks of."""
    return tuple(part for part in path if part != "module")


def subtrees(entries: Sequence[Entry], slots: Sequence[Slot]) -> list[Subtree]:
    """The one subtree that holds the whole network, or else those that may hold a part of it.

    Raises MisfitError where several hold the whole network.
    """
    found = conformed(modules(entries), slots)
    counts = _named(found, slots)
    whole = [prefix for prefix, count in counts.items() if count == len(slots)] or _alike(found, slots)
    if whole:
        return [_only([_subtree(prefix, entries, slots) for prefix in whole])]
    most = max(counts.values(), default=0)
    named = [prefix for prefix, count in counts.items() if count == most]
    best = [_only([_subtree(prefix, entries, slots) for prefix in named])] if 2 * most >= len(slots) else []
    common = _common([entry.module[:-1] for entry in entries])
    others = [_subtree(prefix, entries, slots) for prefix in _children(common, entries) if prefix not in named]
    return [*best, _subtree(common, entries, slots), *(tree for tree in others if 2 * len(tree.modules) >= len(slots))]


def left_out(prefix: Path, entries: Sequence[Entry], left: Sequence[Left]) -> Iterator[Left]:
    """What stands outside of a prefix, by the first part of its name that differs, and what else stands under it."""
    outside: dict[str, str] = {}
    for name, path in [
        *((entry.name, entry.module) for entry in entries),
        *((item.name, path_of(item.name)) for item in left),
    ]:
        apart = next((i for i, part in enumerate(prefix) if path[i : i + 1] != (part,)), None)
        if apart is not None:
            reason = f"stands next to '{prefix[apart]}'"
            if is_averaged(path) and not is_averaged(prefix):
                reason = "averaged weights: --ema takes them"
            outside.setdefault(".".join(path[: apart + 1]) or name, reason)
    yield from (Left(name, None, reason, True) for name, reason in outside.items())
    yield from (
        item._replace(name=_below(prefix, item.name)) for item in left if path_of(item.name)[: len(prefix)] == prefix
    )


def _subtree(prefix: Path, entries: Sequence[Entry], slots: Sequence[Slot]) -> Subtree:
    inside = [
        entry._replace(name=_below(prefix, entry.name))
        for entry in entries
        if entry.module[: len(prefix)] == prefix and len(entry.module) > len(prefix)
    ]
    return Subtree(prefix, inside, conformed(modules(inside, len(prefix)), slots))


def _below(prefix: Path, name: str) -> str:
    return ".".join(path_of(name)[len(prefix) :]) if prefix else name


def _named(found: Sequence[Module], slots: Sequence[Slot]) -> dict[Path, int]:
    """How many layers stand under their own names, by prefix."""
    wanted = {tuple(slot.name.split(".")): slot.signature for slot in slots}
    counts: Counter[Path] = Counter()
    for module in found:
        path = module.entries[0].module
        counts.update(path[:i] for i in range(len(path)) if wanted.get(path[i:]) == module.signature)
    return counts


def _alike(found: Sequence[Module], slots: Sequence[Slot]) -> list[Path]:
    """The prefixes under which there are just as many modules of each shape as the network has; the longest of each."""
    shapes = Counter(slot.signature for slot in slots)
    under: dict[Path, list[Module]] = {}
    for module in found:
        path = module.entries[0].module
        for depth in range(len(path)):
            under.setdefault(path[:depth], []).append(module)
    longest: dict[str, Path] = {}
    for prefix, inside in under.items():
        if len(inside) == len(slots) and Counter(module.signature for module in inside) == shapes:
            longest[inside[0].name] = max(prefix, longest.get(inside[0].name, ()), key=len)
    return list(longest.values())


def _only(copies: Sequence[Subtree]) -> Subtree:
    """The one copy, or the first where all are equal; raises MisfitError."""
    first, *others = copies
    if all(_equal(first, other) for other in others):
        return first
    names = " and ".join(f"{'.'.join(copy.prefix)}." if copy.prefix else "no prefix" for copy in copies)
    one = next(copy for copy in copies if copy.prefix)
    raise MisfitError(
        f"the file holds {len(copies)} copies of these weights, under {names}: "
        f"choose with --take, for example --take {'.'.join(one.prefix)}."
    )


def _equal(one: Subtree, other: Subtree) -> bool:
    theirs = {(entry.module[len(other.prefix) :], entry.role): entry.array for entry in other.entries}
    ours = {(entry.module[len(one.prefix) :], entry.role): entry.array for entry in one.entries}
    return ours.keys() == theirs.keys() and all(np.array_equal(array, theirs[key]) for key, array in ours.items())


def _common(paths: Sequence[Path]) -> Path:
    """The parts that all names begin with."""
    shared = [column[0] for column in zip(*paths, strict=False)]
    return next((tuple(shared[:depth]) for depth in range(len(shared), 0, -1) if _all_begin(paths, shared[:depth])), ())


def _all_begin(paths: Sequence[Path], parts: Sequence[str]) -> bool:
    return all(path[: len(parts)] == tuple(parts) for path in paths)


def _children(prefix: Path, entries: Sequence[Entry]) -> list[Path]:
    return list(
        dict.fromkeys(entry.module[: len(prefix) + 1] for entry in entries if len(entry.module) > len(prefix) + 1)
    )
