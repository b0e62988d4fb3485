"""The runner on a GPU: speeds, ratios against bare loops, and whether bits are what they should be.

python benchmarks/gpu.py            six minutes at most; prints a JSON line for each figure as it comes
python benchmarks/gpu.py --quick    the same on tiny networks, to try the script on a processor

First everything is compiled, all at once, into caches; then each part measures alone.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import resdsl
from resdsl.backend import Array, Compute, Normalization, Session, load_backend
from resdsl.ir.network import Network
from resdsl.ir.recipe import ConstantSchedule, Flip, PadCrop, Recipe, Sgd
from resdsl.training import feed, loop
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.display import Display, Moment
from resdsl.training.folder import RunFolder
from resdsl.training.loop import Job
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress
from resdsl.training.timetable import timetable
from resdsl.weights.initial import initial_weights

QUICK = "--quick" in sys.argv
BUDGET = 300.0
SCALE = Normalization((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
AUGMENT = (PadCrop(4), Flip())
State = dict[str, Array]
FIGURES: dict[str, float] = {}
# What each is to reach on an H100, in images per second of whole runs (of the training alone at 224x224).
TARGETS = {
    "torch resnet20": 55_000, "flax resnet20": 57_000, "torch resnet110": 10_000, "flax resnet110": 10_000,
    "torch resnet50 compiled": 5_400, "flax resnet50": 5_000,
}  # fmt: skip


def say(what: str, **figures: Any) -> None:
    """One line, at once: whatever happens afterwards, it is there."""
    print(json.dumps({"what": what, **figures}), flush=True)


def noise(count: int, side: int, classes: int) -> Images:
    """Random images."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (count, side, side, 3), np.uint8)
    return Images(pixels, generator.integers(0, classes, count))


class Size:
    """How large each part is."""

    cifar = (1_024, 512) if QUICK else (50_000, 10_000)
    side = 8 if QUICK else 32
    batch = 128
    epochs = 2 if QUICK else 4
    imagenet = (8, 4) if QUICK else (5_120, 512)
    imagenet_side = 32 if QUICK else 224
    imagenet_batch = 4 if QUICK else 256
    bits = (160, 32) if QUICK else (2_560, 512)


def network(name: str) -> Network:
    """A shipped network, or a small one in its place."""
    if name == "resnet50":
        return resdsl.load(name, input=f"3x{Size.imagenet_side}x{Size.imagenet_side}")
    n = {"resnet20": 1, "resnet110": 3}[name] if QUICK else {"resnet20": 3, "resnet110": 18}[name]
    return resdsl.load("cifar:cifar_resnet", n=n, input=f"3x{Size.side}x{Size.side}")


def dataset(name: str) -> tuple[Dataset, Recipe]:
    """Images for a network, and what to do with them."""
    if name == "resnet50":
        (train, test), side, batch, classes = Size.imagenet, Size.imagenet_side, Size.imagenet_batch, 1000
    else:
        (train, test), side, batch, classes = Size.cifar, Size.side, Size.batch, 10
    data = Dataset("noise", noise(train, side, classes), noise(test, side, classes), classes, SCALE)
    epochs = 3 if name == "resnet110" else Size.epochs
    recipe = Recipe(batch=batch, augment=AUGMENT, epochs=epochs, optimizer=Sgd(lr=0.01))
    return data, recipe


def in_memory(data: Dataset) -> Images:
    """The training images."""
    assert isinstance(data.train, Images)
    return data.train


class Timed:
    """A function that keeps its times."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.seconds = function, [0.0]

    def median(self) -> float:
        """Of the later calls, in seconds."""
        return round(statistics.median(self.seconds[2:] or self.seconds), 4)


def timed(owner: Any, name: str) -> Timed:
    """Times a method from now on."""
    kept = Timed(getattr(owner, name))

    def call(*given: Any) -> Any:
        began = time.perf_counter()
        answer = kept.function(*given)
        kept.seconds.append(time.perf_counter() - began)
        return answer

    setattr(owner, name, call)
    return kept


class Clock(Display):
    """Notes when each epoch is over: trained, evaluated and saved."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]
        self.rates: list[float] = []
        self.notes: list[str] = []

    def doing(self, words: str) -> None: ...

    def update(self, moment: Moment) -> None: ...

    def testing(self, moment: Moment) -> None: ...

    def note(self, words: str) -> None:
        self.notes.append(words)

    def evaluated(self, metrics: Metrics) -> None:
        self.times.append(time.perf_counter())
        self.rates.append(metrics.images_per_second)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def on_device(session: Session) -> Session:
    """Holds data sets on a processor too, so that the script can be tried there."""
    if QUICK:
        session.memory = sys.maxsize
    return session


