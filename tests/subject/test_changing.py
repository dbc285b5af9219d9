"""Files that somebody changes while they are audited: what was not what is there is never judged, hashed or shown."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import assay
import assay.weights
from assay import formats
from assay.errors import Changed, InputError
from assay.facts.artifact import Trouble
from assay.facts.codec import canonical
from assay.facts.comparison import Comparison
from assay.facts.dossier import Dossier, Verdict
from assay.isolation import reader_for
from assay.subject import hashed, walked
from assay.weights.comparison import reference
from tests.builders import calls, hub_model, safetensors
from tests.conftest import messages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open cannot be replaced")
SECRET = b"the secret of whoever audits"
NAMES: dict[str, tuple[str, tuple[int, ...]]] = {"w": ("F32", (64, 64))}


def rewrite(path: Path, raw: bytes) -> None:
    """Other bytes of the same number in the same file, with the time of modification put back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(raw.ljust(before.st_size, b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def audited_while(folder: Path, act: Callable[[], object], after: int = 0) -> Dossier:
    """The audit of a folder, with `act` done once while its files are hashed, after so many bytes."""
    waiting = [act]

    def progress(label: str, done: int, total: int, unit: str) -> None:
        if waiting and label == "reading" and done > after:
            waiting.pop()()

    found = assay.audit(folder, progress=progress)
    assert not waiting
    return found


def test_a_file_that_is_rewritten_between_reading_and_hashing_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(safetensors(NAMES))
    hostile = calls("os", "system", "id")
    (tmp_path / "z.pkl").write_bytes(b"\x80\x02N0" + b"N0" * len(hostile) + b"N.")
    found = audited_while(tmp_path, lambda: rewrite(tmp_path / "z.pkl", hostile))
    assert found.decision.verdict is Verdict.INCOMPLETE
    assert "z.pkl: it changed since it was listed" in messages(found, "artifact.changed")


def test_a_file_of_which_something_was_unread_anyway_is_told_to_have_changed(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(safetensors(NAMES))
    (tmp_path / "z.bin").write_bytes(bytes(range(200, 256)) * 9)
    found = audited_while(tmp_path, lambda: rewrite(tmp_path / "z.bin", b"other"))
    assert [(row.artifact, row.trouble) for row in found.obstacles] == [("z.bin", Trouble.CHANGED)]


@pytest.mark.parametrize("swap", ["folder", "file"])
def test_no_byte_from_elsewhere_comes_into_a_report(tmp_path: Path, swap: str) -> None:
    folder, inner, secret = tmp_path / "m", tmp_path / "m" / "a", tmp_path / "elsewhere"
    inner.mkdir(parents=True)
    secret.mkdir()
    hostile = calls("os", "system", "id")
    (inner / "x.pkl").write_bytes(hostile)
    (secret / "x.pkl").write_bytes((SECRET * 4)[: len(hostile)])
    (folder / "b.safetensors").write_bytes(safetensors(NAMES))

    def act() -> None:
        if swap == "folder":
            inner.rename(tmp_path / "moved")
            inner.symlink_to(secret)
        else:
            os.replace(secret / "x.pkl", inner / "x.pkl")

    found = audited_while(folder, act, after=len(hostile))
    evidence = [row for finding in found.findings for row in finding.evidence if row.artifact == "a/x.pkl"]
    assert found.decision.verdict is Verdict.FAILED and any(row.start is not None for row in evidence)
    assert not any(row.excerpt for row in evidence)
    assert not any(SECRET[at : at + 4].hex().encode() in canonical(found) for at in range(len(SECRET) - 4))


@contextmanager
def swapping(inner: Path, secret: Path) -> Iterator[None]:
    """A thread that puts a link to another folder in the place of a folder, and back, without end."""
    ended, moved = threading.Event(), inner.parent.parent / "moved"

    def swap() -> None:
        while not ended.is_set():
            inner.rename(moved)
            inner.symlink_to(secret)
            inner.unlink()
            moved.rename(inner)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_folder_that_is_swapped_all_the_time_never_leads_out(tmp_path: Path) -> None:
    inner, secret = tmp_path / "m" / "a", tmp_path / "elsewhere"
    inner.mkdir(parents=True)
    secret.mkdir()
    for number in range(4):
        (inner / f"{number}.txt").write_bytes(b"of the model")
        (secret / f"{number}.txt").write_bytes(SECRET)
    (tmp_path / "m" / "b.txt").write_bytes(b"of the model")
    own, read = hashlib.sha256(b"of the model").hexdigest(), 0
    with swapping(inner, secret):
        for _ in range(150):
            for entry in walked(tmp_path / "m").entries:
                found = hashed(entry)
                assert entry.size == 12 and (found.obstacle or found.sha256 == own)
                read += found.obstacle is None
    assert read >= 150


def test_a_change_right_after_the_walk_is_seen_however_coarse_the_clock_is(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    for number in range(25):
        path.write_bytes(b"as it was")
        (entry,) = walked(tmp_path).entries
        rewrite(path, b"another %d" % (number % 2))
        with pytest.raises(Changed, match="it changed since it was listed"), entry.place.source():
            pass


@pytest.mark.parametrize("isolated", [True, False])
def test_a_reader_gives_nothing_of_a_file_behind_a_link(tmp_path: Path, isolated: bool) -> None:
    inner = tmp_path / "m" / "a"
    inner.mkdir(parents=True)
    (inner / "config.json").write_text('{"model_type": "llama"}')
    walk = walked(tmp_path / "m")
    kind = formats.load("model_config")
    inner.rename(tmp_path / "m" / "b")
    inner.symlink_to("b")  # the very same file, and still not where it was
    reader = reader_for(walk, formats.modules([kind]), isolated=isolated)
    try:
        reading = reader.read("a/config.json", kind, walk.entries[0].place)
    finally:
        reader.close()
    assert reading.facts == () and reading.obstacle is not None
    assert (reading.obstacle.trouble, reading.obstacle.at) == (Trouble.CHANGED, None)


def test_weights_are_not_read_from_another_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(NAMES))
    tensor = assay.weights.open(path)["w"]
    rewrite(path, safetensors({"v": ("F32", (64, 64))}))
    with pytest.raises(InputError, match="it changed since it was listed"):
        tensor.read()
    with suppress(FileNotFoundError):
        path.unlink()
    with pytest.raises(InputError, match="it can no longer be opened"):
        tensor.read()


def test_a_base_that_changes_while_it_is_compared_with_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, model = hub_model(tmp_path / "base"), hub_model(tmp_path / "m")
    told = "the base: config.json: it changed since it was listed"

    def asked() -> tuple[str, str]:
        found = assay.audit(model, base=base).comparison
        assert found is not None
        return found.base_sha256, found.why[0]

    before, _ = asked()
    compared = reference.diff

    def changing(*arguments: Any, **named: Any) -> Comparison:
        found = compared(*arguments, **named)
        (base / "config.json").write_text("{}", "utf-8")
        return found

    monkeypatch.setattr(reference, "diff", changing)
    now, why = asked()
    assert before and not now and why.startswith(told)
