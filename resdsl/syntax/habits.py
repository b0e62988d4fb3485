"""What people write from habit, because a framework or another language has it, and how it is written here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from resdsl.codes import S001
from resdsl.diagnostics import Finding
from resdsl.syntax.slip import Slip

BODY: Final = "a body stands in braces"
COMMENT: Final = "a comment starts with #"
ARGUMENTS: Final = {
    "dilation",
    "groups",
    "pad",
    "kernel",
    "filters",
    "reduction",
    "width",
    "eps",
    "lr",
    "momentum",
    "weight_decay",
}
_CALL = r"([A-Za-z_]\w*\([^()\n]*\))"
# One letter, or more in a longer formula: 64px is no product.
_PRODUCT = re.compile(r"(\d+)([A-Za-z](?!\w)|[A-Za-z_]\w*(?=[ \t]*[-+*][ \t]*\w))((?:[ \t]*[-+*][ \t]*\w+)*)")
_SUFFIXES = {"x", "X", "e", "E", "K", "m", "g"}
_COUNT = r"([A-Za-z_0-9][\w+\-* ]*?)"
_LAYER = re.compile(r"(?:\w+[ \t]*:[ \t]*)?([A-Za-z_]\w*)[ \t]*\(([^()\n]*)\)")


def colon_for_braces(slip: Slip) -> Finding | None:
    """`network net:`, and below it, indented, what belongs to it."""
    if slip.token.kind != "COLON" or slip.begin.kind not in {"NETWORK", "BLOCK", "SHORTCUT", "STUDY"} or slip.depth:
        return None
    instead = f"{' '.join(slip.before.split())} {{"
    return slip.finding(S001, BODY, f"write {instead} … }}", fix=" {")


def block_comment(slip: Slip) -> Finding | None:
    """`/* a comment */`."""
    if not slip.rest.startswith("/*"):
        return None
    end = slip.rest.find("*/")
    place = slip.place(length=end + 2 if end > 0 else len(slip.rest.rstrip()))
    text = slip.rest[2:end].strip() if end > 0 else ""
    fix = f"# {text}" if end > 0 and not slip.rest[end + 2 :].strip() else None
    return slip.finding(S001, COMMENT, "write # before each line of it, instead of /* … */", place, fix)


def slashes_after_code(slip: Slip) -> Finding | None:
    """`conv 3x3, 64 // as in the paper`: several words after `//` are no division."""
    line = slip.before.rpartition("\n")[2]
    found = re.search(r"//[ \t]*(?:[A-Za-z][\w.'-]*[ \t]+)+\Z", line)
    if found is None or slip.token.kind == "":
        return None
    return slip.finding(
        S001, COMMENT, "write # instead of //", slip.place(back=len(line) - found.start(), length=0), None
    )


def named_without_sign(slip: Slip) -> Finding | None:
    """`conv 3x3, 64, dilation 2`."""
    name = re.search(r",[ \t]*([A-Za-z_]\w*)[ \t]+\Z", slip.before)
    if name is None or name[1] not in ARGUMENTS or slip.token.kind not in {"NUMBER", "SIZE"}:
        return None
    place = slip.place(back=len(slip.before) - name.start(1))
    help = f"write {name[1]} = {slip.token.text}"
    return slip.finding(S001, f"'=' is missing after '{name[1]}'", help, place, f"{name[1]} = {slip.token.text}")


def product_without_sign(slip: Slip) -> Finding | None:
    """`6n+2`, `2n`."""
    found = _PRODUCT.match(slip.rest)
    if slip.token.kind or found is None or found[2] in _SUFFIXES or "NUMBER" not in slip.expected:
        return None
    rest = re.sub(r"[ \t]*([-+*])[ \t]*", r" \1 ", found[3])
    instead = f"{found[1]} * {found[2]}{rest}"
    return slip.finding(S001, "a product has its sign", f"write {instead}", slip.place(length=len(found[0])), instead)


def stride_by_name(slip: Slip) -> Finding | None:
    """`3 x basic(64), stride = 2`."""
    found = re.match(r"(?:stride|strides|s)[ \t]*=?[ \t]*(\w+)", slip.rest)
    if found is None or "SLASH" not in slip.expected:
        return None
    return slip.finding(
        S001, "a stride is written /2", f"write /{found[1]}", slip.place(length=len(found[0])), f"/{found[1]}"
    )


def layer_as_call(slip: Slip) -> Finding | None:
    """`conv(3x3, 16)`."""
    call = _LAYER.match(slip.text, slip.begin.offset)
    if slip.begin.kind != "NAME" or call is None or not call.start(2) <= slip.token.offset < call.end():
        return None
    items = re.sub(r"\bstrides?[ \t]*=[ \t]*(\w+)", r"/\1", call[2].strip())
    instead = f"{call[1]} {items}".rstrip()
    place = slip.place(back=slip.token.offset - call.start(1), length=call.end() - slip.token.offset)
    return slip.finding(S001, "a layer has no brackets", f"write {instead}", place, instead)


def size_first(slip: Slip) -> Finding | None:
    """`3x3 conv, 64`."""
    found = re.match(r"(\d+x\d+)[ \t]+(conv|maxpool|avgpool)\b[ \t]*,?", slip.rest)
    if found is None or slip.token != slip.begin:
        return None
    instead = f"{found[2]} {found[1]}"
    return slip.finding(
        S001, "the layer comes first", f"write {instead}, …", slip.place(length=len(found[0])), f"{instead},"
    )


def size_in_the_name(slip: Slip) -> Finding | None:
    """`conv3x3, 64`."""
    found = re.fullmatch(r"(?:\w+\s*:\s*)?(conv|maxpool|avgpool)(\d+x\d+)[ \t]*", slip.before)
    if found is None or slip.token.kind != "COMMA":
        return None
    back = slip.token.offset - slip.begin.offset - found.start(1)
    instead = f"{found[1]} {found[2]}"
    place = slip.place(back=back, length=0)
    return slip.finding(S001, "the size is an argument", f"write {instead}, …", place, instead)


def size_in_brackets(slip: Slip) -> Finding | None:
    """`input (3, 224, 224)`."""
    line = slip.text[slip.begin.offset :].partition("\n")[0]
    found = re.match(r"input[ \t]*\(?[ \t]*(\d+)[ \t]*,[ \t]*(\d+)[ \t]*,[ \t]*(\d+)[ \t]*\)?", line)
    if found is None:
        return None
    instead = f"input {found[1]}x{found[2]}x{found[3]}"
    place = slip.place(
        back=slip.token.offset - slip.begin.offset, length=found.end() - (slip.token.offset - slip.begin.offset)
    )
    return slip.finding(S001, "a size is written with x", f"write {instead}", place, instead)


def run_of_blocks(slip: Slip) -> Finding | None:
    """`stage a: basic(16)`, `stage a: 3 * basic(16)`, `stage a: basic(16) * 3`."""
    if "X" not in slip.expected or slip.token.kind != "LPAR":
        return None
    line = slip.before.rpartition(":")[2] + slip.rest
    forms = (
        (rf"\s*{_COUNT}[ \t]*\*[ \t]*{_CALL}", (1, 2)),
        (rf"\s*{_CALL}[ \t]*[*x][ \t]*(\w+)", (2, 1)),
        (rf"\s*{_CALL}", (0, 1)),
    )
    for form, (count, call) in forms:
        if found := re.match(form, line):
            instead = f"{found[count].strip() if count else 1} x {found[call]}"
            start = len(line) - len(slip.rest) - found.start() - len(found[0]) + len(found[0].lstrip())
            place = slip.place(back=start, length=len(found[0].lstrip()) - start)
            return slip.finding(S001, "a run of blocks is COUNT x BLOCK(…)", f"write {instead}", place, instead)
    return slip.finding(S001, "a run of blocks is COUNT x BLOCK(…)", "write, for example, 3 x basic(64)")


def other_keyword(slip: Slip) -> Finding | None:
    """`model net {`, `class Net {`."""
    if (
        slip.begin.text not in {"model", "class", "def", "net", "module", "architecture"}
        or "NETWORK" not in slip.expected
    ):
        return None
    return slip.finding(S001, f"unknown keyword '{slip.begin.text}'", "write network", slip.begin_place, "network")


HABITS: tuple[Callable[[Slip], Finding | None], ...] = (
    colon_for_braces,
    block_comment,
    slashes_after_code,
    named_without_sign,
    product_without_sign,
    stride_by_name,
    size_in_brackets,
    run_of_blocks,
    layer_as_call,
    size_first,
    size_in_the_name,
    other_keyword,
)
