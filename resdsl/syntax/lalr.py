"""A parser that follows the tables made of grammar.lark, builds the tree as it goes, and gets over errors.

A statement that holds an error becomes a hole, and reading goes on after it: no error causes another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from resdsl.diagnostics import Span
from resdsl.syntax.lexer import END, HOLE, LINE_END, Lexer, Token
from resdsl.syntax.tables import RULES, STATES, Rule

Build = Callable[[str, list[Any], Span], Any]
Symbol = tuple[Any, Token | None, Token | None]  # what was made of a terminal or a production, its first and last token
_MARK = re.compile(r'#[^\n]*|"[^"\n]*"?|[}()\[\];]|\n(?:\s|#[^\n]*)*+(\{)?|(\{)')


class Unexpected(NamedTuple):
    """A token that the grammar does not allow in its place, those that it does, and where the statement begins."""

    token: Token
    expected: frozenset[str]
    begin: Token


@dataclass(slots=True)
class Parser:
    """Reads one text.

    `states` has one more entry than `symbols`: the state after each, and the first. `statements` holds, for each open
    brace, how many symbols there are where its innermost statement begins.
    """

    file: str
    lexer: Lexer
    build: Build
    most_errors: int
    states: list[int] = field(default_factory=lambda: [0])
    symbols: list[Symbol] = field(default_factory=list)
    statements: list[int] = field(default_factory=lambda: [0])
    errors: list[Unexpected] = field(default_factory=list)
    holes: list[Token] = field(default_factory=list)

    def parse(self) -> Any:
        """What is made of the whole text, or None where there are too many errors."""
        while len(self.errors) <= self.most_errors:
            token = self.lexer.next(STATES[self.states[-1]])
            if not self._feed(token):
                self._recover(token)
            elif token.kind == END:
                return self.symbols[0][0]
        return None

    def _feed(self, token: Token, last: Token | None = None) -> bool:
        """Applies what `token` completes, and puts it on the stack; does nothing where the grammar does not allow it."""
        found = self._reduced(token.kind)
        if found is None:
            return False
        rules, self.states = found
        for rule in rules:
            if rule.size != 1 or rule.build:
                start = len(self.symbols) - rule.size
                self.symbols[start:] = [self._made(rule, self.symbols[start:])]
        self.symbols.append((token, token, last or token))
        if token.kind == LINE_END:
            self.statements[-1] = len(self.symbols)
        elif token.kind == "LBRACE":
            self.statements.append(len(self.symbols))
        elif token.kind == "RBRACE":
            self.statements.pop()
        return True

    def _reduced(self, kind: str) -> tuple[list[Rule], list[int]] | None:
        """The productions that a `kind` completes here, and the states after it; None where it cannot stand here.

        A state alone does not know: what it reduces to may not take it.
        """
        rules, states = [], self.states.copy()
        while (action := STATES[states[-1]].get(kind)) is not None and action < 0:
            rule = RULES[~action]
            rules.append(rule)
            del states[len(states) - rule.size :]
            states.append(STATES[states[-1]][rule.symbol])
        if action is None:
            return None
        states.append(action)
        return rules, states

    def _made(self, rule: Rule, symbols: list[Symbol]) -> Symbol:
        """What a production makes of its parts: one of them, all in a list, or a node."""
        value: Any = _parts(rule, symbols)
        first, last = (symbols[0][1], symbols[-1][2]) if symbols else (None, None)
        if not rule.build:
            value = value[0]
        elif rule.build != "+":
            value = self.build(rule.build, value, self._span(first, last))
        return value, first, last

    def _span(self, first: Token | None, last: Token | None) -> Span:
        if first is None or last is None:
            return Span(self.file, 1, 1, 1, 1)
        return Span(self.file, first.line, first.column, last.line, last.column + len(last.text))

    def _recover(self, token: Token) -> None:
        """Notes the error, and puts in the token that is missing, or a hole in the place of the statement."""
        start = self.statements[-1]
        begin = next((first for _, first, _ in self.symbols[start:] if first), token)
        self.errors.append(Unexpected(token, self._expected(), begin))
        if missing := self._missing(token):
            self.lexer.go_back_to(token)
            self._feed(token._replace(kind=missing, text=""))
            return
        del self.symbols[start:], self.states[start + 1 :]
        self.lexer.go_back_to(begin)
        self.lexer.go_to(_statement_end(self.lexer.text, begin.offset, token.offset))
        end = self.lexer.here()
        hole = Token(HOLE, self.lexer.text[begin.offset : end.offset], *begin[2:])
        self.holes.append(hole)
        self._feed(hole, last=end)

    def _missing(self, token: Token) -> str | None:
        """The line end after a brace, or a brace that is still open at the end of the text."""
        before = self.symbols[-1][2] if self.symbols else None
        if token.kind == END and self._reduced("RBRACE"):
            return "RBRACE"
        is_word_after = before and before.kind == "RBRACE" and token.text.isidentifier()
        return LINE_END if is_word_after and self._reduced(LINE_END) else None

    def _expected(self) -> frozenset[str]:
        kinds = (kind for kind in STATES[self.states[-1]] if kind == kind.upper() and kind != HOLE)
        return frozenset(kind for kind in kinds if self._reduced(kind))


def _parts(rule: Rule, symbols: list[Symbol]) -> list[Any]:
    parts: list[Any] = []
    for index in rule.parts:
        if index is None:
            parts.append(None)
        elif index >= 0:
            parts.append(symbols[index][0])
        elif parts:
            parts += symbols[~index][0]
        else:
            parts = symbols[~index][0]  # a list that grows by one at each step is not copied each time
    return parts


def _statement_end(text: str, begin: int, error: int) -> int:
    """Where the statement at `begin` ends, or a brace opens after the `error`: what is in there is still read."""
    depth = round_depth = 0
    for match in _MARK.finditer(text, begin):
        mark, opens = match[0], bool(match[1] or match[2])
        if opens and depth == 0 and match.end() > error:
            return match.end() - 1
        if mark[0] in ";}\n" and not opens and depth == round_depth == 0:
            return match.start()
        round_depth += (mark in "([") - (mark in ")]")
        depth += opens - (mark == "}")
    return len(text)
