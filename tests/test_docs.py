"""docs/language.md says what the program does: its snippets, tables, defaults and grammar."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest
from spec_text import checked, codes, findings, spec

from resdsl.checking.rules import ALL_CODES, RULES
from resdsl.cli.explain import first_sentence
from resdsl.ir.recipe import Color, Flip, PadCrop, PlateauSchedule, Recipe, ScaleCrop
from resdsl.language.reference import TABLES, written
from resdsl.lower.library import prelude_text
from resdsl.report.text import as_text
from resdsl.syntax.format import formatted
from resdsl.training.resolve import DEFAULT_EPOCHS

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```res *(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def whole(text: str) -> str:
    """A snippet as a file: declarations as they are, members in a network."""
    return text if re.search(r"^(network|block|shortcut \w+ \{|use)\b", text, re.MULTILINE) else spec(text)


def snippet(kind: str) -> str:
    found = [text for word, text in SNIPPETS if word == kind]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("kind", "text"), SNIPPETS, ids=lambda part: part.split("\n")[0][:40])
def test_snippets_are_checked(kind: str, text: str) -> None:
    assert SNIPPETS
    if text in prelude_text():
        return
    expected = [kind] if re.fullmatch(r"[SNGDX]\d{3}", kind) else []
    assert codes(whole(text)) == expected


@pytest.mark.parametrize("text", [text for _, text in SNIPPETS if whole(text) == text and text not in prelude_text()])
def test_snippets_are_in_canonical_form(text: str) -> None:
    assert formatted("mine.res", text) == text


def test_the_standard_library_is_shown_as_it_is() -> None:
    shown = re.search(r"<!-- prelude -->\n```res\n(.*?)```", PAGE, re.DOTALL)
    assert shown
    assert prelude_text().endswith("\n\n" + shown[1])


def test_a_finding_is_shown_as_it_is() -> None:
    text = snippet("D002")
    shown = re.search(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert shown
    assert shown[1] == as_text(findings(text), {"mine.res": text})


def test_the_tables_are_made_of_the_words() -> None:
    marked = re.findall(r"<!-- words: (.*) -->", PAGE)
    assert sorted(marked) == sorted(TABLES)
    assert written(PAGE) == PAGE, "run python -m resdsl.language.reference"


def test_every_code_has_a_row() -> None:
    rows = re.findall(r"^\| [SNGDX]\d{3} .*$", PAGE, re.MULTILINE)
    assert rows == [f"| {c.id} | {c.slug} | {c.severity} | {first_sentence(c)} |" for c in ALL_CODES]


def test_the_rules_are_counted_as_they_are() -> None:
    first, *_, last = [rule.code.id for rule in RULES if rule.code.id.startswith("D")]
    found = [rule.code.id for rule in RULES if rule.code.id.startswith("X")]
    strict = [rule.code.id for rule in RULES if not rule.allowable]
    free = [rule.code.id for rule in RULES if rule.of_the_papers]
    counted = f"The design rules are {first} to {last}, {_and(found)}. {_and(strict)} cannot be allowed;"
    assert counted in PAGE
    assert f"leaves {free[0]} to {free[-1]}," in PAGE


def _and(ids: list[str]) -> str:
    return f"{', '.join(ids[:-1])} and {ids[-1]}"


def test_the_grammar_is_the_parser_s() -> None:
    grammar = resources.files("resdsl").joinpath("language/grammar.lark").read_text("utf-8")
    shown = re.search(r"^```lark\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert shown
    assert shown[1] == re.sub(r"\A(//[^\n]*\n)+\n", "", grammar), "copy it from resdsl/language/grammar.lark"


def test_defaults_of_train() -> None:
    recipe = checked(spec(snippet("train"))).networks["wanted"].recipe
    assert recipe == Recipe()
    assert f"{DEFAULT_EPOCHS} epochs" in PAGE
    options = checked(spec(snippet("options"))).networks["wanted"].recipe
    assert options == Recipe(augment=(ScaleCrop(224), PadCrop(), Flip(), Color()), schedule=PlateauSchedule())


def test_defaults_of_settings() -> None:
    blocks = "stage layer1: 2 x basic(16)\nstage layer2: 2 x basic(32), /2\n"
    written, left_out = (checked(spec(text + blocks)).networks["wanted"] for text in (snippet("settings"), ""))
    assert bare(json.loads(written.to_json())) == bare(json.loads(left_out.to_json()))


def bare(node: object) -> object:
    """Without places and hashes."""
    if isinstance(node, dict):
        return {key: bare(value) for key, value in node.items() if key not in ("span", "source")}
    return [bare(item) for item in node] if isinstance(node, list) else node


def test_links_lead_somewhere() -> None:
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= headings
