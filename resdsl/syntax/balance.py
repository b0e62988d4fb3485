"""Brackets first: finds those without a partner and mends the text, so that one missing brace is one finding.

The mended text keeps every character at its line and column: a missing bracket is added after the end of a line or
takes the place of a space, and a stray one becomes a space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from resdsl.codes import S003, S004, S008
from resdsl.diagnostics import Code, Finding, Span

PAIRS = {"{": "}", "(": ")", "[": "]"}
MAX_NESTING = 100
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"?|[{}()\[\]]')


def balance(file: str, text: str, most: int) -> tuple[str, list[Finding]]:
    """`text` with every bracket matched, and a finding for each one that was not.

    Nothing of the text is left where brackets nest too deep, or where there are more findings than `most`.
    """
    if _is_balanced(text):
        return text, []
    balancing = _Balance(file, text.split("\n"), most)
    try:
        balancing.read()
    except _EnoughError:
        return "", balancing.findings
    return "\n".join(balancing.lines), balancing.findings


def _is_balanced(text: str) -> bool:
    """Whether each bracket has its partner, without a brace inside of round or square ones, and none too deep."""
    open: list[str] = []
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in PAIRS:
            if len(open) == MAX_NESTING or (mark == "{" and open and open[-1] != "{"):
                return False
            open.append(mark)
        elif mark in ")]}" and (not open or PAIRS[open.pop()] != mark):
            return False
    return not open


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
    """The lines as they are mended, and what is open. Where a brace should have been closed, indentation tells."""

    file: str
    lines: list[str]
    most: int
    open: list[_Bracket] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def read(self) -> None:
        """Pairs all brackets; raises _EnoughError."""
        for number, line in enumerate(self.lines, start=1):
            indent = len(line) - len(line.lstrip())
            start = line[indent : indent + 1]
            if start not in {"", "#"}:
                self._close_above(_Bracket(start, number, indent + 1, indent))
            for token in _TOKEN.finditer(line):
                self._token(_Bracket(token.group(), number, token.start() + 1, indent))
        end = _Bracket("", len(self.lines) + 1, 1, 0)
        while self.open:
            self._unclosed(self.open.pop(), end)

    def _close_above(self, start: _Bracket) -> None:
        """A line that is not indented further than an open brace's own lies after that brace."""
        while self.open and self.open[-1].kind == "{" and self._is_indented(self.open[-1]):
            indent = self.open[-1].indent
            if start.indent > indent or (start.kind == "}" and start.indent == indent):
                return
            self._unclosed(self.open.pop(), start)

    def _is_indented(self, brace: _Bracket) -> bool:
        """Whether what follows an open brace is indented, or stands on its line: else indentation tells nothing."""
        return bool(_code(self.lines[brace.line - 1][brace.column :])) or self._indent_after(brace) > brace.indent

    def _indent_after(self, bracket: _Bracket) -> int:
        """The indentation of the next line of code."""
        following = (line for line in self.lines[bracket.line :] if _code(line))
        return next((len(line) - len(line.lstrip()) for line in following), -1)

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
        self._close_inside(bracket)
        if self.open and PAIRS[self.open[-1].kind] == bracket.kind and not self._is_early(self.open[-1], bracket):
            self.open.pop()
            return
        self._find(S004, bracket, f"this '{bracket.kind}' closes nothing", "remove it, or open it with its partner")
        self._put(bracket.line, bracket.column, " ")

    def _close_inside(self, bracket: _Bracket) -> None:
        """Closes what is still open inside of the round or square brackets that `bracket` closes."""
        for depth, opener in enumerate(reversed(self.open)):
            if opener.kind == "{":
                return
            if PAIRS[opener.kind] == bracket.kind:
                for _ in range(depth):
                    self._unclosed(self.open.pop(), bracket)
                return

    def _is_early(self, opener: _Bracket, bracket: _Bracket) -> bool:
        """Whether a brace would close what goes on after it."""
        if bracket.kind != "}" or opener.line == bracket.line or not self._is_indented(opener):
            return False
        line = self.lines[bracket.line - 1]
        begins_line = bracket.column == bracket.indent + 1
        if begins_line and bracket.indent == opener.indent:
            return False
        return bool(begins_line and _code(line[bracket.column :])) or self._indent_after(bracket) > opener.indent

    def _unclosed(self, opener: _Bracket, before: _Bracket) -> None:
        """Closes `opener` where its indentation says, but not after the bracket `before`."""
        partner = PAIRS[opener.kind]
        self._find(S003, opener, f"this '{opener.kind}' is never closed", f"write the missing '{partner}'")
        end = self._end_of_body(opener, before.line)
        if end < before.line:
            self.lines[end - 1] = _append(self.lines[end - 1], partner)
            return
        space = self.lines[end - 1].rfind(" ", opener.column if end == opener.line else 0, before.column)
        self._put(*((end, space + 1, partner) if space >= 0 else (opener.line, opener.column, " ")))

    def _end_of_body(self, opener: _Bracket, last: int) -> int:
        """The last line that belongs to `opener`: up to the next one not indented further, or to the `last`."""
        within = self.lines[opener.line : last] if opener.kind != "{" or self._is_indented(opener) else []
        for number, line in enumerate(within, start=opener.line + 1):
            if _code(line) and len(line) - len(line.lstrip()) <= opener.indent:
                return number - 1
        return min(last, len(self.lines))

    def _put(self, line: int, column: int, text: str) -> None:
        old = self.lines[line - 1]
        self.lines[line - 1] = f"{old[: column - 1]}{text}{old[column:]}"

    def _find(self, code: Code, place: _Bracket, message: str, help: str) -> None:
        span = Span(self.file, place.line, place.column, place.line, place.column + 1)
        self.findings.append(Finding(code, span, message, help))
        if len(self.findings) > self.most:
            raise _EnoughError


def _code(line: str) -> str:
    """`line` without space around it, or nothing where it is a comment."""
    text = line.strip()
    return "" if text.startswith("#") else text


def _append(line: str, bracket: str) -> str:
    """`line` with `bracket` after it, or before its comment or a text that is never closed, if it has one."""
    for token in _TOKEN.finditer(line):
        text, start = token.group(), token.start()
        if text[0] == "#" or text.count('"') == 1:
            return f"{line[:start].removesuffix(' ')}{bracket}{line[start:]}"
    return f"{line} {bracket}"
