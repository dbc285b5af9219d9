"""`assay explain`: one check in full, or one word of a report."""

from __future__ import annotations

from collections.abc import Iterator

import click

from assay.checks import installed, named
from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._streams import Output, looks, put_record
from assay.errors import UsageError
from assay.facts.dossier import Rule
from assay.lazy import fits


@command("explain")
@click.argument("id", metavar="CHECK|PATTERN|WORD")
@options.formats("text", "json")
def COMMAND(id: str, outputs: tuple[Output, ...]) -> None:
    """Explain a check (what it asks, why it matters, what to do), all that fit a pattern ("pickle.*"), or a word that
    reports use, such as inert.
    """
    if set(id) & set("*?["):
        _several(id, outputs)
        return
    from assay.cli._checks import known
    from assay.render.glossary import Term, term
    from assay.render.terminal import wrapped

    found: Term | Rule = (None if named(id) else term(id)) or known(id).rule
    for format, path in outputs:
        width = looks(path)[1]
        if isinstance(found, Rule):
            put_record(format, found, _check(found, width), path)
        else:
            whose = f"after {found.source}" if found.source != "assay" else "assay's own word"
            put_record(format, found, wrapped(f"{found.word}: {found.plain} ({whose})", "", width, "   "), path)


def _several(pattern: str, outputs: tuple[Output, ...]) -> None:
    rules = tuple(row.rule for row in installed() if fits(row.rule.id, pattern))
    if not rules:
        raise UsageError(f"no check fits {pattern!r} (assay checks lists them)")
    for format, path in outputs:
        width = looks(path)[1]
        put_record(format, rules, (line for rule in rules for line in (*_check(rule, width), "")), path)


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
