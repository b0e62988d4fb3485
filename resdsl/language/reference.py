"""The tables of docs/language.md, made of the words: `python -m resdsl.language.reference` writes them anew.

A comment, `<!-- words: layers -->`, stands above each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from resdsl.language import words
from resdsl.language.words import Words
from resdsl.word import DERIVED, OneOf, Parameter, Word, shown

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
_TABLE = re.compile(r"(<!-- words: (.*) -->\n\n)(?:\|.*\n)*")


def written(page: str) -> str:
    """The text of the page with every table as the words have it."""
    return _TABLE.sub(lambda found: found[1] + TABLES[found[2]](), page)


def _table(*rows: Iterable[str]) -> str:
    """Rows as Markdown, below the first of them as a head."""
    head, *body = (f"| {' | '.join(row)} |\n" for row in rows)
    return "".join((head, "|---" * (head.count("|") - 1), "|\n", *body))


def _meanings(title: str, table: Words) -> Callable[[], str]:
    return lambda: _table((title, "means"), *((f"`{word.syntax}`", word.meaning) for word in table.values()))


def _values(title: str, table: Words) -> Callable[[], str]:
    """The words that may follow each, or stand for an argument of those."""
    rows = [row for name in table for choice in words.CHOICES.get(name, {}).values() for row in _value(name, choice)]
    return lambda: _table((title, "value", "means"), *rows)


def _value(name: str, choice: Word) -> Iterator[tuple[str, str, str]]:
    yield f"`{name}`", f"`{choice.syntax}`", choice.meaning
    for parameter in choice.parameters:
        for word in parameter.choices if isinstance(parameter.kind, OneOf) else ():
            yield f"`{choice.name}`", f"`{parameter.name} = {word.syntax}`", word.meaning


def _arguments(found: Iterable[Word]) -> Callable[[], str]:
    """Every argument of the words that are `found`."""
    return lambda: _table(("of", "argument", "means", "left out"), *(row for word in found for row in _rows(word)))


def _with_choices(table: Words) -> Iterator[Word]:
    """Each word, and those that may follow it."""
    for word in table.values():
        yield word
        yield from words.CHOICES.get(word.name, {}).values()


def _rows(word: Word) -> Iterator[tuple[str, str, str, str]]:
    for parameter in word.parameters:
        name = parameter.syntax if parameter.named or not word.base else parameter.name
        yield f"`{word.name}`", f"`{name}`", parameter.meaning, _left_out(parameter)


def _left_out(parameter: Parameter) -> str:
    if parameter.required:
        return "must be given"
    return "see above" if parameter.default is DERIVED else f"`{shown(parameter.default)}`"


TABLES: dict[str, Callable[[], str]] = {
    "declarations": _meanings("form", words.DECLARATIONS),
    "settings": _meanings("setting", {**words.TEXTS, **words.IN_STAGES}),
    "values of settings": _values(
        "setting", {name: words.SETTINGS[name] for name in words.SETTINGS if name != "order"}
    ),
    "arguments of settings": _arguments(tuple(_with_choices(words.SETTINGS))),
    "order": _meanings("order", words.CHOICES["order"]),
    "sections": _meanings("section", words.SECTIONS),
    "layers": _meanings("layer", words.LAYERS),
    "arguments of layers": _arguments(words.LAYERS.values()),
    "study": _meanings("entry", {**words.STUDY, **words.FIGURES}),
    "plots": _values("entry", {"plot": words.STUDY["plot"]}),
    "arguments of studies": _arguments((words.STUDY["table"], *words.CHOICES["plot"].values())),
    "measures": _meanings("value", words.MEASURES_OF_TABLES),
    "expect": _meanings("entry", words.EXPECT),
    "train": _meanings("entry", words.TRAIN),
    "values of train": _values("entry", words.TRAIN),
    "arguments of train": _arguments(tuple(_with_choices(words.TRAIN))),
}

if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
