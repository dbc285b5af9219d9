"""Read tokens and log-probabilities from answers of OpenAI-compatible servers, checked against the answer's own text.

Two forms are in use (the OpenAI API reference, "completions" and "chat completions"): parallel lists under
`logprobs`, and a list of objects under `logprobs.content`, which llama.cpp's server gives for both.
"""

from __future__ import annotations

from typing import Any

from assay.errors import UsageError
from assay.facts.uncertainty import Alternative, TokenScore
from assay.lazy import dataclass
from assay.runtime import ALTERNATIVES

MOST_TOKENS = 1 << 20
_ABOVE = 1e-3  # by which a log-probability may lie above 0 through rounding


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer: its text, its log-probability (None: not given), and likely alternatives."""

    text: str
    logprob: float | None
    others: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: its text, and its tokens (None where the server gave none)."""

    text: str
    tokens: tuple[Token, ...] | None


def choices(value: Any, where: str) -> tuple[Choice, ...]:
    """The answers in a response (UsageError: it has none)."""
    rows = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{where} answered without a choice: it does not speak the OpenAI API")
    return tuple(_choice(row, where) for row in rows)


def _choice(row: dict[str, Any], where: str) -> Choice:
    message = row.get("message")
    text = message.get("content") if isinstance(message, dict) else row.get("text")
    if text is None and isinstance(message, dict):
        text = ""  # a model that only reasons gives no answer
    if not isinstance(text, str):
        raise UsageError(f"{where} answered without a text: it does not speak the OpenAI API")
    return Choice(text, _tokens(row.get("logprobs")))


def _tokens(value: Any) -> tuple[Token, ...] | None:
    if not isinstance(value, dict):
        return None
    content = value.get("content")
    if isinstance(content, list):
        return joined(content[:MOST_TOKENS])
    texts, logprobs, tops = value.get("tokens"), value.get("token_logprobs"), value.get("top_logprobs")
    if not isinstance(texts, list) or not isinstance(logprobs, list) or len(texts) != len(logprobs):
        return None
    others = tops if isinstance(tops, list) and len(tops) == len(texts) else [None] * len(texts)
    rows = zip(texts[:MOST_TOKENS], logprobs, others, strict=False)
    return tuple(Token(str(text), _number(logprob), _others(_listed(top, str(text)))) for text, logprob, top in rows)


def _listed(value: Any, own: str) -> list[tuple[str, Any]]:
    """The likely tokens beside one, as the older form lists them: log-probabilities by text."""
    return [(str(text), logprob) for text, logprob in value.items() if text != own] if isinstance(value, dict) else []


def joined(rows: list[Any]) -> tuple[Token, ...]:
    """Tokens with their bytes: a character of several tokens comes with the last."""
    found, pending = [], b""
    for row in rows:
        if not isinstance(row, dict):
            return ()
        raw, text = row.get("bytes"), str(row.get("token", ""))
        if isinstance(raw, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in raw):
            pending += bytes(raw)
            try:
                text, pending = pending.decode("utf-8") if raw else "", b"" if raw else pending
            except UnicodeDecodeError as cause:
                text = ""
                if cause.reason != "unexpected end of data":
                    pending = b"\xff"  # whatever follows, it is no text: not held, as each row would read it again
        tops = row.get("top_logprobs")
        known = [top for top in tops if isinstance(top, dict)] if isinstance(tops, list) else []
        others = [(str(top.get("token")), top.get("logprob")) for top in known if not _is_same(row, top)]
        found.append(Token(text, _number(row.get("logprob")), _others(others)))
    return tuple(found)


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows are one token: by number, else by bytes; parts of characters are all written alike."""
    for name in ("id", "bytes"):
        if one.get(name) is not None and other.get(name) is not None:
            return bool(one[name] == other[name])
    return bool(one.get("token") == other.get("token"))


def joined_events(rows: list[Any], done: bool) -> dict[str, Any] | None:
    """One response of the parts of one answer, as they come while it is written; of log-probabilities all or none.

    None where it was not finished: the server did not say that it was `done`, nor any part why it ends.
    """
    texts: list[str] = []
    content: list[Any] = []
    lists: dict[str, list[Any]] = {"tokens": [], "token_logprobs": [], "top_logprobs": []}
    lacking = False
    for row in rows:
        parts = row.get("choices") if isinstance(row, dict) else None
        part = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], dict) else {}
        delta, done = part.get("delta"), done or part.get("finish_reason") is not None
        said = delta.get("content") if isinstance(delta, dict) else part.get("text")
        text = said if isinstance(said, str) else ""
        texts.append(text)
        given = part.get("logprobs")
        given = given if isinstance(given, dict) else {}
        if isinstance(given.get("content"), list):
            content += given["content"]
        elif isinstance(given.get("tokens"), list):
            count = len(given["tokens"])
            for name, held in lists.items():
                found = given.get(name)
                held += found if isinstance(found, list) and len(found) == count else [None] * count
        else:
            lacking = lacking or bool(text)
    if not done:
        return None
    logprobs: dict[str, Any] | None = {"content": content} if content else lists
    return {"choices": [{"text": "".join(texts), "logprobs": None if lacking else logprobs}]}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN
        return None
    return float(min(0.0, max(value, -1e4))) if value <= _ABOVE else None


def _others(rows: list[tuple[str, Any]]) -> tuple[Alternative, ...]:
    known = [Alternative(text, number) for text, logprob in rows if (number := _number(logprob)) is not None]
    return tuple(sorted(known, key=lambda row: -row.logprob)[:ALTERNATIVES])


def scored(text: str, tokens: tuple[Token, ...] | None) -> tuple[TokenScore, ...] | None:
    """The tokens with their offsets, or None where they are not those of the text or a log-probability is missing.

    A mark at the beginning or end that is not part of the text (a begin or end of sequence) is left out; so is white
    space that the server cut off.
    """
    if tokens is None:
        return None
    if not text:
        return ()
    for first in range(min(2, len(tokens)) + 1):
        for last in range(len(tokens), max(first, len(tokens) - 3), -1):
            whole = "".join(token.text for token in tokens[first:last])
            if whole == text:
                return _located(tokens[first:last], 0, text)
            if whole.strip() == text.strip():
                return _located(tokens[first:last], _lead(whole) - _lead(text), text)
    return None


def _lead(text: str) -> int:
    return len(text) - len(text.lstrip())


def _located(tokens: tuple[Token, ...], cut: int, text: str) -> tuple[TokenScore, ...] | None:
    """The tokens with their offsets in the text, of whose beginning the server cut off `cut` characters."""
    rows, at = [], -cut
    for token in tokens:
        if token.logprob is None:
            return None
        start, at = min(len(text), max(0, at)), at + len(token.text)
        stop = min(len(text), max(0, at))
        rows.append(located(token, token.logprob, text, start, stop))
    return tuple(rows)


def located(token: Token, logprob: float, text: str, start: int, stop: int) -> TokenScore:
    """A token with its offsets in a text, and the margin and rank that follow from the listed alternatives."""
    best = max((other.logprob for other in token.others), default=None)
    above = sum(other.logprob > logprob for other in token.others)
    rank = above + 1 if above < len(token.others) else None  # beyond those that are listed it is not known
    margin = None if best is None else logprob - best
    return TokenScore(text[start:stop], start, stop, logprob, None, margin, rank, token.others)
