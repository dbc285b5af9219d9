"""A local server with the part of the OpenAI API that running a model uses; what it answers comes from a runtime.

`faults` make it one of the servers that people meet: each is a name that `_Handler` looks for.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from assay.errors import UsageError
from assay.facts.uncertainty import TokenScore
from assay.runtime import Generates, Scores, conversation
from tests.builders.background import running

MODEL = "smol"


class Model(Scores, Generates, Protocol):
    """A runtime that can be served."""


class Server(ThreadingHTTPServer):
    """Serves one runtime as one model."""

    daemon_threads = True

    def __init__(self, runtime: Model, faults: Iterable[str] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runtime, self.faults = runtime, frozenset(faults)
        self.requests: list[tuple[str, Any, str]] = []  # path, body, Authorization
        self.lock = threading.Lock()  # the network has one watch
        self.said = ""  # in names and errors, where the faults are so

    @property
    def reference(self) -> str:
        """What a user types."""
        return f"openai+http://127.0.0.1:{self.server_port}/v1"


def _predicted(runtime: Scores, text: str) -> tuple[TokenScore, ...]:
    """The tokens of a text, each after those before it and nothing else: no mark is set before the first."""
    first = runtime.score("", text)[0]
    if first.stop == len(text):
        return (first,)
    rest = runtime.score(text[: first.stop], text[first.stop :])
    return (first, *(replace(row, start=row.start + first.stop, stop=row.stop + first.stop) for row in rest))


def _event(value: Any) -> bytes:
    return f": kept alive\n\ndata: {json.dumps(value)}\n\n".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        names = [MODEL, "other"] if "two models" in self.server.faults else [MODEL]
        names = [self.server.said, self.server.said] if "hostile names" in self.server.faults else names
        if self.path == "/v1/models" and "no list" not in self.server.faults:
            self._json({"object": "list", "data": [{"id": name} for name in names]})
        else:
            self._json({"error": {"message": "no such path"}}, 404)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        wanted, faults = json.loads(raw), self.server.faults
        self.server.requests.append((self.path, wanted, self.headers.get("Authorization", "")))
        chat = self.path == "/v1/chat/completions"
        number = len(self.server.requests)
        if "rests later" in faults and number > 8:
            if number % 4:
                self._json({"error": "slow down"}, 429, {"Retry-After": "100"})
            else:
                self._json({"error": {"message": "the key has run out"}}, 401)
        elif "limits echo" in faults and wanted.get("echo"):
            self._json({"error": "slow down"}, 429, {"Retry-After": "0"})
        elif "fails at echo" in faults and wanted.get("echo"):
            self._json({"error": "no backend"}, 503, {"Retry-After": "0"})
        elif "hangs up at echo" in faults and wanted.get("echo"):
            self.close_connection = True
            self.connection.shutdown(2)
        elif "goes down at echo" in faults and number > 1:
            self._json({"error": "no backend"}, 503, {"Retry-After": "0"})
        elif "busy" in faults and len(self.server.requests) % 2:
            self._json({"error": "try again"}, 429, {"Retry-After": "0"})
        elif "limited" in faults:
            self._json({"error": "slow down"}, 429, {"Retry-After": "3600"})
        elif "one answer" in faults and wanted.get("n", 1) > 1:
            self._json({"error": {"message": "only one completion at a time"}}, 400)
        elif "plain" in faults and (odd := sorted({"seed", "logprobs", "top_logprobs"} & set(wanted))):
            self._json({"error": {"message": f"Unsupported parameter: '{odd[0]}' is not known to this model"}}, 400)
        elif "hostile error" in faults:
            self._json({"error": {"message": self.server.said}}, 401)
        elif "unauthorised" in faults:
            self._json({"error": {"message": "no key"}}, 401)
        elif "slow" in faults:
            time.sleep(3)
        elif "html" in faults:
            self._raw(b"<html>It works!</html>", "text/html")
        elif "huge" in faults:
            self._raw(b'{"a": "' + b"x" * (33 << 20) + b'"}')
        elif "deep" in faults:
            self._raw(b'{"choices":' + b"[" * 100_000)
        elif "no choices" in faults:
            self._json({"choices": []})
        elif (
            (chat and "no chat" in faults)
            or (not chat and "chat only" in faults)
            or (wanted["model"] != MODEL and "any name" not in faults)
        ):
            self._json({"error": {"message": "The model or path does not exist"}}, 404)
        elif chat and "renamed" in faults and "max_tokens" in wanted:
            self._json(
                {"error": {"message": "Unsupported parameter: use 'max_completion_tokens' and not 'max_tokens'"}}, 400
            )
        else:
            with self.server.lock:
                found = self._choices(wanted, chat)
                if not wanted.get("stream") or "whole" in faults:
                    self._json({"object": "x", "model": MODEL, "choices": found})
                elif "no stream" in faults:
                    self._json({"error": {"message": "stream is not supported here"}}, 400)
                elif "odd stream" in faults:
                    self._json({"error": {"message": "bad request"}}, 422)
                else:
                    self._raw(b"".join(self._events(found[0], chat)), "text/event-stream; charset=utf-8")

    def _events(self, choice: dict[str, Any], chat: bool) -> Iterator[bytes]:
        """An answer token by token, as servers stream it."""
        faults, given = self.server.faults, choice["logprobs"] or {}
        if chat:
            yield _event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
        text = choice["message"]["content"] if chat else choice["text"]
        rows = given.get("content") or [{"token": token} for token in given.get("tokens") or [text]]
        for at, row in enumerate(rows):
            part: dict[str, Any] = {
                "index": 0,
                **({"delta": {"content": row["token"]}} if chat else {"text": row["token"]}),
            }
            if "content" in given:
                part["logprobs"] = {"content": [row]}
            elif given and "stream drops" not in faults:
                part["logprobs"] = {name: values[at : at + 1] for name, values in given.items()}
            yield _event({"choices": [part]})
            if at and "stream fails" in faults:
                yield _event({"error": {"message": "out of memory"}})
        yield _event({"choices": [], "usage": {"completion_tokens": len(rows)}})
        if "no mark" in faults:  # as `transformers serve` ends
            yield _event(
                {"choices": [{"index": 0, "finish_reason": "length", **({"delta": {}} if chat else {"text": ""})}]}
            )
        elif "stream ends" not in faults:
            yield b"data: [DONE]\n\n"

    def _choices(self, wanted: dict[str, Any], chat: bool) -> list[dict[str, Any]]:
        runtime, faults = self.server.runtime, self.server.faults
        if wanted.get("echo") and "no echo" not in faults:
            whole = wanted["prompt"]
            rows = _predicted(runtime, "x" + whole[1:] if "lies about echo" in faults else whole)
            if "flat echo" in faults:
                rows = tuple(TokenScore(row.text, row.start, row.stop, -1.0, None, None, None, ()) for row in rows)
            return [self._completion(0, whole, rows, first=False)]
        most = wanted.get("max_tokens") or wanted.get("max_completion_tokens") or 1
        found = []
        for number in range(1 if "one at a time" in faults else wanted.get("n", 1)):
            prompt, seed = wanted.get("prompt") or "", wanted.get("seed", 0) + number
            if chat:
                messages = {row["role"]: row["content"] for row in wanted["messages"]}
                try:
                    prompt = conversation(runtime, messages["user"], messages.get("system", ""))
                except UsageError:
                    prompt = messages["user"]
            warmth = wanted.get("temperature", 0.0)
            if {"own seed", "own temperature"} & faults:
                seed = 100 * len(self.server.requests) + number
            if "own temperature" in faults:
                warmth = 1.0
            if "ignores all" in faults:
                seed, warmth = 0, 0.0
            rows = tuple(runtime.generate(prompt, most, warmth, seed))
            text = "".join(row.text for row in rows)
            found.append(self._talk(number, text, rows) if chat else self._completion(number, text, rows, first=True))
        return found

    def _dropped(self) -> bool:
        later = "drops later" in self.server.faults and len(self.server.requests) > 5
        return later or bool({"no logprobs", "plain"} & self.server.faults)

    def _completion(self, number: int, text: str, rows: tuple[TokenScore, ...], first: bool) -> dict[str, Any]:
        """The older form; at the beginning of a text there is nothing to have predicted its first token."""
        logprobs: Any = {
            "tokens": [row.text for row in rows],
            "token_logprobs": [row.logprob if number or first or at else None for at, row in enumerate(rows)],
            "top_logprobs": [
                {row.text: row.logprob, **{other.text: other.logprob for other in row.alternatives}} for row in rows
            ],
            "text_offset": [row.start for row in rows],
        }
        if "content form" in self.server.faults:
            logprobs = self._content(rows)
        return {
            "index": number,
            "text": text,
            "finish_reason": "length",
            "logprobs": None if self._dropped() else logprobs,
        }

    def _talk(self, number: int, text: str, rows: tuple[TokenScore, ...]) -> dict[str, Any]:
        logprobs = None if self._dropped() else self._content(rows)
        cut = text.strip() if "strips" in self.server.faults else text
        return {
            "index": number,
            "message": {"role": "assistant", "content": cut},
            "finish_reason": "stop",
            "logprobs": logprobs,
        }

    def _content(self, rows: tuple[TokenScore, ...]) -> dict[str, Any]:
        def told(text: str, logprob: float) -> dict[str, Any]:
            return {"token": text, "logprob": logprob, "bytes": list(text.encode())}

        return {
            "content": [
                told(row.text, row.logprob)
                | {
                    "top_logprobs": [
                        told(row.text, row.logprob),
                        *(told(other.text, other.logprob) for other in row.alternatives),
                    ]
                }
                for row in rows
            ]
        }

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._raw(json.dumps(value).encode(), status=status, headers=headers)

    def _raw(
        self, raw: bytes, kind: str = "application/json", status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(raw)
        except OSError:  # who asked has hung up
            pass


def serving(runtime: Model, *faults: str) -> AbstractContextManager[Server]:
    """The server, running until the end of the block."""
    return running(Server(runtime, faults))
