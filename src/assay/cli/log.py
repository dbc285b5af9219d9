"""`assay log`: a log of audits that only grows, and proofs that anyone can check."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, group
from assay.cli._load import bound
from assay.cli._streams import Output, looks, put, put_done, put_record
from assay.errors import InputError, UsageError
from assay.facts.codec import Mismatch, canonical, decode, sha256
from assay.facts.log import Checkpoint, Entry, Proof
from assay.files import content
from assay.lazy import dataclass
from assay.writing import write

if TYPE_CHECKING:
    from assay.attest.log import Log


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a log or a proof holds, against a checkpoint or not, and all that is wrong or what it says."""

    name: str
    holds: bool
    checkpoint: bool
    wrong: tuple[str, ...]
    sound: str


@group("log")
def COMMAND() -> None:
    """Keep a log of audits that only grows: a Merkle tree with proofs (RFC 9162).

    Whoever keeps one checkpoint (two numbers, `assay log show -o checkpoint`) notices later if an entry was changed,
    removed or put in before it. Whoever holds one proof can check it without the log.
    """


@COMMAND.command("append")
@click.argument("log", cls=WrittenArgument, type=options.FILE)
@click.argument("dossiers", nargs=-1, required=True, type=options.FILE, metavar="DOSSIER...")
@options.formats("text", "json")
@options.quiet()
def append(log: Path, dossiers: tuple[Path, ...], outputs: tuple[Output, ...], quiet: bool) -> None:
    """Append the audit in each DOSSIER to LOG, which is made if it is not there.

    A time is written if SOURCE_DATE_EPOCH is set.
    """
    from assay.attest import log as tree

    entries = [_entry_of(path) for path in dossiers]
    with _locked(log):
        found = _read(log) if log.exists() else tree.Log((), ())
        for entry in entries:
            found = tree.read(tree.appended(found, entry))
        write(log, b"".join(row + b"\n" for row in found.lines))
    added = found.entries[-len(entries) :]
    put_done(outputs, added, _appended(log, found.checkpoint, added, *looks(None)))


def _appended(log: Path, now: Checkpoint, added: tuple[Entry, ...], colour: bool, width: int) -> Iterator[str]:
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter

    size = f"{now.size:,} {'entry' if now.size == 1 else 'entries'}"
    yield from Headline("APPENDED", f"{log} now has {size}; root {now.root}.", Tone.TELL).lines(painter(colour), width)
    for entry in added:
        yield f"entry {entry.index}: {entry.name}, {entry.verdict}, dossier sha256 {entry.dossier}"


@COMMAND.command("show")
@click.argument("log", type=options.FILE)
@options.formats("text", "json", "checkpoint", note="checkpoint is origin, size and root: keep it elsewhere.")
def show(log: Path, outputs: tuple[Output, ...]) -> None:
    """List the audits in LOG, after checking that each entry follows the one before it."""
    from assay.attest import log as tree
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter, table
    from assay.render.visible import visible

    found = _read(log)
    audits = [
        (str(row.index), row.time or "no time", row.verdict, row.sha256[:12], visible(row.name))
        for row in found.entries
    ]
    size = f"{len(audits):,} {'entry follows' if len(audits) == 1 else 'entries, and each follows'}"
    sentence = f"{size} the one before it; root {found.checkpoint.root}."
    for format, path in outputs:
        colour, width = looks(path)
        rows = Headline("LISTED", sentence, Tone.TELL).lines(painter(colour), width)
        rows += table((">entry", "time", "verdict", "sha256", "model"), audits, width) if audits else ()
        if format == "checkpoint":
            put(tree.note(found.checkpoint), path)
        else:
            put_record(format, found.entries, rows, path)


@COMMAND.command("prove")
@click.argument("log", type=options.FILE)
@click.argument("which", metavar="ENTRY|DOSSIER")
@options.since("Show also that the log of this checkpoint is the beginning of this one.")
@options.formats("json")
def prove(log: Path, which: str, since: Path | None, outputs: tuple[Output, ...]) -> None:
    """Write the proof that an audit (by number, or by its dossier) is in LOG. It can be checked without the log."""
    from assay.attest import log as tree

    found = _read(log)
    index = int(which) if which.isdecimal() and len(which) < 9 else _index(found.entries, Path(which), log)
    if not index < len(found.entries):
        raise UsageError(f"{log} has no entry {index}: it has {len(found.entries):,}, counted from 0")
    before = _checkpoint(since) if since else None
    if before and not 0 < before.size <= len(found.entries):
        raise UsageError(f"{since} is of a log of {before.size:,} entries, and {log} has {len(found.entries):,}")
    for _, path in outputs:
        put(canonical(tree.proof(found, index, before)), path)


