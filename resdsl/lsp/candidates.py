"""What can stand at a place: the source of completion, and of what hover says of a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.checking.rules import ALL_CODES
from resdsl.checking.rules.allow import ALLOWABLE
from resdsl.ir.study import TABLE
from resdsl.language import words
from resdsl.language.words import Words
from resdsl.lsp.context import Context
from resdsl.lsp.declarations import Declaration, as_it_stands, describe_values, signature_of, text_of
from resdsl.lsp.occurrences import parameters, parameters_in
from resdsl.lsp.positions import Place
from resdsl.lsp.tree import declaration_at
from resdsl.lsp.world import Document
from resdsl.syntax import ast
from resdsl.word import Parameter, Word

# The words that begin a statement, by what the braces around it belong to.
STATEMENTS: Mapping[str, Words] = {
    "file": words.DECLARATIONS,
    "network": {**words.TEXTS, **words.SETTINGS, **words.ALLOW, **words.SECTIONS},
    "stage": {**words.IN_STAGES, **words.ALLOW},
    "stage_body": {**words.LAYERS, **words.IN_STAGES, **words.ALLOW},
    **dict.fromkeys(("stem", "head", "block", "shortcut"), words.LAYERS),
    "study": words.STUDY,
    "table": words.FIGURES,
    "expect": words.EXPECT,
    "train": words.TRAIN,
}
Kind = Literal["keyword", "value", "argument", "parameter", "block", "shortcut", "network", "run", "rule", "file"]
_TAKE_NO_PARAMETER = {*words.CHOICES, *words.TEXTS}


class Candidate(NamedTuple):
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

    @property
    def markdown(self) -> str:
        """How the word is written, and what it means."""
        return f"```res\n{self.syntax}\n```\n{self.meaning}"


def candidates(document: Document, context: Context, place: Place) -> list[Candidate]:
    """Everything that can stand at `place`, the nearest first."""
    return list(_Search(document, context, place).all())


def parameter_candidate(document: Document, declaration: Declaration, name: str) -> Candidate:
    """A parameter, with its values."""
    meaning = describe_values(document, declaration, name)
    return Candidate(name, "parameter", f"{name}: parameter of {declaration.name.id}", meaning)


def _each(found: Words, kind: Kind) -> Iterator[Candidate]:
    for name, word in found.items():
        yield Candidate(name, kind, word.syntax, word.meaning)


def _arguments(found: tuple[Parameter, ...]) -> Iterator[Candidate]:
    for parameter in found:
        yield Candidate(parameter.name, "argument", parameter.syntax, parameter.meaning)


def _choices(word: Word | None, name: str) -> Iterator[Candidate]:
    """The words that an argument of `word` can be."""
    parameter = word.parameter(name) if word else None
    for choice in parameter.choices if parameter else ():
        yield Candidate(choice.name, "value", choice.syntax, choice.meaning)


@dataclass(frozen=True, slots=True)
class _Search:
    document: Document
    context: Context
    place: Place

    def all(self) -> Iterator[Candidate]:
        context = self.context
        if context.section == "comment":
            return
        if context.section == "string":
            yield from self.files()
        elif context.call:
            yield from self.in_call()
        elif re.fullmatch(r"\s*(\w+\s*:\s*)?", context.statement):
            yield from _each(STATEMENTS.get(context.section, {}), "keyword")
            yield from self.parameters() if context.section == "stage_body" else ()
        else:
            yield from self.in_statement()

    def files(self) -> Iterator[Candidate]:
        if re.match(r'\s*use\s*"', self.context.statement):
            for path in sorted(self.document.path.parent.glob("*.res")):
                if path != self.document.path:
                    yield Candidate(path.name, "file", f'use "{path.name}"', as_it_stands(str(path)))

    def in_call(self) -> Iterator[Candidate]:
        context, library = self.context, self.document.checked.library
        called = library.blocks.get(context.call) or library.networks.get(context.call)
        of_table = context.keyword == TABLE.name and context.section == "study"
        word = TABLE if of_table else None if called else words.TAKING.get(context.call)
        if context.named:
            yield from _choices(word, context.named)
            yield from self.runs() if context.named == "panels" else ()
        elif not context.argument.strip():
            yield from _arguments(word.parameters if word else ())
            for parameter in called.parameters if called else ():
                written = text_of(self.document, parameter.span)
                yield Candidate(parameter.name.id, "argument", written, f"Parameter of {context.call}.")
        yield from self.parameters()

    def in_statement(self) -> Iterator[Candidate]:
        context, keyword = self.context, self.context.keyword
        in_stage = context.section == "stage_body" or keyword == "stage"
        if in_stage and re.search(r"(?:^|[\s\d)])x\s*$", context.statement):
            yield from self.declared("block")
        elif keyword == "run" and context.section == "study":
            yield from self.declared("network") if ":" in context.statement else ()
        elif context.section == "table" or re.search(r"\bpanels\s*=\s*\[[^\]]*$", context.statement):
            yield from self.runs()
        elif keyword == "network" and context.section == "file":
            yield from self.declared("network") if context.named else ()
        elif keyword == "allow":
            yield from self.rules()
        elif keyword == "shortcut":
            yield from self.shortcuts()
        else:
            yield from self.values(keyword)

    def values(self, keyword: str) -> Iterator[Candidate]:
        """After a keyword or a comma; `norm` and `act` as layers take nothing."""
        context = self.context
        statements = STATEMENTS.get(context.section, {})
        word = statements.get(keyword)
        if context.named:
            yield from _choices(word, context.named)
        elif re.fullmatch(r"\s*(\w+\s*:\s*)?\w*\s*", context.argument):
            if statements is not words.LAYERS:
                yield from _each(words.CHOICES.get(keyword, {}), "value")
            if "," in context.statement or keyword in words.SETTINGS:
                yield from _arguments(word.named if word else ())
        yield from self.parameters() if keyword not in _TAKE_NO_PARAMETER else ()

    def shortcuts(self) -> Iterator[Candidate]:
        if len(self.context.statement.split()) > 1:
            yield from _each({words.ALWAYS.name: words.ALWAYS}, "keyword")
        else:
            yield from self.declared("shortcut")
            yield from _each(words.CHOICES["shortcut"], "value")

    def declared(self, kind: Literal["block", "shortcut", "network"]) -> Iterator[Candidate]:
        library = self.document.checked.library
        tables: Mapping[str, Mapping[str, Declaration]] = {
            "block": library.blocks,
            "shortcut": library.shortcuts,
            "network": library.networks,
        }
        for name, declaration in tables[kind].items():
            yield Candidate(name, kind, *signature_of(self.document, declaration))

    def runs(self) -> Iterator[Candidate]:
        """The runs of the study around."""
        declaration = declaration_at(self.document.tree, self.place)
        for member in declaration.members if isinstance(declaration, ast.StudyDeclaration) else ():
            if isinstance(member, ast.Runs):
                yield Candidate(member.name.id, "run", text_of(self.document, member.span), "A run of this study.")

    def rules(self) -> Iterator[Candidate]:
        for code in ALL_CODES:
            if code.id in ALLOWABLE:
                yield Candidate(code.id, "rule", f"{code.id} {code.slug}", code.explanation)

    def parameters(self) -> Iterator[Candidate]:
        """The parameters in reach, and what is defined in blocks and shortcuts."""
        declaration = declaration_at(self.document.tree, self.place)
        match declaration:
            case ast.NetworkDeclaration():
                for name in parameters_in(declaration, self.document.checked.library):
                    yield parameter_candidate(self.document, declaration, name)
            case ast.StudyDeclaration():
                for name in parameters(declaration):
                    yield parameter_candidate(self.document, declaration, name)
            case ast.BlockDeclaration():
                for name in parameters(declaration):
                    yield parameter_candidate(self.document, declaration, name)
                yield from _each(words.IN_BLOCKS, "parameter")
            case ast.ShortcutDeclaration():
                yield from _each(words.IN_SHORTCUTS, "parameter")
