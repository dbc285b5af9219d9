"""What goes wrong is a sentence, and nothing that was kept is lost."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from assay import registry
from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.registry.database import Database
from assay.registry.tables import HEAD, KEEPING
from assay.text.instant import instant
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.postgres import Server


def test_asking_where_nothing_is_kept_says_how_to_keep(tmp_path: Path) -> None:
    for command in (["list"], ["show", "x"], ["find", "finding", "*"], ["history", "x"], ["registry", "check"]):
        done = run(*command, "--registry", str(tmp_path / "none"))
        assert done.returncode == 2 and "keep the first with  assay audit MODEL --keep" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("s3://bucket/x", "no registry can be at s3://bucket/x: give a folder, or postgresql://"),
        ("postgresql://u:secret@127.0.0.1:1/x", "needs a place for its dossiers that all who use it reach"),
    ],
)
def test_a_place_that_is_none_is_refused(where: str, says: str) -> None:
    done = run("list", "--registry", where)
    assert done.returncode == 2 and says in done.stderr and "secret" not in done.stderr


def test_a_server_that_is_not_there_is_said_without_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("assay.registry.database.WAIT", 0.5)
    url = f"postgresql://u:sehrgeheim@127.0.0.1:1/x?store={tmp_path}"
    with pytest.raises(UsageError) as caught, registry.open(url):
        pass
    said = str(caught.value)
    assert "cannot be used: " in said and "is the server there, and the URL right?" in said and "sehrgeheim" not in said


def test_a_registry_of_a_newer_assay_is_left_alone(where: str, dossier: Dossier) -> None:
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        from sqlalchemy import text

        kept.database.write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='9999'"))
        )
    for command in (["list"], ["registry", "migrate"], ["registry", "check"]):
        done = run(*command, "--registry", where)
        assert done.returncode == 2 and "is of a newer assay" in done.stderr and "update assay" in done.stderr


def test_the_tables_are_what_the_last_migration_makes(where: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from assay.registry.tables import METADATA

    with registry.open(where, new=True) as kept:
        assert kept.database.version() == HEAD
        found = kept.database.read(
            lambda connection: compare_metadata(MigrationContext.configure(connection), METADATA)
        )
    assert found == []


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(2_000)])
def test_a_file_that_is_no_database_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "registry.db").write_bytes(content)
    done = run("list", "--registry", str(tmp_path))
    if content:
        assert done.returncode == 2 and "is damaged or is none" in done.stderr
        assert (tmp_path / "registry.db").read_bytes() == content
    else:  # SQLite takes an empty file for a new database
        assert done.returncode == 0


@pytest.mark.skipif(os.getuid() == 0 and not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_place_that_cannot_be_made_is_said_before_the_audit(model: Path) -> None:
    done = run("audit", str(model), "--keep", "--registry", "/dev/full/registry", "-q")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the registry /dev/full/registry cannot be made" in done.stderr


def test_a_registry_never_lies_in_the_model(model: Path) -> None:
    done = run("audit", str(model), "--keep", "--registry", str(model / "kept"), "-q")
    assert done.returncode == 2 and ": it lies in the folder" in done.stderr and not (model / "kept").exists()


def test_damage_is_named_and_mended_by_keeping_again(where: str, dossier: Dossier, tmp_path: Path) -> None:
    with registry.open(where, new=True) as kept:
        audit = kept.keep(dossier)
        (blob,) = tmp_path.rglob(f"{audit.dossier}.gz")
    blob.write_bytes(blob.read_bytes()[:-9] + b"damaged!!")
    done = run("registry", "check", "--registry", where)
    assert done.returncode == 1 and done.stdout.startswith(" DAMAGED  1 thing kept is not as it was.")
    assert f"tiny: dossier {audit.dossier}: its bytes in the store are not those of its digest" in done.stdout.replace(
        "\n    ", " "
    )
    shown = run("show", "tiny", "--registry", where)
    assert shown.returncode == 2 and "audit the model again with --keep" in shown.stderr
    with registry.open(where) as kept:
        kept.keep(dossier)
        assert canonical(kept.dossier(audit)) == canonical(dossier)
    assert run("registry", "check", "--registry", where).returncode == 0


def test_rows_that_somebody_changed_are_named(where: str, dossier: Dossier) -> None:
    from sqlalchemy import update

    from assay.registry.tables import FINDING

    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        kept.database.write(lambda connection: connection.execute(update(FINDING).values(kind="pass")))
    done = run("registry", "check", "--registry", where)
    assert done.returncode == 1 and "rows of finding: they are not what the dossier" in done.stdout


def test_what_nothing_names_is_cleared_once_it_is_old(where: str, dossier: Dossier, tmp_path: Path) -> None:
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        orphan = kept.store.put(b"nobody's")
    (path,) = tmp_path.rglob(f"{orphan}.gz")
    assert "removed 0 audits and 0 files" in run("registry", "gc", "--registry", where).stderr
    os.utime(path, (0, 0))
    assert "would remove 0 audits and 1 files" in run("registry", "gc", "--dry-run", "--registry", where).stderr
    assert path.exists()
    assert "removed 0 audits and 1 files" in run("registry", "gc", "--registry", where).stderr
    assert not path.exists() and run("registry", "check", "--registry", where).returncode == 0


def test_only_the_latest_audits_are_left_where_that_is_asked(where: str, model: Path, tmp_path: Path) -> None:
    for number in range(3):
        (model / "notes.txt").write_text(f"{number}")
        assert run("audit", str(model), "--keep", "--registry", where, "-q").returncode == 0
    for path in tmp_path.rglob("*.gz"):
        os.utime(path, (0, 0))
    done = run("registry", "gc", "--last", "1", "--registry", where)
    assert done.stderr.startswith("removed 2 audits and ")
    assert run("history", "tiny", "--registry", where).stdout.startswith(" PASSED  tiny: 1 audit, ")
    assert run("registry", "check", "--registry", where).returncode == 0


def test_the_latest_of_audits_in_one_second_is_left(where: str, dossier: Dossier) -> None:
    from dataclasses import replace

    from assay.registry.keeping import keep, now

    at = now()
    with registry.open(where, new=True) as kept:
        for policy in ("first", "second", "first"):
            found = replace(dossier, policy=replace(dossier.policy, name=policy))
            keep(kept.database, kept.store, found, {"dossier": canonical(found)}, by="ada", at=at)
        assert [row.policy for row in kept.history("tiny")] == ["first", "second"]
    assert "removed 1 audits" in run("registry", "gc", "--last", "1", "--registry", where).stderr
    with registry.open(where) as kept:
        assert kept.dossier(kept.one("tiny")).policy.name == "first"
    assert run("registry", "check", "--registry", where).returncode == 0


def test_an_audit_without_its_dossier_is_named(where: str, dossier: Dossier) -> None:
    from sqlalchemy import delete

    from assay.registry.tables import BLOB

    with registry.open(where, new=True) as kept:
        audit = kept.keep(dossier)
        kept.database.write(lambda connection: connection.execute(delete(BLOB)))
    done = run("registry", "check", "--registry", where)
    assert done.returncode == 1 and f"tiny: dossier {audit.dossier}: no row says" in done.stdout.replace("\n    ", " ")


def test_a_registry_goes_elsewhere_and_back_as_it_was(where: str, dossier: Dossier, tmp_path: Path) -> None:
    with registry.open(where, new=True) as kept:
        kept.keep(dossier, {"bom": b"{}"}, by="ada")
        before = kept.audits()
    first, second = tmp_path / "a.tar", tmp_path / "b.tar"
    assert run("registry", "export", str(first), "--registry", where).stdout == f"wrote {first}: 1 audits\n"
    other = str(tmp_path / "other")
    for _ in range(2):  # the second time changes nothing
        done = run("registry", "import", str(first), "--registry", other)
        assert (done.returncode, done.stdout) == (0, f"kept 1 audits from {first}\n"), done.stderr
    with registry.open(other) as kept:
        assert kept.audits() == before
    assert run("registry", "export", str(second), "--registry", other).returncode == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("damage", ["cut", "other bytes", "no index", "no tar"])
def test_a_damaged_export_is_refused(dossier: Dossier, tmp_path: Path, damage: str) -> None:
    where, file = str(tmp_path / "registry"), tmp_path / "a.tar"
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
    assert run("registry", "export", str(file), "--registry", where).returncode == 0
    raw = file.read_bytes()
    place = raw.index(b'"subject"', raw.index(b'"schema": "assay-dossier'))
    changed = {
        "cut": raw[: len(raw) // 2],
        "other bytes": raw[:place] + b'"subjecT"' + raw[place + 9 :],
        "no index": raw.replace(b"registry.json", b"registry.jso_", 1),
        "no tar": b"x" * 2_000,
    }[damage]
    file.write_bytes(changed)
    done = run("registry", "import", str(file), "--registry", str(tmp_path / "other"))
    assert done.returncode == 2 and done.stderr.startswith("assay: ") and len(done.stderr.splitlines()) == 1


def test_a_dossier_that_somebody_edited_is_kept_as_it_is(where: str, dossier: Dossier) -> None:
    """Numbers that no column takes, NUL, halves of surrogate pairs, and texts that are longer than any digest."""
    odd = "\0\ud800" + "x" * 5_000
    edited = replace(
        dossier,
        assay=odd,
        subject=replace(dossier.subject, sha256=odd, files_sha256=odd),
        artifacts=tuple(replace(row, sha256=odd, format=odd, size=(1 << 63) - 1) for row in dossier.artifacts),
        findings=tuple(replace(row, fingerprint=odd) for row in dossier.findings),
        policy=replace(dossier.policy, sha256=odd),
        baseline=odd,
        portrait=replace(
            dossier.portrait, weights=tuple(replace(row, parameters=10**40) for row in dossier.portrait.weights)
        ),
    )
    with registry.open(where, new=True) as kept:
        audit = kept.keep(edited)
        assert canonical(kept.dossier(audit)) == canonical(edited)
    assert run("list", "--registry", where).returncode == 0
    assert run("registry", "check", "--registry", where).returncode == 0


_KEEP = """
import json, sys
from pathlib import Path
from dataclasses import replace
from assay import registry
from assay.pipeline.dossier import dossier
found = dossier(json.loads(Path(sys.argv[2]).read_bytes()))
print("ready", flush=True)
sys.stdin.readline()
with registry.open(sys.argv[1], new=True) as kept:
    for number in range(int(sys.argv[4])):
        name = f"{sys.argv[3]}-{number}"
        kept.keep(replace(found, subject=replace(found.subject, name=name)), by=sys.argv[3])
        print(name, flush=True)
