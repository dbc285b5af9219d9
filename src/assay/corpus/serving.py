"""Answer questions about corpora over HTTP: the other side of `assay.corpus.remote` (docs/corpus-server.md).

Clients are taken for hostile: a request is bounded in bytes, text, rows and time, only so many are worked on at once,
the Host header has to name this server, and where a token was given nothing is answered without it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assay.corpus import manifest, wire
from assay.corpus._extra import starlette
from assay.corpus.collection import Corpus, open_corpora
from assay.corpus.questions import QUESTIONS, SEARCHES, after
from assay.corpus.unread import Unread
from assay.errors import InputError, UsageError
from assay.facts.codec import Mismatch, canonical, encode
from assay.kernels.words import NORMALISER
from assay.lazy import dataclass
from assay.network import serving as behind
from assay.network.serving import Door, Refusal
from assay.version import VERSION


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may ask for: bytes and seconds of a request, requests at once, characters, and places in a page.

    `unread` is how many places are kept for pages that are still to be asked for: 24 bytes each.
    """

    body: int = 24 << 20
    answer: int = 30 << 20
    seconds: float = 25.0
    upload: float = 20.0
    idle: float = 30.0
    at_once: int = 8
    waiting: int = 64
    text: int = wire.MOST_TEXT
    page: int = wire.PAGE
    unread: int = 4_000_000


class Served:
    """Corpora in folders, opened to be served."""

    def __init__(self, directories: Iterable[Path], limits: Limits | None = None) -> None:
        """UsageError: one is no corpus, or damaged."""
        self._folders = tuple(directories)
        self.corpus: Corpus = open_corpora(self._folders)
        self._stamps = [_stamp(folder) for folder in self._folders]
        self.limits = limits or Limits()
        self._unread = Unread(self.limits.unread)
        records = self.corpus.records
        self.told = wire.Told(
            wire.FORMAT,
            wire.VERSION,
            VERSION,
            NORMALISER,
            wire.named(records),
            sum(row.documents for row in records),
            sum(row.words for row in records),
            records,
            tuple(sorted(digest for holding in self.corpus.holdings for digest in holding.files)),
        )

    def check(self) -> None:
        """Raises Refusal where a corpus is no longer the one that was opened."""
        for folder, stamp in zip(self._folders, self._stamps, strict=True):
            if _stamp(folder) != stamp:
                raise Refusal(
                    410, f"the corpus {folder.name} was changed, rebuilt or removed while it was served: start it again"
                )

    def answer(self, path: str, asked: dict[str, Any]) -> bytes:
        """The answer to one question, as JSON."""
        self.check()
        try:
            if path == "/v1/trace":
                raw = canonical(self._trace(asked))
            else:
                if wire.field(asked, "corpus") != self.told.corpus:
                    raise Refusal(409, "another corpus is served here now: ask /v1/corpus which")
                raw = json.dumps(self._value(path, asked)).encode()
        except Mismatch as cause:
            raise Refusal(400, str(cause)) from None
        except InputError as cause:
            raise Refusal(500, f"the corpus is damaged: {cause}") from None
        except UsageError as cause:
            raise Refusal(400, str(cause)) from None
        if len(raw) > self.limits.answer:
            raise Refusal(413, f"the answer would have more than {self.limits.answer >> 20} MiB: ask for less")
        return raw

    def _value(self, path: str, asked: dict[str, Any]) -> object:
        if path in QUESTIONS:
            question = QUESTIONS[path]
            return self.corpus.asked(lambda index: question(index, asked, self.limits.text))
        search, begin = SEARCHES[path](asked, self.limits.text), after(asked)
        found = self._unread.taken(search.key) if begin else None
        value: dict[str, object] = {}
        if found is None:
            value, found = self.corpus.asked(search.run)
        value = {**({} if begin else value), **wire.page(found, begin, self.limits.page)}
        if value["next"] is not None:
            self._unread.keep(search.key, found)
        return value

    def _trace(self, asked: dict[str, Any]) -> object:
        prompt = wire.text(asked.get("prompt", ""), self.limits.text)
        traced = wire.text(wire.field(asked, "text"), self.limits.text)
        least, most = wire.whole(asked.get("least", 6), 4, 1000), wire.whole(asked.get("most", 20), 1, 200)
        return self.corpus.trace(traced, prompt=prompt, least=least, most_sources=most)


def _stamp(folder: Path) -> tuple[int, ...]:
    try:
        found = (folder / manifest.NAME).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def application(served: Served, door: Door) -> Any:
    """The ASGI application that answers for what is served."""
    library = starlette()
    gate, told = _Gate(served.limits), json.dumps(encode(served.told)).encode()

    def said(status: int, why: str) -> Any:
        extra = {"Retry-After": "1"} if status == 503 else {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return library.JSONResponse({"error": why}, status, {**_HEADERS, **extra})

    async def one(request: Any) -> Any:
        refused = door.refusal(request.headers.get("host", ""), request.headers.get("authorization", ""))
        if refused:
            return said(*refused)
        try:
            if request.method == "GET":
                served.check()
                raw = told
            else:
                body = await behind.body(request, served.limits.body, served.limits.upload, "question")
                # read there, too: as objects a question is many times as large, and others wait while it is read
                raw = await gate.through(lambda: served.answer(request.url.path, _json(body)))
        except Refusal as cause:
            return said(cause.status, str(cause))
        return library.Response(raw, media_type="application/json", headers=_HEADERS)

    posts = [library.Route(path, one, methods=["POST"]) for path in (*SEARCHES, *QUESTIONS, "/v1/trace")]
    return library.Starlette(routes=[library.Route("/v1/corpus", one, methods=["GET"]), *posts])


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _Gate:
    """Lets so many questions be worked on at once and so many wait; who comes then is told to come again."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._slots, self._inside = limits, asyncio.Semaphore(limits.at_once), 0

    async def through(self, work: Callable[[], bytes]) -> bytes:
        """What the work gives; a kernel cannot be interrupted, so that work which is given up keeps its slot."""
        if self._inside >= self._limits.at_once + self._limits.waiting:
            raise Refusal(503, "too many questions at once")
        self._inside += 1
        task = asyncio.ensure_future(self._worked(work))
        done, _ = await asyncio.wait({task}, timeout=self._limits.seconds)
        if not done:
            task.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise Refusal(503, f"no answer within {self._limits.seconds:g} s")
        return task.result()

    async def _worked(self, work: Callable[[], bytes]) -> bytes:
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._inside -= 1


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(400, "the question is not JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "the question is no JSON object")
    return found


def server(served: Served, door: Door) -> Any:
    """What answers at a socket: `run(sockets=[...])` returns when it is told to end by SIGINT or SIGTERM."""
    return behind.server(application(served, door), served.limits.idle)
