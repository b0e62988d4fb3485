"""Every test: one thread for PyTorch, here and in the processes that tests begin, as the workers share the processors.

What JAX has compiled for the tests of a file is of no use to the next, and would fill gigabytes.
"""

import os
import sys
from collections.abc import Iterator

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> Iterator[None]:
    yield
    if jax := sys.modules.get("jax"):
        jax.clear_caches()
