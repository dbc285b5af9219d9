"""Walking and hashing: links, pipes, pointers, names, and a manifest that other tools agree with."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given as each
from hypothesis import strategies as st
from model_signing import hashing

import assay.uncertainty
from assay.errors import UsageError
from assay.facts.artifact import Artifact, Standing, Trouble, manifest
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from assay.pipeline import Request, examined
from assay.subject import given, hashed, opened, walked
from tests.builders import hub_model, safetensors
from tests.conftest import messages

Audit = Callable[..., Dossier]


def troubles(path: Path) -> dict[str, Trouble]:
    return {obstacle.artifact: obstacle.trouble for obstacle in walked(path).obstacles}


def test_every_file_is_walked_in_order_and_hashed(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    walk = walked(tmp_path)
    assert [entry.path for entry in walk.entries] == ["a/b.txt", "a/c.txt", "b.txt"]
    assert [hashed(entry).sha256 for entry in walk.entries] == [
        hashlib.sha256(name.encode()).hexdigest() for name in ("a/b.txt", "a/c.txt", "b.txt")
    ]


def test_the_manifest_digest_is_over_raw_digests_in_name_order() -> None:
    digests = {"b": hashlib.sha256(b"1").hexdigest(), "a": hashlib.sha256(b"2").hexdigest()}
    artifacts = tuple(Artifact(name, 1, digest, "text", Standing.INERT) for name, digest in digests.items())
    assert (
        manifest(artifacts).digest
        == hashlib.sha256(bytes.fromhex(digests["a"]) + bytes.fromhex(digests["b"])).hexdigest()
    )


def test_the_manifest_is_that_of_the_reference_tool(tmp_path: Path, audit: Audit) -> None:
    """model-signing of OpenSSF, whose manifest it is: the same files, in the same order, with the same digest."""
    files = {"a/b/x.txt": "1\n", "a.txt": "2\n", "a/B.txt": "3\n", "a-b.txt": "4\n", "a/.git/y.txt": "5\n"}
    for name, content in files.items():
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_text(content)
    listed = hashing.Config().hash(tmp_path / "m")
    rows = [(row.identifier, row.digest.digest_hex) for row in listed.resource_descriptors()]
    digest = hashlib.sha256(b"".join(bytes.fromhex(row) for _, row in rows)).hexdigest()
    found = audit(tmp_path / "m")
    assert [(row.name, row.sha256) for row in manifest(found.artifacts).resources] == rows
    assert found.subject.sha256 == digest
    assert (
        digest == "575249d8f9da645c3b8a60c754d279a707a2d522f8a92177f9e989d178d43ef6"
    )  # as model-signing 1.1.1 gave it


def test_git_files_are_outside_the_manifest_and_named(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    before = audit(model)
    (model / ".gitattributes").write_text("*.bin filter=lfs")
    (model / ".git").mkdir()
    (model / ".git" / "config").write_text("x")
    after = audit(model)
    assert after.subject.sha256 == before.subject.sha256
    assert after.excluded == (".git", ".gitattributes")


def test_what_is_no_plain_file_is_named_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "ok.txt").write_text("x")
    os.mkfifo(tmp_path / "pipe.bin")
    (tmp_path / "out.bin").symlink_to("/etc/passwd")
    (tmp_path / "loop.bin").symlink_to("loop.bin")
    (tmp_path / "gone.bin").symlink_to("nowhere")
    (tmp_path / "inside.txt").symlink_to("ok.txt")
    (tmp_path / "up").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.sock"))
    assert troubles(tmp_path) == {
        "pipe.bin": Trouble.SPECIAL,
        "out.bin": Trouble.LINK,
        "loop.bin": Trouble.LINK,
        "gone.bin": Trouble.ABSENT,
        "up": Trouble.LINK,
        "s.sock": Trouble.SPECIAL,
    }
    assert [entry.path for entry in walked(tmp_path).entries] == ["inside.txt", "ok.txt"]


def test_obstacles_leave_the_audit_incomplete(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    os.mkfifo(model / "pipe.bin")
    dossier = audit(model)
    assert dossier.decision.verdict is Verdict.INCOMPLETE
    assert messages(dossier, "artifact.unreachable", Kind.OPEN) == ["pipe.bin: it is a named pipe, not a file"]


def test_a_hub_cache_snapshot_is_read_through_its_links(tmp_path: Path, audit: Audit) -> None:
    cache = tmp_path / "models--org--tiny"
    plain = hub_model(tmp_path / "plain")
    snapshot = cache / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (cache / "blobs").mkdir()
    for file in plain.iterdir():
        blob = cache / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
        blob.write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    dossier = audit(snapshot)
    assert dossier.subject.name == "org/tiny"
    assert dossier.subject.sha256 == audit(plain).subject.sha256
    assert dossier.decision.verdict is Verdict.PASSED
    (cache / "blobs" / "0123.incomplete").write_bytes(b"half")
    partial = audit(snapshot)
    assert messages(partial, "artifact.absent", Kind.OPEN) == ["blobs/0123.incomplete: it is a partial download"]
    assert partial.decision.verdict is Verdict.INCOMPLETE


def test_what_a_hub_download_leaves_beside_the_model_is_inert(tmp_path: Path, audit: Audit) -> None:
    """`hf download --local-dir` keeps a .cache folder in the model's own."""
    leftovers = {
        ".cache/huggingface/.gitignore": "*",
        ".cache/huggingface/CACHEDIR.TAG": "Signature: 8a47",
        ".cache/huggingface/download/config.json.metadata": "c0ffee\n1\n",
        ".cache/huggingface/download/config.json.lock": "",
    }
    dossier = audit(hub_model(tmp_path / "m", **leftovers))
    assert dossier.decision.verdict is Verdict.PASSED
    read = ".cache/huggingface/download/config.json.metadata"  # it holds the file's digest, as the hub gave it
    assert {a.path for a in dossier.artifacts if a.standing is Standing.INERT} == set(leftovers) - {read}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "model.safetensors",
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
            "it is a Git LFS pointer, not the file that it stands for",
        ),
        ("model.safetensors.incomplete", "x", "it is a partial download"),
        ("model.safetensors", "", "it is empty"),
    ],
)
def test_what_stands_for_a_file_counts_as_absent(
    tmp_path: Path, audit: Audit, name: str, content: str, reason: str
) -> None:
    model = hub_model(tmp_path / "m", model__safetensors=None)
    (model / name).write_text(content)
    dossier = audit(model)
    assert messages(dossier, "artifact.absent", Kind.OPEN) == [f"{name}: {reason}"]
    assert messages(dossier, "weights.absent", Kind.OPEN) == [f"no weight file could be read: {name}: {reason}"]
    assert dossier.decision.verdict is Verdict.INCOMPLETE


