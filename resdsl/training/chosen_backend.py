"""Which backend a run or an evaluation uses."""

from __future__ import annotations

from resdsl.backend import Backend, BackendMissing, backends, load_backend

PREFERRED = "torch"


def installed_backend(name: str | None) -> Backend:
    """The backend called `name`, or else the preferred one, or else any that is installed; raises BackendMissing."""
    if name is not None:
        return load_backend(name).required()
    for other in sorted(backends(), key=lambda found: (found != PREFERRED, found)):
        try:
            return load_backend(other).required()
        except BackendMissing:
            continue
    raise BackendMissing(f"no framework is installed: {load_backend(PREFERRED).install}")
