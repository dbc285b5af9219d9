"""`assay explain`: one check in full."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches

import click

from assay.errors import UsageError


@click.command("explain")
@click.argument("id")
def COMMAND(id: str) -> None:
    """Explain the check ID: what it asks, why it matters, what to do."""
    from assay.checks import installed, named

    check = named(id)
    if check is None:
        near = get_close_matches(id, [found.rule.id for found in installed()], 1)
        raise UsageError(f"no check {id!r}{f'; did you mean {near[0]!r}?' if near else ''} (assay checks lists them)")
    rule = check.rule
    click.echo(f"{rule.id}  ({rule.question}, severity {rule.severity})\n{rule.title}\n")
    for paragraph in (*rule.why.split("\n\n"), f"What to do: {rule.remedy}"):
        click.echo(textwrap.fill(" ".join(paragraph.split()), 100) + "\n")
    if rule.references:
        click.echo(f"See: {', '.join(rule.references)}")
