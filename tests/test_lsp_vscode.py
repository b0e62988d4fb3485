"""The VS Code extension: its files fit together, and its grammar is made of the words."""

from __future__ import annotations

import json
import re
from pathlib import Path

from resdsl.language.textmate import FILE, written
from resdsl.version import __version__

FOLDER = Path(__file__).parent.parent / "editors" / "vscode"
MANIFEST = json.loads((FOLDER / "package.json").read_text())
GRAMMAR = json.loads(FILE.read_text())


def test_the_grammar_is_made_of_the_words():
    assert FILE.read_text("utf-8") == written(), "run python -m resdsl.language.textmate"


def test_every_pattern_is_a_regular_expression_with_a_scope_of_this_language():
    assert GRAMMAR["patterns"]
    for pattern in GRAMMAR["patterns"]:
        re.compile(pattern["match"])
        names = [part["name"] for part in (pattern["captures"].values() if "captures" in pattern else [pattern])]
        assert all(name.endswith(".res") for name in names)


def test_the_manifest_names_files_that_exist():
    (language,), (grammar,) = MANIFEST["contributes"]["languages"], MANIFEST["contributes"]["grammars"]
    for file in (MANIFEST["main"], language["configuration"], grammar["path"]):
        assert (FOLDER / file).is_file()
    assert FOLDER / grammar["path"] == FILE
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert MANIFEST["version"] == __version__
    json.loads((FOLDER / "language-configuration.json").read_text())


def test_the_client_starts_what_the_manifest_says():
    assert MANIFEST["contributes"]["configuration"]["properties"]["resdsl.command"]["default"] == ["resdsl", "lsp"]
    assert MANIFEST["activationEvents"] == ["onLanguage:res"]
