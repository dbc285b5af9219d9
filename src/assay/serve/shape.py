"""The OpenAI API's shapes: what a request asks for, checked, and responses with log-probabilities.

From its reference ("completions", "chat completions", "models"). What is not offered is refused with a sentence rather
than left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assay.errors import UsageError
from assay.facts.uncertainty import TokenScore
from assay.lazy import dataclass

MOST_TOKENS, MOST_COUNT, MOST_PROMPTS, MOST_TEXT, MOST_STOPS = 4096, 16, 64, 1 << 20, 4
_IGNORED = frozenset({
    "model", "user", "stream_options", "store", "metadata", "service_tier", "parallel_tool_calls", "best_of", "suffix",
})  # fmt: skip
_NEUTRAL = {"top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": None, "response_format": None}
_TAKEN = frozenset({
    "prompt", "messages", "max_tokens", "max_completion_tokens", "temperature", "n", "seed", "stop", "stream",
    "logprobs", "top_logprobs", "echo",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request: prompts, or the messages of a chat, and how they are to be answered."""

    prompts: tuple[str, ...]
    user: str
    system: str
    most: int
    temperature: float
    count: int
    seed: int
    stops: tuple[str, ...]
    logprobs: bool
    echo: bool
    stream: bool


def wanted(value: Any, *, chat: bool) -> Wanted:
    """What a request asks for (UsageError: it is none, or asks for what is not offered)."""
    if not isinstance(value, dict):
        raise UsageError("the request is no JSON object")
    for key, given in value.items():
        if key in _TAKEN or key in _IGNORED or given is None or given in ([], {}):
            continue
        if key not in _NEUTRAL or given != _NEUTRAL[key]:
            raise UsageError(f"{key[:40]!r} is not offered here: leave it out")
    limit = value.get("max_tokens", value.get("max_completion_tokens"))
    stops = value.get("stop") or []
    rows = [stops] if isinstance(stops, str) else stops
    if not isinstance(rows, list) or len(rows) > MOST_STOPS or not all(isinstance(row, str) and row for row in rows):
        raise UsageError(f"stop: expected a text, or at most {MOST_STOPS}")
    _whole_characters("stop", rows)
    user, system = _messages(value.get("messages")) if chat else ("", "")
    return Wanted(
        prompts=() if chat else _prompts(value.get("prompt")),
        user=user,
        system=system,
        most=_whole(16 if limit is None else limit, "max_tokens", 0, MOST_TOKENS),
        temperature=_number(value.get("temperature"), "temperature", 1.0, 5.0),
        count=_whole(value.get("n") or 1, "n", 1, MOST_COUNT),
        seed=_whole(value.get("seed") or 0, "seed", -(1 << 62), 1 << 62),
        stops=tuple(rows),
        logprobs=bool(value.get("logprobs")) or (value.get("logprobs") == 0 and not chat),
        echo=bool(value.get("echo")) and not chat,
        stream=bool(value.get("stream")),
    )


def _prompts(value: Any) -> tuple[str, ...]:
    rows = [value] if isinstance(value, str) else value
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_PROMPTS:
        raise UsageError(f"prompt: expected a text, or 1 to {MOST_PROMPTS} of them")
    if not all(isinstance(row, str) for row in rows):
        raise UsageError("prompt: numbers of tokens are not taken, give text (tokenized_requests=False in lm-eval)")
    if sum(map(len, rows)) > MOST_TEXT:
        raise UsageError(f"prompt: more than {MOST_TEXT:,} characters")
    _whole_characters("prompt", rows)
    return tuple(rows)


def _messages(value: Any) -> tuple[str, str]:
    """(what the user says, the system message): assay renders a conversation of one message."""
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
        raise UsageError("messages: expected a list of messages")
    texts = [(row.get("role"), _text(row.get("content"))) for row in value]
    system = "\n\n".join(text for role, text in texts if role in ("system", "developer"))
    others = [(role, text) for role, text in texts if role not in ("system", "developer")]
    if len(others) != 1 or others[0][0] != "user":
        raise UsageError("messages: assay renders one message of a user, after any of the system; this has others")
    if len(system) + len(others[0][1]) > MOST_TEXT:
        raise UsageError(f"messages: more than {MOST_TEXT:,} characters")
    _whole_characters("messages", (others[0][1], system))
    return others[0][1], system


