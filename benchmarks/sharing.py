"""Several runs at once on the devices at hand, as `resdsl study` does them: the gain over one after the other.

    python benchmarks/sharing.py [--backend flax] [--jobs 4] [--epochs 30]

Whole studies are timed, with the start of the framework in them: as many seeds of ResNet-20 as there are jobs, on noise
in the shape of CIFAR-10 where there is a GPU, on the digits elsewhere.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from resdsl.ir.data.cifar10 import CIFAR10
from resdsl.ir.data.data_set import Records
from resdsl.processors import processors
from resdsl.study.places import gpus

STUDY = """
use cifar
study sharing {{
  run residual: cifar_resnet(n = 3)
  seeds {jobs}
  train {{ batch {batch}; epochs {epochs} }}
  table test(of = test_error, over = median)
}}
"""


def noise(folder: Path) -> list[str]:
    """Writes noise as CIFAR-10; gives the words that train on it."""
    layout, generator = CIFAR10.layout, np.random.default_rng(0)
    assert isinstance(layout, Records)
    home = folder / layout.folder
    home.mkdir()
    for name, count in layout.files:
        records = generator.integers(0, 256, (count, layout.record), np.uint8)
        records[:, 0] %= 10  # The label comes first.
        (home / name).write_bytes(records.tobytes())
    return ["--data-dir", str(folder)]


def seconds(folder: Path, words: list[str], jobs: int) -> float:
    """How long the study takes with so many runs at once."""
    out = folder / f"jobs-{jobs}"
    command = [sys.executable, "-m", "resdsl", "study", "sharing.res", "--jobs", str(jobs), "--out", str(out), *words]
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Prints both times, and the gain."""
    found = gpus()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default="torch", choices=["torch", "flax"])
    parser.add_argument("--jobs", type=int, default=4 if found else len(processors()))
    parser.add_argument("--epochs", type=int, default=30 if found else 6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        text = STUDY.format(jobs=options.jobs, batch=128 if found else 64, epochs=options.epochs)
        (folder / "sharing.res").write_text(text)
        words = noise(folder) if found else ["--data", "digits", "--input", "3x32x32"]
        words += ["--backend", options.backend]
        alone, together = (seconds(folder, words, jobs) for jobs in (1, options.jobs))
    print(
        f"{options.backend}: {options.jobs} runs, one after the other {alone:.0f} s, at once {together:.0f} s: "
        f"{alone / together:.2f} times as fast"
    )


if __name__ == "__main__":
    main()
