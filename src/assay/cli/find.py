"""`assay find`: in which models is this?"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._registry import kept
from assay.cli._streams import Output, looks, put_record
from assay.errors import UsageError
from assay.facts.kept import About
from assay.writing import reason

_SHA256 = "sha256:"
_NAMED = tuple(about for about in About if about is not About.FILE)


@command("find")
@click.argument("what", metavar="sha256:DIGEST|FILE|finding|licence|base|waiver")
@click.argument("value", required=False)
@options.registry()
@options.every("Look also in audits that are not the latest of their model.")
@options.most("places", "Show at most this many.", least=1, top=100_000, default=50)
@options.formats("text", "json")
def COMMAND(
    what: str, value: str | None, registry: str | None, every: bool, most: int, outputs: tuple[Output, ...]
) -> None:
    """Find a file, by its digest or itself, in the models whose audits are kept; or a finding, licence, base or waiver.

    VALUE is a name or a pattern: finding pickle.*, licence apache-2.0, base org/name, waiver CHECK; of a finding also
    its fingerprint. Exit status 0, whatever is found.
    """
    from assay.render.record.kept import hits

    about, wanted = _asked(what, value)
    with kept(registry) as found:
        rows = found.find(about, wanted, every=every, most=most + 1)
    shown = tuple(rows[:most])
    for format, path in outputs:
        text = hits(f"{about} {wanted}", shown, *looks(path), more=len(rows) > most)
        put_record(format, shown, text, path)


def _asked(what: str, value: str | None) -> tuple[About, str]:
    if what in _NAMED:
        if not value:
            raise UsageError(f"assay find {what} needs the name of one, or a pattern such as '*'")
        return About(what), _spelt(value) if what == About.LICENCE else value
    if value is not None:
        raise UsageError(f"{what!r} cannot be asked for: give {', '.join(_NAMED)}, or sha256:DIGEST or a FILE alone")
    if what.startswith(_SHA256):
        return About.FILE, what
    return About.FILE, f"{_SHA256}{_digest(Path(what))}"


def _spelt(value: str) -> str:
    """The known name of a licence, as kept rows have it."""
    from assay.licence.name import named

    return named(value) or value


def _digest(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError) as cause:
        raise UsageError(
            f"cannot read {path}: {reason(cause)}; give sha256:DIGEST, a file, or {', '.join(_NAMED)} and a name"
        ) from None
