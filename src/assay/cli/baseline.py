"""`assay baseline`: a list of known findings, so that only new ones block."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay import writing
from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, group
from assay.cli._registry import saved_or_kept
from assay.cli._streams import Output, answer, looks, note, put_record
from assay.facts.finding import Kind
from assay.lazy import dataclass
from assay.policy.baseline import SCHEMA, listable, read


@dataclass(frozen=True, slots=True)
class _Known:
    """A finding that no longer blocks: its fingerprint, and what was found."""

    fingerprint: str
    finding: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """A baseline: the model that it is of (empty: any), and its findings."""

    model: str
    known: tuple[_Known, ...]


@group("baseline")
def COMMAND() -> None:
    """Write or show a list of known findings.

    Fails and reviews on the list no longer block an audit of the same model that is given it; another payload in the
    same place is not on it. Open findings always count, and so does what says that files are not as they should be,
    or that a limit is not kept: accept it with a waiver.
    """


@COMMAND.command("write")
@click.argument("dossier")
@click.argument("file", cls=WrittenArgument, type=options.FILE)
@click.option("--any-model", is_flag=True, help="Let the list count for models of other names too.")
@options.registry()
def write(dossier: str, file: Path, any_model: bool, registry: str | None) -> None:
    """Write the fails and reviews of DOSSIER (a file, or a kept audit by name) to FILE, for the model of this name."""
    from assay.render.headline import Tone

    found = saved_or_kept(dossier, registry)
    every = [finding for finding in found.findings if finding.kind in (Kind.FAIL, Kind.REVIEW)]
    rows = [finding for finding in every if listable(finding.check)]
    value = {
        "schema": SCHEMA,
        "model": "" if any_model else found.subject.name,
        "known": {finding.fingerprint: f"{finding.kind} {finding.check}: {finding.message}" for finding in rows},
    }
    writing.write(file, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii"))
    left = len(every) - len(rows)
    about = "about files that are not as they should be, or about a limit, cannot be known: accept them with waivers"
    more = f" {left:,} {about}." if left else ""
    of = "models of any name" if any_model else found.subject.name
    sentence = f"{len(rows):,} known finding{'s' if len(rows) != 1 else ''} will no longer block {of}.{more}"
    answer("KNOWN", sentence, Tone.CARE if left else Tone.TELL)
    note(f"wrote {file}")


@COMMAND.command("show")
@click.argument("file", type=options.FILE)
@options.formats("text", "json")
def show(file: Path, outputs: tuple[Output, ...]) -> None:
    """Show the findings that FILE lists."""
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter
    from assay.render.visible import visible

    found = read(file)
    count = f"{len(found.known):,} finding{'s' if len(found.known) != 1 else ''}"
    sentence = f"{count} of {found.model or 'models of any name'} no longer block."
    listed = [(fingerprint, str(words)) for fingerprint, words in sorted(found.known.items())]
    for format, path in outputs:
        colour, width = looks(path)
        rows = Headline("KNOWN", sentence, Tone.TELL).lines(painter(colour), width)
        known = (f"{fingerprint}  {visible(words)}" for fingerprint, words in listed)
        put_record(format, _Shown(found.model, tuple(_Known(*row) for row in listed)), (*rows, *known), path)
