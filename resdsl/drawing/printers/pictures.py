"""DOT to pictures, by Graphviz's `dot`."""

from __future__ import annotations

import graphviz


class GraphvizError(Exception):
    """No picture: the message is one line that says why and what to do."""


class GraphvizMissingError(GraphvizError):
    """There is no `dot` to call."""

    def __init__(self) -> None:
        super().__init__(
            "there is no `dot` on the PATH: install Graphviz (apt install graphviz, brew install graphviz, "
            "conda install graphviz, winget install graphviz); --format dot and --format mermaid "
            "work without it, and so does --format tikz"
        )


def picture(dot: bytes, format: str) -> bytes:
    """The picture of a DOT text as "svg", "png" or "pdf"; raises GraphvizError."""
    try:
        content = graphviz.pipe("dot", format, dot, quiet=True)
    except graphviz.ExecutableNotFound:
        raise GraphvizMissingError from None
    except graphviz.CalledProcessError as error:
        said = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        raise GraphvizError(f"`dot` failed: {said[0] if said else f'exit status {error.returncode}'}") from None
    except OSError as error:
        raise GraphvizError(f"cannot run `dot`: {error.strerror}") from None
    if not content:
        raise GraphvizError(f"`dot` wrote nothing: does this Graphviz know {format}? (dot -T? lists what it does)")
    return bytes(content)
