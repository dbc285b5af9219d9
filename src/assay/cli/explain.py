"""`assay explain`: one check in full, or one word of a report."""

from __future__ import annotations

from collections.abc import Iterator

import click

from assay.checks import named
from assay.cli._apart import command
from assay.cli._streams import say
from assay.facts.dossier import Rule


@command("explain")
@click.argument("id", metavar="CHECK|WORD")
def COMMAND(id: str) -> None:
    """Explain a check (what it asks, why it matters, what to do), or a word that reports use, such as inert."""
    from assay.cli._checks import known
    from assay.render.glossary import term
    from assay.render.terminal import terminal_width, wrapped

    word = None if named(id) else term(id)
    if word:
        whose = f"after {word.source}" if word.source != "assay" else "assay's own word"
        say(*wrapped(f"{word.word}: {word.plain} ({whose})", "", terminal_width(), "   "))
        return
    say(*_check(known(id).rule, terminal_width()))


def _check(rule: Rule, width: int) -> Iterator[str]:
    from assay.facts.advisory import AS_OF, about
    from assay.render.terminal import wrapped

    yield from wrapped(f"{rule.id}  ({rule.question}, severity {rule.severity})", "", width)
    yield from (*wrapped(rule.title, "", width), "")
    for paragraph in (*rule.why.split("\n\n"), f"What to do: {rule.remedy}"):
        yield from (*wrapped(" ".join(paragraph.split()), "", width), "")
    if rule.references:
        yield from wrapped(f"See: {', '.join(rule.references)}", "", width)
    rows = about(rule.id)
    if rows:
        yield from ("", *wrapped(f"Known advisories that it finds instances of, as of {AS_OF}:", "", width))
    for row in rows:
        yield from (*wrapped(row.line(), "  ", width, "    "), f"    {row.source}")
