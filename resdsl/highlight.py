"""Colours for `.res` texts wherever Pygments is used: Sphinx, MkDocs, LaTeX, the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from resdsl.lsp import vocabulary

_STRUCTURE = {**vocabulary.DECLARATIONS, **vocabulary.SECTIONS, **vocabulary.ALLOW}
_SETTINGS = {**vocabulary.TEXTS, **vocabulary.SETTINGS, **vocabulary.EXPECT, **vocabulary.TRAIN}
_VALUES = {name for values in vocabulary.VALUES.values() for name in values} | {"always"}


def _word(names: Iterable[str]) -> words:
    return words(tuple(names), prefix=r"\b", suffix=r"\b(?!\s*=)")


class ResLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """Lexer for the resdsl language."""

    name = "resdsl"
    aliases: ClassVar[list[str]] = ["res", "resdsl"]
    filenames: ClassVar[list[str]] = ["*.res"]
    mimetypes: ClassVar[list[str]] = ["text/x-resdsl"]
    url = "https://pypi.org/project/resdsl/"

    tokens: ClassVar = {
        "root": [
            (r"#[^\n]*", Comment.Single),
            (r'"[^"\n]*"?', String.Double),
            (r"\s+", Whitespace),
            (r"\b(network|block)(\s+)(\w+)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (r"\b(stage)(\s+)(\w+)", bygroups(Keyword, Whitespace, Name.Label)),
            (r"\b(shortcut)(\s+)(\w+)(?=\s*\{)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (r"\b(allow)(\s+)([\w-]+)", bygroups(Keyword, Whitespace, Name.Exception)),
            (r"\d+(?:x\d+)+\b", Number.Integer),
            (r"\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?[kMG]?\b", Number),
            (r"\bx\b(?=\s+\w+\s*\()", Operator.Word),
            (r"[A-Za-z_]\w*(?=\s*:)", Name.Label),
            (r"[A-Za-z_]\w*(?=\s*=)", Name.Attribute),
            (_word(_STRUCTURE), Keyword),
            (_word(vocabulary.LAYERS), Name.Builtin),
            (_word(_SETTINGS), Keyword.Type),
            (_word(_VALUES), Name.Constant),
            (_word(vocabulary.IMPLICIT), Name.Variable.Magic),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"//|[-+*/=]", Operator),
            (r"[{}()\[\],;:]", Punctuation),
            (r".", Text),
        ]
    }
