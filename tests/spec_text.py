"""Texts of specs for the tests: filled up to whole files, and checked."""

from __future__ import annotations

import re

from resdsl.checking.checker import Checked, check_file
from resdsl.diagnostics import Finding
from resdsl.specs import shipped_folder

FILE = "mine.res"
DEFAULTS = {
    "input": "input 3x32x32",
    "shortcut": "shortcut projection",
    "stem": "stem { conv 3x3, 16 }",
    "head": "head { avgpool; linear 10 }",
}


def spec(members: str) -> str:
    """A whole file: `members` (declarations before `---`), filled up with what the text does not give itself."""
    declarations, _, own = members.rpartition("---")
    given = set(re.findall(r"^\W*(\w+)", own, re.MULTILINE))
    filled = [text for keyword, text in DEFAULTS.items() if keyword not in given]
    return "\n".join([declarations, "network wanted {", *filled, own, "}", ""])


def checked(text: str) -> Checked:
    """`text` as if it stood next to the shipped specs."""
    return check_file(shipped_folder() / FILE, FILE, content=text)


def findings(text: str) -> list[Finding]:
    return checked(text).findings


def codes(text: str) -> list[str]:
    return [finding.code.id for finding in findings(text)]
