"""What an editor can ask about a place in a text: hover, completion, definition, hints, outline."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import applied, cursor, editor, everything, position

BASE = """# 🦊 The networks of a paper.
# Two rows.
network base(n = 2, m = n + 1) {
  input 3x32x32
  order post
  shortcut projection
  stem { conv 3x3, 16 }
  stage layer1 "🦊": n x basic(16)
  stage layer2: m x bottleneck(8, expansion = 4), /2
  stage layer3 {
    norm group(groups = 8)
    dropout 0.5
    2 x mine(filters = 64), /2
  }
  head {
    avgpool
    linear 10
  }
  expect { depth 2 * n + 3 * m + 6 }
  train { optimizer sgd(lr = 0.1); schedule step(at = [1k]) }
}

# Mine: a 1x1, then a 3x3.
block mine(filters, half = filters // 2) {
  conv 1x1, half
  conv 3x3, filters, /stride, bias = false
}
"""
USER = """use "base.res"
network user(n = 5) = base(n = n) {
  stage layer1: n x mine(16)
  expect { depth 2 * n + 3 * m + 6 }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="module")
def base(folder):
    path = folder / "base.res"
    assert editor().open(path, BASE) == []
    yield path
    editor().close(path)


@pytest.fixture(scope="module")
def user(folder, base):
    path = folder / "user.res"
    assert editor().open(path, USER) == []
    yield path
    editor().close(path)


def spot(text: str, mark: str) -> dict[str, int]:
    """The place of `¦` in `mark`, which stands once in `text`."""
    plain, _ = cursor(mark)
    assert text.count(plain) == 1, plain
    before = text[: text.index(plain)] + mark.partition("¦")[0]
    return position(before)


# Where the mark stands, and what the hover has to say.
HOVERS = {
    "a stage": ("¦stage layer1", ["| layer1 | stage | 32x32 | 16 | 9,", "| layer1.0", "receptive field", "| base |"]),
    "a stage with two kinds of block": ("stage¦ layer2", ["layer2.0 |", "layer2.1–2 |", "16x16"]),
    "a run in a body": (
        "2 x ¦mine(",
        ["mine(filters, half = filters // 2)", "Mine: a 1x1, then a 3x3.", "layer3.0", "8x8"],
    ),
    "a layer": (
        "stem { ¦conv",
        ["conv KERNEL, FILTERS", "| conv1 | conv | 32x32 | 16 | 432 | 442,368 | 3 |", "| bn1 | norm |"],
    ),
    "a layer between blocks": ("dropout¦ 0.5", ["dropout p", "| layer3.dropout | dropout"]),
    "a layer in a block": ("conv 3x3, filters, /stride, bias =¦", ["| layer3.0.conv2 |", "8x8"]),
    "the head": ("avg¦pool", ["the mean", "| avgpool | avgpool | 1x1 | 64"]),
    "a setting": ("or¦der post", ["Where norm and act"]),
    "its value": ("order p¦ost", ["Fig. 4(a)"]),
    "a section": ("¦head {", ["after the last stage"]),
    "an entry of train": ("opti¦mizer", ["How the weights move"]),
    "an argument in train": ("sgd(l¦r =", ["learning rate"]),
    "an entry of expect": ("de¦pth", ["Weight layers on the main path"]),
    "a network's parameter": ("base(¦n = 2", ["n: parameter of base", "`n = 2` in base"]),
    "a parameter in use": ('stage layer1 "🦊": ¦n x', ["`n = 2` in base", "| layer1 | stage"]),
    "a computed parameter": ("stage layer2: ¦m x", ["`m = 3` in base"]),
    "a block's parameter": ("conv 1x1, ha¦lf", ["`half = 32` in layer3"]),
    "a name given to a parameter": ("mine(filt¦ers = 64", ["filters: parameter of mine", "`filters = 64` in layer3"]),
    "the standard library": ("x ba¦sic(", ["basic(filters)", "He et al. 2016, Fig. 5 left"]),
    "what is defined in a block": ("/stri¦de, bias", ["stride that the stage gives"]),
    "a shortcut": ("shortcut proj¦ection", ["Option B"]),
    "a network": ("network ba¦se", ["base(n = 2, m = n + 1)", "🦊 The networks of a paper. Two rows."]),
    "an argument of a layer": ("bi¦as = false", ["learned bias"]),
    "a value of an argument": ("bias = fal¦se", ["No."]),
}


