"""Colours for `.res` texts wherever Pygments is used: Sphinx, MkDocs, LaTeX, the terminal."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from resdsl.language.words import GROUPS, Group

TOKENS: dict[Group, object] = {
    "layer": Name.Builtin,
    "setting": Keyword.Type,
    "structure": Keyword,
    "value": Name.Constant,
    "implicit": Name.Variable.Magic,
}


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
            (r"\b(network|block|study)(\s+)(\w+)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (r"\b(stage|run|table)(\s+)(\w+)", bygroups(Keyword, Whitespace, Name.Label)),
            (r"\b(shortcut)(\s+)(\w+)(?=\s*\{)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (r"\b(allow)(\s+)([\w-]+)", bygroups(Keyword, Whitespace, Name.Exception)),
            (r"\d[\d_]*(?:\.\d+)?(?:%|[ \t]+epochs?\b)", Number),
            (r"\d+(?:x\d+)+\b", Number.Integer),
            (r"\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?[kMG]?\b", Number),
            (r"\bx\b(?=\s+\w+\s*\()", Operator.Word),
            (r"[A-Za-z_]\w*(?=\s*:)", Name.Label),
            (r"[A-Za-z_]\w*(?=\s*=)", Name.Attribute),
            *((words(names, prefix=r"\b", suffix=r"\b"), TOKENS[group]) for group, names in GROUPS.items()),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"//|[-+*/=]", Operator),
            (r"[{}()\[\],;:]", Punctuation),
            (r".", Text),
        ]
    }
