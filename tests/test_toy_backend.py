"""A third party's backend: a distribution of its own, and no change in the core."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import resdsl
from resdsl.backend import BackendMissing, backends, load_backend
from resdsl.cli import main
from resdsl.exporter import exporters
from resdsl.verify.kit import TEXTS, check_backend, sample

FOLDER = Path(__file__).parent / "toy"
ENTRY_POINTS = """
[resdsl.backends]
toy = toy_backend:ToyBackend
[resdsl.exporters]
toybin = toy_backend:ToyExporter
"""
assert TEXTS


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it had been installed by pip."""
    information = tmp_path / "toy_backend-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-backend\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(FOLDER)


def test_it_is_found() -> None:
    assert "toy" in backends()
    assert "toybin" in exporters()


@pytest.mark.parametrize("name", TEXTS)
def test_every_kind_of_layer(name: str) -> None:
    check_backend("toy", sample(name))


def test_commands_know_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["compile", "resnet20", "--backend", "toy"])
    assert result.exit_code == 0, result.output
    assert "class BasicBlock(toy.Module):" in result.stdout
    target = tmp_path / "x.bin"
    result = CliRunner().invoke(main, ["compile", "resnet20", "--backend", "toybin", "-o", str(target)])
    assert (result.exit_code, target.read_bytes().split()[0]) == (0, b"resnet20"), result.output


def test_its_weights_are_everybodys(tmp_path: Path) -> None:
    network = resdsl.load("resnet20")
    resdsl.save_weights(resdsl.build(network, "torch", seed=3), tmp_path / "w.safetensors")
    module = resdsl.build(network, "toy")
    resdsl.load_weights(module, tmp_path / "w.safetensors")
    resdsl.save_weights(module, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "w.safetensors").read_bytes()


def test_its_reserved_words_are_its_own(tmp_path: Path) -> None:
    spec = tmp_path / "toy.res"
    spec.write_text(
        "block b(toy) { conv 3x3, toy, /stride }\n"
        "network n { input 3x8x8; shortcut none; stage s: 1 x b(4); stage t: 1 x b(8), /2; head { avgpool; linear 2 } }"
    )
    network = resdsl.load(spec)
    assert "toy_: int" in resdsl.emit(network, "toy")
    assert "toy: int" in resdsl.emit(network, "torch")


def test_its_remedy_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_backend("toy").__class__, "framework", "not_there_at_all")
    with pytest.raises(BackendMissing, match="the backend 'toy' needs not_there_at_all: conda install toy"):
        load_backend("toy").required()
