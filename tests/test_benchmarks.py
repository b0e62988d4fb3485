"""The script for a machine with a GPU, which has none at hand while it is written, runs through on any."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GPU = Path(__file__).parents[1] / "benchmarks" / "gpu.py"

# XLA compiles these otherwise than what they are compared with.
ROUNDED = {
    "flax bits: several steps at once and one by one (rounding differs)",
    "flax bits: remat, three steps",
}


@pytest.mark.slow
def test_every_part_of_the_script_for_gpus_runs() -> None:
    done = subprocess.run([sys.executable, GPU, "--quick"], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert not [line for line in lines if "broken" in line["what"]]
    assert {line["what"] for line in lines if not line.get("equal", True)} <= ROUNDED
    assert lines[-1]["what"] == "all done"
