"""The emitted PyTorch sources, read: golden files, which change only where somebody has looked at them."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from shipped import FIRST, SINGLE
from sources import ROOT, check_sources, mypy, random_sources

import resdsl
from resdsl.checking.checker import check_file
from resdsl.ir.network import Network

GOLDEN = Path(__file__).parent / "golden" / "torch"
SPECS = ("plain20", "preact110", "resnet20", "resnet34", "resnet50", "resnet1202")
UNTYPED = "no-any-return"  # What a PyTorch module returns has no type.
INPUT = "input 3x8x8; head { avgpool; linear 2 }"


@pytest.mark.parametrize("spec", SPECS)
def test_the_source_is_the_golden_file(spec: str) -> None:
    assert resdsl.emit(resdsl.load(spec)) == (GOLDEN / f"{spec}.py").read_text()


def test_every_shipped_source_is_formatted_typed_and_short(tmp_path: Path) -> None:
    for name in SINGLE + FIRST:
        source = resdsl.emit(resdsl.load(name))
        assert len(source.splitlines()) < 150 or name in FIRST, name
        (tmp_path / f"{name}.py").write_text(source)
    check_sources(tmp_path)
    mypy([tmp_path / f"{name}.py" for name in SPECS], UNTYPED)


def test_so_is_every_random_source(tmp_path: Path) -> None:
    sources = random_sources(tmp_path, "torch")
    check_sources(tmp_path)
    mypy(sources[:20], UNTYPED)


def test_the_header_names_the_files_and_their_hashes() -> None:
    source = resdsl.emit(resdsl.load("preact110"))
    assert "from preact110.res: edit the spec, not this file." in source
    listed = re.findall(r"^    ([0-9a-f]{64})  (\S+)$", source, re.MULTILINE)
    assert [name for _, name in listed] == ["preact110.res", "cifar.res"]
    for digest, name in listed:
        assert hashlib.sha256((ROOT / "specs" / name).read_bytes()).hexdigest() == digest


def test_the_header_names_the_parameters_that_were_set() -> None:
    source = resdsl.emit(resdsl.load("cifar:cifar_resnet", n=5))
    assert "from cifar_resnet(n = 5) in cifar.res: edit the spec, not this file." in source


# What a user may write into a title, and what it is in a docstring.
TITLES = {
    r"C:\new": "C:/new",
    "'''": "'''",
    "two   words ": "two words",
    "tab\tand\u2028line": "tab and line",
    "naïve 深": "naïve 深",
}
assert TITLES


@pytest.mark.parametrize(("title", "shown"), TITLES.items())
def test_titles_do_not_break_the_docstring(title: str, shown: str) -> None:
    source = resdsl.emit(network_of(f'network x {{ title "{title}"; {INPUT} }}'))
    assert source.startswith(f'"""{shown}.\n')
    compile(source, "x.py", "exec")


def network_of(text: str) -> Network:
    return check_file(Path("x.res"), "x.res", content=text).networks["x"]


def test_sources_stand_alone() -> None:
    for name in SINGLE:
        imported = set(re.findall(r"^(?:import|from) (\w+)", resdsl.emit(resdsl.load(name)), re.MULTILINE))
        assert imported <= {"torch", "collections"}, name


def test_emitting_needs_no_framework() -> None:
    code = "import sys, resdsl; resdsl.emit(resdsl.load('resnet1202')); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


# Members of a network, and the lines that show how an expert would have written it.
FORMS = {
    "a pool at stride 1 is an identity in its place": (
        "stem { conv 3x3, 8 }; shortcut pooled_projection; stage a: 2 x basic(16); stage b: 1 x basic(32), /2",
        ["nn.AvgPool2d(2, stride, ceil_mode=True) if stride != 1 else nn.Identity(),", "if stride == 1 and channels == filters:"],
    ),
    "where there is never a pool, an identity keeps the numbers": (
        "stem { conv 3x3, 8 }; shortcut pooled_projection; stage a: 2 x basic(16)",
        ["                nn.Identity(),\n                nn.Conv2d(channels, filters, 1, bias=False),"],
    ),
    "option C has no condition": (
        "shortcut projection always; stage a: 2 x basic(8)",
        ["        self.downsample = nn.Sequential(\n            nn.Conv2d(channels, filters, 1, bias=False),"],
    ),
    "nothing next to the branch": (
        "stem { conv 3x3, 8 }; stage a: 2 x basic(8)",
        ["        return self.relu(branch + x)"],
    ),
    "layers after the blocks of a stage": (
        "shortcut none; stage a { 2 x single(8); maxpool 2x2, /2 }",
        ["self.a = nn.Sequential(*stage(channels=3, filters=8, blocks=2), nn.MaxPool2d(2, 2))"],
    ),
    "layers with names before them": (
        "shortcut none; stage a { 1 x single(8); conv 1x1, 4; 2 x single(8) }",
        ["*stage(channels=3, filters=8, blocks=1).named_children(),", '("conv1", nn.Conv2d(8, 4, 1, bias=False)),',
         "*numbered(stage(channels=4, filters=8, blocks=2), 1),"],
    ),
    "an act that reads what the shortcut reads does not overwrite it": (
        "order act_pre; stem { conv 3x3, 8 }; stage a: 2 x basic(8)",
        ["self.relu = nn.ReLU()\n"],
    ),
    "what is not the default is written": (
        "norm batch(eps = 1e-3, momentum = 0.2); act leaky_relu(slope = 0.2); shortcut none; init he(mode = fan_in), "
        "zero_last_norm = true; stage a: 1 x basic(8); stage b: 1 x basic(8) { init he() }",
        ["nn.BatchNorm2d(filters, eps=0.001, momentum=0.2)", "nn.LeakyReLU(0.2, inplace=True)", 'mode="fan_in"',
         "nn.init.zeros_(self.bn2.weight)", "for module in self.b.modules():", 'mode="fan_out"'],
    ),
    "a linear layer in front of a map": (
        "stem { linear 8; norm; conv 1x1, 4 }",
        ["class MapLinear(nn.Linear):", "MapLinear(192, 8)"],
    ),
}  # fmt: skip
assert FORMS


@pytest.mark.parametrize(("members", "expected"), FORMS.values(), ids=FORMS)
def test_forms(members: str, expected: list[str]) -> None:
    source = resdsl.emit(network_of(f"network x {{ {INPUT}; {members} }}"))
    assert [line for line in expected if line not in source] == []