def make_session(backend: str, net: Network, recipe: Recipe, compute: Compute, **more: Any) -> Session:
    """A session on data that live on the device."""
    made = load_backend(backend)
    module = made.build(net, initial_weights(net))
    if not more:
        return on_device(made.session(module, recipe, SCALE, compute))
    from resdsl_flax.step import FlaxSession

    return on_device(FlaxSession(module, recipe, SCALE, compute, **more))


def whole_run(label: str, backend: str, name: str, compute: Compute, warm: bool = False, **more: Any) -> None:
    """The speed of a whole run, the first epoch (with all that is compiled and captured in it) left out."""
    data, recipe = dataset(name)
    net = network(name)
    began = time.perf_counter()
    session = make_session(backend, net, recipe, compute, **more)
    if warm:
        recipe = replace(recipe, epochs=None, steps=min(3, len(data.train) // recipe.batch))
        held = session.hold(in_memory(data).pixels, in_memory(data).labels, recipe.batch)
        recipe = replace(recipe, steps=held.at_once if backend == "flax" else recipe.steps)
        del held
    clock = Clock()
    with tempfile.TemporaryDirectory() as path:
        job = Job(backend, session, data, recipe, timetable(recipe, len(data.train)))
        folder = RunFolder.create(Path(path, "run"), "", "", {})
        saved, tested = timed(folder, "save"), timed(feed.HeldFeed, "test")
        loop.run(job, folder, clock, Progress())
    feed.HeldFeed.test = tested.function  # type: ignore[method-assign]
    first = clock.times[1] - began
    if warm:
        say(f"{label}: compiled", seconds=round(first, 1), notes=clock.notes)
        return
    images = len(data.train) // recipe.batch * recipe.batch
    seconds = [after - before for before, after in zip(clock.times[1:-1], clock.times[2:], strict=True)]
    whole, alone = images / min(seconds), max(clock.rates[1:])
    reached = alone if name == "resnet50" else whole
    FIGURES[label] = reached
    say(
        label, images_per_second=round(whole), training_alone=round(alone), first_epoch_seconds=round(first, 1),
        each=[round(images / s) for s in seconds], saving=saved.median(), testing=tested.median(), target=TARGETS.get(label),
        reached=reached >= TARGETS[label] if label in TARGETS else None, notes=[*session.notes, *clock.notes],
    )  # fmt: skip


BITS = """
network bits {
  input 3xSIDExSIDE
  shortcut pad
  stem { conv 3x3, 16 }
  stage layer1: 2 x basic(16)
  stage layer2: 2 x basic(32), /2
  head { avgpool; dropout 0.5; linear 10 }
}
"""


class KilledError(Exception):
    """The end of a run that was not asked for."""


class Killer(Clock):
    """Ends a run in the middle of its last epoch."""

    def update(self, moment: Moment) -> None:
        """Ends the run where it has come far enough."""
        if (
            moment.progress.step * 10 >= moment.timetable.total * 8
            and moment.progress.step % moment.timetable.per_epoch
        ):
            raise KilledError


def bits(backend: str) -> None:
    """Whether runs that should be equal are, to the bit."""
    with tempfile.TemporaryDirectory() as folder:
        _bits(backend, Path(folder))


def _bits(backend: str, folder: Path) -> None:
    (folder / "bits.res").write_text(BITS.replace("SIDE", str(Size.side)))
    net = resdsl.load(folder / "bits.res")
    batch = 4 if QUICK else 32
    train, test = Size.bits
    data = Dataset("noise", noise(train, Size.side, 10), noise(test, Size.side, 10), 10, SCALE)
    recipe = Recipe(batch=batch, augment=AUGMENT, epochs=2, optimizer=Sgd(lr=0.01), schedule=ConstantSchedule())

    def go(name: str, change: Callable[[Any], object] = bool, resume: bool = False, clock: Any = None) -> State:
        session = make_session(backend, net, recipe, Compute())
        change(session)
        run = RunFolder.open(folder / name) if resume else RunFolder.create(folder / name, "", "", {})
        progress = Progress()
        if resume:
            state, progress = run.load()
            session.load_state(state)
        job = Job(backend, session, data, recipe, timetable(recipe, len(data.train)))
        try:
            loop.run(job, run, clock or Clock(), progress)
        except KilledError:
            say(f"{backend} bits: killed", saved_step=run.load()[1].step)
        for note in session.notes:
            say(f"{backend} bits: note of {name}", note=note)
        return session.state()

    def compare(what: str, one: State, other: State) -> None:
        most = max(float(np.abs(one[name] - other[name]).max()) for name in one)
        say(
            f"{backend} bits: {what}", equal=all(np.array_equal(one[n], other[n]) for n in one), largest_difference=most
        )

    whole = go("whole")
    compare("two runs", whole, go("again"))
    with patched(loop, LOOK_EVERY=-1.0, SAVE_EVERY=-1.0):
        go("killed", clock=Killer())
    compare("killed and resumed", whole, go("killed", resume=True))
    if backend == "torch":
        compare("captured and plain", whole, go("plain", uncaptured))
    one_by_one = whole if backend == "torch" else go("one by one", one_at_a_time)
    compare("data on the device and on the host", one_by_one, go("host", on_host))
    if backend == "flax":
        compare("several steps at once and one by one (rounding differs)", whole, one_by_one)
    kept, remade = (make_session(backend, net, recipe, Compute(remat=remat)) for remat in (False, True))
    compare("remat, three steps", three_steps(kept, data), three_steps(remade, data))
    augmented(backend, data, recipe)


def uncaptured(session: Any) -> None:
    """Makes a PyTorch session run kernel by kernel."""
    if session._captured:
        session._captured.refusal = "as asked"


def one_at_a_time(session: Any) -> None:
    """Makes a Flax session start one step at a time."""
    hold = session.hold

    def held(*given: Any) -> Any:
        data = hold(*given)
        data.at_once = 1
        return data

    session.hold = held


def on_host(session: Any) -> None:
    """Makes batches on the host."""
    session.memory = 0


@contextmanager
def patched(module: Any, **values: Any) -> Iterator[None]:
    """Other values for a while."""
    before = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def three_steps(session: Session, data: Dataset) -> State:
    """The state after three steps on batches from the host."""
    for step in range(3):
        batch = in_memory(data)[step * 16 : step * 16 + 16]
        session.train_step(batch.pixels, batch.labels, 0.01, step)
    return session.state()


def augmented(backend: str, data: Dataset, recipe: Recipe) -> None:
    """Whether the device gives the host's bytes."""
    epoch = epoch_of(recipe, len(data.train), 1)
    expected = np.concatenate([batch.pixels for batch in training_batches(data.train, recipe.batch, epoch)])
    count = len(expected)
    if backend == "torch":
        from resdsl_torch.held import TorchHeld

        session = make_session(backend, network("resnet20"), recipe, Compute())
        held = TorchHeld(session, in_memory(data).pixels, in_memory(data).labels, recipe.batch)  # type: ignore[arg-type]
        held.begin(epoch)
        found = held.prepared(0, count // recipe.batch)[0].cpu().numpy()
    else:
        import jax

        from resdsl_flax.held import prepared

        pixels, labels = jax.numpy.asarray(in_memory(data).pixels), jax.numpy.asarray(in_memory(data).labels)
        steps = count // recipe.batch
        rows = epoch.mapped(lambda array: array[:count].reshape(steps, recipe.batch, *array.shape[1:]))
        found = np.concatenate(jax.jit(prepared, static_argnums=4)(pixels, labels, rows, 0, steps)[0])
    say(f"{backend} bits: augmentation on device and host", equal=bool(np.array_equal(found, expected)))


def repeatable(label: str, backend: str, name: str, compute: Compute) -> None:
    """Whether three steps of a network give the same bits twice."""
    data, recipe = dataset(name)
    states = [three_steps(make_session(backend, network(name), recipe, compute), data) for _ in range(2)]
    say(f"{label}: three steps, twice", equal=all(np.array_equal(states[0][n], states[1][n]) for n in states[0]))


def bare(compiled: bool, warm: bool = False) -> None:
    """The loop that anyone would write, on images that are ready on the device."""
    import torch
    from torch.nn.functional import cross_entropy

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = resdsl.build(network("resnet20")).to(device, memory_format=torch.channels_last).train()
    call = torch.compile(model) if compiled else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(Size.batch, 3, Size.side, Size.side, device=device).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (Size.batch,), device=device)

    def steps(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            with torch.autocast(device, torch.bfloat16):
                loss = cross_entropy(call(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        float(loss.detach())
        return Size.batch * count / (time.perf_counter() - began)

    began = time.perf_counter()
    steps(3)
    name = f"bare {'compiled' if compiled else 'eager'} loop, torch resnet20"
    if warm:
        say(f"{name}: compiled", seconds=round(time.perf_counter() - began, 1))
        return
    speed = max(steps(2 if QUICK else 200) for _ in range(3))
    ratios = {label: round(found / speed, 3) for label, found in FIGURES.items() if "torch resnet20" in label}
    say(name, images_per_second=round(speed), whole_runs_over_it=ratios)


def surroundings() -> None:
    """What it all runs on."""
    import jax
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    say("machine", gpu=gpu, jax=str(jax.devices()), torch=torch.__version__, jax_version=jax.__version__,
        cores=os.cpu_count(), python=sys.version.split()[0])  # fmt: skip


TUNED = {"xla_gpu_exclude_nondeterministic_ops": True}


def tuned(label: str, name: str, warm: bool) -> None:
    """Kernels are timed and chosen among those that repeat their bits; the choice is kept in a folder."""
    from resdsl_flax import step

    with patched(step, EXACT=TUNED):
        whole_run(f"flax {label}", "flax", name, Compute(), warm)
        if name != "resnet110":
            digest(f"flax {label}", "flax", name, Compute())


def tuned_bits() -> None:
    """The bits of Flax with timed kernels."""
    from resdsl_flax import step

    with patched(step, EXACT=TUNED):
        bits("flax")


def digest(label: str, backend: str, name: str, compute: Compute) -> None:
    """What three steps end in, in a few letters: to compare processes."""
    data, recipe = dataset(name)
    recipe = replace(recipe, optimizer=Sgd(lr=0.01))
    state = three_steps(make_session(backend, network(name), recipe, compute), data)
    found = hashlib.sha256(b"".join(state[key].tobytes() for key in sorted(state))).hexdigest()[:16]
    say(f"{label}: digest", digest=found, cache=os.environ.get("JAX_COMPILATION_CACHE_DIR"))


def one_by_one(warm: bool) -> None:
    """PyTorch with casts and counters layer by layer."""
    from resdsl_torch import step

    with patched(step, Together=lambda *given: None):
        whole_run("torch resnet20, layer by layer", "torch", "resnet20", Compute(), warm)


def all_compiled(warm: bool) -> None:
    """PyTorch compiled as a whole, not block by block."""
    from resdsl_torch import blocks, step

    def compiled(module: Any, deterministic: bool, whole: bool) -> None:
        blocks.compile_parts(module, deterministic, whole=True)

    with patched(step, compile_parts=compiled):
        whole_run("torch resnet50 compiled as a whole", "torch", "resnet50", Compute(compile=True), warm)


Part = Callable[[bool], None]
MEASURED: dict[str, dict[str, Part]] = {
    "machine": {"machine": lambda warm: surroundings()},
    "torch": {
        "resnet20": lambda warm: whole_run("torch resnet20", "torch", "resnet20", Compute(), warm),
        "one_by_one": one_by_one,
        "bits": lambda warm: None if warm else bits("torch"),
        "resnet110": lambda warm: None if warm else whole_run("torch resnet110", "torch", "resnet110", Compute()),
        "resnet50": lambda warm: whole_run(
            "torch resnet50 compiled", "torch", "resnet50", Compute(compile=True), warm),
        "resnet50whole": all_compiled,
        "profile": lambda warm: None if warm else profiled(),
        "resnet50fast": lambda warm: whole_run(
            "torch resnet50 compiled, not deterministic", "torch", "resnet50",
            Compute(compile=True, deterministic=False), warm),
        "compiled": lambda warm: whole_run(
            "torch resnet20 compiled", "torch", "resnet20", Compute(compile=True), warm),
    },
    "flax": {
        "resnet50tuned": lambda warm: tuned("resnet50 tuned", "resnet50", warm),
        "resnet20tuned": lambda warm: tuned("resnet20 tuned", "resnet20", warm),
        "resnet20": lambda warm: whole_run("flax resnet20", "flax", "resnet20", Compute(), warm),
        "resnet110tuned": lambda warm: tuned("resnet110 tuned", "resnet110", warm),
        "bits": lambda warm: None if warm else tuned_bits(),
        "resnet110": lambda warm: None if warm else whole_run("flax resnet110", "flax", "resnet110", Compute()),
    },
}  # fmt: skip
COMPILED = {
    "torch": ("resnet50whole resnet50 resnet50fast", "compiled"),  # One after another: memory is for two of that size.
    "flax": ("resnet50tuned", "resnet20tuned", "resnet20", "resnet110tuned"),
}


def profiled() -> None:
    """The kernels of plain steps that take longest."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    for name in ("resnet20", "resnet50"):
        data, recipe = dataset(name)
        session = make_session("torch", network(name), recipe, Compute())
        three_steps(session, data)
        uncaptured(session)
        batch = in_memory(data)[: recipe.batch]
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as found:
            session.train_step(batch.pixels, batch.labels, 0.01, 4)
            if torch.cuda.is_available():
                torch.cuda.synchronize()
        rows = [e for e in found.key_averages() if str(e.device_type).endswith("CUDA")]
        rows.sort(key=lambda event: -event.self_device_time_total)
        total = sum(event.self_device_time_total for event in rows)
        say(f"torch {name}: kernels", count=sum(event.count for event in rows), microseconds=round(total))
        for event in rows[:25]:
            say("kernel", name=event.key[:110], count=event.count, microseconds=round(event.self_device_time_total))


def parts(framework: str, names: list[str], warm: bool) -> None:
    """Some parts, in this process; what breaks in one is said and harms no other."""
    for name in names:
        began = time.perf_counter()
        try:
            MEASURED[framework][name](warm)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            say(f"{framework} {name}: broken", error=repr(error)[:600], at=f"{last.filename}:{last.lineno}")
            traceback.print_exc(limit=12)
        cleared(framework)
        say(f"{framework} {name}: done", seconds=round(time.perf_counter() - began, 1), warm=warm)


def cleared(framework: str) -> None:
    """Gives back what a part has left."""
    gc.collect()
    if framework == "torch":
        import torch

        torch._dynamo.reset()
        torch.cuda.empty_cache()


def start(framework: str, names: list[str], warm: bool, cache: str) -> subprocess.Popen[bytes]:
    """A process for some parts."""
    own = {
        "JAX_COMPILATION_CACHE_DIR": f"{cache}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "1",
        "TORCHINDUCTOR_CACHE_DIR": f"{cache}/inductor",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false" if warm else "true",
    }
    command = [sys.executable, __file__, "--part", framework, *names]
    command += [*(["--warm"] if warm else []), *(["--quick"] if QUICK else [])]
    return subprocess.Popen(command, env=os.environ | own)


def finish(process: subprocess.Popen[bytes], seconds: float, what: str) -> None:
    """Waits for a process, and ends it where it takes too long."""
    try:
        process.wait(max(1.0, seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        say(f"{what}: ended, since time is up")


def main() -> None:
    """Runs the parts that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--part", nargs="+", help="a framework, and which of its parts")
    parser.add_argument("--frameworks", nargs="+", default=["torch", "flax"], choices=["torch", "flax"])
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds for everything")
    parser.add_argument("--cache", help="where compiled code is kept, for another call")
    options = parser.parse_args()
    if options.part:
        parts(options.part[0], options.part[1:], options.warm)
        return
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or temporary
        jobs = [(f, name, start(f, name.split(), True, cache)) for f in options.frameworks for name in COMPILED[f]]
        if "flax" in options.frameworks:
            jobs.append(("flax", "elsewhere", start("flax", ["resnet20tuned"], True, f"{cache}/elsewhere")))
        for framework, name, process in jobs:
            finish(process, options.budget * 0.45 - (time.perf_counter() - began), f"compiling {framework} {name}")
        finish(start("machine", ["machine"], False, cache), 60, "machine")
        for framework in options.frameworks:
            left = options.budget - (time.perf_counter() - began)
            share = left * 0.52 if framework == "torch" and len(options.frameworks) > 1 else left
            finish(start(framework, list(MEASURED[framework]), False, cache), share, framework)
    say("all done", seconds=round(time.perf_counter() - began, 1))


if __name__ == "__main__":
    main()
