"""What training scripts write beside the weights, and other programs' containers: read without running anything, or named."""

from __future__ import annotations

import argparse
import collections
import gzip
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from foreign import FOREIGN
from foreign_nets import filled
from test_weights_match import network_of, state_of

from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.planner import plan_transfer, transfer
from resdsl.weights.files import WeightsError

STYLE = FOREIGN["torchvision"]
ARRAYS = {name: array.copy() for name, array in state_of("torchvision").items()}
STATE = {name: torch.from_numpy(array) for name, array in ARRAYS.items()}


class Unknown:
    """A class that whoever reads the file does not have."""

    def __init__(self) -> None:
        self.rate = 0.1


class Evil:
    """What pickle would run, were it let."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("evil-was-here"),))


def model() -> torch.nn.Module:
    return filled(STYLE.make())


def traced(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(model(), torch.zeros(1, 3, 16, 16)).save(path)


def legacy(content: Any) -> Callable[[Path], None]:
    return lambda path: torch.save(content(), path, _use_new_zipfile_serialization=False)


def pickled(protocol: int) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(pickle.dumps({"model": ARRAYS, "matching_heuristics": True}, protocol))


def strided(path: Path) -> None:
    """Views of larger storages, transposed ones, and two tensors in one storage."""
    both = torch.stack([STATE["fc.bias"], STATE["fc.bias"] * 2])
    turned = STATE["fc.weight"].t().contiguous().t()
    torch.save({**STATE, "fc.bias": both[0], "other": both[1], "fc.weight": turned}, path)


def fortran(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **{name: np.asfortranarray(array) for name, array in ARRAYS.items()})


def big_endian(path: Path) -> None:
    path.write_bytes(pickle.dumps({name: array.astype(">f4") for name, array in ARRAYS.items()}))


def npz(save: Callable[..., None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            save(file, **ARRAYS)

    return write


WHOLE: dict[str, Callable[[Path], None]] = {
    "a namespace": lambda path: torch.save({"state_dict": STATE, "args": argparse.Namespace(lr=0.1)}, path),
    "a NumPy scalar": lambda path: torch.save({"state_dict": STATE, "best": np.float64(91.2)}, path),
    "a defaultdict": lambda path: torch.save({"state_dict": STATE, "log": collections.defaultdict(list)}, path),
    "an unknown class": lambda path: torch.save({"state_dict": STATE, "config": Unknown()}, path),
    "a path": lambda path: torch.save({"state_dict": STATE, "out": Path("runs")}, path),
    "an optimizer": lambda path: torch.save({"net": STATE, "optimizer": torch.optim.Adam(model().parameters())}, path),
    "what would run": lambda path: torch.save({"state_dict": STATE, "evil": Evil()}, path),
    "a module": lambda path: torch.save(model(), path),
    "a module beside others": lambda path: torch.save({"model": model(), "epoch": 3}, path),
    "a module, before 1.6": legacy(model),
    "parameters": lambda path: torch.save({name: torch.nn.Parameter(value) for name, value in STATE.items()}, path),
    "TorchScript": traced,
    "a namespace, before 1.6": legacy(lambda: {"state_dict": STATE, "args": argparse.Namespace(lr=0.1)}),
    "doubles, before 1.6": legacy(lambda: {name: value.double() for name, value in STATE.items()}),
    "views": strided,
    "npz": npz(np.savez),
    "npz, compressed": npz(np.savez_compressed),
    "npz, columns first": fortran,
    "big-endian arrays": big_endian,
    **{f"a pickle of protocol {protocol}": pickled(protocol) for protocol in (2, 3, 4, 5)},
}


@pytest.mark.parametrize("case", WHOLE)
def test_the_weights_are_read_and_nothing_is_run(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    WHOLE[case](Path("in"))
    network = network_of(STYLE.spec)
    plan = plan_transfer(network, read_checkpoint(Path("in")))
    assert not plan.missing
    found = transfer(network, plan)
    for name, array in found.items():
        np.testing.assert_array_equal(array, ARRAYS[name], err_msg=name)
    assert not Path("evil-was-here").exists()


def keras(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights.pth", b"")


def tarred(path: Path) -> None:
    Path("a.pth").write_bytes(bytes(9))
    with tarfile.open(path, "w") as archive:
        archive.add("a.pth")


NAMED: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "keras": (keras, "a Keras file", "numpy.savez"),
    "hdf5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)), "an HDF5 file", "numpy.savez"),
    "npy": (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(99)), "a NumPy array", "npz"),
    "gguf": (lambda path: path.write_bytes(b"GGUF" + bytes(99)), "a GGUF file", "safetensors"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"abc")), "a gzip archive", "unpack"),
    "tar": (tarred, "a tar archive", "unpack"),
    "zip": (packed, "a zip archive", "unpack"),
}


@pytest.mark.parametrize("case", NAMED)
def test_other_files_are_named_for_what_they_are(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write, title, remedy = NAMED[case]
    write(Path("in"))
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(Path("in"))
    message = str(caught.value)
    assert title in message
    assert remedy in message
    assert "damaged" not in message
    assert "\n" not in message
