"""`assay explain`: one check in full."""

from __future__ import annotations

import textwrap

import click

from assay.cli._streams import say


@click.command("explain")
@click.argument("id")
def COMMAND(id: str) -> None:
    """Explain the check ID: what it asks, why it matters, what to do."""
    from assay.cli._checks import known
    from assay.facts.advisory import AS_OF, about

    rule = known(id).rule
    say(f"{rule.id}  ({rule.question}, severity {rule.severity})", rule.title, "")
    for paragraph in (*rule.why.split("\n\n"), f"What to do: {rule.remedy}"):
        say(*textwrap.wrap(" ".join(paragraph.split()), 100), "")
    if rule.references:
        say(f"See: {', '.join(rule.references)}")
    rows = about(rule.id)
    if rows:
        say("", f"Known advisories that it finds instances of, as of {AS_OF}:")
        for row in rows:
            say(*textwrap.wrap(row.line(), 100, initial_indent="  ", subsequent_indent="    "))
            say(f"    {row.source}")
