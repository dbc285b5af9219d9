"""`assay explain`: one check in full."""

from __future__ import annotations

import textwrap

import click


@click.command("explain")
@click.argument("id")
def COMMAND(id: str) -> None:
    """Explain the check ID: what it asks, why it matters, what to do."""
    from assay.cli._checks import known
    from assay.facts.advisory import AS_OF, about

    rule = known(id).rule
    click.echo(f"{rule.id}  ({rule.question}, severity {rule.severity})\n{rule.title}\n")
    for paragraph in (*rule.why.split("\n\n"), f"What to do: {rule.remedy}"):
        click.echo(textwrap.fill(" ".join(paragraph.split()), 100) + "\n")
    if rule.references:
        click.echo(f"See: {', '.join(rule.references)}")
    rows = about(rule.id)
    if rows:
        click.echo(f"\nKnown advisories that it finds instances of, as of {AS_OF}:")
        for row in rows:
            click.echo(textwrap.fill(row.line(), 100, initial_indent="  ", subsequent_indent="    "))
            click.echo(f"    {row.source}")
