"""Behind a proxy: below a path, by https, and whose word on that is taken."""

from __future__ import annotations

import io
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import assay
from assay import registry
from assay.errors import UsageError
from assay.serve.forwarded import proxies
from assay.serve.log import Log
from assay.serve.people import Person, Role
from assay.serve.prefix import checked
from tests.builders import hub_model
from tests.builders.browser import CHROMIUM
from tests.builders.nginx import NGINX, nginx
from tests.builders.workbench import Answer, Workbench, workbench
from tests.serve.conftest import TOKEN

LOOKS = Person("looks", Role.VIEW, "the-token-of-who-looks")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OUTSIDE = "audits.example"
NAMES = ("127.0.0.1", "localhost", OUTSIDE)
SAID = {"X-Forwarded-Host": OUTSIDE, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
needs_nginx = pytest.mark.skipif(NGINX is None, reason="no nginx")


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with one audit."""
    folder = tmp_path_factory.mktemp("kept")
    place, model = str(folder / "registry"), hub_model(folder / "tiny")
    with registry.open(place, new=True) as found:
        found.keep(assay.audit(model, isolation=False))
    return place


@pytest.fixture(scope="module")
def log() -> io.StringIO:
    """What the workbench logs."""
    return io.StringIO()


@pytest.fixture(scope="module")
def below(kept_once: str, log: io.StringIO) -> Iterator[Workbench]:
    """The workbench below /assay, behind a proxy at 127.0.0.1."""
    behind: dict[str, Any] = {"prefix": "/assay", "proxies": ("127.0.0.1",), "names": NAMES}
    with workbench(kept_once, TOKEN, people=(LOOKS,), log=Log(log), **behind) as found:
        yield found


def entered(bench: Workbench, **headers: str) -> Answer:
    return bench.ask(f"/assay/?code={bench.guard.link()}", **headers)


def test_every_address_that_goes_out_is_below_the_path(below: Workbench) -> None:
    cookie = entered(below).headers["set-cookie"].partition(";")[0]
    seen, coming = set(), ["/assay/"]
    while coming:
        path = coming.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = below.ask(path, Cookie=cookie)
        assert answer.status == 200, (path, answer.status)
        if "text/html" not in answer.headers["content-type"]:
            continue
        for name, address in re.findall(r'\s(href|action)="([^"]*)"', answer.text):
            inside = not address.startswith(("#", "?", "https://", "data:"))
            assert not inside or address.startswith("/assay/"), (path, address)
            if inside and name == "href" and "/waivers/new" not in address and "compare" not in address:
                coming.append(address.partition("#")[0].replace("&amp;", "&"))
    shown = {path.partition("?")[0] for path in seen}
    assert {"/assay/findings", "/assay/settings", "/assay/jobs"} < shown and len(seen) >= 20
    described = json.loads(below.ask("/assay/api/v1/openapi.json", Cookie=cookie).text)
    assert described["servers"] == [{"url": "/assay/api/v1"}]


def test_redirects_cookies_and_links_are_of_the_path(below: Workbench) -> None:
    plain, outside = entered(below), entered(below, **SAID)
    assert (
        (plain.status, plain.headers["location"]) == (outside.status, outside.headers["location"]) == (303, "/assay/")
    )
    cookie, *rest = plain.headers["set-cookie"].split("; ")
    assert set(rest) == {"HttpOnly", "SameSite=Strict", "Path=/assay"}
    assert set(outside.headers["set-cookie"].split("; ")[1:]) == {*rest, "Secure"}
    own = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{below.port}"}
    job = below.send("/assay/jobs", b"model=/nowhere", {**own, **FORM})
    assert job.status == 303 and re.fullmatch(r"/assay/jobs/\d+", job.headers["location"])
    link = below.send("/assay/links", b"", {**SAID, "Cookie": cookie, "Origin": f"https://{OUTSIDE}"})
    assert f"https://{OUTSIDE}/assay/?code=" in link.text
    slash = below.ask("/assay/jobs/", Cookie=cookie, **SAID)
    assert slash.status == 307 and slash.headers["location"] == f"https://{OUTSIDE}/assay/jobs"
    assert "/assay/sign-in" in below.ask("/assay/").text
    assert 'action="/assay/sign-in"' in below.ask("/assay/sign-in").text


@pytest.mark.parametrize(
    "path", ["/", "/findings", "/assayx", "/assayx/findings", "//assay/findings", "/x/../assay/", "/ASSAY/", "/?code=x"]
)
def test_what_is_not_below_the_path_is_not_here(below: Workbench, path: str) -> None:
    answer = below.ask(path, **BEARER)
    assert answer.status == 404 and "tiny" not in answer.text and "frame-ancestors" in str(answer.headers)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/assay/assay/findings", 404),
        ("/assay//findings", 404),
        ("/assay/../healthz", 404),
        ("/assay/%2e%2e/findings", 404),
        ("/assay//evil.example/", 404),
        ("/assay%2ffindings", 200),
        ("/assay", 200),
        ("/healthz", 200),
        ("/assay/healthz", 200),
    ],
)
def test_the_path_is_taken_off_once(below: Workbench, path: str, status: int) -> None:
    answer = below.ask(path, **BEARER)
    assert answer.status == status, answer
    assert "evil.example" not in answer.headers.get("location", "")


def test_a_role_is_asked_by_the_path_as_it_is_inside(below: Workbench) -> None:
    looks = {"Authorization": f"Bearer {LOOKS.token}"}
    for path in ("/assay/jobs", "/assay/api/v1/jobs", "/assay%2fjobs", "/assay/waivers", "/assay/links/../jobs"):
        assert below.send(path, b"{}", looks).status == 403, path


def test_only_a_named_proxy_is_believed(kept_once: str) -> None:
    log = io.StringIO()
    with workbench(kept_once, TOKEN, proxies=("10.0.0.7",), names=NAMES, log=Log(log)) as bench:
        forged = bench.ask(f"/?code={bench.guard.link()}", **SAID)
        assert forged.status == 303 and "Secure" not in forged.headers["set-cookie"]
        cookie = forged.headers["set-cookie"].partition(";")[0]
        own = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{bench.port}"}
        assert f"http://127.0.0.1:{bench.port}/?code=" in bench.send("/links", b"", {**own, **SAID}).text
        elsewhere = {"Cookie": cookie, "Origin": f"https://{OUTSIDE}"}
        assert bench.send("/links", b"", {**elsewhere, **SAID}).status == 403
        assert bench.ask("/", Host="evil.example", **SAID, **BEARER).status == 421
        assert {json.loads(line)["from"] for line in log.getvalue().splitlines()} == {"127.0.0.1"}


def test_without_a_named_proxy_nobody_is_believed(kept_once: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # of uvicorn's, which whoever started the server did not mean
    with workbench(kept_once, TOKEN, names=NAMES) as bench:
        assert "Secure" not in bench.ask(f"/?code={bench.guard.link()}", **SAID).headers["set-cookie"]


def test_a_named_proxy_is_believed_as_to_who_asks_and_by_which_name(below: Workbench, log: io.StringIO) -> None:
    assert below.ask("/assay/api/v1/audits", **SAID, **BEARER).status == 200
    assert json.loads(log.getvalue().splitlines()[-1])["from"] == "203.0.113.9"
    longer = SAID | {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}  # the first is what a client may have forged
    assert below.ask("/assay/api/v1/audits", **longer, **BEARER).status == 200
    assert json.loads(log.getvalue().splitlines()[-1])["from"] == "203.0.113.9"
    for host in ("evil.example", f"{OUTSIDE}, evil.example", f"{OUTSIDE}@evil.example", ""):
        assert below.ask("/assay/", **(SAID | {"X-Forwarded-Host": host}), **BEARER).status == 421, host
    odd = SAID | {"X-Forwarded-Proto": "javascript", "X-Forwarded-For": "<b>\t" * 100}
    answer = entered(below, **odd)
    assert answer.status == 303 and "Secure" not in answer.headers["set-cookie"]
    assert len(json.loads(log.getvalue().splitlines()[-1])["from"]) <= 64


@pytest.mark.parametrize("text", ["assay", "/a b", "/../x", "/x/./y", "//evil.example", "/x?y", "/x\n", '/"><b>', "/é"])
def test_what_is_no_path_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="is no path such as /assay"):
        checked(text)


@pytest.mark.parametrize("text", ["*", "proxy.example", "10.0.0.7,", "10.0.0.1/24", "10.0.0.7:80"])
def test_what_is_no_address_of_a_proxy_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="is no address such as"):
        proxies([text])


def test_paths_and_addresses() -> None:
    assert [checked(text) for text in ("", "/", "/assay", "/assay/", "/a/b.c")] == [
        "",
        "",
        "/assay",
        "/assay",
        "/a/b.c",
    ]
    assert proxies(["10.0.0.7, ::1", "10.1.0.0/16"]) == ("10.0.0.7", "::1", "10.1.0.0/16")


@needs_nginx
def test_nginx_shows_it_below_a_path(below: Workbench, tmp_path: Path) -> None:
    trust = ssl._create_unverified_context()
    with nginx(tmp_path / "nginx", below.port, "/assay") as port, ExitStack() as stack:
        own = f"localhost:{port}"

        def ask(path: str, method: str = "GET", body: str = "", **headers: str) -> Any:
            connection = stack.enter_context(closing(HTTPSConnection("localhost", port, timeout=60, context=trust)))
            connection.request(method, path, body or None, headers)
            return stack.enter_context(closing(connection.getresponse()))

        forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "10.9.9.9"}
        answer = ask(f"/assay/?code={below.guard.link()}", **forged)
        assert (answer.status, answer.headers["location"]) == (303, "/assay/")
        cookie, _, rest = answer.headers["set-cookie"].partition(";")
        assert "Secure" in rest and "Path=/assay" in rest
        assert b'href="/assay/findings"' in ask("/assay/", Cookie=cookie).read()
        assert ask("/findings", Cookie=cookie).status == 404
        own_page = {"Cookie": cookie, "Origin": f"https://{own}", **FORM}
        assert f"https://{own}/assay/?code=" in ask("/assay/links", "POST", **own_page).read().decode()
        model = str(tmp_path / "tiny")
        started = ask("/assay/jobs", "POST", f"model={model}", **own_page)
        events = ask(f"{started.headers['location']}/events", Cookie=cookie)
        assert json.loads(events.readline().removeprefix(b"data: "))["state"] in ("waiting", "running")
        ask(f"{started.headers['location']}/cancel", "POST", "x=y", **own_page)
        assert b'"over": true' in events.read()


@needs_nginx
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_browser_works_behind_nginx(below: Workbench, browser: Any, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx", below.port, "/assay") as port:
        page = browser.new_context(ignore_https_errors=True).new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("response", lambda answer: trouble.append(answer.url) if answer.status >= 400 else None)
        page.goto(f"https://localhost:{port}/assay/?code={below.guard.link()}")
        assert page.url == f"https://localhost:{port}/assay/"
        page.fill("input[name=q]", "tiny")
        page.press("input[name=q]", "Enter")
        assert page.locator(".models > li").count() == 1 and "/assay/?q=tiny" in page.url
        page.fill("input[name=model]", str(tmp_path / "nowhere"))
        page.press("input[name=model]", "Enter")
        page.wait_for_url(re.compile("/assay/jobs/[0-9]+$"))
        page.get_by_text("NO AUDIT").wait_for()  # by events, or by the page
        page.click("nav.links >> text=Settings")
        page.wait_for_url("**/assay/settings")
        page.click("nav.links >> text=Library")
        page.click("text=Let one more browser in")
        assert f"https://localhost:{port}/assay/?code=" in page.inner_text("pre") and not trouble
