"""Every test: one thread for PyTorch, here and in the processes that tests begin, as the workers share the processors.

What JAX has compiled is kept on disk for all of them, until the tests end: in memory it would fill gigabytes.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest

from resdsl.processors import keep_to, processors

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # A third less time; `make test-slow` has them all.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # The workers, and what tests begin, inherit it.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="compiled-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _all_processors() -> Iterator[None]:
    """A run of Flax with `--threads` keeps its process to so many processors: here only until the test ends."""
    before = processors()
    yield
    if processors() != before:
        keep_to(before)


# Those that hold Flax to the numbers of others.
AS_USERS_COMPILE = {"test_flax_convolution", "test_flax_goldens", "test_verify"}


@pytest.fixture(scope="module", autouse=True)
def _compiled(request: pytest.FixtureRequest) -> Iterator[None]:
    as_users = request.module.__name__ in AS_USERS_COMPILE
    if as_users:
        import jax

        before = jax.config.read("jax_disable_most_optimizations")
        jax.config.update("jax_disable_most_optimizations", False)
    yield
    if as_users:
        jax.config.update("jax_disable_most_optimizations", before)
    if jax := sys.modules.get("jax"):
        jax.clear_caches()
