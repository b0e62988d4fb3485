"""While someone types: parsing part by part gives what parsing the whole gives, and only what changed is done again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from resdsl.lsp.incremental_check import Checker
from resdsl.lsp.incremental_parse import Parser
from resdsl.syntax.parse import parse

SPECS = Path(__file__).parent.parent / "specs"
TEXT = "".join((SPECS / name).read_text() for name in ("cifar.res", "resnet.res", "preact110.res"))
MARKS = '{}()[];"#,:=/ x\n3a'


def typed(text: str, chance: random.Random) -> str:
    """`text` with a character too many or too few, or a line cut off."""
    at = chance.randrange(len(text))
    match chance.randrange(3):
        case 0:
            return text[:at] + text[at + chance.choice((1, 1, 3)) :]
        case 1:
            return text[:at] + chance.choice(MARKS) + text[at:]
    return text[:at] + text[text.find("\n", at) :]


@pytest.mark.parametrize("seed", range(30))
def test_parts_are_parsed_as_the_whole_is(seed):
    chance, parser, text = random.Random(seed), Parser(), TEXT
    assert parser("a.res", text) == parse("a.res", text)
    for _ in range(3):
        text = typed(text, chance)
        assert parser("a.res", text) == parse("a.res", text)


@pytest.mark.parametrize(
    "content", ["", "# nothing\n", b"\xff", "}" * 300, "network a {}\nnetwork a {}\n", TEXT.replace("\n", "\r\n")]
)
def test_odd_texts_are_parsed_as_ever(content):
    assert Parser()("a.res", content) == parse("a.res", content)


def test_what_did_not_change_stays_the_same_object():
    parser = Parser()
    before = parser("a.res", TEXT).file.declarations
    after = parser("a.res", TEXT.replace("3x32x32", "3x64x64")).file.declarations
    assert [a is b for a, b in zip(before, after, strict=True)] == [False] + [True] * (len(before) - 1)


def test_only_a_changed_network_is_lowered_again(tmp_path):
    path, checker = tmp_path / "a.res", Checker()

    def networks(text):
        path.write_text(text)
        return checker.check(path, Path.read_bytes).networks

    text = (SPECS / "cifar.res").read_text() + (SPECS / "resnet.res").read_text()
    before, after = networks(text), networks(text.replace("3x32x32", "3x64x64"))
    assert {name for name in before if before[name] is after[name]} == {name for name in before if "imagenet" in name}
    assert networks(f"{text}block new(f) {{ conv 3x3, f }}\n")["imagenet_plain"] is not after["imagenet_plain"]
