"""What the workbench answers about a text that was pasted: where it comes from, as far as its corpora can tell."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.network.serving import Refusal
from assay.render.record import trace_page
from assay.serve.answers import HTML, JSON
from assay.serve.started import Answered, form

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus
    from assay.facts.trace import Trace

HELD = 32  # traces that can still be looked at: the last ones
AT_ONCE = 2  # traces that are worked on; who comes then is told to come again
MOST_TEXT = 200_000  # characters: a trace of so many takes seconds
_NAMED = 16  # digits of the digest that names a trace


class Tracing:
    """Texts traced in the corpora that the server was started with; those in folders are opened anew when changed."""

    def __init__(self, corpora: tuple[str, ...] = (), *, offline: bool = True) -> None:
        """UsageError: one of them is no corpus."""
        self._corpora, self._offline = corpora, offline
        self._lock, self._slots = threading.Lock(), threading.BoundedSemaphore(AT_ONCE)
        self._held: OrderedDict[str, Trace] = OrderedDict()
        self._stamps: tuple[tuple[int, ...], ...] = ()
        self._corpus = self._opened() if corpora else None

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/trace", self.page
        yield "/trace/{id}", self.one
        yield "/trace/{id}/json", self.record

    def changes(self) -> Iterator[tuple[str, str, Callable[..., Answered]]]:
        """What is sent: the method, the path, and what answers."""
        yield "POST", "/trace", self.trace

    def page(self, _request: Any) -> tuple[bytes, str]:
        """The form."""
        return trace_page.ask(self.names), HTML

    def trace(self, request: Any, raw: bytes) -> Answered:
        """Trace what a form has, and lead to it; what cannot be is said in the form."""
        given = form(request, raw)
        text = given.get("text", "").replace("\r\n", "\n")
        try:
            id, _ = self.looked_up(text, given.get("prompt", ""))
        except UsageError as cause:
            return trace_page.ask(self.names, text, str(cause)), HTML, 400, {}
        return b"", HTML, 303, {"Location": f"/trace/{id}"}

    def one(self, request: Any) -> tuple[bytes, str]:
        """A text that was traced."""
        id = str(request.path_params["id"])
        return trace_page.page(self.kept(id), at=f"/trace/{id}"), HTML

    def record(self, request: Any) -> tuple[bytes, str]:
        """The same as JSON, as `assay trace -o json` writes it."""
        return canonical(self.kept(str(request.path_params["id"]))), JSON

    def looked_up(self, text: str, prompt: str) -> tuple[str, Trace]:
        """The trace of a text that may follow a prompt, and the name by which it is kept.

        Raises UsageError: it cannot be traced; Refusal: others are at this moment.
        """
        found = self._traced(text, prompt)
        return self._keep(found, prompt), found

    def kept(self, id: str) -> Trace:
        """The trace of this name (Refusal: there is none)."""
        with self._lock:
            found = self._held.get(id)
        if found is None:
            raise Refusal(404, f"There is no such trace: the last {HELD} are kept until assay serve ends.")
        return found

    def _traced(self, text: str, prompt: str) -> Trace:
        if not text.strip():
            raise UsageError("there is no text to trace")
        if len(text) > MOST_TEXT:
            raise UsageError(f"a text of {len(text):,} characters: at most {MOST_TEXT:,} are traced from here")
        if not self._slots.acquire(blocking=False):
            raise Refusal(503, f"{AT_ONCE} texts are traced at this moment: come again")
        try:
            return self._now().trace(text, prompt=prompt)
        except InputError as cause:
            raise UsageError(f"the corpus is damaged: {cause}") from None
        finally:
            self._slots.release()

    def _now(self) -> Corpus:
        """The corpora as they are now (UsageError: one is there no more)."""
        with self._lock:
            if self._corpus is None or self._stamps != _stamps(self._corpora):
                self._corpus = self._opened()
            return self._corpus

    def _opened(self) -> Corpus:
        from assay import corpus

        self._stamps = _stamps(self._corpora)
        return corpus.open(self._corpora, offline=self._offline)

    @property
    def names(self) -> tuple[str, ...]:
        """How the corpora are called."""
        return tuple(row.name for row in self._corpus.records) if self._corpus else ()

    def corpus(self) -> Corpus | None:
        """The corpora as they are now, None where there are none (UsageError: one is there no more)."""
        return self._now() if self._corpora else None

    def _keep(self, found: Trace, prompt: str) -> str:
        id = hashlib.sha256(f"{len(prompt)} {prompt}{found.text}".encode("utf-8", "replace")).hexdigest()[:_NAMED]
        with self._lock:
            self._held[id] = found
            self._held.move_to_end(id)
            while len(self._held) > HELD:
                self._held.popitem(last=False)
        return id


def _stamps(corpora: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """What tells whether the corpora in folders are still those that were opened."""
    return tuple(_stamp(Path(row)) for row in corpora if "://" not in row)


def _stamp(folder: Path) -> tuple[int, ...]:
    from assay.corpus import manifest

    try:
        found = (folder / manifest.NAME).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
