"""The Pygments lexer: every character comes out again, nothing in a spec is an error, and words have their kind."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text, Token

from resdsl.highlight import ResLexer

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.res"))
PRELUDE = Path(__file__).parent.parent / "resdsl" / "language" / "prelude.res"
LINES = {
    "network a(n = 3) = b(n = n) {": {"network": Keyword.Declaration, "a": Name.Class, "b": Name.Function, "3": Number},
    'stage layer1 "conv2_x": 3 x basic(64), /2': {
        "layer1": Name.Label,
        '"conv2_x"': String.Double,
        "x": Operator.Word,
        "basic": Name.Function,
        "/": Operator,
    },
    'allow halve-map-double-filters "why"  # 🦊': {"halve-map-double-filters": Name.Exception, "# 🦊": Comment.Single},
    "expect { depth 34; params 21_797_672; macs 3.66G; map 7x7 }": {
        "depth": Keyword.Type,
        "21_797_672": Number,
        "3.66G": Number,
        "7x7": Number.Integer,
    },
    "conv 3x3, out, /stride, bias = false": {
        "conv": Name.Builtin,
        "out": Name.Variable.Magic,
        "bias": Name.Attribute,
        "false": Name.Constant,
    },
    "first: conv 1x1, n": {"first": Name.Label, "n": Name},
    "shortcut projection always": {"shortcut": Keyword.Type, "projection": Name, "always": Name.Constant},
    "schedule step(at = [32k, 48k], factor = 1e-4)": {"schedule": Keyword.Type, "32k": Number, "1e-4": Number},
}


@pytest.mark.parametrize("path", [*SPECS, PRELUDE], ids=lambda path: path.stem)
def test_a_file_keeps_every_character_and_has_no_errors(path):
    text = path.read_text()
    tokens = list(ResLexer(stripnl=False).get_tokens(text))
    assert "".join(value for _, value in tokens) == text
    assert not [value for kind, value in tokens if kind in (Token.Error, Text)]


def test_there_are_specs():
    assert SPECS


@pytest.mark.parametrize("line", LINES)
def test_words_have_their_kind(line):
    found = {value: kind for kind, value in ResLexer().get_tokens(line)}
    assert {word: found[word] for word in LINES[line]} == LINES[line]


def test_anything_is_lexed():
    assert "".join(value for _, value in ResLexer(stripnl=False).get_tokens('"open\n§$%&@`\n')) == '"open\n§$%&@`\n'


def test_pygments_finds_the_lexer():
    (found,) = [point for point in entry_points(group="pygments.lexers") if point.name == "res"]
    assert found.load() is ResLexer
