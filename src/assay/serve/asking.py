"""What the workbench answers where it runs models: answers token by token, of one model or of two beside each other."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, UsageError
from assay.facts.answering import Answering
from assay.facts.codec import canonical
from assay.facts.job import State
from assay.facts.uncertainty import Capability
from assay.lazy import dataclass
from assay.network.serving import Refusal
from assay.render.record import ask_page, pair_page
from assay.serve.answers import HTML, JSON
from assay.serve.asked import NUMBERED, number, value
from assay.serve.jobs import Full
from assay.serve.running import Running
from assay.serve.started import Answered, form
from assay.serve.tracing import Tracing
from assay.text.instant import instant

if TYPE_CHECKING:
    from assay.facts.uncertainty import ScoredText, TokenScore
    from assay.runtime import Generates, Runtime
    from assay.uncertainty import Draw

HELD, WAITING, STREAMS = 32, 8, 64  # answers that can be looked at, questions that wait, pages that are told
MOST_TEXT, MOST_TOKENS, MOST_SAMPLES, MOST_SEED = 100_000, 512, 10, 2**31
_EVERY, _ALIVE = 0.02, 15.0  # seconds between looks for a token, and after which a silent stream says that it lives
_DIGITS = 5  # of the number of a token


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, checked."""

    question: str
    document: str
    most: int
    temperature: float
    samples: int


