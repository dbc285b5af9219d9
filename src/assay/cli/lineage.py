"""`assay lineage`: which known model shares its origin with this one."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._streams import Output, encoded, looks, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical


@command("lineage")
@click.argument("model")
@click.option(
    "--library",
    "folder",
    type=options.FILE,
    metavar="DIR",
    help="Folder with fingerprints; by default the one that `assay fingerprint` fills.",
)
@options.formats("text", "json", "html")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the same as -o json.")
@options.offline()
def COMMAND(model: str, folder: Path | None, outputs: tuple[Output, ...], as_json: bool, offline: bool) -> int:
    """Compare MODEL with every fingerprint of a library, whatever it calls itself.

    Two permutation tests on feed-forward neurons, one in the model's own coordinates and one in the basis of its
    tokens. They tell a common origin, also after permutation, rotation, sign and scale; they do not tell who came
    first, and say "cannot tell" where the sketches are too coarse. MODEL may be a fingerprint file.
    Exit status 0: the question could be asked, whatever the answer.
    """
    from assay import api
    from assay.render.record.lineage import lines
    from assay.weights.fingerprint_files import SUFFIX, decoded, library, relatives

    told(model, offline=offline)
    try:
        mine = decoded(Path(model)) if model.endswith(SUFFIX) else api.fingerprint(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    rows = relatives(mine, folder or library())
    for format, path in (("json", None),) if as_json else outputs:
        if format == "html":
            from assay.render.record.lineage_page import page

            put(page(model, tuple(rows)), path)
            continue
        put(
            canonical(tuple(rows))
            if format == "json"
            else encoded(lines(model, rows, *looks(path)), fold=path is None),
            path,
        )
    return 0
