"""Text to AST, and every syntax error of a file in one run.

Recovery is deletion: the statement that holds an error is blanked out, character by character, and the text is
parsed again. Lines and columns stay, and no error causes another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from lark import Lark, Token
from lark.exceptions import UnexpectedInput

from resdsl.codes import S006, S007, S008
from resdsl.diagnostics import Finding, Span
from resdsl.syntax import ast
from resdsl.syntax.balance import balance, too_deep
from resdsl.syntax.build import AstBuilder
from resdsl.syntax.messages import describe

MAX_BYTES = 1 << 20
MAX_MISTAKES = 25
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"?|[{}()\[\];\n]')
_WORD = re.compile(r"[A-Za-z_]\w*")


class Parsed(NamedTuple):
    """What a text holds: its tree without the faulty statements, the findings, and the words of what was left out."""

    file: ast.File
    findings: tuple[Finding, ...]
    lost: frozenset[str]


class _NoNewlinesInBrackets:
    """Drops line ends between ( ) and [ ] on their way to the parser."""

    always_accept = ("_END",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            depth += (token.type in {"LPAR", "LSQB"}) - (token.type in {"RPAR", "RSQB"})
            if token.type != "_END" or depth <= 0:
                yield token


@cache
def _parser() -> Lark:
    grammar = resources.files("resdsl").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, postlex=_NoNewlinesInBrackets())


def parse(file: str, content: bytes | str) -> Parsed:
    """The tree of `content`, with a finding for every statement that does not follow the grammar."""
    text, findings = _decode(file, content)
    if text is not None:
        findings += list(too_deep(file, text))
    if text is None or findings:
        return Parsed(ast.File(file, ()), tuple(findings), frozenset())
    original = text
    text, findings = balance(file, text)
    tree = None
    while tree is None:
        try:
            tree = _parser().parse(text + "\n")
        except UnexpectedInput as error:
            if len(findings) >= MAX_MISTAKES:
                return Parsed(ast.File(file, ()), (*_ordered(findings), _too_many(findings[-1])), frozenset())
            findings.append(describe(file, text, error))
            text = _without_statement(text, findings[-1].span)
    result = AstBuilder(file).transform(tree)
    if not result.declarations and not findings:
        findings.append(_empty(file))
    return Parsed(result, tuple(_ordered(findings)), _lost(original, text))


def _decode(file: str, content: bytes | str) -> tuple[str | None, list[Finding]]:
    if len(content) > MAX_BYTES:
        span = Span(file, 1, 1, 1, 2)
        return None, [Finding(S008, span, f"the file has {len(content):,} bytes", "split it: at most 1 MiB is read")]
    if isinstance(content, str):
        return _line_ends(content), []
    try:
        return _line_ends(content.decode("utf-8")), []
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").split("\n")
        span = Span(file, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
        found = content[error.start]
        return None, [Finding(S006, span, f"byte 0x{found:02x} is not UTF-8", "save the file as UTF-8 text")]


def _line_ends(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _without_statement(text: str, place: Span) -> str:
    """`text` with the statement around `place` blanked out; a statement takes the braces that it opened with it."""
    start, end = statement_bounds(text, offset(text, place.line, place.column))
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def offset(text: str, line: int, column: int) -> int:
    """The index in `text` of a place that counts from 1."""
    begin = 0
    for _ in range(line - 1):
        begin = text.index("\n", begin) + 1
    return min(begin + column - 1, len(text))


def statement_bounds(text: str, at: int) -> tuple[int, int]:
    """Where the innermost statement around the index `at` starts and ends."""
    starts, start, round_depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        mark, here = token.group(), token.start()
        if here >= at and mark in {"}", ";", "\n"} and round_depth <= 0:
            if mark != "}" or not text[start:here].strip() == "":
                return start, max(here, at)
            return start, here + 1
        if mark in "([":
            round_depth += 1
        elif mark in ")]":
            round_depth -= 1
        elif mark == "{":
            if here >= at:
                return start, _closing(text, here)
            starts.append(start)
            start, round_depth = token.end(), 0
        elif mark == "}":
            start = _skip_closed(starts, start)
        elif mark in {";", "\n"} and round_depth <= 0:
            start = token.end()
    return start, len(text)


def _skip_closed(starts: list[int], start: int) -> int:
    return starts.pop() if starts else start


def _closing(text: str, opening: int) -> int:
    """The index behind the brace that closes the one at `opening`."""
    depth = 0
    for token in _TOKEN.finditer(text, opening):
        depth += (token.group() == "{") - (token.group() == "}")
        if depth == 0 and token.group() == "}":
            return token.end()
    return len(text)


def _lost(original: str, parsed: str) -> frozenset[str]:
    """Words that stand in `original` and no longer in what was parsed."""
    if original == parsed:
        return frozenset()
    return frozenset(_WORD.findall(original)) - frozenset(_WORD.findall(parsed))


def _ordered(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.span)


def _too_many(last: Finding) -> Finding:
    return Finding(S008, last.span, f"more than {MAX_MISTAKES} syntax errors", "mend these first")


def _empty(file: str) -> Finding:
    return Finding(
        S007, Span(file, 1, 1, 1, 2), "the file declares nothing", "write a network, or copy one: resdsl list shows them"
    )
