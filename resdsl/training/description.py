"""`recipe.json`: everything that decided how a run went."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from resdsl.backend import Compute
from resdsl.ir.join import Add
from resdsl.ir.network import Network
from resdsl.training.errors import RunError
from resdsl.training.loop import Job
from resdsl.version import __version__

Description = dict[str, Any]


def structure(network: Network) -> str:
    """SHA-256 of all that a network computes; where in a file it was written does not matter."""
    digest = hashlib.sha256(str(network.input).encode())
    for name, layer in network.layers():
        values = {f.name: getattr(layer, f.name) for f in fields(layer) if f.name not in {"span", "formulas"}}
        digest.update(f"{name} {values}\n".encode())
    for block in network.blocks:
        if block.join.signature != Add().signature or block.drop_path:
            digest.update(f"{block.name} {block.join.signature} {block.drop_path}\n".encode())
    return digest.hexdigest()


def described(job: Job, network: Network, parameters: Mapping[str, float], overrides: Mapping[str, Any]) -> Description:
    """What there is to say of a run, apart from the sessions in which it is done."""
    data = job.dataset
    description = {
        "network": network.name,
        "parameters": dict(parameters),
        "structure": structure(network),
        "overrides": dict(overrides),
        "recipe": asdict(job.recipe),
        "data": {
            "name": data.name,
            "train": len(data.train),
            "test": len(data.test),
            "sha256": data.fingerprint(),
            **asdict(data.scale),
        },
    }
    # As it will read from the file: tuples become lists.
    return dict(json.loads(json.dumps(description)))


def session_entry(job: Job, compute: Compute, data_dir: Path | None, step: int) -> Description:
    """One session of a run: from which step on, and on what."""
    return {
        "step": step,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "backend": job.backend,
        "framework": job.session.framework,
        "device": job.session.device,
        **asdict(compute),
        "precision": job.session.precision,
        "data_dir": data_dir and str(data_dir),
        "resdsl": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def check_same_run(path: Path, old: Description, new: Description, longer: bool) -> None:
    """Raises RunError unless `new` goes on with the run that `old` describes; `longer`: its length may change."""
    remedy = "leave that as it was, or begin another run with another --out"
    if old["structure"] != new["structure"]:
        raise RunError(f"{path} was begun with another network than this {new['network']}: {remedy}")
    if old["data"]["sha256"] != new["data"]["sha256"]:
        raise RunError(f"{path} was begun with other images than these of {new['data']['name']}: {remedy}")
    free = {"steps", "epochs", "schedule", "warmup"} if longer else set()
    for name, value in new["recipe"].items():
        before = old["recipe"].get(name)
        if name not in free and before != value:
            raise RunError(f"{path} was begun with {name} {_brief(before)}, not {_brief(value)}: {remedy}")


def _brief(value: Any) -> str:
    return json.dumps(value).replace('"', "")
