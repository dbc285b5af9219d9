"""The log of audits: the trees of RFC 9162, every proof, and every way to tamper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.attest import log as tree
from assay.errors import Malformed
from assay.facts.log import Checkpoint, Entry, Proof
from tests.builders.command import run
from tests.builders.release import openwashed, release

# entries and roots from the tests of the reference implementation of certificate transparency (RFC 6962, the same tree)
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_reference_implementation(size: int) -> None:
    assert tree.root(LEAVES[:size]).hex() == ROOTS[size - 1]


@given(st.integers(1, 40), st.data())
def test_every_entry_has_a_proof_and_only_it(size: int, data: st.DataObject) -> None:
    lines = [f"entry {number}".encode() for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, root = tree.inclusion(lines, index), tree.root(lines)
    assert tree.included(lines[index], index, size, path, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index) if size > 1 else st.just(-1))
    assert not tree.included(b"another", index, size, path, root)
    assert not tree.included(lines[index], other, size, path, root)
    assert not tree.included(lines[index], index, size, [*path, b"\0" * 32], root)
    if path:
        assert not tree.included(lines[index], index, size, path[:-1], root)
        flipped = [*path[:-1], bytes([path[-1][0] ^ 1]) + path[-1][1:]]
        assert not tree.included(lines[index], index, size, flipped, root)


@given(st.integers(1, 40), st.data())
def test_a_log_that_grew_is_shown_to_have_grown(size: int, data: st.DataObject) -> None:
    lines = [f"entry {number}".encode() for number in range(size)]
    before = data.draw(st.integers(1, size))
    proof, old, new = tree.consistency(lines, before), tree.root(lines[:before]), tree.root(lines)
    assert tree.consistent(before, size, proof, old, new)
    at = data.draw(st.integers(0, before - 1))
    changed = [*lines[:at], b"changed", *lines[at + 1 :]]
    assert not tree.consistent(before, size, tree.consistency(changed, before), old, tree.root(changed))
    assert not tree.consistent(before, size, proof, tree.root(changed[:before]), new)
    assert not tree.consistent(before, size, [*proof, b"\0" * 32], old, new)


def entry(number: int) -> Entry:
    return Entry(0, "", f"model {number}", "a" * 64, f"{number:064x}", "PASSED", "b" * 64, "0.1.0", "")


def grown(count: int) -> bytes:
    raw = b""
    for number in range(count):
        raw = tree.appended(tree.read(raw), entry(number))
    return raw


@given(st.data())
def test_one_flipped_bit_anywhere_is_found(data: st.DataObject) -> None:
    raw = bytearray(grown(4))
    kept = tree.read(bytes(raw)).checkpoint
    at, bit = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 7))
    raw[at] ^= 1 << bit
    try:
        found = tree.read(bytes(raw))
    except Malformed:
        return
    assert (
        tree.root(found.lines[: kept.size]).hex() != kept.root
    )  # only the last line is free, and a checkpoint holds it


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[1:], "line 1 of the log: an entry is missing or out of place"),
        (lambda rows: [rows[0], *rows[2:]], "line 2 of the log: an entry is missing or out of place"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "line 1 of the log: an entry is missing or out of place"),
        (
            lambda rows: [rows[0].replace(b"PASSED", b"FAILED"), *rows[1:]],
            "line 2 of the log does not follow the line before it",
        ),
        (lambda rows: [rows[0] + b" ", *rows[1:]], "line 1 of the log is not as it was written"),
        (lambda rows: [b"{}", *rows[1:]], "line 1 of the log is no entry"),
        (lambda rows: [b"[" * 9000, *rows[1:]], "line 1 of the log is no entry"),
    ],
    ids=["first gone", "second gone", "swapped", "changed", "blank added", "no entry", "bomb"],
)
def test_a_log_that_was_tampered_with_names_the_line(change: object, said: str) -> None:
    assert callable(change)
    rows = grown(3).splitlines()
    with pytest.raises(Malformed) as refused:
        tree.read(b"".join(row + b"\n" for row in change(rows)))
    assert said in str(refused.value)


def test_a_cut_line_is_named() -> None:
    with pytest.raises(Malformed, match=r"the log's last line \(3\) is cut"):
        tree.read(grown(3)[:-5])


def test_proofs_stand_by_themselves() -> None:
    log = tree.read(grown(5))
    before = tree.read(grown(2)).checkpoint
    proof = tree.proof(log, 3, before)
    assert tree.flaws(proof) == ()
    assert (
        "path does not lead"
        in tree.flaws(Proof(proof.entry.replace("PASSED", "FAILED"), 3, proof.path, proof.checkpoint, None, ()))[0]
    )
    other = Checkpoint(before.origin, 2, tree.read(grown(3)).checkpoint.root)
    assert (
        "is not the beginning"
        in tree.flaws(Proof(proof.entry, 3, proof.path, proof.checkpoint, other, proof.consistency))[0]
    )
    assert "no hash" in tree.flaws(Proof(proof.entry, 3, ("zz",), proof.checkpoint, None, ()))[0]


def test_checkpoints_are_read_as_they_are_written() -> None:
    found = tree.read(grown(3)).checkpoint
    assert tree.checkpoint(tree.note(found)) == found
    assert tree.checkpoint(tree.note(found) + b"\n\xe2\x80\x94 somebody c2lnbmF0dXJl\n") == found
    for raw in (b"", b"another log\n1\nAAAA\n", b"assay audit log\nx\nAAAA\n", b"assay audit log\n1\nAAAA\n"):
        with pytest.raises(Malformed, match="no checkpoint of an audit log"):
            tree.checkpoint(raw)


@pytest.fixture
def dossiers(tmp_path: Path) -> list[Path]:
    paths = []
    for number, build in enumerate((release, openwashed)):
        assert (
            run(
                "audit", str(build(tmp_path / f"m{number}")), "-q", "-o", f"json={tmp_path / f'd{number}.json'}"
            ).returncode
            == 0
        )
        paths.append(tmp_path / f"d{number}.json")
    return paths


def test_a_user_keeps_a_checkpoint_and_notices(tmp_path: Path, dossiers: list[Path]) -> None:
    log, kept, proof = tmp_path / "log.jsonl", tmp_path / "kept", tmp_path / "proof.json"
    first, second = map(str, dossiers)
    done = run("log", "append", str(log), first, SOURCE_DATE_EPOCH="1700000000")
    assert done.returncode == 0 and "log.jsonl now has 1 entry; root " in " ".join(done.stdout.split())
    assert run("log", "show", str(log), "-o", f"checkpoint={kept}").returncode == 0
    assert run("log", "append", str(log), second, first).returncode == 0
    listed = run("log", "show", str(log)).stdout.splitlines()
    assert listed[0].startswith(" LISTED  3 entries, and each follows the one before it; root")
    assert listed[-3].split()[:3] == ["0", "2023-11-14T22:13:20Z", "PASSED"]
    assert run("log", "prove", str(log), second, "--since", str(kept), "-o", f"json={proof}").returncode == 0
    sound = run("log", "check", str(proof), "--dossier", second, "--since", str(kept))
    assert (sound.returncode, sound.stdout.partition(":")[0].split()[0]) == (0, "HOLDS")
    wrong = run("log", "check", str(proof), "--dossier", first, "--since", str(kept))
    told = run("log", "check", str(proof), "--dossier", first, "--since", str(kept), "-o", "json")
    found = json.loads(told.stdout)
    assert told.returncode == 1 and (found["holds"], found["checkpoint"]) == (False, True)
    assert found["wrong"] == [f"it is not about {first}"]
    assert wrong.returncode == 1 and f"it is not about {first}" in " ".join(wrong.stdout.split())
    assert run("log", "check", str(log), "--since", str(kept), "--dossier", first).returncode == 0
    rows = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(rows[0])  # whoever cuts the end is found by whoever kept a later checkpoint
    assert run("log", "check", str(log), "--since", str(kept)).returncode == 0
    log.write_bytes(rows[1])
    gone = run("log", "check", str(log))
    assert gone.returncode == 1
    assert "an entry is missing or out of place: expected entry 0, got entry 1" in " ".join(gone.stdout.split())
    refused = run("log", "append", str(log), first)
    assert refused.returncode == 2 and "missing or out of place" in refused.stderr


@pytest.mark.parametrize("field", ["verdict", "name", "policy", "assay", "sha256", "files_sha256"])
def test_an_entry_that_says_otherwise_than_its_dossier(field: str, tmp_path: Path, dossiers: list[Path]) -> None:
    log, proof = tmp_path / "log.jsonl", tmp_path / "proof.json"
    run("log", "append", str(log), str(dossiers[0]))
    value = json.loads(log.read_text())
    log.write_text(json.dumps({**value, field: "FAILED"}, sort_keys=True, separators=(",", ":")) + "\n")
    assert run("log", "prove", str(log), "0", "-o", f"json={proof}").returncode == 0
    for what in (log, proof):
        done = run("log", "check", str(what), "--dossier", str(dossiers[0]))
        assert done.returncode == 1 and f"entry 0 says {field} = 'FAILED'" in " ".join(done.stdout.split())


def test_a_log_from_before_names_were_bound_is_read_and_goes_on(tmp_path: Path, dossiers: list[Path]) -> None:
    log = tmp_path / "log.jsonl"
    run("log", "append", str(log), str(dossiers[0]))
    value = json.loads(log.read_text())
    del value["files_sha256"]
    log.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n")
    assert run("log", "append", str(log), str(dossiers[1])).returncode == 0
    assert run("log", "check", str(log), "--dossier", str(dossiers[0])).returncode == 0
    assert "files_sha256" in json.loads(log.read_text().splitlines()[1])


def test_a_rewritten_log_is_told_by_the_checkpoint(tmp_path: Path, dossiers: list[Path]) -> None:
    log, other, kept = tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "kept"
    run("log", "append", str(log), str(dossiers[0]))
    run("log", "append", str(other), str(dossiers[1]), str(dossiers[0]))
    run("log", "show", str(log), "-o", f"checkpoint={kept}")
    done = run("log", "check", str(other), "--since", str(kept))
    assert done.returncode == 1
    assert "the first 1 entries are not those of the checkpoint" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prove", "{log}", "7"), "has no entry 7: it has 1, counted from 0"),
        (("prove", "{log}", "{other}"), "is not in {log}: append it first"),
        (("prove", "{log}", "0", "--since", "{log}"), "no checkpoint of an audit log"),
        (("show", "{folder}/none"), "cannot read log {folder}/none"),
        (("append", "{folder}/none/log", "{dossier}"), "No such file or directory"),
        (("append", "{log}", "{log}"), "it is the file {log} that was given; give another place"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], said: str, tmp_path: Path, dossiers: list[Path]
) -> None:
    log = tmp_path / "log.jsonl"
    run("log", "append", str(log), str(dossiers[0]))
    names = {"log": log, "dossier": dossiers[0], "other": dossiers[1], "folder": tmp_path}
    done = run("log", *(text.format(**names) for text in arguments))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said.format(**names) in done.stderr


def test_two_who_append_at_once_lose_nothing(tmp_path: Path, dossiers: list[Path]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    log = tmp_path / "log.jsonl"
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: run("log", "append", str(log), str(dossiers[0]), "-q"), range(8)))
    assert [row.returncode for row in done] == [0] * 8
    assert len(tree.read(log.read_bytes()).entries) == 8
    assert json.loads(log.read_bytes().splitlines()[7])["index"] == 7
