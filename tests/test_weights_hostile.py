"""Files made to break what reads them: one line, soon, in memory that the file's own size bounds."""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from foreign import FOREIGN

MEMORY = 2**30


def safetensors(header: str, data: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header.encode() + data


def empty_shape(path: Path) -> None:
    shape = f"[0,{2**62},{2**62}]"
    path.write_bytes(safetensors(f'{{"conv1.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,0]}}}}'))


def holds_itself(path: Path) -> None:
    content: dict[str, Any] = {"model": {"conv1.weight": torch.ones(3)}}
    content["model"]["model"] = content
    torch.save(content, path)


def deep(path: Path) -> None:
    """Dictionaries, and tuples as keys, 100,000 deep."""
    nested = b"}" + b"(X\x01\x00\x00\x00a}" * 100_000 + b"u" * 100_000
    path.write_bytes(b"\x80\x02" + nested + b".")


def deep_key(path: Path) -> None:
    path.write_bytes(b"\x80\x02}N" + b"\x85" * 200_000 + b"Ns.")


def repeated(path: Path) -> None:
    """Two to the power of 60 dictionaries, as each holds the next twice."""
    content: dict[str, Any] = {}
    for _ in range(60):
        content = {"a": content, "b": content}
    path.write_bytes(pickle.dumps(content))


def pickle_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"}" * 60_000_000 + b".")


def small_pickle_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"\x8f" * 16_000_000 + b".")


def npz_bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(bytes(2**20))


def header(text: str) -> bytes:
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode()


def npz_of_a_huge_shape(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        shape = header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({2**40},)}}")
        archive.writestr("a.weight.npy", shape + bytes(8))


def far_memo(path: Path) -> None:
    path.write_bytes(b"\x80\x02}r\xff\xff\xff\x7f.")


def long_string(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x8d" + (2**40).to_bytes(8, "little") + b"abc.")


def long_array(path: Path) -> None:
    path.write_bytes(b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b"abc.")


def long_number(path: Path) -> None:
    path.write_bytes(b"\x80\x02L" + b"9" * 1_000_000 + b"L\n.")


def expanded(path: Path) -> None:
    torch.save({f"{name}.weight": torch.ones(1).expand(2**16, 2**16) for name in "abc"}, path)


def shared(path: Path) -> None:
    whole = torch.ones(2**20)
    torch.save({f"m{index}.weight": whole.view(2**10, 2**10) for index in range(4000)}, path)


def beyond_its_storage(path: Path) -> None:
    content = pickle.dumps({}, 2)
    with zipfile.ZipFile(path, "w") as archive:
        tensor = (
            b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
        )
        tensor += b"X\x03\x00\x00\x00cpuK\x04tQJ\xff\xff\xff\x3fK\x04\x85K\x01\x85\x89}tR"
        archive.writestr("archive/data.pkl", content[:-1] + b"X\x08\x00\x00\x00a.weight" + tensor + b"s.")
        archive.writestr("archive/data/0", bytes(16))


HOSTILE: list[Callable[[Path], None]] = [
    empty_shape, holds_itself, deep, deep_key, repeated, pickle_bomb, small_pickle_bomb, npz_bomb, npz_of_a_huge_shape,
    far_memo, long_string, long_array, long_number, expanded, shared, beyond_its_storage,
]  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_a_hostile_file_gets_one_line_within_a_gibibyte(make: Callable[[Path], None], tmp_path: Path):
    make(tmp_path / "in.pt")
    (tmp_path / "net.res").write_text(FOREIGN["torchvision"].spec)
    call = [sys.executable, "-m", "resdsl", "weights", "net.res", "in.pt", "out.safetensors"]
    done = subprocess.run(
        call, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limited
    )
    assert done.returncode in (1, 2), done.stderr
    assert done.stderr.startswith("resdsl: ")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 300
    assert not (tmp_path / "out.safetensors").exists()


def limited() -> None:
    """Two gibibytes of addresses, of which Python and NumPy take a part without using them."""
    resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))


def test_control_characters_in_names_do_not_reach_the_terminal(tmp_path: Path):
    torch.save({"\x1b[31mred\x07.weight": torch.ones(2, 2), "\u202ename": torch.ones(1)}, tmp_path / "in.pt")
    (tmp_path / "net.res").write_text(FOREIGN["torchvision"].spec)
    call = [sys.executable, "-m", "resdsl", "weights", "net.res", "in.pt", "out.safetensors"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert r"\x1b[31mred\x07.weight" in done.stdout
    assert not any(char in done.stdout + done.stderr for char in "\x1b\x07\u202e")