"""


def _keeper(where: str, dossier: Path, name: str, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _KEEP, where, str(dossier), name, str(times)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_many_keep_at_once_and_nothing_is_lost(where: str, dossier: Dossier, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(canonical(dossier))
    keepers = [_keeper(where, tmp_path / "d.json", f"w{number}", 4) for number in range(6)]
    for keeper in keepers:
        assert keeper.stdout and keeper.stdout.readline() == "ready\n"
    for keeper in keepers:
        keeper.communicate("go\n", timeout=120)
    assert [keeper.returncode for keeper in keepers] == [0] * 6
    with registry.open(where) as kept:
        assert sorted(row.name for row in kept.audits(most=100)) == [f"w{a}-{b}" for a in range(6) for b in range(4)]
    assert run("registry", "check", "--registry", where).returncode == 0


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.2, 0.4])
def test_a_keeper_that_is_killed_leaves_whole_audits(
    where: str, dossier: Dossier, tmp_path: Path, moment: float
) -> None:
    (tmp_path / "d.json").write_bytes(canonical(dossier))
    with _keeper(where, tmp_path / "d.json", "w", 1_000) as keeper:
        assert keeper.stdin and keeper.stdout and keeper.stdout.readline() == "ready\n"
        keeper.stdin.write("go\n")
        keeper.stdin.flush()
        keeper.stdout.readline()
        time.sleep(moment)
        keeper.send_signal(signal.SIGKILL)
        told = {"w-0", *keeper.stdout.read().split()}
    with registry.open(where) as kept:
        assert told <= {row.name for row in kept.audits(most=2_000)}, "what was said to be kept is"
    assert run("registry", "check", "--registry", where).returncode == 0


def test_a_server_that_goes_away_and_comes_back_is_waited_for(
    postgres: Server, dossier: Dossier, tmp_path: Path
) -> None:
    where = postgres.database(f"away_{os.getpid()}", tmp_path / "store")
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        postgres.stop()
        back = threading.Timer(1.0, postgres.start)
        back.start()
        assert kept.keep(dossier).times == 2
        back.join()


def test_two_that_make_a_registry_at_once_make_one(where: str) -> None:
    from assay.registry.place import place

    errors: list[Exception] = []

    def made() -> None:
        database = Database(place(where))
        try:
            database.expected()
        except UsageError as cause:
            errors.append(cause)
        finally:
            database.close()

    threads = [threading.Thread(target=made) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_an_older_registry_is_copied_before_it_is_moved_on(tmp_path: Path, dossier: Dossier) -> None:
    where = tmp_path / "registry"
    with registry.open(str(where), new=True) as kept:
        kept.keep(dossier)
    done = run("registry", "migrate", "--registry", str(where))
    assert done.stdout == f"the registry was at {HEAD}: nothing to do\n"
    from assay.registry.database import _copied

    _copied(where / "registry.db", "0000")
    with sqlite3.connect(where / "registry.db.0000") as copy:
        assert copy.execute("SELECT count(*) FROM audit").fetchone() == (1,)
    copy.close()


def test_what_an_older_assay_kept_has_its_five_answers_after_it_was_moved_on(tmp_path: Path, dossier: Dossier) -> None:
    where = str(tmp_path / "registry")
    with registry.open(where, new=True) as kept:
        before = kept.keep(dossier)
    with sqlite3.connect(tmp_path / "registry" / "registry.db") as old:  # as the first tables were
        old.executescript(
            "ALTER TABLE audit DROP COLUMN answers; DROP TABLE baseline; DROP TABLE job;"
            " UPDATE alembic_version SET version_num='0001'"
        )
    old.close()
    assert "move it on with  assay registry migrate" in run("list", "--registry", where).stderr
    assert run("registry", "migrate", "--registry", where).stdout == f"the registry was at 0001 and is at {HEAD}\n"
    with registry.open(where) as kept:
        assert kept.audits() == [before]
    assert {row.question for row in before.answers} == set(dossier.questions)
    assert run("registry", "check", "--registry", where).returncode == 0


def _tar(path: Path, headers: dict[str, str], index: str = "") -> Path:
    """A tar whose one member has these extended headers, or that is an index alone."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("registry.json")
        member.pax_headers = headers
        member.size = len(index)
        tar.addfile(member, io.BytesIO(index.encode()))
    return path


