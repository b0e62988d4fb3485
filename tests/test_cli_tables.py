"""`summary`, `explain` and `list`: what they print, and what they say to a wrong call."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import resdsl
from resdsl.checking.rules import ALL_CODES
from resdsl.cli import main
from resdsl.ir.cost import short


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


def test_summary_of_several_networks_shows_one_after_the_other() -> None:
    both = run("summary", "resnet20", "resnet34").stdout
    assert both == f"{run('summary', 'resnet20').stdout}\n{run('summary', 'resnet34').stdout}"
    assert [found["name"] for found in json.loads(run("summary", "resnet20", "resnet34", "--json").stdout)] == [
        "resnet20",
        "resnet34",
    ]


TABLE_1 = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
BLOCKS = {  # He et al. 2016, Table 1: the blocks of conv2_x to conv5_x
    "resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}  # fmt: skip


def expected_cell(name: str, stage: int) -> str:
    filters = 64 * 2**stage
    basic = f"3x3, {filters}; 3x3, {filters}"
    bottleneck = f"1x1, {filters}; 3x3, {filters}; 1x1, {4 * filters}"
    return f"[{basic if name in ('resnet18', 'resnet34') else bottleneck}] ×{BLOCKS[name][stage]}"


def test_csv_is_table_1_of_the_paper_with_exact_totals() -> None:
    head, *rows = csv.reader(run("summary", *TABLE_1, "--format", "csv").stdout.splitlines())
    networks = [resdsl.load(name) for name in TABLE_1]
    assert head == ["stage", "output size", "ResNet-18", "ResNet-34", "ResNet-50", "ResNet-101", "ResNet-152"]
    assert rows[0] == ["conv1", "112x112", *["7x7, 64, /2"] * 5]
    for stage, row in enumerate(rows[1:5]):
        pool = "3x3 max pool, /2 + " if stage == 0 else ""
        size = 56 >> stage
        assert row == [f"conv{stage + 2}_x", f"{size}x{size}", *(pool + expected_cell(name, stage) for name in TABLE_1)]
    assert rows[5] == ["", "1x1", *["avg pool + fc 1000"] * 5]
    assert rows[6] == ["weight layers", "", "18", "34", "50", "101", "152"]
    assert rows[7] == ["parameters", "", *(str(network.cost().params) for network in networks)]
    assert rows[8] == ["MACs", "", *(str(network.cost().macs) for network in networks)]
    assert rows[9] == ["FLOPs (2 per MAC)", "", *(str(2 * network.cost().macs) for network in networks)]


def test_markdown_has_the_same_cells_in_every_row() -> None:
    lines = run("summary", *TABLE_1, "--format", "markdown").stdout.splitlines()
    assert {line.count("|") for line in lines} == {8}
    assert "| 3x3 max pool, /2<br>[3x3, 64; 3x3, 64] ×2 |" in lines[3]
    assert lines[-3] == "| parameters |  | 11.69M | 21.8M | 25.56M | 44.55M | 60.19M |"


def test_orders_are_told_where_they_differ() -> None:
    assert "| order |  | post | pre |" in run("summary", "resnet20", "preact20", "--format", "markdown").stdout
    assert "| order |" not in run("summary", "resnet20", "resnet56", "--format", "markdown").stdout


@pytest.mark.parametrize(
    "specs", [TABLE_1, ("vgg19", "resnet20", "preact20"), ("resnet50d",), ("resnext50_32x4d", "wrn28_10")], ids=str
)
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex on the PATH")
def test_latex_compiles_the_table(specs: tuple[str, ...], tmp_path: Path) -> None:
    compiled(run("summary", *specs, "--format", "latex").stdout, tmp_path)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex on the PATH")
def test_latex_compiles_a_hostile_title(tmp_path: Path) -> None:
    title = r"50% \ & _x_ {a} ~ ^2 $ # | < >"
    spec = tmp_path / "x.res"
    spec.write_text(f'network x {{ title "{title}"; input 3x8x8; stage a_b: 1 x basic(3); head {{ linear 2 }} }}')
    compiled(run("summary", str(spec), "--format", "latex").stdout, tmp_path)


def compiled(document: str, folder: Path) -> None:
    (folder / "x.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-1500:]


def test_latex_has_brackets_booktabs_and_one_cell_for_what_all_share() -> None:
    text = run("summary", *TABLE_1, "--format", "latex").stdout
    block = r"$\left[\begin{array}{c}\mbox{$3{\times}3$, 64} \\ \mbox{$3{\times}3$, 64}\end{array}\right]\times2$"
    assert block in text
    assert r"\multicolumn{5}{c}{$7{\times}7$, 64, /2}" in text
    for rule in ("toprule", "midrule", "bottomrule"):
        assert f"\\{rule}" in text


@pytest.mark.parametrize("flag", ["--layers", "--json"])
def test_a_table_side_by_side_has_no_layers_and_is_no_json(flag: str) -> None:
    result = run("summary", "resnet20", "--format", "csv", flag)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--format and {flag} do not go together" in result.stderr


def test_summary_of_a_faulty_file(tmp_path) -> None:
    spec = tmp_path / "faulty.res"
    spec.write_text("network faulty {\n  input 3x8x8\n  stage a: 1 x basik(8)\n}\n")
    result = run("summary", str(spec))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean 'basic'" in result.stderr


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (999, "999"), (1000, "1k"), (231_211_008, "231.2M"), (999_970, "1M"), (10**12, "1T")],
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
    assert code.explanation.split() == by_id.stdout.partition("\n\n")[2].split()


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("D0022", "did you mean 'D002'?"),
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
    lines = run("list").stdout.partition("\n# studies\n")[0].splitlines()
    assert lines[0].split() == ["spec", "title", "depth", "params", "MACs"]
    assert ["resnet34", "ResNet-34", "34", "21,797,672", "3.664G"] in [line.split() for line in lines]
    names = [line.split()[0] for line in lines if line]
    assert names.index("resnet20") < names.index("resnet110")
    assert len({len(line) for line in lines if line and line[0] != "#"}) == 1
