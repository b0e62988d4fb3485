"""ResNet-1202: how long its first step takes against ResNet-110's, and how much memory training it takes with --remat.

    python benchmarks/deep.py [--batch 32]

Each is a process by itself, start of the framework included: `resdsl train NETWORK --batch 32`, for one step and one
test batch of digits, which have been brought to 32x32.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measured(network: str, backend: str, batch: int, *more: str) -> tuple[float, float]:
    """Seconds that a run of one step takes, and GiB at most."""
    with tempfile.TemporaryDirectory() as folder:
        images = ["--data", "digits", "--input", "3x32x32", "--limit", str(batch), "--limit-test", str(batch)]
        length = ["--batch", str(batch), "--steps", "1", "--out", str(Path(folder, "run")), *more]
        command = [sys.executable, "-m", "resdsl", "train", network, "--backend", backend, *images, *length]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return time.perf_counter() - begun, usage.ru_maxrss / 2**20  # Linux counts KiB


def main() -> None:
    """Prints a line for each backend and network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    batch = parser.parse_args().batch
    for backend in ("torch", "flax"):
        shallow, _ = measured("resnet110", backend, batch)
        deep, memory = measured("resnet1202", backend, batch)
        again, less = measured("resnet1202", backend, batch, "--remat")
        print(
            f"{backend}: one step of ResNet-110 {shallow:.0f} s, of ResNet-1202 {deep:.0f} s ({deep / shallow:.1f} x), "
            f"{memory:.1f} GiB; with --remat {again:.0f} s, {less:.1f} GiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
