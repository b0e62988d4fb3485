"""PyTorch's own checkpoints: what `torch.save` wrote, read without running anything that is in it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from resdsl.transfer.reader import CheckpointReader, Stored, Tensor, Unread
from resdsl.weights.files import WeightsError

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
REMEDY = "where it was made, save the weights alone: torch.save(model.state_dict(), …)"


@final
class TorchReader(CheckpointReader):
    """Reads `.pt` and `.pth` through `torch.load(weights_only=True)`, never otherwise."""

    title = "PyTorch checkpoint"
    framework = "torch"
    install = "pip install 'resdsl[torch]'"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it is a zip archive or, as PyTorch once wrote them, a pickle."""
        return head.startswith((ZIP, PICKLE))

    def read(self, path: Path) -> Stored:
        """The dictionary that it holds, in its own order."""
        content = _loaded(path)
        if not isinstance(content, Mapping):
            raise WeightsError(f"{path} holds a {type(content).__name__}, not a state dict: {REMEDY}")
        return Stored({str(key): _entry(value) for key, value in content.items()}, ordered=True)


def _loaded(path: Path) -> Any:
    import torch  # noqa: PLC0415  # whether a file is its own can be asked without the framework

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # About TorchScript archives, which it refuses anyway.
            return torch.load(path, map_location="cpu", weights_only=True)
    # A damaged file can make the unpickler stumble anywhere.
    except Exception as error:
        code = re.search(r"GLOBAL (\S+)|(TorchScript)", str(error))
        if code:
            what = code[1] or code[2]
            raise WeightsError(f"{path} holds more than tensors ({what}), which could run code: {REMEDY}") from error
        # Of PyTorch's own page about it, the one line that says what is wrong.
        reason = str(error).rpartition("WeightsUnpickler error:")[2].strip().partition("\n")[0][:100].rstrip(". ")
        raise WeightsError(
            f"{path} is damaged or no PyTorch checkpoint ({reason or type(error).__name__}): fetch or write it again"
        ) from error


def _entry(value: Any) -> Any:
    """`value` with the tensors in it as NumPy arrays."""
    import torch  # noqa: PLC0415

    if isinstance(value, Mapping):
        return {str(key): _entry(inner) for key, inner in value.items()}
    if not isinstance(value, torch.Tensor):
        return value
    dtype = str(value.dtype).removeprefix("torch.")
    if value.layout is not torch.strided or value.is_quantized or value.is_meta or dtype.startswith("float8"):
        return Unread(f"{dtype} numbers that are quantized, sparse or absent")
    plain = value.detach().resolve_conj().resolve_neg()
    return Tensor((plain.float() if dtype == "bfloat16" else plain).numpy(), dtype)
