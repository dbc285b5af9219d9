"""What the workbench shows of kept audits, in both databases, as JSON and in a browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import jsonschema

from assay import registry
from assay.facts.codec import canonical
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.command import run
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN, keep_three

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def asked(bench: Workbench, path: str) -> Any:
    answer = bench.ask(path, **BEARER)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def test_findings_are_asked_for_in_both_databases(where: str, tmp_path: Path) -> None:
    keep_three(where, tmp_path)
    with workbench(where, TOKEN) as bench:
        every = asked(bench, "/api/v1/findings?kind=any&most=500")["findings"]
        assert {row["audit"]["latest"] for row in every} == {True}
        assert len({row["audit"]["name"] for row in every}) == 2
        blocking = asked(bench, "/api/v1/findings?effect=blocks")["findings"]
        assert blocking and {row["effect"] for row in blocking} == {"blocks"}
        usual = asked(bench, "/api/v1/findings?most=500")["findings"]
        assert {row["kind"] for row in usual} <= {"fail", "review"} and len(usual) < len(every)
        assert [row["check"] for row in asked(bench, "/api/v1/findings?check=pickle.reaches-*")["findings"]] == [
            "pickle.reaches-outside"
        ] * 2
        (one,) = asked(bench, "/api/v1/findings?check=pickle.*&model=TIN&q=posix")["findings"]
        assert one["artifact"] == "training_args.bin"
        assert not asked(bench, "/api/v1/findings?q=posix+nowhere")["findings"]
        assert not asked(bench, "/api/v1/findings?q=%25")["findings"]  # a sign of LIKE is a character


def test_pages_follow_each_other_without_a_gap(bench: Workbench) -> None:
    every = asked(bench, "/api/v1/findings?kind=any&most=500")["findings"]
    seen, after = [], ""
    while True:
        page = asked(bench, f"/api/v1/findings?kind=any&most=7{after}")
        seen += page["findings"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [row["id"] for row in seen] == [row["id"] for row in every] and len(every) > 14


def test_the_dossier_is_the_one_that_is_kept(bench: Workbench, kept: str) -> None:
    with registry.open(kept) as found:
        audit = found.latest("tiny")
        assert audit is not None
        whole = canonical(found.dossier(audit)).decode()
    for path in (f"/api/v1/audits/{audit.dossier}", f"/audits/{audit.dossier}/json", "/audits/tiny/json"):
        assert json.loads(bench.ask(path, **BEARER).text) == json.loads(whole)
    assert '"cyclonedx' in bench.ask("/audits/tiny/cyclonedx", **BEARER).text.lower().replace(" ", "")


def test_every_answer_is_as_the_description_says(bench: Workbench) -> None:
    paths = asked(bench, "/api/v1/openapi.json")["paths"]
    for path, said in paths.items():
        if "{id}" in path or "get" not in said:
            continue  # of which there is none here
        answers = said["get"]["responses"]
        for words in ("", "?most=2", "?most=0", "?q=nope:x", "?most=501", "?after=x", "?all=true"):
            answer = bench.ask(f"/api/v1{path.replace('{digest}', 'tiny')}{words}", **BEARER)
            schema = answers[str(answer.status)]["content"]["application/json"]["schema"]
            jsonschema.validate(json.loads(answer.text), schema)
            assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nope", 404, "There is no such page."),
        ("/models?name=nope", 404, "no audit of &#39;nope&#39; is kept"),
        ("/audits/" + "0" * 64, 404, "is kept"),
        ("/audits/tiny/exe", 404, "There is no format"),
        ("/audits/..%2f..%2fetc%2fpasswd", 404, ""),
        ("/compare?old=tiny", 404, "is kept"),
        ("/?q=verdikt:failed", 400, "cannot be asked for"),
        ("/?q=since:yesterday", 400, "is no date"),
        ("/findings?after=-1", 400, "expected a number"),
        ("/findings?after=" + "9" * 400, 400, "expected a number"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(bench: Workbench, path: str, status: int, said: str) -> None:
    answer = bench.ask(path, **BEARER)
    assert answer.status == status and said in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_a_damaged_dossier_is_named_and_the_rest_is_shown(bench: Workbench, kept: str) -> None:
    with registry.open(kept) as found:
        audit = found.latest("tiny")
        assert audit is not None
        shutil.rmtree(Path(found.place.store) / audit.dossier[:2], ignore_errors=True)
    broken = bench.ask("/audits/tiny", **BEARER)
    assert broken.status == 400 and "is damaged" in broken.text and audit.dossier in broken.text
    assert bench.ask("/", **BEARER).status == 200


@needs_browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_goes_from_the_library_to_a_finding(bench: Workbench, browser: Any, scheme: str, width: int) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("console", lambda message: trouble.append(message.text))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    assert page.url == f"http://127.0.0.1:{bench.port}/"  # the code is gone from the address
    assert page.get_by_text(HOSTILE.replace("/", "_")).count() and not amiss(page)
    colours = page.eval_on_selector_all(".badge .icon", "rows => rows.map(row => getComputedStyle(row).color)")
    assert len(colours) == 2
    shown = page.locator(".models > li", has_text="tiny").locator(".strip")
    of = "[row.className, row.innerText, getComputedStyle(row.querySelector('.band')).background]"
    looks = f"rows => rows.map(row => {of})"
    in_library = shown.locator("li").evaluate_all(looks)
    shown.locator("a").first.click()
    assert "#card-vulnerabilities" in page.url  # the same answers as on the page that they lead to
    in_report = page.locator(".verdict .strip li").evaluate_all(looks)
    assert in_library == in_report and len({row[0] for row in in_report}) == len({row[2] for row in in_report}) > 2
    page.click("nav.links >> text=Library")
    page.fill("input[name=q]", "verdict:failed tiny")
    page.press("input[name=q]", "Enter")
    assert page.locator(".models > li").count() == 1 and "q=verdict%3Afailed+tiny" in page.url
    assert "PASSED before; 2 new; the files changed" in page.inner_text(".models")
    page.click("text=Findings")
    page.fill("input[name=q]", "training_args")
    page.select_option("select[name=effect]", "blocks")
    page.click("button:has-text('Show')")
    assert not amiss(page)
    page.locator("tbody a").first.click()
    page.locator(":target").wait_for(state="visible")
    assert "#f-" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("nav.links >> text=What changed")
    assert "training_args.bin" in page.inner_text("main") and not amiss(page)
    page.click("nav.links >> text=Library")
    page.click("text=Let one more browser in")
    assert "?code=" in page.inner_text("pre")
    assert not trouble and {row.split("/")[2] for row in requests} == {f"127.0.0.1:{bench.port}"}


def test_the_command_prints_a_link_and_ends_when_it_is_told(kept: str) -> None:
    behind = ["--prefix", "/assay/", "--proxy", "127.0.0.1,10.0.0.0/24"]
    command = [sys.executable, "-m", "assay", "serve", "--registry", kept, *behind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    link = process.stdout.readline().strip()
    port = int(link.split(":")[2].split("/")[0])
    client = Workbench(port, guard=None)  # type: ignore[arg-type]
    assert client.ask("/assay/").status == 401 and "/assay/?code=" in link
    entered = client.ask(link.partition(str(port))[2])
    page = client.ask("/assay/", Cookie=entered.headers["set-cookie"].partition(";")[0])
    assert page.status == 200 and "2 audits" in page.text
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert "Ctrl-C ends it" in process.communicate()[1]


def test_the_usual_registry_is_made_where_none_is_unless_nothing_may_change(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    refused = run("serve", "--read-only", XDG_DATA_HOME=str(tmp_path))
    assert refused.returncode == 2 and "no audits are kept in" in refused.stderr and not list(tmp_path.iterdir())
    command = [sys.executable, "-m", "assay", "serve", "-q"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        link = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) in (0, 143)  # before or after it took the signal over
    assert link.startswith("http://127.0.0.1:") and (tmp_path / "assay" / "registry").is_dir()


def test_what_cannot_be_served_is_said_at_once(kept: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        rows = {
            ("--registry", kept, "--port", port): f"cannot listen at 127.0.0.1:{port}",
            ("--registry", str(tmp_path / "none")): "no audits are kept in",
            ("--registry", kept, "--host", "0.0.0.0"): "say with --allow-host",
            ("--registry", kept, "--host", "0.0.0.0", "--allow-host", "box"): "give --token-file",
            (
                "--registry",
                kept,
                "--allow-host",
                "box:80",
            ): "'box:80' is no name or address, which stands there without",
            (
                "--registry",
                kept,
                *("--run", "m") * 3,
            ): "--run is given 3 times: at most 2 models answer beside each other",
            ("--registry", kept, "--allow-host", "b ox\x1b[2J"): "'b ox\\x1b[2J' is no name or address",
        }
        for options, said in rows.items():
            done = run("serve", *options)
            assert done.returncode == 2 and said in done.stderr, done.stderr
    assert os.path.isdir(kept)
