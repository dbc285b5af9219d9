"""Several people at one workbench: by their tokens, with their roles, and what they did under their names."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import jsonschema

from assay.errors import UsageError
from assay.serve.description import description
from assay.serve.log import Log
from assay.serve.people import Person, Role, people
from tests.builders.workbench import Answer, Workbench, workbench

LOOKS, AUDITS, WAIVES = (Person(role.name.lower(), role, f"the-token-of-{role.name}") for role in Role)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WAIVER = {
    "audit": "tiny", "check": "pickle.reaches-outside", "reason": "read by our trainer alone", "owner": "ada",
    "expires": "2099-01-01",
}  # fmt: skip


@pytest.fixture
def log() -> io.StringIO:
    """What the workbench logs."""
    return io.StringIO()


@pytest.fixture
def team(kept: str, log: io.StringIO) -> Iterator[Workbench]:
    """The workbench with three people, who may look, audit and waive."""
    with workbench(kept, people=(LOOKS, AUDITS, WAIVES), log=Log(log)) as found:
        yield found


def asked(bench: Workbench, path: str, person: Person, body: object = None, method: str = "") -> Answer:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    raw = b"" if body is None else json.dumps(body).encode()
    return bench.send(path, raw, headers, method or ("GET" if body is None else "POST"))


def test_each_may_do_what_their_role_says_and_no_more(team: Workbench) -> None:
    changes: tuple[tuple[str, object, str, Role], ...] = (
        ("/api/v1/jobs", {"model": "/nowhere"}, "POST", Role.AUDIT),
        ("/api/v1/jobs/1", None, "DELETE", Role.AUDIT),
        ("/api/v1/waivers", WAIVER, "POST", Role.WAIVE),
        ("/api/v1/waivers/00000000", None, "DELETE", Role.WAIVE),
        ("/waivers", WAIVER, "POST", Role.WAIVE),
        ("/what/comes/later", {}, "POST", Role.WAIVE),
        ("/ask/1/inside/1?whole=true", None, "GET", Role.AUDIT),
        ("/api/v1/answers/1/tokens/1?whole=%74rue", None, "GET", Role.AUDIT),
        ("/ask/1/inside/1?whole=+true%20", None, "GET", Role.AUDIT),
    )
    for path, body, method, role in changes:
        for person in (LOOKS, AUDITS, WAIVES):
            answer = asked(team, path, person, body, method)
            assert (answer.status == 403) == (person.role < role), (path, person.name, answer)
            if answer.status == 403:
                assert f"{person.name} may {person.name} here" in answer.text
    for path in ("/", "/api/v1/audits", "/metrics"):
        assert [asked(team, path, person).status for person in (LOOKS, AUDITS, WAIVES)] == [200] * 3
        assert asked(team, path, Person("x", Role.WAIVE, "not a token of anybody")).status == 401
        assert asked(team, path, Person("x", Role.WAIVE)).status == 401


def test_what_is_done_is_recorded_under_the_name_of_who_did_it(team: Workbench, log: io.StringIO) -> None:
    job = json.loads(asked(team, "/api/v1/jobs", AUDITS, {"model": "/nowhere"}).text)["job"]
    assert job["by"] == "audit, in the workbench"
    waiver = json.loads(asked(team, "/api/v1/waivers", WAIVES, WAIVER).text)["waiver"]
    assert (waiver["by"], waiver["model"], waiver["ended_at"]) == ("waive, in the workbench", "tiny", "")
    listed = json.loads(asked(team, "/api/v1/waivers?model=tiny", LOOKS).text)
    assert listed == {"waivers": [waiver]}
    described = description()["paths"]["/waivers"]
    for value, of in (
        (listed, described["get"]["responses"]["200"]),
        ({"waiver": waiver}, described["post"]["responses"]["201"]),
        (WAIVER, described["post"]["requestBody"]),
    ):
        jsonschema.validate(value, of["content"]["application/json"]["schema"])
    ended = json.loads(asked(team, f"/api/v1/waivers/{waiver['id']}", WAIVES, method="DELETE").text)["waiver"]
    assert ended["ended_by"] == "waive, in the workbench"
    again = asked(team, f"/api/v1/waivers/{waiver['id']}", WAIVES, method="DELETE")
    assert again.status == 404 and "0 waivers that count" in again.text, "two act on one finding"
    assert json.loads(asked(team, "/api/v1/waivers", LOOKS).text) == {"waivers": []}
    assert json.loads(asked(team, "/api/v1/waivers?all=true", LOOKS).text) == {"waivers": [ended]}
    team.ask("/%1b[31m?code=secret")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {"who": "audit", "method": "POST", "path": "/api/v1/jobs", "status": 201} in [
        {name: row[name] for name in ("who", "method", "path", "status")} for row in lines
    ]
    assert lines[-1]["who"] == "" and lines[-1]["status"] == 401
    assert "secret" not in log.getvalue() and log.getvalue().isascii() and "\x1b" not in log.getvalue()


@pytest.mark.parametrize(
    "wrong", [{"expires": "soon"}, {"check": "x"}, {"reason": ""}, {"audit": "nobody"}, {"more": 1}]
)
def test_what_is_no_waiver_is_not_recorded(team: Workbench, wrong: dict[str, object]) -> None:
    answer = asked(team, "/api/v1/waivers", WAIVES, {**WAIVER, **wrong})
    assert answer.status in (400, 404) and json.loads(answer.text)["error"]
    assert json.loads(asked(team, "/api/v1/waivers?all=true", LOOKS).text) == {"waivers": []}


def test_a_person_signs_in_with_their_token_and_keeps_their_role(team: Workbench) -> None:
    own = {**FORM, "Origin": f"http://127.0.0.1:{team.port}"}
    page = team.ask("/sign-in")
    assert page.status == 200 and 'type="password"' in page.text and "frame-ancestors" in str(page.headers)
    right = urlencode({"token": LOOKS.token}).encode()
    for body, headers, status in (
        (urlencode({"token": "x" * 40}).encode(), own, 401),
        (b"", own, 401),
        (right, FORM, 403),
        (right, {**FORM, "Origin": "http://evil.example"}, 403),
        (right, {**own, "Host": "evil.example"}, 421),
        (b"x" * 5000, own, 413),
        (right, {**own, "Content-Type": "text/plain"}, 415),
    ):
        answer = team.send("/sign-in", body, headers)
        assert answer.status == status and "set-cookie" not in answer.headers, answer
    entered = team.send("/sign-in", right, own)
    cookie = entered.headers["set-cookie"].partition(";")[0]
    assert entered.status == 303 and LOOKS.token not in str(entered.headers)
    assert team.ask("/", Cookie=cookie).status == 200
    refused = team.send("/jobs", b"model=x", {**own, "Cookie": cookie})
    assert refused.status == 403 and "view may view here" in refused.text
    code = team.send("/links", b"", {**own, "Cookie": cookie}).text.partition("?code=")[2].partition("<")[0]
    other = team.ask(f"/?code={code}").headers["set-cookie"].partition(";")[0]
    assert team.send("/jobs", b"model=x", {**own, "Cookie": other}).status == 403, (
        "a link gives no more than its giver has"
    )
    assert team.send("/jobs", b"model=/nowhere", {**own, "Cookie": team.entered()}).status == 303, "who started it"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "it names nobody"),
        ("# nobody\n", "it names nobody"),
        ("admin ada 0123456789abcdef", "line 1: expected a role"),
        ("view ada", "line 1: expected a role"),
        ("view a/b 0123456789abcdef", "line 1: expected a role"),
        ("\nview ada short", "line 2: a token has 16 characters"),
        ("view ada 0123456789abcdef\nwaive ada 0123456789abcdeg", "line 2: the name, the token or"),
        ("view ada 0123456789abcdef\nwaive bob 0123456789abcdef", "line 2: the name, the token or"),
    ],
)
def test_a_list_of_people_that_is_none_is_said(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "people").write_text(lines)
    with pytest.raises(UsageError, match=said):
        people(tmp_path / "people")


def test_a_list_of_people(tmp_path: Path) -> None:
    (tmp_path / "people").write_text("# ours\nview ada 0123456789abcdef\n\nwaive bob fedcba9876543210\n")
    assert people(tmp_path / "people") == (
        Person("ada", Role.VIEW, "0123456789abcdef"), Person("bob", Role.WAIVE, "fedcba9876543210"),
    )  # fmt: skip


def test_health_is_told_to_anyone_and_numbers_to_those_who_are_let_in(team: Workbench) -> None:
    health = team.ask("/healthz", Host="10.0.0.7")
    assert (health.status, health.text) == (200, "ok\n")
    assert team.ask("/metrics").status == 401
    text = asked(team, "/metrics", LOOKS).text
    assert 'assay_requests_total{method="GET",status="401"} 1' in text and "assay_info{version=" in text
    assert 'assay_models{verdict="FAILED"}' in text and 'assay_jobs{state="running"} 0' in text
    for line in text.splitlines():
        assert line.startswith("# ") or line.rpartition(" ")[2].isdecimal(), line
