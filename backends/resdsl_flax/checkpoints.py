"""Flax's checkpoints: folders that Orbax wrote of an `nnx.state`, or of Linen's variables."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, final

import numpy as np

from resdsl.transfer.archive import GROWTH, SLACK
from resdsl.transfer.reader import CheckpointReader, Stored, Tensor, flattened
from resdsl.weights.files import WeightsError

METADATA = "_METADATA"


@final
class FlaxReader(CheckpointReader):
    """Reads folders of Orbax. Its dictionaries come sorted, so their order says nothing."""

    title = "folder of an Orbax checkpoint"
    framework = "orbax"
    install = "pip install 'flax>=0.11'"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether `path` is a folder."""
        return path.is_dir()

    def read(self, path: Path) -> Stored:
        """The tree that it holds, as NumPy arrays."""
        folder = _tree_folder(path)
        try:
            return Stored(flattened(_restored(folder), _leaf), ordered=False)
        # A damaged folder can make tensorstore stumble anywhere.
        except Exception as error:
            raise ValueError(str(error).strip() or type(error).__name__) from error


def _tree_folder(path: Path) -> Path:
    """The folder of the tree: `path`, or the one item (`default`) that a CheckpointManager put in it."""
    if (path / METADATA).is_file():
        return path
    inside = sorted(found.parent for pattern in ("*", "*/*") for found in path.glob(f"{pattern}/{METADATA}"))
    if not inside:
        raise WeightsError(f"{path} is a folder, but no Orbax checkpoint: it holds no {METADATA}")
    if len(inside) > 1:
        names = ", ".join(str(found.relative_to(path)) for found in inside[:5])
        raise WeightsError(f"{path} holds {len(inside)} checkpoints ({names}): pass one of them")
    return inside[0]


def _restored(folder: Path) -> Any:
    """The tree of `folder` as NumPy arrays, on whatever devices it was written."""
    import jax  # noqa: PLC0415  # whether a folder is its own can be asked without the framework
    import orbax.checkpoint as ocp  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About shardings, which nothing here has.
        reader = ocp.PyTreeCheckpointer()
        metadata = reader.metadata(folder.resolve())
        tree = metadata.item_metadata.tree if hasattr(metadata, "item_metadata") else metadata
        _check_size(folder, tree)
        as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
        return reader.restore(folder.resolve(), args=ocp.args.PyTreeRestore(restore_args=as_numpy))


def _check_size(folder: Path, tree: Any) -> None:
    """Raises ValueError where arrays would take many times what lies in the folder."""
    import jax  # noqa: PLC0415

    asked = sum(4 * math.prod(leaf.shape) for leaf in jax.tree.leaves(tree) if getattr(leaf, "shape", None))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if asked > GROWTH * size + SLACK:
        raise ValueError(f"{size:,} bytes, but arrays for {asked:,}")


def _leaf(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    dtype = str(value.dtype)
    return Tensor(value.astype(np.float32) if dtype == "bfloat16" else value, dtype)