@pytest.mark.parametrize("headers", [{"GNU.sparse.map": "a,b"}, {"GNU.sparse.size": "x"}, {"size": "x"}])
def test_a_tar_with_odd_headers_is_a_sentence(tmp_path: Path, headers: dict[str, str]) -> None:
    done = run("registry", "import", str(_tar(tmp_path / "a.tar", headers)), "--registry", str(tmp_path / "kept"))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr


def test_an_index_that_keeps_nothing_is_refused(tmp_path: Path) -> None:
    index = '{"schema": "assay-registry/1", "audits": [{"blobs": [], "kept": []}], "accepted": [], "baselines": []}'
    done = run("registry", "import", str(_tar(tmp_path / "a.tar", {}, index)), "--registry", str(tmp_path / "kept"))
    assert done.returncode == 2 and "an audit is without its dossier, or was never kept" in done.stderr


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "tomorrow"])
def test_an_export_cannot_hide_later_audits_behind_a_time_to_come(dossier: Dossier, tmp_path: Path, at: str) -> None:
    where, file = str(tmp_path / "registry"), tmp_path / "a.tar"
    if at == "tomorrow":
        at = instant(datetime.now(UTC) + timedelta(days=1))
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        kept.database.write(lambda connection: connection.execute(update(KEEPING).values(at=at)))
    assert run("registry", "export", str(file), "--registry", where, "-q").returncode == 0
    other = str(tmp_path / "other")
    done = run("registry", "import", str(file), "--registry", other)
    assert done.returncode == 2 and f"has what was kept at {at}, which is still to come" in done.stderr, done
    assert "tiny" not in run("list", "--registry", other).stdout