@pytest.mark.parametrize("case", HOVERS)
def test_hover(base, case):
    mark, expected = HOVERS[case]
    found = editor().at(base, "hover", spot(BASE, mark))["contents"]["value"]
    for text in expected:
        assert text.lower() in found.lower(), found


def test_an_inherited_parameter_has_the_value_of_the_network_around(user):
    found = editor().at(user, "hover", spot(USER, "3 * ¦m"))["contents"]["value"]
    assert "`m = 6` in user" in found


def test_hover_on_nothing_says_nothing(base):
    for line in (0, 4000):
        assert editor().at(base, "hover", {"line": line, "character": 3}) is None


def test_a_rule_is_explained_where_it_is_allowed(folder):
    path = folder / "allow.res"
    text, place = cursor(BASE.replace("order post", 'order post\n  allow halve-map-¦double-filters "why not"'))
    editor().open(path, text)
    found = editor().at(path, "hover", place)["contents"]["value"]
    assert "D002" in found
    assert "He et al. 2016" in found
    editor().close(path)


# The whole text with the cursor, what must be offered, and what must not.
COMPLETIONS = {
    "a file": ("net¦", {"network", "block", "shortcut", "use"}, {"stem", "conv"}),
    "a network": (
        "network a {\n  ¦\n}",
        {"input", "order", "stem", "stage", "allow", "train"},
        {"conv", "depth", "block"},
    ),
    "a network, half a word": ("network a {\n  or¦\n}", {"order"}, set()),
    "after a semicolon": ("network a { order post; ¦ }", {"norm", "stem"}, {"pre"}),
    "an order": ("network a {\n  order ¦\n}", {"post", "pre", "act_pre"}, {"relu", "conv"}),
    "a shortcut": ("network a {\n  shortcut ¦\n}", {"projection", "pad", "none"}, {"basic"}),
    "a shortcut of this file": ("shortcut mine {}\nnetwork a { shortcut ¦ }", {"mine", "pad"}, set()),
    "how often": ("network a { shortcut pad ¦ }", {"always"}, {"pad"}),
    "a norm": ("network a { norm ¦ }", {"batch", "group", "none"}, {"relu"}),
    "an argument of a norm": ("network a { norm group(¦) }", {"groups", "eps"}, {"batch"}),
    "an init, at first": ("network a { init ¦ }", {"he", "zero_last_norm"}, {"order"}),
    "an init": ("network a { init he(mode = fan_in), ¦ }", {"zero_last_norm"}, {"order"}),
    "a mode": ("network a { init he(mode = ¦", {"fan_in", "fan_out"}, {"true"}),
    "a stem": ("network a {\n  stem { ¦", {"conv", "maxpool", "linear"}, {"order", "stage"}),
    "after a label": ("network a {\n  stem { first: ¦", {"conv"}, {"order"}),
    "a count": ("network a(n = 1) {\n  stage x: ¦\n}", {"n"}, {"basic"}),
    "a block": ("network a {\n  stage x: 3 x ¦\n}", {"basic", "bottleneck"}, {"pad", "conv"}),
    "a block of this file": ("block mine(f) { conv 3x3, f }\nnetwork a {\n  stage x { n x ¦ } }", {"mine"}, set()),
    "a block's arguments": ("network a {\n  stage x: 3 x bottleneck(64, ¦", {"expansion", "groups"}, {"basic"}),
    "a stage's braces": ("network a {\n  stage x: 3 x basic(4) { ¦", {"order", "norm", "allow"}, {"conv", "input"}),
    "a stage's body": ("network a {\n  stage x { ¦", {"order", "conv", "maxpool"}, {"input", "stem"}),
    "filters": ("block b(filters) {\n  conv 3x3, ¦\n}", {"filters", "in", "stride"}, {"out"}),
    "a shortcut's layer": ("shortcut s {\n  conv 1x1, ¦\n}", {"out", "in"}, {"filters"}),
    "arguments of a layer": (
        "block b(filters) {\n  conv 3x3, filters, ¦\n}",
        {"groups", "bias", "norm", "act"},
        {"slope"},
    ),
    "an argument that is the name of another's": (
        "block batch(nesterov) {\n  conv 3x3, 1\n}\nnetwork a {\n  stage x: 3 x batch(nesterov = ¦",
        set(),
        {"true", "eps"},
    ),
    "a batch size is no norm": ("network a { train { batch 128, ¦", set(), {"eps", "momentum"}),
    "a flag": ("block b(filters) {\n  conv 3x3, filters, bias = ¦\n}", {"true", "false"}, {"groups"}),
    "a layer's norm": ("block b(f) {\n  conv 3x3, f, norm = ¦\n}", {"none", "group"}, {"relu"}),
    "an expectation": ("network a { expect { ¦", {"depth", "params", "macs", "map"}, {"order"}),
    "an expected value": ("network a(n = 1) { expect { depth 6 * ¦ } }", {"n"}, {"params"}),
    "a recipe": ("network a { train { ¦", {"data", "augment", "batch", "schedule"}, {"order"}),
    "a data set": ("network a { train { data ¦", {"cifar10", "digits"}, {"sgd"}),
    "another augmentation": ("network a { train { augment flip, ¦", {"pad_crop", "scale_crop"}, {"cifar10"}),
    "an optimizer's arguments": ("network a { train { optimizer sgd(lr = 0.1, ¦", {"momentum", "weight_decay"}, {"at"}),
    "a schedule": ("network a { train { schedule ¦", {"step", "cosine", "warmup"}, {"sgd"}),
    "a rule": ("network a { allow ¦", {"D001", "D002"}, {"order", "D005", "S001"}),
    "a base": ('use "base.res"\nnetwork a = ¦', {"base"}, {"basic"}),
    "a base's arguments": ('use "base.res"\nnetwork a = base(¦)', {"n", "m"}, {"basic"}),
    "a used file": ('use "¦"', {"base.res"}, {"network"}),
    "a used file, half typed": ('use "base.r¦', {"base.res"}, {"network"}),
    "a comment": ("network a { # ¦", set(), {"order", "stem"}),
    "a comment after a setting": ("network a { order # ¦", set(), {"post"}),
    "a title": ('network a { title "¦', set(), {"order", "base.res"}),
}


