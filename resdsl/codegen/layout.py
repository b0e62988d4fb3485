"""Source text laid out as `ruff format` lays it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WIDTH = 120
INDENT = "    "
_CHOICE = re.compile(r"(.+) (if .+) (else .+)")  # `nn.AvgPool2d(2) if stride != 1 else nn.Identity()`


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets: `Group("nn.ReLU(", …)`, `Group("[", …, "]")`; where `broken`, each has a line."""

    head: str
    items: tuple[Text, ...]
    close: str = ")"
    broken: bool = False

    def __str__(self) -> str:
        return f"{self.head}{', '.join(map(str, self.items))}{self.close}"

    @property
    def breaks(self) -> bool:
        """Whether it takes several lines however short it is."""
        return bool(self.items) and (self.broken or any(isinstance(item, Group) and item.breaks for item in self.items))


Text = str | Group


def call(function: str, arguments: Iterable[Text]) -> Group:
    """`function(a, b)`."""
    return Group(f"{function}(", tuple(arguments))


def unless(default: str, text: str, keyword: str = "") -> Iterator[str]:
    """An argument, with its keyword, where it is not the default."""
    if text != default:
        yield keyword + text


def laid_out(prefix: str, text: Text, suffix: str = "", level: int = 0) -> Iterator[str]:
    """The lines of `prefix text suffix`, indented by `level`: one line, or the items below each other.

    The comma after the last item keeps the formatter from joining them again.
    """
    line = f"{INDENT * level}{prefix}{text}{suffix}"
    choice = _CHOICE.fullmatch(text) if isinstance(text, str) else None
    if choice and len(line) > WIDTH:
        yield from (f"{INDENT * level}{part}" for part in (f"{prefix}{choice[1]}", choice[2], f"{choice[3]}{suffix}"))
        return
    if isinstance(text, str) or not text.items or (len(line) <= WIDTH and not text.breaks):
        yield line
        return
    yield f"{INDENT * level}{prefix}{text.head}"
    for item in text.items:
        yield from laid_out("", item, ",", level + 1)
    yield f"{INDENT * level}{text.close}{suffix}"
