"""Lark's errors in a user's words: what was found, what was expected, and what to write instead."""

from __future__ import annotations

import re

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from resdsl.codes import S001, S002, S005
from resdsl.diagnostics import Finding, Fix, Span
from resdsl.suggest import nearest

DECLARATIONS = ("use", "block", "shortcut", "network")
SECTIONS = ("stem", "head", "stage", "expect", "train", "allow")
_NAMES = {
    "_END": "the end of the line",
    "$END": "the end of the file",
    "NAME": "a name",
    "NUMBER": "a number",
    "SIZE": "a size such as 3x3",
    "STRING": 'a text in "…"',
    "RULE": "a rule's code or name",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "COLON": "':'",
    "EQUAL": "'='",
    "SLASH": "a stride such as /2",
    "X": "'x' (as in 3 x basic(64))",
}
_ARITHMETIC = {"SUM_OP", "PRODUCT_OP", "MINUS"}
_VALUE = {"NUMBER", "NAME", "SIZE", "STRING", "LSQB", "LPAR", "MINUS"}
_WORD = re.compile(r"[^\s;{}()\[\],]+")


def describe(file: str, text: str, error: UnexpectedInput) -> Finding:
    """The finding for one error of the parser in `text`."""
    if isinstance(error, UnexpectedToken):
        return _token(file, text, error)
    if isinstance(error, UnexpectedCharacters):
        return _characters(file, text, error)
    end = _end(file, text)
    return Finding(S001, end, "the file ends too early", "write what is missing")


def _characters(file: str, text: str, error: UnexpectedCharacters) -> Finding:
    rest = text.split("\n")[error.line - 1][error.column - 1 :]
    match = _WORD.match(rest)
    found = match.group() if match else rest[:1]
    if rest.startswith('"'):
        span = Span(file, error.line, error.column, error.line, error.column + len(rest))
        return Finding(S005, span, "this text has no closing quote", 'write the closing " on the same line')
    span = Span(file, error.line, error.column, error.line, error.column + len(found))
    if found[:1].isdigit():
        return Finding(S002, span, f"'{_short(found)}' is not a number", "write 64, 21_797_672, 0.1, 64k, 1.7M or 1e-4")
    if error.allowed and error.allowed <= {"STRING"}:
        return Finding(S001, span, f"unexpected '{_short(found)}'", 'write a text in "…" here')
    return Finding(S001, span, f"unexpected '{_short(found)}'", f"expected {_expected(set(error.allowed or ()))}")


def _token(file: str, text: str, error: UnexpectedToken) -> Finding:
    token = error.token
    if token.type == "$END":
        return Finding(S001, _end(file, text), "the file ends too early", f"expected {_expected(set(error.expected))}")
    length = 1 if token.type == "_END" else len(token)
    span = Span(file, token.line, token.column, token.line, token.column + length)
    found = "the end of the line" if token.type == "_END" else f"'{_short(str(token))}'"
    if token.type == "SLASH" and "COMMA" in error.expected:
        return Finding(S001, span, "a stride needs a comma before it", "write ', /2'; a single / is never a division", "write ,")
    if misspelt := _misspelt(file, text, span):
        return misspelt
    return Finding(S001, span, f"unexpected {found}", f"expected {_expected(set(error.expected))}")


def _misspelt(file: str, text: str, place: Span) -> Finding | None:
    """A finding on the first word of the line, where it is nearly a keyword and the statement goes wrong behind it."""
    line = text.split("\n")[place.line - 1][: place.column + place.length - 1]
    head = re.search(r"(?:^|[;{}])\s*([A-Za-z_]\w*)[^;{}]*$", line)
    if head is None or head.group(1) in DECLARATIONS + SECTIONS:
        return None
    word, column = head.group(1), head.start(1) + 1
    known = DECLARATIONS if column == place.column else SECTIONS
    keyword = nearest(word, known)
    if keyword is None:
        return None
    span = Span(file, place.line, column, place.line, column + len(word))
    return Finding(
        S001, span, f"unexpected '{word}'", f"did you mean '{keyword}'?", f"did you mean {keyword}?", fix=Fix(span, keyword)
    )


def _expected(names: set[str]) -> str:
    """`'{', ':' or a name`, the values and operators that could also stand there folded into a word."""
    if names >= {"NUMBER", "LPAR"}:
        names = names - _VALUE
        values = ["a value"]
    else:
        values = []
    if len(names) > 1 and "NAME" not in names:
        names = names - {"_END"}
    plain = sorted(_NAMES.get(name, f"'{name.lower()}'") for name in names - _ARITHMETIC)
    words = values + plain
    if not words:
        return "an operator or the end of the line"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _end(file: str, text: str) -> Span:
    lines = text.rstrip().split("\n")
    return Span(file, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}…"
