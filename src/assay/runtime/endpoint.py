"""Run a model behind an OpenAI-compatible endpoint: vLLM, llama.cpp's server, Ollama, hosted models.

What such a server returns differs, and what it says of itself is not trusted: when it is opened it is asked for a few
tokens, for the log-probabilities of a text that it did not write, and for those of one that makes less sense. Only
what came back as it should is a capability. There is no way to know the model's files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from assay.errors import UsageError
from assay.facts.uncertainty import Capability, Sample, TokenScore
from assay.network.server import READ, Refused, Server
from assay.runtime import ALTERNATIVES, _answers
from assay.subject.reference import server

MOST_TEXT = 1 << 20
_PLAIN, _TRUE, _ODD = "The sun rises in the", " east.", " zebra."


class Endpoint:
    """One model of one server."""

    def __init__(self, reference: str, read: float = READ, *, key_in_clear: bool = False) -> None:
        """Ask the server what it can do.

        Args:
            reference: `openai+http://host:port/v1#model`; without `#model` the one that the server has.
            read: seconds that an answer may take to begin, and between two parts of it.
            key_in_clear: send a key over plain http to another machine, too.

        Raises UsageError: it cannot be reached, has not this model, or does not speak the API; the message says
        which.
        """
        url, wanted = server(reference)
        self._server = Server(url, read, key_in_clear=key_in_clear)
        self._model = self._chosen(wanted)
        self.model, self.sha256 = f"{self._model} at {urlsplit(url).netloc.rpartition('@')[2]}", ""
        self._completes, self._chats, self._most = False, False, "max_tokens"
        can = {*self._tried_completions(), *self._tried_chat()}
        if not self._completes and not self._chats:
            raise UsageError(
                f"{self._server.url} answers neither completions nor chat: it is no OpenAI-compatible endpoint, or has"
                f" no model {self._model!r}"
            )
        self.can = frozenset(can)
        ways = [name for name, there in (("completions", self._completes), ("chat", self._chats)) if there]
        given = "log-probabilities" if Capability.GENERATE in can else "no log-probabilities"
        scores = ", of given texts too" if Capability.SCORE in can else ""
        self.name = f"OpenAI-compatible endpoint ({', '.join(ways)}; {given}{scores})"

    def _chosen(self, wanted: str) -> str:
        if wanted:
            return wanted
        value = self._server.get("/models")
        rows = value.get("data") if isinstance(value, dict) else None
        names = [str(row.get("id")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        if len(names) != 1:
            listed = ", ".join(names[:8]) or "none"
            raise UsageError(f"{self._server.url} has {len(names)} models ({listed}): name one with #model")
        return names[0]

    def _tried_completions(self) -> set[Capability]:
        try:
            first = self._completed({"prompt": _PLAIN, "max_tokens": 4, "temperature": 0, "logprobs": ALTERNATIVES})[0]
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            return set()
        self._completes = True
        scored = _answers.scored(first.text, first.tokens)
        if not scored:
            return {Capability.SAMPLE}
        others = {Capability.ALTERNATIVES} if all(len(row.alternatives) > 1 for row in scored) else set()
        return {Capability.SAMPLE, Capability.GENERATE, *others, *self._tried_echo()}

    def _tried_echo(self) -> set[Capability]:
        """Whether texts that are given are scored, and with numbers that mean something."""
        try:
            true, odd = (self._echoed(_PLAIN, text) for text in (_TRUE, _ODD))
        except UsageError:
            return set()
        makes_sense = sum(row.logprob for row in true) > sum(row.logprob for row in odd)
        return {Capability.SCORE} if makes_sense else set()

    def _tried_chat(self) -> set[Capability]:
        messages = [{"role": "user", "content": f"Say one word: {_PLAIN}"}]
        for most in ("max_tokens", "max_completion_tokens"):
            self._most = most
            try:
                first = self._talked(messages, 4, 0.0, 0, 1)[0]
            except Refused as refused:
                if refused.status in (401, 403):
                    raise
                if most in str(refused):
                    continue  # newer hosted models take the other name
                return set()
            self._chats = True
            given = {Capability.GENERATE} if _answers.scored(first.text, first.tokens) else set()
            return {Capability.CHAT, Capability.SAMPLE, *given}
        return set()

    def rendered(self, user: str, system: str = "") -> str:
        """The messages as JSON: only the server has the template."""
        if not self._chats:
            raise UsageError(f"{self.model} does not chat: give the prompt as the model is to read it, with --prompt")
        system_ = [{"role": "system", "content": system}] if system else []
        return json.dumps([*system_, {"role": "user", "content": user}], ensure_ascii=False)

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The tokens of `text` after `prompt`; one that spans both, as the server splits them, counts with the text."""
        if not text:
            raise UsageError("there is no text to score")
        if Capability.SCORE not in self.can:
            raise UsageError(f"{self.model} gives no log-probabilities of a text that it did not write")
        if _messages(prompt) is not None:
            raise UsageError("an endpoint scores no text after a conversation: give the prompt as the model reads it")
        return self._echoed(prompt, text)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """What the server answers, all at once; nothing if it answers nothing."""
        first = self._answered(prompt, most, temperature, seed, 1)[0]
        scored = _answers.scored(first.text, first.tokens)
        if scored is None:
            raise UsageError(
                f"{self.model} gave no log-probabilities that fit its answer {first.text[:40]!r}, "
                "though it did when it was tried"
            )
        yield from scored

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """Several answers; where the server gives fewer at a time than asked, it is asked again with the next seed."""
        rows: list[Sample] = []
        while len(rows) < count:
            for choice in self._answered(prompt, most, temperature, seed + len(rows), count - len(rows)):
                scored = _answers.scored(choice.text, choice.tokens)
                text = choice.text.partition(stop)[0] if stop else choice.text
                total = None if scored is None else sum(row.logprob for row in scored if row.start <= len(text))
                rows.append(Sample(text, total, len(scored or ())))
        return tuple(rows[:count])

    def _answered(
        self, prompt: str, most: int, temperature: float, seed: int, count: int
    ) -> tuple[_answers.Choice, ...]:
        if len(prompt) > MOST_TEXT:
            raise UsageError(_too_long("prompt", prompt))
        messages = _messages(prompt)
        if messages is None and self._completes:
            wanted = {"prompt": prompt, "max_tokens": most, "temperature": temperature, "seed": seed, "n": count}
            return self._completed({**wanted, "logprobs": ALTERNATIVES})
        if not self._chats:
            raise UsageError(f"{self.model} does not chat: give the prompt as the model is to read it")
        return self._talked(messages or [{"role": "user", "content": prompt}], most, temperature, seed, count)

    def _completed(self, wanted: dict[str, Any]) -> tuple[_answers.Choice, ...]:
        value = self._server.post("/completions", {"model": self._model, **wanted})
        return _answers.choices(value, self._server.url)

    def _talked(
        self, messages: list[dict[str, str]], most: int, temperature: float, seed: int, count: int
    ) -> tuple[_answers.Choice, ...]:
        wanted = {
            "model": self._model,
            "messages": messages,
            self._most: most,
            "temperature": temperature,
            "seed": seed,
        }
        value = self._server.post(
            "/chat/completions", {**wanted, "n": count, "logprobs": True, "top_logprobs": ALTERNATIVES}
        )
        return _answers.choices(value, self._server.url)

    def _echoed(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The server's own tokens of prompt and text, those of the text kept.

        Raises UsageError where what comes back is not the text, or lacks numbers.
        """
        whole = prompt + text
        if len(whole) > MOST_TEXT:
            raise UsageError(_too_long("text", whole))
        wanted = {"prompt": whole, "echo": True, "temperature": 0, "logprobs": ALTERNATIVES}
        try:
            choice = self._completed({**wanted, "max_tokens": 0})[0]
        except Refused as refused:
            if refused.status not in (400, 422):
                raise
            choice = self._completed({**wanted, "max_tokens": 1})[0]  # some servers always write something
        tokens, at = [], 0
        for token in choice.tokens or ():
            if not at and token.logprob is None and not whole.startswith(token.text):
                continue  # the mark with which a text begins
            tokens.append((at, token))
            at += len(token.text)
            if at >= len(whole):
                break
        if "".join(token.text for _, token in tokens) != whole:
            raise UsageError(f"{self.model} does not give this text back, so its numbers are not those of the text")
        rows = []
        for start, token in tokens:
            if start + len(token.text) <= len(prompt):
                continue
            if token.logprob is None:
                more = "" if prompt else ": give a prompt"
                raise UsageError(f"{self.model} gives no log-probability for {token.text[:40]!r}{more}")
            first, last = max(0, start - len(prompt)), start + len(token.text) - len(prompt)
            rows.append(_answers.located(token, token.logprob, text, first, last))
        return tuple(rows)


def _too_long(what: str, text: str) -> str:
    return f"the {what} is longer than assay gives to a model: {len(text):,} characters, at most {MOST_TEXT:,}"


def _messages(prompt: str) -> list[dict[str, str]] | None:
    """The messages that a prompt of `rendered` holds, or None for any other prompt."""
    if not prompt.startswith('[{"role": "'):
        return None
    try:
        rows = json.loads(prompt)
    except (ValueError, RecursionError):
        return None
    fit = isinstance(rows, list) and all(isinstance(row, dict) and set(row) == {"role", "content"} for row in rows)
    return rows if fit else None
