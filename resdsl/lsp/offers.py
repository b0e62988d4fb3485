"""What can stand at a place: the source of completion, and of hover's explanations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.checking.rules import ALL_CODES
from resdsl.checking.rules.allow import ALLOWABLE
from resdsl.lsp import vocabulary
from resdsl.lsp.context import Context
from resdsl.lsp.documents import Document
from resdsl.lsp.names import WORD_STATEMENTS, parameters, parameters_in
from resdsl.lsp.positions import Place
from resdsl.lsp.tree import declaration_at
from resdsl.lsp.values import Declaration, describe_values, signature_of, text_of
from resdsl.lsp.vocabulary import Words
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
_TAKE_NO_PARAMETER = {*WORD_STATEMENTS, *vocabulary.TEXTS, "shortcut"}


class Offer(NamedTuple):
    """A word that can stand there, how it is written in full, and what it means."""

    label: str
    kind: Kind
    syntax: str
    meaning: str

    @property
    def insert(self) -> str:
        """The text that takes the place of what was typed."""
        return f"{self.label} = " if self.kind == "argument" else self.label

    @property
    def names(self) -> tuple[str, ...]:
        """The label, and a rule's other name."""
        return tuple(self.syntax.split()) if self.kind == "rule" else (self.label,)


def offers(document: Document, context: Context, place: Place) -> list[Offer]:
    """Everything that can stand at `place`, the nearest first."""
    return list(_Offers(document, context, place).all())


def parameter_offer(document: Document, declaration: Declaration, name: str) -> Offer:
    """A parameter, with its values."""
    meaning = describe_values(document, declaration, name)
    return Offer(name, "parameter", f"{name}: parameter of {declaration.name.id}", meaning)


def _words(words: Words, kind: Kind) -> Iterator[Offer]:
    for name, word in words.items():
        yield Offer(name, kind, word.syntax, word.meaning)


@dataclass(frozen=True, slots=True)
class _Offers:
    document: Document
    context: Context
    place: Place

    def all(self) -> Iterator[Offer]:
        context = self.context
        if context.section == "comment":
            return
        if context.section == "string":
            yield from self.files()
        elif context.call:
            yield from self.in_call()
        elif re.fullmatch(r"\s*(\w+\s*:\s*)?", context.statement):
            yield from _words(SECTION_WORDS.get(context.section, {}), "keyword")
            yield from self.parameters() if context.section == "stage_body" else ()
        else:
            yield from self.in_statement()

    def files(self) -> Iterator[Offer]:
        if re.match(r'\s*use\s*"', self.context.statement):
            for path in sorted(self.document.path.parent.glob("*.res")):
                if path != self.document.path:
                    yield Offer(path.name, "file", f'use "{path.name}"', str(path))

    def in_call(self) -> Iterator[Offer]:
        context, library = self.context, self.document.checked.library
        if context.named:
            yield from _words(vocabulary.VALUES.get(context.named, {}), "value")
        elif not context.argument.strip():
            yield from _words(vocabulary.ARGUMENTS.get(context.call, {}), "argument")
            called = library.blocks.get(context.call) or library.networks.get(context.call)
            for parameter in called.parameters if called else ():
                written = text_of(self.document, parameter.span)
                yield Offer(parameter.name.id, "argument", written, f"Parameter of {context.call}.")
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
        """Behind a keyword or a comma; `norm` and `act` as layers take nothing."""
        context = self.context
        if context.named:
            yield from _words(vocabulary.VALUES.get(context.named, {}), "value")
        elif re.fullmatch(r"\s*(\w+\s*:\s*)?\w*\s*", context.argument):
            if SECTION_WORDS.get(context.section) is not vocabulary.LAYERS:
                yield from _words(vocabulary.VALUES.get(keyword, {}), "value")
            if "," in context.statement:
                yield from _words(vocabulary.ARGUMENTS.get(keyword, {}), "argument")
        yield from self.parameters() if keyword not in _TAKE_NO_PARAMETER else ()

    def shortcuts(self) -> Iterator[Offer]:
        if len(self.context.statement.split()) > 1:
            yield from _words(vocabulary.ALWAYS, "keyword")
        else:
            yield from self.declared("shortcut")
            yield from _words(vocabulary.VALUES["shortcut"], "value")

    def declared(self, kind: Literal["block", "shortcut", "network"]) -> Iterator[Offer]:
        library = self.document.checked.library
        tables: Mapping[str, Mapping[str, Declaration]] = {
            "block": library.blocks,
            "shortcut": library.shortcuts,
            "network": library.networks,
        }
        for name, declaration in tables[kind].items():
            yield Offer(name, kind, *signature_of(self.document, declaration))

    def rules(self) -> Iterator[Offer]:
        for code in ALL_CODES:
            if code.id in ALLOWABLE:
                yield Offer(code.id, "rule", f"{code.id} {code.slug}", code.explanation)

    def parameters(self) -> Iterator[Offer]:
        """The parameters in reach, and what is defined in blocks and shortcuts."""
        declaration = declaration_at(self.document.tree, self.place)
        match declaration:
            case ast.NetworkDeclaration():
                for name in parameters_in(declaration, self.document.checked.library):
                    yield parameter_offer(self.document, declaration, name)
            case ast.BlockDeclaration():
                for name in parameters(declaration):
                    yield parameter_offer(self.document, declaration, name)
                yield from (offer for offer in _words(vocabulary.IMPLICIT, "parameter") if offer.label != "out")
            case ast.ShortcutDeclaration():
                yield from _words(vocabulary.IMPLICIT, "parameter")
