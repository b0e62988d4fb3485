"""Before the first step: whether all ranks are about to do the same, and if not, which of them differs, and in what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain

import numpy as np

from resdsl.backend import BackendMissing, Compute
from resdsl.ir.network import Network
from resdsl.team import Team
from resdsl.training.description import structure
from resdsl.training.errors import PreflightError, TrainError
from resdsl.training.loop import Job
from resdsl.version import __version__
from resdsl.weights.files import WeightsError

Facts = dict[str, str]
ERROR = "error"
Check = Callable[[Callable[[], Facts]], None]


@contextmanager
def preflight(team: Team) -> Iterator[Check]:
    """Yields what compares the ranks' facts, to be called last; what fails before on one rank, fails on all.

    Raises PreflightError; a process by itself has nothing to compare, and fails by itself.
    """

    def check(facts: Callable[[], Facts]) -> None:
        if team.size > 1:
            _compare(team, facts())

    try:
        yield check
    except PreflightError:
        raise
    except (TrainError, WeightsError, BackendMissing, OSError) as error:
        if team.size > 1:
            _compare(team, {ERROR: str(error)})
        raise


def facts(job: Job, network: Network, compute: Compute) -> Facts:
    """Whatever decides how a run goes."""
    session, data = job.session, job.dataset
    how = {f"--{name}": str(value) for name, value in asdict(compute).items() if name not in {"precision", "threads"}}
    recipe = {f"recipe's {name}": str(value) for name, value in asdict(job.recipe).items()}
    return {
        "resdsl": __version__,
        "framework": session.framework,
        "NumPy": np.__version__,
        "network": f"{network.name} {structure(network)[:12]}",
        "data set": f"{data.name}, {len(data.train)} and {len(data.test)} images, {data.fingerprint()[:12]}",
        "kind of device": session.device.partition(",")[0],
        "precision": session.precision,
        **how,
        **recipe,
        "weights": _digest(job),
    }


def _digest(job: Job) -> str:
    digest = hashlib.sha256()
    for name, array in job.session.state().items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:12]


def _compare(team: Team, own: Facts) -> None:
    said: list[Facts] = [json.loads(words) for words in team.gather(json.dumps(own))]
    if ERROR in own and all(each.get(ERROR) == own[ERROR] for each in said):
        raise PreflightError(own[ERROR])
    failed = [f"rank {rank}: {each[ERROR]}" for rank, each in enumerate(said) if ERROR in each]
    found = failed or list(chain.from_iterable(_differences(rank, each, said[0]) for rank, each in enumerate(said)))
    if found:
        raise PreflightError("\n".join(found if failed else [*found, "start all ranks with the same of each"]))


def _differences(rank: int, own: Facts, first: Facts) -> Iterator[str]:
    for name, value in first.items():
        if own.get(name) != value:
            yield f"rank {rank} differs from rank 0 in its {name}: {own.get(name)}, not {value}"
