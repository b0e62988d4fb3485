"""A token out of place in a user's words: what was found, what was expected, and what to write instead."""

from __future__ import annotations

from resdsl.codes import S001
from resdsl.diagnostics import Finding
from resdsl.syntax.hints import HINTS
from resdsl.syntax.lalr import Unexpected
from resdsl.syntax.slip import Slip, short


def describe(file: str, text: str, error: Unexpected) -> Finding:
    """The finding for one error of the parser in `text`: the first hint that fits, or else what was expected."""
    slip = Slip(file, text, *error)
    for hint in HINTS:
        if finding := hint(slip):
            return finding
    return slip.finding(S001, f"unexpected '{short(slip.token.text)}'", f"expected {slip.wanted()}")
