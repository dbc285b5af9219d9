"""`assay fingerprint`: keep what is needed to recognise a model's relatives later."""

from __future__ import annotations

import re
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._streams import answer, note
from assay.errors import InputError, UsageError
from assay.writing import make_folder, write


@command("fingerprint")
@click.argument("model")
@options.target("Where it goes; by default into the library that `assay lineage` asks.")
@options.offline()
def COMMAND(model: str, target: Path | None, offline: bool) -> int:
    """Write the fingerprint of MODEL: 1 to 2 MB of sketches of its neurons, from which relatives can be recognised.

    No weights are needed for that later. Publishers can ship it beside the model; it gives away no weight.
    """
    from assay import api
    from assay.render.headline import Tone
    from assay.weights.fingerprint_files import SUFFIX, encoded, library

    told(model, offline=offline)
    try:
        found = api.fingerprint(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    if target is None:
        make_folder(library())
        target = library() / (re.sub(r"[^\w.-]+", "--", found.name).strip(".-") + f"-{found.sha256[:12]}{SUFFIX}")
    raw = encoded(found)
    write(target, raw)
    size = f"{len(found.up):,} layers, {found.up.shape[1]:,} neurons of each, {len(found.tokens):,} tokens"
    answer("KEPT", f"What recognises relatives of {found.name}: {size}, in {len(raw) / 1e6:.1f} MB.", Tone.TELL)
    note(f"wrote {target}")
    return 0
