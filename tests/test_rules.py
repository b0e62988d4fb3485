"""Every design rule: texts that break it at the marked places, texts that do not, allows, fixes and explanations."""

import re

import pytest
from rule_cases import BROKEN, CLEAN, FIXED
from spec_text import FILE, codes, findings, spec

from resdsl.checking.rules import ALL_CODES, RULES
from resdsl.codes import N001, N003, N011
from resdsl.diagnostics import Finding, Severity

RULE_IDS = [rule.code.id for rule in RULES]


def marked(text: str) -> tuple[str, list[str]]:
    """The text without its «marks», and the places of what they mark."""
    places = []
    for match in re.finditer(r"«(.*?)»", text, re.DOTALL):
        before = re.sub("[«»]", "", text[: match.start()])
        places.append(f"{FILE}:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1} {match[1]}")
    return re.sub("[«»]", "", text), places


def place(finding: Finding, text: str) -> str:
    lines = text.split("\n")
    line = lines[finding.span.line - 1]
    end = finding.span.end_column - 1 if finding.span.end_line == finding.span.line else None
    return f"{finding.span} {line[finding.span.column - 1 : end]}"


def test_every_rule_has_cases() -> None:
    assert RULE_IDS
    assert list(BROKEN) == list(CLEAN) == RULE_IDS


@pytest.mark.parametrize(("code", "members"), [(code, text) for code, texts in BROKEN.items() for text in texts])
def test_broken_at_the_marked_places_and_nothing_else(code: str, members: str) -> None:
    text, places = marked(spec(members))
    found = findings(text)
    name = next(line for line, content in enumerate(text.split("\n"), 1) if content.startswith("network"))
    places = places or [f"{FILE}:{name}:9 wanted"]
    assert [(f.code.id, place(f, text)) for f in found] == [(code, expected) for expected in places]
    assert all(f.message and f.help and "\n" not in f.message for f in found)


@pytest.mark.parametrize(("code", "members"), [(code, text) for code, texts in CLEAN.items() for text in texts])
def test_clean(code: str, members: str) -> None:
    assert codes(spec(members)) == []


@pytest.mark.parametrize(("code", "members"), [(rule.code, t) for rule in RULES for t in BROKEN[rule.code.id]], ids=str)
def test_allow_for_the_network(code, members: str) -> None:
    text, _ = marked(members)
    rule = next(rule for rule in RULES if rule.code == code)
    for name in (code.id, code.slug):
        allowed = findings(spec(f'{text}\nallow {name} "because"'))
        if rule.allowable:
            assert allowed == []
        else:
            assert {finding.code for finding in allowed} == {code, N001}


def test_a_map_is_no_output_for_each_class() -> None:
    text = "network bare { input 3x8x8; stem { conv 3x3, 8 }; train { data digits } }"
    (finding,) = findings(text)
    assert (finding.code.id, place(finding, text)) == ("X002", f"{FILE}:1:9 bare")
    assert "the network has no head and leaves a map of 8x8x8" in finding.message
    assert finding.help and "write head { avgpool; linear 10 }" in finding.help
    assert codes(text.replace("data digits", "batch 64")) == []


def test_projections_on_every_block_break_two_rules_under_pre() -> None:
    found = findings(spec("order pre\nshortcut projection always\nstage layer1: 3 x basic(16)"))
    assert [finding.code.id for finding in found] == ["D006", "D011"]
    assert found[0].span == found[1].span


def test_allow_for_one_stage() -> None:
    text = """
    stage layer1: 2 x basic(16)
    stage layer2: 2 x basic(24) { allow D001 "wider" }
    stage layer3: 2 x basic(24)
    """
    assert [(f.code.id, f.span.line) for f in findings(spec(text))] == [("D001", 10)]


