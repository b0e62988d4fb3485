"""From what a call asks for to a run that is ready to go: new, or where it was left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from resdsl.backend import Array, Compute
from resdsl.ir.layers import BatchNorm, Composite
from resdsl.ir.network import Network
from resdsl.ir.recipe import OWN_SHARE
from resdsl.team import ALONE, Seat, Team, seat
from resdsl.training.chosen_backend import installed_backend
from resdsl.training.data.reading import Reading
from resdsl.training.data.registry import open_dataset
from resdsl.training.description import Description, SessionEntry, check_same_run, described, session_entry
from resdsl.training.errors import RecipeError, RunError
from resdsl.training.folder import (
    RunFolder,
    check_free,
    is_run,
    newest_run,
    next_run,
    read_description,
    read_state,
    weights_of,
)
from resdsl.training.loop import Job
from resdsl.training.preflight import facts, preflight
from resdsl.training.progress import Progress
from resdsl.training.record import Elsewhere, Record
from resdsl.training.remarks import rises_again
from resdsl.training.resolve import Overrides, chosen_data, frozen, merged, resolve
from resdsl.training.share import Share
from resdsl.training.spec_copy import one_text
from resdsl.training.timetable import timetable
from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.start import Start, start
from resdsl.weights.initial import initial_weights


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A run that is asked for: `sources` are the texts that the network comes from, the spec's own first.

    `out` is the run folder, by default the next `runs/<network>-<data>-<n>`, or the newest of them with `resume`.
    `compute` has the fields of Compute that are asked for, and `devices` says how many the run is to have; a launcher
    gives each process its seat among them. `weights` is a checkpoint, or the folder of another run, to begin from in
    place of the seed's draws. The checkpoints of the last `keep` evaluations stay.
    """

    network: Network
    sources: Mapping[str, str]
    parameters: Mapping[str, float] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    backend: str | None = None
    compute: Mapping[str, Any] = field(default_factory=dict)
    data_dir: Path | None = None
    workers: int | None = None
    strict: bool = False
    download: bool = False
    out: Path | None = None
    resume: bool = False
    weights: Path | None = None
    input: str | None = None
    output_stride: int | None = None
    keep: int | None = None
    devices: int | None = None

    @property
    def reading(self) -> Reading:
        """How the data set is read."""
        return Reading(self.data_dir, self.workers, self.strict, self.download)


class ReadyRun(NamedTuple):
    """A run that is ready to go on from `progress`."""

    job: Job
    folder: Record
    progress: Progress
    compute: Compute
    start: Start | None = None
    notes: tuple[str, ...] = ()


def begin(request: TrainRequest) -> ReadyRun:
    """The run that `request` asks for, with its folder on disk (TrainError, BackendMissing, OSError, RankLost)."""
    place = seat()
    again = place is not None and place.restarts > 0 and request.out is not None and is_run(request.out)
    return _resumed(request) if request.resume or again else _new(request)


def run_path(request: TrainRequest) -> Path:
    """The folder of the run that is asked for (RunError)."""
    return request.out or (newest_run if request.resume else next_run)(_stem(request))


def _new(request: TrainRequest) -> ReadyRun:
    path, compute, team = run_path(request), Compute(**request.compute), _team(request)
    with preflight(team) as check:
        if team.rank == 0:
            check_free(path)
        job, begun = _job(request, compute, team)
        check(lambda: facts(job, request.network, compute))
    if team.rank > 0:
        return ReadyRun(job, Elsewhere(path), Progress(), compute)
    entry = session_entry(job, compute, request.data_dir, 0, request.keep or 1)
    text = _described(job, request, [entry], begun.source if begun else None).text()
    folder = RunFolder.create(path, one_text(request.sources), text, job.session.state(), request.keep or 1)
    return ReadyRun(job, folder, Progress(), compute, begun)


def _resumed(request: TrainRequest) -> ReadyRun:
    if request.resume and request.weights:
        raise RunError(f"--resume goes on with the run's own weights: leave --weights {request.weights} out")
    path = request.out or newest_run(_stem(request))
    old = Description.read(path, read_description(path))
    asked = request.overrides
    request = replace(_as_before(request, old), weights=None)
    compute, team = Compute(**request.compute), _team(request)
    with preflight(team) as check:
        folder = RunFolder.open(path, request.keep or 1) if team.rank == 0 else None
        job, _ = _job(request, compute, team)
        new = _described(job, request, old.sessions, old.weights)
        check_same_run(path, old, new, longer=bool(asked.steps or asked.epochs))
        state, progress = folder.load() if folder else read_state(path)
        _check_length(path, progress, job.timetable.total)
        _take_up(job, state, path)
        check(lambda: facts(job, request.network, compute))
    if folder is None:
        return ReadyRun(job, Elsewhere(path), progress, compute)
    entry = session_entry(job, compute, request.data_dir, progress.step, folder.keep)
    notes = rises_again(old.followed(), job.recipe, len(job.dataset.train), progress)
    folder.describe(new.model_copy(update={"sessions": [*old.sessions, entry]}).text())
    return ReadyRun(job, folder, progress, compute, notes=tuple(notes))


