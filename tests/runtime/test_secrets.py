"""A key goes where it is meant to go and is repeated nowhere, whatever a server, a proxy or a library does with it."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.facts.uncertainty import Capability
from assay.network.server import Server
from assay.runtime import _answers
from assay.runtime.endpoint import Endpoint
from tests.builders.command import run
from tests.builders.raw_server import answered, answering, header

KEY, PASSWORD = "sk-sesame-0123456789", "tr0ub4dor%26three"
COVERT = (KEY, PASSWORD, "tr0ub4dor&three", base64.b64encode(b"eve:tr0ub4dor&three").decode())
NO_PROXY = {"HTTP_PROXY": "", "HTTPS_PROXY": "", "ALL_PROXY": "", "http_proxy": "", "https_proxy": "", "all_proxy": ""}


def echo(head: bytes) -> Iterator[bytes]:
    """Whatever it was sent as a key stands in the status line, a header, and the message."""
    sent = header(head, "Authorization")
    yield answered(
        json.dumps({"error": {"message": f"bad key {sent}"}}).encode(), f"401 {sent}", "text/plain", f"X: {sent}"
    )


def echo_late(head: bytes) -> Iterator[bytes]:
    """So far into the message that a message which repeats its beginning ends within the key."""
    said = f"{'x' * 183} {header(head, 'Authorization')}"
    yield answered(json.dumps({"error": {"message": said}}).encode(), "400 Bad Request")


def echo_as_text(head: bytes) -> Iterator[bytes]:
    """It answers as a model does, and the answer is what it was sent."""
    sent = header(head, "Authorization")
    choice = {"index": 0, "text": sent, "message": {"role": "assistant", "content": sent}, "finish_reason": "stop"}
    yield answered(json.dumps({"choices": [choice], "data": [{"id": sent}]}).encode())


def echo_as_page(head: bytes) -> Iterator[bytes]:
    yield answered(f"<html>{header(head, 'Authorization')}</html>".encode(), kind="text/html")


def echo_as_http(head: bytes) -> Iterator[bytes]:
    yield f"HTTP/1.1 {header(head, 'Authorization')}\x00\r\n\r\n".encode()


@pytest.mark.parametrize("answer", [echo, echo_late, echo_as_text, echo_as_page, echo_as_http])
@pytest.mark.parametrize("user", ["", f"eve:{PASSWORD}@"])
def test_a_key_that_is_sent_back_is_in_no_output(tmp_path: Path, answer: object, user: str) -> None:
    with answering(answer) as server:  # type: ignore[arg-type]
        model = f"openai+http://{user}127.0.0.1:{server.port}/v1"
        env = {**NO_PROXY, **({} if user else {"ASSAY_API_KEY": KEY})}
        scored = run("score", model, "--prompt", "x", "--samples", "1", "-o", f"json={tmp_path / 's'}", cwd=None, **env)
        report = (f"json={tmp_path / 'd'}", f"html={tmp_path / 'h'}", "text")
        audited = run("audit", model, "--run", *(part for one in report for part in ("-o", one)), cwd=None, **env)
        sent = b"".join(server.requests).decode()
    assert (KEY if not user else COVERT[3]) in sent  # it had it to send back
    said = scored.stdout + scored.stderr + audited.stdout + audited.stderr
    said += "".join(path.read_text() for path in tmp_path.iterdir())
    assert "Traceback" not in said and scored.returncode in (0, 2) and audited.returncode in (0, 1, 3), said
    assert not [one for one in (*COVERT, *(one[:9] for one in COVERT[:1])) if one in said], said


@pytest.mark.parametrize(
    "command",
    [
        ("list", "--registry", "mysql://h/d?password=hunter222&store=x"),
        ("audit", "https://h.invalid/m?token=hunter222", "--offline"),
        ("audit", "openai+https://h.invalid/v1?api_key=hunter222#m", "--offline"),
        ("trace", "a few words", "--corpus", "s3://b/c?X-Amz-Signature=hunter222&x=1", "--offline"),
        ("corpus", "build", "https://h.invalid/c.jsonl?sv=1&sig=hunter222", "-o", "out", "--offline"),
    ],
)
def test_what_signs_an_address_is_repeated_nowhere(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 2 and "hunter222" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_an_answer_that_is_nested_deep_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_API_KEY", KEY)
    depth = 900 if sys.version_info < (3, 12) else 1100  # which json reads there, and what walks over it does not
    with (
        answering(lambda _head: [answered(b"[" * depth + b"]" * depth)]) as server,
        pytest.raises(UsageError, match="nested too deep"),
    ):
        Server(f"http://127.0.0.1:{server.port}").get("/x")


def test_a_key_spread_over_tokens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_API_KEY", KEY)
    told = json.dumps({"tokens": [KEY[:6], KEY[6:]]}).encode()
    with (
        answering(lambda _head: [answered(told)]) as server,
        pytest.raises(UsageError, match="sent back the key that it was given: nothing of its answer is kept"),
    ):
        Server(f"http://127.0.0.1:{server.port}").get("/x")


@pytest.mark.parametrize(
    "way", [{}, {"HTTP_PROXY": "http://127.0.0.1:9"}, {"ALL_PROXY": "http://eve:hunter22@127.0.0.1:9"}]
)
def test_a_key_goes_to_no_other_machine_in_clear(way: dict[str, str]) -> None:
    env = {**NO_PROXY, **way, "ASSAY_API_KEY": KEY}
    done = run("score", "openai+http://model.invalid/v1#m", "--prompt", "x", cwd=None, **env)
    assert done.returncode == 2 and "in clear, for anyone on the way to read: use https" in done.stderr
    assert "--key-in-clear" in done.stderr and KEY not in done.stderr and "hunter22" not in done.stderr
    assert (
        not way
        or f"the proxy http://{'***@' if 'ALL_PROXY' in way else ''}127.0.0.1:9 ({next(iter(way))})" in done.stderr
    )


def test_a_proxy_is_named_and_gets_a_key_only_where_that_was_allowed() -> None:
    with answering(echo) as server:
        env = {**NO_PROXY, "HTTP_PROXY": f"http://eve:hunter22@127.0.0.1:{server.port}"}
        model = "openai+http://model.invalid/v1#m"
        refused = run("score", model, "--prompt", "x", ASSAY_API_KEY=KEY, cwd=None, **env)
        assert refused.returncode == 2 and not server.requests
        allowed = run("score", model, "--prompt", "x", "--key-in-clear", ASSAY_API_KEY=KEY, cwd=None, **env)
        assert KEY in server.requests[0].decode()
        keyless = run("score", model, "--prompt", "x", ASSAY_API_KEY="", cwd=None, **env)
    for done in (allowed, keyless):
        assert f"is asked through the proxy http://***@127.0.0.1:{server.port} (HTTP_PROXY)" in done.stderr
        assert "hunter22" not in done.stderr and KEY not in done.stderr


def test_this_machine_is_asked_without_a_proxy() -> None:
    with answering(echo) as server:
        env = {**NO_PROXY, "HTTP_PROXY": "http://127.0.0.1:9", "ASSAY_API_KEY": KEY}
        done = run("score", f"openai+http://127.0.0.1:{server.port}/v1#m", "--prompt", "x", cwd=None, **env)
        assert len(server.requests) >= 1 and "answered 401" in done.stderr


def drip(parts: bytes, wait: float = 0.2) -> Iterator[bytes]:
    for number in range(len(parts)):
        yield parts[number : number + 1]
        time.sleep(wait)


@pytest.mark.parametrize(
    "begin",
    [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200, b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b" " * 200],
)
def test_an_answer_that_drips_has_an_end(begin: bytes) -> None:
    with answering(lambda _head: drip(begin, 0.1)) as server:
        began = time.monotonic()
        with pytest.raises(UsageError, match=r"was still answering after 2\.5 s: nothing of it is kept"):
            Server(f"http://127.0.0.1:{server.port}", read=0.5).get("/models")
        assert time.monotonic() - began < 10


ODD = {
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "nothing": b"",
    "no http": b"\x00\x01\x02SSH-2.0\r\n\r\n",
    "length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "gzip that is none": answered(b"{}", "200 OK", "application/json", "Content-Encoding: gzip"),
    "text that is none": answered(b"\xff\xfe{", "500 \xff"),
    "endless header": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000,
    "redirect to a file": answered(b"", "302 Found", "text/plain", "Location: file:///etc/passwd"),
    "redirect to itself": answered(b"", "302 Found", "text/plain", "Location: /v1/models"),
    "a number for a list": answered(b'{"data": 5}'),
    "a number": answered(b"1e999"),
    "names that are none": answered(b'{"data": [{"id": ["x"]}, {"id": null}]}'),
    "deep": answered(b"[" * 200_000),
    "a long number": answered(b'{"data": ' + b"9" * 50_000 + b"}"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_a_sentence(name: str) -> None:
    with answering(lambda _head: [ODD[name]]) as server, pytest.raises(UsageError, match=r"http://127\.0\.0\.1"):
        Endpoint(f"openai+http://127.0.0.1:{server.port}/v1", read=5)


def test_a_log_probability_of_400_digits_is_a_low_one() -> None:
    logprobs = b'{"tokens": [" east."], "token_logprobs": [-' + b"1" * 400 + b"]}"
    told = answered(b'{"choices": [{"text": " east.", "logprobs": ' + logprobs + b"}]}")
    with answering(lambda _head: [told]) as server:
        found = Endpoint(f"openai+http://127.0.0.1:{server.port}/v1#m", read=5)
        assert Capability.GENERATE in found.can
        assert [row.logprob for row in found.generate("The sun rises in the", 1)] == [-1e4]


@pytest.mark.parametrize(("end", "more"), [(0xF0, []), (0xFF, [97])], ids=["cut", "no text"])
def test_bytes_that_never_become_text_are_read_once(end: int, more: list[int]) -> None:
    rows = [{"bytes": [97] * 1_000_000 + [end]}, *[{"bytes": more}] * 200_000]
    began = time.monotonic()
    assert not any(token.text for token in _answers.joined(rows))
    assert time.monotonic() - began < 20
