"""`assay fleet watch`: new revisions are audited once and told to a webhook, whatever hub and webhook do."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.builders import hub_model
from tests.builders.background import running
from tests.builders.command import run
from tests.builders.hub_server import COMMIT, Hub, serving
from tests.builders.pickles import calls
from tests.builders.raw_server import Raw

pytest.importorskip("huggingface_hub")
LATER = "f00d" + "0" * 36
SECRET = "a secret that both know"
Look = Callable[..., CompletedProcess[str]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with one model."""
    with serving(hub_model(tmp_path / "tiny")) as found:
        yield found


@pytest.fixture
def look(hub: Hub, tmp_path: Path) -> Look:
    """Looks once, at the hub's model and a folder."""
    hub_model(tmp_path / "fleet" / "here")
    (tmp_path / "fleet" / "models.toml").write_text(
        'schema = "assay-models/1"\n[[model]]\nmodel = "hf://org/tiny"\n[[model]]\nmodel = "here"\n'
    )
    env = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
           "HF_ENDPOINT": hub.url, "ASSAY_WEBHOOK_SECRET": SECRET}  # fmt: skip

    def looked(*options: str) -> CompletedProcess[str]:
        words = ("fleet", "watch", "--once", "--registry", "kept", "--jobs", "1", *options)
        return run(*words, cwd=tmp_path / "fleet", **env)

    return looked


def answers(*statuses: int) -> Raw:
    """A webhook that answers so, one after the other, the last for ever."""
    left = list(statuses)

    def answer(_request: bytes) -> Iterable[bytes]:
        status = left.pop(0) if len(left) > 1 else left[0]
        return [f"HTTP/1.1 {status} X\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()]

    return Raw(answer)


def told(raw: bytes) -> dict[str, Any]:
    """What a request to the webhook says, once its signature is right."""
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    signed = headers["x-assay-timestamp"].encode() + b"." + body
    assert headers["x-assay-signature"] == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
    found: dict[str, Any] = json.loads(body)
    return found


def test_a_new_revision_is_audited_once_and_told(hub: Hub, look: Look, tmp_path: Path) -> None:
    with running(answers(204)) as webhook:
        url = f"http://127.0.0.1:{webhook.port}/hook"
        first = look("--webhook", url, "-q")
        assert first.returncode == 0 and first.stdout.startswith("PASSED  2 models: 2 PASSED. 2 new. "), first
        (request,) = webhook.requests
        assert [(row["model"], row["verdict"], row["before"]) for row in told(request)["models"]] == [
            ("org/tiny", "PASSED", ""), ("here", "PASSED", "")
        ]  # fmt: skip
        again = look("--webhook", url)
        assert (again.returncode, len(webhook.requests)) == (0, 1), again
        assert hub.unchanged == 1, "the hub was asked by the tag of its last answer"
        hub.commit, hub.files["pytorch_model.bin"] = LATER, calls("os", "system", "id")
        worse = look("--webhook", url)
        assert worse.returncode == 1 and "org/tiny  was PASSED" in worse.stdout, worse
        (row,) = told(webhook.requests[-1])["models"]
        assert (row["verdict"], row["before"], row["reference"]) == ("FAILED", "PASSED", f"hf://org/tiny@{LATER}")
    kept = json.loads((tmp_path / "fleet" / "assay.watch.json").read_text())
    assert kept["seen"][0]["commit"] == LATER and kept["waiting"] == []


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ([(429, "0", b"{}")], ""),
        ([(500, "0", b"{}"), (503, "0", b"")], ""),
        ([(429, "9000", b"{}")], "asking for hf://org/tiny failed: "),
        ([(500, "0", b"{}")] * 4, "asking for hf://org/tiny failed: "),
        ([(200, "", b"<html>")], "something that is not JSON"),
        ([(200, "", b'{"sha": "../../x"}')], "which is none"),
        ([(200, "", b'{"sha": "%s", "siblings": 5}' % COMMIT.encode())], "asking for hf://org/tiny failed"),
    ],
)  # fmt: skip
def test_a_hub_that_is_busy_or_odd_keeps_nothing_else_from_being_audited(
    hub: Hub, look: Look, faults: list[tuple[int, str, bytes]], says: str
) -> None:
    hub.faults = list(faults)
    done = look("-o", "json")
    rows = {row["reference"].rpartition("/")[2]: row for row in json.loads(done.stdout)}
    assert "Traceback" not in done.stderr and rows["here"]["audit"]["verdict"] == "PASSED"
    assert says in rows["tiny"]["trouble"] and ("audit" in rows["tiny"]) == (not says), rows["tiny"]
    assert done.returncode == (2 if says else 0)
    if says:
        hub.faults = []
        assert look("-q").stdout.startswith("PASSED  2 models: 2 PASSED. 1 new. "), "it is tried again"


def test_a_revision_that_moves_while_it_is_read_is_tried_again(hub: Hub, look: Look) -> None:
    hub.moves = LATER
    done = look("-o", "json")
    rows = {row["reference"].rpartition("/")[2]: row for row in json.loads(done.stdout)}
    assert "the hub gave files of another commit" in rows["tiny"]["trouble"] and rows["here"]["audit"], rows
    rows = {row["reference"].rpartition("/")[2]: row for row in json.loads(look("-o", "json").stdout)}
    assert rows["tiny"]["audit"]["reference"] == f"hf://org/tiny@{LATER}"