def test_names_that_deceive_are_fails(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    (model / "Config.json").write_text("{}")
    (model / "a\u202egnp.txt").write_text("x")
    (model / os.fsdecode(b"bad\xff.txt")).write_text("x")
    said = messages(audit(model), "artifact.deceptive-name", Kind.FAIL)
    assert sorted(said) == [
        "the name 'a\\u202egnp.txt' holds characters that do not show (U+202E)",
        "the name 'bad\\\\xff.txt' is not valid UTF-8 on disk; it is shown with escapes",
        "the names 'Config.json' and 'config.json' are one on some file systems",
    ]


def test_a_file_that_changes_while_it_is_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(bytes(3 << 20))
    (entry,) = walked(path).entries

    def grow(count: int) -> None:
        with path.open("ab") as file:
            file.write(b"x")

    found = hashed(entry, grow)
    assert found.obstacle is not None and found.obstacle.trouble is Trouble.CHANGED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("x")
    (tmp_path / "a.bin").chmod(0)
    assert troubles(tmp_path) == {"a.bin": Trouble.DENIED}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: None, "give a folder, a weight file or hf://org/name"),
        (lambda p: p.mkdir(), "no files in"),
        (lambda p: p.symlink_to("nowhere"), "the link leads nowhere"),
        (os.mkfifo, "neither a file nor a folder"),
    ],
)
def test_a_reference_that_leads_nowhere_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "x"
    make(path)
    with pytest.raises(UsageError, match=sentence):
        walked(path)