class Asking:
    """Questions to each model that runs, one after the other; closing stops them."""

    def __init__(self, runtimes: Sequence[Runtime] = (), traced: Tracing | None = None) -> None:
        """Of models that are ready to run, and the corpora in which names and numbers of answers are looked up."""
        self.models, self._traced = tuple(map(Running, runtimes)), traced or Tracing()
        self._lock = threading.Lock()
        self._held: OrderedDict[int, Answering] = OrderedDict()
        self._number, self._streams, self._closed = 0, 0, False
        self.over: Callable[[], bool] = lambda: self._closed  # whether who watches should stop

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/ask", self.page
        yield "/ask/{id}", self.answer
        yield "/ask/{id}/json", self.record

    def changes(self) -> Iterator[tuple[str, str, Callable[..., Answered]]]:
        """What is sent: the method, the path, and what answers."""
        yield "POST", "/ask", self.ask
        yield "POST", "/ask/{id}/stop", self.stop
        yield "POST", "/ask/{id}/again", self.again

    def page(self, _request: Any) -> tuple[bytes, str]:
        """The form, and the last questions."""
        return self._form({}), HTML

    def ask(self, request: Any, raw: bytes) -> Answered:
        """Ask what a form has, and lead to the answer; what cannot be is said in the form."""
        given = {name: text.replace("\r\n", "\n") for name, text in form(request, raw).items()}
        try:
            rows = self.start(given)
        except UsageError as cause:
            return self._form(given, str(cause)), HTML, 400, {}
        beside = f"?beside={rows[1].id}" if len(rows) > 1 else ""
        return b"", HTML, 303, {"Location": f"/ask/{rows[0].id}{beside}"}

    def stop(self, request: Any, _raw: bytes) -> Answered:
        """Stop an answer and the one that it is shown beside, and lead to what there is of them."""
        row, other = self.one(request), self._beside(request)
        self.end(row)
        if other is None:
            return b"", HTML, 303, {"Location": f"/ask/{row.id}"}
        self.end(other)
        return b"", HTML, 303, {"Location": f"/ask/{row.id}?beside={other.id}"}

    def again(self, request: Any, raw: bytes) -> Answered:
        """Look at an answer again beside other answers, or with what is usual for its model, and lead to it."""
        row, given = self.one(request), form(request, raw)
        samples = int(_number(given.get("samples") or "0", "other answers", 0, MOST_SAMPLES))
        seed = int(_number(given.get("seed") or "0", "the seed", 0, MOST_SEED))
        with self._lock:
            before = self._held.get(row.id, row)
            if before.found is None or not before.state.ended:
                raise Refusal(409, "The answer is still written, or failed: look again at one that has ended.")
            self._room()
            self._held[row.id] = replace(before, state=State.WAITING, found=None, said="")
        model = self.models[row.place]
        done = model.begin(self._look, model.runtime, before, samples, seed, read=given.get("usual") == "true")
        done.add_done_callback(partial(self._as_before, before))
        return b"", HTML, 303, {"Location": f"/ask/{row.id}"}

    def end(self, row: Answering) -> Answering:
        """Have an answer stopped if it has not ended; the answer then."""
        with self._lock:
            now = self._held.get(row.id, row)
            if now.state in (State.WAITING, State.RUNNING):
                now = self._held[row.id] = replace(now, state=State.ENDING)
            return now

    def answer(self, request: Any) -> tuple[bytes, str]:
        """An answer as far as it is, and the token that `token` names; with `beside` that of another beside it."""
        row, other = self.one(request), self._beside(request)
        looked = _named(request, "token", row)
        if other is not None:
            return pair_page.page((row, other), (looked, _named(request, "other", other))), HTML
        partner = next((one for one in self.rows() if _together(row, one)), None)
        return ask_page.answer(row, looked, partner, traced=bool(self._traced.names)), HTML

    def record(self, request: Any) -> tuple[bytes, str]:
        """What is made of an answer as JSON, as `assay score -o json` writes it."""
        row = self.one(request)
        if row.found is None:
            raise Refusal(404, f"There is no record of it: the answer {'waits' if not row.said else 'failed'}.")
        return canonical(row.found), JSON

    def events(self, request: Any) -> AsyncIterator[bytes]:
        """Each token as soon as it is known (Refusal: there is no such answer, or too many look)."""
        row, last = self.one(request), str(request.headers.get("last-event-id", ""))
        if self._streams >= STREAMS:
            raise Refusal(503, f"{STREAMS} pages are told already: look at the page again")
        return self._told(row.id, number(last, _DIGITS))

    async def _told(self, id: int, sent: int) -> AsyncIterator[bytes]:
        self._streams += 1
        still = 0.0
        try:
            while not self.over():
                row = self._held.get(id)
                if row is None:
                    return
                for number in range(sent + 1, len(row.tokens) + 1):
                    yield ask_page.token(row, number)
                still = still + _EVERY if sent >= len(row.tokens) else 0.0
                sent = max(sent, len(row.tokens))
                if row.state.ended:
                    yield ask_page.OVER
                    return
                if still > _ALIVE:
                    yield b":\n\n"
                    still = 0.0
                await asyncio.sleep(_EVERY)
        finally:
            self._streams -= 1

    def close(self) -> None:
        """Stop what is written, and forget what waits."""
        self._closed = True
        for model in self.models:
            model.close()

    def rows(self) -> tuple[Answering, ...]:
        """The last answers, the newest first."""
        with self._lock:
            return tuple(reversed(self._held.values()))

    def _form(self, given: dict[str, str], trouble: str = "") -> bytes:
        models = [row.runtime.model for row in self.models]
        return ask_page.ask(models, self.rows(), self._traced.names, given, trouble)

    def start(self, given: Mapping[str, str]) -> tuple[Answering, ...]:
        """Ask each model what these fields have (UsageError: it cannot be asked); the answers, which are to come."""
        wanted = _wanted(given)
        if not self.models:
            raise UsageError("this workbench runs no model: start assay serve with --run MODEL")
        with self._lock:
            self._room()
            now, rows = instant(datetime.now(UTC)), []
            for place, model in enumerate(self.models):
                self._number += 1
                asked = self._number, model.runtime.model, wanted.question, now, State.WAITING
                rows.append(Answering(*asked, place=place, document=wanted.document))
                self._held[self._number] = rows[-1]
            while len(self._held) > HELD:
                del self._held[next(id for id, old in self._held.items() if old.state.ended)]
        for row, model in zip(rows, self.models, strict=True):
            model.begin(self._write, row.id, model.runtime, wanted).add_done_callback(partial(self._failed, row.id))
        return tuple(rows)

    def _room(self) -> None:
        if sum(not row.state.ended for row in self._held.values()) >= WAITING * len(self.models):
            raise Full(f"{WAITING} questions wait already: ask again when one is answered")

    def _failed(self, id: int, done: Future[None]) -> None:
        """Say why there is no answer, whatever a runtime raised; the rest goes on."""
        if said := _why(done):
            self._change(id, state=State.FAILED, said=said)

    def _as_before(self, before: Answering, done: Future[None]) -> None:
        """Show what there was where it could not be looked at again, and why."""
        if said := _why(done):
            self._change(before.id, state=before.state, found=before.found, said=said)

    def _look(self, runtime: Runtime, before: Answering, samples: int, seed: int, *, read: bool) -> None:
        from assay.runtime import can_generate
        from assay.uncertainty import Draw

        found = before.found
        if found is not None and can_generate(runtime) and self._begins(before.id):
            draw = Draw(samples, seed=seed)
            found = self._judged(runtime, before, found.prompt, before.tokens, draw, read=read)
        self._change(before.id, state=before.state, found=found)

    def _judged(
        self, runtime: Generates, row: Answering, prompt: str, tokens: tuple[TokenScore, ...], draw: Draw, *, read: bool
    ) -> ScoredText:
        """What is made of an answer; `read` what is usual for the model, or take it where it was read before."""
        from assay import uncertainty
        from assay.uncertainty import support, usual

        held = support.beside({"the document": row.document} if row.document else {}, self._traced.corpus())
        known = partial(usual.usual if read else usual.kept, keep=usual.folder())
        return uncertainty.written(runtime, prompt, tokens, draw, held, known)

    def _write(self, id: int, runtime: Runtime, wanted: Wanted) -> None:
        from assay.runtime import can_generate, conversation
        from assay.uncertainty import Draw

        if not can_generate(runtime):
            raise UsageError("the model gives no scores of what it writes")
        if not self._begins(id):
            self._change(id, state=State.CANCELLED)
            return
        prompt = wanted.question
        if Capability.CHAT in runtime.can:
            prompt = conversation(runtime, wanted.question)
        tokens = []
        for one in runtime.generate(prompt, wanted.most, wanted.temperature):
            tokens.append(one)
            self._change(id, tokens=tuple(tokens))
            if self._held[id].state is State.ENDING or self._closed:
                break
        stopped = self._held[id].state is State.ENDING
        if not tokens:
            self._change(id, state=State.CANCELLED if stopped else State.FAILED, said="the model wrote nothing")
            return
        draw = Draw(0 if stopped else wanted.samples)
        found = self._judged(runtime, self._held[id], prompt, tuple(tokens), draw, read=False)
        self._change(id, state=State.CANCELLED if stopped else State.DONE, found=found)

    def _begins(self, id: int) -> bool:
        with self._lock:
            row = self._held[id]
            if row.state is not State.WAITING or self._closed:
                return False
            self._held[id] = replace(row, state=State.RUNNING)
            return True

    def _change(self, id: int, **values: Any) -> None:
        with self._lock, suppress(KeyError):
            self._held[id] = replace(self._held[id], **values)

    def one(self, request: Any) -> Answering:
        """The answer that an address names (Refusal: there is none)."""
        return self._numbered(str(request.path_params["id"]))

    def _beside(self, request: Any) -> Answering | None:
        """The answer that is to be shown beside it; None: none is (Refusal: there is no such)."""
        text = value(request, "beside")
        return self._numbered(text) if text else None

    def _numbered(self, text: str) -> Answering:
        found = self._held.get(number(text, NUMBERED))
        if found is None:
            raise Refusal(404, f"There is no such answer: the last {HELD} are kept until assay serve ends.")
        return found


