"""Quick fixes: what a finding proposes, and allowing a rule; and formatting, which is an edit too."""

from __future__ import annotations

import pytest
from editor import applied, editor, everything

from resdsl.syntax.format import formatted

NETWORK = """# 🦊
network a {
  input 3x8x8
  shortcut projection
  stem { conv 3x3, 4 }
  stage layer1: 1 x basic(4)
  stage layer2: 1 x basic(8), /2
  head { avgpool; linear 10 }
}
"""

# What is wrong, the start of the action's title, and what it makes of the text.
ACTIONS = {
    "D001": ("basic(8), /2", "basic(6)", "Change '6' to '4'", "basic(4)"),
    "D002": ("basic(8), /2", "basic(4), /2", "Change '4' to '8'", "basic(8), /2"),
    "D005": ("shortcut projection", "shortcut identity", "Change 'identity' to 'projection'", "shortcut projection"),
    "a misspelt block": ("basic(8)", "basik(8)", "Change 'basik' to 'basic'", "basic(8)"),
    "a misspelt layer": ("avgpool", "avgpol", "Change 'avgpol' to 'avgpool'", "avgpool"),
    "a misspelt section": ("head {", "haed {", "Change 'haed' to 'head'", "head {"),
    "a misspelt setting": (
        "shortcut projection",
        'titel "🦊"; shortcut pad',
        "Change 'titel'",
        'title "🦊"; shortcut pad',
    ),
    "allow in a stage": (
        "basic(8), /2",
        "basic(4), /2",
        "Allow D002 halve-map-double-filters in stage layer2",
        'basic(4), /2 { allow D002 "" }',
    ),
    "allow in a stage with settings": (
        "basic(8), /2",
        "basic(4), /2 { act gelu }",
        "Allow D002 halve-map-double-filters in stage layer2",
        'basic(4), /2 { allow D002 ""; act gelu }',
    ),
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.res"
    yield path
    editor().close(path)


def actions(path, line=None):
    place = (
        everything()
        if line is None
        else {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 99}}
    )
    return editor().about(path, "codeAction", range=place, context={"diagnostics": []})


@pytest.mark.parametrize("case", ACTIONS)
def test_an_action_mends_the_text(file, case):
    good, bad, title, mended = ACTIONS[case]
    text = NETWORK.replace(good, bad)
    assert editor().open(file, text)
    action = next(action for action in actions(file) if action["title"].startswith(title))
    assert action["kind"] == "quickfix"
    assert action["diagnostics"]
    (edits,) = action["edit"]["changes"].values()
    assert applied(text, edits) == NETWORK.replace(good, mended)


def test_allowing_in_the_network_asks_for_a_reason(file):
    text = NETWORK.replace("basic(8), /2", "basic(4), /2")
    editor().open(file, text)
    action = next(action for action in actions(file) if action["title"].endswith(" in a"))
    (edits,) = action["edit"]["changes"].values()
    allowed = applied(text, edits)
    assert allowed == text.replace("network a {\n", 'network a {\n  allow D002 ""\n')
    (finding,) = editor().change(file, allowed)
    assert "reason" in finding["message"]
    assert editor().change(file, allowed.replace('""', '"narrow"')) == []


def test_actions_are_those_of_the_chosen_lines(file):
    editor().open(file, NETWORK.replace("basic(8)", "basik(8)"))
    assert actions(file, 6)
    assert not actions(file, 2)


def test_formatting_is_that_of_fmt(file):
    text = NETWORK.replace("  input 3x8x8", "      input    3x8x8").replace("avgpool; linear", "avgpool ;linear")
    editor().open(file, text)
    edits = editor().about(file, "formatting", options={"tabSize": 2, "insertSpaces": True})
    assert applied(text, edits) == formatted("a.res", text) != text
    editor().change(file, applied(text, edits))
    assert editor().about(file, "formatting", options={"tabSize": 2, "insertSpaces": True}) == []


def test_what_cannot_be_read_is_not_formatted(file):
    editor().open(file, NETWORK.replace("stem {", "stem"))
    assert editor().about(file, "formatting", options={"tabSize": 2, "insertSpaces": True}) == []
