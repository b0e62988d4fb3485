"""Ranks for tests: processes that run the command line, forked from one that has imported the framework already."""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HELD = "RESDSL_TEST_HELD"  # Where this is set, data live on the device, whatever that is.
IMPORTED = {"torch": ("torch", "resdsl_torch.step"), "flax": ("jax", "resdsl_flax.step")}


class Ended(NamedTuple):
    status: int
    output: str


class Ranks:
    """Starts ranks with `backend`; use it as a context."""

    def __init__(self, backend: str) -> None:
        words = [sys.executable, __file__, backend]
        self._parent = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Ranks:
        return self

    def __exit__(self, *error: object) -> None:
        self._parent.communicate(timeout=60)

    def run(self, folder: Path, *calls: list[str], **environment: str) -> list[Ended]:
        """Runs `resdsl` with each of the calls, a rank each, in `folder`; one call is a process by itself."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        seats = [
            {"RANK": f"{rank}", "LOCAL_RANK": f"{rank}", "WORLD_SIZE": f"{len(calls)}", "MASTER_ADDR": "127.0.0.1",
             "MASTER_PORT": f"{port}"} if len(calls) > 1 else {}
            for rank in range(len(calls))
        ]  # fmt: skip
        order = [[list(call), environment | seat] for call, seat in zip(calls, seats, strict=True)]
        assert self._parent.stdin and self._parent.stdout
        print(json.dumps([str(folder), order]), file=self._parent.stdin, flush=True)
        return [Ended(*ended) for ended in json.loads(self._parent.stdout.readline())]


def _forked(folder: str, call: list[str], environment: dict[str, str], output: Path) -> int:
    if process := os.fork():
        return process
    status = 70
    try:
        os.chdir(folder)
        os.environ.update(environment)
        for module in {"resdsl_torch.step", "resdsl_flax.step"} & sys.modules.keys() if HELD in environment else ():
            sys.modules[module].memory = lambda device: sys.maxsize
        sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(sink, descriptor)
        sys.stdin.close()
        from resdsl.cli import main

        main(call, prog_name="resdsl")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve(backend: str) -> None:
    for module in (*IMPORTED[backend], "resdsl.cli.train", "resdsl.training.begin", "rich.console"):
        importlib.import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        folder, order = json.loads(line)
        outputs = [Path(folder, f".rank{rank}.txt") for rank in range(len(order))]
        children = [_forked(folder, *each, output) for each, output in zip(order, outputs, strict=True)]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        ended = [[status, output.read_text()] for status, output in zip(statuses, outputs, strict=True)]
        print(json.dumps(ended), file=answers, flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
