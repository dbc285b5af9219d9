"""An OpenAI-compatible endpoint for a model that assay runs: `assay serve-model MODEL`.

Requests that come together are answered together: greedy ones in one batch, given texts in one pass. Clients are taken
for hostile: a request is bounded in bytes, time and tokens, the Host header has to name this server, and no page of
another origin is answered.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.facts.uncertainty import Capability, TokenScore
from assay.network.serving import Door, Refusal, body, own_page
from assay.runtime import Batches, Runtime, can_batch, can_generate, can_score, conversation, scored
from assay.serve.shape import Given, Wanted, events, response, wanted

BODY, UPLOAD, WAITING = 4 << 20, 20.0, 256  # bytes and seconds of a request, requests that wait
GATHERED = 0.01  # seconds in which requests are gathered into one batch
FIRST = 64  # characters in which the first token of an echoed text lies
Key = tuple[Any, ...]  # what requests have in common that are answered together


class Answers:
    """Answers requests by one runtime, one piece of work at a time; requests of one kind that wait go together."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._waiting: list[tuple[Key, str, asyncio.Future[list[Given]]]] = []
        self._drained: asyncio.Task[None] | None = None

    async def of(self, asked: Wanted, *, chat: bool) -> list[Given]:
        """The answers to a request, those to each prompt together (UsageError: it cannot be answered)."""
        if len(self._waiting) + len(asked.prompts) > WAITING:
            raise OverflowError("too many requests wait")
        prompts = asked.prompts
        if chat:
            prompts = (await asyncio.to_thread(conversation, self.runtime, asked.user, asked.system),)
        greedy = asked.temperature == 0 or asked.most == 0
        drawn = () if greedy else (asked.temperature, asked.seed, asked.count, asked.logprobs)
        key: Key = (asked.echo, asked.most, asked.stops, drawn)
        found = await asyncio.gather(*(self._one(key, prompt) for prompt in prompts))
        return [row for rows in found for row in (rows * asked.count if greedy else rows)]

    async def _one(self, key: Key, prompt: str) -> list[Given]:
        future: asyncio.Future[list[Given]] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, prompt, future))
        if self._drained is None or self._drained.done():
            self._drained = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHERED)
            key = self._waiting[0][0]
            together = [row for row in self._waiting if row[0] == key]
            self._waiting = [row for row in self._waiting if row[0] != key]
            found = await self._tried(key, [prompt for _, prompt, _ in together])
            for (_, _, future), rows in zip(together, found, strict=True):
                if future.done():  # its client may have gone away
                    continue
                if isinstance(rows, BaseException):  # whoever waits is told, and the server goes on
                    future.set_exception(rows)
                else:
                    future.set_result(rows)

    async def _tried(self, key: Key, prompts: list[str]) -> list[list[Given] | BaseException]:
        """The answers to prompts that are asked together, or why there is none; one that fails takes no other along."""
        work = asyncio.to_thread(self._worked, key, prompts)
        (found,) = await asyncio.gather(work, return_exceptions=True)
        if isinstance(found, UsageError) and len(prompts) > 1:
            return [row for prompt in prompts for row in await self._tried(key, [prompt])]
        return [found] * len(prompts) if isinstance(found, BaseException) else list(found)

    def _worked(self, key: Key, prompts: list[str]) -> list[list[Given]]:
        echo, most, stops, drawn = key
        before = _echoed(self.runtime, prompts) if echo else [()] * len(prompts)
        if drawn:
            after = [_drawn(self.runtime, prompt, most, stops, *drawn) for prompt in prompts]
        else:
            written = _written(self.runtime, prompts, most, stops) if most else [Given("", (), cut=echo)] * len(prompts)
            after = [[row] for row in written]
        if not echo:
            return after
        return [
            [_joined(prompt, tokens, row) for row in rows]
            for prompt, tokens, rows in zip(prompts, before, after, strict=True)
        ]


def _written(runtime: Runtime, prompts: list[str], most: int, stops: tuple[str, ...]) -> list[Given]:
    found: list[Given] = [Given("", (), cut=False)] * len(prompts)
    stop = stops[0] if len(stops) == 1 else ""
    if can_batch(runtime):
        for batch in runtime.batches(prompts):
            for at, row in zip(batch, runtime.answers([prompts[at] for at in batch], most, stop), strict=True):
                found[at] = _cut(row.tokens, most, stops)
        return found
    return [_cut(_generated(runtime, prompt, most, 0.0, 0), most, stops) for prompt in prompts]


def _drawn(
    runtime: Runtime,
    prompt: str,
    most: int,
    stops: tuple[str, ...],
    temperature: float,
    seed: int,
    count: int,
    logprobs: bool,
) -> list[Given]:
    if not logprobs and isinstance(runtime, Batches) and len(stops) < 2:
        rows = runtime.samples([prompt], count, [most], temperature, seed, "".join(stops))[0]
        return [Given(row.text, (), cut=row.tokens >= most) for row in rows]
    return [_cut(_generated(runtime, prompt, most, temperature, seed + at), most, stops) for at in range(count)]


