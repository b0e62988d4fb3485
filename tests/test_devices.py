"""Many devices compute what one does; ranks that are not alike are named before the first step, and lost ones after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ranks import HELD, Ended, Ranks

import resdsl
from resdsl.weights.files import load
from resdsl.weights.initial import initial_weights

SPEC = """
network tiny {
  input 3x8x8
  shortcut pad
  stem { conv 3x3, 8 }
  stage layer1: 1 x basic(8)
  stage layer2: 1 x basic(16), /2
  head { avgpool; DROPlinear 10 }
  train {
    data digits
    augment pad_crop(1)
    batch 240
    epochs 2
    optimizer sgd(lr = 0.005, momentum = 0.9, weight_decay = 1e-4)
    clip 5
  }
}
"""


@pytest.fixture(scope="module")
def torch_ranks() -> Iterator[Ranks]:
    with Ranks("torch") as ranks:
        yield ranks


@pytest.fixture(scope="module")
def flax_ranks() -> Iterator[Ranks]:
    with Ranks("flax") as ranks:
        yield ranks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiny.res").write_text(SPEC.replace("DROP", ""))
    (tmp_path / "dropping.res").write_text(SPEC.replace("DROP", "dropout 0.5; "))
    return tmp_path


def call(backend: str, out: str, *more: str, spec: str = "tiny.res") -> list[str]:
    threads = ["--threads", "1"] if backend == "torch" else []
    return ["train", spec, "--backend", backend, "--precision", "float32", "--out", out, *threads, *more]


def well(ended: list[Ended]) -> list[Ended]:
    assert [each.status for each in ended] == [0] * len(ended), ended
    return ended


def apart(one: Path, other: Path) -> float:
    """The largest relative error of a tensor in two checkpoints."""
    first, second = (load(run / "checkpoint.safetensors") for run in (one, other))
    assert first.keys() == second.keys()
    sizes = {name: max(1e-2, np.linalg.norm(first[name])) for name in first}
    return max(float(np.linalg.norm(first[name] - second[name]) / sizes[name]) for name in first)


def scores(run: Path) -> list[list[float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [[line[name] for name in ("train_loss", "train_top1", "test_loss", "test_top1")] for line in lines]


@pytest.mark.parametrize("spec", ["tiny.res", "dropping.res"])
@pytest.mark.parametrize("count", [2, 4])
def test_ranks_of_pytorch_compute_what_one_process_does(
    torch_ranks: Ranks, folder: Path, count: int, spec: str
) -> None:
    parts = ["--accumulate", "2"] if count == 2 else ["--remat"]
    well(torch_ranks.run(folder, call("torch", "one", *parts, spec=spec)))
    many = well(torch_ranks.run(folder, *[call("torch", "many", *parts, spec=spec)] * count))
    assert f"{count} x cpu" in many[0].output
    assert [each.output for each in many[1:]] == [""] * (count - 1)
    assert apart(folder / "one", folder / "many") < 1e-2
    assert np.allclose(scores(folder / "one"), scores(folder / "many"), rtol=1e-4)
    well(torch_ranks.run(folder, *[call("torch", "again", *parts, spec=spec)] * count))
    assert apart(folder / "many", folder / "again") == 0


@pytest.mark.parametrize("count", [pytest.param(2, marks=pytest.mark.slow), 4])
def test_devices_of_jax_compute_what_one_does(flax_ranks: Ranks, folder: Path, count: int) -> None:
    spec = "dropping.res"
    well(flax_ranks.run(folder, call("flax", "one", spec=spec)))
    own = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}
    seat = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    (ended,) = well(flax_ranks.run(folder, call("flax", "many", "--devices", f"{count}", spec=spec), **own, **seat))
    assert f"{count} x cpu" in ended.output
    assert apart(folder / "one", folder / "many") < 1e-3
    assert np.allclose(scores(folder / "one"), scores(folder / "many"), rtol=1e-4)


@pytest.mark.parametrize(("backend", "devices", "bar"), [("torch", "2", 1e-2), ("flax", "4", 1e-3)])
def test_data_that_live_on_every_device_are_those_of_the_host(
    request: pytest.FixtureRequest, folder: Path, backend: str, devices: str, bar: float
) -> None:
    ranks = request.getfixturevalue(f"{backend}_ranks")
    parts = ["--accumulate", "2"]
    well(ranks.run(folder, call(backend, "one", *parts)))
    for out, environment in (("host", {}), ("held", {HELD: "1"})):
        words = call(backend, out, "--devices", devices, *parts)
        first, second = well(ranks.run(folder, words, words, **environment))
        assert f"{devices} x cpu" in first.output
        assert "epoch" not in second.output  # XLA itself may speak of its connections.
        assert apart(folder / "one", folder / out) < bar
        assert np.allclose(scores(folder / "one"), scores(folder / out), rtol=1e-4)
    assert apart(folder / "host", folder / "held") <= (0 if backend == "torch" else 1e-5)


def test_statistics_of_each_device_are_those_of_the_parts_of_a_batch(
    torch_ranks: Ranks, flax_ranks: Ranks, folder: Path
) -> None:
    text = (folder / "tiny.res").read_text()
    (folder / "apart.res").write_text(text.replace("clip 5", "clip 5; statistics device"))
    well(torch_ranks.run(folder, call("torch", "parts", "--accumulate", "4")))
    two = ["--accumulate", "2"]
    many = well(torch_ranks.run(folder, *[call("torch", "torch", *two, spec="apart.res")] * 2))
    assert "statistics device" in many[0].output
    parts, ranks = (learned(folder / run) for run in ("parts", "torch"))
    assert max(float(abs(parts[name] - ranks[name]).max()) for name in parts) < 1e-5
    one_each = call("flax", "flax", *two, "--devices", "2", spec="apart.res")
    well(flax_ranks.run(folder, one_each, one_each))
    assert apart(folder / "torch", folder / "flax") < 1e-3
    assert np.allclose(scores(folder / "torch"), scores(folder / "flax"), rtol=1e-4)


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_statistics_of_each_device_leave_what_is_frozen(
    request: pytest.FixtureRequest, folder: Path, backend: str
) -> None:
    text = (folder / "tiny.res").read_text()
    (folder / "apart.res").write_text(text.replace("clip 5", "statistics device"))
    ranks = request.getfixturevalue(f"{backend}_ranks")
    words = call(backend, "run", "--devices", "3", "--freeze", "stem,layer1", "--epochs", "1", spec="apart.res")
    well(ranks.run(folder, *[words] * 3))
    kept = {name: array for name, array in load(folder / "run" / "last.safetensors").items() if "layer1" in name}
    begun = initial_weights(resdsl.load(folder / "tiny.res"))
    assert kept
    assert all(np.array_equal(array, begun[name]) for name, array in kept.items())


FROM_PYTHON = "import resdsl; print(resdsl.train('tiny.res', backend='flax', devices=2, epochs=1, precision='float32'))"


@pytest.mark.slow
def test_devices_from_python(flax_ranks: Ranks, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FROM_PYTHON], cwd=folder, capture_output=True, text=True, check=True)
    assert "2 x cpu" in (folder / "runs/tiny-digits-1/recipe.json").read_text()
    assert "<Run runs/tiny-digits-1: step 5/5" in done.stdout
    well(flax_ranks.run(folder, call("flax", "one", "--epochs", "1")))
    assert apart(folder / "one", folder / "runs/tiny-digits-1") < 1e-3


def test_a_share_of_one_value_per_channel_is_refused(torch_ranks: Ranks, folder: Path) -> None:
    pooled = SPEC.replace("DROP", "").replace("avgpool; ", "avgpool; norm; ").replace("clip 5", "statistics device")
    (folder / "pooled.res").write_text(pooled)
    ended = torch_ranks.run(folder, *[call("torch", "run", "--batch", "2", spec="pooled.res")] * 2)
    assert [each.status for each in ended] == [2, 2], ended
    assert "has one value of each channel" in ended[0].output


def learned(run: Path) -> dict[str, np.ndarray]:
    """What a run has learned, without the statistics of its norms."""
    return {name: array for name, array in load(run / "last.safetensors").items() if "running" not in name}


DIFFERENT = {
    "network": (["dropping.res"], [], "rank 1 differs from rank 0 in its network: tiny "),
    "recipe": (["tiny.res"], ["--lr", "0.1"], "rank 1 differs from rank 0 in its recipe's optimizer: "),
    "data set": (["tiny.res"], ["--limit", "500"], "rank 1 differs from rank 0 in its data set: digits, 500 and 360 "),
    "data": (["tiny.res"], ["--data", "cifar10", "--data-dir", "nowhere"], "rank 1: there is no folder nowhere: "),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_rank_that_differs_is_named_before_the_first_step(torch_ranks: Ranks, folder: Path, what: str) -> None:
    (spec,), more, said = DIFFERENT[what]
    ended = torch_ranks.run(folder, call("torch", "run"), call("torch", "run", *more, spec=spec))
    assert [each.status for each in ended] == [2, 2], ended
    assert said in ended[0].output
    assert ended[1].output == ""
    assert not (folder / "run").exists()


def test_a_rank_of_jax_that_differs_is_named(flax_ranks: Ranks, folder: Path) -> None:
    words = call("flax", "run", "--devices", "2")
    ended = flax_ranks.run(folder, words, [*words, "--seed", "3"])
    assert [each.status for each in ended] == [2, 2], ended
    assert "rank 1 differs from rank 0 in its recipe's seed: 3, not 0" in ended[0].output


def test_a_batch_that_devices_cannot_share_is_refused(torch_ranks: Ranks, folder: Path) -> None:
    ended = torch_ranks.run(folder, *[call("torch", "run", "--batch", "127")] * 2)
    assert [each.status for each in ended] == [2, 2]
    assert "batch 127 makes no 2 equal parts, for all devices: pass --batch 128" in ended[0].output


HOW = {
    "to the launcher": lambda launcher: launcher.send_signal(signal.SIGTERM),
    "by Ctrl-C": lambda launcher: os.killpg(launcher.pid, signal.SIGINT),
    "since the launcher is gone": lambda launcher: launcher.kill(),
}


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes where Linux shows them")
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.slow if how == "to the launcher" else ()) for how in HOW]
)
def test_all_ranks_stop_and_save(torch_ranks: Ranks, folder: Path, how: str) -> None:
    command = [sys.executable, "-m", "resdsl", *call("torch", "run", "--epochs", "500", "--devices", "2")]
    output = folder / "output.txt"
    with output.open("w") as sink:
        launcher = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=sink, start_new_session=True)
    while not (folder / "run" / "best.safetensors").exists():
        assert launcher.poll() is None, output.read_text()
        time.sleep(0.02)
    ranks = children(launcher.pid)
    HOW[how](launcher)
    assert launcher.wait(60) == (-signal.SIGKILL if "gone" in how else 130), output.read_text()
    for _ in range(500):
        if not any(Path(f"/proc/{rank}").exists() for rank in ranks):
            break
        time.sleep(0.02)
    assert "--resume" in output.read_text()
    assert "lost" not in output.read_text()
    saved = json.loads((folder / "run" / "metrics.jsonl").read_text().splitlines()[-1])["epoch"]
    more = call("torch", "run", "--resume", "--devices", "2", "--epochs", f"{int(saved) + 2}")
    well(torch_ranks.run(folder, more, more))


def children(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


# The processes of JAX that one machine has are started by a scheduler; here the launcher stands for it.
MANY = "import sys; from resdsl.training.launch import launch; sys.exit(launch(sys.argv[1:], 2, print))"
STARTS = {"torch": ["-m", "resdsl"], "flax": ["-uc", MANY]}


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes where Linux shows them")
@pytest.mark.parametrize("backend", ["torch", pytest.param("flax", marks=pytest.mark.slow)])
def test_a_rank_that_is_killed_is_named_and_the_run_ends_in_the_same_bytes(
    request: pytest.FixtureRequest, folder: Path, backend: str
) -> None:
    words = call(backend, "run", "--epochs", "8", "--devices", "2")
    command = [sys.executable, *STARTS[backend], *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as launcher:
        while not (folder / "run" / "best.safetensors").exists():
            assert launcher.poll() is None, launcher.communicate()[0]
            time.sleep(0.02)
        lost = children(launcher.pid)[1]
        os.kill(lost, signal.SIGKILL)
        output = launcher.communicate(timeout=300)[0]
    assert launcher.returncode == 0, output
    assert f"rank 1 (process {lost}) is lost: it was ended by SIGKILL" in output
    assert "going on after step" in output
    whole = call(backend, "whole", "--epochs", "8", "--devices", "2")
    well(request.getfixturevalue(f"{backend}_ranks").run(folder, whole, whole))
    last = [(folder / run / "last.safetensors").read_bytes() for run in ("run", "whole")]
    assert last[0] == last[1]
    assert apart(folder / "run", folder / "whole") == 0
