"""The device to run on, and what it computes natively."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """The GPU if there is one, else the processor."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def memory(device: torch.device) -> int:
    """The bytes of memory that a GPU has of its own; a processor has none."""
    return torch.cuda.get_device_properties(device).total_memory if device.type == "cuda" else 0


def computes_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 natively; where it only emulates that, float32 is faster."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    probe = getattr(torch.cpu, "get_capabilities", None)
    if probe is None:  # Before PyTorch 2.9, which says it for x86 alone.
        return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
    return any(probe().get(feature) for feature in ("amx_bf16", "avx512_bf16", "bf16"))


def describe(device: torch.device) -> str:
    """`device` for a reader: `cpu, 2 threads` or the name of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {torch.get_num_threads()} threads"
