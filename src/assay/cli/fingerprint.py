"""`assay fingerprint`: keep what is needed to recognise a model's relatives later."""

from __future__ import annotations

import re
from pathlib import Path

import click

from assay.errors import InputError, UsageError
from assay.files import write


@click.command("fingerprint")
@click.argument("model")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it; by default into the library that `assay lineage` asks.",
)
@click.option("--offline", is_flag=True, help="Never open a network connection.")
def COMMAND(model: str, path: Path | None, offline: bool) -> int:
    """Write the fingerprint of MODEL: 1 to 2 MB of sketches of its neurons, from which kinship can be tested without its weights.

    Publishers can ship it beside the model; it gives away no weight.
    """
    from assay import api
    from assay.weights.fingerprint_files import SUFFIX, encoded, library

    try:
        found = api.fingerprint(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    if path is None:
        library().mkdir(parents=True, exist_ok=True)
        path = library() / (re.sub(r"[^\w.-]+", "--", found.name).strip(".-") + f"-{found.sha256[:12]}{SUFFIX}")
    raw = encoded(found)
    write(path, raw)
    click.echo(
        f"wrote {path} ({len(raw) / 1e6:.1f} MB, {len(found.up)} layers, {found.up.shape[1]:,} neurons of each, {len(found.tokens):,} tokens)"
    )
    return 0
