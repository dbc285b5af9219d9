"""What became of a model between two audits, as text: the verdict and the class first, then why, then assay's own changes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from assay.facts.change import Change, FileChange, ValueChange
from assay.facts.openness import BY_ID
from assay.render.visible import visible
from assay.render.words import place

MOST = 20
Paint = Callable[[str, str], str]
Wrapped = Callable[[str], list[str]]
_RED, _GREEN, _BOLD = "31", "32", "1"


def lines(found: Change, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report; with `verbose` all of them."""
    most = None if verbose else MOST

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    def wrapped(text: str, indent: str = "  ") -> list[str]:
        return textwrap.wrap(
            visible(text), width, initial_indent=indent, subsequent_indent=f"{indent}    ", break_on_hyphens=False
        )

    yield paint(f"{visible(found.before)}  ->  {visible(found.after)}", _BOLD)
    if found.same:
        yield "nothing differs: the same model, judged by the same rules"
        return
    for row in (*found.verdict, *found.classes):
        yield from wrapped(_value(row))
    if found.because:
        yield from wrapped(f"because {found.because}", "    ")
    for title, rows in (
        ("files", [_file(row) for row in found.files]),
        ("weights and size", [_value(row) for row in found.measured]),
        ("what the publisher states", [_value(row) for row in found.claims]),
    ):
        yield from _part(title, rows, most, paint, wrapped)
    for licence in found.licences:
        yield ""
        yield paint(f"licence text {visible(licence.artifact)}", _BOLD)
        yield from wrapped(
            f"{', '.join(licence.before) or 'not there, or not identified'} -> {', '.join(licence.after) or 'not there, or not identified'}"
        )
        for hunk in licence.hunks[:most]:
            yield "  " + paint(visible(hunk), _GREEN if hunk.startswith("+") else _RED if hunk.startswith("-") else "2")
        hidden = licence.more + max(0, len(licence.hunks) - (most or len(licence.hunks)))
        if hidden:
            yield f"  ... and {hidden:,} more lines"
    if found.components:
        yield ""
        yield paint("components of the Model Openness Framework", _BOLD)
        for component in found.components:
            licence_ = (
                f", {component.licence_before or 'no licence'} -> {component.licence_after or 'no licence'}"
                if component.licence_before != component.licence_after
                else ""
            )
            yield from wrapped(
                f"{BY_ID[component.id].title}: {component.before} -> {component.after}{licence_} ({component.because})"
            )
            yield from (f"      at {visible(place(row))}" for row in component.evidence[:1])
    yield from _part("other frameworks", [_value(row) for row in found.frameworks], most, paint, wrapped)
    yield from _part(
        "findings",
        [
            f"{row.before or 'not there'} -> {row.after or 'gone'}  {row.check}: {row.message} ({row.cause})"
            for row in found.findings
        ],
        most,
        paint,
        wrapped,
    )
    yield from _part("assay and its rules", [_value(row) for row in found.rules], most, paint, wrapped)


def _part(title: str, rows: list[str], most: int | None, paint: Paint, wrapped: Wrapped) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield paint(title, _BOLD)
    for row in rows[:most]:
        yield from wrapped(row)
    if most is not None and len(rows) > most:
        yield f"  ... and {len(rows) - most:,} more: --verbose"


def _value(row: ValueChange) -> str:
    return f"{row.name}: {row.before or 'not there'} -> {row.after or 'not there'}"


def _file(row: FileChange) -> str:
    if row.moved_from:
        return f"moved    {row.moved_from} -> {row.path}"
    if not row.before:
        return f"added    {row.path}  sha256 {row.after[:12]}"
    return f"changed  {row.path}  sha256 {row.before[:12]} -> {row.after[:12]}" if row.after else f"removed  {row.path}"
