"""A fleet shared out through the registry: whoever dies meanwhile, each model has one outcome and is kept once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from assay import registry
from assay.facts.codec import encode
from assay.fleet.auditing import Task, audit
from assay.fleet.models import entries
from assay.fleet.queue import _row
from assay.registry.queue import MOST_TAKINGS, Queue, State, Waiting
from assay.registry.tables import KEEPING, TASK
from tests.builders import calls, hub_model
from tests.builders.command import ASSAY, run
from tests.builders.postgres import Server


def waiting(*sizes: int) -> list[Waiting]:
    return [Waiting(f'"task {number}"', size) for number, size in enumerate(sizes)]


def tasks(kept: registry.Registry) -> int:
    asked = select(func.count(TASK.c.id))
    return kept.database.read(lambda connection: int(connection.execute(asked).scalar_one()))


def test_the_largest_is_taken_first_and_each_once(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        name = queue.put("f", waiting(1, 3, 2))
        found = [queue.take(f"w{number}", 60) for number in range(4)]
        assert [row and row.payload for row in found] == ['"task 1"', '"task 2"', '"task 0"', None]
        assert queue.left(name) == 3
        assert all(queue.finish(row, "1") for row in found if row)
        assert queue.left(name) == 0 and [row.number for row in queue.ended(name)] == [0, 1, 2]


def test_a_worker_that_asks_twice_has_one_task(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        queue.put("f", waiting(1, 1))
        assert queue.take("w", 60) == queue.take("w", 60)


def test_who_lost_the_lease_can_neither_hold_nor_finish(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        name = queue.put("f", waiting(1))
        slow = queue.take("slow", 0)
        time.sleep(0.05)
        quick = queue.take("quick", 60)
        assert slow and quick and (slow.id, slow.token) == (quick.id, quick.token) and slow.taking < quick.taking
        assert not queue.hold(slow, 60) and not queue.finish(slow, '"slow"') and queue.hold(quick, 60)
        assert queue.finish(quick, '"quick"') and queue.finish(quick, '"quick"'), "a second try is no second outcome"
        assert not queue.finish(slow, '"slow"')
        assert [row.outcome for row in queue.ended(name)] == ['"quick"']


def test_a_task_whose_workers_are_always_lost_is_given_up(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        name = queue.put("f", waiting(1))
        for number in range(MOST_TAKINGS):
            assert queue.take(f"w{number}", 0)
            time.sleep(0.05)
        assert queue.take("next", 60) is None and queue.left(name) == 0
        assert [(row.outcome, row.worker) for row in queue.ended(name)] == [("", f"w{MOST_TAKINGS - 1}")]


def test_an_interrupted_run_is_gone_on_with_and_a_closed_one_is_not(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        first = queue.put("f", waiting(1, 2))
        assert queue.put("f", waiting(1, 2)) == first and queue.put("other", waiting(1)) != first
        queue.close(first)
        assert queue.put("f", waiting(1, 2)) != first
        kept.database.write(lambda connection: connection.execute(update(TASK).values(begun=1)))
        assert queue.take("w", 60), "of a run that began long ago, and is worked on"
        queue.put("more", waiting(1))
        assert tasks(kept) >= 2
        kept.database.write(lambda connection: connection.execute(update(TASK).values(begun=1, until=1)))
        queue.put("new", waiting(1))
        assert tasks(kept) == 1


def test_many_take_and_none_has_what_another_has(where: str) -> None:
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        name = queue.put("f", waiting(*range(40)))
        taken: list[int] = []

        def take(number: int) -> None:
            while row := queue.take(f"w{number}", 60):
                taken.append(row.id)
                queue.finish(row, "1")

        threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 40 and queue.left(name) == 0


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A list of six models."""
    for number in range(6):
        hub_model(tmp_path / "models" / f"m{number}")
    (tmp_path / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n')
    return tmp_path


def kept_once(where: str) -> dict[str, int]:
    """How often each model was kept."""
    with registry.open(where) as kept:
        rows = kept.audits(every=True, most=100)
        counts = dict(
            kept.database.read(
                lambda connection: [
                    (row.audit_id, row.n)
                    for row in connection.execute(
                        select(KEEPING.c.audit_id, func.count().label("n")).group_by(KEEPING.c.audit_id)
                    )
                ]
            )
        )
    return {row.name: counts[row.id] for row in rows}


def test_the_queue_gives_the_rows_of_a_local_run(fleet: Path, where: str) -> None:
    (fleet / "models" / "m3" / "model.safetensors").write_bytes(b"no weights")
    options = ("--registry", where, "-o", "json")
    found = run("fleet", "audit", "--queue", "--jobs", "2", *options, cwd=fleet)
    lock = (fleet / "assay.lock").read_bytes()
    again = run("fleet", "audit", "--again", *options, cwd=fleet)
    assert found.returncode == again.returncode == 3, found
    rows, alone = json.loads(found.stdout), json.loads(again.stdout)
    assert [row["audit"]["dossier"] for row in rows] == [row["audit"]["dossier"] for row in alone]
    assert (fleet / "assay.lock").read_bytes() == lock
    with registry.open(where) as kept:
        texts = kept.database.read(lambda connection: connection.execute(select(TASK.c.payload)).scalars().all())
    assert len(texts) == 6 and not any(where in text for text in texts), "who takes part has an address of its own"


def test_what_was_kept_by_a_worker_that_was_lost_is_the_outcome(fleet: Path, where: str) -> None:
    (entry, *_) = entries(fleet / "models.toml")
    with registry.open(where, new=True):
        first = audit(Task(entry, where, "ada"))
    (Path(entry.opened) / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    once, again = (audit(Task(entry, where, "ada", token="t" * 32)) for _ in range(2))
    assert once.audit == again.audit and once.audit and once.audit.verdict == "FAILED"
    assert once.before and again.before and once.before.dossier == again.before.dossier
    assert first.audit and again.before.verdict == "PASSED", "that it got worse is said all the same"


def test_another_machine_takes_part(fleet: Path, where: str) -> None:
    rows = [Task(entry, where, "ada") for entry in entries(fleet / "models.toml")]
    with registry.open(where, new=True) as kept:
        queue = Queue(kept.database)
        queue.put("f", [Waiting(json.dumps(encode(replace(row, where=""))), 1) for row in rows])
    done = run("fleet", "work", "--registry", where, "--jobs", "2", cwd=fleet)
    assert (done.returncode, done.stdout) == (0, "6 models audited, and none is left\n"), done
    assert kept_once(where) == {f"m{number}": 1 for number in range(6)}


def test_a_worker_that_is_to_stay_offline_fetches_nothing(fleet: Path, where: str) -> None:
    """Whoever can write to the database says what a worker reads; from where it says itself."""
    (row, *_) = (Task(entry, "", "ada") for entry in entries(fleet / "models.toml"))
    task = replace(row, entry=replace(row.entry, opened="hf://org/never-here"))
    with registry.open(where, new=True) as kept:
        Queue(kept.database).put("f", [Waiting(json.dumps(encode(task)), 1)])
    words = ("fleet", "work", "--offline", "--registry", where, "--jobs", "1")
    done = run(*words, cwd=fleet, HF_HOME=str(fleet / "home"))
    assert done.returncode == 0, done
    with registry.open(where) as kept:
        asked = kept.database.read(lambda connection: connection.execute(select(TASK.c.outcome)).scalars().all())
    assert "--offline was given" in json.loads(asked[0])["trouble"], asked


def test_what_waits_for_another_version_is_left_to_it(fleet: Path, where: str) -> None:
    rows = [Task(entry, "", "ada") for entry in entries(fleet / "models.toml")]
    with registry.open(where, new=True) as kept:
        other = Queue(kept.database, version="0.0.1")
        same = [Waiting(json.dumps(encode(row)), 1) for row in rows]
        first = other.put("f", same)
        assert Queue(kept.database).put("f", same[:1]) != first, "a run of another version is not gone on with"
    done = run("fleet", "work", "--registry", where, "--jobs", "1", cwd=fleet)
    assert (done.returncode, done.stdout) == (0, "1 models audited, and none is left\n"), done
    assert done.stderr == "6 models wait for workers of assay 0.0.1: start them with that version\n"
    with registry.open(where) as kept:
        assert Queue(kept.database, version="0.0.1").left() == 6


def test_what_is_no_task_is_a_row_and_the_rest_goes_on(fleet: Path, where: str) -> None:
    """Whoever can write to the database, or a hand that slipped there, ends no worker."""
    rows = [Task(entry, where, "ada") for entry in entries(fleet / "models.toml")]
    with registry.open(where, new=True) as kept:
        waits = [json.dumps(encode(replace(row, where=""))) for row in rows]
        queue = Queue(kept.database)
        name = queue.put("f", [Waiting(text, 1) for text in ('{"entry": 1}', "no JSON", *waits[2:])])
    done = run("fleet", "work", "--registry", where, "--jobs", "1", cwd=fleet)
    assert done.returncode == 0 and set(kept_once(where)) == {f"m{number}" for number in range(2, 6)}, done
    with registry.open(where) as kept:
        ended = Queue(kept.database).ended(name)
    assert [_row(task, row).trouble for task, row in zip(rows[:2], ended, strict=False)] == [
        "what is written in the queue for it is no task of assay 0.1.0: not a Entry",
        "what is written in the queue for it is no task of assay 0.1.0: Expecting value: line 1 column 1 (char 0)",
    ]


def test_kills_of_workers_and_of_the_parent_lose_nothing(fleet: Path, where: str) -> None:
    command = [*ASSAY, "fleet", "audit", "--queue", "--lease", "1", "--jobs", "2", "-q", "--registry", where]
    for wait in (0.5, 1.5, 2.5):  # while it starts, and while it works
        with subprocess.Popen(command, cwd=fleet, stderr=subprocess.DEVNULL) as killed:
            time.sleep(wait)
            killed.kill()
    with subprocess.Popen(command, cwd=fleet, stdout=subprocess.PIPE, text=True) as parent:
        os.kill(holder(where), signal.SIGKILL)
        said, _ = parent.communicate(timeout=300)
    assert parent.returncode == 0 and said.startswith("PASSED  6 models: 6 PASSED."), said
    assert kept_once(where) == {f"m{number}": 1 for number in range(6)}
    assert run("registry", "check", "--registry", where).returncode == 0


def test_a_server_that_crashes_meanwhile_loses_nothing(fleet: Path, postgres: Server, tmp_path: Path) -> None:
    where = postgres.database(f"crashed_{os.getpid()}", tmp_path / "store")
    command = [*ASSAY, "fleet", "audit", "--queue", "--lease", "5", "--jobs", "2", "-q", "--registry", where]
    with subprocess.Popen(command, cwd=fleet, stdout=subprocess.PIPE, text=True) as parent:
        time.sleep(random.uniform(1, 3))
        postgres.stop()
        postgres.start()
        said, _ = parent.communicate(timeout=300)
    assert parent.returncode == 0 and said.startswith("PASSED  6 models: 6 PASSED."), said
    assert kept_once(where) == {f"m{number}": 1 for number in range(6)}


def holder(where: str) -> int:
    """The process that holds a model of the run, as soon as one does."""
    until = time.monotonic() + 60
    with registry.open(where) as kept:
        while time.monotonic() < until:
            asked = select(TASK.c.worker).where(TASK.c.state == State.TAKEN, TASK.c.taking > 0)
            names = kept.database.read(lambda connection: connection.execute(asked).scalars().all())  # noqa: B023
            for pid in (int(name.rpartition(" ")[2]) for name in names):
                if Path(f"/proc/{pid}").exists():
                    return pid
            time.sleep(0.02)
    raise AssertionError("nobody took a model")
