"""Every word of the language stands in `language.words`, and whatever knows words knows all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest
from editor import cursor, editor, position
from spec_text import checked, spec

from resdsl.highlight import TOKENS, ResLexer
from resdsl.ir.layers import KINDS
from resdsl.ir.network import Expectation, Init
from resdsl.ir.order import Order
from resdsl.ir.study import PLOT_KINDS, TABLE
from resdsl.language import textmate, words
from resdsl.language.reference import PAGE
from resdsl.lower.entries import ENTRIES
from resdsl.lower.settings import READERS
from resdsl.syntax.tables import DECLARATIONS, LITERALS, SECTIONS
from resdsl.training.data.registry import SOURCES
from resdsl.word import REQUIRED, Parameter, Word


class Case(NamedTuple):
    """A word or an argument, and a text with the mark where it can be typed."""

    name: str
    text: str
    syntax: str
    meaning: str


# Where the words of statements stand.
PLACES: dict[str, words.Words] = {
    "¦": words.DECLARATIONS,
    "network a { ¦ }": {**words.TEXTS, **words.SETTINGS, **words.SECTIONS, **words.ALLOW},
    "network a { stage x: 1 x basic(1) { ¦ } }": {**words.IN_STAGES, **words.SETTINGS, **words.ALLOW},
    "block b() { ¦ }": words.LAYERS,
    "block b() { conv ¦ }": words.IN_BLOCKS,
    "shortcut s { conv ¦ }": words.IN_SHORTCUTS,
    "network a { expect { ¦ } }": words.EXPECT,
    "network a { train { ¦ } }": words.TRAIN,
    "study a { ¦ }": words.STUDY,
    "study a { table b() { ¦ } }": words.FIGURES,
    "network a { shortcut pad ¦ }": {words.ALWAYS.name: words.ALWAYS},
}


def inside(keyword: str, text: str) -> str:
    """A statement with that keyword, `text` after it."""
    if keyword in words.LAYERS and keyword not in words.SETTINGS:
        return f"block b() {{ {keyword} {text} }}"
    if keyword in words.STUDY and keyword not in words.DECLARATIONS:
        return f"study a {{ {keyword} {text} }}"
    return (
        f"network a {{ train {{ {keyword} {text} }} }}"
        if keyword in words.TRAIN
        else f"network a {{ {keyword} {text} }}"
    )


def cases() -> Iterator[Case]:
    for text, found in PLACES.items():
        yield from (Case(word.name, text, word.syntax, word.meaning) for word in found.values())
    for keyword, found in words.CHOICES.items():
        yield from (Case(word.name, inside(keyword, "¦"), word.syntax, word.meaning) for word in found.values())
        for word in found.values():
            yield from arguments(word.parameters, keyword, f"{word.name}(¦)")
    for keyword, word in (words.LAYERS | words.SETTINGS).items():
        yield from arguments(word.named, keyword, "1, ¦")
    yield from arguments(TABLE.parameters, "table", "b(¦)")


def arguments(parameters: tuple[Parameter, ...], keyword: str, around: str) -> Iterator[Case]:
    for parameter in parameters:
        yield Case(parameter.name, inside(keyword, around), parameter.syntax, parameter.meaning)
        for choice in parameter.choices:
            text = inside(keyword, around.replace("¦", f"{parameter.name} = ¦"))
            yield Case(choice.name, text, choice.syntax, choice.meaning)


CASES = list(cases())
assert CASES


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "a.res"
    editor().open(path, "")
    yield path
    editor().close(path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} in {case.text}")
def test_a_word_is_offered_and_explained_where_it_can_stand(file: Path, case: Case) -> None:
    text, place = cursor(case.text)
    editor().change(file, text)
    offered = {item["label"]: item["documentation"]["value"] for item in editor().at(file, "completion", place)}
    assert case.syntax in offered[case.name]
    assert case.meaning in offered[case.name]
    written = case.text.replace("¦", f"{case.name} ")
    editor().change(file, written)
    start = position(case.text.partition("¦")[0] + case.name[0])
    assert case.meaning in editor().at(file, "hover", start)["contents"]["value"]


def test_every_word_is_among_the_cases() -> None:
    tables = (table for table in vars(words).values() if isinstance(table, dict))
    known = {word.name for table in tables for word in table.values() if isinstance(word, Word)}
    assert {case.name for case in CASES} >= known | set(LITERALS) & set(DECLARATIONS + SECTIONS)


def test_every_word_has_a_colour() -> None:
    assert set(TOKENS) == set(textmate.SCOPES) == set(words.GROUPS) == set(get_args(words.Group))
    scopes = {pattern["name"]: pattern["match"] for pattern in textmate.grammar()["patterns"] if "name" in pattern}
    for group, names in words.GROUPS.items():
        for name in names:
            assert re.fullmatch(scopes[f"{textmate.SCOPES[group]}.res"], name)
            found = {kind for kind, value in ResLexer().get_tokens(f"{name};") if value == name}
            assert found == {TOKENS[group]}, name
    coloured = {name for names in words.GROUPS.values() for name in names}
    assert coloured >= {case.name for case in CASES if not case.syntax.startswith(f"{case.name} = ")}


def test_every_word_is_in_the_documentation() -> None:
    page = PAGE.read_text("utf-8")
    for case in CASES:
        assert re.search(rf"`[^`\n]*\b{case.name}\b", page), case.name


def test_every_word_has_a_reader() -> None:
    assert set(READERS) == set(words.SETTINGS)
    assert set(ENTRIES) == set(words.TRAIN)
    assert set(SOURCES) == set(words.DATA)
    assert set(PLOT_KINDS) == set(words.CHOICES["plot"])
    assert {word.name for kind in KINDS for word in kind.WORDS} <= set(words.LAYERS) | named(words.CHOICES)


def named(tables: Any) -> set[str]:
    return {name for table in tables.values() for name in table}


def test_types_name_the_same_words() -> None:
    assert tuple(Order) == tuple(words.CHOICES["order"])
    assert get_args(get_type_hints(Expectation)["name"]) == tuple(words.EXPECT)
    mode = words.CHOICES["init"]["he"].parameter("mode")
    assert mode and get_args(get_type_hints(Init)["mode"]) == tuple(word.name for word in mode.choices)


def test_the_grammar_has_the_keywords() -> None:
    assert set(DECLARATIONS) == set(words.DECLARATIONS)
    assert set(SECTIONS) == set(words.SECTIONS)
    assert {text for text in LITERALS if text.isidentifier()} == {
        *DECLARATIONS,
        *SECTIONS,
        *words.ALLOW,
        "run",
        "table",
        *words.FIGURES,
        "x",
    }


def test_what_takes_arguments_is_known_by_one_name() -> None:
    for word in words.TAKING.values():
        assert len({parameter.name for parameter in word.parameters}) == len(word.parameters)
    for table in (words.LAYERS, words.SETTINGS, *words.CHOICES.values()):
        assert all(words.TAKING[word.name] is word for word in table.values() if word.parameters)


def test_a_default_or_a_sample_shows_each_argument() -> None:
    for word in words.TAKING.values():
        for parameter in word.parameters:
            assert parameter.meaning.endswith("."), parameter
            positional = bool(word.base) and not parameter.named
            assert positional or parameter.default is not REQUIRED or parameter.sample, parameter


# What is left out of `init`, and what then holds.
INITS = {
    "init he": Init(),
    "init zero_last_norm = true": Init("fan_out", True),
    "init he(mode = fan_in)": Init("fan_in"),
    "init he(), zero_last_norm = false": Init(),
}


@pytest.mark.parametrize("text", INITS)
def test_what_init_leaves_out_has_its_default(text: str) -> None:
    found = checked(spec(f"{text}\nstage layer1: 1 x basic(16)"))
    assert not found.findings
    assert found.networks["wanted"].init == INITS[text]
