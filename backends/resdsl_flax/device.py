"""The device that JAX runs on, and what it computes natively."""

from __future__ import annotations

import jax

from resdsl.processors import keep_to, processors


def computes_bfloat16(device: jax.Device) -> bool:
    """Whether `device` is an accelerator that multiplies bfloat16; a processor gets float32."""
    match device.platform:
        case "tpu":
            return True
        case "gpu":
            return float(getattr(device, "compute_capability", "0")) >= 8
        case _:
            return False


def memory(device: jax.Device) -> int:
    """The bytes that JAX may take of an accelerator's own memory; a processor has none."""
    return 0 if device.platform == "cpu" else int((device.memory_stats() or {}).get("bytes_limit", 0))


def describe(device: jax.Device) -> str:
    """`device` for a reader: `cpu, 2 threads` or the name of the accelerator."""
    return f"cpu, {len(processors())} threads" if device.platform == "cpu" else device.device_kind


def limit_threads(count: int) -> None:
    """Keeps this process to `count` processors, where the system can do that: XLA's own pool has no setting."""
    keep_to(processors()[:count])
