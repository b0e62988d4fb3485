"""Several workers at once, each with a run of its own, until all tasks are done."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import final

from resdsl.study.places import Place
from resdsl.study.task import Answer, Task

LOG = "log.txt"
Hear = Callable[[str, Answer], None]


@final
class Worker:
    """A process that trains in a `place`; what it answers goes to `inbox`, with the worker, and None when it is gone."""

    def __init__(self, place: Place, log: Path, inbox: queue.SimpleQueue[tuple[Worker, Answer | None]]) -> None:
        self.place = place
        self.name = ""
        threads = {"OMP_NUM_THREADS": str(len(place.cores))} if place.cores else {}
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "resdsl.study.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                encoding="utf-8",
                env={**os.environ, **threads, **place.environment},
                start_new_session=True,  # Ctrl-C is for the study, which tells its workers.
            )
        if place.cores and hasattr(os, "sched_setaffinity"):
            with suppress(OSError):  # It may be gone already: then its end is heard.
                os.sched_setaffinity(self._process.pid, place.cores)
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def ask(self, name: str, task: Task) -> None:
        """Gives it a task."""
        self.name = name
        with suppress(OSError):
            assert self._process.stdin
            self._process.stdin.write(task.line())
            self._process.stdin.flush()

    def stop(self) -> None:
        """Has it save its run and answer."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Lets it go, and waits for that."""
        with suppress(OSError):
            assert self._process.stdin
            self._process.stdin.close()
        self._process.wait()

    def _listen(self, inbox: queue.SimpleQueue[tuple[Worker, Answer | None]]) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            inbox.put((self, Answer.of(line)))
        inbox.put((self, None))


def carry_out(tasks: Mapping[str, Task], places: Sequence[Place], log: Path, hear: Hear) -> bool:
    """Carries out all tasks, in order, as many at once as there are places; false where Ctrl-C stopped it.

    `hear` gets each answer with the task's name. A worker that dies takes its task with it, and no other.
    """
    inbox: queue.SimpleQueue[tuple[Worker, Answer | None]] = queue.SimpleQueue()
    waiting = list(tasks)
    workers = [Worker(place, log, inbox) for place in places[: len(waiting)]]
    busy = set(workers)
    stopping = False

    def go_on(worker: Worker) -> None:
        if waiting and not stopping:
            worker.ask(name := waiting.pop(0), tasks[name])
        else:
            busy.discard(worker)
            worker.end()

    for worker in workers:
        go_on(worker)
    while busy:
        try:
            worker, answer = inbox.get()
        except KeyboardInterrupt:
            if stopping:
                raise
            stopping = True
            for each in busy:
                each.stop()
            continue
        if worker not in busy:
            continue
        if answer is None:
            hear(worker.name, Answer(stopped=True) if stopping else Answer(failed=f"its process ended: see {log.name}"))
            busy.discard(worker)
            if waiting and not stopping:
                busy.add(new := Worker(worker.place, log, inbox))
                go_on(new)
            continue
        hear(worker.name, answer)
        stopping |= answer.stopped
        if answer.last:
            go_on(worker)
    return not stopping
