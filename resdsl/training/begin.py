"""From what a call asks for to a run that is ready to go: new, or where it was left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from resdsl.backend import Precision
from resdsl.ir.network import Network
from resdsl.training.chosen_backend import installed_backend
from resdsl.training.data.registry import open_dataset
from resdsl.training.description import Description, check_same_run, described, session_entry
from resdsl.training.errors import RunError
from resdsl.training.folder import RunFolder, check_free, newest_run, next_run
from resdsl.training.loop import Job
from resdsl.training.plan import plan
from resdsl.training.progress import Progress
from resdsl.training.resolve import Overrides, chosen_data, merged, resolve
from resdsl.training.spec_copy import one_text
from resdsl.weights.initial import initial_weights


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for: `sources` are the texts that the network comes from, the spec's own first.

    `out` is the run folder, by default the next `runs/<network>-<data>-<n>`, or the newest of them with `resume`.
    """

    network: Network
    sources: Mapping[str, str]
    parameters: Mapping[str, float] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    backend: str | None = None
    precision: Precision | None = None
    threads: int | None = None
    data_dir: Path | None = None
    out: Path | None = None
    resume: bool = False


class Run(NamedTuple):
    """A run that is ready to go on from `progress`."""

    job: Job
    folder: RunFolder
    progress: Progress


def begin(call: Call) -> Run:
    """The run that `call` asks for, with its folder on disk (TrainError, BackendMissing, OSError)."""
    return _resumed(call) if call.resume else _new(call)


def _new(call: Call) -> Run:
    path = call.out or next_run(_stem(call))
    check_free(path)
    job = _job(call)
    description = described(job, call.network, call.parameters, asdict(call.overrides))
    description["sessions"] = [session_entry(job, call.threads, call.data_dir, 0)]
    folder = RunFolder.create(path, one_text(call.sources), description)
    folder.save(job.session.state(), Progress())
    return Run(job, folder, Progress())


def _resumed(call: Call) -> Run:
    folder = RunFolder.open(call.out or newest_run(_stem(call)))
    old = folder.description()
    asked = call.overrides
    call = _as_before(call, old)
    job = _job(call)
    description = described(job, call.network, call.parameters, asdict(call.overrides))
    check_same_run(folder.path, old, description, longer=bool(asked.steps or asked.epochs))
    state, progress = folder.load()
    try:
        job.session.load_state(state)
    except (KeyError, ValueError) as error:
        raise RunError(f"the checkpoint in {folder.path} does not fit {call.network.name}: {error}") from error
    description["sessions"] = [*old["sessions"], session_entry(job, call.threads, call.data_dir, progress.step)]
    folder.describe(description)
    return Run(job, folder, progress)


def _job(call: Call) -> Job:
    backend = installed_backend(call.backend)
    network, overrides = call.network, call.overrides
    data = chosen_data(network.recipe, overrides)
    dataset = open_dataset(data, network, call.data_dir).limited(overrides.limit)
    recipe = resolve(network.recipe, overrides, dataset)
    length = plan(recipe, len(dataset.train))
    module = backend.build(network, initial_weights(network, recipe.seed))
    session = backend.session(module, recipe, dataset.scale, call.precision, call.threads)
    return Job(backend.name, session, dataset, recipe, length)


def _as_before(call: Call, old: Description) -> Call:
    """`call` with what the run was begun with, wherever it says nothing itself."""
    try:
        last = old["sessions"][-1]
        return replace(
            call,
            overrides=merged(Overrides(**old["overrides"]), call.overrides),
            backend=call.backend or last["backend"],
            precision=call.precision or last["precision"],
            threads=call.threads or last["threads"],
            data_dir=call.data_dir or (last["data_dir"] and Path(last["data_dir"])),
        )
    except (KeyError, IndexError, TypeError) as error:
        raise RunError(f"recipe.json does not say how the run was begun ({error}): begin another with --out") from error


def _stem(call: Call) -> str:
    data = chosen_data(call.network.recipe, call.overrides)
    return f"{call.network.name}-{data.name if data else 'data'}"
