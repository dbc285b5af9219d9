"""Audits that are started from the workbench: followed, cancelled, refused, and ended with it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import jsonschema

import assay
from assay import registry
from assay.facts.job import State
from assay.registry.jobs import Record
from assay.serve.process import Progress, told
from tests.builders import hub_model
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.command import run
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {**BEARER, "Content-Type": "application/json"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}
linux = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="asks /proc which processes there are")


@pytest.fixture
def place(tmp_path: Path) -> str:
    """An empty registry."""
    with registry.open(str(tmp_path / "registry"), new=True):
        return str(tmp_path / "registry")


@pytest.fixture
def empty(place: str) -> Iterator[Workbench]:
    """The workbench over it, with room for one audit at a time."""
    with workbench(place, TOKEN, at_once=1) as found:
        yield found


def started(bench: Workbench, model: object) -> Any:
    answer = bench.send("/api/v1/jobs", json.dumps({"model": str(model)}).encode(), JSON)
    assert answer.status == 201, answer.text
    return json.loads(answer.text)["job"]


def job(bench: Workbench, id: int) -> Any:
    return json.loads(bench.ask(f"/api/v1/jobs/{id}", **BEARER).text)["job"]


def reached(bench: Workbench, id: int, *states: str) -> Any:
    while (found := job(bench, id))["state"] not in states:
        assert found["state"] in ("waiting", "running", "ending"), found
        time.sleep(0.1)
    return found


def ended(bench: Workbench, id: int) -> Any:
    """The job once it has ended: of a server that is not heard of any more, once its lease is over."""
    while (found := job(bench, id))["state"] in ("waiting", "running", "ending"):
        time.sleep(0.1)
    return found


def processes(word: str) -> list[str]:
    """The processes that have a word among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found


def gone(word: str) -> bool:
    until = time.monotonic() + 60
    while processes(word) and time.monotonic() < until:
        time.sleep(0.1)
    return not processes(word)


def test_an_audit_is_started_followed_and_kept(empty: Workbench, place: str, tmp_path: Path) -> None:
    id = started(empty, hub_model(tmp_path / "tiny"))["id"]
    connection = http.client.HTTPConnection("127.0.0.1", empty.port, timeout=120)
    connection.request("GET", f"/jobs/{id}/events", headers=BEARER)
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        json.loads(part.removeprefix("data: "))
        for part in answer.read().decode().split("\n\n")
        if part.startswith("data: ")
    ]
    connection.close()
    assert events[-1]["state"] == "done", events[-1]
    assert [row["over"] for row in events] == [False] * (len(events) - 1) + [True]
    assert any(row["label"] and row["words"].startswith(row["label"]) for row in events)
    with registry.open(place) as kept:
        (audit,) = kept.audits()
    assert (audit.name, audit.dossier) == ("tiny", job(empty, id)["kept"])
    description = json.loads(empty.ask("/api/v1/openapi.json", **BEARER).text)["paths"]
    for path, name in (("/jobs", "/jobs"), (f"/jobs/{id}", "/jobs/{id}")):
        schema = description[name]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(json.loads(empty.ask(f"/api/v1{path}", **BEARER).text), schema)


def test_a_job_that_fails_says_what_the_command_says(empty: Workbench, place: str, tmp_path: Path) -> None:
    for model in (tmp_path / "nowhere", place, "-x"):
        id = started(empty, model)["id"]
        said = run("audit", "--keep", "-q", "--registry", place, "--", str(model)).stderr
        assert said.removeprefix("assay: ").split() == reached(empty, id, "failed")["said"].split()
    page = empty.ask(f"/jobs/{id}", **BEARER).text
    assert "NO AUDIT" in page and "Cancel" not in page


