"""What the workbench answers about the inside of a model while it wrote one token of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.network.serving import Refusal
from assay.render.record import inside_page
from assay.serve.answers import HTML, JSON
from assay.serve.asked import value
from assay.serve.asking import Asking, token

if TYPE_CHECKING:
    from assay.facts.answering import Answering
    from assay.facts.inside import Inside
    from assay.runtime import Runtime

_HELD = 32  # views that need not be computed again


class Looking:
    """What is answered to each request; body and type."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._seen = lru_cache(_HELD)(self._look)

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/ask/{id}/inside/{number}", self.page
        yield "/ask/{id}/inside/{number}/json", self.record

    def page(self, request: Any) -> tuple[bytes, str]:
        """The views of a token: of one pass, and with `whole` those for which values are replaced, too."""
        found, at, number = self.found(request)
        whole = value(request, "whole") == "true"
        return inside_page.page(found, inside_page.Place(at, number, len(found.answer), whole=whole)), HTML

    def record(self, request: Any) -> tuple[bytes, str]:
        """The same as JSON, as `assay inside -o json` writes it."""
        return canonical(self.found(request)[0]), JSON

    def found(self, request: Any) -> tuple[Inside, str, int]:
        """The inside of the token that a path names, the address of its answer, its number (Refusal: there is none)."""
        row = self._asking.one(request)
        at = token(str(request.path_params["number"]), row)
        if row.found is None:
            raise Refusal(409, "The answer is still written, or failed: look inside one that has ended.")
        return self._seen(row, at, value(request, "whole") == "true"), f"/ask/{row.id}", at

    def _look(self, row: Answering, number: int, whole: bool) -> Inside:
        model = self._asking.models[row.place]
        return model.turn(partial(_inside, model.runtime, row, number, whole))


def _inside(runtime: Runtime, row: Answering, number: int, whole: bool) -> Inside:
    from assay.inside import Asked, Opened
    from assay.runtime.torch_ import TorchRuntime

    if not isinstance(runtime, TorchRuntime):
        raise UsageError(f"{row.model} shows nothing of what goes on inside: give its weights to assay serve --run")
    prompt = row.found.prompt if row.found else ""
    asked = Asked(prompt, row.text, number, quick=not whole, question=row.question)
    found = Opened(runtime).seen(asked).record
    if found.answer[:number] != tuple(token.text for token in row.tokens[:number]):
        raise UsageError("the model's tokenizer splits this answer otherwise than the model wrote it")
    return found
