"""`assay openness`: what may be said about the openness of a model, with the place behind each cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.files import text

if TYPE_CHECKING:
    from assay.facts.dossier import Dossier
    from assay.measures.openness.mot import Listing

MOST_LISTING = 1024 * 1024
# checks that look at no weight: the verdict is not asked for here
CHEAP = ("licence.conflict",)


@command("openness")
@click.argument("model")
@click.option(
    "--fix", is_flag=True, help="Print what a publisher adds: missing components, front matter, a stub of assay.yaml."
)
@options.corpora("Training data that you have indexed")
@click.option(
    "--mot",
    "listing",
    type=options.FILE,
    metavar="FILE",
    help="Compare with this listing of the Model Openness Tool (YAML).",
)
@options.offline()
@options.formats("text", "json", "html", "mot", note="mot is a listing for the Model Openness Tool.")
@options.verbose("Print every rule of every framework with its answer.")
@options.quiet("Print the classes only.")
def COMMAND(
    model: str,
    fix: bool,
    corpora: tuple[str, ...],
    listing: Path | None,
    offline: bool,
    outputs: tuple[Output, ...],
    verbose: bool,
    quiet: bool,
) -> int:
    """Say how open MODEL is: MOF class by evidence and by claim, the shortest way to the next class, other frameworks.

    Only what is in the files, or what a person asserts in assay.yaml with a file, name and date, counts; a link is a
    claim. Exit status 0 whatever was found, 2 if it could not run.
    """
    from assay import api

    said = _listing(listing) if listing else None
    told(model, *corpora, offline=offline)
    with progress(quiet) as advance:
        dossier = api.audit(model, only=CHEAP, corpora=corpora, offline=offline, progress=advance)
    for format, path in outputs:
        if format == "json":
            raw = canonical(dossier.openness)
        elif format == "mot":
            from assay.measures.openness.mot import written

            raw = written(dossier.openness, dossier.subject.name)
        elif format == "html":
            from assay.render.record.openness_page import page

            raw = page(dossier)
        else:
            rows = _text(dossier, said, looks(path), fix=fix, verbose=verbose, quiet=quiet)
            raw = encoded(rows, fold=path is None and not quiet)
        put(raw, path)
    return 0


def _text(
    dossier: Dossier, said: Listing | None, look: tuple[bool, int], *, fix: bool, verbose: bool, quiet: bool
) -> list[str]:
    from assay.render.record.openness import headline, lines, unseen
    from assay.render.record.publisher import fixes
    from assay.render.terminal import painter
    from assay.render.visible import visible

    colour, width = look
    hidden, name = unseen(dossier), visible(dossier.subject.name)
    rows = [f"{name}  {visible(hidden) or f'sha256 {dossier.subject.digest}'}"]
    if quiet or hidden:
        return [*rows, headline(dossier.openness).line]
    rows += ["", *(fixes(dossier) if fix else lines(dossier.openness, width, painter(colour), verbose=verbose))]
    return rows + (_beside(dossier, said) if said else [])


def _beside(dossier: Dossier, said: Listing) -> list[str]:
    """What the listing says beside what the files show."""
    from assay.facts.openness import BY_ID, COUNTED, Support
    from assay.render.visible import visible

    names = {row.kind.id for row in said.rows}
    shown = {row.id for row in dossier.openness.components if row.support in COUNTED}
    denied = {row.id for row in dossier.openness.components if row.support is Support.DENIED}
    rows = ["", f"The listing of {visible(said.name)}: {said.classification().label} by its rows", ""]
    rows += [
        f"  listed, not shown   {BY_ID[id].title}{' (denied in the files)' if id in denied else ''}"
        for id in BY_ID
        if id in names - shown
    ]
    rows += [f"  shown, not listed   {BY_ID[id].title}" for id in BY_ID if id in shown - names]
    return rows if len(rows) > 3 else [*rows, "  every listed component is shown, and every shown one is listed"]


def _listing(path: Path) -> Listing:
    from assay.formats.encoding.yaml import yaml_mapping
    from assay.measures.openness.mot import listing

    raw = text(path, MOST_LISTING, "listing of the Model Openness Tool")
    try:
        return listing(yaml_mapping(raw, "the listing"))
    except InputError as cause:
        raise UsageError(f"{path}: {cause}") from None
