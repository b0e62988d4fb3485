"""Text to tokens. What a word or a sign is depends on what the parser can take where it stands."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from resdsl.syntax.tables import LITERALS, PATTERNS

END, HOLE, LINE_END = "$END", "HOLE", "_END"
_ROUND = {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}


class Token(NamedTuple):
    """A piece of text and its place, counted from 1; `kind` is empty where it is no token of the language."""

    kind: str
    text: str
    offset: int
    line: int
    column: int


_IGNORED = f"(?:{PATTERNS['BLANK']}|{PATTERNS['COMMENT']})*+"
_SPACE = re.compile(rf"(?:\n|{PATTERNS['BLANK']}|{PATTERNS['COMMENT']})*+")
_BLANKS = re.compile(_IGNORED)
_RULE = re.compile(PATTERNS["RULE"])


def _pattern() -> re.Pattern[str]:
    """Blanks and comments, and after them one token."""
    named = [
        (kind, pattern) for kind, pattern in PATTERNS.items() if kind not in {"BLANK", "COMMENT", "RULE", "CALLED"}
    ]
    signs = sorted((text for text in LITERALS if not text.isidentifier()), key=len, reverse=True)
    named += [(LITERALS[sign], re.escape(sign)) for sign in signs]
    return re.compile(f"{_IGNORED}(?:{'|'.join(f'(?P<{kind}>{pattern})' for kind, pattern in named)})")


_TOKEN = _pattern()


@dataclass(slots=True)
class Lexer:
    """Reads `text` from `at`; `round` counts the open ( and [, between which line ends mean nothing."""

    text: str
    at: int = 0
    line: int = 1
    line_start: int = 0
    round: int = 0

    def next(self, expected: Container[str]) -> Token:
        """The next token, as one of the `expected` kinds where the text allows it."""
        while match := _TOKEN.match(self.text, self.at):
            kind = match.lastgroup or ""
            text, end = match[kind], match.end()
            start = end - len(text)
            if kind == LINE_END and self.round and text[0] == "\n":
                self.go_to(_end(_SPACE, self.text, start))
                continue
            literal = LITERALS.get(text)
            if literal is not None and literal in expected:
                kind = literal
            elif kind == "NAME" and "CALLED" in expected and self.text[end : end + 1] == "(":
                kind = "CALLED"
            elif kind == "NAME" and kind not in expected and "RULE" in expected:
                kind, end = "RULE", _end(_RULE, self.text, start)
                text = self.text[start:end]
            token = Token(kind, text, start, self.line, start - self.line_start + 1)
            self.round += _ROUND.get(kind, 0)
            if kind == LINE_END:
                self.go_to(end)
            else:
                self.at = end
            return token
        return self._no_token()

    def _no_token(self) -> Token:
        """The end of the text, or what stands there and begins no token."""
        start = _end(_BLANKS, self.text, self.at)
        kind, text = ("", self.text[start]) if start < len(self.text) else (END, "")
        return Token(kind, text, start, self.line, start - self.line_start + 1)

    def go_to(self, offset: int) -> None:
        """Moves on to `offset`."""
        newlines = self.text.count("\n", self.at, offset)
        if newlines:
            self.line += newlines
            self.line_start = self.text.rindex("\n", self.at, offset) + 1
        self.at = offset

    def go_back_to(self, token: Token) -> None:
        """Moves back to where a statement's `token` begins."""
        self.at, self.line, self.line_start, self.round = token.offset, token.line, token.offset - token.column + 1, 0

    def here(self) -> Token:
        """The empty token at this place."""
        return Token("", "", self.at, self.line, self.at - self.line_start + 1)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
