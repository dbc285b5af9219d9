"""What loading opens and what that runs, as a picture: one row for each thing that opening a file can do."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assay.facts.loading import LoadingPath, Runs
from assay.lazy import dataclass
from assay.render.visible import visible

WIDTH, ROW, NOTE, BOX, TOP = 220, 27, 11, 96, 2
# how each is drawn, the most dangerous first: its words, and its class of colour
_DRAWN = {
    Runs.PICKLE: ("pickle may run", "r-code"),
    Runs.PYTHON: ("Python runs", "r-code"),
    Runs.INSTALLED: ("package runs", "r-code"),
    Runs.GRAPH: ("graph runs", "r-some"),
    Runs.TEMPLATE: ("template renders", "r-some"),
    Runs.RESTRICTED: ("tensors only", "r-none"),
    Runs.NOTHING: ("only read", "r-none"),
}
MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Reached:
    """The files that some way of loading opens to one effect; `optin` is the argument without which none of them is."""

    runs: Runs
    artifacts: tuple[str, ...]
    optin: str


def reached(paths: Sequence[LoadingPath]) -> tuple[Reached, ...]:
    """What all ways of loading come to, the most dangerous first."""
    found = []
    for runs in _DRAWN:
        steps = [(step.artifact, path.optin) for path in paths for step in path.steps if step.runs is runs]
        if steps:
            default = any(not optin for _, optin in steps)
            artifacts = tuple(dict.fromkeys(artifact for artifact, optin in steps if not (default and optin)))
            found.append(Reached(runs, artifacts, "" if default else steps[0][1]))
    return tuple(found)


def route(paths: Sequence[LoadingPath]) -> Markup:
    """From `load` through the files to what each does; a dashed line is taken only with an argument. Empty: no path."""
    rows = reached(paths)[:MOST_ROWS]
    if not rows:
        return Markup("")
    tops = [TOP + ROW * at + NOTE * sum(bool(row.optin) for row in rows[:at]) for at in range(len(rows) + 1)]
    label = "Loading: " + "; ".join(f"{_files(row)} {row.runs}{_only(row)}" for row in rows)
    drawn = Markup("").join(_row(row, top, TOP + 10) for row, top in zip(rows, tops, strict=False))
    return Markup('<svg class="route" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, tops[-1], label, Markup('<circle class="r-start" cx="6" cy="{}" r="4"/>').format(TOP + 10), drawn
    )


def _row(row: Reached, y: int, start: int) -> Markup:
    words, colour = _DRAWN[row.runs]
    middle, dashed = y + 10, " dashed" if row.optin else ""
    line = Markup('<path class="{}{}" d="M6 {}C16 {} 8 {} 20 {}M{} {}h12"/>').format(
        colour, dashed, start, start, middle, middle, 20 + BOX, middle
    )
    box = Markup('<rect class="{}" x="20" y="{}" width="{}" height="20" rx="4"/>').format(colour, y, BOX)
    name = Markup('<text x="26" y="{}">{}</text>').format(y + 14, _short(_files(row)))
    said = Markup('<text class="{}" x="{}" y="{}">{}</text>').format(colour, 36 + BOX, y + 14, words)
    note = Markup('<text class="r-note" x="{}" y="{}">{}</text>').format(20, y + 31, _only(row).strip())
    title = Markup("<title>{} {}{}</title>").format(_listed(row), row.runs, _only(row))
    return Markup("<g>{}{}{}{}{}{}</g>").format(title, line, box, name, said, note if row.optin else "")


def _files(row: Reached) -> str:
    return visible(row.artifacts[0]) if len(row.artifacts) == 1 else f"{len(row.artifacts):,} files"


def _listed(row: Reached) -> str:
    names = ", ".join(map(visible, row.artifacts[:8]))
    return names + (f" and {len(row.artifacts) - 8:,} more" if len(row.artifacts) > 8 else "")


def _only(row: Reached) -> str:
    return f" only with {visible(row.optin)}" if row.optin else ""


def _short(name: str) -> str:
    """The end of a name tells more than its beginning: the suffix says the format."""
    return name if len(name) <= 14 else f"{name[:5]}…{name[-8:]}"
