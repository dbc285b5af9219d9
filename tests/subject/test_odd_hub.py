"""A hub may be anybody's server: whatever it answers is a sentence, stays in the cache, and gets no token elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.raw_server import Raw, answered, answering, header

COMMIT, TOKEN = "c0ffee" + "0" * 34, "hf_sesame0123456789"
ESCAPES = ("../../escaped", "/tmp/escaped", "..\\..\\escaped", "a/../../../escaped", "x\0y", "nul", "C:\\x", "a//b", "")
Answer = Callable[[bytes], Iterable[bytes]]

# in a process of its own: what the library reads of its environment it reads once
FETCH = """
import sys
import assay.subject._guard as guard
guard.STALL, guard.READ = 2.0, 2.0
from assay.errors import UsageError
from assay.subject import opened
for reference in sys.argv[1:]:
    try:
        print("FETCHED", opened(reference).reference)
    except UsageError as refused:
        print("REFUSED", refused)
"""


def hub(**odd: Any) -> Answer:
    """A hub with one file, in which each of `odd` takes the place of what it would answer."""

    def answer(head: bytes) -> Iterable[bytes]:
        method, path = head.decode("latin-1").split()[:2]
        key = "tree" if "/tree/" in path else "file" if "/resolve/" in path else "info"
        if key in odd:
            made = odd[key]
            if callable(made):
                return made(head)  # type: ignore[no-any-return]
            return [made if isinstance(made, bytes) else answered(json.dumps(made).encode())]
        if key == "info":
            return [answered(json.dumps({"id": "org/tiny", "sha": COMMIT, "siblings": [], "tags": []}).encode())]
        if key == "tree":
            row = {"type": "file", "path": "config.json", "size": 2, "oid": "a" * 40}
            return [answered(json.dumps([row]).encode())]
        tags = (f'ETag: "{odd.get("etag", "a" * 40)}"', f"X-Repo-Commit: {odd.get('commit', COMMIT)}")
        whole = answered(b"{}", "200 OK", "application/json", *tags)
        return [whole[:-2] if method == "HEAD" else whole]

    return answer


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def fetch(server: Raw, home: Path, *references: str) -> str:
    env = {**_environment(home), "HF_ENDPOINT": f"http://127.0.0.1:{server.port}", "HF_TOKEN": TOKEN}
    done = subprocess.run(
        [sys.executable, "-c", FETCH, *(references or ("hf://org/tiny",))],
        capture_output=True,
        text=True,
        env=env,
        timeout=300,
        cwd=home.parent,
    )
    assert "Traceback" not in done.stderr and done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout


def tree(path: object, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "file", "path": path, "size": 2, "oid": "a" * 40, **more}]


def drip(_head: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    for _ in range(200):
        yield b" "
        time.sleep(0.2)


def drip_headers(_head: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    for _ in range(200):
        yield b"y"
        time.sleep(0.2)


def endless(_head: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["
    for _ in range(80):
        yield b" " * (1 << 20)


def inside(home: Path) -> None:
    """Nothing was written but below the cache."""
    assert not list(home.parent.rglob("*escaped*")) and not Path("/tmp/escaped").exists()
    assert {path.name for path in home.parent.iterdir()} <= {home.name}


ODD = {
    "no JSON": hub(info=answered(b"<html>hello</html>")),
    "a list for an object": hub(info=[1]),
    "a number": hub(info=7),
    "no commit": hub(info={"id": "org/tiny"}),
    "an object for a list": hub(tree={"a": 1}),
    "a row that is none": hub(tree=[5]),
    "a size that is none": hub(tree=tree("config.json", size="big")),
    "a negative size": hub(tree=tree("config.json", size=-1)),
    "cut": hub(info=b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"),
    "too short": hub(tree=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n[]"),
    "nothing": hub(info=b""),
    "no http": hub(info=b"SSH-2.0-x\r\n\r\n"),
    "an error": hub(info=answered(b"\x1b]0;owned", "500 \xff")),
    "endless": hub(tree=endless),
    "drips": hub(info=drip),
    "drips headers": hub(tree=drip_headers),
    "a file that drips": hub(file=drip),
    "to a file": hub(info=answered(b"", "302 Found", "text/plain", "Location: file:///etc/passwd")),
    "a file to a file": hub(file=answered(b"", "302 Found", "text/plain", "Location: file:///etc/passwd")),
    "to itself": hub(
        info=lambda head: [answered(b"", "302 Found", "text/plain", f"Location: {head.split()[1].decode()}")]
    ),
    "an etag that leaves": hub(etag="../../../escaped"),
    "a commit that leaves": hub(commit="../../../escaped"),
    "a commit of the listing that leaves": hub(info={"id": "org/tiny", "sha": "../../../escaped"}),
    "packed": hub(info=answered(b"{}", "200 OK", "application/json", "Content-Encoding: gzip")),
    **{f"the name {name!r}": hub(tree=tree(name)) for name in ESCAPES},
}


def test_every_odd_answer_is_a_sentence(tmp_path: Path) -> None:
    home, names = tmp_path / "home", list(ODD)

    def answer(head: bytes) -> Iterable[bytes]:
        found = re.search(rb"org/n(\d+)", head)
        assert found is not None, head
        return ODD[names[int(found[1])]](head)

    with answering(answer) as server:
        said = fetch(server, home, *(f"hf://org/n{number}" for number in range(len(names))))
    lines = said.splitlines()
    assert len(lines) == len(names)
    for number, (name, line) in enumerate(zip(names, lines, strict=True)):
        assert line.startswith("REFUSED ") and f"hf://org/n{number}" in line, (name, line)
        assert line.isprintable(), (name, line)
    inside(home)


def test_a_reference_cannot_leave_the_cache(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with answering(hub()) as server:
        said = fetch(
            server,
            home,
            "hf://org/tiny@../../escaped",
            "hf://org/tiny@a/../../../escaped",
            "hf://../escaped",
            "hf://org/tiny@/tmp/escaped",
            "hf://org/..",
            "hf://org/tiny",
        )
        asked = [row for row in server.requests if b"escaped" in row]
    lines = said.splitlines()
    assert all("is no hub reference" in line for line in lines[:5]) and lines[5].startswith("FETCHED"), said
    assert not asked
    inside(home)


def test_a_token_does_not_follow_to_another_host(tmp_path: Path) -> None:
    with answering(lambda _head: [answered(b"{}")]) as other:
        away = answered(
            b"",
            "302 Found",
            "text/plain",
            f"Location: http://localhost:{other.port}/x",
            f"X-Repo-Commit: {COMMIT}",
            f'X-Linked-ETag: "{"a" * 40}"',
            "X-Linked-Size: 2",
        )
        with answering(hub(file=away)) as server:
            fetch(server, tmp_path / "home")
            sent = [header(head, "Authorization") for head in server.requests]
        assert f"Bearer {TOKEN}" in sent
        assert other.requests and not [head for head in other.requests if TOKEN.encode() in head]


def test_a_file_in_xet_is_fetched_by_what_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}._environment", lambda home: {**os.environ, "HF_HOME": str(home)})

    def file(head: bytes) -> Iterable[bytes]:
        tags = (f'ETag: "{"a" * 40}"', f"X-Repo-Commit: {COMMIT}", f"X-Xet-Hash: {'b' * 64}")
        whole = answered(b"{}", "200 OK", "application/json", *tags, "X-Xet-Refresh-Route: /xet-token")
        return [whole[:-2] if head.startswith(b"HEAD") else whole]

    with answering(hub(file=file)) as server:
        assert fetch(server, tmp_path / "home").startswith("FETCHED")
        assert not [head for head in server.requests if b"xet-token" in head]
        assert [head for head in server.requests if head.startswith(b"GET") and b"/resolve/" in head]


def test_a_token_goes_to_no_hub_in_clear(tmp_path: Path) -> None:
    with answering(hub()) as server:
        env = {**_environment(tmp_path / "home"), "HF_ENDPOINT": "http://hub.invalid", "HF_TOKEN": TOKEN}
        env["HTTP_PROXY"] = f"http://127.0.0.1:{server.port}"
        done = subprocess.run(
            [sys.executable, "-c", FETCH, "hf://org/tiny"], capture_output=True, text=True, env=env, timeout=60
        )
        assert "the token for the hub would go to http://hub.invalid/" in done.stdout, done.stdout + done.stderr
        assert TOKEN not in b"".join(server.requests).decode() + done.stdout + done.stderr
