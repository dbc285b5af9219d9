"""`assay explain`: one check in full."""

from __future__ import annotations

import textwrap

import click


@click.command("explain")
@click.argument("id")
def COMMAND(id: str) -> None:
    """Explain the check ID: what it asks, why it matters, what to do."""
    from assay.cli._checks import known

    rule = known(id).rule
    click.echo(f"{rule.id}  ({rule.question}, severity {rule.severity})\n{rule.title}\n")
    for paragraph in (*rule.why.split("\n\n"), f"What to do: {rule.remedy}"):
        click.echo(textwrap.fill(" ".join(paragraph.split()), 100) + "\n")
    if rule.references:
        click.echo(f"See: {', '.join(rule.references)}")
