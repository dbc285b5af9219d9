"""The command group: commands are modules of this package, imported when they are used."""

from __future__ import annotations

import importlib

import click

from assay.cli import COMMANDS, HELP
from assay.errors import UsageError, did_you_mean
from assay.version import VERSION


class Commands(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are explained."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"assay.cli.{cmd_name.replace('-', '_')}").COMMAND
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but for a name that is not known the one that is near."""
        word = click.utils.make_str(args[0])
        if word not in COMMANDS and not word.startswith("-"):
            raise UsageError(f"no command {word!r}{did_you_mean(word, COMMANDS)} (assay --help lists them)")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """The same text that `assay --help` prints without importing click."""
        return HELP


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="assay")
def cli() -> None:
    """Audit an open language model."""