def test_allow_for_one_stage_covers_what_stands_in_a_block() -> None:
    declarations = "block biased(filters) { conv 3x3, filters, /stride, bias = true; conv 3x3, filters }\n---\n"
    stage = 'stage layer1: 2 x biased(16) { allow D010 "old weights" }\n'
    assert codes(spec(declarations + stage)) == []
    assert codes(spec(declarations + stage + "stage layer2: 2 x biased(32), /2")) == ["D010"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('allow D001 "nothing to allow"', N011),
        ("allow D009", N003),
        ('allow D009 " "', N003),
        ('allow D999 "no such rule"', N001),
        ('allow D005 "not this one"', N001),
        ('allow G001 "not this one"', N001),
    ],
)
def test_faulty_allows(line: str, code: object) -> None:
    deep = "shortcut none\nstage layer1: 10 x basic(16)\n"
    assert code in {finding.code for finding in findings(spec(deep + line))}


def test_an_inherited_allow_may_have_no_use() -> None:
    base = spec('stage layer1: 2 x basic(16)\nstage layer2: 2 x basic(24)\nallow D001 "wider"')
    assert codes(f"{base}network member = wanted() {{ stage layer2: 2 x basic(16) }}") == []
    unused = f'{base}network member = wanted() {{ allow D002 "no use" }}'
    assert codes(unused) == ["N011"]


@pytest.mark.parametrize(("code", "before", "after"), [(c, *pair) for c, pairs in FIXED.items() for pair in pairs])
def test_fix(code: str, before: str, after: str | None) -> None:
    text = spec(before)
    found = [finding for finding in findings(text) if finding.code.id == code]
    assert found
    if after is None:
        assert all(finding.fix is None for finding in found)
        return
    fixed = apply(found[0], text)
    assert fixed == spec(after)
    assert codes(fixed) == []


def test_fix_of_an_unwritten_shortcut_is_a_setting() -> None:
    text = "network wanted {\n  input 3x32x32\n  stage layer1: 3 x bottleneck(16)\n}\n"
    fixed = apply(findings(text)[0], text)
    assert fixed == "network wanted {\n  input 3x32x32\n  shortcut projection\n  stage layer1: 3 x bottleneck(16)\n}\n"
    assert codes(fixed) == []


def apply(finding: Finding, text: str) -> str:
    assert finding.fix
    lines = text.split("\n")
    span = finding.fix.span
    assert span.line == span.end_line
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + finding.fix.text + line[span.end_column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.id)
def test_explanation(rule) -> None:
    """`Before` breaks exactly this rule, `After` none; the why names a paper, and the end says how to allow it."""
    text = rule.code.explanation
    before, after = re.fullmatch(r".*\nBefore:\n(.*?)After:\n(.*?)\n\n.*", text, re.DOTALL).groups()
    assert set(codes(spec(before))) == {rule.code.id}
    assert codes(spec(after)) == []
    assert "\n\nWhy: " in text
    assert f'allow {rule.code.id} "' in text if rule.allowable else "cannot be allowed" in text
    assert max(map(len, text.splitlines())) <= 120
    if rule.code.id != "X001":
        assert "et al. 2016" in " ".join(text.split())


def test_codes_are_distinct_and_explained() -> None:
    assert len({code.id for code in ALL_CODES}) == len({code.slug for code in ALL_CODES}) == len(ALL_CODES)
    for code in ALL_CODES:
        assert code.explanation.strip()
        assert code.severity in Severity


def test_an_allow_of_the_base_is_not_called_unused_wherever_the_base_stands() -> None:
    base = spec('allow D002 "as wide"\nstage layer1: 2 x basic(16)\nstage layer2: 2 x basic(16), /2')
    derived = "network derived = wanted() { stage layer2: 2 x basic(32), /2 }\n"
    assert codes(base + derived) == codes(derived + base) == []


def test_only_a_plain_number_is_written_anew() -> None:
    members = (
        "network wanted(wd = 16) {{\n input 3x32x32\n stage layer1: 1 x basic(16)\n stage layer2: 1 x basic({}), /2\n}}"
    )
    for written, is_mended in (("16", True), ("wd", False), ("(8)+8", False)):
        (found,) = [f for f in findings(members.format(written)) if f.code.id == "D002"]
        assert (found.fix is not None) == is_mended
