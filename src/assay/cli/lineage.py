"""`assay lineage`: which known model shares its origin with this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._registry import kept
from assay.cli._streams import Output, looks, put, put_record
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from assay.weights.fingerprint import Fingerprint

MOST_RELATIVES, MOST_MODELS = 20, 10_000


@command("lineage")
@click.argument("model", required=False)
@click.option(
    "--library",
    "folder",
    type=options.FILE,
    metavar="DIR",
    help="Folder with fingerprints; by default the one that `assay fingerprint` fills.",
)
@click.option(
    "--registry",
    is_flag=False,
    flag_value="",
    metavar="[DIR|URL]",
    help="Ask the fingerprints of kept audits instead (see: docs/registry.md); MODEL may be the name of one.",
)
@options.most(
    "models",
    "With --registry: at most so many that are alike are compared (by default 20), or are in the tree (10,000).",
    least=1,
    top=1_000_000,
)
@options.formats("text", "json", "html", "svg")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the same as -o json.")
@options.offline()
def COMMAND(
    model: str | None,
    folder: Path | None,
    registry: str | None,
    most: int | None,
    outputs: tuple[Output, ...],
    as_json: bool,
    offline: bool,
) -> int:
    """Compare MODEL with every fingerprint of a library, or of a registry, whatever it calls itself.

    Two permutation tests on feed-forward neurons, one in the model's own coordinates and one in the basis of its
    tokens. They tell a common origin, also after permutation, rotation, sign and scale; they do not tell who came
    first, and say "cannot tell" where the sketches are too coarse. MODEL may be a fingerprint file.
    With --registry and no MODEL: the family tree of all kept models, with what comes to each from its bases.
    Exit status 0: the question could be asked, whatever the answer.
    """
    targets = (("json", None),) if as_json else outputs
    if registry is not None:
        if folder:
            raise UsageError("--library and --registry are two places to ask: give one of them")
        return _kept(*_meant(model, registry), most, targets, offline=offline)
    if model is None:
        raise UsageError("give a MODEL, or --registry for the family tree of the kept ones")
    return _known(model, folder or None, targets, offline=offline)


def _known(model: str, folder: Path | None, outputs: tuple[Output, ...], *, offline: bool) -> int:
    """Those of a library."""
    from assay.render.record.lineage import lines
    from assay.weights.fingerprint_files import library, relatives

    rows = relatives(_fingerprint(model, offline=offline), folder or library())
    for format, path in outputs:
        if format == "html":
            from assay.render.record.lineage_page import page

            put(page(model, tuple(rows)), path)
        elif format == "svg":
            raise UsageError("a picture is drawn of a family tree: ask for it with  assay lineage --registry")
        else:
            put_record(format, tuple(rows), lines(model, rows, *looks(path)), path)
    return 0


def _fingerprint(model: str, *, offline: bool) -> Fingerprint:
    from assay import api
    from assay.weights.fingerprint_files import SUFFIX, decoded

    told(model, offline=offline)
    try:
        return decoded(Path(model)) if model.endswith(SUFFIX) else api.fingerprint(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None


def _meant(model: str | None, registry: str) -> tuple[str | None, str]:
    """The model and the place: what stands alone after --registry is a model, unless a registry is there."""
    from assay.registry import is_there

    if model is None and registry and "://" not in registry and not is_there(registry):
        return registry, ""
    return model, registry


def _kept(model: str | None, place: str, most: int | None, outputs: tuple[Output, ...], *, offline: bool) -> int:
    """Those of a registry, or all of it as a tree."""
    from assay.render.record import family, relatives
    from assay.render.record.descent import inheriting

    with kept(place or None) as found:
        if model is None:
            families = found.families(most or MOST_MODELS)
            for format, path in outputs:
                if format in ("svg", "html"):
                    put(family.svg(families) if format == "svg" else family.page(families), path)
                else:
                    put_record(format, families, family.lines(families, *looks(path)), path)
            return 0
        asked = _fingerprint(model, offline=offline) if Path(model).exists() or "://" in model else found.one(model)
        told = found.relatives(asked, most=most or MOST_RELATIVES)
        audits = inheriting(found.descents([row.audit for row in told.rows]))
        told = replace(
            told, rows=tuple(replace(row, audit=audit) for row, audit in zip(told.rows, audits, strict=True))
        )
    for format, path in outputs:
        if format in ("svg", "html"):
            raise UsageError(f"{format} is written of a library's relatives or a family tree: give text or json")
        put_record(format, told, relatives.lines(told, *looks(path)), path)
    return 0
