"""The models that a project uses, as text: each with the places that name it, those without a commit first."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.fleet import Use, Uses
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible
from assay.text.many import many

_MOST = 20  # files that are listed


def lines(found: Uses, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report."""
    models: dict[str, list[Use]] = {}
    for use in found.places:
        models.setdefault(use.model, []).append(use)
    loose = {name: rows for name, rows in models.items() if not all(row.pinned for row in rows)}
    yield from _headline(len(found.places), len(models), list(loose)).lines(painter(colour), width)
    for name in [*loose, *(name for name in models if name not in loose)]:
        missing = f"  no {_missing([name])} is named" if name in loose else ""
        yield from wrapped(visible(f"{name}{missing}"), "", width, "  ")
        for use in models[name]:
            revision = f" @ {use.revision}" if use.revision else ""
            yield from wrapped(visible(f"{use.file}:{use.line}  {use.how}{revision}"), "  ", width, "    ")
    if found.unread:
        yield f"not looked into: {many(len(found.unread), 'file')}"
    for row in found.unread[:_MOST]:
        yield from wrapped(visible(row), "  ", width, "    ")


def _headline(places: int, models: int, loose: list[str]) -> Headline:
    if not models:
        return Headline("NONE FOUND", "No place of the project names a model that could be told.", Tone.TELL)
    said = f"{many(places, 'place')} of the project name{'s' if places == 1 else ''} {many(models, 'model')}."
    if not loose:
        return Headline("FOUND", said, Tone.TELL)
    each = "it loads" if len(loose) == 1 else "they load"
    what = f"{len(loose):,} without a {_missing(loose)}: what {each} tomorrow may be another."
    return Headline("NOT PINNED", f"{said} {what}", Tone.CARE)


def _missing(models: list[str]) -> str:
    """What is not named: a hub's commit, a version of MLflow's."""
    hubs = [name.startswith("hf://") for name in models]
    return "commit" if all(hubs) else "commit or version" if any(hubs) else "version"
