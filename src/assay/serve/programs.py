"""What a program gets below /api/v1 where models run and texts are traced: what the pages show, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from assay.facts.codec import encode
from assay.network.serving import Refusal
from assay.serve.answers import in_json
from assay.serve.asking import Asking
from assay.serve.jobs import Full
from assay.serve.looking import Looking
from assay.serve.started import Answered, texts
from assay.serve.tracing import Tracing

_TEXTS, _NUMBERS = ("question", "document"), ("most", "temperature", "samples")


class Programs:
    """What is answered to each request; body and type, and of what is sent status and headers."""

    def __init__(self, asking: Asking, looking: Looking, tracing: Tracing) -> None:
        self._asking, self._looking, self._tracing = asking, looking, tracing

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/api/v1/models", self.models
        yield "/api/v1/answers", self.listed
        yield "/api/v1/answers/{id}", self.answer
        yield "/api/v1/answers/{id}/tokens/{number}", self.inside
        yield "/api/v1/traces/{id}", self.traced

    def changes(self) -> Iterator[tuple[str, str, Callable[..., Answered]]]:
        """What is sent: the method, the path, and what answers."""
        yield "POST", "/api/v1/answers", self.ask
        yield "DELETE", "/api/v1/answers/{id}", self.stop
        yield "POST", "/api/v1/traces", self.trace

    def models(self, _request: Any) -> tuple[bytes, str]:
        """The models that answer, in the order in which `place` of an answer names them."""
        runtimes = [row.runtime for row in self._asking.models]
        return in_json(
            {
                "models": [
                    {"name": row.model, "runtime": row.name, "sha256": row.sha256, "can": sorted(map(str, row.can))}
                    for row in runtimes
                ]
            }
        )

    def listed(self, _request: Any) -> tuple[bytes, str]:
        """The last answers, the newest first, without what they say."""
        return in_json({"answers": [encode(replace(row, tokens=(), found=None)) for row in self._asking.rows()]})

    def answer(self, request: Any) -> tuple[bytes, str]:
        """An answer with its tokens so far, and what is made of it once it has ended."""
        return in_json({"answer": encode(self._asking.one(request))})

    def ask(self, request: Any, raw: bytes) -> Answered:
        """Ask every model; the answers, which are to come."""
        given = texts(request, raw, _TEXTS, _NUMBERS)
        try:
            rows = self._asking.start(given)
        except Full as cause:
            raise Refusal(429, str(cause)) from None
        return *in_json({"answers": [encode(row) for row in rows]}), 201, {}

    def stop(self, request: Any, _raw: bytes) -> Answered:
        """Stop an answer."""
        return *in_json({"answer": encode(self._asking.end(self._asking.one(request)))}), 200, {}

    def inside(self, request: Any) -> tuple[bytes, str]:
        """The views of a token, each with its proof."""
        return in_json({"inside": encode(self._looking.found(request)[0])})

    def trace(self, request: Any, raw: bytes) -> Answered:
        """Trace a text."""
        given = texts(request, raw, ("text", "prompt"))
        id, found = self._tracing.looked_up(given.get("text", ""), given.get("prompt", ""))
        return *in_json({"id": id, "trace": encode(found)}), 201, {}

    def traced(self, request: Any) -> tuple[bytes, str]:
        """A text that was traced."""
        id = str(request.path_params["id"])
        return in_json({"id": id, "trace": encode(self._tracing.kept(id))})
