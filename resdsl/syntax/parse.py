"""Text to AST, and every syntax error of a file in one run.

Lark reads language/grammar.lark and makes the LALR tables (`generate.py` writes them to `tables.py`), but our own driver
(`lalr.py`) follows them: to import Lark would take each command 50 ms more (measured), and the driver goes on after an
error. `tests/test_syntax_tables.py` holds the tables to the grammar, and the driver to Lark's own trees of every spec, of
every conformance file, and of such texts gone wrong at random.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from resdsl.codes import S006, S007, S008
from resdsl.diagnostics import Finding, Span
from resdsl.suggest import nearest
from resdsl.syntax import ast
from resdsl.syntax.balance import balance
from resdsl.syntax.build import AstBuilder
from resdsl.syntax.lalr import Parser, Unexpected
from resdsl.syntax.lexer import END, Lexer, Token
from resdsl.syntax.tables import DECLARATIONS, SECTIONS

MAX_BYTES = 1 << 16
MAX_MISTAKES = 25
EVERYTHING = frozenset({"*"})  # in `lost`: a whole file could not be read, so any name may stand in it
_WORD = re.compile(r"[A-Za-z_]\w*")


class Parsed(NamedTuple):
    """What a text holds: its tree with holes for what could not be read, the findings, and the words in the holes.

    The words are `EVERYTHING` where whole files may be missing.
    """

    file: ast.File
    findings: tuple[Finding, ...]
    lost: frozenset[str]


def parse(file: str, content: bytes | str) -> Parsed:
    """The tree of `content`, with a finding for every statement that does not follow the grammar."""
    text = _decoded(file, content)
    if isinstance(text, Finding):
        return Parsed(ast.File(file, ()), (text,), EVERYTHING)
    mended, findings = balance(file, text, MAX_MISTAKES)
    parser = Parser(file, Lexer(mended), AstBuilder(file), MAX_MISTAKES - len(findings))
    tree = parser.parse()
    findings += _described(file, text, mended, [error for error in parser.errors if not _is_echo(error, findings)])
    findings.sort(key=lambda finding: finding.span)
    if tree is None:
        return Parsed(ast.File(file, ()), (*findings[:MAX_MISTAKES], _too_many(findings[-1])), EVERYTHING)
    if not tree.declarations and not findings:
        findings.append(_empty(file))
    return Parsed(tree, tuple(findings), _lost(tree, parser.holes))


def _decoded(file: str, content: bytes | str) -> str | Finding:
    if len(content) > MAX_BYTES:
        span = Span(file, 1, 1, 1, 2)
        return Finding(S008, span, f"the file has more than {MAX_BYTES:,} bytes", "split it")
    if isinstance(content, str):
        return plain_text(content)
    try:
        return plain_text(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = plain_text(content[: error.start].decode("utf-8")).split("\n")
        span = Span(file, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
        return Finding(S006, span, f"byte 0x{content[error.start]:02x} is not UTF-8", "save the file as UTF-8 text")


def plain_text(text: str) -> str:
    """`text` as spans count it: without the mark that some editors put in front, its lines ended by one character."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _is_echo(error: Unexpected, mended: list[Finding]) -> bool:
    """Whether an error may come from a bracket that stands elsewhere than its author meant."""
    on_the_line = any(finding.span.line == error.token.line for finding in mended)
    is_misplaced = error.begin.kind == "NAME" and error.begin.text in DECLARATIONS + SECTIONS
    on_another_level = is_misplaced or "NETWORK" in error.expected or error.begin.kind == END
    return on_the_line or (bool(mended) and on_another_level)


def _described(file: str, text: str, mended: str, errors: list[Unexpected]) -> list[Finding]:
    if not errors:
        return []
    from resdsl.syntax.errors import describe  # noqa: PLC0415  # most texts have no errors, and do without the hints

    errors = list(_without_echoes(text, errors))
    lines = text.split("\n")
    # After a line end that the parser added, a character without meaning is found again.
    return list(dict.fromkeys(_within(lines, describe(file, mended, error)) for error in errors))


def _without_echoes(text: str, errors: list[Unexpected]) -> Iterator[Unexpected]:
    """The errors but for those in a `/* comment */`, and of what a `network a:` should have had in its braces."""
    end, body = -1, False
    for error in errors:
        at_top = "NETWORK" in error.expected
        if error.token.offset <= end or (body and at_top and error.begin.text not in DECLARATIONS):
            continue
        body = error.token.kind == "COLON" and error.begin.kind in {"NETWORK", "BLOCK", "SHORTCUT", "STUDY"}
        if text.startswith("/*", error.token.offset):
            end = text.find("*/", error.token.offset)
        yield error


def _within(lines: list[str], finding: Finding) -> Finding:
    """`finding` without what lies after the end of its line, where a bracket was added."""
    file, line, column, _, end_column = finding.span
    end = len(lines[line - 1]) + 1
    column = min(column, end)
    return replace(finding, span=Span(file, line, column, line, min(end_column, max(end, column + 1))))


def _lost(tree: ast.File, holes: list[Token]) -> frozenset[str]:
    """The words of declarations that could not be read, up to their brace."""
    lost = {word for hole in tree.declarations if isinstance(hole, ast.Hole) for word in _words(hole.text)}
    for words in (_words(hole.text) for hole in holes):
        keyword = nearest(words[0], DECLARATIONS) if words else None
        if keyword == "use":
            return EVERYTHING
        lost.update(words if keyword else ())
    return frozenset(lost)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.partition("{")[0])


def _too_many(last: Finding) -> Finding:
    return Finding(S008, last.span, f"more than {MAX_MISTAKES} syntax errors", "correct these first")


def _empty(file: str) -> Finding:
    help = "write a network, or copy one: resdsl list shows them"
    return Finding(S007, Span(file, 1, 1, 1, 2), "the file declares nothing", help)


def read_file(path: Path) -> bytes:
    """What is at `path`, but no more than shows that it is too much."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(path))
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
