"""Places in a run, as they are written: `400`, `81 epochs`, `50%`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from resdsl.codes import N004
from resdsl.ir.moment import Epochs, Moment, Share
from resdsl.lower.evaluate import Scope, integer
from resdsl.lower.mistake import mistake
from resdsl.syntax import ast


def moment(value: ast.Value, scope: Scope, title: str) -> Moment:
    """A step, an epoch or a share of the run; after its beginning, and shares up to its end."""
    if not isinstance(value, ast.Moment):
        return integer(value, scope, title)
    text = value.text.replace("_", "")
    amount = float(text.rstrip("% \tepochs"))
    share = text.endswith("%")
    if amount == 0 or (share and amount > 100):
        raise mistake(N004, value.span, f"{title} is {value.text}", "write 50%, 81 epochs, or a step such as 32k")
    return Share(amount) if share else Epochs(amount)


def moments(value: ast.Value, scope: Scope, title: str) -> tuple[Moment, ...]:
    """Several of them, each later than the one before: as far as that can be told without the data."""
    found = tuple(moment(item, scope, title) for item in ast.listed(value))
    if not _rising(found):
        raise mistake(N004, value.span, "the steps do not rise", "write them in order, each once")
    return found


def _rising(found: Sequence[Moment]) -> bool:
    return all(type(one) is not type(other) or _amount(one) < _amount(other) for one, other in pairwise(found))


def _amount(found: Moment) -> float:
    match found:
        case Epochs(epochs=amount) | Share(percent=amount):
            return amount
        case int():
            return found