@pytest.mark.parametrize("offline", [False, True])
def test_a_path_is_a_reference(tmp_path: Path, offline: bool) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    for reference in (tmp_path, str(tmp_path), tmp_path / "m.gguf"):
        found, walk = opened(reference, offline=offline), walked(Path(reference))
        assert (found.name, found.roots, found.closed) == (walk.name, walk.roots, False)
        assert [entry.place.path for entry in found.entries] == [str(tmp_path / "m.gguf")]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("openai+http://host:8000/v1#org/m", "org/m"),
        ("openai+https://host/v1", "openai+https://host/v1"),
    ],
)
def test_an_endpoint_is_a_walk_without_files(reference: str, name: str) -> None:
    walk = opened(reference)
    assert (walk.name, walk.reference, walk.entries, walk.roots, walk.closed) == (name, reference, (), (), True)


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("ftp://host/x", "cannot open ftp://host/x: give a folder, a weight file, hf://org/name, s3://bucket/path or"),
        ("https://host/org/name", "cannot open https://host/org/name: give"),
        ("openai+http://", "openai+http:// is no endpoint: expected openai+http://host:port/v1#model"),
        ("openai+ftp://host/v1#m", "openai+ftp://host/v1#m is no endpoint: expected"),
        ("hf://org", "hf://org is no hub reference: write hf://org/name"),
        ("", "'' names no model: give a folder, a weight file"),
        ("a\0b", "names no model: give a folder, a weight file"),
        ("org/name", "no model at org/name: give a folder, a weight file or hf://org/name"),
        ("x" * 5000, "cannot open x"),
    ],
)
@pytest.mark.parametrize("open_model", [opened, assay.uncertainty.open, assay.audit])
def test_what_is_no_reference_is_refused_in_one_sentence(
    open_model: Callable[[str], object], reference: str, sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        open_model(reference)
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("open_model", [opened, assay.uncertainty.open, assay.audit])
def test_an_endpoint_is_not_asked_offline(open_model: Callable[..., object]) -> None:
    with pytest.raises(UsageError, match="is behind a network, and --offline was given"):
        open_model("openai+http://host/v1#m", offline=True)


def test_a_hundred_thousand_files_are_walked_and_ten_thousand_audited(tmp_path: Path, audit: Audit) -> None:
    for folder in range(100):
        (tmp_path / f"{folder // 10}" / f"d{folder}").mkdir(parents=True)
        for number in range(1000):
            os.close(os.open(tmp_path / f"{folder // 10}" / f"d{folder}" / f"{number}.txt", os.O_CREAT | os.O_WRONLY))
    found = walked(tmp_path)
    assert len({entry.path for entry in found.entries}) == len(found.entries) == 100_000 and not found.obstacles
    assert audit(tmp_path / "3").portrait.measured("files.examined") == 10_000


@each(
    st.lists(st.lists(st.sampled_from([b"\\", b"x", b"f", b"5", b"c", b"\xff", b"\xc3", b"\xbf"])), unique_by=b"".join)
)
def test_no_two_files_get_one_name(tmp_path_factory: pytest.TempPathFactory, names: list[list[bytes]]) -> None:
    folder = tmp_path_factory.mktemp("names")
    written = {os.fsdecode(b"n" + b"".join(parts)) for parts in names} | {os.fsdecode(b"\xff"), r"\xff", r"\x5cxff"}
    for name in written:
        (folder / name).write_bytes(b"x")
    assert len({entry.path for entry in walked(folder).entries}) == len(written)


def test_a_deep_folder_is_an_obstacle_and_no_recursion(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(80):
        path = path / "d"
        path.mkdir()
    (path / "x.txt").write_text("x")
    assert list(troubles(tmp_path).values()) == [Trouble.LIMIT]


def test_objects_have_the_digest_of_the_folder_with_the_same_files(tmp_path: Path) -> None:
    """As the reference tool computes it, which leaves out what Git keeps."""
    import io

    files = {"config.json": b"{}", ".gitattributes": b"* text", ".github/x.md": b"x", "a/.gitignore": b"*"}
    for name, raw in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    theirs = hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=True).hash(tmp_path)
    signed = {str(row.identifier): row.digest.digest_hex for row in theirs.resource_descriptors()}
    assert set(signed) == {"config.json", "a/.gitignore"}
    walks = given({name: io.BytesIO(raw) for name, raw in files.items()}, "m"), walked(tmp_path)
    found = [examined(walk, Request()).subject for walk in walks]
    assert found[0].sha256 == found[1].sha256 and found[0].files_sha256 == found[1].files_sha256
    digests = b"".join(bytes.fromhex(signed[name]) for name in sorted(signed, key=lambda name: name.split("/")))
    assert found[0].sha256 == hashlib.sha256(digests).hexdigest()


def test_objects_are_a_subject_too(audit: Audit) -> None:
    import io

    walk = given({"m.safetensors": io.BytesIO(safetensors({"a": ("F32", (2,))}))}, "dropped")
    (entry,) = walk.entries
    assert (walk.name, entry.path, entry.size, hashed(entry).obstacle) == (
        "dropped",
        "m.safetensors",
        walk.entries[0].size,
        None,
    )
