"""The data sets as words: what `check` says of them, each of the tuple, and of augmentations that need images."""

import subprocess
import sys
from pathlib import Path

import pytest
from spec_text import findings, spec

from resdsl.checking.checker import check_file
from resdsl.codes import N001, N003, N004
from resdsl.diagnostics import Finding, Severity
from resdsl.ir.data import DATA_SETS
from resdsl.ir.data.data_set import DataSet
from resdsl.ir.recipe import AUGMENTATION_KINDS, Color, DataChoice, RandomResizedCrop, Recipe, ScaleCrop
from resdsl.language.words import CHOICES, TAKING
from resdsl.training.data.registry import SOURCES

assert DATA_SETS
each = pytest.mark.parametrize("data_set", DATA_SETS, ids=lambda data_set: data_set.name)


def train(entries: str, classes: int = 10) -> str:
    return spec(f"head {{ avgpool; linear {classes} }}\ntrain {{ {entries} }}")


def recipe(entries: str, classes: int = 10) -> Recipe:
    checked = check_file(Path("a.res"), "a.res", content=train(entries, classes))
    assert checked.findings == []
    return checked.networks["wanted"].recipe


def only(entries: str) -> Finding:
    (finding,) = findings(train(entries))
    return finding


@each
def test_each_is_a_word_with_options(data_set: DataSet) -> None:
    assert CHOICES["data"][data_set.name] == data_set.word == TAKING[data_set.name]
    assert SOURCES[data_set.name] is data_set
    assert data_set.meaning.endswith(".")
    given = f"{data_set.name}(mean = [0.5, 0.25, 0.125], std = [1, 0.5, 0.25])"
    options = {"mean": (0.5, 0.25, 0.125), "std": (1.0, 0.5, 0.25)}
    assert recipe(f"data {given}", data_set.classes or 10).data == DataChoice(data_set.name, options)
    assert recipe(f"data {data_set.name}", data_set.classes or 10).data == DataChoice(data_set.name)


@each
def test_each_option_that_is_misspelt_is_met_with_the_nearest(data_set: DataSet) -> None:
    finding = only(f"data {data_set.name}(maen = [1, 2, 3])")
    assert finding.code == N001
    assert (finding.message, finding.help) == (
        f"unknown argument 'maen' of {data_set.name}",
        "did you mean 'mean'?",
    )


@each
def test_each_name_that_is_misspelt_is_met_with_the_nearest(data_set: DataSet) -> None:
    misspelt = data_set.name[:2] + data_set.name[3:]
    finding = only(f"data {misspelt}")
    assert finding.code == N001
    assert finding.message == f"unknown data set '{misspelt}'"
    assert finding.help == f"did you mean '{data_set.name}'?"
    assert finding.fix
    assert finding.fix.text == data_set.name


def test_a_name_and_an_option_are_both_reported() -> None:
    found = findings(train("data cifr10(maen = [1, 2, 3])"))
    assert [finding.help for finding in found] == ["did you mean 'cifar10'?", "did you mean 'mean'?"]


@pytest.mark.parametrize(
    ("entries", "code", "words"),
    [
        ("data 3", N003, "expected the data set here"),
        ("data cifar10([1, 2, 3])", N003, "cifar10 takes no value"),
        ("data cifar10(std = [0, 1, 1])", N004, "std is 0"),
        ("data cifar10(mean = [-1, 1, 1])", N004, "mean is -1"),
        ("data folder(shorter = 0)", N004, "the shorter side is 0"),
        ("data cifar10(shorter = 40)", N001, "unknown argument 'shorter' of cifar10"),
        ("augment scale_crop(224, shorter = [200, 480])", N004, "a side of 200 leaves no crop of 224"),
        ("augment flip, random_resized_crop(224)", N003, "random_resized_crop comes after flip"),
        ("augment scale_crop(224), random_resized_crop(224)", N003, "random_resized_crop comes after scale_crop"),
        ("augment random_resized_crop(224, least = 1.5)", N004, "least is 1.5"),
        ("augment colour", N001, "unknown augmentation 'colour'"),
    ],
)
def test_what_does_not_make_sense_is_said(entries: str, code: object, words: str) -> None:
    finding = only(entries)
    assert finding.code == code
    assert words in finding.message
    assert finding.help


def test_augmentations_read_with_their_defaults() -> None:
    assert recipe("augment random_resized_crop(224), flip, color").augment[::2] == (RandomResizedCrop(224), Color())
    assert recipe("augment random_resized_crop(192, least = 0.35), color(0.2)").augment == (
        RandomResizedCrop(192, 0.35),
        Color(0.2),
    )
    assert recipe("augment scale_crop(224)").augment == (ScaleCrop(224, (256, 480)),)
    assert set(AUGMENTATION_KINDS) == {"pad_crop", "flip", "scale_crop", "random_resized_crop", "color"}


@pytest.mark.parametrize(("data", "classes"), [(each.name, each.classes) for each in DATA_SETS if each.classes])
def test_a_network_with_another_number_of_outputs_is_warned_of(data: str, classes: int) -> None:
    (finding,) = findings(train(f"data {data}", classes + 1))
    assert finding.code.severity is Severity.WARNING
    assert finding.message == f"{data} has {classes} classes, but the network has {classes + 1} outputs"
    assert f"linear {classes}" in finding.help
    assert findings(train(f"data {data}", classes)) == []


def test_a_folder_s_classes_are_not_known_beforehand() -> None:
    assert findings(train("data folder", 7)) == []


def test_check_needs_no_numpy() -> None:
    script = (
        "import sys; from pathlib import Path; from resdsl.checking.checker import check_file\n"
        f"check_file(Path('a.res'), 'a.res', content={train('data imagenet; augment color', 1000)!r})\n"
        "assert not {'numpy', 'PIL', 'pooch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
