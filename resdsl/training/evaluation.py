"""From weights on disk to their scores on a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from resdsl.backend import Compute, Precision, Session
from resdsl.ir.network import Network
from resdsl.specs import RECIPE
from resdsl.training.batches import test_batches
from resdsl.training.chosen_backend import installed_backend
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.reading import Reading
from resdsl.training.data.registry import open_dataset
from resdsl.training.description import Description
from resdsl.training.errors import DataError
from resdsl.training.evaluate import evaluate, evaluate_classes, of_whole_set
from resdsl.training.folder import is_run, weights_of
from resdsl.training.progress import Sums
from resdsl.training.resolve import Overrides, chosen_data
from resdsl.weights.check import fitted
from resdsl.weights.files import conversion, load


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """What is to be evaluated: the `weights` of `network`, a file or a run, on the data that `reading` finds.

    `classes` are the names of those that it was trained on, where they are known.
    """

    network: Network
    weights: Path
    reading: Reading
    per_class: bool = False
    backend: str | None = None
    data: str | None = None
    precision: Precision | None = None
    threads: int | None = None
    batch: int | None = None
    classes: tuple[str, ...] = ()

    def of_run(self, path: Path) -> EvalRequest:
        """The same as the run at `path` was trained, wherever nothing else is asked for (RunError)."""
        run = Description.read(path, (path / RECIPE).read_bytes())
        last = run.sessions[-1]
        same = self.data in {None, run.data.name}
        return replace(
            self,
            backend=self.backend or last.backend,
            precision=self.precision or last.precision,
            data=self.data or run.data.name,
            batch=self.batch or run.overrides.batch,
            reading=replace(self.reading, folder=self.reading.folder or (last.data_dir if same else None)),
            classes=run.data.classes if same else (),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The scores `sums`, and those of each class if that was asked for; `weights` is the file."""

    network: str
    weights: Path
    dataset: Dataset
    session: Session
    sums: Sums
    classes: tuple[Sums, ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the classes: their numbers, where they have no others."""
        return self.dataset.names or tuple(map(str, range(self.dataset.classes)))

    def document(self) -> dict[str, Any]:
        """All figures, as JSON has them."""
        about = {"network": self.network, "weights": str(self.weights), "data": self.dataset.name}
        how = {
            "framework": self.session.framework,
            "device": self.session.device,
            "precision": self.session.precision,
            "damaged": self.dataset.damaged,
        }
        rows = [{"name": name, **scores(sums)} for name, sums in zip(self.names, self.classes, strict=False)]
        return {**about, **scores(self.sums), **how, **({"classes": rows} if rows else {})}


def scores(sums: Sums) -> dict[str, Any]:
    """The means, null where there are no images."""
    means = sums.result._asdict() if sums.images else {"loss": None, "top1": None, "top5": None}
    return {"images": sums.images, **means}


def evaluated(request: EvalRequest) -> Evaluation:
    """What `request` asks for (TrainError, WeightsError, BackendMissing, OSError)."""
    network = request.network
    path = weights_of(request.weights) if is_run(request.weights) else request.weights
    arrays = fitted(network, load(path), str(path))
    dataset = open_dataset(chosen_data(network.recipe, Overrides(data=request.data)), network, request.reading)
    if request.classes and dataset.names != request.classes:
        raise DataError(
            f"the run was trained on the classes {_few(request.classes)}, but these are {_few(dataset.names)}: "
            "pass the --data-dir with the same class folders"
        )
    engine = installed_backend(request.backend)
    compute = Compute(request.precision, threads=request.threads)
    session = engine.session(engine.build(network, arrays), network.recipe, dataset.scale, compute)
    batch = request.batch or max(1, network.recipe.batch // request.reading.crops)
    if request.per_class:
        classes = tuple(evaluate_classes(session, dataset.test, batch, dataset.classes))
        sums = reduce(add, classes)
    else:
        classes, sums = (), evaluate(session, test_batches(dataset.test, batch))
    note = conversion(path)
    return Evaluation(network.name, path, dataset, session, of_whole_set(sums), classes, (note,) if note else ())


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
