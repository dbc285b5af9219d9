"""`assay checks`: what is asked."""

from __future__ import annotations

import click

from assay.cli._apart import command
from assay.cli._streams import put, say
from assay.facts.dossier import QUESTIONS


@command("checks")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the list.",
)
def COMMAND(format_: str) -> None:
    """List every check, by question."""
    from assay.checks import installed

    if format_ == "json":
        from assay.facts.codec import canonical

        put(canonical(tuple(check.rule for check in installed())), None)
        return
    width = max(len(check.rule.id) for check in installed())
    for question, title in QUESTIONS.items():
        say(f"{question}: {title}")
        for check in installed():
            if check.rule.question == question:
                say(f"  {check.rule.id:<{width}}  {check.rule.severity:4.1f}  {check.rule.title}")
