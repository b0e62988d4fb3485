"""`python -m resdsl.study.worker`: trains what it is asked to, a line on standard input each, until that ends.

It ends at once when whoever asks is gone, however that went: what a run has not saved is computed again.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, final

from resdsl.backend import BackendMissing
from resdsl.checking.checker import check_file, one_network
from resdsl.ir.network import Network
from resdsl.specs import SPEC
from resdsl.study.measures import measure
from resdsl.study.task import Answer, Task
from resdsl.training.begin import ReadyRun, TrainRequest, begin
from resdsl.training.display import Display, Moment
from resdsl.training.errors import RunError, TakenError, TrainError
from resdsl.training.folder import is_run
from resdsl.training.loop import run
from resdsl.training.metrics import Metrics
from resdsl.training.resolve import Overrides
from resdsl.weights.files import WeightsError

PATIENCE, PAUSE = 30.0, 0.2  # seconds for the worker of a study that was killed to be gone
STOPPED = threading.Event()
BLAME = "a worker is asked by resdsl study alone"


@final
class Told(Display):
    """Tells how far a run has come."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers

    def doing(self, words: str) -> None:
        """Tells nothing: the first step comes soon."""

    def update(self, moment: Moment) -> None:
        """Tells the step."""
        tell(self._answers, Answer(moment.progress.step, moment.timetable.total))

    def testing(self, moment: Moment) -> None:
        """Tells nothing new."""

    def note(self, words: str) -> None:
        """Leaves it in the log."""
        print(words, file=sys.stderr)

    def evaluated(self, metrics: Metrics) -> None:
        """Leaves it in the log."""
        print(metrics, file=sys.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def tell(answers: IO[str], answer: Answer) -> None:
    """Sends an answer."""
    answers.write(answer.line())
    answers.flush()


def serve(task: Task, answers: IO[str]) -> Answer:
    """Trains as asked; gives the last answer."""
    print(f"--- {task.path.name}", file=sys.stderr)
    try:
        network = _network(task)
        ready = _ready(task, network)
        total = ready.job.timetable.total
        tell(answers, Answer(ready.progress.step, total))
        if STOPPED.is_set():
            return Answer(ready.progress.step, total, stopped=True)
        reached = run(ready.job, ready.folder, Told(answers), ready.progress)
        if not ready.job.timetable.finished(reached):
            return Answer(reached.step, total, stopped=True)
        measure(network, ready.job, task.measured, task.path)
        return Answer(reached.step, total, done=True)
    except (TrainError, WeightsError, BackendMissing) as error:
        return Answer(failed=str(error))
    except OSError as error:
        return Answer(failed=f"{Path(error.filename).name if error.filename else 'a file'}: {error.strerror or error}")
    except MemoryError:
        return Answer(failed="there is not enough memory: pass a smaller --batch or --jobs")


def _network(task: Task) -> Network:
    checked = check_file(Path(SPEC), SPEC, content=task.spec)
    network = one_network(checked, SPEC, None)
    if network is None:
        raise RunError(f"{checked.findings[0].message}: {BLAME}")
    return network


def _ready(task: Task, network: Network) -> ReadyRun:
    """The run, new or where it was left (TrainError)."""
    resume = is_run(task.path)
    request = TrainRequest(
        network,
        {SPEC: task.spec},
        overrides=Overrides(**task.overrides),
        backend=task.backend,
        compute=task.compute,
        data_dir=Path(task.data_dir) if task.data_dir else None,
        download=task.download,
        out=task.path,
        resume=resume,
    )
    if resume and (task.path / SPEC).read_text("utf-8") != task.spec:
        raise RunError(f"{task.path.name} was begun with another network or recipe: remove it, or pass another --out")
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return begin(request)
        except TakenError:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE)


def _listen(tasks: queue.SimpleQueue[Task]) -> None:
    """Takes up what is asked; ends the process where nobody can ask any more."""
    for line in sys.stdin:
        tasks.put(Task.of(line))
    os._exit(0)


def main() -> None:
    """Serves until standard input ends; what anyone else prints goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, lambda number, frame: STOPPED.set())  # While no run is there to take it.
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        tell(answers, serve(tasks.get(), answers))


if __name__ == "__main__":
    main()
