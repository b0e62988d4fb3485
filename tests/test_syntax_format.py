"""The canonical form, by example: tests/format/NAME.before.res becomes NAME.after.res."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.codes import S001, S006
from resdsl.lower.library import prelude_text
from resdsl.specs import files_below, shipped_folder
from resdsl.syntax.format import FormatError, formatted
from resdsl.syntax.parse import parse

ROOT = Path(__file__).parent.parent
CASES = sorted((Path(__file__).parent / "format").glob("*.before.res"))
EXAMPLES = re.findall(r"^```res\n(.*?)^```$", (ROOT / "docs/language.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
WHOLE = [example for example in EXAMPLES if not parse("example", example).findings]
assert CASES
assert len(WHOLE) > 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.partition(".")[0])
def test_before_becomes_after(case: Path) -> None:
    after = case.with_name(case.name.replace("before", "after")).read_text("utf-8")
    assert formatted(case.name, case.read_bytes()) == after
    assert formatted(case.name, after) == after


@pytest.mark.parametrize("path", files_below(shipped_folder()), ids=lambda path: path.stem)
def test_shipped_specs_are_canonical(path: Path) -> None:
    assert formatted(path.name, path.read_bytes()) == path.read_text("utf-8")


def test_the_standard_library_is_canonical() -> None:
    assert formatted("prelude.res", prelude_text()) == prelude_text()


@pytest.mark.parametrize("example", WHOLE, ids=lambda example: example.strip().partition("\n")[0][:40])
def test_examples_of_the_language_s_page_are_canonical(example: str) -> None:
    assert formatted("example.res", example) == example


def test_line_ends_are_those_of_the_first_line() -> None:
    assert formatted("a.res", b"network a {\r\n  stem { act }\n}\r\n") == "network a {\r\n  stem { act }\r\n}\r\n"
    assert formatted("a.res", "network a {\n  stem { act }\r\n}") == "network a {\n  stem { act }\n}\n"


def test_a_byte_order_mark_goes() -> None:
    assert formatted("a.res", "\ufeffnetwork a = b()\n") == "network a = b()\n"


@pytest.mark.parametrize(("content", "code"), [("network a = \n", S001), (b"network a = b() # \xff\n", S006)])
def test_what_cannot_be_read_is_not_formatted(content: str | bytes, code: object) -> None:
    with pytest.raises(FormatError) as raised:
        formatted("a.res", content)
    assert [finding.code for finding in raised.value.findings] == [code]
