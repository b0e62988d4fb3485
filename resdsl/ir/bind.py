"""Arguments to parameters: one binder for layers, blocks, settings, networks and recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resdsl.codes import N002, N003
from resdsl.diagnostics import Span
from resdsl.ir.evaluate import Scope, unknown
from resdsl.ir.mistake import mistake
from resdsl.syntax import ast


@dataclass(frozen=True, slots=True)
class Signature:
    """What something takes: `positional` arguments in order (the first `required` must be there), `named` ones, `/stride`."""

    what: str
    positional: tuple[str, ...] = ()
    required: int = 0
    named: tuple[str, ...] = ()
    stride: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.positional + self.named


Bound = Mapping[str, ast.Value]


def bind(signature: Signature, items: tuple[ast.Item, ...], place: Span, scope: Scope) -> dict[str, ast.Value]:
    """The value given for each name; a stride stands under `/`. Raises Mistake for what does not fit."""
    bound: dict[str, ast.Value] = {}
    position = 0
    for item in items:
        match item:
            case ast.Stride():
                name = "/"
                if not signature.stride:
                    raise mistake(N003, item.span, f"{signature.what} takes no stride", "remove it")
            case ast.Named():
                name = item.name.id
                if not signature.names:
                    raise mistake(N003, item.span, f"{signature.what} takes no arguments", "remove it")
                if name not in signature.names:
                    raise unknown(item.name, signature.names, f"argument of {signature.what}", scope)
            case ast.Positional():
                if item.word is not None:
                    raise mistake(N003, item.word.span, f"unexpected '{_text(item.word)}'", "remove it, or add a comma")
                if position >= len(signature.positional):
                    further = "further value" if signature.positional else "value"
                    raise mistake(N003, item.span, f"{signature.what} takes no {further}", takes(signature))
                name = signature.positional[position]
                position += 1
        if name in bound:
            raise mistake(N002, item.span, f"{name} is given twice", "keep one of them")
        bound[name] = item.value
    for name in signature.positional[: signature.required]:
        if name not in bound:
            raise mistake(N003, place, f"{signature.what} needs {name}", takes(signature))
    return bound


def takes(signature: Signature) -> str:
    """`conv takes kernel, filters, /stride, groups = …`."""
    parts = [
        *signature.positional,
        *(["/stride"] if signature.stride else []),
        *(f"{name} = …" for name in signature.named),
    ]
    return f"{signature.what} takes {', '.join(parts)}" if parts else f"{signature.what} takes no arguments"


def _text(word: ast.Name | ast.String) -> str:
    return word.id if isinstance(word, ast.Name) else word.text