def _generated(runtime: Runtime, prompt: str, most: int, temperature: float, seed: int) -> tuple[TokenScore, ...]:
    if not can_generate(runtime):
        raise UsageError(f"{runtime.name} does not write")
    return tuple(runtime.generate(prompt, most, temperature, seed))


def _cut(tokens: tuple[TokenScore, ...], most: int, stops: tuple[str, ...]) -> Given:
    """The tokens up to the first of the texts at which an answer ends."""
    text = "".join(token.text for token in tokens)
    end = min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))
    kept, at = [], 0
    for token in tokens:
        if at + len(token.text) > end:
            break
        kept.append(token)
        at += len(token.text)
    return Given("".join(token.text for token in kept), tuple(kept), cut=len(tokens) >= most and end == len(text))


def _echoed(runtime: Runtime, texts: list[str]) -> list[tuple[TokenScore, ...]]:
    """Every token of each text after those before it; of the first, before which nothing stands, it says nothing."""
    if not can_score(runtime):
        raise UsageError(f"{runtime.name} gives no log-probabilities of given texts")
    if not all(texts):
        raise UsageError("there is no text to echo")
    first = [_there(tokens)[0] for tokens in scored(runtime, [("", text[:FIRST]) for text in texts])]
    longer = [at for at, text in enumerate(texts) if first[at].stop < len(text)]
    rests = scored(runtime, [(texts[at][: first[at].stop], texts[at][first[at].stop :]) for at in longer])
    after = {at: _there(rest) for at, rest in zip(longer, rests, strict=True)}
    return [(one, *(_moved(token, one.stop) for token in after.get(at, ()))) for at, one in enumerate(first)]


def _there(tokens: tuple[TokenScore, ...] | None) -> tuple[TokenScore, ...]:
    if tokens is None:
        raise UsageError("a text is longer than the model's context, or its tokenizer does not give it back")
    return tokens


def _moved(token: TokenScore, by: int) -> TokenScore:
    return replace(token, start=token.start + by, stop=token.stop + by)


def _joined(prompt: str, tokens: tuple[TokenScore, ...], row: Given) -> Given:
    after = tuple(_moved(token, len(prompt)) for token in row.tokens)
    return Given(prompt + row.text, (*tokens, *after), row.cut, first=False)


def application(runtime: Runtime, door: Door, name: str) -> Any:
    """The ASGI application that answers for a runtime under the name of its model."""
    library, answers = _library(), Answers(runtime)

    def said(status: int, why: str) -> Any:
        extra = {"WWW-Authenticate": "Bearer"} if status == 401 else {"Retry-After": "1"} if status == 503 else {}
        error = {"error": {"message": why, "type": "invalid_request_error" if status < 500 else "server_error"}}
        return library.JSONResponse(error, status, {**_HEADERS, **extra})

    def refused(request: Any) -> tuple[int, str] | None:
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        if origin is not None and not own_page(origin, host):
            return 403, "a page of another origin is not answered"
        return door.refusal(host, request.headers.get("authorization", ""))

    async def models(request: Any) -> Any:
        if refusal := refused(request):
            return said(*refusal)
        row = {"id": name, "object": "model", "created": 0, "owned_by": "assay"}
        return library.JSONResponse({"object": "list", "data": [row]}, headers=_HEADERS)

    async def answer(request: Any) -> Any:
        chat = request.url.path.endswith("/chat/completions")
        if refusal := refused(request):
            return said(*refusal)
        if chat and Capability.CHAT not in runtime.can:
            return said(404, "the model has no chat template: ask for a completion")
        try:
            value = _json(await body(request, BODY, UPLOAD, "request"))
            if isinstance(value, dict) and value.get("model") not in (None, name):
                return said(404, f"no such model here: this server has {name!r}")
            asked = wanted(value, chat=chat)
            if asked.stream and asked.count * max(1, len(asked.prompts)) > 1:
                return said(400, "stream: one answer at a time")
            rows = await answers.of(asked, chat=chat)
        except (UsageError, Refusal) as cause:
            return said(400, str(cause))
        except OverflowError as cause:
            return said(503, str(cause))
        if asked.stream:
            raw = b"".join(events(name, rows[0], asked, chat=chat))
            return library.Response(raw, media_type="text/event-stream", headers=_HEADERS)
        return library.JSONResponse(response(name, rows, asked, chat=chat), headers=_HEADERS)

    posts = [library.Route(f"/v1/{path}", answer, methods=["POST"]) for path in ("completions", "chat/completions")]
    return library.Starlette(routes=[library.Route("/v1/models", models, methods=["GET"]), *posts])


def _library() -> Any:
    """What is needed of Starlette."""
    try:
        from starlette import applications, responses, routing
    except ImportError:
        raise MissingExtra("serve", "serving a model") from None
    return SimpleNamespace(
        JSONResponse=responses.JSONResponse,
        Response=responses.Response,
        Route=routing.Route,
        Starlette=applications.Starlette,
    )


_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError("the request is not JSON") from None
