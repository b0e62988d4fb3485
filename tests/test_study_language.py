"""`study` in the language: what it means, and what an editor knows of it."""

from __future__ import annotations

import pytest
from editor import cursor, editor
from spec_text import checked, findings

from resdsl.checking.checker import check_file
from resdsl.ir.study import Curves, Responses, Study, Table
from resdsl.specs import shipped_folder

TEXT = """\
study degradation(k = 2) {
  title "Degradation"
  note  "small"
  run plain:    cifar_plain(n = [1, k])
  run residual: cifar_resnet(n = [1, k])
  run gate:     resnet110_gate(bias = [-6, 0.5])
  run one:      resnet20()
  seeds 3
  train { epochs 2 * k }
  plot curves(panels = [plain, residual], of = loss)
  plot responses
  table final(of = train_error, over = mean) {
    published residual(1) 8.750; plain(n = k) 9
    one() 7
  }
}
"""


def study(text: str = TEXT) -> Study:
    found = checked(text)
    assert not found.findings
    return found.studies["degradation"]


def test_lists_make_runs_and_labels_tell_them_apart() -> None:
    assert list(study().labels.items()) == [
        ("plain_n1", "plain-8"),
        ("plain_n2", "plain-14"),
        ("residual_n1", "residual-8"),
        ("residual_n2", "residual-14"),
        ("gate_biasm6", "gate (bias = -6)"),
        ("gate_bias0p5", "gate (bias = 0.5)"),
        ("one", "one"),
    ]


def test_what_a_study_says_is_kept() -> None:
    found = study()
    assert (found.title, found.notes, found.seeds) == ("Degradation", ("small",), 3)
    assert found.plots == (Curves(("plain", "residual"), "loss"), Responses(("plain", "residual", "gate", "one")))
    published = (("residual_n1", "8.750"), ("plain_n2", "9"), ("one", "7"))
    assert found.tables == (Table("final", "train_error", "mean", published),)
    assert {run.network.recipe.epochs for run in found.runs} == {4}
    assert {run.network.recipe.steps for run in found.runs} == {None}


def test_a_parameter_sets_values_of_runs() -> None:
    found = check_file(shipped_folder() / "mine.res", "mine.res", "degradation", {"k": 3}, content=TEXT)
    assert not found.findings
    assert "residual-20" in found.studies["degradation"].labels.values()


def test_design_rules_do_not_warn_of_what_is_compared() -> None:
    text = "study a { run a: cifar_plain(n = 9); plot curves }"
    assert findings(text) == []
    alone = checked('use cifar\nnetwork a = cifar_plain(n = 9) { title "a" }')
    assert [finding.code.id for finding in alone.findings] == ["D009"]


def test_pairs_of_lists() -> None:
    text = TEXT.replace("cifar_plain(n = [1, k])", "own(n = [1, 2], w = [16, 32])").replace(
        "plain(n = k) 9", "plain(1, 32) 9"
    )
    text += 'network own(n, w) = cifar_resnet(n) { stage layer1: n x basic(w); design free "wide" }\n'
    names = [run.name for run in checked(text).studies["degradation"].runs if run.group == "plain"]
    assert names == ["plain_n1_w16", "plain_n1_w32", "plain_n2_w16", "plain_n2_w32"]


def test_too_many_runs_are_refused_at_once() -> None:
    many = ", ".join(map(str, range(1, 300)))
    own = 'network own(n = 1, m = 1) = resnet20() { title "o" }'
    (found,) = findings(f"study a {{ run a: own(n = [{many}], m = [{many}]); plot curves }}\n{own}")
    assert found.code.id == "S008"
    assert "200 runs" in found.message


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.res"
    yield path
    editor().close(path)


OFFERED = {
    "study a { run b: ¦ }": "cifar_resnet",
    "study a { run b: cifar_resnet(¦) }": "n",
    "study a { run b: resnet20(); plot curves(panels = [¦]) }": "b",
    "study a { run b: resnet20(); plot curves(panels = ¦) }": "b",
    "study a { run b: resnet20(); table t() { published ¦ } }": "b",
    "study a(k = 3) { seeds ¦ }": "k",
    "study a { train { ¦ } }": "epochs",
}


@pytest.mark.parametrize("text", OFFERED)
def test_completion(file, text: str) -> None:
    typed, place = cursor(f"use cifar\n{text}")
    editor().open(file, typed)
    assert OFFERED[text] in {item["label"] for item in editor().at(file, "completion", place)}


def test_hover_outline_and_rename(file) -> None:
    editor().open(file, TEXT)
    text, place = cursor(TEXT.replace("panels = [plain", "panels = [pl¦ain"))
    assert text == TEXT
    shown = editor().at(file, "hover", place)["contents"]["value"]
    assert "plain-8, plain-14" in shown
    (outline,) = editor().request("textDocument/documentSymbol", textDocument={"uri": file.as_uri()})
    assert [child["name"] for child in outline["children"]] == ["k", "plain", "residual", "gate", "one"]
    changes = editor().at(file, "rename", place, newName="bare")["changes"][file.as_uri()]
    assert len(changes) == 3  # where it is declared, in the plot, and in the table
