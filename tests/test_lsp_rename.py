"""Renaming across files, and what is refused."""

from __future__ import annotations

import pytest
from editor import CURSOR, ServerError, applied, cursor, editor, position

BASE = """# 🦊
network base(n = 2) {
  input 3x8x8
  order post
  stem { conv 3x3, 4 }
  stage layer1: n x mine(filters = 4)
  head { avgpool; linear 10 }
  expect { depth 2 + n }
}
block mine(filters) { conv 3x3, filters }
shortcut side { conv 1x1, out }
"""
USER = """use "base.res"
network user(k = 3) = base(n = k) {
  shortcut side always; title "🦊"
  stage layer1: k x mine(filters = 4)
  expect { depth 2 + n }
}
"""

# Where the name stands, its new name, and what the two files then say in which places.
RENAMES = {
    "a network": ("network ba¦se(", "ground", {"base(": "ground(", "= base(n": "= ground(n"}),
    "a parameter": (
        "base(¦n = 2)",
        "m",
        {"base(n = 2)": "base(m = 2)", "base(n = k)": "base(m = k)", "2 + n": "2 + m", ": n x": ": m x"},
    ),
    "a parameter, where it is used": ("mine(filt¦ers)", "f", {"(filters": "(f", "conv 3x3, filters": "conv 3x3, f"}),
    "a block": ("block mi¦ne", "ours", {"block mine": "block ours", "x mine": "x ours"}),
    "a shortcut": ("shortcut si¦de {", "beside", {"shortcut side": "shortcut beside"}),
    "a stage": ("stage lay¦er1: n", "first", {"layer1": "first"}),
}


@pytest.fixture
def files(tmp_path):
    base, user = tmp_path / "base.res", tmp_path / "user.res"
    user.write_text(USER)
    assert editor().open(base, BASE) == []
    yield {base.as_uri(): BASE, user.as_uri(): USER}
    editor().close(base)


def spot(text: str, mark: str) -> dict[str, int]:
    return position(text[: text.index(cursor(mark)[0])] + mark.partition(CURSOR)[0])


@pytest.mark.parametrize("case", RENAMES)
def test_rename_changes_every_file_and_nothing_else(files, tmp_path, case):
    mark, name, changes = RENAMES[case]
    base = tmp_path / "base.res"
    editor().at(base, "prepareRename", spot(BASE, mark))
    edit = editor().at(base, "rename", spot(BASE, mark), newName=name)
    for uri, text in files.items():
        expected = text
        for old, new in changes.items():
            expected = expected.replace(old, new)
        assert applied(text, edit["changes"].get(uri, [])) == expected
    assert set(edit["changes"]) <= set(files)


# Where the name stands, its new name, and why not.
REFUSALS = {
    "no name": ("base(¦n = 2)", "2n", "is not a name"),
    "a word of the language": ("block mi¦ne", "stride", "word of the language"),
    "a layer": ("avg¦pool", "pool", "can be renamed"),
    "taken": ("block mi¦ne", "basic", "means something else"),
    "reserved": ("stage lay¦er1: n", "forward", "forward"),
    "captured": ("base(¦n = 2)", "k", "means something else"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_rename_refuses_what_would_change_the_meaning(files, tmp_path, case):
    mark, name, reason = REFUSALS[case]
    with pytest.raises(ServerError, match=reason):
        editor().at(tmp_path / "base.res", "rename", spot(BASE, mark), newName=name)


def test_the_standard_library_keeps_its_names(tmp_path):
    path = tmp_path / "a.res"
    editor().open(path, BASE.replace("mine(filters = 4)", "basic(4)"))
    with pytest.raises(ServerError, match="standard library"):
        editor().at(path, "prepareRename", {"line": 5, "character": 22})
    editor().close(path)


def test_a_broken_file_is_mended_first(files, tmp_path):
    (tmp_path / "user.res").write_text(USER + "network broken = base(n = {\n")
    with pytest.raises(ServerError, match=r"correct user\.res first, line 7"):
        editor().at(tmp_path / "base.res", "rename", spot(BASE, "network ba¦se"), newName="ground")
