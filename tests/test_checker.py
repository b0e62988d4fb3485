"""What depends on how the checker is called: which network, with which values, and files that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import resdsl
from resdsl.cli import main
from resdsl.diagnostics import SpecError

FAMILY = """network small(n, k = 2) { input 3x32x32; stem { conv 3x3, 16 * k }; stage layer1: n x basic(16 * k) }
network other { input 3x32x32; stem { conv 3x3, 16 } }
"""


@pytest.fixture(autouse=True)
def _family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("family.res").write_text(FAMILY)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["family.res"], 0, "warning[N009 needs-a-value]: only the names in small are checked: n has no value"),
        (["family.res:small"], 1, "error[N003 wrong-argument]: small needs a value for n"),
        (["family.res:small", "--set", "n=2"], 0, "nothing to complain about"),
        (["family.res", "--set", "n=2"], 0, "nothing to complain about"),
        (["family.res:smal"], 1, "did you mean 'small'?"),
        (["family.res:small", "--set", "n=2", "--set", "m=3"], 1, "the network small has no parameter 'm'"),
        (["family.res:small", "--set", "n=0"], 1, "error[N004 value-out-of-range]: the number of blocks is 0"),
        (["family.res:small", "--set", "n=1.5"], 1, "the number of blocks is 1.5 --> family.res:1:83"),
        (["family.res:small", "--set", "n"], 2, "'n' is not NAME=NUMBER, for example n=27"),
        (["family.res:small", "--set", "n=x"], 2, "'n=x' is not NAME=NUMBER"),
        (["family.res:small", "--set", "n=nan"], 2, "is not NAME=NUMBER"),
        (["family.res:small", "--set", "n=1e99"], 2, "is not NAME=NUMBER"),
        (["family.res:other", "--input", "3x2"], 2, "'3x2' is not CxHxW, for example 3x64x64"),
        (["family.res:other", "--input", "3x8x8"], 0, "nothing to complain about"),
        (["famly.res"], 2, "there is no file famly.res"),
        (["resnet43"], 2, "did you mean 'resnet44'?"),
        (["resnet21"], 2, "did you mean 'resnet20'?"),
        (["."], 0, "N009"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_check_answers(arguments: list[str], status: int, message: str) -> None:
    result = call("check", *arguments)
    shown = " ".join(result.stderr.replace("= help:", ";").split()).replace(" ;", ";")
    assert result.exit_code == status, result.stderr
    assert message in shown or message in result.stderr


def test_a_file_of_several_networks_asks_which() -> None:
    result = call("summary", "family.res", "--set", "n=2")
    assert result.exit_code == 1
    assert "error[N008 which-network]: the file declares 2 networks: small, other" in result.stderr
    assert "name one: family.res:small" in result.stderr


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"network a { }\n# \xff\n", (2, 3)),
        (b"\xef\xbb\xbf# \xc3\xa9\n# \xc3\xa9\xe9", (2, 4)),
        (b"\xff\xfea\0", (1, 1)),
    ],
)
def test_what_is_not_utf_8_is_found_at_its_place(content: bytes, place: tuple[int, int]) -> None:
    Path("latin.res").write_bytes(content)
    (found,) = resdsl.check("latin.res")
    assert found.code.id == "S006"
    assert found.span[1:3] == place


def test_windows_line_ends_and_byte_order_marks_mean_nothing() -> None:
    Path("windows.res").write_bytes(b"\xef\xbb\xbf" + FAMILY.replace("\n", "\r\n").replace("basic", "basc").encode())
    found = resdsl.check("windows.res:small", n=2)
    assert [(finding.code.id, finding.span[1:3]) for finding in found] == [("N001", (1, 87))]


def test_load_raises_what_check_finds() -> None:
    with pytest.raises(SpecError) as raised:
        resdsl.load("family.res:small", n=0)
    assert [finding.code.id for finding in raised.value.findings] == ["N004"]
    assert "n=0" not in str(raised.value)


def test_used_files_answer_for_themselves() -> None:
    Path("lib.res").write_text("block mine(x) { convv 3x3, x }\n")
    Path("main.res").write_text(
        'use "lib.res"\nnetwork a { input 3x8x8; stem { conv 3x3, 16 }; stage b: 2 x mine(16); stage c: 2 x yours(16) }\n'
    )
    found = [(str(finding.span), finding.message) for finding in resdsl.check("main.res")]
    assert found == [("main.res:2:85", "unknown block 'yours'"), ("lib.res:1:17", "unknown layer 'convv'")]
