"""`assay registry`: look after the audits that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, group
from assay.cli._progress import progress
from assay.cli._registry import kept, where
from assay.cli._streams import Output, looks, note, put_done, put_record
from assay.errors import UsageError
from assay.facts.kept import Accepted, Tended
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Moved:
    """How many audits went to a file, or came from it."""

    file: str
    audits: int


@dataclass(frozen=True, slots=True)
class Migrated:
    """The versions of a registry's tables; `before` is None where there were none."""

    before: str | None
    after: str


@group("registry")
def COMMAND() -> None:
    """Look after the registry: the audits that assay audit --keep keeps.

    It is a folder with a SQLite database and the dossiers under their digests, by default in the user's data folder;
    --registry, ASSAY_REGISTRY or `registry` in assay.toml names another, or a PostgreSQL database.
    """


@COMMAND.command("check")
@options.registry()
@options.formats("text", "json")
@options.quiet("Show no progress.")
def check(registry: str | None, outputs: tuple[Output, ...], quiet: bool) -> int:
    """Read everything that is kept: files against their digests, rows against the dossiers.

    Exit status: 0 all is as it was kept, 1 something is damaged, 2 could not run.
    """
    from assay.registry.tending import check

    with kept(registry) as found, progress(quiet) as advance:
        result = check(found, advance)
    _told(result, outputs)
    return 1 if result.damaged else 0


