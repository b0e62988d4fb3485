"""An error of syntax: the token out of place, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics import Code, Finding, Fix, Span
from resdsl.syntax.lexer import END, LINE_END, Token
from resdsl.syntax.tables import LITERALS

_KINDS = {
    **{kind: f"'{text}'" for text, kind in LITERALS.items()},
    LINE_END: "the end of the line",
    END: "the end of the file",
    "NAME": "a name",
    "NUMBER": "a number",
    "CALLED": "a block",
    "STRING": 'a text in "…"',
    "RULE": "a rule's code or name",
    "SLASH": "a stride such as /2",
    "X": "'x' (as in 3 x basic(64))",
}
_OPERATORS = {"SUM_OP", "PRODUCT_OP", "MINUS"}
VALUES = {"NUMBER", "SIZE", "MOMENT", "STRING", "LSQB", "LPAR", "NAME"}


@dataclass(frozen=True, slots=True)
class Slip:
    """The token out of place, the kinds that fit there, and the token with which the statement begins."""

    file: str
    text: str
    token: Token
    expected: frozenset[str]
    begin: Token

    @property
    def before(self) -> str:
        """The statement up to the token."""
        return self.text[self.begin.offset : self.token.offset]

    @property
    def rest(self) -> str:
        """The line from the token on."""
        return self.text[self.token.offset :].partition("\n")[0]

    @property
    def depth(self) -> int:
        """How many ( and [ are open at the token."""
        return sum((sign in "([") - (sign in ")]") for sign in self.before)

    @property
    def gap(self) -> int:
        """How many spaces stand before the token."""
        return len(self.before) - len(self.before.rstrip(" \t"))

    @property
    def begin_place(self) -> Span:
        """The statement's first token."""
        return self._span(self.begin.line, self.begin.column, len(self.begin.text))

    def place(self, back: int = 0, length: int | None = None) -> Span:
        """The token, or `length` characters from where it begins; with `back` characters before it."""
        if length is None:
            length = 1 if self.token.kind in {LINE_END, END} else len(self.token.text)
        return self._span(self.token.line, self.token.column - back, back + length)

    def _span(self, line: int, column: int, length: int) -> Span:
        return Span(self.file, line, column, line, column + length)

    def finding(
        self, code: Code, message: str, help: str, place: Span | None = None, fix: str | Fix | None = None
    ) -> Finding:
        """A finding at the token or at `place`, where a `fix` of mere text goes, too."""
        span = place or self.place()
        return Finding(code, span, message, help, fix=Fix(span, fix) if isinstance(fix, str) else fix)

    def wanted(self) -> str:
        """`'{', ':' or a name`; the values and operators that could also stand there are folded into a word."""
        kinds = self.expected - {"CALLED"}
        values = ["a number or parameter"] if kinds >= {"NUMBER", "LPAR"} else []
        if "STRING" in kinds and values:
            values = ["a value"]
        if values:
            kinds -= VALUES | {"MINUS"}
        if values or len(kinds) > 1:
            kinds -= {"RBRACE"}
        if values or len(kinds) > 2 or self.token == self.begin:
            kinds -= {LINE_END}
        words = values + sorted(_KINDS[kind] for kind in kinds - _OPERATORS)
        if not words:
            return "an operator or the end of the line"
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def short(text: str) -> str:
    """`text`, cut where it is long."""
    return text if len(text) <= 30 else f"{text[:27]}…"
