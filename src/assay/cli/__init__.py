"""The command line: parse, call one function, print, exit. Each command is a file here, imported when it is used."""

from __future__ import annotations

import importlib
import os
import sys

import click

from assay import __version__
from assay.errors import UsageError

# command -> what the list of commands says, so that `assay --help` imports none of them
COMMANDS = {
    "audit": "Audit a model: verdict, findings, reports.",
    "report": "Write reports from a saved dossier.",
    "checks": "List every check.",
    "explain": "Explain one check: what, why, and what to do.",
    "policy": "Check or show a policy.",
    "baseline": "Write or show a list of known findings.",
    "doctor": "Show what is installed, what that enables, and which configuration holds.",
    "demo": "Audit a real model that comes in a Python package.",
    "completion": "Print the shell completion script.",
}
EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE = 70, 130, 2


class Commands(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are explained."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"assay.cli.{cmd_name}").COMMAND
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assay")
def cli() -> None:
    """Audit an open language model: is it safe to load, what is in it, how open is it.

    \b
    assay audit MODEL                     a folder, a weight file, or hf://org/name
    assay audit MODEL -o html=report.html and a page to read
    assay explain token.forgeable         what a finding means

    \b
    Exit status: 0 PASSED, 1 FAILED, 3 INCOMPLETE, 2 could not run, 70 a bug in assay.
    """


def main() -> None:
    """Entry point of `assay`: every expected error is one sentence on standard error."""
    _leave_working_directory_out_of_the_import_path()
    try:
        status = _run()
    except UsageError as error:
        _end(f"assay: {error}", EXIT_USAGE)
    except click.exceptions.Exit as exit_:
        _end("", exit_.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        _end("", EXIT_USAGE)
    except click.ClickException as error:
        _end(f"assay: {error.format_message()}{_see(error)}", EXIT_USAGE)
    except (click.Abort, KeyboardInterrupt):
        _end("assay: interrupted; reports that were not finished were not written", EXIT_INTERRUPTED)
    except BrokenPipeError:
        silence_output()  # the reader went away: nobody to tell
        _end("", 0)
    _end("", status if isinstance(status, int) else 0)


def _run() -> object:
    """Invoke the command; click's own `main` is left out because it turns a closed pipe into status 1, which is FAILED here."""
    if "_ASSAY_COMPLETE" in os.environ:
        return cli.main(prog_name="assay")
    with cli.make_context("assay", sys.argv[1:]) as context:
        return cli.invoke(context)


def silence_output() -> None:
    """Send what is still to be printed nowhere, once whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _see(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"\n       see  {context.command_path} --help" if context else ""


def _end(message: str, status: int) -> None:
    if message:
        print(message, file=sys.stderr)
    raise SystemExit(status)


def _leave_working_directory_out_of_the_import_path() -> None:
    """`python -m assay` inside a model's folder must not import that model's modules in place of libraries."""
    here = os.path.realpath(os.getcwd())
    sys.path[:] = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]