@linux
def test_a_cancelled_audit_leaves_no_process_and_nothing_kept(empty: Workbench, place: str, smollm2: Path) -> None:
    first, second = started(empty, smollm2)["id"], started(empty, smollm2)["id"]
    while not job(empty, first)["label"]:
        time.sleep(0.05)
    assert job(empty, second)["state"] == "waiting" and processes(place)
    for id, states in ((second, ("cancelled",)), (first, ("ending", "cancelled"))):
        answer = empty.ask(f"/api/v1/jobs/{id}", "DELETE", **BEARER)
        assert json.loads(answer.text)["job"]["state"] in states
    reached(empty, first, "cancelled")
    assert gone(place)
    with registry.open(place) as kept:
        assert kept.audits() == [] and run("registry", "check", "--registry", place).returncode == 0
    assert empty.ask(f"/api/v1/jobs/{first}", "DELETE", **BEARER).status == 200  # again: it stays as it is


@linux
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_runs_ends_with_the_server(place: str, smollm2: Path, tmp_path: Path, how: signal.Signals) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    command = [sys.executable, "-m", "assay", "serve", "--offline", "--registry", place, "--token-file", str(token)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    client = Workbench(int(process.stdout.readline().split(":")[2].split("/")[0]), guard=None)  # type: ignore[arg-type]
    id = started(client, smollm2)["id"]
    while not job(client, id)["label"]:
        time.sleep(0.05)
    process.send_signal(how)
    assert process.wait(timeout=60) == (0 if how == signal.SIGTERM else -how)
    process.stdout.close()
    assert gone(place)
    with workbench(place, TOKEN) as bench:
        left = ended(bench, id)
        assert left["state"] == ("cancelled" if how == signal.SIGTERM else "interrupted") and not left["kept"]
        page = bench.ask(f"/jobs/{id}", **BEARER).text
        assert ("Audit again" in page) == (how == signal.SIGKILL) and str(smollm2) in page
        assert json.loads(bench.ask("/api/v1/jobs", **BEARER).text) == {"jobs": [left]}


def test_what_was_kept_before_its_server_was_lost_is_done_and_is_kept_once(place: str, tmp_path: Path) -> None:
    model = hub_model(tmp_path / "tiny")
    with registry.open(place) as kept:
        record = Record(kept.database, lease=0.0)
        job, token = record.new(str(model), "ada")
        record.begun(job.id)
        time.sleep(0.01)
        assert record.one(job.id).state is State.INTERRUPTED
        dossier = assay.audit(model, isolation=False)
        for _ in range(2):  # whoever keeps under the same token again is given what is kept
            audit = kept.keep(dossier, token=token)
        assert audit.times == 1
        found = record.one(job.id)
        assert (found.state, found.kept, found.by) == (State.DONE, audit.dossier, "ada")
        assert [row.id for row in record.last(10)] == [job.id]


def test_a_server_tells_of_the_jobs_of_another_and_leaves_them_to_it(place: str, smollm2: Path) -> None:
    with workbench(place, TOKEN) as first, workbench(place, TOKEN, lease=0.3) as second:
        id = started(first, smollm2)["id"]
        assert job(second, id)["state"] in ("waiting", "running")
        answer = second.ask(f"/api/v1/jobs/{id}", "DELETE", **BEARER)
        assert answer.status == 400 and "another assay serve" in answer.text
        mine = started(second, smollm2)["id"]
        time.sleep(1)  # held by its server again and again
        assert job(first, mine)["state"] in ("waiting", "running")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (FORM, b"model=%00", 400),
        (FORM, b"model=", 400),
        (FORM, b"other=x", 400),
        (FORM, b"model=%ff", 400),
        (FORM, b"&".join(b"a=%d" % number for number in range(99)), 400),
        (FORM, b"model=" + b"x" * 5000, 400),
        (FORM, b"model=openai%2Bhttp://evil.example/v1", 400),
        (FORM, b"model=s3://bucket/x", 400),
        (FORM, b"x" * (1 << 20) + b"x", 413),
        ({**FORM, "Origin": "http://evil.example"}, b"model=x", 403),
        ({**FORM, "Content-Type": "text/plain"}, b"model=x", 415),
        ({**FORM, "Authorization": "Bearer x"}, b"model=x", 401),
    ],
)
def test_what_is_no_request_for_an_audit_starts_none(
    empty: Workbench, headers: dict[str, str], body: bytes, status: int
) -> None:
    assert empty.send("/jobs", body, headers).status == status
    assert json.loads(empty.ask("/api/v1/jobs", **BEARER).text) == {"jobs": []}


