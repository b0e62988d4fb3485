"""Pickles, read without running anything: whatever one would import or call becomes a stand-in that says what it was.

The standard library's own table of opcodes takes the bytes apart; nothing is imported, called or set on anything, so
that no pickle can run code. What it can hold is bounded by its length.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NamedTuple

OPCODES = 2_000_000  # Twice what a ResNet-1202 with Adam's state and averaged weights has; seconds to read.


class Global(NamedTuple):
    """A class or function by its full name, which a pickle would have imported."""

    name: str


class Persistent(NamedTuple):
    """What a pickle says to lie outside of it."""

    key: Any


@dataclass(slots=True, eq=False)
class Made:
    """What calling `maker` with `arguments` would have given; `state` and `items` were put into it afterwards."""

    maker: str
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)
    elements: list[Any] = field(default_factory=list)


def read_pickle(file: BytesIO) -> Any:
    """The value of the pickle that begins where `file` stands, which is left at its end; raises ValueError."""
    machine = _Machine()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > OPCODES:
            raise ValueError(f"a pickle of more than {OPCODES:,} steps")
        machine.step(opcode.name, argument)
    return machine.pop()


class _Machine:
    """The stack machine that pickles are programs of, without its calls."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks under each mark
        self._memo: dict[int, Any] = {}

    def pop(self) -> Any:
        if not self._stack:
            raise ValueError("a pickle that takes more than it has")
        return self._stack.pop()

    def step(self, name: str, argument: Any) -> None:
        """Runs one opcode."""
        match name:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "MARK":
                self._below.append(self._stack)
                self._stack = []
            case "POP":
                if self._stack:
                    self._stack.pop()
                else:
                    self._marked()
            case "POP_MARK":
                self._marked()
            case "DUP":
                self._push(self._top())
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._top()
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = self._top()
            case "GET" | "BINGET" | "LONG_BINGET":
                self._push(self._memo[argument])
            case "NONE":
                self._push(None)
            case "NEWTRUE" | "NEWFALSE":
                self._push(name == "NEWTRUE")
            case "PERSID":
                self._push(Persistent(argument))
            case "BINPERSID":
                self._push(Persistent(self.pop()))
            case _ if name in _CONTAINERS:
                self._push(_CONTAINERS[name]())
            case "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3" | "LIST" | "FROZENSET" | "DICT":
                self._gather(name)
            case "APPEND" | "APPENDS" | "ADDITEMS" | "SETITEM" | "SETITEMS" | "BUILD":
                self._fill(name)
            case "GLOBAL" | "STACK_GLOBAL" | "REDUCE" | "NEWOBJ" | "NEWOBJ_EX" | "INST" | "OBJ":
                self._stand_in(name, argument)
            case _ if name in _LITERALS:
                self._push(argument)
            case _:
                raise ValueError(f"a pickle with the opcode {name}")

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _top(self) -> Any:
        self._push(value := self.pop())
        return value

    def _marked(self) -> list[Any]:
        """What was pushed since the last mark."""
        if not self._below:
            raise ValueError("a pickle without a mark")
        found, self._stack = self._stack, self._below.pop()
        return found

    def _gather(self, name: str) -> None:
        match name:
            case "TUPLE" | "FROZENSET":
                self._push(tuple(self._marked()))
            case "LIST":
                self._push(self._marked())
            case "DICT":
                self._push(_pairs(self._marked()))
            case _:
                self._push(tuple(reversed([self.pop() for _ in range(int(name[-1]))])))

    def _fill(self, name: str) -> None:
        """Puts what is on top into what is under it."""
        several = name in ("APPENDS", "ADDITEMS", "SETITEMS")
        values = self._marked() if several else [self.pop() for _ in range(2 if name == "SETITEM" else 1)][::-1]
        match name, self._top():
            case "APPEND" | "APPENDS" | "ADDITEMS", list(elements) | Made(elements=elements):
                elements.extend(values)
            case "SETITEM" | "SETITEMS", dict(items) | Made(items=items):
                items.update(_pairs(values))
            case "BUILD", Made() as made:
                made.state = values[0]
            case _, under:
                raise ValueError(f"a pickle that puts something into a {type(under).__name__}")

    def _stand_in(self, name: str, argument: Any) -> None:
        match name:
            case "GLOBAL":
                self._push(Global(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                attribute, module = self.pop(), self.pop()
                self._push(Global(f"{module}.{attribute}"))
            case "INST":
                self._push(Made(argument.replace(" ", "."), tuple(self._marked())))
            case "OBJ":
                maker, *arguments = self._marked()
                self._push(_made(maker, tuple(arguments)))
            case _:
                if name == "NEWOBJ_EX":
                    self.pop()  # arguments by keyword
                arguments, maker = self.pop(), self.pop()
                self._push(_made(maker, arguments))


_CONTAINERS = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_SET": list}
_LITERALS = set(
    """INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE
    SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8""".split()
)


def _made(maker: Any, arguments: Any) -> Made:
    return Made(maker.name if isinstance(maker, Global) else type(maker).__name__, arguments)


def _pairs(values: list[Any]) -> dict[Any, Any]:
    return {_key(key): value for key, value in zip(values[::2], values[1::2], strict=True)}


def _key(value: Any) -> Any:
    """A plain key; to hash nested tuples could go too deep."""
    return value if value is None or isinstance(value, str | int | float | bytes) else f"({type(value).__name__})"
