"""Flax's checkpoints: folders that Orbax wrote of an `nnx.state`, or of Linen's variables."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import numpy as np

from resdsl.transfer.reader import CheckpointReader, Stored, Tensor
from resdsl.weights.files import WeightsError

METADATA = "_METADATA"


@final
class FlaxReader(CheckpointReader):
    """Reads folders of Orbax. Its dictionaries come sorted, so their order says nothing."""

    title = "folder of an Orbax checkpoint"
    framework = "orbax"
    install = "pip install 'resdsl[flax]'"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether `path` is a folder."""
        return path.is_dir()

    def read(self, path: Path) -> Stored:
        """The tree that it holds, as NumPy arrays."""
        folder = _tree_folder(path)
        try:
            return Stored(_entries(_restored(folder)), ordered=False)
        # A damaged folder can make tensorstore stumble anywhere.
        except Exception as error:
            reason = str(error).strip().partition("\n")[0][:100].rstrip(". ") or type(error).__name__
            raise WeightsError(f"{path} is damaged ({reason}): fetch or write it again") from error


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
        as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
        return reader.restore(folder.resolve(), args=ocp.args.PyTreeRestore(restore_args=as_numpy))


def _entries(tree: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _entry(value) for key, value in tree.items()}


def _entry(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _entries(value)
    if isinstance(value, list | tuple):
        return _entries(dict(enumerate(value)))
    if not isinstance(value, np.ndarray):
        return value
    dtype = str(value.dtype)
    return Tensor(value.astype(np.float32) if dtype == "bfloat16" else value, dtype)
