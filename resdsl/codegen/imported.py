"""Emitted source as a real module."""

from __future__ import annotations

import sys
from hashlib import sha256
from importlib.abc import ExecutionLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType
from typing import final


def import_source(name: str, source: str) -> ModuleType:
    """`source` as an imported module, which `inspect` and tracebacks can show; equal texts give the same module."""
    full_name = f"resdsl_{name}_{sha256(source.encode()).hexdigest()[:12]}"
    if full_name not in sys.modules:
        loader = _Loader(source)
        spec = ModuleSpec(full_name, loader, origin=loader.get_filename(full_name))
        spec.has_location = True  # Or else `inspect` takes its classes for built-in ones.
        module = module_from_spec(spec)
        loader.exec_module(module)
        sys.modules[full_name] = module
    return sys.modules[full_name]


@final
class _Loader(ExecutionLoader):
    """Loads a module from a text in memory."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_filename(self, fullname: str) -> str:
        return f"<resdsl>/{fullname}.py"

    def get_source(self, fullname: str) -> str:
        return self._source
