"""Brackets first: finds those without a partner and mends the text, so that one missing brace is one finding.

The mended text keeps every character at its line and column: a missing bracket is added behind the end of a line or
takes the place of a blank, and a stray one becomes a blank.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from resdsl.codes import S003, S004, S008
from resdsl.diagnostics import Code, Finding, Span

PAIRS = {"{": "}", "(": ")", "[": "]"}
MAX_NESTING = 100
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"?|[{}()\[\]]')


@dataclass(frozen=True, slots=True)
class _Bracket:
    """A bracket at its place, and how far its line is indented."""

    kind: str
    line: int
    column: int
    indent: int


class _EnoughError(Exception):
    """There are too many findings, or too many brackets are open."""


@dataclass(slots=True)
class _Balance:
    """The lines as they are mended, what is open, and which braces were closed by a line indented otherwise."""

    file: str
    lines: list[str]
    most: int
    open: list[_Bracket] = field(default_factory=list)
    doubtful: list[_Bracket] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def read(self) -> None:
        """Pairs all brackets; raises _EnoughError."""
        for number, line in enumerate(self.lines, start=1):
            indent = _indent(line)
            for token in _TOKEN.finditer(line):
                self._token(_Bracket(token.group(), number, token.start() + 1, indent))
        end = _Bracket("}", len(self.lines) + 1, 1, -1)
        while self.open:
            self._unclosed(self._blame(self.open.pop()), end)

    def _token(self, bracket: _Bracket) -> None:
        if bracket.kind in {"{", "}"}:
            # Round and square brackets never reach past a brace.
            while self.open and self.open[-1].kind != "{":
                self._unclosed(self.open.pop(), bracket)
        if bracket.kind in PAIRS:
            self.open.append(bracket)
            if len(self.open) > MAX_NESTING:
                self._find(S008, bracket, f"brackets nest more than {MAX_NESTING} levels deep", "take some of them out")
                raise _EnoughError
        elif bracket.kind in PAIRS.values():
            self._close(bracket)

    def _close(self, bracket: _Bracket) -> None:
        if not self.open or PAIRS[self.open[-1].kind] != bracket.kind:
            self._find(S004, bracket, f"this '{bracket.kind}' closes nothing", "remove it, or open it with its partner")
            self._put(bracket.line, bracket.column, " ")
            return
        opener = self.open.pop()
        if opener.line != bracket.line and opener.kind == "{" and opener.indent != bracket.indent:
            self.doubtful.append(opener)

    def _blame(self, opener: _Bracket) -> _Bracket:
        """The brace that was closed by another's partner, judged by indentation; else the one left open."""
        inner = [bracket for bracket in self.doubtful if bracket.line >= opener.line]
        if not inner:
            return opener
        self.doubtful.remove(inner[0])
        return inner[0]

    def _unclosed(self, opener: _Bracket, before: _Bracket) -> None:
        """Closes `opener` where its indentation says, but not behind the bracket `before`."""
        partner = PAIRS[opener.kind]
        self._find(S003, opener, f"this '{opener.kind}' is never closed", f"write the missing '{partner}'")
        if before.line == opener.line:
            blank = self.lines[before.line - 1].rfind(" ", opener.column, before.column)
            self._put(*((before.line, blank + 1, partner) if blank > 0 else (opener.line, opener.column, " ")))
            return
        end = self._end_of_body(opener, before.line)
        self.lines[end - 1] = _append(self.lines[end - 1], partner)

    def _end_of_body(self, opener: _Bracket, before: int) -> int:
        """The last line that belongs to `opener`: up to the next one not indented further, or to line `before`."""
        for number in range(opener.line + 1, before):
            line = self.lines[number - 1]
            if line.strip() and _indent(line) <= opener.indent:
                return number - 1
        return before - 1

    def _put(self, line: int, column: int, text: str) -> None:
        old = self.lines[line - 1]
        self.lines[line - 1] = f"{old[: column - 1]}{text}{old[column:]}"

    def _find(self, code: Code, place: _Bracket, message: str, help: str) -> None:
        span = Span(self.file, place.line, place.column, place.line, place.column + 1)
        self.findings.append(Finding(code, span, message, help))
        if len(self.findings) > self.most:
            raise _EnoughError


def balance(file: str, text: str, most: int) -> tuple[str, list[Finding]]:
    """`text` with every bracket matched, and a finding for each one that was not.

    Nothing of the text is left where brackets nest too deep, or where there are more findings than `most`.
    """
    balancing = _Balance(file, text.split("\n"), most)
    try:
        balancing.read()
    except _EnoughError:
        return "", balancing.findings
    return "\n".join(balancing.lines), balancing.findings


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _append(line: str, bracket: str) -> str:
    """`line` with `bracket` behind it, before its comment if it has one."""
    for token in _TOKEN.finditer(line):
        if token.group().startswith("#"):
            return f"{line[: token.start()]}{bracket}{line[token.start() :]}"
    return f"{line} {bracket}"
