"""The pages and the JSON of the workbench over one registry, as an ASGI application."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, Protocol, TypeVar

from assay.errors import UsageError
from assay.facts.codec import encode
from assay.facts.finding import Effect, Kind
from assay.facts.kept import KeptAudit
from assay.network.serving import Refusal
from assay.registry import Registry
from assay.registry.finding import Asked
from assay.render.record import workbench
from assay.render.record.change_page import page as change_page
from assay.render.record.descent import inheriting
from assay.serve.answers import HTML, JSON, in_json
from assay.serve.asked import chosen, every, kept, prefix, value
from assay.serve.asking import Asking
from assay.serve.description import description
from assay.serve.jobs import Jobs
from assay.serve.looking import Looking
from assay.serve.metrics import Metrics
from assay.serve.programs import Programs
from assay.serve.routing import Routing
from assay.serve.sections import Sections
from assay.serve.settings import Set
from assay.serve.started import Answered, Started
from assay.serve.tracing import Tracing
from assay.serve.waiving import Waiving
from assay.serve.weights import Weights

PAGE = 50  # rows of a page
MOST_ROWS = 500  # that may be asked for at once
_RENDERED = 8  # reports that are kept rendered: each is a few hundred kB
_FIELDS = ("check", "kind", "effect", "model", "q", "after")  # of a question about findings
_TYPES = {
    **dict.fromkeys(("json", "sarif", "cyclonedx", "spdx"), JSON),
    "markdown": "text/markdown; charset=utf-8",
    "junit": "application/xml",
}
_KINDS = (workbench.ANY, *Kind)
_MATTER = ("fail", "review")  # the kinds that are shown where none is asked for


T = TypeVar("T")


class _Pages(Protocol):
    """What answers at some addresses: the path of each, and what answers there."""

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]: ...


def application(
    registry: Registry,
    jobs: Jobs,
    *,
    may: bool = True,
    traced: Tracing | None = None,
    asking: Asking | None = None,
    metrics: Metrics | None = None,
    settings: Set | None = None,
) -> Any:
    """The ASGI application over one registry; who may ask it is for a guard before it to say.

    Args:
        jobs: what runs audits that are started here.
        may: whether pages offer what changes something; a guard refuses it where they do not.
        metrics: what is counted, by the guard too.
        settings: what it runs with; None: only what nobody can change is told.
        traced: the corpora in which a text is looked for; None: there are none.
        asking: the model that answers; None: none does.
    """
    traced, asking, routing = traced or Tracing(), asking or Asking(), Routing()
    shown, started, waiving = Shown(registry, may=may), Started(registry, jobs, may=may), Waiving(registry, may=may)
    values, looking = settings or Set(), Looking(asking)
    programs = Programs(asking, looking, traced)
    parts: list[_Pages] = [Sections(registry), traced, asking, looking, programs, values, *filter(None, [metrics])]
    for part in parts:
        for path, answer in part.pages():
            routing.shows(path, answer)
    for path, answer in _pages(shown, Weights(registry), started, waiving):
        routing.shows(path, answer)
    for method, path, change in (
        *_changes(started, waiving),
        *traced.changes(),
        *asking.changes(),
        *programs.changes(),
    ):
        routing.changes(method, path, change)
    routing.tells("/jobs/{id}/events", started.events)
    routing.tells("/ask/{id}/events", asking.events)
    routing.tells("/api/v1/answers/{id}/events", asking.events)
    return routing.application()


def _pages(
    shown: Shown, weights: Weights, started: Started, waiving: Waiving
) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
    """What can be looked at: the path, and what answers."""
    yield "/", shown.library
    yield "/findings", shown.findings
    yield "/models", shown.history
    yield "/compare", shown.compare
    yield "/audits/{digest}", shown.report
    yield "/audits/{digest}/weights", weights.page
    yield "/audits/{digest}/{format}", shown.document
    yield "/api/v1/audits", shown.listed
    yield "/api/v1/audits/{digest}", shown.dossier
    yield "/api/v1/findings", shown.found
    yield "/waivers", waiving.page
    yield "/waivers/new", waiving.new
    yield "/api/v1/waivers", waiving.listed
    yield "/jobs", started.page
    yield "/jobs/{id}", started.job
    yield "/api/v1/jobs", started.listed
    yield "/api/v1/jobs/{id}", started.one
    yield "/api/v1/openapi.json", lambda request: in_json(description(prefix(request)))


def _changes(started: Started, waiving: Waiving) -> Iterator[tuple[str, str, Callable[..., Answered]]]:
    """What changes something: the method, the path, and what answers."""
    yield "POST", "/waivers", waiving.record
    yield "POST", "/waivers/{id}/end", waiving.take_back
    yield "POST", "/api/v1/waivers", waiving.asked
    yield "DELETE", "/api/v1/waivers/{id}", waiving.deleted
    yield "POST", "/jobs", started.start
    yield "POST", "/jobs/{id}/cancel", started.cancel
    yield "POST", "/api/v1/jobs", started.asked
    yield "DELETE", "/api/v1/jobs/{id}", started.deleted


class Shown:
    """What is answered to each request; body and type."""

    def __init__(self, registry: Registry, *, may: bool) -> None:
        self._registry, self._may = registry, may
        self._rendered = lru_cache(_RENDERED)(self._report)

    def library(self, request: Any) -> tuple[bytes, str]:
        """The latest audit of each model."""
        asked = value(request, "q")
        found, more = _cut(self._registry.audits(*asked.split(), most=PAGE + 1), PAGE)
        rows, since = inheriting(self._registry.descents(found)), self._registry.since(found)
        place = self._registry.place.shown
        return workbench.library(rows, since, asked, more=more, place=place, may=self._may), HTML

    def findings(self, request: Any) -> tuple[bytes, str]:
        """Findings over all latest audits."""
        asked, after = _asked(request)
        found, more = _cut(self._registry.findings(asked, most=PAGE + 1), PAGE)
        following = found[-1].id if more else None
        given = {name: value(request, name) for name in _FIELDS}
        return workbench.findings(found, given | {"after": str(after or "")}, following, may=self._may), HTML

    def history(self, request: Any) -> tuple[bytes, str]:
        """The audits of one model."""
        name = value(request, "name")
        try:
            found, more = _cut(self._registry.history(name, PAGE + 1), PAGE)
        except UsageError as cause:
            raise Refusal(404, str(cause)) from None
        return workbench.history(found[0].name, found, more=more), HTML

    def compare(self, request: Any) -> tuple[bytes, str]:
        """What changed between two audits."""
        from assay.pipeline.change import change

        old, new = kept(self._registry, value(request, "old")), kept(self._registry, value(request, "new"))
        before, after = self._registry.dossier(old), self._registry.dossier(new)
        return change_page(change(before, after), before, after, workbench.links()), HTML

    def report(self, request: Any) -> tuple[bytes, str]:
        """The report of an audit, as `assay show -o report.html` writes it, with the links of the workbench."""
        return self._rendered(kept(self._registry, request.path_params["digest"])), HTML

    def document(self, request: Any) -> tuple[bytes, str]:
        """An audit in another format."""
        name = request.path_params["format"]
        if name not in workbench.FORMATS:
            raise Refusal(404, f"There is no format {name[:40]!r}: expected one of {', '.join(workbench.FORMATS)}.")
        return self._written(request, name)

    def listed(self, request: Any) -> tuple[bytes, str]:
        """Audits as JSON."""
        most, whole = _number(request, "most", PAGE), every(request)
        rows, more = _cut(self._registry.audits(*value(request, "q").split(), every=whole, most=most + 1), most)
        return in_json({"audits": encode(tuple(rows)), "more": more})

    def dossier(self, request: Any) -> tuple[bytes, str]:
        """The dossier of an audit, as it is kept."""
        return self._written(request, "json")

    def found(self, request: Any) -> tuple[bytes, str]:
        """Findings as JSON; `next` is what `after` has to be for those that follow, null where none do."""
        asked, _ = _asked(request)
        most = _number(request, "most", PAGE)
        rows, more = _cut(self._registry.findings(asked, most=most + 1), most)
        return in_json({"findings": encode(tuple(rows)), "next": rows[-1].id if more else None})

    def _written(self, request: Any, name: str) -> tuple[bytes, str]:
        dossier = self._registry.dossier(kept(self._registry, request.path_params["digest"]))
        return dossier.render(name).encode(), _TYPES[name]

    def _report(self, audit: KeptAudit) -> bytes:
        from assay.render.output.html import write

        history = self._registry.history(audit.name, MOST_ROWS)
        at = next((number for number, row in enumerate(history) if row.id == audit.id), len(history))
        before = history[at + 1] if at + 1 < len(history) else None
        body = io.BytesIO()
        accepting = partial(workbench.accepting, audit.dossier) if self._may else None
        write(self._registry.dossier(audit), body, links=workbench.of_audit(audit, before), accepting=accepting)
        return body.getvalue()


def _asked(request: Any) -> tuple[Asked, int | None]:
    after = _number(request, "after", 0, most=2**62) or None
    check, model, words = (value(request, name) for name in ("check", "model", "q"))
    kind, effect = chosen(request, "kind", _KINDS), chosen(request, "effect", list(Effect))
    kinds = () if kind == workbench.ANY or (effect and not kind) else (kind,) if kind else _MATTER
    return Asked(check, kinds, effect, model, words, after), after


def _cut(rows: list[T], most: int) -> tuple[list[T], bool]:
    """The first `most`, and whether there are more."""
    return rows[:most], len(rows) > most


def _number(request: Any, name: str, usual: int, most: int = MOST_ROWS) -> int:
    text = value(request, name)
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= most):
        raise Refusal(400, f"{name} is {text[:40]!r}: expected a number from 1 to {most:,}.")
    return int(text)
