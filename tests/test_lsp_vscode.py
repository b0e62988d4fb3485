"""The VS Code extension: its files fit together, and its grammar knows the words of the language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from resdsl.lsp import vocabulary
from resdsl.version import __version__

FOLDER = Path(__file__).parent.parent / "editors" / "vscode"
MANIFEST = json.loads((FOLDER / "package.json").read_text())
GRAMMAR = json.loads((FOLDER / "syntaxes" / "res.tmLanguage.json").read_text())
PARTS = GRAMMAR["repository"]
WORDS = {pattern["name"]: pattern["match"] for pattern in PARTS["words"]["patterns"]}
VALUES = {name: word for values in vocabulary.VALUES.values() for name, word in values.items()}

# Which words have which scope; `batch`, `norm` and `act` are several things, and coloured as the first of them.
SCOPES = {
    "keyword.control.res": {*vocabulary.SECTIONS, *vocabulary.ALLOW, "use"},
    "support.function.layer.res": {*vocabulary.LAYERS},
    "keyword.other.setting.res": {*vocabulary.TEXTS, *vocabulary.SETTINGS, *vocabulary.EXPECT, *vocabulary.TRAIN}
    - {"norm", "act"},
    "constant.language.res": {*VALUES, *vocabulary.ALWAYS} - {"batch"},
    "variable.language.res": {*vocabulary.IMPLICIT},
}


@pytest.mark.parametrize("scope", SCOPES)
def test_the_grammar_knows_every_word(scope):
    listed = re.fullmatch(r"\\b\(\?:(.*)\)\\b", WORDS[scope]).group(1).split("|")
    assert set(listed) == SCOPES[scope]
    assert len(listed) == len(set(listed))


def test_every_pattern_is_a_regular_expression_with_a_scope_of_this_language():
    patterns = [pattern for part in PARTS.values() for pattern in part["patterns"] if "match" in pattern]
    assert patterns
    for pattern in patterns:
        re.compile(pattern["match"])
        names = [pattern["name"]] if "name" in pattern else [part["name"] for part in pattern["captures"].values()]
        assert all(name.endswith(".res") for name in names)


def test_the_manifest_names_files_that_exist():
    (language,), (grammar,) = MANIFEST["contributes"]["languages"], MANIFEST["contributes"]["grammars"]
    for file in (MANIFEST["main"], language["configuration"], grammar["path"]):
        assert (FOLDER / file).is_file()
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert MANIFEST["version"] == __version__
    json.loads((FOLDER / "language-configuration.json").read_text())


def test_the_client_starts_what_the_manifest_says():
    assert MANIFEST["contributes"]["configuration"]["properties"]["resdsl.command"]["default"] == ["resdsl", "lsp"]
    assert MANIFEST["activationEvents"] == ["onLanguage:res"]
