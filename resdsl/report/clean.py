"""Names and titles from files, made safe to print."""

from __future__ import annotations

from unicodedata import category

# Control characters, those that turn the direction of what follows, halves of pairs, and ends of lines.
ACTIVE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"  # Persian and emoji need them.


def clean(text: str) -> str:
    """`text` on one line, with `\\x1b` written for each character that a terminal would act on."""
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if category(char) in ACTIVE and char not in JOINERS else char
        for char in text
    )
