"""DOT to pictures, by Graphviz's `dot`."""

from __future__ import annotations

import subprocess

TIMEOUT = 120.0
"""Seconds until a drawing is given up."""


class GraphvizError(Exception):
    """No picture: the message is one line that says why and what to do."""


class GraphvizMissingError(GraphvizError):
    """There is no `dot` to call."""

    def __init__(self) -> None:
        super().__init__(
            "there is no `dot` on the PATH: install Graphviz (apt install graphviz, brew install graphviz, "
            "conda install graphviz, winget install graphviz); --format dot and --format mermaid work without it"
        )


def render(dot: str, format: str, *options: str) -> bytes:
    """The picture of a DOT text as "svg", "png" or "pdf"."""
    command = ["dot", f"-T{format}", *options]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=TIMEOUT, check=False)
    except FileNotFoundError:
        raise GraphvizMissingError from None
    except OSError as error:
        raise GraphvizError(f"cannot run `dot`: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise GraphvizError(f"`dot` took longer than {TIMEOUT:g} s: try --detail block or --detail stage") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraphvizError(f"`dot` failed: {said[0] if said else f'exit status {done.returncode}'}")
    return done.stdout