@pytest.mark.parametrize("kind", ["links", "twice"])
def test_only_plain_members_of_an_export_count_and_none_is_written_by_its_name(
    dossier: Dossier, tmp_path: Path, kind: str
) -> None:
    where, file, made = str(tmp_path / "registry"), tmp_path / "a.tar", tmp_path / "made.tar"
    with registry.open(where, new=True) as kept:
        digest = kept.keep(dossier).dossier
    assert run("registry", "export", str(file), "--registry", where, "-q").returncode == 0
    secret, victim = tmp_path / "secret", tmp_path / "victim"
    secret.write_bytes(b"x")
    with tarfile.open(file) as source, tarfile.open(made, "w", format=tarfile.PAX_FORMAT) as tar:
        for member in source.getmembers():
            stream = source.extractfile(member)
            assert stream
            if member.name == digest and kind == "links":
                link = tarfile.TarInfo(digest)
                link.type, link.linkname = tarfile.SYMTYPE, str(secret)
                tar.addfile(link)
            else:
                tar.addfile(member, stream)
        for name in (str(victim), "../victim", digest if kind == "twice" else "more"):
            extra = tarfile.TarInfo(name)
            extra.size = 3
            tar.addfile(extra, io.BytesIO(b"evil"[:3]))
        for type in (tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE):
            odd = tarfile.TarInfo("registry.json")
            odd.type, odd.linkname = type, str(secret)
            tar.addfile(odd)
    other = tmp_path / "deep" / "other"
    done = run("registry", "import", str(made), "--registry", str(other))
    said = {"links": f"it holds no {digest[:80]} of at most", "twice": "has another digest"}[kind]
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1, done
    assert not victim.exists() and not list(tmp_path.rglob("victim"))


def test_a_query_that_is_no_text_finds_nothing(where: str, dossier: Dossier) -> None:
    with registry.open(where, new=True) as kept:
        kept.keep(dossier)
        for word in ("policy:\udcff", "kind:\udcff", "verdict:\udcff", "\udcff", "finding:\udcff\0"):
            assert kept.audits(word) == []


def test_tables_that_are_not_what_they_say_are_not_left_to_the_database(tmp_path: Path) -> None:
    hub_model(tmp_path / "model")
    assert run("audit", str(tmp_path / "model"), "--keep", "--registry", str(tmp_path / "kept")).returncode in (0, 3)
    (file,) = (tmp_path / "kept").glob("*.db")
    with closing(sqlite3.connect(file)) as made:
        made.execute("DROP INDEX finding_latest")
        made.execute("DROP INDEX finding_latest_fingerprint")
        made.execute("ALTER TABLE finding DROP COLUMN latest")
        made.execute("ALTER TABLE audit DROP COLUMN latest")
        made.commit()
    done = run("list", "--registry", str(tmp_path / "kept"))
    assert done.returncode == 2
    assert "no such column: audit.latest; its tables are not those of this version, though they say so" in done.stderr
