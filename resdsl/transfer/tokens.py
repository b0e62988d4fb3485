"""Names in tokens, and which conv and norm belong together by them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from resdsl.transfer.file_modules import Module

Tokens = tuple[str, ...]
_TOKEN = re.compile(r"\d+|[A-Za-z]+|[^A-Za-z\d]+")


@cache
def part_tokens(part: str) -> Tokens:
    """`conv1_1x1` as `conv`, `1`, `_`, `1`, `x`, `1`."""
    return tuple(_TOKEN.findall(part))


def tokens_of(path: Sequence[str]) -> Tokens:
    """The tokens of a whole name; a dot stands between its parts."""
    return tuple(token for part in path for token in (*part_tokens(part), "."))


def partners(modules: Sequence[Module]) -> dict[int, int]:
    """Each conv and norm whose names say that they belong together, both ways.

    They are alone under what they share (`X.conv` and `X.bn`, `X.0` and `X.1`, `X` and `X.norm`), or their names
    differ in one word (`conv_X` and `bn_X`).
    """
    groups: dict[Tokens, list[int]] = {}
    for index, module in enumerate(modules):
        for key in _keys(tokens_of(module.path)):
            groups.setdefault(key, []).append(index)
    found: dict[int, set[int]] = {}
    for group in groups.values():
        if len(group) == 2 and modules[group[0]].kind != modules[group[1]].kind:
            for one, other in (group, reversed(group)):
                found.setdefault(one, set()).add(other)
    return {index: others.pop() for index, others in found.items() if len(others) == 1}


def _keys(name: Tokens) -> Iterator[Tokens]:
    for position in range(1, len(name) + 1):
        yield name[:position]
    for position, token in enumerate(name):
        if token.isalpha():
            yield ("?", *name[:position], "?", *name[position + 1 :])
