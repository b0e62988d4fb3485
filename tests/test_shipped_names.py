"""What comes with resdsl is there from anywhere: `use cifar`, a base by its bare name, a network in any shipped file."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.checking.checker import check_file
from resdsl.diagnostics import has_errors
from resdsl.specs import shipped_names, shipped_networks
from resdsl.syntax.format import formatted
from resdsl.training.spec_copy import one_text

USE = "use cifar\n\nnetwork mine = cifar_resnet(n = 4) { expect { depth 26 } }\n"
BASE = "network mine = resnet50() { input 3x64x64 }\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", [USE, BASE, 'use resnet\nuse cifar\nuse "own.res"\nnetwork a = own()\n'])
@pytest.mark.parametrize("folder", [".", "deep/er"])
def test_shipped_files_are_used_from_any_folder(text: str, folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "own.res").write_text("use vgg\nnetwork own = vgg11_bn()\n")
    Path(folder, "a.res").write_text(text)
    assert resdsl.check(Path(folder, "a.res")) == []


def test_no_path_of_this_machine_is_kept() -> None:
    Path("a.res").write_text(USE + BASE.replace("mine", "other"))
    for name in ("mine", "other"):
        source = resdsl.load(f"a.res:{name}").source
        assert source
        assert all(not file.name.startswith(("/", "..")) for file in source.files)
        assert "/" not in resdsl.emit(resdsl.load(f"a.res:{name}")).split('"""')[1].replace("<shipped>/", "")


def test_a_shipped_file_is_read_once() -> None:
    Path("a.res").write_text("use cifar\nuse resnet20\nnetwork mine = resnet56()\n")
    assert resdsl.check("a.res") == []


def test_a_user_s_own_network_may_be_called_like_a_shipped_one() -> None:
    Path("a.res").write_text('network resnet50 = resnet101() { title "mine" }\nnetwork vgg16 = resnet50()\n')
    assert resdsl.check("a.res") == []
    assert resdsl.load("a.res:vgg16").depth == 101


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("use cifr\n", "N006", "did you mean 'cifar'?"),
        ('use "cifar.res"\n', "N006", "use cifar"),
        ("use cifar.res\n", "S001", 'use "cifar.res"'),
        ("use lib/own.res\n", "S001", 'use "lib/own.res"'),
        ("network a = resnet51()\n", "N001", "did you mean"),
    ],
)
def test_the_remedy_names_what_there_is(text: str, code: str, help: str) -> None:
    Path("a.res").write_text(text)
    found = resdsl.check("a.res")
    assert found[0].code.id == code
    assert help in found[0].help


def test_the_canonical_form_keeps_the_bare_name() -> None:
    assert formatted("a.res", "use   cifar\n" + BASE).startswith("use cifar\n")


@pytest.mark.parametrize("text", [USE, BASE])
def test_a_run_s_copy_stands_alone(text: str) -> None:
    checked = check_file(Path("a.res"), "a.res", content=text)
    alone = check_file(Path("copy.res"), "copy.res", content=one_text(checked.sources))
    assert not has_errors(alone.findings)
    assert alone.networks["mine"].depth == checked.networks["mine"].depth


def test_a_network_is_found_in_whatever_file_it_stands() -> None:
    inner = sorted(set(shipped_networks()) - set(shipped_names()))
    assert inner
    for name in inner:
        assert resdsl.load(name).name == name or has_errors(resdsl.check(name))


def test_a_derived_network_has_its_own_title_and_expectations() -> None:
    Path("a.res").write_text("network a = resnet50() { order pre }\nnetwork b = resnet50()\n")
    a, b = resdsl.load("a.res:a"), resdsl.load("a.res:b")
    assert (a.title, b.title) == ("", "")
    assert a.cite == b.cite != ""
    assert not a.expectations
    assert b.expectations
