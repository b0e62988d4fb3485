"""What people write from habit gets its remedy in the language's own words; a fix that is offered mends the file."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl

NET = """network net(n = 1) {{
  input 3x32x32
  shortcut projection
  stem {{ {stem} }}
  stage a: {run}
  head {{ {head} }}
}}
"""
PLAIN = {"stem": "conv 3x3, 16", "run": "3 x basic(16)", "head": "avgpool; linear 10"}
SLIPS: dict[str, tuple[dict[str, str], str]] = {
    "a stride by name": ({"stem": "conv 3x3, 16, stride=2"}, "a stride is written /2"),
    "a block's stride by name": ({"run": "3 x basic(16, stride=2)"}, "a stride is written /2"),
    "a run's stride by name": ({"run": "3 x basic(16), stride=2"}, "write /2"),
    "channels by name": ({"stem": "conv 3x3, channels=16"}, "write the number alone"),
    "out_channels": ({"stem": "conv 3x3, out_channels = 16"}, "write the number alone"),
    "planes": ({"run": "3 x basic(planes=16)"}, "write the number alone"),
    "kernel_size": ({"stem": "conv kernel_size=3, 16"}, "write the size alone"),
    "padding": ({"stem": "conv 3x3, 16, padding=1"}, "pad = 1"),
    "dilation without =": ({"stem": "conv 3x3, 16, dilation 2"}, "write dilation = 2"),
    "groups without =": ({"stem": "conv 3x3, 16; conv 3x3, 16, groups 2"}, "write groups = 2"),
    "a product": ({"run": "6n+2 x basic(16)"}, "write 6 * n + 2"),
    "a short product": ({"run": "2n x basic(16)"}, "write 2 * n"),
    "a product in a call": ({"run": "3 x basic(16n)"}, "write 16 * n"),
    "slashes": ({"stem": "conv 3x3, 16 // the stem\n "}, "write # instead of //"),
    "slashes, many words": ({"stem": "conv 3x3, 16 // as in the paper, Table 1\n "}, "write # instead of //"),
    "slashes, a word": ({"stem": "conv 3x3, 16 // stem\n "}, "write # instead of //"),
    "slashes first": ({"stem": "\n// the stem\nconv 3x3, 16\n"}, "write # instead of //"),
    "a comment of C": ({"stem": "conv 3x3, 16 /* the stem */"}, "write # before"),
    "a layer as a call": ({"stem": "conv(3x3, 16)"}, "write conv 3x3, 16"),
    "a layer as a call of integers": ({"stem": "conv(3, 16, stride=2)"}, "write conv 3, 16, /2"),
    "a pool as a call": ({"stem": "conv 3x3, 16; maxpool(3x3, /2)"}, "write maxpool 3x3, /2"),
    "a labelled layer as a call": ({"stem": "first: conv(3x3, 16)"}, "write conv 3x3, 16"),
    "fc": ({"head": "avgpool; fc 10"}, "write linear"),
    "dense": ({"head": "avgpool; dense 10"}, "write linear"),
    "bn": ({"stem": "conv 3x3, 16; bn"}, "each conv has its norm"),
    "batchnorm": ({"stem": "conv 3x3, 16; batchnorm"}, "each conv has its norm"),
    "relu": ({"stem": "conv 3x3, 16; relu"}, "each conv has its activation"),
    "softmax": ({"head": "avgpool; linear 10; softmax"}, "the loss takes the logits"),
    "flatten": ({"head": "avgpool; flatten; linear 10"}, "avgpool leaves a vector"),
    "gap": ({"head": "gap; linear 10"}, "write avgpool"),
    "times": ({"run": "3 * basic(16)"}, "write 3 x basic(16)"),
    "times a parameter": ({"run": "n * basic(16)"}, "write n x basic(16)"),
    "times after": ({"run": "basic(16) * 3"}, "write 3 x basic(16)"),
    "x after": ({"run": "basic(16) x 3"}, "write 3 x basic(16)"),
    "no count": ({"run": "basic(16)"}, "write 1 x basic(16)"),
    "conv3x3": ({"stem": "conv3x3 16"}, "write conv 3x3, …"),
    "conv3x3 and a comma": ({"stem": "conv3x3, 16"}, "write conv 3x3, …"),
    "the size first": ({"stem": "3x3 conv, 16"}, "write conv 3x3, …"),
}
FILES = {
    "a colon": ("network net:\n  input 3x32x32\n  stem { conv 3x3, 16 }\n", "write network net { … }"),
    "a block's colon": ("block mine(f):\n  conv 3x3, f\n", "write block mine(f) { … }"),
    "class": ("class Net {\n  input 3x32x32\n  stem { conv 3x3, 16 }\n  head { avgpool }\n}\n", "write network"),
    "model": ("model net {\n  input 3x32x32\n  stem { conv 3x3, 16 }\n  head { avgpool }\n}\n", "write network"),
    "a comment above": ("/* one */\n" + NET.format(**PLAIN), "write # before"),
    "a comment of lines": ("/*\n one, two\n three */\n" + NET.format(**PLAIN), "write # before"),
    "slashes above": ("// one\n" + NET.format(**PLAIN), "write # instead of //"),
    "an input in brackets": (NET.format(**PLAIN).replace("3x32x32", "(3, 32, 32)"), "write input 3x32x32"),
}
TEXTS = {
    **{name: (NET.format(**PLAIN | parts), help) for name, (parts, help) in SLIPS.items()},
    **FILES,
}


def test_the_plain_form_is_right(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text(NET.format(**PLAIN))
    assert resdsl.check(tmp_path / "a.res") == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_habit_has_its_remedy_and_causes_no_other_finding(name: str, tmp_path: Path) -> None:
    text, help = TEXTS[name]
    path = tmp_path / "a.res"
    path.write_text(text)
    found = [finding for finding in resdsl.check(path) if finding.severity == "error"]
    assert len(found) == 1, found
    assert help in found[0].help
    if fix := found[0].fix:
        lines = text.split("\n")
        line = lines[fix.span.line - 1]
        lines[fix.span.line - 1] = line[: fix.span.column - 1] + fix.text + line[fix.span.end_column - 1 :]
        path.write_text("\n".join(lines) + ("}\n" if fix.text == " {" else ""))
        again = resdsl.check(path)
        assert found[0].message not in {finding.message for finding in again}
        assert (
            not [each for each in again if each.severity == "error" and each.code.id[0] in "SN"] or "colon" in name
        ), again
