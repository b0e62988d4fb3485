"""Names, titles and paths from outside, made safe to print."""

from __future__ import annotations

import json
import re
from typing import Any
from unicodedata import category

# Control characters, those that turn the direction of what follows, halves of pairs, and ends of lines.
ACTIVE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"  # Persian and emoji need them.


def clean(text: str) -> str:
    """`text` on one line, with `\\x1b` written for each character that a terminal would act on."""
    if text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode() if _is_active(char) else char for char in text)


def clean_lines(text: str) -> str:
    """The same for a text whose lines and tabs stay."""
    return re.sub(r"[^\t\n]+", lambda found: clean(found[0]), text)


def clean_json(value: Any) -> str:
    """`value` as JSON over several lines, in letters as they are, but for those that a terminal would act on."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e\n]", lambda found: _escaped(found[0]), text) + "\n"


def short_repr(value: object) -> str:
    """`value` as Python writes it, or of what kind it is where that is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__}"


def _is_active(char: str) -> bool:
    return category(char) in ACTIVE and char not in JOINERS


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1] if _is_active(char) else char
