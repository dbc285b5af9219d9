"""Killed builds, damaged files, two builds at once, a full disk, another version: a clear error, and no data lost."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from functools import cache
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from benchmarks import robustness
from hypothesis import given
from hypothesis import strategies as st

import assay.corpus
from assay.corpus import manifest
from assay.corpus.building import Options, build
from assay.corpus.collection import Corpus, Holding
from assay.corpus.reading import ShardFile
from assay.corpus.shard import Shard
from assay.corpus.verifying import defects
from assay.errors import InputError, UsageError
from assay.execution import executor


@pytest.fixture
def index(tmp_path: Path) -> Path:
    robustness.documents(tmp_path / "a.jsonl", 0, 50)
    build((str(tmp_path / "a.jsonl"),), tmp_path / "index", Options(), executor("local", 0))
    return tmp_path / "index"


def test_a_killed_build_leaves_what_was_there(tmp_path: Path) -> None:
    outcomes = robustness.kill(8, tmp_path, seed=4)
    assert outcomes["killed before the manifest"]


def test_what_a_kill_left_of_a_manifest_goes_with_the_next_build(index: Path) -> None:
    left = index / ".manifest.json.je466rva.part"
    left.write_bytes(b"{")
    robustness.documents(index.parent / "b.jsonl", 50, 10)
    build((str(index.parent / "b.jsonl"),), index, Options(), executor("local", 0), replace_old=True)
    assert not left.exists()


def test_damage_never_gives_a_wrong_answer(tmp_path: Path) -> None:
    outcomes = robustness.damage(60, tmp_path, seed=5)
    assert outcomes["refused"] > 20


@cache
def sound() -> bytes:
    """A whole shard."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        robustness.documents(folder / "a.jsonl", 0, 12, 40)
        build((str(folder / "a.jsonl"),), folder / "index", Options(), executor("local", 0))
        (shard,) = (folder / "index").glob("shard-*")
        return shard.read_bytes()


# a number in a row of the header (where, how many bytes, how many values, how wide), or a byte of the body
_header = st.tuples(
    st.just(True),
    st.integers(0, 13),
    st.sampled_from((16, 24, 32, 40)),
    st.sampled_from((0, 1, 7, 33, 64, 4096, 60_000, 2**31, 2**32 - 1)),
)
_body = st.tuples(st.just(False), st.integers(0, 2**20), st.just(0), st.integers(0, 255))


@given(edits=st.lists(st.one_of(_header, _body), min_size=1, max_size=4))
def test_a_hostile_shard_with_checksums_that_fit_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[bool, int, int, int]]
) -> None:
    raw = bytearray(sound())
    (body,) = struct.unpack_from("<Q", raw, 16)
    for in_header, place, field, value in edits:
        if in_header:
            struct.pack_into("<I", raw, 40 + 48 * place + field, value)
        else:
            raw[4096 + place % body] = value
    table = b"".join(
        struct.pack("<I", zlib.crc32(raw[at : min(at + 4096, 4096 + body)])) for at in range(4096, 4096 + body, 4096)
    )
    raw[4096 + body :] = table
    struct.pack_into("<I", raw, 32, zlib.crc32(table))
    struct.pack_into("<I", raw, 4092, zlib.crc32(raw[:4092]))
    path = tmp_path_factory.mktemp("hostile") / "shard-x.assay"
    path.write_bytes(raw)
    try:
        shard = ShardFile(path)
        corpus = Corpus([Holding((), (Shard(shard),), (("x", shard.documents),))])
        corpus.count("river stone")
        corpus.find("first line of document 3", 5)
        corpus.trace("first line of document 3 river stone lantern and the end of document 3")
        for number in range(min(shard.documents, 20)):
            shard.document(number)
            shard.text(*shard.extent(number))
    except InputError as refused:
        assert refused.what


def test_verify_names_the_damaged_file(index: Path) -> None:
    assert defects(index) == []
    (shard,) = index.glob("shard-*")
    raw = bytearray(shard.read_bytes())
    raw[5000] ^= 1
    shard.write_bytes(raw)
    first, second = defects(index)
    assert first.startswith(f"{shard.name}: SHA-256 is ") and "a block does not match its checksum" in second
    shard.unlink()
    assert defects(index) == [f"{shard.name}: No such file or directory"]


def test_every_byte_of_a_shard_is_covered(index: Path) -> None:
    (shard,) = index.glob("shard-*")
    raw = shard.read_bytes()
    for at in range(0, len(raw), 997):
        changed = bytearray(raw)
        changed[at] ^= 0x40
        shard.write_bytes(changed)
        assert len(defects(index)) == 2, at


