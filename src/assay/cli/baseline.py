"""`assay baseline`: a list of known findings, so that only new ones block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from assay import writing
from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, group
from assay.cli._registry import kept, saved_or_kept
from assay.cli._streams import Output, answer, looks, note, put_record
from assay.errors import UsageError
from assay.facts.finding import Kind
from assay.lazy import dataclass
from assay.policy.baseline import content, listable, of, read


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
    """Write, show or keep a list of known findings.

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
    left = sum(not listable(finding.check) for finding in every)
    known, made = len(every) - left, of(found)
    writing.write(file, content(replace(made, model="") if any_model else made))
    about = "about files that are not as they should be, or about a limit, cannot be known: accept them with waivers"
    more = f" {left:,} {about}." if left else ""
    models = "models of any name" if any_model else found.subject.name
    sentence = f"{known:,} known finding{'s' if known != 1 else ''} will no longer block {models}.{more}"
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


@COMMAND.command("keep")
@click.argument("model")
@click.option("--reason", required=True, help="Why it is accepted.")
@options.registry()
def keep(model: str, reason: str, registry: str | None) -> None:
    """Record the fails and reviews of the kept audit MODEL as known, with who said so, when and why.

    They are of the model of this name, and of the content that they are now. assay baseline list MODEL --write FILE
    writes the latest that nobody took back for --baseline, by which alone it counts.
    """
    from assay.registry import user
    from assay.registry.baselines import record

    with kept(registry) as found:
        audit = found.one(model)
        row = record(found, found.dossier(audit), audit.dossier, reason, user())
    many = f"{len(row.known):,} known finding{'s' if len(row.known) != 1 else ''}"
    note(f"recorded {row.id[:8]}: {many} of {row.model}; --write of  assay baseline list  makes a file of it")


@COMMAND.command("list")
@click.argument("model", default="")
@click.option("--all", "every", is_flag=True, help="Also those that were taken back.")
@options.written("write", "Write the latest of MODEL that nobody took back to this file, for --baseline.")
@options.registry()
@options.formats("text", "json")
def listed(model: str, every: bool, write: Path | None, registry: str | None, outputs: tuple[Output, ...]) -> None:
    """List the baselines that are kept of MODEL, or of all models: who accepted how much, when and why."""
    from assay.registry import baselines
    from assay.render.record.kept import known

    with kept(registry) as found:
        rows = found.database.read(lambda connection: baselines.listed(connection, model, every=every))
        counts = baselines.counting(found, model) if write else None
    if write and counts is None:
        raise UsageError(f"no baseline is kept for {model!r}: name a model that  assay baseline list  shows")
    for format, path in outputs:
        put_record(format, tuple(rows), known(rows, *looks(path)), path)
    if write and counts:
        writing.write(write, baselines.content(counts))
        note(f"wrote {write}", err=True)


@COMMAND.command("end")
@click.argument("number")
@options.registry()
def end(number: str, registry: str | None) -> None:
    """Take back the kept baseline of this NUMBER; it stays on record."""
    from assay.registry import user
    from assay.registry.baselines import take_back

    with kept(registry) as found:
        row = take_back(found, number, user())
    note(f"took back {row.id[:8]} of {row.model}")
