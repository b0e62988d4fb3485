"""What NumPy and pickle write: `.npz`, and pickles of arrays."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, final
from zipfile import BadZipFile

import numpy as np
from numpy.lib import format as npy

from resdsl.transfer.archive import ZIP, names_in, open_archive
from resdsl.transfer.inert_pickle import read_pickle
from resdsl.transfer.pickled_arrays import opened
from resdsl.transfer.reader import CheckpointReader, Leaf, Stored, Tensor, Unread, flattened, shaped

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@final
class NpzReader(CheckpointReader):
    """Reads `.npz`: each array under the name that it was given."""

    title = "NumPy archive (.npz)"
    framework = "numpy"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it is an archive of `.npy` files alone."""
        names = names_in(path) if head.startswith(ZIP) else []
        return bool(names) and all(name.endswith(".npy") for name in names)

    def read(self, path: Path) -> Stored:
        """All arrays, in their order."""
        try:
            with open_archive(path) as archive:
                arrays = {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
        except BadZipFile as error:
            raise ValueError(str(error)) from error
        return Stored(arrays, ordered=True)


@final
class PickleReader(CheckpointReader):
    """Reads pickles of dictionaries of arrays, however deep: Detectron's and others' `.pkl`."""

    title = "pickle of NumPy arrays"
    framework = "numpy"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it begins as a pickle of protocol 2 or later."""
        return head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05"

    def read(self, path: Path) -> Stored:
        """The arrays, in their order."""
        return Stored(flattened(read_pickle(BytesIO(path.read_bytes())), opened), ordered=True)


def _array(content: bytes) -> Leaf:
    file = BytesIO(content)
    header: Any = HEADERS.get(npy.read_magic(file))
    if header is None:
        return Unread("an array of a later version of NumPy")
    shape, fortran, dtype = header(file)
    if dtype.kind not in "biufc":
        return Unread(f"{dtype.name} numbers")
    flat = np.frombuffer(content, dtype, offset=file.tell())
    array = shaped(flat, shape[::-1] if fortran else shape)
    return array if isinstance(array, Unread) else Tensor(array.T if fortran else array, dtype.name)
