"""Every shipped spec is valid, says what is expected of it and where it comes from, and is listed."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from shipped import FAMILIES, MEMBERS

from resdsl.checking.checker import Checked, check_file
from resdsl.checking.rules import RULES
from resdsl.cli import main
from resdsl.specs import shipped_folder, shipped_names, shipped_networks, shipped_studies

SPECS = shipped_names()
ASKED = """
    resnet18 resnet34 resnet34_a resnet34_b resnet34_c resnet50 resnet101 resnet152 resnet50_v1 resnet101_v1
    resnet152_v1 plain18 plain34 vgg16 vgg19 resnet20 resnet32 resnet44 resnet56 resnet110 resnet1202
    plain20 plain32 plain44 plain56 resnet110_norm_after_add resnet110_act_before_add resnet110_act_pre
    preact110 preact20 preact56 resnet164 resnet164_norm_after_add resnet164_act_before_add resnet164_act_pre
    preact164 preact1001 preact50 preact101 preact152 preact200 resnet50d resnext50_32x4d resnext101_32x8d
    wide_resnet50_2 wide_resnet101_2 wrn28_10
"""
ORDERS = {
    "": "post",
    "_norm_after_add": "norm_after_add",
    "_act_before_add": "act_before_add",
    "_act_pre": "act_pre",
}
BREAKS = (
    ("vgg vgg11 vgg13 vgg16 vgg19", {"D002", "D003", "D004"}),
    ("vgg_bn vgg11_bn vgg13_bn vgg16_bn vgg19_bn", {"D002", "D003", "D004", "D010"}),
    ("plain32 plain34 plain44 plain56", {"D009"}),
    ("resnet34_c resnet110_conv_shortcut", {"D011"}),
    ("resnet10t resnet14t", {"D007"}),
    ("ecaresnet50d_pruned ecaresnet101d_pruned", {"D002"}),
    ("resnet50_mlp", {"D004"}),
    ("resnet32ts regnetz_040", {"D002"}),
    ("imagenet_regnet_v regnetv_040 regnetv_064", {"D002", "D006"}),
)
BROKEN_BY_DESIGN = {name: codes for names, codes in BREAKS for name in names.split()}
# What all networks of a file break, but for those above: names that begin so, in that file.
FAMILIES_BREAK = {
    ("regnetz_timm", ""): {"D002", "D004"},
    ("regnet", "regnetz"): {"D002", "D004"},
    ("regnet", "imagenet_regnet_z"): {"D002", "D004"},
    ("regnet", ""): {"D002"},
    **{("resnet_ts", start): {"D002", "D004"} for start in ("resnet", "seresnet", "eca_resnet", "gcresnet33")},
    ("resnest", ""): {"D003"},
    ("clip", ""): {"D004", "X002"},
}


def broken_by_design(spec: str, network: str) -> set[str]:
    """The rules that a network of the file `spec` breaks on purpose."""
    of_family = (codes for (file, start), codes in FAMILIES_BREAK.items() if file == spec and network.startswith(start))
    return BROKEN_BY_DESIGN.get(network) or next(of_family, set())


@cache
def checked(spec: str) -> Checked:
    return check_file(shipped_folder() / f"{spec}.res", spec)


def test_all_of_them_are_there() -> None:
    assert SPECS
    assert set(ASKED.split()) <= set(SPECS)


@pytest.mark.parametrize("spec", SPECS)
def test_valid_expected_and_cited(spec: str) -> None:
    found = checked(spec)
    assert found.findings == []
    assert found.networks
    for network in found.networks.values():
        assert network.title
        assert "20" in network.cite
        assert {"depth", "params"} & {expected.name for expected in network.expectations}
        assert network.recipe.data is not None
        assert network.recipe.steps or network.recipe.epochs


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec not in FAMILIES])
def test_a_member_declares_one_network_of_its_file_s_name(spec: str) -> None:
    networks = checked(spec).networks
    assert list(networks) == [spec]
    if spec != "resnet34_c":  # no paper says how many
        assert "params" in {expected.name for expected in networks[spec].expectations}


def test_each_member_of_a_family_says_how_many_parameters_it_has() -> None:
    assert len(MEMBERS) > 100
    for spec in FAMILIES:
        for name, network in checked(spec).networks.items():
            known = {expected.name for expected in network.expectations}
            assert "params" in known or name not in MEMBERS, name


@pytest.mark.parametrize("spec", SPECS)
def test_only_what_a_network_really_breaks_is_allowed(spec: str) -> None:
    for network in checked(spec).networks.values():
        broken = {finding.code.id for rule in RULES for _, finding in rule.check(network)}
        assert broken == broken_by_design(spec, network.name), network.name


def test_in_canonical_form() -> None:
    result = CliRunner().invoke(main, ["fmt", "--check", str(shipped_folder())])
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("depth", [110, 164])
def test_all_five_orders(depth: int) -> None:
    orders = {f"resnet{depth}{suffix}": order for suffix, order in ORDERS.items()} | {f"preact{depth}": "pre"}
    for spec, order in orders.items():
        network = checked(spec).networks[spec]
        assert {block.order for block in network.blocks} == {order}
        assert network.depth == depth


def test_listed_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["list"])
    assert result.exit_code == 0
    networks, _, studies = result.output.partition("\n# studies\n")
    first_words = [line.split()[0] for line in networks.splitlines() if line and line[0] != "#"]
    assert set(SPECS) - {*FAMILIES} <= set(first_words)
    assert set(first_words[1:]) == set(shipped_networks())
    assert [line.split()[0] for line in studies.splitlines()] == list(shipped_studies())
    assert "resnet34  " in result.output
    assert "21,797,672" in result.output


def test_installed_the_specs_lie_in_the_package(tmp_path: Path) -> None:
    """As a wheel has it: `resdsl/specs`, and no checkout around."""
    package = Path(sys.modules["resdsl"].__file__ or "").parent
    (tmp_path / "resdsl").mkdir()
    for part in package.iterdir():
        (tmp_path / "resdsl" / part.name).symlink_to(part)
    specs = tmp_path / "resdsl" / "specs"
    specs.unlink(missing_ok=True)
    specs.mkdir()
    (specs / "only.res").write_text("network only {\n  input 3x8x8\n  head { avgpool; linear 2 }\n}\n")
    program = "import resdsl.specs, sys; sys.stdout.write(' '.join(resdsl.specs.shipped_names()))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "only"
