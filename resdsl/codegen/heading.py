"""What stands at the top of every emitted source."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from resdsl.codegen.layout import WIDTH
from resdsl.ir.network import Network
from resdsl.version import __version__


def heading(network: Network) -> Iterator[str]:
    """The module's docstring: what it is, and the files that it comes from as `sha256sum` lists them."""
    title, cite = _plain(network.title) or network.name, _plain(network.cite)
    yield from wrap(f'"""{title} ({cite}).' if cite else f'"""{title}.', WIDTH)
    yield ""
    yield from wrap(f"Compiled by resdsl {__version__} from {_call(network)}: edit the spec, not this file.", WIDTH)
    if network.source.files:
        yield ""
        yield "sha256 of what it was compiled from:"
        yield from (f"    {file.sha256}  {_plain(file.name)}" for file in network.source.files)
    yield '"""'


def _call(network: Network) -> str:
    """`resnet34.res`, or `cifar_resnet(n = 9) in cifar.res` where that does not say it."""
    source = network.source
    given = ", ".join(f"{name} = {value}" for name, value in source.parameters)
    called = f"{network.name}({given})" if given else network.name
    if not source.files:
        return called
    file = _plain(source.files[0].name)
    return file if file == f"{called}.res" else f"{called} in {file}"


def _plain(text: str) -> str:
    """Text that stands in a docstring as it is."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.replace("\\", "/").replace('"', "'").split())
