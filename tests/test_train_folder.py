from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resdsl.training.errors import RunError
from resdsl.training.folder import RunFolder, newest_run, next_run, read_description
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress, Sums
from resdsl.training.schedule import Plateau
from resdsl.weights.files import load, save

STATE = {
    "fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "optimizer/momentum/fc.weight": np.ones((2, 3), np.float32),
}

METRICS = Metrics(1, 11, 0.1, 2.0, 0.2, 1.5, 0.4, 0.9, 100.0, 1.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", "network a {}\n", "{}\n", STATE)


def test_a_new_folder_holds_spec_and_recipe(run: RunFolder) -> None:
    assert (run.path / "spec.res").read_text() == "network a {}\n"
    assert read_description(run.path) == b"{}\n"
    assert sorted(path.name for path in run.path.iterdir()) == [
        "checkpoint.safetensors",
        "last.safetensors",
        "metrics.jsonl",
        "recipe.json",
        "spec.res",
    ]


def test_a_checkpoint_gives_back_all_that_was_saved(run: RunFolder) -> None:
    progress = Progress(17, Sums(128, 1 / 3, 2.0, 3.0, 0.25), Plateau(0.1, 2, 1), 0.9, 11)
    transposed = {**STATE, "fc.weight": STATE["fc.weight"].T}
    run.save(transposed, progress)
    state, loaded = run.load()
    assert loaded == progress
    assert state.keys() == STATE.keys()
    assert np.array_equal(state["fc.weight"], STATE["fc.weight"].T)
    run.save(STATE, replace(progress, plateau=Plateau()))
    assert run.load()[1].plateau == Plateau()


def test_the_momenta_of_older_checkpoints_are_found(run: RunFolder) -> None:
    save({"fc.weight": STATE["fc.weight"], "momentum/fc.weight": STATE["fc.weight"] + 1},
         run.path / "checkpoint.safetensors", {"progress": Progress(3).to_json()})  # fmt: skip
    state, progress = run.load()
    assert progress.step == 3
    assert state.keys() == STATE.keys()
    assert np.array_equal(state["optimizer/momentum/fc.weight"], STATE["fc.weight"] + 1)


def test_a_run_is_never_overwritten(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds a run already: go on with it with --resume, or pass another --out"):
        RunFolder.create(run.path, "other", "", {})
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").touch()
    (tmp_path / "file").touch()
    for path in (tmp_path / "notes", tmp_path / "file"):
        with pytest.raises(RunError, match="is not an empty folder: pass another --out"):
            RunFolder.create(path, "", "", {})
    (tmp_path / "empty").mkdir()
    RunFolder.create(tmp_path / "empty", "", "", {})


def test_there_must_be_a_run_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run to go on with: leave --resume out to begin one"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}" * 100, None])
def test_a_damaged_checkpoint_is_named(run: RunFolder, content: bytes | None) -> None:
    checkpoint = run.path / "checkpoint.safetensors"
    checkpoint.unlink() if content is None else checkpoint.write_bytes(content)
    with pytest.raises(RunError, match=r"checkpoint\.safetensors is no checkpoint .*another --out"):
        run.load()


@pytest.mark.parametrize("place", [0.3, 0.9, 0.999])
def test_a_flipped_bit_is_found(run: RunFolder, place: float) -> None:
    checkpoint = run.path / "checkpoint.safetensors"
    content = bytearray(checkpoint.read_bytes())
    content[int(place * len(content))] ^= 0x10
    checkpoint.write_bytes(content)
    with pytest.raises(RunError, match=r"checkpoint\.safetensors is (damaged|no checkpoint) .*another --out"):
        run.load()


def test_what_a_checkpoint_holds_is_the_run(run: RunFolder) -> None:
    better, later = ({name: array + n for name, array in STATE.items()} for n in (1, 2))
    run.append(METRICS)
    run.save(better, Progress(11, best_top1=0.5, best_step=11))
    run.save(later, Progress(22, best_top1=0.5, best_step=11))
    run.finish()
    before = {path.name: path.read_bytes() for path in run.path.iterdir()}
    for name in ("last.safetensors", "best.safetensors", "metrics.jsonl"):
        (run.path / name).write_bytes(b"stale")
    (run.path / ".last.safetensors.1234.tmp").touch()
    path = run.path
    run._lock.release()
    RunFolder.open(path).load()
    assert {path.name: path.read_bytes() for path in path.iterdir()} == before
    assert np.array_equal(load(path / "best.safetensors")["fc.weight"], STATE["fc.weight"] + 1)
    assert np.array_equal(load(path / "last.safetensors")["fc.weight"], STATE["fc.weight"] + 2)
    assert before["metrics.jsonl"].decode() == METRICS.to_json() + "\n"


def test_a_folder_is_one_processs_alone(run: RunFolder) -> None:
    with pytest.raises(RunError, match=r"another process is at work in .*run: wait for its end, or pass another --out"):
        RunFolder.open(run.path)


def test_what_was_killed_before_it_began_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / ".run.new").mkdir()
    (tmp_path / ".run.new" / "spec.res").write_text("half")
    RunFolder.create(tmp_path / "run", "network a {}\n", "{}\n", STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_leaves_the_last_checkpoint(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run.save({name: array + 1 for name, array in STATE.items()}, Progress(step=1))
        run.finish()
    monkeypatch.undo()
    run._written = None
    state, progress = run.load()
    assert progress == Progress()
    assert np.array_equal(state["fc.weight"], STATE["fc.weight"])
    assert not list(run.path.glob(".*"))


def test_folders_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert next_run("a-digits") == Path("runs/a-digits-1")
    with pytest.raises(RunError, match="there is no runs/a-digits-… to go on with"):
        newest_run("a-digits")
    for name in ("a-digits-2", "a-digits-10", "a-digits-x", "b-digits-30"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert next_run("a-digits") == Path("runs/a-digits-11")
    assert newest_run("a-digits") == Path("runs/a-digits-10")
