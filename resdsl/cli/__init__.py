"""The command line: one file per command, each imported when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import Any, NoReturn

import click

COMMANDS = {
    "check": "Check specs and show every finding.",
    "fmt": "Bring specs into their canonical form.",
    "summary": "Show a network block by block: maps, filters, parameters, MACs.",
    "compile": "Print or write the source of a network for a framework.",
    "draw": "Draw networks and blocks as the papers do.",
    "explain": "Say what a rule asks for and why.",
    "list": "List the shipped networks, by family, and studies.",
    "show": "Print a spec, or a network with all that it inherits.",
    "weights": "Read foreign or our weights for a network, and write ours.",
    "train": "Train a network.",
    "eval": "Evaluate trained weights.",
    "runs": "List the runs: recipes, progress, best scores.",
    "plot": "Draw the curves of runs on one picture.",
    "study": "Carry out a study: train, draw, tabulate.",
    "data": "Say what images a folder holds, and which are damaged.",
    "verify": "Hold the backends against each other, stage by stage.",
    "lsp": "Start the language server for editors.",
}


INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
SPEC = """\
SPEC is a path, path:network, the name of a shipped spec (`resdsl list` shows them), a run folder, or - for standard
input. A network with parameters takes them from --set: `resdsl summary cifar_resnet --set n=12`.
"""


class _Commands(click.Group):
    """Knows the commands by name, and imports one only to run it."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"resdsl.cli.{name}").command
        if any(parameter.name in {"spec", "specs"} for parameter in command.params):
            command.epilog = SPEC
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from resdsl.suggest import remedy

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command '{args[0]}': {remedy(args[0], COMMANDS, 'command')}")
        return super().resolve_command(context, args)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Keeps the words: `--devices` runs them in several processes."""
        words = [*args]  # `list` is a command here, once it was called
        context = super().make_context(info_name, args, parent, **extra)
        context.meta["resdsl.words"] = words
        return context

    def invoke(self, context: click.Context) -> Any:
        """Runs a command; what click says of a wrong call repeats it, and commands no terminal.

        Ctrl-C, where nothing is there to be saved yet, ends it with the status of what was interrupted.
        """
        from resdsl.clean import clean_lines

        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("\nresdsl: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except click.ClickException as error:
            vars(error)["message"] = clean_lines(error.message)
            raise

    def main(self, *args: Any, **settings: Any) -> Any:
        """Runs the command line; a full disk or a device that fails ends it with one line and status 2."""
        try:
            try:
                return super().main(*args, **settings)
            finally:
                if sys.stdout and not sys.stdout.closed:
                    sys.stdout.flush()
        except OSError as error:
            _give_up(error)


def _give_up(error: OSError) -> NoReturn:
    """Ends where something could not be read or written; what waits for a closed or full output is dropped."""
    if error.errno in {errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF} and error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        sys.exit(1)  # whoever read it, such as `head`, has seen enough
    click.echo(f"resdsl: {error.filename or 'cannot write the output'}: {error.strerror or error}", err=True)
    sys.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="resdsl", message="%(prog)s %(version)s")
def main() -> None:
    """Residual networks as text: check, compile to PyTorch and Flax, train."""