def _described(job: Job, request: TrainRequest, sessions: list[SessionEntry], weights: str | None) -> Description:
    found = described(job, request.network, request.parameters, request.overrides, sessions)
    asked = {"input": request.input, "output_stride": request.output_stride}
    return found.model_copy(update={"weights": weights, **asked})


def _check_length(path: Path, progress: Progress, total: int) -> None:
    """Raises RunError where more steps are taken than the run is to have: its scores would be those of a longer one."""
    if progress.step > total:
        found = f"{path} is at step {progress.step} already, and is to have {total}"
        raise RunError(f"{found}: pass a longer --epochs or --steps, or begin another run with another --out")


def _take_up(job: Job, state: dict[str, Array], path: Path) -> None:
    try:
        job.session.load_state(state)
    except (KeyError, ValueError) as error:
        raise RunError(f"the checkpoint in {path} does not fit this network: {error}") from error


def _team(request: TrainRequest) -> Team:
    """This process's team: by itself, unless a launcher has given it a seat, or one process takes many devices."""
    backend, place = installed_backend(request.backend), seat()
    if place is None and request.devices in {None, 1}:
        return ALONE
    if place is None and backend.processes(request.devices or 1) > 1:
        raise RunError(
            f"{request.devices} devices take as many processes: start them by resdsl train --devices, or torchrun"
        )
    try:
        return backend.join(place or Seat(0, 1, 0, "", 0), request.devices)
    except ValueError as error:
        raise RunError(str(error)) from error


def _job(request: TrainRequest, compute: Compute, team: Team) -> tuple[Job, Start | None]:
    backend = installed_backend(request.backend)
    network, overrides = request.network, request.overrides
    data = chosen_data(network.recipe, overrides)
    dataset = open_dataset(data, network, request.reading).limited(overrides.limit, overrides.limit_test)
    recipe = replace(resolve(network.recipe, overrides, dataset), frozen=frozen(network, overrides.freeze))
    length = timetable(recipe, len(dataset.train))
    parts = team.devices * compute.accumulate
    _check_shares(recipe.batch, parts)
    _check_values(network, recipe.batch // (parts if recipe.statistics == OWN_SHARE.name else compute.accumulate))
    begun = _start(network, request.weights, recipe.seed) if request.weights else None
    module = backend.build(network, begun.weights if begun else initial_weights(network, recipe.seed))
    session = backend.session(module, recipe, dataset.scale, compute, team)
    return Job(backend.name, session, dataset, recipe, length, Share(team, compute.accumulate)), begun


def _start(network: Network, path: Path, seed: int) -> Start:
    """What the file, folder of a checkpoint, or run at `path` gives a network to begin from (WeightsError, RunError)."""
    found = weights_of(path) if is_run(path) else path
    return start(network, read_checkpoint(found), found.name if found == path else f"{path.name}/{found.name}", seed)


def _check_shares(batch: int, parts: int) -> None:
    """Raises RecipeError unless a batch makes so many equal parts, one after another or on devices next to each other."""
    if parts > 1 and batch % parts:
        near = max(parts, round(batch / parts) * parts)
        raise RecipeError(f"batch {batch} makes no {parts} equal parts, for all devices: pass --batch {near}")


def _check_values(network: Network, images: int) -> None:
    """Raises RecipeError where a batch norm would see one value of each channel: PyTorch refuses that, Flax learns nothing."""
    for name, layer in network.layers() if images == 1 else ():
        for part in layer.parts if isinstance(layer, Composite) else (layer,):
            if isinstance(part, BatchNorm) and part.input.map == (1, 1):
                found = f"the batch norm {name} has one value of each channel: one image at a time, and a map of 1x1"
                raise RecipeError(f"{found}: pass --batch 2 or more, or a larger --input")


def _as_before(request: TrainRequest, old: Description) -> TrainRequest:
    """`request` with what the run was begun with, wherever it says nothing itself."""
    last = old.sessions[-1]
    return replace(
        request,
        overrides=merged(old.overrides, request.overrides),
        backend=request.backend or last.backend,
        compute=last.compute | dict(request.compute),
        data_dir=request.data_dir or last.data_dir,
        keep=request.keep or last.keep,
    )


def _stem(request: TrainRequest) -> str:
    data = chosen_data(request.network.recipe, request.overrides)
    return f"{request.network.name}-{data.name if data else 'data'}"
