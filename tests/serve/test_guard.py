"""Who is let in, and what other pages of the same browser can do."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from tests.builders.workbench import Workbench
from tests.serve.conftest import TOKEN

PATHS = ("/", "/findings", "/models?name=tiny", "/compare?old=a&new=b", "/audits/x", "/audits/x/json", "/nope")
API = ("/api/v1/audits", "/api/v1/findings", "/api/v1/audits/x", "/api/v1/openapi.json", "/api/v1/nope")


@pytest.mark.parametrize("path", [*PATHS, *API])
def test_nothing_is_shown_without_a_link(bench: Workbench, path: str) -> None:
    for headers in ({}, {"Cookie": f"assay_{bench.port}=x"}, {"Cookie": "\x01;=;"}, {"Authorization": "Bearer x"}):
        answer = bench.ask(path, **headers)
        assert answer.status == 401
        assert "Open the link that assay serve printed" in answer.text and "tiny" not in answer.text


def test_a_link_lets_one_browser_in_once(bench: Workbench) -> None:
    code = bench.guard.link()
    first, second = bench.ask(f"/?code={code}"), bench.ask(f"/?code={code}")
    assert (first.status, first.headers["location"]) == (303, "/")
    cookie, *rest = first.headers["set-cookie"].split("; ")
    assert cookie.startswith(f"assay_{bench.port}=") and set(rest) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert code not in first.headers["set-cookie"]  # whoever sees the address later has no session by it
    assert second.status == 401 and "used before" in second.text
    assert bench.ask("/", Cookie=cookie).status == 200
    assert bench.ask("/?code=", Cookie=cookie).status == 200


def test_a_program_with_the_token_is_let_in(bench: Workbench) -> None:
    assert bench.ask("/api/v1/audits", Authorization=f"Bearer {TOKEN}").status == 200
    assert bench.ask("/api/v1/audits", Authorization=f"Bearer {TOKEN}x").status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_name_that_was_made_to_point_here_is_refused(bench: Workbench, host: str) -> None:
    cookie = bench.entered()
    for path in ("/", "/api/v1/audits", f"/?code={bench.guard.link()}"):
        answer = bench.ask(path, Host=host, Cookie=cookie, Authorization=f"Bearer {TOKEN}")
        assert answer.status in (400, 421) and "tiny" not in answer.text  # 400: an HTTP/1.1 request needs a host


def test_only_a_page_of_this_server_changes_anything(bench: Workbench) -> None:
    cookie, own = bench.entered(), f"http://127.0.0.1:{bench.port}"
    refused: tuple[dict[str, str], ...] = (
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": f"http://localhost:{bench.port}"},
        {"Origin": own, "Sec-Fetch-Site": "cross-site"},
        {"Origin": own, "Sec-Fetch-Site": "same-site"},
    )
    for headers in refused:
        assert bench.ask("/links", "POST", Cookie=cookie, **headers).status == 403, headers
    allowed = bench.ask("/links", "POST", Cookie=cookie, Origin=own, Sec_Fetch_Site="same-origin")
    assert allowed.status == 200
    code = allowed.text.partition("?code=")[2].partition("<")[0]
    assert bench.ask(f"/?code={code}").status == 303
    assert bench.ask("/links", "POST", Authorization=f"Bearer {TOKEN}").status == 200
    assert bench.ask("/links", "POST", Authorization=f"Bearer {TOKEN}", Origin="http://evil.example").status == 403
    assert bench.ask("/", "POST", Cookie=cookie, Origin=own).status == 405


@pytest.mark.parametrize("path", [*PATHS, *API, "/?code=x"])
@pytest.mark.parametrize("inside", [True, False])
def test_every_answer_keeps_other_pages_out(bench: Workbench, path: str, inside: bool) -> None:
    answer = bench.ask(path, **({"Cookie": bench.entered()} if inside else {}))
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store" and "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


def test_old_sessions_end_when_many_come(bench: Workbench) -> None:
    first = bench.entered()
    for _ in range(256):
        last = bench.entered()
    assert (bench.ask("/", Cookie=first).status, bench.ask("/", Cookie=last).status) == (401, 200)
