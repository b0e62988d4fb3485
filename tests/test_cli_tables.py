"""`summary`, `explain` and `list`: what they print, and what they say to a wrong call."""

import json

import pytest
from click.testing import CliRunner, Result

import resdsl
from resdsl.checking.rules import ALL_CODES
from resdsl.cli import main
from resdsl.cli.summary import short


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_summary_is_a_table_that_fits_80_columns() -> None:
    lines = run("summary", "resnet34").stdout.splitlines()
    assert lines[0] == "ResNet-34, input 3x224x224"
    assert lines[1].split() == ["map", "filters", "params", "MACs", "FLOPs", "field"]
    assert lines[4].split() == ["layer1.0", "basic", "56x56", "64", "73,984", "231.2M", "462.4M", "27"]
    assert lines[9].split() == ["layer3.1–5", "basic", "14x14", "256", "5,903,360", "1.156G", "2.312G", "547"]
    assert lines[-2] == "34 weight layers · 21,797,672 parameters · receptive field 899"
    assert lines[-1] == "3,663,761,408 MACs · 7,327,522,816 FLOPs (2 per MAC)"
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("spec", ["resnet1202", "resnet152", "preact1001", "vgg19", "wide_resnet101_2"])
def test_summary_by_layer_breaks_no_line(spec: str) -> None:
    lines = run("summary", spec, "--layers").stdout.splitlines()
    assert len(lines) == len(list(resdsl.load(spec).layers())) + 5
    assert len({len(line) for line in lines[1:-2]}) == 1
    assert len(lines[1]) <= 80


@pytest.mark.parametrize("layers", [(), ("--layers",)])
def test_summary_as_json(layers: tuple[str, ...]) -> None:
    found = json.loads(run("summary", "resnet34", "--json", *layers).stdout)
    network = resdsl.load("resnet34")
    assert (found["depth"], found["params"], found["macs"]) == (34, *network.cost())
    assert found["flops"] == 2 * found["macs"]
    assert found["receptive_field"] == [899, 899]
    assert len(found["rows"]) == (len(list(network.layers())) if layers else 18)
    assert sum(row["params"] for row in found["rows"]) == found["params"]
    assert sum(row["macs"] for row in found["rows"]) == found["macs"]
    expected = {"name", "kind", "map", "filters", "params", "macs", "flops", "receptive_field"}
    assert all(set(row) == expected for row in found["rows"])


def test_summary_with_parameters_and_another_input() -> None:
    found = json.loads(run("summary", "cifar:cifar_resnet", "--set", "n=9", "--input", "3x64x64", "--json").stdout)
    assert (found["depth"], found["input"], found["rows"][-2]["map"]) == (56, [3, 64, 64], [16, 16])


def test_summary_of_a_faulty_file(tmp_path) -> None:
    spec = tmp_path / "faulty.res"
    spec.write_text("network faulty {\n  input 3x8x8\n  stage a: 1 x basik(8)\n}\n")
    result = run("summary", str(spec))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean 'basic'" in result.stderr


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0"), (999, "999"), (1000, "1k"), (231_211_008, "231.2M"), (10**12, "1T")]
)
def test_short(number: int, expected: str) -> None:
    assert short(number) == expected


def test_explain_lists_every_code() -> None:
    lines = run("explain").stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [[code.id, code.slug, str(code.severity)] for code in ALL_CODES]


@pytest.mark.parametrize("code", ALL_CODES, ids=lambda code: code.id)
def test_explain_knows_a_code_by_id_and_by_name(code) -> None:
    by_id, by_name = run("explain", code.id.lower()), run("explain", code.slug)
    assert by_id.stdout == by_name.stdout
    assert by_id.stdout.startswith(f"{code.id} {code.slug} ({code.severity})\n\n")
    assert code.explanation.strip() in by_id.stdout


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("D02", "did you mean 'D002'?"),
        ("halve-map-double-filter", "did you mean 'halve-map-double-filters'?"),
        ("halve", "did you mean 'halve-map-double-filters'?"),
        ("zzzz", "`resdsl explain` lists them all"),
    ],
)
def test_explain_an_unknown_code(word: str, remedy: str) -> None:
    result = run("explain", word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert remedy in result.stderr


def test_list_says_what_each_spec_is() -> None:
    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["spec", "title", "depth", "params", "MACs"]
    assert ["resnet34", "ResNet-34", "34", "21,797,672", "3.664G"] in [line.split() for line in lines]
    names = [line.split()[0] for line in lines]
    assert names.index("resnet20") < names.index("resnet110")
    assert len({len(line) for line in lines}) == 1
