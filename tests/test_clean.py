"""What a terminal would act on is written out, and all else stays."""

from __future__ import annotations

import pytest

from resdsl.clean import clean

SAME = [
    "",
    "conv1.weight",
    "ResNet-34 — Tab. 1",
    "größer ×2",
    "日本\u3000語",
    "می\u200cخواهم",
    "👩\u200d🔬",
    "a\u00a0b",
]
CLEANED = {
    "\x1b[31mred": r"\x1b[31mred",
    "a\nb\tc\r": r"a\nb\tc\r",
    "\x00\x07\x7f\x9b": r"\x00\x07\x7f\x9b",
    "\u202eright\u2066": r"\u202eright\u2066",
    "line\u2028end": r"line\u2028end",
    "half\ud800": r"half\ud800",
}


@pytest.mark.parametrize("text", SAME)
def test_letters_of_all_kinds_stay(text: str):
    assert clean(text) == text


@pytest.mark.parametrize("text", CLEANED)
def test_what_a_terminal_acts_on_is_written_out(text: str):
    assert clean(text) == CLEANED[text]
    assert clean(clean(text)) == clean(text)
