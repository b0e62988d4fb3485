"""The TextMate grammar, by which VS Code and others colour `.res` texts: `python -m resdsl.language.textmate` writes it.

The words come from `resdsl.language.words`, in the groups that the Pygments lexer (`resdsl.highlight`) has, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resdsl.language.words import GROUPS, Group

FILE = Path(__file__).parents[2] / "editors" / "vscode" / "syntaxes" / "res.tmLanguage.json"
SCOPES: dict[Group, str] = {
    "layer": "support.function.layer",
    "setting": "keyword.other.setting",
    "structure": "keyword.control",
    "value": "constant.language",
    "implicit": "variable.language",
}
_NAME = r"[A-Za-z_]\w*"


def grammar() -> dict[str, Any]:
    """The grammar; of patterns that match at one place the first counts."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "resdsl",
        "scopeName": "source.res",
        "patterns": [
            _match("comment.line.number-sign", "#.*$"),
            _match("string.quoted.double", '"[^"]*"'),
            _match("invalid.illegal.unclosed-string", '"[^"]*$'),
            _declares(rf"\b(network|block|study)\s+({_NAME})", "storage.type", "entity.name.type"),
            _declares(rf"\b(shortcut)\s+({_NAME})(?=\s*\{{)", "storage.type", "entity.name.type"),
            _declares(rf"\b(stage)\s+({_NAME})", "keyword.control", "entity.name.section"),
            _declares(rf"\b(run|table)\s+({_NAME})", "keyword.control", "entity.name.section"),
            _declares(r"\b(allow)\s+([\w-]+)", "keyword.control", "constant.other.rule"),
            _match("constant.numeric.moment", r"\b\d[\d_]*(?:\.\d+)?(?:%|[ \t]+epochs?\b)"),
            _match("constant.numeric.size", r"\b\d+(?:x\d+)+\b"),
            _match("constant.numeric", r"\b\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?[kMG]?\b"),
            _match("keyword.operator.repeat", r"\bx\b(?=\s+\w+\s*\()"),
            _match("variable.parameter", rf"\b{_NAME}(?=\s*=)"),
            _match("entity.name.label", rf"\b{_NAME}(?=\s*:)"),
            *(_match(SCOPES[group], rf"\b(?:{'|'.join(names)})\b") for group, names in GROUPS.items()),
            _match("entity.name.function", rf"\b{_NAME}(?=\s*\()"),
            _match("variable.other", rf"\b{_NAME}"),
            _match("keyword.operator.arithmetic", "//|[-+*/]"),
            _match("keyword.operator.assignment", "="),
            _match("punctuation.separator", "[,;:]"),
            _match("punctuation.section", r"[{}()\[\]]"),
        ],
    }


def written() -> str:
    """The grammar as its file holds it."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


def _match(scope: str, pattern: str) -> dict[str, Any]:
    return {"name": f"{scope}.res", "match": pattern}


def _declares(pattern: str, *scopes: str) -> dict[str, Any]:
    """A pattern whose groups have scopes of their own: a keyword, and the name that it declares."""
    captures = {str(number): {"name": f"{scope}.res"} for number, scope in enumerate(scopes, start=1)}
    return {"match": pattern, "captures": captures}


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
