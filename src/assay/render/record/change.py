"""What became of a model between two audits, as text: verdict and class first, then why, then assay's own changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from assay.facts.change import (
    MOST_FILES,
    MOST_FINDINGS,
    Change,
    ComponentChange,
    FileChange,
    LicenceChange,
    ValueChange,
)
from assay.facts.openness import BY_ID
from assay.render.headline import Headline, Tone
from assay.render.terminal import Paint, painter
from assay.render.terminal import wrapped as folded
from assay.render.visible import visible
from assay.render.words import location

MOST = 20
Wrap = Callable[..., list[str]]
_RED, _GREEN, _DIM, _BOLD = "31", "32", "2", "1"


def lines(found: Change, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report; with `verbose` all of them."""
    most, paint, wrapped = None if verbose else MOST, painter(colour), partial(_wrapped, width)
    yield paint(f"{visible(found.before)}  ->  {visible(found.after)}", _BOLD)
    yield from headline(found).lines(paint, width)
    if found.same:
        return
    for row in found.classes:
        yield from wrapped(_value(row))
    if found.because:
        yield from wrapped(f"because {found.because}", "    ")
    part = partial(_part, most=most, paint=paint, wrapped=wrapped)
    yield from part("files", map(_file, found.files))
    yield from part("weights and size", map(_value, found.measured))
    yield from part("what the publisher states", map(_value, found.claims))
    for licence in found.licences:
        yield from _licence(licence, most, paint, wrapped)
    if found.components:
        yield ""
        yield paint("components of the Model Openness Framework", _BOLD)
        for component in found.components:
            yield from wrapped(_component(component))
            yield from (f"      at {visible(location(row))}" for row in component.evidence[:1])
    yield from part("other frameworks", map(_value, found.frameworks))
    yield from part(
        "findings",
        (
            f"{row.before or 'not there'} -> {row.after or 'gone'}  {row.check}: {row.message} ({row.cause})"
            for row in found.findings
        ),
    )
    yield from part("assay and its rules", map(_value, found.rules))


def headline(found: Change) -> Headline:
    """What became of it: the verdict first, then findings that are new or gone; worse is what exits 1."""
    if found.same:
        return Headline("SAME", "Nothing differs: the same model, judged by the same rules.", Tone.GO)
    said = [f"The {row.name} went from {row.before} to {row.after}." for row in found.verdict]
    lower = found.worse and not any(row.name == "verdict" for row in found.verdict)
    said = said or ["The verdict is the same, the class lower." if lower else "The verdict is the same."]
    fresh, gone = (sum(not getattr(row, side) for row in found.findings) for side in ("before", "after"))
    files, cut = len(found.files), " or more" if len(found.findings) >= MOST_FINDINGS else ""
    counts = (
        (files, " or more" if files >= MOST_FILES else "", "file differs", "files differ"),
        (fresh, cut, "finding is new", "findings are new"),
        (gone, cut, "is gone", "are gone"),
    )
    said += [f"{count:,}{more} {one if count == 1 else many}." for count, more, one, many in counts if count]
    return Headline(*(("WORSE", " ".join(said), Tone.STOP) if found.worse else ("CHANGED", " ".join(said), Tone.CARE)))


def _wrapped(width: int, text: str, indent: str = "  ") -> list[str]:
    return folded(visible(text), indent, width, f"{indent}    ")


def _part(title: str, found: Iterator[str], most: int | None, paint: Paint, wrapped: Wrap) -> Iterator[str]:
    rows = list(found)
    if not rows:
        return
    yield ""
    yield paint(title, _BOLD)
    for row in rows[:most]:
        yield from wrapped(row)
    if most is not None and len(rows) > most:
        yield f"  ... and {len(rows) - most:,} more: --verbose"


def _licence(licence: LicenceChange, most: int | None, paint: Paint, wrapped: Wrap) -> Iterator[str]:
    nothing = "not there, or not identified"
    yield ""
    yield paint(f"licence text {visible(licence.artifact)}", _BOLD)
    yield from wrapped(f"{', '.join(licence.before) or nothing} -> {', '.join(licence.after) or nothing}")
    for hunk in licence.hunks[:most]:
        yield "  " + paint(visible(hunk), _GREEN if hunk.startswith("+") else _RED if hunk.startswith("-") else _DIM)
    hidden = licence.more + max(0, len(licence.hunks) - (most or len(licence.hunks)))
    if hidden:
        yield f"  ... and {hidden:,} more lines"


def _component(row: ComponentChange) -> str:
    licence = ""
    if row.licence_before != row.licence_after:
        licence = f", {row.licence_before or 'no licence'} -> {row.licence_after or 'no licence'}"
    return f"{BY_ID[row.id].title}: {row.before} -> {row.after}{licence} ({row.because})"


def _value(row: ValueChange) -> str:
    return f"{row.name}: {row.before or 'not there'} -> {row.after or 'not there'}"


def _file(row: FileChange) -> str:
    if row.moved_from:
        return f"moved    {row.moved_from} -> {row.path}"
    digests = " -> ".join(digest[:12] for digest in (row.before, row.after) if digest)
    return f"{file_state(row):<8} {row.path}" + (f"  sha256 {digests}" if row.after else "")


def file_state(row: FileChange) -> str:
    """What became of a file: moved from where, added, removed or changed."""
    if row.moved_from:
        return f"moved from {row.moved_from}"
    return "added" if not row.before else "changed" if row.after else "removed"
