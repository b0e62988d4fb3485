"""What happens on a device gives the bits of the host: data that live there, captured steps, computing twice."""

import io
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

from resdsl.backend import Array, Compute, Normalization
from resdsl.ir.recipe import Color, ConstantSchedule, Flip, PadCrop, Recipe, Sgd
from resdsl.training import loop
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.display import PlainDisplay
from resdsl.training.folder import RunFolder
from resdsl.training.loop import Job, run
from resdsl.training.progress import Progress
from resdsl.training.timetable import timetable
from resdsl_torch import blocks, captured
from resdsl_torch.captured import Captured
from resdsl_torch.held import TorchHeld
from resdsl_torch.step import TorchSession

SCALE = Normalization((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
GENERATOR = np.random.default_rng(0)
RECIPE = Recipe(batch=16, augment=(PadCrop(2), Flip()), epochs=2, optimizer=Sgd(lr=0.05), schedule=ConstantSchedule())

COLOURED = replace(RECIPE, augment=(*RECIPE.augment, Color(1.0)))


def images(count: int) -> Images:
    return Images(GENERATOR.integers(0, 256, (count, 8, 9, 3), np.uint8), GENERATOR.integers(0, 10, count))


DATA = Dataset("noise", images(170), images(50), 10, SCALE)


class Block(nn.Module):
    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.drop(torch.relu(self.bn(self.conv(x))))


def net(dropout: float = 0.3, depth: int = 2) -> nn.Module:
    torch.manual_seed(0)
    stage = nn.Sequential(*(Block(8, dropout) for _ in range(depth)))
    return nn.Sequential(nn.Conv2d(3, 8, 3), stage, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))


def session(compute: Compute = Compute("float32"), dropout: float = 0.3, depth: int = 2) -> TorchSession:  # noqa: B008 - frozen
    return TorchSession(net(dropout, depth), RECIPE, SCALE, compute)


def trained(work: TorchSession, steps: int = 4) -> dict[str, Array]:
    batch = DATA.train[:16]
    for step in range(steps):
        work.train_step(batch.pixels, batch.labels, 0.1 / (step + 1), step)
    return work.state()


def equal(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_a_held_epoch_has_the_bytes_of_the_hosts() -> None:
    held = TorchHeld(session(), DATA.train.pixels, DATA.train.labels, 16)
    epoch = epoch_of(COLOURED, len(DATA.train), 3)
    held.begin(epoch)
    pixels, labels = held.prepared(2, 4)
    expected = list(training_batches(DATA.train, 16, epoch))[2:6]
    assert np.array_equal(pixels.numpy(), np.concatenate([batch.pixels for batch in expected]))
    assert np.array_equal(labels.numpy(), np.concatenate([batch.labels for batch in expected]))


def whole_run(path: Path, held: bool, recipe: Recipe = RECIPE, resume: bool = False) -> RunFolder:
    work = session()
    if held:
        work.memory = sys.maxsize
    folder = RunFolder.open(path) if resume else RunFolder.create(path, "", "", {})
    progress = Progress()
    if resume:
        state, progress = folder.load()
        work.load_state(state)
    job = Job("torch", work, DATA, recipe, timetable(recipe, len(DATA.train)))
    run(job, folder, PlainDisplay(Console(file=io.StringIO())), progress)
    return folder


def test_a_run_on_held_data_is_the_run_on_the_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOOK_EVERY", -1.0)
    host, device = whole_run(tmp_path / "host", False), whole_run(tmp_path / "device", True)
    assert equal(host.load()[0], device.load()[0])
    assert host.load()[1].best_top1 == device.load()[1].best_top1


def test_a_run_on_held_data_goes_on_anywhere(tmp_path: Path) -> None:
    whole = whole_run(tmp_path / "whole", True)
    for steps in (3, 10, 13, 20):
        parts = whole_run(tmp_path / f"{steps}", True, replace(RECIPE, epochs=None, steps=steps))
        whole_run(parts.path, True, resume=True)
        assert equal(whole.load()[0], parts.load()[0])


class Graph:
    """A CUDA graph as a processor can have it: what was captured is computed again, into the same result."""

    again = staticmethod(lambda: None)

    def replay(self) -> None:
        Graph.again()


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    made: list[Graph] = []

    @contextmanager
    def graph(into: Graph, **options: object):
        made.append(into)
        yield

    class Stream:
        device = None

        def __init__(self, device: object = None) -> None: ...

        def wait_stream(self, other: object) -> None: ...

    cuda = captured.torch.cuda
    monkeypatch.setattr(cuda, "Stream", Stream)
    monkeypatch.setattr(cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(cuda, "graph", graph)
    monkeypatch.setattr(cuda, "current_stream", Stream)
    monkeypatch.setattr(cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(cuda, "set_stream", lambda stream: None)
    return made


def test_a_captured_step_is_replayed_on_its_own_buffers(graphs: list[Graph], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def double(x: torch.Tensor) -> torch.Tensor:
        calls.append(x)
        return 2 * x

    work = Captured(double, torch.device("cpu"))
    monkeypatch.setattr(Graph, "again", staticmethod(lambda: work._result.copy_(2 * work._inputs[0])))
    results = [work(torch.full((2,), float(number))) for number in range(6)]
    assert [result[0].item() for result in results] == [0, 2, 4, 6, 8, 10]
    assert len(graphs) == 1
    assert len(calls) == captured.PLAIN_RUNS + 1
    assert work(torch.ones(3)).tolist() == [2, 2, 2]
    assert not work.refusal


def test_what_cannot_be_captured_runs_plainly_and_says_so(graphs: list[Graph]) -> None:
    calls = []

    def reads(x: torch.Tensor) -> torch.Tensor:
        calls.append(x)
        if len(calls) == captured.PLAIN_RUNS + 1:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        return 2 * x

    work = Captured(reads, torch.device("cpu"))
    assert [work(torch.ones(1)).item() for _ in range(6)] == [2] * 6
    assert work.refusal == "operation not permitted when stream is capturing"
    assert len(graphs) == 1


def test_recomputed_blocks_give_the_same_numbers() -> None:
    kept, again = (trained(session(Compute("float32", remat=remat))) for remat in (False, True))
    assert equal(kept, again)


def test_the_blocks_of_a_module_are_the_outermost_of_its_own() -> None:
    assert [type(block) for block in blocks.blocks(net())] == [Block, Block]
    plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    assert list(blocks.blocks(plain)) == [plain]


@pytest.mark.slow
@pytest.mark.parametrize(("whole", "remat"), [(True, False), (False, False), (False, True)])
def test_what_is_compiled_stays_close_and_equal_blocks_are_compiled_once(
    whole: bool, remat: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._dynamo.utils import counters

    parts = partial(blocks.compile_parts, whole=whole)
    monkeypatch.setattr("resdsl_torch.step.compile_parts", lambda module, exact, suits: parts(module, exact))
    counters.clear()
    plain = trained(session(dropout=0.0, depth=5))
    compiled = trained(session(Compute("float32", compile=True, remat=remat), dropout=0.0, depth=5))
    assert max(np.abs(plain[name] - compiled[name]).max() for name in plain) < 1e-4
    assert counters["stats"]["unique_graphs"] <= 2 + remat
