"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import takewhile

MOST = 12
BUDGET = 10_000  # names compared in one check: a person reads the first remedies, and a long file may hold thousands

_left: ContextVar[int | None] = ContextVar("left", default=None)


@contextmanager
def budget(comparisons: int = BUDGET) -> Iterator[None]:
    """Inside, no more names than that are compared; after it, no word has a nearest one."""
    token = _left.set(comparisons)
    try:
        yield
    finally:
        _left.reset(token)


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that `word` was probably meant to be, if there is one."""
    return _nearest(word, known) if _affordable(len(known)) else None


def remedy(word: str, known: Collection[str], kind: str) -> str:
    """The help for an unknown `word`: the nearest known one, or those that there are."""
    if not known:
        return f"there is no {kind} here"
    if not _affordable(len(known)):
        return f"there are {len(known):,} names that it could be: correct the first mistakes"
    match = _nearest(word, known)
    if match:
        return f"did you mean '{match}'?"
    names = sorted(known)
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"choose one of {', '.join(names[:MOST])}{more}"


def exhausted() -> bool:
    """Whether there is nothing left to compare names with: they need not be gathered."""
    left = _left.get()
    return left is not None and left <= 0


def _affordable(comparisons: int) -> bool:
    """Whether the budget, if there is one, holds so many more; they are taken off it."""
    left = _left.get()
    if left is not None:
        _left.set(left - comparisons)
    return left is None or left >= comparisons


def _nearest(word: str, known: Collection[str]) -> str | None:
    """Of those that are as close, the one that begins most alike, and then the next before it in the alphabet.

    So it is resnet20 for resnet21, not resnetv2 or resnet26.
    """
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415  # not needed where nothing is wrong

    word = word[:60].lower()
    by_lower = {name.lower(): name for name in sorted(known)}

    def closeness(name: str) -> tuple[float, int, bool]:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(name, word, strict=False))
        return SequenceMatcher(None, name, word).ratio(), len(list(alike)), name < word

    close = get_close_matches(word, by_lower, n=MOST, cutoff=0.6)
    found = max(sorted(close, reverse=True), key=closeness, default=None)
    return by_lower[found] if found else None
