"""PyTorch's own checkpoints: what `torch.save` wrote, read without running anything, and without PyTorch.

A pickle says how tensors lie in storages; the storages are bytes next to it: in a zip archive, or as PyTorch wrote them
before 1.6, after the pickle. TorchScript's archives hold such a pickle as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, final
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib.stride_tricks import as_strided

from resdsl.backend import Array
from resdsl.transfer.archive import ZIP, names_in, open_archive
from resdsl.transfer.inert_pickle import Global, Made, Persistent, read_pickle
from resdsl.transfer.pickled_arrays import opened
from resdsl.transfer.reader import CheckpointReader, CheckpointWriter, Leaf, Stored, Tensor, Unread, flattened
from resdsl.weights.files import WeightsError, widened

PICKLE, MAGIC = b"\x80", (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
REMEDY = "where it was made, save the weights alone: torch.save(model.state_dict(), …)"
# The types of numbers by the names of storages and by their own.
STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
}  # fmt: skip
Bytes = Callable[[str], bytes | memoryview]
Numbers = Callable[[str, str], Array]


@final
class TorchReader(CheckpointReader, CheckpointWriter):
    """Reads `.pt` and `.pth`: state dicts, whole modules, TorchScript, with whatever training scripts put next to them.

    It writes state dicts, and for that alone needs PyTorch.
    """

    title = "PyTorch checkpoint"
    framework = "numpy"
    encoder = "torch"
    endings = (".pth", ".pt")
    install = "pip install 'torch>=2.4'"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it is an archive with a `data.pkl` or, as PyTorch once wrote them, begins with its number as a pickle."""
        if head.startswith(ZIP):
            return any(name.endswith("/data.pkl") for name in names_in(path))
        return head.startswith(PICKLE) and MAGIC in head[:16]

    def read(self, path: Path) -> Stored:
        """The dictionary that it holds, in its own order."""
        with path.open("rb") as file:
            zipped = file.read(4) == ZIP
        content, tensor = _from_archive(path) if zipped else _from_pickles(path.read_bytes())
        if not isinstance(opened(content), Mapping):
            raise WeightsError(f"{path} holds a {_kind(content)}, not a state dict: {REMEDY}")
        return Stored(flattened(content, tensor), ordered=True)

    def encode(self, weights: Mapping[str, Array], words: Mapping[str, str]) -> bytes:
        """What `torch.save` makes of a state dict; the words have no place in it."""
        import torch  # noqa: PLC0415  # files are read without it

        content = BytesIO()
        torch.save({name: torch.from_numpy(np.array(array)) for name, array in weights.items()}, content)
        return content.getvalue()


def _from_archive(path: Path) -> tuple[Any, Callable[[Any], Any]]:
    try:
        with open_archive(path) as archive:
            pickle = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            folder = pickle.removesuffix("data.pkl")
            little = _byteorder(archive, folder)
            content = read_pickle(BytesIO(archive.read(pickle)))
            data = {
                name.removeprefix(f"{folder}data/"): archive.read(name)
                for name in archive.namelist()
                if name.startswith(f"{folder}data/")
            }
    except BadZipFile as error:
        raise ValueError(str(error)) from error
    return content, _opener(data.__getitem__, little)


def _byteorder(archive: ZipFile, folder: str) -> bool:
    """Whether numbers begin with their lowest byte."""
    name = f"{folder}byteorder"
    return name not in archive.namelist() or archive.read(name).strip() == b"little"


def _from_pickles(content: bytes) -> tuple[Any, Callable[[Any], Any]]:
    """The layout before PyTorch 1.6: five pickles, then each storage after its length in elements."""
    file = BytesIO(content)
    _, _, system, found, keys = (read_pickle(file) for _ in range(5))
    sizes: dict[str, int] = {}
    flattened(found, lambda value: _noted(value, sizes))
    starts: dict[str, tuple[int, int]] = {}
    for key in map(str, keys):
        count = int.from_bytes(file.read(8), _order(system))
        starts[key] = file.tell(), count * sizes.get(key, 1)
        file.seek(starts[key][1], 1)
    data = {key: memoryview(content)[start : start + length] for key, (start, length) in starts.items()}
    return found, _opener(data.__getitem__, _order(system) == "little")


