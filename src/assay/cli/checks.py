"""`assay checks`: what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._streams import Output, encoded, put
from assay.errors import UsageError, did_you_mean
from assay.facts.dossier import QUESTIONS, Rule
from assay.lazy import fits


@command("checks")
@click.argument("patterns", nargs=-1, metavar="[CHECK]...")
@options.formats("text", "json")
def COMMAND(patterns: tuple[str, ...], outputs: tuple[Output, ...]) -> None:
    """List every check by question, or those of these ids; weights.* stands for all that begin so."""
    from assay.checks import installed
    from assay.facts.codec import canonical

    ids = [check.rule.id for check in installed()]
    for pattern in patterns:
        if not any(fits(id, pattern) for id in ids):
            raise UsageError(f"no check {pattern!r}{did_you_mean(pattern, ids)} (assay checks lists them)")
    rules = [row.rule for row in installed() if not patterns or any(fits(row.rule.id, each) for each in patterns)]
    for format, path in outputs:
        put(canonical(tuple(rules)) if format == "json" else encoded(_lines(rules), fold=path is None), path)


def _lines(rules: list[Rule]) -> Iterator[str]:
    from assay.columns import WIDEST
    from assay.render.terminal import table, terminal_width

    for question, title in QUESTIONS.items():
        rows = [(rule.id, f"{rule.severity:.1f}", rule.title) for rule in rules if rule.question == question]
        if rows:
            yield from (
                f"{question}: {title}",
                *table(("check", ">severity", "question"), rows, terminal_width(WIDEST)),
                "",
            )