def test_a_webhook_that_fails_is_told_again(look: Look, tmp_path: Path) -> None:
    with running(answers(500, 429, 200)) as webhook:
        done = look("--webhook", f"http://127.0.0.1:{webhook.port}/", "-q")
        assert done.returncode == 0 and len(webhook.requests) == 3, done
        assert len({told(request)["at"] for request in webhook.requests}) == 1
    (tmp_path / "fleet" / "here" / "notes.txt").write_text("new")
    with running(answers(403)) as webhook:
        url = f"http://127.0.0.1:{webhook.port}/"
        done = look("--webhook", url, "-q")
        assert done.returncode == 2 and "the webhook was not told, and is next time: " in done.stderr
        assert "answered 403" in done.stderr and len(webhook.requests) == 1, done
    with running(answers(200)) as webhook:
        done = look("--webhook", f"http://127.0.0.1:{webhook.port}/", "-q")
        assert done.returncode == 0, done
        assert [row["model"] for row in told(webhook.requests[0])["models"]] == ["here"]


def test_summaries_that_are_given_up_are_said(look: Look, tmp_path: Path) -> None:
    state = tmp_path / "fleet" / "assay.watch.json"
    with running(answers(403)) as webhook:
        url = f"http://127.0.0.1:{webhook.port}/"
        assert "given up" not in look("--webhook", url).stderr
        kept = json.loads(state.read_text())
        state.write_text(json.dumps({**kept, "waiting": kept["waiting"] * 103}))
        assert "no webhook took them: 3 summaries, the oldest ones" in look("--webhook", url).stderr
    assert len(json.loads(state.read_text())["waiting"]) == 100


def test_a_hub_that_fails_once_is_asked_by_its_tag_again(hub: Hub, look: Look) -> None:
    assert look("-q").returncode == 0
    hub.faults = [(429, "9000", b"{}")]
    assert look("-q").returncode == 2
    hub.faults = []
    assert look("-q").returncode == 0
    assert hub.unchanged == 1, "what it answered before was remembered"


def test_a_file_that_is_asked_for_is_written_whatever_there_is_to_say(look: Look, tmp_path: Path) -> None:
    (tmp_path / "fleet" / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "hf://org/tiny"\n')
    for name, says in (("first", "PASSED  1 model: 1 PASSED. "), ("second", "AS BEFORE  1 model, nothing new\n")):
        done = look("-q", "-o", f"text={name}")
        assert (done.returncode, done.stdout) == (0, ""), done
        assert (tmp_path / "fleet" / name).read_text().startswith(says)


def test_what_cannot_be_is_a_sentence(look: Look, tmp_path: Path) -> None:
    state = tmp_path / "fleet" / "assay.watch.json"
    for content in ("", "[]", '{"schema": "assay-watch/9"}', '{"schema": "assay-watch/1", "seen": 5}'):
        state.write_text(content)
        done = look()
        assert done.returncode == 2 and "assay.watch.json" in done.stderr and "Traceback" not in done.stderr, done
    state.unlink()
    words = ("fleet", "watch", "--once", "--webhook", "http://127.0.0.1:1")
    done = run(*words, cwd=tmp_path / "fleet", ASSAY_WEBHOOK_SECRET="")
    assert done.returncode == 2 and "into ASSAY_WEBHOOK_SECRET" in done.stderr and not state.exists(), done


@pytest.mark.parametrize("kind", ["refused", "echoed", "cut", "nobody", "moved", "password"])
def test_the_address_of_a_webhook_is_a_secret(look: Look, kind: str) -> None:
    token = "T0KEN-sesame"
    bodies = {
        "echoed": f"no hook /services/{token}?key={token}".encode(),
        "moved": f"see http://elsewhere.invalid/services/{token}".encode(),
    }

    def answer(_request: bytes) -> Iterable[bytes]:
        if kind == "cut":
            return [f"HTTP/1.1 {token}\x00\r\n".encode()]
        status = "307 X\r\nLocation: /services/T0KEN-sesame/on" if kind == "moved" else "404 X"
        body = bodies.get(kind, b"")
        return [f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode(), body]

    with running(Raw(answer)) as server:
        host = {"nobody": "127.0.0.1:1", "password": "eve:hunter222@hooks.invalid"}.get(
            kind, f"127.0.0.1:{server.port}"
        )
        done = look("--webhook", f"http://{host}/services/{token}?{'a' * 6}={token}", "-q")
    said = done.stdout + done.stderr
    assert done.returncode == 2 and "sesame" not in said and "services" not in said and "hunter222" not in said, done
    assert f"http://{host.rpartition('@')[2]}" in said and "Traceback" not in said, done


@pytest.mark.parametrize("url", ["hooks.example/T0KEN", "http://[::1/T0KEN", "file:///T0KEN", "http://h:x/T0KEN", ""])
def test_a_webhook_without_an_address_is_a_sentence(look: Look, url: str) -> None:
    done = look("--webhook", url, "-q")
    assert done.returncode == 2 and "the webhook has no http or https address" in done.stderr, done
    assert "T0KEN" not in done.stdout + done.stderr