def _order(system: Any) -> Literal["little", "big"]:
    return "little" if system.get("little_endian", True) else "big"


def _noted(value: Any, sizes: dict[str, int]) -> Any:
    """Notes how long the numbers of a tensor's storage are."""
    match value:
        case Made(arguments=(Persistent(key=("storage", Global(name), key, *_)), *_)):
            sizes[str(key)] = _itemsize(STORAGES.get(name.rpartition(".")[2], "uint8"))
            return None
        case Made(maker=maker, arguments=arguments) if "_rebuild" in maker:
            return arguments
        case _:
            return opened(value)


def _opener(storage: Bytes, little: bool) -> Callable[[Any], Any]:
    @cache
    def numbers(key: str, dtype: str) -> Array:
        order: Literal["<", ">"] = "<" if little else ">"
        if dtype == "bfloat16":
            return widened(np.frombuffer(storage(key), f"{order}u2"))
        return np.frombuffer(storage(key), np.dtype(dtype).newbyteorder(order))

    def tensor(value: Any) -> Any:
        match value:
            case Made(maker=maker, arguments=tuple(arguments)) if maker.startswith("torch.") and "_rebuild" in maker:
                inner = _wrapped(maker.rpartition(".")[2], arguments)
                return tensor(inner) if inner else _tensor(maker.rpartition(".")[2], arguments, numbers)
            case _:
                return opened(value)

    return tensor


def _wrapped(maker: str, arguments: tuple[Any, ...]) -> Made | None:
    """The call inside, where this one adds but a class to a tensor."""
    match maker, arguments:
        case "_rebuild_parameter" | "_rebuild_parameter_with_state", (Made() as inner, *_):
            return inner
        case "_rebuild_from_type_v2", (Global(name), _, tuple(inner), *_):
            return Made(name, inner)
        case _:
            return None


def _tensor(maker: str, arguments: tuple[Any, ...], numbers: Numbers) -> Leaf:
    """The tensor that a call would have rebuilt."""
    match maker, arguments:
        case "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3", (
            Persistent(key=("storage", Global(name), key, *_)), offset, tuple(shape), tuple(strides), *rest,
        ):  # fmt: skip
            dtype = STORAGES.get(name.rpartition(".")[2], name)
            if maker.endswith("v3") and len(rest) > 2 and isinstance(rest[2], Global):
                dtype = rest[2].name.removeprefix("torch.")
            if dtype in STORAGES.values():
                return _view(numbers(str(key), dtype), dtype, offset, shape, strides)
            return Unread(f"{dtype} numbers that are quantized, sparse or absent")
        case _:
            return Unread(f"{maker.removeprefix('_rebuild_')} numbers that are quantized, sparse or absent")


def _itemsize(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _view(numbers: Array, dtype: str, offset: Any, shape: tuple[Any, ...], strides: tuple[Any, ...]) -> Leaf:
    """The tensor in its storage, whose end it may not pass."""
    if not all(isinstance(number, int) and 0 <= number < 2**62 for number in (offset, *shape, *strides)):
        return Unread("numbers in no possible shape")
    if len(shape) != len(strides) or len(shape) > 32 or 0 in shape:
        return Unread(f"no numbers, in the shape {'x'.join(map(str, shape))}")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if last >= numbers.size:
        raise ValueError(f"a tensor reaches beyond its {numbers.size} numbers")
    steps = [stride * numbers.itemsize for stride in strides]
    return Tensor(as_strided(numbers[offset:], shape, steps, writeable=False), dtype)


def _kind(content: Any) -> str:
    return content.maker.rpartition(".")[2] if isinstance(content, Made) else type(content).__name__