def token(text: str, row: Answering) -> int:
    """The number of the token that an address names (Refusal: the answer has no such)."""
    found = number(text, _DIGITS)
    if not 1 <= found <= len(row.tokens):
        raise Refusal(404, f"There is no token {text[:40]!r}: this answer has {len(row.tokens):,}.")
    return found


def _named(request: Any, name: str, row: Answering) -> int:
    """The number of the token that a parameter names; 0: it names none."""
    text = value(request, name)
    return token(text, row) if text else 0


def _why(done: Future[None]) -> str:
    """Why a piece of work came to nothing; empty where it did not."""
    cause = None if done.cancelled() else done.exception()
    if cause is None:
        return ""
    said = str(cause) if isinstance(cause, AssayError) else f"the model failed: {type(cause).__name__}: {cause}"
    return said.rstrip(".")


def _together(one: Answering, other: Answering) -> bool:
    """Whether two models were asked the same at once: their answers have numbers in the order of the models."""
    return one.place != other.place and other.id - one.id == other.place - one.place


def _wanted(given: Mapping[str, str]) -> Wanted:
    question, document = given.get("question", "").strip(), given.get("document", "").strip()
    if not question:
        raise UsageError("there is no question")
    for name, text in (("question", question), ("document", document)):
        if len(text) > MOST_TEXT:
            raise UsageError(f"a {name} of {len(text):,} characters: at most {MOST_TEXT:,} are taken")
    most = _number(given.get("most") or "128", "tokens", 1, MOST_TOKENS)
    temperature = _number(given.get("temperature") or "0", "the temperature", 0, 5, whole=False)
    samples = _number(given.get("samples") or "0", "other answers", 0, MOST_SAMPLES)
    return Wanted(question, document, int(most), temperature, int(samples))


def _number(text: str, name: str, least: int, most: int, *, whole: bool = True) -> float:
    try:
        found = float(text[:20])
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        raise UsageError(f"{name}: {text[:20]!r} is no number from {least} to {most}")
    if whole and not found.is_integer():
        raise UsageError(f"{name}: {text[:20]!r} is no whole number")
    return found