@COMMAND.command("gc")
@options.registry()
@click.option(
    "--last", type=click.IntRange(1), metavar="N", help="Remove audits, too: all but the N latest of each model."
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@options.formats("text", "json")
def gc(registry: str | None, last: int | None, dry_run: bool, outputs: tuple[Output, ...]) -> None:
    """Remove files that no audit names; with --last also earlier audits."""
    from assay.registry.tending import clear

    with kept(registry) as found:
        result = clear(found, last=last or 0, pretend=dry_run)
    would = "would remove" if dry_run else "removed"
    note(
        f"{would} {result.removed_audits:,} audits and {result.removed_blobs:,} files ({result.freed / 1e6:,.1f} MB)",
        err=True,
    )
    _told(result, outputs)


@COMMAND.command("export")
@click.argument("file", cls=WrittenArgument, type=options.FILE)
@options.registry()
@options.formats("text", "json")
@options.quiet()
def export(file: Path, registry: str | None, outputs: tuple[Output, ...], quiet: bool) -> None:
    """Write everything that is kept to FILE, a tar, for `assay registry import` elsewhere or as a copy."""
    from assay.registry.archive import write
    from assay.writing import reason, whole

    try:
        with kept(registry) as found, whole(file) as stream, progress(quiet) as advance:
            index = write(found, stream, advance)
    except OSError as cause:
        raise UsageError(f"cannot write {file}: {reason(cause)}") from None
    put_done(outputs, Moved(str(file), len(index.audits)), [f"wrote {file}: {len(index.audits):,} audits"])


@COMMAND.command("import")
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE...")
@options.registry()
@options.formats("text", "json")
@options.quiet()
def take_in(files: tuple[Path, ...], registry: str | None, outputs: tuple[Output, ...], quiet: bool) -> None:
    """Keep what is in each FILE: an exported registry, or a dossier (JSON or HTML of an audit).

    What is kept already stays as it is.
    """
    from assay import registry as registries
    from assay.cli._load import saved
    from assay.registry.archive import take_in

    rows, said = [], []
    with registries.open(where(registry), new=True) as found, progress(quiet) as advance:
        for file in files:
            if _is_tar(file):
                rows.append(Moved(str(file), take_in(found, file, advance)))
                said.append(f"kept {rows[-1].audits:,} audits from {file}")
            else:
                said.append(f"kept {found.keep(saved(file)).name} from {file}")
                rows.append(Moved(str(file), 1))
    put_done(outputs, tuple(rows), said)


@COMMAND.command("migrate")
@options.registry()
@options.formats("text", "json")
def migrate(registry: str | None, outputs: tuple[Output, ...]) -> None:
    """Move the tables of an older registry on to this version's. A SQLite database is copied beside itself before."""
    from assay.registry import migrated

    before, after = migrated(where(registry))
    done = f" and is at {after}" if before != after else ": nothing to do"
    put_done(outputs, Migrated(before, after), [f"the registry was at {before or 'nothing'}{done}"])


@COMMAND.command("waive")
@click.argument("model")
@click.argument("check", default="")
@click.option("--all", "every", is_flag=True, help="All that fails or is to be reviewed there, as a baseline does.")
@click.option("--artifact", default="", metavar="PATH", help="Only in this file of the model.")
@click.option("--reason", required=True, help="Why it is accepted.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--expires", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Until when (UTC).")
@options.registry()
@options.formats("text", "json")
def waive(
    model: str,
    check: str,
    every: bool,
    artifact: str,
    reason: str,
    owner: str,
    expires: datetime,
    registry: str | None,
    outputs: tuple[Output, ...],
) -> None:
    """Accept findings of CHECK in the files of the kept audit MODEL (a name or a dossier's digest), as they are now.

    It is recorded with who said so and when. It counts where it stands in a policy: assay registry waivers --write.
    With --all what says that files are not as they should be, or that a limit is not kept, is left out: name its check.
    """
    from assay.facts.dossier import Waiver, WaiverState
    from assay.registry import user
    from assay.registry.accepting import accept, acceptable

    if every == bool(check) or (every and artifact):
        raise UsageError("name the CHECK whose findings are accepted, or give --all alone")
    day = expires.date().isoformat()
    with kept(registry) as found:
        dossier = found.dossier(found.one(model))
        pairs = acceptable(dossier) if every else ((check, artifact),)
        subject = dossier.subject
        waivers = [
            Waiver(id, path, subject.sha256, reason, owner, day, subject.files_sha256, WaiverState.UNMATCHED)
            for id, path in pairs
        ]
        rows = [accept(found, dossier, waiver, user()) for waiver in waivers]
    what = "it" if len(rows) == 1 else "them"
    shown = ", ".join(row.id[:8] for row in rows)
    said = f"recorded {shown}: write a policy with {what} by  assay registry waivers --write FILE"
    put_done(outputs, tuple(rows), [said])


@COMMAND.command("waivers")
@click.argument("model", default="")
@click.option("--all", "every", is_flag=True, help="Also those that were taken back.")
@options.policy("With --write: the policy that they are added to; by default that called default.")
@options.written("write", "Write the policy with the listed waivers to this file, for --policy and models.toml.")
@options.registry()
@options.formats("text", "json")
def waivers(
    model: str, every: bool, policy: str | None, write: Path | None, registry: str | None, outputs: tuple[Output, ...]
) -> None:
    """List the waivers that were recorded for MODEL, or for all models: what was accepted, by whom, until when.

    The policy that --write writes is a file like any other: a dossier records its digest, and assay verify takes it.
    """
    from assay.registry.accepting import accepted
    from assay.render.record.kept import accepted as lines

    with kept(registry) as found:
        rows = found.database.read(lambda connection: accepted(connection, model, every=every))
    for format, path in outputs:
        put_record(format, tuple(rows), lines(rows, *looks(path)), path)
    if write:
        _policy_with([row for row in rows if not row.ended_at], policy or "default", write)


@COMMAND.command("unwaive")
@click.argument("number")
@options.registry()
@options.formats("text", "json")
def unwaive(number: str, registry: str | None, outputs: tuple[Output, ...]) -> None:
    """Take back the waiver of this NUMBER; it stays on record. A policy that has it is to be written anew."""
    from assay.registry import user
    from assay.registry.accepting import take_back

    with kept(registry) as found:
        row = take_back(found, number, user())
    put_done(outputs, row, [f"took back {row.id[:8]}: {row.check} of {row.model}"])


def _policy_with(rows: Sequence[Accepted], base: str, path: Path) -> None:
    """Write a policy with waivers (UsageError: the policy cannot have any added)."""
    from assay import policy
    from assay.policy.waived import text_with
    from assay.registry.accepting import as_waiver
    from assay.writing import write

    before = policy.load(base)
    name = f"{base}, with waivers of a registry" if base in policy.BUILTIN else ""
    made = text_with(policy.source(base), name, [as_waiver(row) for row in rows])
    after = policy.parsed(made, str(path))
    if replace(after, name=before.name, waivers=before.waivers, sha256=before.sha256) != before:
        raise UsageError(f"no waivers can be added to the policy {base}: write its own as [[waiver]]")
    write(path, made.encode())
    note(f"wrote {path}: {len(rows):,} waivers", err=True)


def _is_tar(file: Path) -> bool:
    import tarfile

    try:
        return tarfile.is_tarfile(file)
    except (ValueError, RecursionError):  # the headers of a tar may say anything
        return False
    except OSError as cause:
        raise UsageError(f"cannot read {file}: {cause.strerror}") from None


def _told(found: Tended, outputs: tuple[Output, ...]) -> None:
    from assay.render.record.kept import tended

    for format, path in outputs:
        put_record(format, found, tended(found, *looks(path)), path)
