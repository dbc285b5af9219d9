"""Signing in with an OpenID provider: who gets in, and every way in which nobody does."""

from __future__ import annotations

import base64
import hmac
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("authlib")
pytest.importorskip("httpx2")

from assay import registry
from assay.cli import serve as command
from assay.errors import MissingExtra, UsageError
from assay.serve import oidc, provider
from assay.serve.log import Log
from assay.serve.oidc import SignIn
from assay.serve.people import Person, Role, people, signed_in
from assay.serve.provider import Provider
from tests.builders.background import running
from tests.builders.browser import CHROMIUM
from tests.builders.command import run
from tests.builders.openid import CLIENT, EMAIL, Claims, Server, keys, signed
from tests.builders.workbench import Answer, Workbench, workbench

ADA = Person("ada", Role.VIEW, "the-token-of-ada", EMAIL.lower())
BOB = Person("bob", Role.WAIVE, "", "sub:of-bob")
SECRET = "a-secret-of-the-client"
DISCOVERY = "/.well-known/openid-configuration"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry in which nothing is kept."""
    found = str(tmp_path_factory.mktemp("kept") / "registry")
    with registry.open(found, new=True):
        pass
    return found


@pytest.fixture
def log() -> io.StringIO:
    """What the workbench logs."""
    return io.StringIO()


@pytest.fixture
def op() -> Iterator[Server]:
    """The provider."""
    with running(Server()) as found:
        yield found


@pytest.fixture
def bench(place: str, op: Server, log: io.StringIO) -> Iterator[Workbench]:
    """The workbench, a public client of it."""
    with opened(place, op, log) as found:
        yield found


@contextmanager
def opened(place: str, op: Server, log: io.StringIO | None = None, **more: Any) -> Iterator[Workbench]:
    listed = (ADA, BOB)
    way = SignIn(Provider(op.issuer, CLIENT, op.secret), listed)
    with workbench(place, people=listed, provider=way, log=Log(log) if log else None, **more) as found:
        yield found


def began(bench: Workbench, path: str = oidc.BEGIN, **headers: str) -> tuple[str, str]:
    """(where the browser is sent, its cookie)."""
    answer = bench.ask(path, **headers)
    assert answer.status == 303, answer.text
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


def back(url: str) -> str:
    """The path to which the provider sends somebody who agrees."""
    with urlopen(url) as answer:
        parts = urlsplit(answer.headers["X-Back"])
    return f"{parts.path}?{parts.query}"


def tried(bench: Workbench) -> Answer:
    """The end of a sign-in."""
    url, cookie = began(bench)
    return bench.ask(back(url), Cookie=cookie)


def session(answer: Answer) -> str:
    """The session's cookie in an answer, or nothing."""
    return "".join(re.findall(r"assay_\d+=[\w-]+", str(answer.headers)))


def why(log: io.StringIO) -> str:
    return str(json.loads(log.getvalue().splitlines()[-1]).get("why"))


def refused(answer: Answer, log: io.StringIO, status: int = 502) -> str:
    """Why somebody was not let in, in the page and in the log."""
    assert answer.status == status and "NOT LET IN" in answer.text and not session(answer), answer
    last = json.loads(log.getvalue().splitlines()[-1])
    assert 'type="password"' in answer.text and last["why"] and not last["who"]
    return answer.text


def goes_on(bench: Workbench) -> None:
    """A token lets somebody in, and pages are shown."""
    own = {**FORM, "Origin": f"http://127.0.0.1:{bench.port}"}
    entered = bench.send("/sign-in", urlencode({"token": ADA.token}).encode(), own)
    assert entered.status == 303 and bench.ask("/jobs", Cookie=session(entered)).status == 200


