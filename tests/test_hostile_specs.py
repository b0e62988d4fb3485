"""Specs by someone who means harm, or by a program: names that Python folds, and few lines that ask for endless work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.diagnostics import has_errors

SECONDS, MEBIBYTES = 2.0, 1024
NAMES = {
    "network": "network {} {{ input 3x8x8; stem {{ conv 3x3, 8 }}; head {{ avgpool; linear 2 }} }}",
    "parameter": "network a({} = 3) {{ input 3x8x8; stem {{ conv 3x3, 8 }}; head {{ avgpool; linear 2 }} }}",
    "block": "block {}(f) {{ conv 3x3, f }}",
    "block's parameter": "block b({}) {{ conv 3x3, 8 }}",
    "shortcut": "shortcut {} {{ conv 1x1, out }}",
    "label": "network a {{ input 3x8x8; stem {{ {}: conv 3x3, 8 }}; head {{ avgpool; linear 2 }} }}",
    "stage": "network a {{ input 3x8x8; stem {{ conv 3x3, 8 }}; stage {}: 1 x basic(8); head {{ avgpool }} }}",
}
LETTERS = ["s²", "s①", "sª", "ｆorward", "claſſ", "größe", "名前", "sⅣ", "s\u0301", "s٣", "ﬁlters", "\u212a"]


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("place", NAMES)
def test_a_name_is_ascii(place: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.res"
    path.write_text(NAMES[place].format("plain") + "\n", "utf-8")
    assert not has_errors(resdsl.check(path))
    path.write_text(NAMES[place].format(name) + "\n", "utf-8")
    found = [finding for finding in resdsl.check(path) if finding.code.id == "S001"]
    assert found, name
    assert "letters a to z" in found[0].help or name == "s\u0301"


@pytest.mark.parametrize("number", ["٣", "３", "1２", "3x３"])
def test_a_number_is_ascii(number: str, tmp_path: Path) -> None:
    path = tmp_path / "a.res"
    path.write_text(f"block b(f) {{ conv {number}, f }}\n", "utf-8")
    assert has_errors(resdsl.check(path))


NETWORK = "network {} {{ input 1x8x8; stem {{ conv 3x3, 8 }}; {}; head {{ avgpool; linear 10 }} }}\n"


def many_networks(folder: Path) -> str:
    return "".join(NETWORK.format(f"n{number}", "stage a: 9999 x basic(8)") for number in range(40))


def many_derived(folder: Path) -> str:
    body = "stage a { " + "\n".join(["conv 3x3, 8"] * 2000) + "\n}"
    return NETWORK.format("n0", body) + "".join(f"network n{number} = n0()\n" for number in range(1, 1500))


def long_expression(folder: Path) -> str:
    block = f"block b(f, g) {{ conv 3x3, f{'-f+f' * 5000} }}\n"
    return block + NETWORK.format("n", "stage a {\n" + "\n".join(f"1 x b(16, {n})" for n in range(1500)) + "\n}")


def many_expressions(folder: Path) -> str:
    block = f"block b(f, g) {{ {('conv 3x3, f' + '-f+f' * 45 + chr(10)) * 150} }}\n"
    return block + NETWORK.format("n", "stage a {\n" + "\n".join(f"1 x b(16, {n})" for n in range(1500)) + "\n}")


def unknown_blocks(folder: Path) -> str:
    blocks = "".join(f"block blk{number}(a) {{ conv 3x3, a }}\n" for number in range(1000))
    return blocks + NETWORK.format("n", "stage a {\n" + "\n".join(f"1 x bkl{n}(16)" for n in range(1500)) + "\n}")


def unknown_layers(folder: Path) -> str:
    return NETWORK.format("n", "stage a {\n" + "\n".join(f"covn{number} 3x3" for number in range(4000)) + "\n}")


def missing_uses(folder: Path) -> str:
    for number in range(3000):
        (folder / f"x{number}.res").touch()
    return "".join(f'use "missing{number}.res"\n' for number in range(2500))


def mutual_uses(folder: Path) -> str:
    text = "".join(f'use "m{number}.res"\n' for number in range(400))
    for number in range(400):
        (folder / f"m{number}.res").write_text(text)
    return text


def chain_of_uses(folder: Path) -> str:
    for number in range(1500):
        (folder / f"c{number}.res").write_text(f'use "c{number + 1}.res"\nuse "c0.res"\n')
    return 'use "c0.res"\n'


def large_uses(folder: Path) -> str:
    for number in range(200):
        text = "".join(f"block q{number}_{block}(a) {{ conv 3x3, a }}\n" for block in range(1800))
        (folder / f"b{number}.res").write_text(text)
    return "".join(f'use "b{number}.res"\n' for number in range(200))


def nested_blocks(folder: Path) -> str:
    """Blocks in blocks in blocks, each a hundred times."""
    blocks = "".join(f"block b{n}(f) {{ {'; '.join([f'b{n - 1}(f)'] * 150)} }}\n" for n in range(1, 4))
    return "block b0(f) { conv 3x3, f }\n" + blocks + NETWORK.format("n", "stage a: 1 x b3(8)")


SLOW = [
    many_networks, many_derived, long_expression, many_expressions, unknown_blocks, unknown_layers, missing_uses,
    mutual_uses, chain_of_uses, large_uses, nested_blocks,
]  # fmt: skip


@pytest.mark.parametrize("make", SLOW, ids=lambda make: make.__name__)
def test_a_check_comes_to_its_end(make: Callable[[Path], str], tmp_path: Path) -> None:
    (tmp_path / "main.res").write_text(make(tmp_path))
    before = os.times()
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEBIBYTES << 20},) * 2)"
    program = f"{limited}; from resdsl.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "check", str(tmp_path / "main.res")],
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert seconds < SECONDS, f"{seconds:.2f} s"


@pytest.mark.parametrize(("make", "code"), [(missing_uses, "S008"), (long_expression, "S008"), (many_networks, "G003")])
def test_what_is_too_much_is_said(make: Callable[[Path], str], code: str, tmp_path: Path) -> None:
    (tmp_path / "main.res").write_text(make(tmp_path))
    assert code in {finding.code.id for finding in resdsl.check(tmp_path / "main.res")}


def test_the_first_mistakes_have_their_remedies(tmp_path: Path) -> None:
    (tmp_path / "main.res").write_text(unknown_blocks(tmp_path))
    assert "did you mean 'blk" in resdsl.check(tmp_path / "main.res")[0].help


def test_an_honest_large_file_is_checked(tmp_path: Path) -> None:
    networks = "".join(NETWORK.format(f"n{number}", f"stage a: {number // 3 + 1} x basic(8)") for number in range(300))
    (tmp_path / "main.res").write_text(networks)
    start = time.process_time()
    assert not has_errors(resdsl.check(tmp_path / "main.res"))
    assert time.process_time() - start < SECONDS
