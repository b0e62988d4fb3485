"""No text makes the checker or the formatter raise, hang, or fill the memory: sizes, nesting, and what grows with them."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from generate import FILE, checked

from resdsl.checking.checker import check_file
from resdsl.codes import G003, N005, S003, S004, S008
from resdsl.syntax.format import FormatError, formatted
from resdsl.syntax.parse import MAX_BYTES, MAX_MISTAKES, parse

SECONDS, MEGABYTES = 2.0, 200
NETWORK = (
    "network a {{ input 3x32x32; shortcut projection; stem {{ conv 3x3, 16 }}; {}; head {{ avgpool; linear 10 }} }}\n"
)
ROOM = MAX_BYTES - 1000


def filled(piece: str, between: str = "") -> str:
    """`piece` as often as a file may hold it."""
    return between.join([piece] * (ROOM // (len(piece) + len(between))))


TEXTS = {
    "junk": filled("a{b(c["),
    "megabyte": "{(" * (1 << 19),
    "opening": filled("{"),
    "closing": filled("}"),
    "crossed": filled("{)"),
    "quotes": filled('"'),
    "minus": NETWORK.format(f"stage b: {filled('-')}1 x basic(16)"),
    "round": NETWORK.format(f"stage b: {filled('(')}1"),
    "blanks": f"network a {{{filled(' ')}?",
    "line ends": filled("\n"),
    "comments": NETWORK.format(filled("\n# a comment")),
    "digits": filled("1"),
    "size": NETWORK.format(f"stage b: {filled('1x')}y"),
    "sum": NETWORK.format(f"stage b: {filled('1', '+')} x basic(16)"),
    "list": NETWORK.format(f"train {{ schedule step(at = [{filled('1', ',')}]) }}"),
    "stages": NETWORK.format("\n".join(f"stage s{number}: 1 x basic(16)" for number in range(ROOM // 30))),
    "runs": NETWORK.format(f"stage b {{ {filled('1 x basic(16)', ';')} }}"),
    "layers": NETWORK.format(f"stage b {{ {filled('conv 3x3, 16', ';')} }}"),
    "settings": f"network a {{ {filled('order pre', ';')} }}",
    "many blocks": NETWORK.format("stage b: 16k x basic(16)"),
    "uses": filled('use "missing.res"', "\n"),
    "parameters": f"network a({', '.join(f'p{number} = {number}' for number in range(ROOM // 16))}) {{ }}",
    "derived": "network a0 { }\n" + "\n".join(f"network a{n} = a{n - 1}()" for n in range(1, ROOM // 27)),
    "declared": "\n".join(f"block b{number}(x) {{ conv 3x3, x }}" for number in range(ROOM // 34)),
    "mistakes": filled("  stag b: 3 x basic(3)\n"),
    "unclosed": filled("network a {\n  stem { conv 3x3, 16\n"),
    "text": NETWORK.format(f'title "{filled("a")}"'),
    "not printable": filled("\0"),
    "separators": filled("\u2028\u00a0\x85\x0c"),
}


@pytest.fixture(autouse=True, scope="module")
def _alone() -> Iterator[None]:
    """What the tests before have left in memory is not looked through again and again, as it is not in a command."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param(checked, id="check"),
        pytest.param(lambda text: formatted(FILE, text), id="fmt", marks=pytest.mark.slow),
    ],
)
def test_time_stays_within_bounds(action: Callable[[str], object], name: str) -> None:
    start = time.process_time()
    with suppress(FormatError):
        action(TEXTS[name])
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("name", ["junk", "megabyte", "stages", "many blocks", "list", "mistakes"])
def test_memory_stays_within_bounds(name: str) -> None:
    tracemalloc.start()
    checked(TEXTS[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEGABYTES << 20


@pytest.mark.parametrize("text", ["x" * (MAX_BYTES + 1), b"\xff" * (MAX_BYTES + 1), "(" * 101, "\n".join("{" * 101)])
def test_too_much_is_one_finding(text: str | bytes) -> None:
    assert [finding.code for finding in parse(FILE, text).findings] == [S008]


def test_a_file_is_not_read_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "big.res"
    with path.open("wb") as file:
        file.truncate(1 << 32)
    tracemalloc.start()
    assert [finding.code for finding in check_file(path, "big.res").findings] == [S008]
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(("mistake", "code"), [("  = 1\n", "S001"), ("}\n", "S004"), ("stem { (\n", "S003")])
def test_mistakes_are_counted_up_to_a_number(mistake: str, code: str) -> None:
    codes = [finding.code.id for finding in parse(FILE, "network a {\n" + mistake * 1000 + "}\n").findings]
    assert codes == [code] * MAX_MISTAKES + ["S008"] or set(codes) <= {S003.id, S004.id, S008.id}
    assert codes[-1] == "S008"
    assert len(codes) == MAX_MISTAKES + 1


def test_counts_end_at_the_largest_network() -> None:
    assert [finding.code for finding in checked(NETWORK.format("stage b: 9G x basic(16)")).findings] == [G003]


def test_chains_of_files_are_followed_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for number in range(300):
        (tmp_path / f"f{number}.res").write_text(f'use "f{number + 1}.res"\nblock b{number}(x) {{ conv 3x3, x }}\n')
    (tmp_path / "f300.res").write_text('use "f0.res"\n' + NETWORK.format("stage b: 2 x b7(16)"))
    start = time.process_time()
    found = check_file(tmp_path / "f300.res", "f300.res").findings
    assert [finding.code for finding in found] == [N005]
    assert time.process_time() - start < SECONDS


def test_the_command_survives_a_megabyte_of_junk(tmp_path: Path) -> None:
    path = tmp_path / "junk.res"
    path.write_bytes(bytes(range(256)) * 4096)
    for command in (["check"], ["fmt"], ["check", "--format", "sarif"]):
        program = "from resdsl.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *command, str(path)], capture_output=True, timeout=30, check=False
        )
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
