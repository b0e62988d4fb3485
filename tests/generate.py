"""Valid networks by chance, as families and derived from each other; texts laid out by chance; and texts gone wrong."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from random_specs import specs

from resdsl.checking.checker import Checked, check_file
from resdsl.checking.rules.allow import ALLOWABLE
from resdsl.diagnostics import Span
from resdsl.ir.network import Source

FILE = "generated.res"
TRAIN = (
    "data cifar10(mean = [0.5, 0.5, 0.5], std = [0.2, 0.2, 0.2])",
    "augment scale_crop(32, shorter = [36, 40]), pad_crop(4), flip",
    "batch 64",
    "steps 64k",
    "optimizer sgd(0.1, momentum = 0.9, weight_decay = 1e-4, nesterov = true, decay_all = false)",
    "schedule step(at = [32k, 48_000], factor = 0.1), warmup(lr = 0.01, steps = 400)",
    "loss cross_entropy(label_smoothing = 0.1)",
    "seed 3",
)
_COUNT = re.compile(r"\b([1-9]) x ")
_TOKEN = re.compile(r'"[^"\n]*"|#[^\n]*|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\w+|//|[^\w\s]|\n|[ \t]+')
_ENDS = ("\n", "\n\n\n", ";\n", "  # by chance\n", "\n  # on a line of its own\n\n", " ;\n\t", "\r\n")
_BREAKS = ("", "\n", "  # an argument\n", "\n\n # between\n")


def checked(text: str | bytes) -> Checked:
    """What the checker finds in `text`."""
    return check_file(Path("/nowhere") / FILE, FILE, content=text)


def valid(text: str) -> str:
    """`text` with the shortcut and the allows that it lacks, or nothing where that does not make it valid."""
    codes = {finding.code.id for finding in checked(text).findings if finding.severity == "error"}
    if "D005" in codes:
        text = text.replace("shortcut identity", "shortcut projection")
        start = text.index("network random {")
        if not re.search(r"^  shortcut ", text[start:], re.MULTILINE):
            text = text.replace("network random {", "network random {\n  shortcut projection")
    allows = "".join(f'  allow {code} "by chance"\n' for code in sorted(codes) if code in ALLOWABLE)
    text = f"{text.rstrip()[:-1]}{allows}}}\n"
    left = {finding.code.id for finding in checked(text).findings if finding.severity == "error"}
    return valid(text) if left and left != codes else "" if left else text


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A text with a network `random` that is valid."""
    return draw(specs().map(valid).filter(bool))


@st.composite
def families(draw: st.DrawFn) -> str:
    """The same with its counts as parameters, and `random` derived from it."""
    text = draw(networks())
    text = _COUNT.sub(
        lambda count: draw(st.sampled_from((f"n + {count[1]} - 1 x ", f"(k * {count[1]}) // k x "))), text
    )
    train = draw(st.lists(st.sampled_from(TRAIN), unique=True))
    members = [
        'title "By chance"',
        'cite  "Hypothesis"',
        *([f"train {{ {'; '.join(train)} }}"] if train else []),
        f"init he(mode = {draw(st.sampled_from(('fan_in', 'fan_out')))})",
    ]
    text = text.replace("network random {", "network family(n, k = n + 1) {")
    return f"{text}\nnetwork random = family(n = {draw(st.sampled_from(('1', '2 - 1', '(1)')))}) {{ {'; '.join(members)} }}\n"


@st.composite
def laid_out(draw: st.DrawFn, text: str) -> str:
    """`text` with other blanks, line ends, empty lines and comments, which mean nothing."""
    parts, round_depth = [], 0
    pick = draw(st.randoms(use_true_random=False))
    for token in _TOKEN.findall(text):
        round_depth += (token in "([") - (token in ")]")
        if token == "\n" or (token == ";" and not round_depth):
            parts.append(pick.choice((*_ENDS, token, token, token)))
        elif token.isspace():
            parts.append(pick.choice((" ", " ", "  ", "\t")))
        else:
            parts.append(token + (pick.choice((*_BREAKS, "", "")) if round_depth and token in "([," else ""))
    return "".join(parts)


@st.composite
def gone_wrong(draw: st.DrawFn, text: str) -> str:
    """`text` with tokens taken out, doubled, moved or made up."""
    tokens = _TOKEN.findall(text)
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(tokens) - 1)), draw(st.integers(0, len(tokens) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                tokens[at] = ""
            case 1:
                tokens[at] += tokens[other]
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = draw(st.text(max_size=6))
            case 4:
                tokens[at] = draw(
                    st.sampled_from(("{", "}", "(", ")", '"', "-", "0", "9G", "x", "stage", "network", "use"))
                )
    return "".join(tokens)


def bare(value: Any) -> Any:
    """A tree or a network without the places in files that it came from."""
    if isinstance(value, Span | Source):
        return None
    if is_dataclass(value):
        return (type(value).__name__, *(bare(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, tuple):
        return tuple(bare(part) for part in value)
    return value
