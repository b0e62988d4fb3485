"""What an error of syntax says: what was found, what was expected, and what to write instead.

The parser stops at a token that the grammar does not allow (a `Slip`). Mistakes that people often make are recognized by
it and by what is around it (`HINTS`, the first that fits counts); of all others the message lists what could stand there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

from resdsl.codes import S001, S002, S005
from resdsl.diagnostics import Finding, Fix
from resdsl.suggest import nearest
from resdsl.syntax.habits import HABITS
from resdsl.syntax.lalr import Unexpected
from resdsl.syntax.lexer import END, LINE_END
from resdsl.syntax.slip import VALUES, Slip, short
from resdsl.syntax.tables import DECLARATIONS, SECTIONS

_NAMED = {"NETWORK", "BLOCK", "SHORTCUT", "STUDY", "STAGE"}
_WORD = re.compile(r"[^\s;{}()\[\],=]+")
_LAST_WORD = re.compile(r"\b([A-Za-z_]\w*)[ \t]*\Z")
_PLAIN = {"×": "x", "\u00a0": " ", "“": '"', "”": '"', "„": '"', "‘": '"', "’": '"', "'": '"', "–": "-", "−": "-"}


def describe(file: str, text: str, error: Unexpected) -> Finding:
    """The finding for one error of the parser in `text`: the first hint that fits, or else what was expected."""
    slip = Slip(file, text, *error)
    for hint in HINTS:
        if finding := hint(slip):
            return finding
    return slip.finding(S001, f"unexpected '{short(slip.token.text)}'", f"expected {slip.wanted()}")


def unclosed_text(slip: Slip) -> Finding | None:
    """`title "ResNet`."""
    if slip.token.kind or slip.token.text != '"':
        return None
    place = slip.place(length=len(slip.rest.rstrip()))
    return slip.finding(S005, "this text has no closing quote", 'write the closing " on the same line', place)


def bad_number(slip: Slip) -> Finding | None:
    """`64K`, `3X3`, `3x basic(64)`, `18resnet`."""
    found = _WORD.match(slip.rest)
    if slip.token.kind or found is None or not found[0][0].isdigit():
        return None
    place, word = slip.place(length=len(found[0])), short(found[0])
    if run := re.fullmatch(r"(\d+)[xX]([A-Za-z_]\w*)?", found[0]):
        instead = f"{run[1]} x {run[2] or ''}".strip()
        return slip.finding(S002, f"'{word}' is not a number", f"put spaces around the x: {instead}", place, instead)
    if re.fullmatch(r"\d+([xX]\d+)+", found[0]):
        return slip.finding(S002, f"'{word}' is not a size", f"write {found[0].lower()}", place, found[0].lower())
    if "NAME" in slip.expected and "NUMBER" not in slip.expected:
        return slip.finding(S001, f"'{word}' is not a name", "begin the name with a letter", place)
    return slip.finding(S002, f"'{word}' is not a number", "write 64, 21_797_672, 0.1, 64k, 1.7M or 1e-4", place)


def foreign_letter(slip: Slip) -> Finding | None:
    """`stage größe`, `s²`, and full-width letters: Python folds them into other names, or refuses them."""
    word = re.match(r"\w+", slip.rest)
    if slip.token.kind or word is None or word[0].isascii():
        return None
    plain = normalize("NFKD", word[0]).encode("ascii", "ignore").decode()
    instead = plain if plain.isidentifier() else None
    help = "a name has the letters a to z, digits and _ alone" + (f": write {short(instead)}" if instead else "")
    place = slip.place(length=len(word[0]))
    return slip.finding(S001, f"'{short(word[0])}' is not a name", help, place, instead)


def foreign_character(slip: Slip) -> Finding | None:
    """`×`, typographic quotes, `.5`, and whatever else is no part of the language."""
    sign = slip.token.text
    if slip.token.kind:
        return None
    if number := re.match(r"\.\d+", slip.rest):
        place = slip.place(length=len(number[0]))
        return slip.finding(S002, f"'{number[0]}' is not a number", f"write 0{number[0]}", place, f"0{number[0]}")
    if quoted := re.match(r"'([^'\"]*)'|[“„”]([^“”\"]*)[“”]", slip.rest):
        text = f'"{quoted[1] or quoted[2] or ""}"'
        place = slip.place(length=len(quoted[0]))
        return slip.finding(S001, f"{short(quoted[0])} has no meaning here", 'a text stands in "…"', place, text)
    shown = f"'{sign}'" if sign.isprintable() else f"the character U+{ord(sign):04X}"
    if sign in _PLAIN:
        plain = _PLAIN[sign]
        help = f"write {'a plain space' if plain == ' ' else plain}"
        return slip.finding(S001, f"{shown} has no meaning here", help, fix=plain)
    return slip.finding(S001, f"{shown} has no meaning here", "remove it; a comment starts with #")


def slash(slip: Slip) -> Finding | None:
    """`// a comment`, `64 /2`, `(64 / 2)`."""
    if slip.token.text == "//" and slip.token == slip.begin:
        return slip.finding(S001, "a comment starts with #", "write # instead of //", fix="#")
    if slip.token.kind != "SLASH":
        return None
    if slip.depth > 0:
        return slip.finding(S001, "a single / never divides", "write // for a division", fix="//")
    if "COMMA" in slip.expected:
        help = "write ', /2'; a single / never divides"
        return slip.finding(S001, "a stride needs a comma before it", help, fix=Fix(slip.place(back=slip.gap), ", /"))
    return None


def misspelt(slip: Slip) -> Finding | None:
    """`networc a {`, `steam {`, `stge layer1: …`, `foo {`."""
    word, place, at_top = slip.begin.text, slip.begin_place, "NETWORK" in slip.expected
    opens, colon = slip.token.kind == "LBRACE", slip.token.kind == "COLON"
    if slip.begin.kind != "NAME" or not (at_top or opens or colon):
        return None
    if opens and word in (*DECLARATIONS, *SECTIONS):
        return slip.finding(
            S001, f"'{word}' stands inside of another section", "move it outside of these braces", place
        )
    near = nearest(word, DECLARATIONS if at_top else SECTIONS)
    if near and (near == "stage" or not colon):
        return slip.finding(S001, f"unknown keyword '{word}'", f"did you mean '{near}'?", place, near)
    if at_top:
        help = "declare a network, block or shortcut, and write this inside of it"
        return slip.finding(S001, f"'{short(word)}' stands outside of every declaration", help, place)
    help = f"only sections have braces: {', '.join(SECTIONS)}"
    return slip.finding(S001, f"'{short(word)}' takes no {{ … }}", help, place) if opens else None


def sign_after_a_keyword(slip: Slip) -> Finding | None:
    """`order = post`, `conv, 3x3`."""
    word = _LAST_WORD.search(slip.before)
    if slip.token.kind not in {"EQUAL", "COMMA"} or slip.begin.kind != "NAME" or not word or word.start():
        return None
    found = f"'{slip.token.text}' stands after '{word[1]}'"
    return slip.finding(S001, found, f"write the value alone: {word[1]} …", fix="")


def equals(slip: Slip) -> Finding | None:
    """`64 groups = 2`, `stage layer1 = …`."""
    word = _LAST_WORD.search(slip.before)
    if slip.token.kind != "EQUAL":
        return None
    if "COLON" in slip.expected and slip.begin.kind == "STAGE":
        return slip.finding(S001, "'=' stands where ':' belongs", "write ':'", fix=":")
    if word and "COMMA" in slip.expected:
        return _no_comma(slip, word[1], len(slip.before) - word.start())
    return None


def colon(slip: Slip) -> Finding | None:
    """`groups: 2`, `input: 3x32x32`."""
    word = _LAST_WORD.search(slip.before)
    if slip.token.kind == "COLON" and word and "EQUAL" in slip.expected:
        fix = Fix(slip.place(back=slip.gap), " =")
        return slip.finding(S001, f"':' stands after '{word[1]}'", f"write '=': {word[1]} = …", fix=fix)
    label = re.fullmatch(r"(\w+)(\s*:\s*)", slip.before)
    if label and slip.token.kind in VALUES:
        place = slip.place(back=len(label[2]), length=-1)
        return slip.finding(S001, f"':' stands after '{label[1]}'", f"write the value alone: {label[1]} …", place, " ")
    return None


def dash_in_a_name(slip: Slip) -> Finding | None:
    """`network resnet-18 {`."""
    name = re.fullmatch(r"\w+\s+([A-Za-z_]\w*)", slip.before)
    rest = re.match(r"[\w-]+", slip.rest)
    if not (name and rest) or slip.token.text != "-" or slip.begin.kind not in _NAMED:
        return None
    instead = f"{name[1]}{rest[0].replace('-', '_')}"
    place = slip.place(back=len(name[1]), length=len(rest[0]))
    return slip.finding(S001, "a name has letters, digits and _ alone", f"write {instead}", place, instead)


def path_without_quotes(slip: Slip) -> Finding | None:
    """`use cifar.res`, or `use lib/own`; `use cifar` alone is right."""
    path = re.compile(r"use[ \t]+([^\s;{}()\[\],=\"]*[./][^\s;{}()\[\],=\"]*)").match(slip.text, slip.begin.offset)
    if slip.begin.kind != "USE" or path is None:
        return None
    back = slip.token.offset - path.start(1)
    place = slip.place(back=back, length=len(path[1]) - back)
    return slip.finding(S001, "a path stands in quotes", f'write use "{path[1]}"', place, f'"{path[1]}"')


def brace_on_the_next_line(slip: Slip) -> Finding | None:
    """`stem`, and below it `{`."""
    brace_follows = re.compile(r"(?:\s|#[^\n]*)*+\{").match(slip.text, slip.token.offset)
    if slip.token.kind != LINE_END or "LBRACE" not in slip.expected or not brace_follows:
        return None
    return slip.finding(S001, "the '{' stands on a line of its own", "write it at the end of this line")


def after_a_brace(slip: Slip) -> Finding | None:
    """`head { avgpool } expect { depth 2 }`."""
    if not slip.before.rstrip().endswith("}") or LINE_END not in slip.expected or not slip.token.text.isidentifier():
        return None
    fix = Fix(slip.place(back=slip.gap, length=0), "; ")
    return slip.finding(S001, f"'{slip.token.text}' stands after a '}}'", "write it on a line of its own", fix=fix)


def no_comma(slip: Slip) -> Finding | None:
    """`conv 3x3 64`."""
    if "COMMA" not in slip.expected or "LBRACE" in slip.expected or slip.token.kind not in VALUES:
        return None
    return _no_comma(slip, slip.token.text)


def early_end(slip: Slip) -> Finding | None:
    """`conv 3x3,`."""
    if slip.token.kind not in {LINE_END, END}:
        return None
    what = "file" if slip.token.kind == END else "statement" if slip.token.text[0] == ";" else "line"
    if slip.before.rstrip().endswith(","):
        return slip.finding(S001, f"the {what} ends after a comma", "remove the comma, or go on after it")
    return slip.finding(S001, f"the {what} ends too early", f"expected {slip.wanted()}")


def _no_comma(slip: Slip, word: str, back: int = 0) -> Finding:
    help = "write ',' between values, or ';' between statements"
    place = slip.place(back=back, length=len(word) - back)
    return slip.finding(S001, f"a comma is missing before '{short(word)}'", help, place)


HINTS: tuple[Callable[[Slip], Finding | None], ...] = (
    unclosed_text,
    *HABITS,
    bad_number,
    path_without_quotes,
    foreign_letter,
    foreign_character,
    slash,
    misspelt,
    sign_after_a_keyword,
    equals,
    colon,
    dash_in_a_name,
    brace_on_the_next_line,
    after_a_brace,
    early_end,
    no_comma,
)
