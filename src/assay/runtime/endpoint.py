"""Run a model behind an OpenAI-compatible endpoint: vLLM, llama.cpp's server, Ollama, hosted models.

What such a server returns differs, and what it says of itself is not trusted: when it is opened it is asked for a few
tokens, for the log-probabilities of a text that it did not write, and for those of one that makes less sense. Only
what came back as it should is a capability. There is no way to know the model's files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from assay.errors import UsageError
from assay.facts.dossier import ANTHROPIC
from assay.facts.uncertainty import Capability, Sample, TokenScore
from assay.network.server import LIMITED, READ, Refused, Server, Unreached, bearer
from assay.runtime import ALTERNATIVES, DRAWN, LENGTH, OPEN, Answer, _answers
from assay.runtime._abreast import ABREAST, Abreast
from assay.runtime._forced import Forced
from assay.runtime._messages import Messages
from assay.runtime._messages import headers as messages
from assay.runtime._serving import REFUSES, Serving, located
from assay.subject.reference import server

MOST_TEXT = 1 << 20
LONG = 32  # tokens from which an answer is streamed: it may take longer than a server is waited for without a byte
_PLAIN, _TRUE, _ODD = "The sun rises in the", " east.", " zebra."
_KEY = frozenset({401, 403})
_AGREES = 0.3  # nats between what a server says of a token that it writes, and of the same token where it is given


class Endpoint:
    """One model of one server."""

    def __init__(self, reference: str, read: float = READ, *, key_in_clear: bool = False) -> None:
        """Ask the server what it can do.

        Args:
            reference: `openai+http://host:port/v1#model`, or `anthropic+https://...` for the Messages API; without
                `#model` the one that the server has.
            read: seconds that an answer may take to begin, and between two parts of it.
            key_in_clear: send a key over plain http to another machine, too.

        Raises UsageError: it cannot be reached, has not this model, or does not speak the API; the message says
        which.
        """
        api, url, wanted = server(reference)
        speaks, headers = (Messages, messages) if api == ANTHROPIC else (Serving, bearer)
        connected = partial(Server, read=read, key_in_clear=key_in_clear, headers=headers)
        first, self._model = located(url, wanted, connected)
        self._abreast = Abreast(first, connected)
        self._serving = speaks(self._model, self._abreast)
        self._streams = self._serving.streams
        self._url = first.url
        self.model, self.sha256 = f"{self._model} at {urlsplit(url).netloc.rpartition('@')[2]}", ""
        self._completes, self._chats = False, False
        self._forced: Forced | None = None
        began = time.monotonic()
        can = {*self._tried_completions(), *self._tried_chat()}
        # each of several requests may have to wait for all others: a slow server is asked one at a time
        self._at_once = 1 if time.monotonic() - began > read / (2 * ABREAST) else ABREAST
        if not self._completes and not self._chats:
            raise UsageError(
                f"{self._url} answers neither completions nor chat: it is no {self._serving.api} endpoint, or has no"
                f" model {self._model!r}"
            )
        self.can = frozenset(can)
        ways = [name for name, there in (("completions", self._completes), ("chat", self._chats)) if there]
        given = "log-probabilities" if Capability.GENERATE in can else "no log-probabilities"
        scores = ", of given texts too" if Capability.SCORE in can else ""
        self._refused = self._serving.refused  # which a server may also show later, when it is first told so
        ignored = f"; takes no {', '.join(self._refused)}" if self._refused else ""
        self._said = f"{self._serving.api} endpoint ({', '.join(ways)}; {given}{scores}{ignored}"
        self._unheeded: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """What it can do, and what it takes and does not heed where that was found out."""
        ignored = [row for row in ("temperature", "seed") if row in (self._unheeded or ())]
        said = ", ".join(row for row in ignored if row not in self._refused)
        return f"{self._said}; does not heed {said})" if said else f"{self._said})"

    def _tried_completions(self) -> set[Capability]:
        try:
            first = self._plain()
        except Refused as refused:
            if _not_now(refused):
                raise
            return set()
        self._completes = True
        scored = _answers.scored(first.text, first.tokens)
        if not scored:
            return {Capability.SAMPLE}
        others = {Capability.ALTERNATIVES} if all(len(row.alternatives) > 1 for row in scored) else set()
        given = self._tried_echo() or self._tried_forced(first.text, scored)
        return {Capability.SAMPLE, Capability.GENERATE, *others, *given}

    def _plain(self) -> _answers.Choice:
        """What it writes after a prompt, asked for nothing that a server may lack."""
        return self._completed({"prompt": _PLAIN, "max_tokens": 4, "temperature": 0, "logprobs": ALTERNATIVES})[0]

    def _decide(self, cause: UsageError) -> None:
        """Return where an error says that what was asked cannot be done.

        A server may well answer 503, or nothing, to what it cannot do: that is so where it then answers to what it can.
        Raises the error, or the new one, where it says only that the server is busy, down, or asked too often.
        """
        if isinstance(cause, Refused) and cause.status == LIMITED:
            raise cause
        if isinstance(cause, Unreached) or (isinstance(cause, Refused) and cause.busy):
            self._plain()

    def _tried_echo(self) -> set[Capability]:
        """Whether texts that are given are scored, and with numbers that mean something."""
        try:
            true, odd = (self._echoed(_PLAIN, text) for text in (_TRUE, _ODD))
        except UsageError as cause:
            self._decide(cause)
            return set()
        makes_sense = sum(row.logprob for row in true) > sum(row.logprob for row in odd)
        return {Capability.SCORE} if makes_sense else set()

    def _tried_forced(self, text: str, written: tuple[TokenScore, ...]) -> set[Capability]:
        """Whether texts that are given can be forced, with the numbers that the server gives where it writes them."""
        forced = Forced(self.model, self._serving.post, self._abreast.outside)
        try:
            again, odd = forced.score(_PLAIN, text), forced.score(_PLAIN, _ODD)
        except UsageError as cause:
            self._decide(cause)
            return set()
        same = [row.text for row in again] == [row.text for row in written] and all(
            abs(one.logprob - other.logprob) < _AGREES for one, other in zip(again, written, strict=True)
        )
        if not same or odd[0].logprob >= again[0].logprob:
            return set()
        self._forced = forced
        return {Capability.SCORE}

    def _tried_chat(self) -> set[Capability]:
        messages = [{"role": "user", "content": f"Say one word: {_PLAIN}"}]
        try:
            first = self._talked(messages, 4, 0.0, 0, 1)[0]
        except Refused as refused:
            if _not_now(refused):
                raise
            return set()
        self._chats = True
        given = {Capability.GENERATE} if _answers.scored(first.text, first.tokens) else set()
        return {Capability.CHAT, Capability.SAMPLE, *given}

    def rendered(self, user: str, system: str = "") -> str:
        """The prompt that the server makes of the messages where it says so, else the messages as JSON."""
        if not self._chats:
            raise UsageError(f"{self.model} does not chat: give the prompt as the model is to read it, with --prompt")
        system_ = [{"role": "system", "content": system}] if system else []
        messages = [*system_, {"role": "user", "content": user}]
        made = self._forced.rendered(messages) if self._forced else None
        return json.dumps(messages, ensure_ascii=False) if made is None else made

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The tokens of `text` after `prompt`; one that spans both, as the server splits them, counts with the text."""
        if not text:
            raise UsageError("there is no text to score")
        if Capability.SCORE not in self.can:
            raise UsageError(f"{self.model} gives no log-probabilities of a text that it did not write")
        if _messages(prompt) is not None:
            raise UsageError("an endpoint scores no text after a conversation: give the prompt as the model reads it")
        if len(prompt) + len(text) > MOST_TEXT:
            raise UsageError(_too_long("text", prompt + text))
        return self._forced.score(prompt, text) if self._forced else self._echoed(prompt, text)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, tuple[TokenScore, ...] | None]]:
        """As `score`, for several pairs, several requests at a time.

        Raises UsageError where the server is gone, or turns requests away: that says nothing of a text.
        """
        return self._abreast.each(self._tried_pair, pairs, self._at_once)

    def _tried_pair(self, pair: tuple[str, str]) -> tuple[TokenScore, ...] | None:
        try:
            return self.score(*pair)
        except Unreached:
            raise
        except UsageError as cause:
            if isinstance(cause, Refused) and _not_now(cause):
                raise
            return None

    def batches(self, prompts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """The prompts as they come, as many as are asked at a time."""
        size = self._at_once
        return tuple(tuple(range(at, min(at + size, len(prompts)))) for at in range(0, len(prompts), size))

    def answers(self, prompts: Sequence[str], most: int, stop: str = "") -> tuple[Answer, ...]:
        """What the model writes after each prompt, several requests at a time."""
        return tuple(self._abreast.all(lambda prompt: self._written(prompt, most, stop), prompts, self._at_once))

    def _written(self, prompt: str, most: int, stop: str) -> Answer:
        tokens = list(self.generate(prompt, most))
        last = next((at for at, token in enumerate(tokens) if stop and stop in token.text), len(tokens))
        return Answer(tuple(tokens[:last]), None)

    def samples(
        self,
        prompts: Sequence[str],
        count: int,
        most: Sequence[int],
        temperature: float,
        seed: int,
        stop: str = "",
    ) -> tuple[tuple[Sample, ...], ...]:
        """As `sample`, for several prompts, several requests at a time."""

        def sampled(row: tuple[str, int]) -> tuple[Sample, ...]:
            return self._sampled(row[0], count, row[1], temperature, seed, stop, 1)

        return tuple(self._abreast.all(sampled, list(zip(prompts, most, strict=True)), self._at_once))

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

    def unheeded(self, seed: int) -> frozenset[str]:
        """Which of `temperature` and `seed` it does not heed, asked for once; `name` says so from then on.

        It heeds no temperature if none of three answers at 0 is another, and no seed if the same gives another answer
        at 1. What it refuses to be told it does not heed.
        """
        if self._unheeded is None:
            cold = {self._drawn(0.0, seed + at) for at in range(DRAWN)}
            again = {self._drawn(1.0, seed) for _ in range(2)}
            found = (("temperature", len(cold) == DRAWN), ("seed", len(again) > 1))
            self._unheeded = frozenset(name for name, missed in found if missed) | {*self._serving.refused}
        return self._unheeded

    def _drawn(self, temperature: float, seed: int) -> str:
        return self.sample(OPEN, 1, LENGTH, temperature, seed)[0].text

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """Several answers; where the server gives fewer than it is asked for, it is asked again with other seeds."""
        return self._sampled(prompt, count, most, temperature, seed, stop, self._at_once)

    def _sampled(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str, at_once: int
    ) -> tuple[Sample, ...]:
        def drawn(seed: int, count: int = 1) -> list[Sample]:
            return [_sample(row, stop) for row in self._answered(prompt, most, temperature, seed, count)]

        rows = drawn(seed, count)
        for found in self._abreast.all(drawn, range(seed + len(rows), seed + count), at_once):
            rows += found[:1]
        return tuple(rows[:count])

    def _answered(
        self, prompt: str, most: int, temperature: float, seed: int, count: int
    ) -> tuple[_answers.Choice, ...]:
        if len(prompt) > MOST_TEXT:
            raise UsageError(_too_long("prompt", prompt))
        messages = _messages(prompt)
        completes = messages is None and self._completes
        if not completes and not self._chats:
            raise UsageError(f"{self.model} does not chat: give the prompt as the model is to read it")

        def asked(**more: bool) -> tuple[_answers.Choice, ...]:
            if completes:
                wanted = {"prompt": prompt, "max_tokens": most, "temperature": temperature, "seed": seed, "n": count}
                return self._completed({**wanted, "logprobs": ALTERNATIVES, **more})
            told = messages or [{"role": "user", "content": prompt}]
            return self._talked(told, most, temperature, seed, count, **more)

        if self._streams and count == 1 and most >= LONG:
            try:
                found = asked(stream=True)
            except Refused as cause:
                if cause.status not in REFUSES:
                    raise
            else:
                if Capability.GENERATE not in self.can or _answers.scored(found[0].text, found[0].tokens) is not None:
                    return found
            self._streams = False  # it is refused, or lacks what a whole answer has
        return asked()

    def _completed(self, wanted: dict[str, Any]) -> tuple[_answers.Choice, ...]:
        return _answers.choices(self._serving.post("/completions", wanted), self._url)

    def _talked(
        self, messages: list[dict[str, str]], most: int, temperature: float, seed: int, count: int, **more: bool
    ) -> tuple[_answers.Choice, ...]:
        wanted = {
            "messages": messages,
            "max_tokens": most,
            "temperature": temperature,
            "seed": seed,
            "n": count,
            "logprobs": True,
            "top_logprobs": ALTERNATIVES,
            **more,
        }
        return _answers.choices(self._serving.post("/chat/completions", wanted), self._url)

    def _echoed(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The server's own tokens of prompt and text, those of the text kept.

        Raises UsageError where what comes back is not the text, or lacks numbers.
        """
        whole = prompt + text
        # one: some servers refuse to write nothing, and llama-cpp-python takes 0 for all that there is room for
        wanted = {"prompt": whole, "echo": True, "temperature": 0, "logprobs": ALTERNATIVES, "max_tokens": 1}
        choice = self._completed(wanted)[0]
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


def _not_now(cause: Refused) -> bool:
    """Whether a refusal says nothing of what the server can do."""
    return cause.busy or cause.status in _KEY


def _sample(choice: _answers.Choice, stop: str) -> Sample:
    """An answer up to where it is cut."""
    scored = _answers.scored(choice.text, choice.tokens)
    text = choice.text.partition(stop)[0] if stop else choice.text
    total = None if scored is None else sum(row.logprob for row in scored if row.start <= len(text))
    return Sample(text, total, len(scored or ()))


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
