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
    from assay.render.terminal import WIDEST, table, terminal_width

    for question, title in QUESTIONS.items():
        rules = [check.rule for check in installed() if check.rule.question == question]
        rows = [(rule.id, f"{rule.severity:.1f}", rule.title) for rule in rules]
        say(f"{question}: {title}", *table(("check", ">severity", "question"), rows, terminal_width(WIDEST)), "")