@pytest.mark.parametrize("case", COMPLETIONS)
def test_completion(folder, base, case):
    (folder / "base.res").write_text(BASE)
    marked, offered, absent = COMPLETIONS[case]
    text, place = cursor(marked)
    path = folder / "typed.res"
    editor().open(path, text)
    items = editor().at(path, "completion", place)
    labels = {item["label"] for item in items}
    assert offered <= labels
    assert not absent & labels
    assert all(item["documentation"]["value"] for item in items)
    editor().close(path)


def test_a_chosen_completion_replaces_what_is_typed(folder, base):
    path = folder / "typed.res"
    for marked, label, expected in (
        ("network a { # 🦊\n  ord¦\n}", "order", "network a { # 🦊\n  order\n}"),
        ('network a { title "🦊"; ord¦ }', "order", 'network a { title "🦊"; order }'),
        ('use "base.r¦"', "base.res", 'use "base.res"'),
        ("network a { init he(mo¦", "mode", "network a { init he(mode = "),
    ):
        text, place = cursor(marked)
        editor().open(path, text)
        item = next(item for item in editor().at(path, "completion", place) if item["label"] == label)
        edit = {"range": item["textEdit"]["range"], "newText": item["textEdit"]["newText"]}
        assert applied(text, [edit]) == expected
        editor().close(path)


# Where the mark stands in USER, and the file and the words that it leads to.
DEFINITIONS = {
    "a used file": ('use "ba¦se.res"', "base.res", "# 🦊"),
    "a base": ("= ba¦se(n", "base.res", "base(n = 2"),
    "a base's parameter": ("= base(¦n =", "base.res", "n = 2"),
    "its value": ("= base(n = ¦n)", "user.res", "n = 5"),
    "a block": ("x mi¦ne(", "base.res", "mine(filters, half"),
    "a stage": ("stage la¦yer1", "base.res", 'layer1 "🦊"'),
    "its own parameter": ("depth 2 * ¦n +", "user.res", "n = 5"),
    "an inherited parameter": ("3 * ¦m", "base.res", "m = n + 1"),
}


@pytest.mark.parametrize("case", DEFINITIONS)
def test_definition(user, case):
    mark, file, words = DEFINITIONS[case]
    found = editor().at(user, "definition", spot(USER, mark))
    text = {"base.res": BASE, "user.res": USER}[file]
    assert Path(found["uri"]).name == file
    assert found["range"]["start"] == position(text[: text.index(words)])