@COMMAND.command("check")
@click.argument("what", type=options.FILE, metavar="LOG|PROOF")
@click.option("--dossier", type=options.FILE, metavar="FILE", help="The dossier that the proof must be about.")
@options.since("A checkpoint that you kept: what it was made of must still be there.")
@options.formats("text", "json")
def check(what: Path, dossier: Path | None, since: Path | None, outputs: tuple[Output, ...]) -> int:
    """Check a whole LOG, or a PROOF by itself. Exit status: 0 it holds, 1 it does not, 2 could not run."""
    from assay.attest import log as tree

    raw = content(what, tree.MOST, "log or proof")
    kept = _checkpoint(since) if since else None
    try:
        proof = decode(Proof, json.loads(raw))
    except (ValueError, RecursionError, Mismatch):
        wrong, sound = _check_log(raw, dossier, kept)
    else:
        wrong, sound = _check_proof(proof, dossier, kept, since)
    found = Checked(what.name, not wrong, kept is not None, tuple(wrong), sound)
    for format, path in outputs:
        put_record(format, found, _checked(found, what, *looks(path)), path)
    return 1 if wrong else 0


def _check_proof(
    proof: Proof, dossier: Path | None, kept: Checkpoint | None, since: Path | None
) -> tuple[list[str], str]:
    """What is wrong with a proof, and what it says if nothing is."""
    from assay.attest import log as tree

    wrong = list(tree.flaws(proof))
    if dossier and not wrong:
        wrong += _otherwise(decode(Entry, json.loads(proof.entry)), _entry_of(dossier), dossier)
    if kept and kept not in (proof.checkpoint, proof.before):
        wrong.append(f"{since} is neither of the checkpoints of the proof")
    return wrong, f"entry {proof.index} of {proof.checkpoint.size:,}, root {proof.checkpoint.root}"


def _check_log(raw: bytes, dossier: Path | None, kept: Checkpoint | None) -> tuple[list[str], str]:
    """What is wrong with a log, and what it says if nothing is."""
    from assay.attest import log as tree

    try:
        found = tree.read(raw)
    except InputError as cause:
        return [_sentence(cause)], ""
    wrong = []
    if kept and (kept.size > len(found.lines) or tree.root(found.lines[: kept.size]).hex() != kept.root):
        wrong.append(
            f"the first {kept.size:,} entries are not those of the checkpoint: an entry was changed, removed or put in"
        )
    if dossier:
        own = _entry_of(dossier)
        about = [entry for entry in found.entries if entry.dossier == own.dossier]
        wrong += [] if about else [f"{dossier} is not in it"]
        wrong += [text for entry in about for text in _otherwise(entry, own, dossier)]
    return wrong, f"{found.checkpoint.size:,} entries follow one another, root {found.checkpoint.root}"


def _otherwise(entry: Entry, own: Entry, dossier: Path) -> list[str]:
    """What an entry says that the dossier does not: place and time are the log's own, all else is the dossier's."""
    if entry.dossier != own.dossier:
        return [f"it is not about {dossier}"]
    kept = ("index", "before", "time", *(["files_sha256"] if entry.files_sha256 is None else []))  # an older line
    rows = [(field.name, getattr(entry, field.name), getattr(own, field.name)) for field in fields(Entry)]
    return [
        f"entry {entry.index} says {name} = {said[:100]!r}, and {dossier} has {(found or '')[:100]!r}"
        for name, said, found in rows
        if name not in kept and said != found
    ]


def _checked(found: Checked, what: Path, colour: bool, width: int) -> Iterator[str]:
    """Whether it holds, with all that is wrong."""
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter, wrapped
    from assay.render.visible import visible

    tone = (Tone.GO if found.checkpoint else Tone.CARE) if found.holds else Tone.STOP
    first = found.sound if found.holds else found.wrong[0]
    yield from Headline("HOLDS" if found.holds else "DOES NOT HOLD", f"{what}: {first}.", tone).lines(
        painter(colour), width
    )
    for text in found.wrong[1:]:
        yield from wrapped(visible(f"{text}."), "   ", width)
    if found.holds and not found.checkpoint:
        whole = "Not checked: whether anything before was changed or removed, for no checkpoint was given (--since)."
        yield from wrapped(whole, "   ", width)


def _entry_of(path: Path) -> Entry:
    from assay.render.bom import timestamp

    found = bound(path)
    digest = sha256(found)
    return Entry(
        0,
        "",
        found.subject.name,
        found.subject.sha256,
        digest,
        str(found.decision.verdict),
        found.policy.sha256,
        found.assay,
        timestamp(),
        found.subject.files_sha256 or None,
    )


def _index(entries: tuple[Entry, ...], dossier: Path, log: Path) -> int:
    digest = _entry_of(dossier).dossier
    found = next((entry.index for entry in reversed(entries) if entry.dossier == digest), None)
    if found is None:
        raise UsageError(f"{dossier} is not in {log}: append it first")
    return found


def _read(path: Path) -> Log:
    from assay.attest import log as tree

    try:
        return tree.read(content(path, tree.MOST, "log"))
    except InputError as cause:
        raise UsageError(f"{path}: {_sentence(cause)}") from None


def _checkpoint(path: Path) -> Checkpoint:
    from assay.attest import log as tree

    try:
        return tree.checkpoint(content(path, 65_536, "checkpoint"))
    except InputError as cause:
        raise UsageError(f"{path}: {_sentence(cause)}") from None


def _sentence(cause: InputError) -> str:
    return cause.what + ("" if cause.expected is None else f": expected {cause.expected}, got {cause.got}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, so that none loses an entry of another; without a lock where the system has none."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    lock = path.with_name(f".{path.name}.lock")
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as cause:
        raise UsageError(f"{lock}: {cause.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