def test_the_api_refuses_other_json(empty: Workbench) -> None:
    for body in (b"{", b"[]", b"{}", b'{"model": 1}', b'{"model": "x", "more": 1}', b"[" * 100_000):
        assert empty.send("/api/v1/jobs", body, JSON).status == 400
    assert empty.send("/api/v1/jobs", b'{"model": "x"}', FORM).status == 415
    for id in ("0", "7", "x", "9" * 400, "-1"):
        for path, way in (
            (f"/api/v1/jobs/{id}", "GET"),
            (f"/api/v1/jobs/{id}", "DELETE"),
            (f"/jobs/{id}/events", "GET"),
        ):
            assert empty.ask(path, way, **BEARER).status == 404


def test_read_only_refuses_whatever_changes_something(place: str) -> None:
    with workbench(place, TOKEN, read_only=True) as bench:
        for path, way in (("/jobs", "POST"), ("/api/v1/jobs", "POST"), ("/api/v1/jobs/1", "DELETE")):
            answer = bench.send(path, b"model=x", FORM, way)
            assert answer.status == 403 and "--read-only" in answer.text
        assert 'action="/jobs"' not in bench.ask("/", **BEARER).text + bench.ask("/jobs", **BEARER).text
        assert bench.ask("/links", "POST", **BEARER).status == 200


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b'{"label": "a", "done": 9, "total": 4, "unit": "b"}', Progress("a", 4, 4, "b")),
        (b'{"label": "%s", "done": 1, "total": 4, "unit": "b"}' % (b"a" * 999), Progress("a" * 80, 1, 4, "b")),
        (b'{"kept": "%s"}' % (b"0" * 64), "0" * 64),
        (b'{"kept": "../../x"}', None),
        (b'{"label": "a", "done": -1, "total": 4, "unit": "b"}', None),
        (b'{"label": "a", "done": true, "total": 4, "unit": "b"}', None),
        (b'{"label": "a", "done": 1.5, "total": NaN, "unit": "b"}', None),
        (b'{"label": ["a"], "done": 1, "total": 4, "unit": "b"}', None),
        (b"[" * 4000, None),
        (b"\xff", None),
        (b"7", None),
    ],
)
def test_of_what_an_audit_tells_only_the_shape_is_believed(line: bytes, event: object) -> None:
    assert told(line) == event


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_starts_an_audit_and_sees_it_through(
    empty: Workbench, browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    model = hub_model(tmp_path / "<img src=x onerror=alert(1)>")
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("console", lambda message: trouble.append(message.text))
    page.goto(f"http://127.0.0.1:{empty.port}/?code={empty.guard.link()}")
    page.fill("input[name=model]", str(model))
    page.click("button:has-text('Audit')")
    assert "/jobs/" in page.url
    page.wait_for_selector("text=To the report", timeout=120_000)  # the page moves on by itself
    assert str(model) in page.inner_text("h1") and not amiss(page)
    page.click("text=To the report")
    assert "<img src=x onerror=alert(1)>" in page.inner_text("h1")
    page.click("nav.links >> text=Jobs")
    assert page.locator("tbody tr").count() == 1 and not amiss(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"http://127.0.0.1:{empty.port}/")
    assert page.locator(".models > li").count() == 1
    assert not trouble


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_without_a_script_a_job_is_looked_at_again_and_cancelled(empty: Workbench, browser: Any, smollm2: Path) -> None:
    for _ in range(8):  # one at a time, so that the next one waits for them while the browser is slow
        started(empty, smollm2)
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"http://127.0.0.1:{empty.port}/?code={empty.guard.link()}")
    page.fill("input[name=model]", str(smollm2))
    page.click("button:has-text('Audit')")
    page.click("noscript a")
    page.click("button:has-text('Cancel')")
    while page.locator("noscript a").count():
        page.reload()
    assert "It was cancelled" in page.inner_text("main")
