"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable

MOST = 12


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, if there is one."""
    from difflib import get_close_matches  # noqa: PLC0415  # not needed where nothing is wrong

    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:60].lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def remedy(word: str, known: Iterable[str], kind: str) -> str:
    """The help for an unknown `word`: the nearest known one, or those that there are."""
    names = sorted(known)
    match = nearest(word, names)
    if match:
        return f"did you mean '{match}'?"
    if not names:
        return f"there is no {kind} here"
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"choose one of {', '.join(names[:MOST])}{more}"
