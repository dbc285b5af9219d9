"""What the workbench answers about audits that are started in it: pages, JSON, and events as they go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from typing import Any
from urllib.parse import parse_qs

from assay.errors import UsageError
from assay.facts.codec import encode
from assay.facts.job import Job
from assay.facts.kept import KeptAudit
from assay.network.serving import Refusal
from assay.registry import Registry
from assay.render.record import jobs_page
from assay.serve.answers import HTML, JSON, in_json
from assay.serve.asked import NUMBERED, number, who
from assay.serve.jobs import Full, Jobs

MOST_STREAMS = 64  # pages that are told at once
_EVERY = 0.25  # seconds between two looks
_ALIVE = 60  # looks without anything new, after which a line says that the stream goes on
_FORM = "application/x-www-form-urlencoded"
Answered = tuple[bytes, str, int, dict[str, str]]


class Started:
    """What is answered to each request; body and type, and of what changes something status and headers."""

    def __init__(self, registry: Registry, jobs: Jobs, *, may: bool) -> None:
        self._registry, self._jobs, self._may = registry, jobs, may
        self._streams = 0

    def page(self, _request: Any) -> tuple[bytes, str]:
        """All jobs."""
        return jobs_page.jobs(self._jobs.last(), may=self._may), HTML

    def job(self, request: Any) -> tuple[bytes, str]:
        """One job."""
        job = self._one(request)
        return jobs_page.job(job, self._kept(job), may=self._may), HTML

    def start(self, request: Any, raw: bytes) -> Answered:
        """Start what a form asks for, and lead to its page."""
        job = self._start(request, form(request, raw).get("model", ""))
        return b"", HTML, 303, {"Location": f"/jobs/{job.id}"}

    def cancel(self, request: Any, _raw: bytes) -> Answered:
        """End a job, and lead to its page."""
        job = self._jobs.cancel(self._one(request).id, who(request))
        return b"", HTML, 303, {"Location": f"/jobs/{job.id}"}

    def listed(self, _request: Any) -> tuple[bytes, str]:
        """All jobs as JSON."""
        return in_json({"jobs": encode(self._jobs.last())})

    def one(self, request: Any) -> tuple[bytes, str]:
        """One job as JSON."""
        return _job(self._one(request)), JSON

    def asked(self, request: Any, raw: bytes) -> Answered:
        """Start what JSON asks for."""
        model = texts(request, raw, ("model",)).get("model")
        if model is None:
            raise Refusal(400, 'expected {"model": "a path or hf://org/name"}')
        return _job(self._start(request, model)), JSON, 201, {}

    def deleted(self, request: Any, _raw: bytes) -> Answered:
        """End a job."""
        return _job(self._jobs.cancel(self._one(request).id, who(request))), JSON, 200, {}

    def events(self, request: Any) -> AsyncIterator[bytes]:
        """A job each time that it is another (Refusal: there is none, or too many look)."""
        id = self._one(request).id
        if self._streams >= MOST_STREAMS:
            raise Refusal(503, f"{MOST_STREAMS} pages are told already: look at the page again")
        return self._told(id)

    async def _told(self, id: int) -> AsyncIterator[bytes]:
        self._streams += 1
        try:
            last, still = b"", 0
            while not self._jobs.over():
                job = self._jobs.own(id)
                if job is None:  # of another server: the database is asked, and nobody waits for that
                    job = await asyncio.to_thread(self._jobs.one, id)
                record = jobs_page.event(job)
                still = still + 1 if record == last else 0
                if not still:
                    yield record
                elif still % _ALIVE == 0:
                    yield b":\n\n"
                last = record
                if job.state.ended:
                    return
                await asyncio.sleep(_EVERY)
        finally:
            self._streams -= 1

    def _start(self, request: Any, model: str) -> Job:
        try:
            return self._jobs.start(model, who(request))
        except Full as cause:
            raise Refusal(429, str(cause)) from None

    def _one(self, request: Any) -> Job:
        text = str(request.path_params["id"])
        try:
            return self._jobs.one(number(text, NUMBERED))
        except UsageError as cause:
            raise Refusal(404, str(cause)) from None

    def _kept(self, job: Job) -> KeptAudit | None:
        """The audit that a job says it kept, if it is kept here."""
        try:
            return self._registry.one(job.kept) if job.kept else None
        except UsageError:
            return None


def form(request: Any, raw: bytes) -> dict[str, str]:
    """The fields of a form, each by its last value (Refusal: it is none)."""
    if _kind(request) != _FORM:
        raise Refusal(415, f"expected a form, {_FORM}")
    try:
        fields = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise Refusal(400, "what was sent is no form in UTF-8") from None
    return {name: values[-1] for name, values in fields.items()}


def texts(request: Any, raw: bytes, names: Collection[str], numbers: Collection[str] = ()) -> dict[str, str]:
    """The texts of a JSON object that has no others than these, and its numbers as texts (Refusal: it is none such)."""
    if _kind(request) != JSON:
        raise Refusal(415, f"expected {JSON}")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(400, "what was sent is no JSON") from None
    found = _texts(value, names, numbers) if isinstance(value, dict) else None
    if found is None:
        and_numbers = f", and of numbers: {', '.join(numbers)}" if numbers else ""
        raise Refusal(400, f"expected an object of texts: {', '.join(names)}{and_numbers}")
    return found


def _texts(value: dict[str, Any], names: Collection[str], numbers: Collection[str]) -> dict[str, str] | None:
    found = {}
    for name, row in value.items():
        if name in names and isinstance(row, str):
            try:
                row.encode()
            except UnicodeEncodeError:
                raise Refusal(400, f"{name}: half of a surrogate pair is no text") from None
        elif name not in numbers or isinstance(row, bool) or not isinstance(row, int | float):
            return None
        found[name] = str(row)
    return found


def _kind(request: Any) -> str:
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _job(job: Job) -> bytes:
    return json.dumps({"job": encode(job)}).encode()