@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519"])
def test_who_the_provider_vouches_for_is_let_in_with_the_role_of_the_list(
    bench: Workbench, op: Server, log: io.StringIO, alg: str
) -> None:
    op.forge = lambda claims: signed(claims, alg)
    assert f'<a href="{oidc.BEGIN}">Sign in with {op.issuer}</a>' in bench.ask("/sign-in").text
    begun = bench.ask(oidc.BEGIN)
    kept, url = begun.headers["set-cookie"], begun.headers["location"]
    assert "HttpOnly" in kept and "SameSite=Lax" in kept and "Max-Age=600" in kept and f"Path={oidc.BEGIN}" in kept
    sent = parse_qs(urlsplit(url).query)
    assert sent["redirect_uri"] == [f"http://127.0.0.1:{bench.port}{oidc.END}"] and "code_challenge" in sent
    assert len({sent[name][0] for name in ("state", "nonce", "code_challenge")} & set(kept.split("="))) == 0
    answer = bench.ask(back(url), Cookie=kept.partition(";")[0])
    assert answer.status == 200 and "SIGNED IN" in answer.text and 'content="0; url=../../"' in answer.text
    cookie = session(answer)
    assert f"{cookie}; HttpOnly; SameSite=Strict; Path=/" in answer.headers["set-cookie"]
    assert "_begun=; HttpOnly; SameSite=Lax; Max-Age=0" in answer.headers["set-cookie"], "the other one is over"
    assert json.loads(log.getvalue().splitlines()[-1])["who"] == "ada" and "code=" not in log.getvalue()
    assert bench.ask("/", Cookie=cookie).status == 200
    own = {**FORM, "Origin": f"http://127.0.0.1:{bench.port}", "Cookie": cookie}
    denied = bench.send("/jobs", b"model=/nowhere", own)
    assert denied.status == 403 and "ada may view here" in denied.text
    op.claims = {"sub": "of-bob", "email": None, "email_verified": None}
    op.userinfo = {"sub": "of-bob", "email_verified": False}
    assert "As bob." in tried(bench).text and op.asked[-1][0] == "/userinfo"


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_a_client_with_a_secret_proves_itself_and_shows_it_to_nobody(place: str, way: str, log: io.StringIO) -> None:
    with running(Server(SECRET)) as op, opened(place, op, log) as bench:
        op.described = {"token_endpoint_auth_methods_supported": [way]}
        answer = tried(bench)
        assert session(answer) and SECRET not in str(answer) + log.getvalue()
        assert SECRET not in str([row for row in op.asked if row[0] != "/token"])
        op.secret = "another"
        assert "invalid_client" in refused(tried(bench), log)


def test_the_email_of_who_has_none_in_the_token_is_asked_for(bench: Workbench, op: Server, log: io.StringIO) -> None:
    op.claims = {"email": None, "email_verified": None}
    assert session(tried(bench))
    op.userinfo = {"sub": "of-somebody-else"}
    assert "userinfo is of somebody else" in refused(tried(bench), log)


def unsigned(claims: Claims) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(row).encode()).decode().rstrip("=") for row in parts) + "."


