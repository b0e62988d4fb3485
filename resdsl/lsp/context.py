"""What a place in a text is, judged by the text before it alone: it may be half typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"?|[{}()\[\],;\n]')
_LAST_WORD = re.compile(r"[A-Za-z_]\w*$")
_CLOSES = {"}": "{", ")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Context:
    """Where a word is about to stand.

    `section` is what the innermost braces belong to: `file`, `network`, `stem`, `head`, `stage` (its settings),
    `stage_body`, `block`, `shortcut`, `expect`, `train`, or `string` and `comment`. `statement` is the text from the
    statement's start, `argument` that from the last comma or bracket, and `call` the word before the innermost bracket.
    """

    section: str
    statement: str = ""
    argument: str = ""
    call: str = ""
    word: str = ""

    @property
    def keyword(self) -> str:
        """The first word of the statement, after its label."""
        match = re.match(r"\s*(?:\w+\s*:\s*)?([A-Za-z_]\w*)\b", self.statement)
        return match.group(1) if match else ""

    @property
    def named(self) -> str:
        """The name whose value stands here: `bias` in `bias = `."""
        match = re.search(r"(\w+)\s*=\s*$", self.argument)
        return match.group(1) if match else ""


@dataclass(slots=True)
class _Frame:
    """An open bracket, the word or text before it, and where what stands in it last began."""

    bracket: str
    head: str
    statement: int
    argument: int


@dataclass(slots=True)
class _Scan:
    text: str
    frames: list[_Frame] = field(default_factory=lambda: [_Frame("", "", 0, 0)])

    def token(self, mark: str, start: int) -> None:
        top = self.frames[-1]
        if mark == "{":
            self.close_round()
            top = self.frames[-1]
            self.frames.append(_Frame("{", self.text[top.statement : start], start + 1, start + 1))
        elif mark in "([":
            head = _LAST_WORD.search(self.text[top.argument : start].rstrip())
            self.frames.append(_Frame(mark, head.group() if head else "", top.statement, start + 1))
        elif mark in _CLOSES:
            self.close(mark, start + 1)
        elif mark == ",":
            top.argument = start + 1
        elif top.bracket not in {"(", "["}:
            top.statement = top.argument = start + 1

    def close(self, mark: str, end: int) -> None:
        if mark == "}":
            self.close_round()
        if self.frames[-1].bracket == _CLOSES[mark]:
            self.frames.pop()
            if mark == "}":
                self.frames[-1].statement = self.frames[-1].argument = end

    def close_round(self) -> None:
        """Round and square brackets never reach past a brace."""
        while self.frames[-1].bracket in {"(", "["}:
            self.frames.pop()


def context(before: str) -> Context:
    """The context at the end of `before`, the text up to the cursor."""
    scan = _Scan(before)
    for token in _TOKEN.finditer(before):
        mark = token.group()
        if token.end() == len(before) and _is_open(mark):
            section = "comment" if mark.startswith("#") else "string"
            return Context(section, before[scan.frames[-1].statement :], word=mark[1:])
        if mark[0] not in '#"':
            scan.token(mark, token.start())
    top = scan.frames[-1]
    found = _LAST_WORD.search(before)
    word = found.group() if found else ""
    end = len(before) - len(word)
    call = top.head if top.bracket == "(" else ""
    return Context(_section(scan.frames), before[top.statement : end], before[top.argument : end], call, word)


def _is_open(mark: str) -> bool:
    """Whether a comment or a text goes on after this."""
    return mark.startswith("#") or (mark.startswith('"') and (len(mark) == 1 or not mark.endswith('"')))


def _section(frames: list[_Frame]) -> str:
    """What the innermost braces belong to."""
    heads = [frame.head for frame in frames if frame.bracket == "{"]
    if not heads:
        return "file"
    word = re.match(r"\s*(\w*)", heads[-1])
    section = word.group(1) if word else ""
    if section == "stage" and ":" not in heads[-1]:
        return "stage_body"
    return section
