"""Many devices: 1, 2 and 4 ranks on this machine's processors, measured; 8 to 1024 GPUs, by arithmetic.

    python benchmarks/devices.py [--epochs 3] [--limit 2000]

The arithmetic takes what one H100 was measured to do, a ring for the gradients and a tree for the norms' statistics.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PARAMETERS, NORMS = 25_557_032, 53
STEP = 256 / 5000  # seconds: ResNet-50 at 224, batch 256, on one H100
WITHIN, BETWEEN = 300e9, 50e9  # bytes/s for each GPU: NVLink, and a 400 Gbit/s network
HOP = 5e-6  # seconds for a small message from one GPU to the next


SPEC = """network batch = resnet20()
network device = resnet20() { train { statistics device } }
"""


def speed(backend: str, devices: int, statistics: str, folder: Path, epochs: int, limit: int) -> float:
    """Images/s of the last epoch."""
    run = folder / f"{backend}-{devices}-{statistics}"
    words = ["train", f"{folder}/devices.res:{statistics}", "--data", "digits", "--input", "3x32x32"]
    words += ["--backend", backend, "--batch", "128"]
    length = ["--epochs", str(epochs), "--limit", str(limit), "--devices", str(devices), "--out", str(run)]
    threads = os.environ | {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // devices))}
    command = [sys.executable, "-m", "resdsl", *words, *length]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=threads)
    return float(json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["images_per_second"])


def exchange(devices: int) -> tuple[float, float, float]:
    """Bytes that each device sends in a step; seconds for the gradients, and for the norms' statistics."""
    sent = 2 * (devices - 1) / devices * 4 * PARAMETERS
    return sent, sent / (WITHIN if devices <= 8 else BETWEEN), 2 * NORMS * 2 * math.log2(devices) * HOP


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=1400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "devices.res").write_text(SPEC)
        for backend in ("torch", "flax"):
            alone = speed(backend, 1, "batch", Path(folder), options.epochs, options.limit)
            print(f"{backend}  alone  {alone:6.0f} images/s", flush=True)
            for devices, statistics in ((2, "batch"), (4, "batch"), (2, "device"), (4, "device")):
                found = speed(backend, devices, statistics, Path(folder), options.epochs, options.limit)
                what = f"{backend}  {devices} ranks, statistics of the {statistics}"
                print(f"{what:42}  {found:6.0f} images/s  {found / alone:.2f} x one", flush=True)
    for devices in (8, 64, 256, 1024):
        sent, gradients, norms = exchange(devices)
        share = STEP / (STEP + gradients + norms)
        print(
            f"{devices:5} GPUs  {sent / 1e6:4.0f} MB sent  gradients {gradients * 1e3:4.1f} ms  "
            f"norms {norms * 1e3:4.1f} ms  efficiency {share:.0%}"
        )


if __name__ == "__main__":
    main()
