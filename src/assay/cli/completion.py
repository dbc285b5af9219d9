"""`assay completion`: the script that teaches a shell to complete assay's commands and options."""

from __future__ import annotations

import click

from assay.cli._apart import command
from assay.cli._streams import put


@command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def COMMAND(shell: str) -> None:
    """Print the completion script for SHELL: commands, options, files, checks, policies and formats.

    For bash:  assay completion bash >> ~/.bashrc

    For zsh, below compinit:  assay completion zsh >> ~/.zshrc

    For fish:  assay completion fish > ~/.config/fish/completions/assay.fish
    """
    from click.shell_completion import get_completion_class

    from assay.cli._group import cli

    found = get_completion_class(shell)
    assert found is not None
    put(found(cli, {}, "assay", "_ASSAY_COMPLETE").source().encode() + b"\n", None)
