"""`assay lineage`: which known model shares its origin with this one."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._network import told
from assay.cli._streams import put, say
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical


@click.command("lineage")
@click.argument("model")
@click.option(
    "--library",
    "folder",
    type=options.FILE,
    metavar="DIR",
    help="Folder with fingerprints; by default the one that `assay fingerprint` fills.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@options.offline()
def COMMAND(model: str, folder: Path | None, as_json: bool, offline: bool) -> int:
    """Compare MODEL with every fingerprint of a library, whatever it calls itself.

    Two permutation tests on feed-forward neurons, one in the model's own coordinates and one in the basis of its
    tokens. They tell a common origin, also after permutation, rotation, sign and scale; they do not tell who came
    first, and say "cannot tell" where the sketches are too coarse. MODEL may be a fingerprint file.
    Exit status 0: the question could be asked, whatever the answer.
    """
    from assay import api
    from assay.render.visible import visible
    from assay.weights.fingerprint_files import SUFFIX, decoded, library, relatives

    told(model, offline=offline)
    try:
        mine = decoded(Path(model)) if model.endswith(SUFFIX) else api.fingerprint(model, offline=offline)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    rows = relatives(mine, folder or library())
    if as_json:
        put(canonical(tuple(rows)), None)
        return 0
    say(f"{'known model':36} {'same place':>14} {'10^':>7} {'same tokens':>14} {'10^':>7} {'vocabulary':>11}  verdict")
    for row in rows:
        place, basis = f"{row.fixed:,} of {row.matched:,}", f"{row.agreed:,} of {row.paired:,}"
        say(
            f"{visible(row.name)[:36]:36} {place:>14} {round(row.fixed_log10_p):7} {basis:>14}"
            f" {round(row.agreed_log10_p):7} {row.shared_tokens:11.0%}  {row.verdict}"
        )
    return 0