def _whole_characters(key: str, texts: Iterable[str]) -> None:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise UsageError(f"{key}: half of a surrogate pair is no text") from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    texts = [_part(row) for row in value] if isinstance(value, list) else [None]
    if None in texts:
        raise UsageError("messages: content other than text is not taken")
    return "".join(filter(None, texts))


def _part(value: Any) -> str | None:
    """The text of a part of a message; None where it is none."""
    text = value.get("text") if isinstance(value, dict) and value.get("type") == "text" else None
    return text if isinstance(text, str) else None


def _whole(value: Any, key: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{key}: expected a whole number from {least} to {most}")
    return value


def _number(value: Any, key: str, usual: float, most: float) -> float:
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(f"{key}: expected a number from 0 to {most:g}")
    return float(value)


@dataclass(frozen=True, slots=True)
class Given:
    """One answer: its text, its tokens where they are known, whether it was cut off at the limit of tokens.

    `first` says whether the first token has a log-probability: in an echo nothing stands before it.
    """

    text: str
    tokens: tuple[TokenScore, ...]
    cut: bool
    first: bool = True


def response(model: str, rows: Sequence[Given], asked: Wanted, *, chat: bool) -> dict[str, Any]:
    """The whole response; it names no time, so that the same request has the same response."""
    choices = [_choice(number, row, asked, chat) for number, row in enumerate(rows)]
    count = sum(len(row.tokens) for row in rows)
    return {
        "id": "assay",
        "object": "chat.completion" if chat else "text_completion",
        "created": 0,
        "model": model,
        "choices": choices,
        "usage": {"prompt_tokens": 0, "completion_tokens": count, "total_tokens": count},
    }


def _choice(number: int, row: Given, asked: Wanted, chat: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"message": {"role": "assistant", "content": row.text}} if chat else {"text": row.text}
    return {
        "index": number,
        **body,
        "finish_reason": "length" if row.cut else "stop",
        "logprobs": _logprobs(row, chat) if asked.logprobs and row.tokens else None,
    }


def _logprobs(row: Given, chat: bool) -> dict[str, Any]:
    if chat:
        return {"content": [{**_one(token.text, token.logprob), "top_logprobs": _top(token)} for token in row.tokens]}
    return {
        "tokens": [token.text for token in row.tokens],
        "token_logprobs": [token.logprob if at or row.first else None for at, token in enumerate(row.tokens)],
        "top_logprobs": [
            {one["token"]: one["logprob"] for one in reversed(_top(token))} if at or row.first else None
            for at, token in enumerate(row.tokens)
        ],
        "text_offset": [token.start for token in row.tokens],
    }


def _one(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode())}


def _top(token: TokenScore) -> list[dict[str, Any]]:
    """The token among its likeliest alternatives, the likeliest first."""
    rows = [(token.text, token.logprob), *((row.text, row.logprob) for row in token.alternatives)]
    return [_one(text, logprob) for text, logprob in sorted(rows, key=lambda row: -row[1])]


def events(model: str, row: Given, asked: Wanted, *, chat: bool) -> Iterator[bytes]:
    """The one answer as server-sent events, a token each."""
    for token in row.tokens or (None,):
        text = row.text if token is None else token.text
        part = Given(text, () if token is None else (token,), cut=False)
        body: dict[str, Any] = {"delta": {"role": "assistant", "content": text}} if chat else {"text": text}
        logprobs = _logprobs(part, chat) if asked.logprobs and token is not None else None
        yield _event(model, {"index": 0, **body, "finish_reason": None, "logprobs": logprobs}, chat)
    body = {"delta": {}} if chat else {"text": ""}
    yield _event(model, {"index": 0, **body, "finish_reason": "length" if row.cut else "stop", "logprobs": None}, chat)
    yield b"data: [DONE]\n\n"


def _event(model: str, choice: dict[str, Any], chat: bool) -> bytes:
    kind = "chat.completion.chunk" if chat else "text_completion"
    value = {"id": "assay", "object": kind, "created": 0, "model": model, "choices": [choice]}
    return f"data: {json.dumps(value)}\n\n".encode()
