"""What stands at the top of every emitted source."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.ir.graph import Network
from resdsl.version import __version__


def heading(network: Network) -> Iterator[str]:
    """The module's docstring: what it is, and the files that it comes from as `sha256sum` lists them."""
    title = _plain(network.title) or network.name
    cite = _plain(network.cite)
    yield f'"""{title} ({cite}).' if cite else f'"""{title}.'
    yield ""
    yield f"Compiled by resdsl {__version__} from {_call(network)}: edit the spec, not this file."
    if network.source.files:
        yield ""
        yield "sha256 of what it was compiled from:"
        yield from (f"    {file.sha256}  {_plain(file.name)}" for file in network.source.files)
    yield '"""'


def _call(network: Network) -> str:
    """`resnet34.res`, or where parameters were set `cifar_resnet(n = 9) in cifar.res`."""
    source = network.source
    file = _plain(source.files[0].name) if source.files else ""
    given = ", ".join(f"{name} = {value}" for name, value in source.parameters)
    called = f"{network.name}({given})" if given else network.name
    return f"{called} in {file}" if file and given else file or called


def _plain(text: str) -> str:
    """Text that stands in a docstring as it is."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.replace("\\", "/").replace('"', "'").split())
