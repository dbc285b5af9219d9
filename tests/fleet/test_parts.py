"""One large model read by several: the dossier of one process, whatever is killed, and nothing read twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from assay import registry
from assay.facts.codec import canonical
from assay.pipeline import concluded, gathered, isolated, read_in_full, requested
from assay.pipeline.parts import Part, groups
from assay.subject import walked
from tests.builders.command import ASSAY, run
from tests.builders.shards import sharded

PART = ("--part", "20kB")  # each of the nine files is larger


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A list of one model in nine shards."""
    sharded(tmp_path / "large")
    (tmp_path / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "large"\n')
    return tmp_path


def kept(fleet: Path, where: str) -> str:
    """The digest of the dossier that is kept there."""
    with registry.open(str(fleet / where)) as found:
        (audit,) = found.audits()
        assert audit.times == 1
        return audit.dossier


def alone(fleet: Path) -> str:
    done = run("audit", "large", "--keep", "--registry", "alone", "-q", cwd=fleet)
    assert done.returncode in (0, 1, 3), done
    return kept(fleet, "alone")


@pytest.mark.parametrize("how", [(), ("--queue",), ("--executor", "ray")], ids=["local", "queue", "ray"])
def test_the_dossier_is_that_of_one_process(fleet: Path, how: tuple[str, ...]) -> None:
    if "ray" in how:
        pytest.importorskip("ray")
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "2", *PART, *how, "-q", cwd=fleet)
    assert "1 read" in done.stdout, done
    assert kept(fleet, "kept") == alone(fleet)
    how = () if "ray" in how else how  # what Ray kept is found by anyone; it takes 30 s of CPU to start
    again = run("fleet", "audit", "--registry", "kept", "--jobs", "2", *PART, *how, "-q", cwd=fleet)
    assert "0 read" in again.stdout, again


def altered(part: Part) -> Part:
    return replace(part, sha256="0" * 64)


def older(part: Part) -> Part:
    return replace(part, sha256="0" * 64, state=(*part.state[:-1], part.state[-1] - 1))


def other(part: Part) -> Part:
    return replace(part, sha256="0" * 64, kernels="another")


@pytest.mark.parametrize(("change", "counts"), [(altered, True), (older, False), (other, False)])
def test_a_part_counts_for_a_file_that_is_as_it_was(
    tmp_path: Path, change: Callable[[Part], Part], counts: bool
) -> None:
    """What is told of it is then taken, so that no byte of it is read again."""
    path = sharded(tmp_path / "large")
    request = requested(str(path))
    name = "model-00003-of-00009.safetensors"

    def dossier(parts: tuple[Part, ...]) -> bytes:
        walk = walked(path)
        return canonical(concluded(gathered(walk, request, isolated(walk, request), parts=parts), walk, request))

    walk = walked(path)
    parts = read_in_full(walk, request, [name], isolated(walk, request))
    assert [part.artifact for part in parts] == [name]
    assert dossier(parts) == dossier(())
    assert (b'"sha256": "' + b"0" * 64 in dossier(tuple(map(change, parts)))) == counts


def test_groups_hold_every_file_once_and_small_models_have_none() -> None:
    sizes = {"a": 5, "b": 3, "c": 3, "d": 2, "e": 1}
    assert groups(sizes, 5) == [("a",), ("b", "c"), ("d", "e")]
    assert groups(sizes, 8) == [] and groups({}, 1) == [] and groups({"one": 100}, 5) == []


def test_workers_that_are_killed_lose_nothing_and_nothing_is_kept_twice(fleet: Path) -> None:
    """Two machines share the parts; the processes of one are killed while they read."""
    sharded(fleet / "large", 9, 40_000)  # 15 MB each
    options = ("--registry", "kept", "--lease", "1")
    command = [*ASSAY, "fleet", "audit", "--queue", "--jobs", "1", "--part", "1MB", *options, "-q"]
    with subprocess.Popen(command, cwd=fleet, stdout=subprocess.PIPE, text=True) as first:
        killed = 0
        until = time.monotonic() + 120
        while first.poll() is None and killed < 3 and time.monotonic() < until:
            time.sleep(2)
            for pid in Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split():
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                        killed += 1
        said = first.communicate(timeout=300)[0]
    assert killed and "1 read" in said
    assert kept(fleet, "kept") == alone(fleet)
