"""The parser's tables are those of the grammar, and the parser does with them what Lark does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generate import gone_wrong
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from lark.lexer import PatternRE, PatternStr, TerminalDef

from resdsl.specs import files_below, shipped_folder
from resdsl.syntax import lexer
from resdsl.syntax.generate import GRAMMAR, TABLES, tables
from resdsl.syntax.lalr import Parser
from resdsl.syntax.lexer import Lexer

TEXTS = {path.name: path.read_text("utf-8") for path in files_below(shipped_folder())}
TEXTS |= {path.name: path.read_text("utf-8") for path in files_below(Path(__file__).parent / "conformance")}
assert TEXTS


class NoNewlinesInBrackets:
    """What `Lexer.round` does, for Lark."""

    always_accept = ("_END",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            depth += (token.type in {"LPAR", "LSQB"}) - (token.type in {"RPAR", "RSQB"})
            if token.type != "_END" or depth <= 0 or ";" in token:
                yield token


def end_with_the_word(terminal: TerminalDef) -> None:
    """A keyword is a whole word, as for `Lexer`: Lark alone would take `networka` for `network a`."""
    if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isidentifier():
        terminal.pattern, terminal.priority = PatternRE(rf"{terminal.pattern.value}\b"), 1


LARK = Lark(GRAMMAR.read_text("utf-8"), parser="lalr", postlex=NoNewlinesInBrackets(), edit_terminals=end_with_the_word)


def by_lark(text: str) -> Any:
    try:
        return plain(LARK.parse(text))
    except UnexpectedInput:
        return None


def by_parser(text: str) -> Any:
    parser = Parser(
        "a.res", Lexer(text), lambda production, parts, span: (production, [plain(part) for part in parts]), 0
    )
    tree = parser.parse()
    return None if parser.errors else tree


def plain(node: Any) -> Any:
    match node:
        case Tree():
            return str(node.data), [plain(child) for child in node.children]
        case Token():
            return str(node)
        case lexer.Token():
            return node.text
    return node


def test_tables_are_made_of_the_grammar() -> None:
    assert TABLES.read_text("utf-8") == tables(), "run python -m resdsl.syntax.generate"


@pytest.mark.parametrize("name", TEXTS)
def test_the_tree_is_lark_s(name: str) -> None:
    assert by_parser(TEXTS[name]) == by_lark(TEXTS[name])


def test_shipped_specs_are_among_them() -> None:
    assert sum(by_lark(text) is not None for text in TEXTS.values()) > len(TEXTS) // 2


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(TEXTS)).flatmap(lambda name: gone_wrong(TEXTS[name])))
def test_texts_gone_wrong_are_wrong_for_both(text: str) -> None:
    assert by_parser(text) == by_lark(text)
