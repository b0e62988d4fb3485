"""What can stand at a place: the source of completion, and of hover's explanations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.ir.layers import SIGNATURES
from resdsl.lsp import vocabulary
from resdsl.lsp.context import Context
from resdsl.lsp.documents import Document
from resdsl.lsp.names import parameters_in
from resdsl.lsp.positions import Place, within
from resdsl.lsp.values import declared_text, describe_values, signature_of
from resdsl.lsp.vocabulary import Words
from resdsl.rules import ALL_CODES
from resdsl.rules.allow import ALLOWABLE
from resdsl.syntax import ast

SECTION_WORDS: dict[str, Words] = {
    "file": vocabulary.DECLARATIONS,
    "network": {**vocabulary.TEXTS, **vocabulary.SETTINGS, **vocabulary.ALLOW, **vocabulary.SECTIONS},
    "stage": {**vocabulary.SETTINGS, **vocabulary.ALLOW},
    "stage_body": {**vocabulary.LAYERS, **vocabulary.SETTINGS, **vocabulary.ALLOW},
    **dict.fromkeys(("stem", "head", "block", "shortcut"), vocabulary.LAYERS),
    "expect": vocabulary.EXPECT,
    "train": vocabulary.TRAIN,
}
Kind = Literal["keyword", "value", "argument", "parameter", "block", "shortcut", "network", "rule", "file"]
_NO_VALUES = {
    "order",
    "norm",
    "act",
    "data",
    "augment",
    "optimizer",
    "schedule",
    "loss",
    "shortcut",
    "title",
    "cite",
    "input",
}


class Offer(NamedTuple):
    """A word that can stand there, how it is written in full, what it means, and the text to insert."""

    label: str
    kind: Kind
    syntax: str
    meaning: str
    insert: str

    @property
    def names(self) -> tuple[str, ...]:
        """The label, and a rule's other name."""
        return tuple(self.syntax.split()) if self.kind == "rule" else (self.label,)


def offers(document: Document, context: Context, place: Place) -> list[Offer]:
    """Everything that can stand at `place`, the nearest first."""
    return list(_Offers(document, context, place).all())


def _words(words: Words, kind: Kind) -> Iterator[Offer]:
    for name, word in words.items():
        yield Offer(name, kind, word.syntax, word.meaning, f"{name} = " if kind == "argument" else name)


@dataclass(frozen=True, slots=True)
class _Offers:
    document: Document
    context: Context
    place: Place

    def all(self) -> Iterator[Offer]:
        context = self.context
        if context.section == "string":
            yield from self.files()
        elif context.call:
            yield from self.in_call()
        elif re.fullmatch(r"\s*(\w+\s*:\s*)?", context.statement) and context.section in SECTION_WORDS:
            yield from _words(SECTION_WORDS[context.section], "keyword")
            yield from self.parameters() if context.section == "stage_body" else ()
        else:
            yield from self.in_statement()

    def files(self) -> Iterator[Offer]:
        if not re.match(r'\s*use\s*"', self.context.statement):
            return
        for path in sorted(self.document.path.parent.glob("*.res")):
            if path != self.document.path:
                yield Offer(path.name, "file", f'use "{path.name}"', "", path.name)

    def in_call(self) -> Iterator[Offer]:
        context, library = self.context, self.document.checked.library
        if context.named in vocabulary.VALUES:
            yield from _words(vocabulary.VALUES[context.named], "value")
        elif not context.named and not context.argument.strip():
            yield from _words(vocabulary.ARGUMENTS.get(context.call, {}), "argument")
            called = library.blocks.get(context.call) or library.networks.get(context.call)
            for parameter in called.parameters if called else ():
                default = declared_text(self.document, parameter)
                yield Offer(
                    parameter.name.id, "argument", default, f"Parameter of {context.call}.", f"{parameter.name.id} = "
                )
        yield from self.parameters()

    def in_statement(self) -> Iterator[Offer]:
        context, keyword = self.context, self.context.keyword
        in_stage = context.section == "stage_body" or keyword == "stage"
        if in_stage and re.search(r"(?:^|[\s\d)])x\s*$", context.statement):
            yield from self.declared("block")
        elif keyword == "network" and context.section == "file":
            yield from self.declared("network") if context.named else ()
        elif keyword == "allow":
            yield from self.rules()
        elif keyword == "shortcut":
            yield from self.shortcuts()
        else:
            yield from self.values(keyword)

    def values(self, keyword: str) -> Iterator[Offer]:
        context = self.context
        starts = not context.argument.strip() or re.fullmatch(rf"(\s*\w+\s*:)?\s*{keyword}\s*", context.argument)
        if context.named:
            yield from _words(vocabulary.VALUES.get(context.named, {}), "value")
        elif starts:
            if keyword not in SIGNATURES or context.section == "network":
                yield from _words(vocabulary.VALUES.get(keyword, {}), "value")
            yield from _words(vocabulary.ARGUMENTS.get(keyword, {}), "argument") if "," in context.statement else ()
        if keyword not in _NO_VALUES or keyword in SIGNATURES:
            yield from self.parameters()

    def shortcuts(self) -> Iterator[Offer]:
        if len(self.context.statement.split()) > 1:
            yield Offer(
                "always",
                "keyword",
                "shortcut NAME always",
                "On every block, not only where the shape changes.",
                "always",
            )
            return
        yield from self.declared("shortcut")
        yield Offer("none", "value", "shortcut none", "A plain network: blocks without a shortcut.", "none")

    def declared(self, kind: Literal["block", "shortcut", "network"]) -> Iterator[Offer]:
        library = self.document.checked.library
        tables = {"block": library.blocks, "shortcut": library.shortcuts, "network": library.networks}
        for name, declaration in tables[kind].items():
            yield Offer(name, kind, *signature_of(self.document, declaration), name)

    def rules(self) -> Iterator[Offer]:
        for code in ALL_CODES:
            if code.id in ALLOWABLE:
                yield Offer(code.id, "rule", f"{code.id} {code.slug}", code.explanation, code.id)

    def parameters(self) -> Iterator[Offer]:
        """The parameters in reach, and what is defined in blocks and shortcuts."""
        around: Iterable[ast.Declaration] = (d for d in self.document.tree.declarations if within(self.place, d.span))
        for declaration in around:
            match declaration:
                case ast.NetworkDeclaration():
                    names = list(parameters_in(declaration, self.document.checked.library))
                case ast.BlockDeclaration():
                    names = [parameter.name.id for parameter in declaration.parameters]
                    yield from (o for o in _words(vocabulary.IMPLICIT, "parameter") if o.label != "out")
                case ast.ShortcutDeclaration():
                    names = []
                    yield from _words(vocabulary.IMPLICIT, "parameter")
                case _:
                    continue
            for name in names:
                meaning = describe_values(self.document, declaration, name)
                yield Offer(name, "parameter", f"{name}: parameter of {declaration.name.id}", meaning, name)