def test_an_unfinished_build_goes_on(tmp_path: Path) -> None:
    for number in range(30):
        robustness.documents(tmp_path / f"{number:02}.jsonl", number * 200, 200)
    inputs = [str(path) for path in sorted(tmp_path.glob("*.jsonl"))]
    options = ["-o", str(tmp_path / "index"), "--shard-size", "250KiB", "--jobs", "1", "-q"]
    command = [sys.executable, "-c", robustness.COMMAND, "corpus", "build", *inputs, *options]
    with subprocess.Popen(command) as running:
        while len(list(tmp_path.glob("index/.task-*.json"))) < 3 and running.poll() is None:
            time.sleep(0.001)
        running.kill()
    assert not manifest.exists(tmp_path / "index")
    finished = {path.name: path.stat().st_ino for path in tmp_path.glob("index/shard-*.assay")}
    assert len(finished) >= 3
    subprocess.run(command, check=True)
    found = {path.name: path.stat().st_ino for path in tmp_path.glob("index/shard-*.assay")}
    assert len(found) == 30
    notes = {name for name, inode in finished.items() if found.get(name) == inode}
    assert len(notes) >= 3, "finished shards were made again"
    assert assay.corpus.open(tmp_path / "index").count("the end of document 5999") == 1
    assert not [path.name for path in (tmp_path / "index").iterdir() if path.name.startswith((".task", ".shard"))]


def test_an_input_that_kills_its_process_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    robustness.documents(tmp_path / "a.jsonl", 0, 50)
    robustness.documents(tmp_path / "b.jsonl", 50, 60_000, 300)
    inputs, options = (str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")), Options(shard=1 << 16)
    index = tmp_path / "index"
    killed: list[BaseProcess] = []

    def kill(label: str, done: int, total: int, unit: str) -> None:
        if any(index.glob(".task-*.json")) and not killed:  # a.jsonl is done
            killed.extend(child for child in active_children() if child.pid)
            for child in killed:
                child.kill()

    with pytest.raises(UsageError) as refused:
        build(inputs, index, options, executor("local", 2), progress=kill)
    assert str(refused.value) == (
        "1 of 2 shards could not be made, so the corpus is as it was: b.jsonl: the process that worked on it was ended "
        "by SIGKILL, perhaps for want of memory. The others are kept: leave these inputs out, or give it more memory "
        "(fewer --jobs, a smaller --shard-size), and run the command again"
    )
    assert not manifest.exists(index)
    finished = {path.stat().st_ino for path in index.glob("shard-*.assay")}  # of a.jsonl, and what b.jsonl got done
    (after,) = build(inputs[:1], index, options, executor("local", 2)).shards
    assert (index / after.file).stat().st_ino in finished


@pytest.mark.parametrize("processes", [0, 1])
def test_a_shard_that_cannot_be_asked_is_named(index: Path, processes: int) -> None:
    """An answer without it would be a wrong one."""
    corpus = assay.corpus.open(index, executor("local", processes))
    (shard,) = index.glob("shard-*")
    shard.unlink()
    with pytest.raises(UsageError, match=f"{shard.name}: No such file or directory where the shard was to be asked"):
        corpus.trace("first line of document 3")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk(tmp_path: Path) -> None:
    robustness.documents(tmp_path / "a.jsonl", 0, 20_000, 300)
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(UsageError, match="the disk is full"):
            build((str(tmp_path / "a.jsonl"),), small / "index", Options(), executor("local", 0))
        assert [path.name for path in (small / "index").iterdir() if path.suffix == ".part"] == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_two_builds_into_one_folder(index: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from assay.corpus import manifest\n"
        "with manifest.locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-c", code, index], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="another assay is changing this corpus"):
            build((str(tmp_path / "a.jsonl"),), index, Options(), executor("local", 0), replace_old=True)
        other.kill()
    build((str(tmp_path / "a.jsonl"),), index, Options(), executor("local", 0), replace_old=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "format version 2, this assay reads 1; use a newer assay"),
        ({"normaliser": "words/2"}, "built with 'words/2'"),
        ({"format": "other"}, "not the manifest of a corpus"),
        ({"parts": 3}, "the manifest is damaged"),
    ],
)
def test_a_corpus_of_another_version(index: Path, change: dict[str, object], sentence: str) -> None:
    found = json.loads((index / manifest.NAME).read_bytes())
    (index / manifest.NAME).write_text(json.dumps(found | change))
    with pytest.raises(UsageError, match=sentence):
        assay.corpus.open(index)


def test_a_manifest_cannot_point_outside_its_folder(index: Path) -> None:
    raw = (index / manifest.NAME).read_text()
    (shard,) = index.glob("shard-*")
    for name in ("../../etc/passwd", "/etc/passwd", ".hidden", ""):
        (index / manifest.NAME).write_text(raw.replace(shard.name, name))
        with pytest.raises(UsageError, match="no file of this folder"):
            assay.corpus.open(index)


def test_no_corpus_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no corpus here .*; build one with `assay corpus build"):
        assay.corpus.open(tmp_path)
