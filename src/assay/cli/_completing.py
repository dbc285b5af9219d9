"""What a shell completes beside commands and options: files, checks, policies, questions, formats."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

_FILES = {"BASE", "DIR", "DOSSIER", "FILE", "INPUT", "MODEL", "NEW", "OLD", "PATH", "POLICY"}


class _Named(click.types.StringParamType):
    """A text of which the metavar says what it names."""

    def __init__(self, metavar: str) -> None:
        self.words = set(re.findall("[A-Z]+", metavar.upper()))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Those known names that begin so, or files, where it may name one."""
        before, comma, last = incomplete.rpartition(",")
        return chosen(_known(self.words, param), last, before + comma, files=bool(self.words & _FILES))


def teach(command: click.Command) -> None:
    """Let each parameter that is a plain text complete what its metavar names."""
    for row in command.params:
        if type(row.type) is click.types.StringParamType:
            row.type = _Named(row.metavar or row.human_readable_name)


def chosen(names: Iterable[str], incomplete: str, before: str = "", *, files: bool = True) -> list[CompletionItem]:
    """The names that begin so; where none does, the shell is to complete a file, if it may be one."""
    found = [CompletionItem(before + name) for name in names if name.startswith(incomplete)]
    return found or ([CompletionItem(before + incomplete, type="file")] if files else [])


def _known(words: set[str], param: click.Parameter) -> tuple[str, ...]:
    if "CHECK" in words:
        from assay.checks import installed

        return tuple(row.rule.id for row in installed())
    if "QUESTION" in words:
        from assay.facts.dossier import QUESTIONS

        return tuple(QUESTIONS)
    if param.name == "policy":
        from assay.policy import BUILTIN

        return tuple(BUILTIN)
    return ()