def by_a_secret(claims: Claims, secret: bytes) -> str:
    parts = ({"alg": "HS256", "kid": "rsa"}, claims)
    said = ".".join(base64.urlsafe_b64encode(json.dumps(row).encode()).decode().rstrip("=") for row in parts)
    mac = hmac.digest(secret, said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


FORGED: dict[str, Any] = {
    "unsigned": unsigned,
    "signed with the public key": lambda claims: by_a_secret(claims, keys()["RS256"].as_pem(private=False)),
    "signed with a shared key that it lists": lambda claims: by_a_secret(claims, b"secret"),
    "signed by somebody else": lambda claims: signed(claims, "ES256", "foreign"),
    "of an algorithm that is not listed": lambda claims: signed(claims, "RS512", "RS256"),
    "altered": lambda claims: signed(claims)[:-8] + "AAAAAAAA",
    "not a token": lambda claims: "x.y",
    "not text": lambda claims: ["x"],
}


def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(bench: Workbench, op: Server, log: io.StringIO) -> None:
    for name, forge in FORGED.items():
        op.forge = forge
        assert f"Nobody can sign in with {op.issuer} now" in refused(tried(bench), log), name
    op.forge = signed
    assert session(tried(bench))


ELSE: tuple[Claims, ...] = (
    {"nonce": "of another sign-in"},
    {"nonce": None},
    {"aud": "another client"},
    {"aud": [CLIENT, "another"]},
    {"aud": ["another"], "azp": CLIENT},
    {"aud": None},
    {"azp": "another client"},
    {"iss": "http://127.0.0.1"},
    {"iss": None},
    {"exp": 1_000_000_000},
    {"exp": 1e400},
    {"exp": "never"},
    {"exp": None},
    {"iat": 9_000_000_000},
    {"iat": None},
    {"nbf": 9_000_000_000},
    {"sub": None},
    {"sub": 7},
    {"sub": ""},
    {"at_hash": "of another token"},
)


def test_a_token_that_was_made_for_something_else_lets_nobody_in(
    bench: Workbench, op: Server, log: io.StringIO
) -> None:
    for claims in ELSE:
        op.claims = claims
        assert f"Nobody can sign in with {op.issuer} now" in refused(tried(bench), log), claims
    op.claims = {}
    assert session(tried(bench))


UNLISTED: tuple[Claims, ...] = (
    {"email_verified": False},
    {"email_verified": None},
    {"email_verified": "true"},
    {"email_verified": 1},
    {"email": ["ada@example.org"]},
    {"email": "eve@example.org"},
    {"email": "ada@example.org.evil.example"},
    {"email": "sub:of-bob"},
    {"email": "", "sub": "ada@example.org"},
    {"email": "<b>\u202e"},
)


def test_who_is_not_listed_is_told_so(bench: Workbench, op: Server, log: io.StringIO) -> None:
    for claims in UNLISTED:
        op.claims = claims
        text = refused(tried(bench), log, 403)
        assert "is not in the list of people of this workbench" in text, claims
        assert "<b>" not in text and "\u202e" not in text


def test_only_ascii_stands_for_ascii_in_an_email() -> None:
    kay = Person("kay", Role.WAIVE, "", "kay@example.org")
    assert signed_in((kay,), "x", "KAY@example.org") == kay
    assert signed_in((kay,), "x", "\u212aay@example.org") is None, "the sign of Kelvin is a k in lower case"
    assert signed_in((kay, Person("ada", Role.VIEW, "x" * 16)), "", "") is None


def test_the_end_of_a_sign_in_is_of_the_browser_that_began_it_and_of_once(
    bench: Workbench, op: Server, log: io.StringIO
) -> None:
    url, cookie = began(bench)
    mine = back(url)
    other = back(began(bench)[0])  # somebody else's, whose address a victim is made to open
    asked = len(op.asked)
    for path, headers in (
        (mine, {}),
        (mine, {"Cookie": "assay_begun=x"}),
        (mine, {"Cookie": cookie + "x"}),
        (oidc.END, {}),
    ):
        assert "This browser began no sign-in" in refused(bench.ask(path, **headers), log, 403)
    assert "not the end of the sign-in that this browser began" in refused(bench.ask(other, Cookie=cookie), log, 403)
    assert "began no sign-in" in refused(bench.ask(mine, Cookie=cookie), log, 403), "one try each"
    assert len(op.asked) == asked, "the provider is not asked about any of them"
    url, cookie = began(bench)
    mine = back(url)
    assert session(bench.ask(mine, Cookie=cookie))
    assert "began no sign-in" in refused(bench.ask(mine, Cookie=cookie), log, 403)
    for more, status, said in (
        ("&state=x", 400, "says something twice"),
        ("&x=1" * 20, 403, "not the end of the sign-in"),
    ):
        url, cookie = began(bench)
        assert said in refused(bench.ask(back(url) + more, Cookie=cookie), log, status)
    assert bench.ask(oidc.BEGIN, "POST").status == 405 and bench.ask(oidc.BEGIN, Host="evil.example").status == 421
    assert bench.ask(f"{oidc.BEGIN}/else").status == 401


def test_what_is_no_agreement_lets_nobody_in(bench: Workbench, op: Server, log: io.StringIO) -> None:
    rows: tuple[tuple[dict[str, str], int, str], ...] = (
        ({"error": "access_denied", "error_description": "<i>"}, 403, "let nobody in: access_denied"),
        ({}, 403, "let nobody in: it sent no code"),
        ({"code": "x", "iss": "https://other.example"}, 403, "ended by another provider"),
        ({"code": "guessed"}, 502, "invalid_grant"),
    )
    for answer, status, said in rows:
        url, cookie = began(bench)
        state = parse_qs(urlsplit(url).query)["state"][0]
        path = f"{oidc.END}?{urlencode({**answer, 'state': state})}"
        assert said in refused(bench.ask(path, Cookie=cookie), log, status), answer


def test_a_sign_in_that_is_not_ended_ends(bench: Workbench, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "LASTS", -1.0)
    assert "began no sign-in" in refused(tried(bench), log, 403)
    monkeypatch.undo()
    monkeypatch.setattr(oidc, "MOST", 1)
    url, cookie = began(bench)
    began(bench)
    assert "began no sign-in" in refused(bench.ask(back(url), Cookie=cookie), log, 403), "the oldest ends first"


def test_no_address_from_the_browser_is_gone_to(bench: Workbench, op: Server) -> None:
    url, cookie = began(bench, f"{oidc.BEGIN}?next=https://evil.example/&redirect_uri=https://evil.example/")
    answer = bench.ask(f"{back(url)}&next=https://evil.example/", Cookie=cookie)
    assert url.startswith(f"{op.issuer}/authorize?") and "evil" not in url + str(answer) and session(answer)
    for host in ("evil.example", f"127.0.0.1:{bench.port}@evil.example", f"127.0.0.1:x@evil.example:{bench.port}"):
        assert bench.ask(oidc.BEGIN, Host=host).status == 421
    assert bench.ask(oidc.BEGIN, Host="127.0.0.1:x@evil.example").status == 421


FAULTS = {
    "500": "50",
    "long": "more than 1 MiB",
    "broken off": "cannot be reached",
    "moved": "30",
    "nonsense": "makes no sense",
    "[]": "makes no sense",
    "[" * 200_000: "nested too deep",
    '{"keys": 7, "id_token": {}}': "makes no sense",
}


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/jwks"])
def test_a_provider_that_fails_is_said_and_the_rest_goes_on(
    bench: Workbench, op: Server, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(provider, "FRESH", -1.0)
    for fault, said in FAULTS.items():
        op.faults = {path: fault}
        answer = bench.ask(oidc.BEGIN) if path == DISCOVERY else tried(bench)
        assert said in refused(answer, log), (fault[:20], why(log))
    goes_on(bench)
    op.faults = {}
    assert session(tried(bench)), "and it is asked again"


@pytest.mark.parametrize("fault", ["slow", "silent"])
def test_a_provider_that_does_not_come_to_an_end_is_cut_off(
    bench: Workbench, op: Server, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    op.faults = {DISCOVERY: fault}
    monkeypatch.setattr(provider, "WHOLE" if fault == "slow" else "BYTE", 0.2)
    said = "was still answering after 0.2 s" if fault == "slow" else "did not answer within 0.2 s"
    assert said in refused(bench.ask(oidc.BEGIN), log)
    monkeypatch.undo()
    goes_on(bench)
    op.faults = {}
    assert session(tried(bench))


def test_a_provider_that_is_away_is_said(place: str, log: io.StringIO) -> None:
    with running(Server()) as op, opened(place, op, log) as bench:
        op.shutdown()
        op.server_close()
        assert "it cannot be reached" in refused(bench.ask(oidc.BEGIN), log)


def test_a_slow_provider_holds_up_so_many_and_no_more(
    bench: Workbench, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert began(bench)
    way: Any = bench.guard._provider
    for _ in range(oidc.AT_ONCE):
        way._free.acquire()
    assert "Others are signing in" in refused(bench.ask(oidc.BEGIN), log, 503)


LEADING_ELSEWHERE: tuple[Claims, ...] = (
    {"issuer": "http://127.0.0.1"},
    {"issuer": None},
    {"token_endpoint": "http://192.0.2.1/token"},
    {"token_endpoint": "file:///etc/passwd"},
    {"token_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "https://a b/"},
    {"authorization_endpoint": "https://x\r\nSet-Cookie: a=b"},
    {"jwks_uri": ["https://example.org"]},
    {"jwks_uri": "https://u:p@example.org/"},
    {"userinfo_endpoint": "http://192.0.2.1/"},
)


def test_a_description_that_leads_elsewhere_is_not_followed(bench: Workbench, op: Server, log: io.StringIO) -> None:
    for described in LEADING_ELSEWHERE:
        op.described = described
        assert "makes no sense" in refused(bench.ask(oidc.BEGIN), log), described


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example.org",
        "id.example.org",
        "https://",
        "https://u:p@x.example",
        "https://x.example/?a",
        "ftp://x/",
    ],
)
def test_what_is_no_issuer_is_said(issuer: str) -> None:
    with pytest.raises(UsageError, match="is no issuer: expected its https address"):
        Provider(issuer, CLIENT)
    Provider("https://id.example.org/realms/ours", CLIENT)


def test_a_provider_elsewhere_leads_to_nothing_on_this_machine() -> None:
    for url, here, right in (
        ("https://id.example.org/x", False, True),
        ("https://127.0.0.1/x", False, False),
        ("http://localhost/x", False, False),
        ("http://localhost/x", True, True),
        ("http://id.example.org", True, False),
    ):
        assert provider._address(url, here=here) == right, url


def test_below_a_path_and_behind_a_proxy(place: str, op: Server) -> None:
    outside = {
        "X-Forwarded-Host": "audits.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9",
    }  # fmt: skip
    names = ("127.0.0.1", "audits.example.org")
    with opened(place, op, prefix="/assay", proxies=("127.0.0.1",), names=names) as bench:
        assert 'href="/assay/sign-in/oidc"' in bench.ask("/assay/sign-in", **outside).text
        begun = bench.ask(f"/assay{oidc.BEGIN}", **outside)
        assert begun.headers["location"].startswith(op.issuer)
        sent = parse_qs(urlsplit(begun.headers["location"]).query)
        assert sent["redirect_uri"] == [f"https://audits.example.org/assay{oidc.END}"]
        kept = begun.headers["set-cookie"]
        assert "; Secure" in kept and f"Path=/assay{oidc.BEGIN}" in kept
        answer = bench.ask(back(begun.headers["location"]), Cookie=kept.partition(";")[0], **outside)
        assert 'href="/assay/"' in answer.text and "; Secure" in answer.headers["set-cookie"]
        assert bench.ask("/assay/", Cookie=session(answer), **outside).status == 200


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_browser_signs_in_from_another_site(place: str, browser: Any) -> None:
    with running(Server(host="localhost")) as op, opened(place, op) as bench:
        page = browser.new_context().new_page()
        page.goto(f"http://127.0.0.1:{bench.port}/sign-in")
        page.click(f"text=Sign in with {op.issuer}")
        page.click("#yes")
        page.wait_for_url(f"http://127.0.0.1:{bench.port}/")
        assert page.locator("nav.links >> text=Settings").count() == 1
        page.goto(f"http://127.0.0.1:{bench.port}/settings")
        assert page.locator("h1").inner_text() == "Settings"
        assert {row["name"].rpartition("_")[2] for row in page.context.cookies()} == {str(bench.port)}


def listing(tmp_path: Path, text: str) -> Path:
    found = tmp_path / "people"
    found.write_text(text)
    return found


def test_a_list_of_people_that_a_provider_knows(tmp_path: Path) -> None:
    lines = "view ada the-token-of-ada-1 Ada@Example.org\nwaive bob - sub:auth0|7f\naudit eve 0123456789abcdef\n"
    assert people(listing(tmp_path, lines)) == (
        Person("ada", Role.VIEW, "the-token-of-ada-1", "ada@example.org"),
        Person("bob", Role.WAIVE, "", "sub:auth0|7f"),
        Person("eve", Role.AUDIT, "0123456789abcdef"),
    )
    two = "view a - a@example.org\nview b - "
    for text, said in (
        ("view ada -", "a token has 16"),
        ("view ada - ada", "an email or sub:SUBJECT"),
        ("view ada - sub:", "an email or sub:SUBJECT"),
        ("view ada - ä@example.org", "an email or sub:SUBJECT"),
        ("view ada - a@example.org x", "expected a role"),
        (f"{two}A@example.org", "line 2: .* stands in a line before"),
    ):
        with pytest.raises(UsageError, match=said):
            people(listing(tmp_path, text))
    assert len(people(listing(tmp_path, f"{two}b@example.org"))) == 2, "that they have no token is nothing in common"


def test_a_command_that_cannot_be_is_said(tmp_path: Path) -> None:
    file = str(listing(tmp_path, f"view ada - {EMAIL}\n"))
    both = ("--oidc-client", CLIENT, "--oidc")
    for options, said in (
        (("--oidc", "https://id.example.org"), "are given together"),
        (both[:2], "are given together"),
        ((*both, "https://id.example.org"), "lets in whom --people FILE has"),
        ((*both, "https://id.example.org", "--offline", "--people", file), "--offline says"),
        ((*both, "http://id.example.org", "--people", file), "is no issuer"),
    ):
        done = run("serve", "--registry", str(tmp_path / "kept"), *options)
        assert done.returncode == 2 and said in " ".join(done.stderr.split()) and not done.stdout, done


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "assay.serve.provider")
    monkeypatch.setitem(sys.modules, "authlib.common.errors", None)
    with pytest.raises(MissingExtra, match=re.escape("pip install 'openassay[oidc]'")):
        command._provider("https://id.example.org", CLIENT, (ADA,), offline=False)