@pytest.mark.parametrize("mark", ["x ba¦sic(", "x bottle¦neck(", "shortcut pro¦jection", "expan¦sion = 4"])
def test_definition_in_the_standard_library(base, mark):
    found = editor().at(base, "definition", spot(BASE, mark))
    assert found["uri"].endswith("/prelude.res")
    prelude = Path(found["uri"].removeprefix("file://"))
    assert editor().open(prelude, prelude.read_text()) == []
    name = cursor(mark)[0].split()[1 if " " in mark and "=" not in mark else 0].rstrip("(")
    line = prelude.read_text().split("\n")[found["range"]["start"]["line"]]
    assert line[found["range"]["start"]["character"] :].startswith(name)
    editor().close(prelude)


def test_an_argument_of_a_block_is_no_word_of_the_language(folder):
    """Of a layer, `bias` takes a word, which no parameter stands for; of a block it is a parameter like any other."""
    path, text = (
        folder / "bias.res",
        BASE.replace("(filters = 64)", "(64, bias = n)").replace("half =", "bias = 1, half ="),
    )
    assert editor().open(path, text) == []
    found = editor().at(path, "definition", spot(text, "bias = ¦n)"))
    assert found["range"]["start"] == position(text[: text.index("n = 2")])
    editor().close(path)


def test_references_lie_in_every_file(base, user):
    found = editor().at(base, "references", spot(BASE, "network ba¦se"), context={"includeDeclaration": True})
    assert sorted(Path(place["uri"]).name for place in found) == ["base.res", "user.res"]


def test_inlay_hints_stand_at_the_end_of_stages_and_layers(base):
    hints = editor().about(base, "inlayHint", range=everything())
    lines = BASE.split("\n")
    found = {lines[hint["position"]["line"]].strip(): hint["label"] for hint in hints}
    assert found == {
        "stem { conv 3x3, 16 }": "→ 16x32x32",
        'stage layer1 "🦊": n x basic(16)': "→ 16x32x32",
        "stage layer2: m x bottleneck(8, expansion = 4), /2": "→ 32x16x16",
        "stage layer3 {": "→ 64x8x8",
        "dropout 0.5": "→ 32x16x16",
        "2 x mine(filters = 64), /2": "→ 64x8x8",
        "avgpool": "→ 64x1x1",
        "linear 10": "→ 10x1x1",
    }
    for hint in hints:
        assert hint["position"] == position("\n".join(lines[: hint["position"]["line"] + 1]))
    few = {"start": {"line": 6, "character": 0}, "end": {"line": 7, "character": 9}}
    assert [hint["label"] for hint in editor().about(base, "inlayHint", range=few)] == ["→ 16x32x32", "→ 16x32x32"]


def test_equal_runs_of_a_stage_have_a_hint_each(folder):
    path = folder / "runs.res"
    text = BASE.replace(
        "stage layer2: m x bottleneck(8, expansion = 4), /2",
        "stage x {\n 1 x basic(16)\n dropout 0.1\n 2 x basic(16)\n }",
    )
    editor().open(path, text)
    assert "| x.0 |" in editor().at(path, "hover", spot(text, "1 x ba¦sic"))["contents"]["value"]
    assert "| x.1" in editor().at(path, "hover", spot(text, "2 x ba¦sic"))["contents"]["value"]
    editor().close(path)


def test_the_last_valid_network_serves_while_the_text_is_broken(folder):
    path = folder / "broken.res"
    editor().open(path, BASE)
    broken = BASE.replace("stage layer2: m x bottleneck(8, expansion = 4), /2", "\n  stage layer2: m x bott")
    assert editor().change(path, broken)
    lines = broken.split("\n")
    hints = {
        lines[h["position"]["line"]].strip(): h["label"] for h in editor().about(path, "inlayHint", range=everything())
    }
    assert hints["stem { conv 3x3, 16 }"] == "→ 16x32x32"
    assert hints["linear 10"] == "→ 10x1x1"
    assert "stage layer2: m x bott" not in hints
    assert "| linear |" in editor().at(path, "hover", spot(broken, "lin¦ear"))["contents"]["value"]
    editor().close(path)


def test_the_outline_is_nested(base):
    symbols = editor().about(base, "documentSymbol")
    outline = {symbol["name"]: [child["name"] for child in symbol["children"]] for symbol in symbols}
    assert outline == {
        "base": ["n", "m", "stem", "layer1", "layer2", "layer3", "head", "expect", "train"],
        "mine": ["filters", "half"],
    }
    for symbol in symbols:
        assert symbol["selectionRange"]["start"]["line"] >= symbol["range"]["start"]["line"]
