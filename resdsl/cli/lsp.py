"""`resdsl lsp`"""

from __future__ import annotations

import gc
import sys

import click

from resdsl.cli.output import stop


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Speak over standard input and output, which is the only way there is.")
def command(stdio: bool) -> None:
    """Start the language server, which an editor speaks to over standard input and output."""
    try:
        from resdsl.lsp.server import create_server
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        stop("the language server needs pygls: pip install 'pygls>=2'")
    gc.freeze()  # what was imported stays, and need not be looked through while someone types
    server = create_server()
    server.start_io()
    sys.exit(server.status)
