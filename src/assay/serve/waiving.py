"""What the workbench answers about waivers: who accepted what, and how one is recorded and taken back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from assay.errors import UsageError
from assay.facts.codec import encode
from assay.facts.dossier import Waiver, WaiverState
from assay.facts.kept import Accepted, KeptAudit
from assay.network.serving import Refusal
from assay.registry import Registry
from assay.registry.accepting import accept, accepted, take_back
from assay.render.record import waivers_page
from assay.serve.answers import HTML, JSON, READ_ONLY, in_json
from assay.serve.asked import LONGEST, every, kept, value, who
from assay.serve.started import Answered, form, texts


class Waiving:
    """What is answered to each request; body and type, and of what changes something status and headers."""

    def __init__(self, registry: Registry, *, may: bool) -> None:
        self._registry, self._may = registry, may

    def page(self, request: Any) -> tuple[bytes, str]:
        """The waivers of a model, or of all, with those that were taken back."""
        model = value(request, "model")
        rows = self._registry.database.read(lambda connection: accepted(connection, model, every=True))
        return waivers_page.waivers(rows, model, may=self._may, today=_today()), HTML

    def new(self, request: Any) -> tuple[bytes, str]:
        """The form, for a check of an audit."""
        if not self._may:
            raise Refusal(403, READ_ONLY)
        given = dict(request.query_params)
        return waivers_page.new(kept(self._registry, given.get("audit", "")), given), HTML

    def record(self, request: Any, raw: bytes) -> Answered:
        """Record what a form accepts, and lead to the waivers of its model; what cannot be is said in the form."""
        given = {name: text.strip() for name, text in form(request, raw).items()}
        audit = kept(self._registry, given.get("audit", ""))
        try:
            self._accept(audit, who(request), *(given.get(name, "") for name in waivers_page.FIELDS))
        except UsageError as cause:
            return waivers_page.new(audit, given, str(cause)), HTML, 400, {}
        return b"", HTML, 303, {"Location": "/waivers"}

    def take_back(self, request: Any, _raw: bytes) -> Answered:
        """Take a waiver back, and lead to the list."""
        self._taken_back(request)
        return b"", HTML, 303, {"Location": "/waivers"}

    def listed(self, request: Any) -> tuple[bytes, str]:
        """The waivers that count, or `all` of them, as JSON."""
        model, whole = value(request, "model"), every(request)
        rows = self._registry.database.read(lambda connection: accepted(connection, model, every=whole))
        return in_json({"waivers": encode(tuple(rows))})

    def asked(self, request: Any, raw: bytes) -> Answered:
        """Record what JSON accepts."""
        given = {name: row.strip() for name, row in texts(request, raw, ("audit", *waivers_page.FIELDS)).items()}
        audit = kept(self._registry, given.get("audit", ""))
        row = self._accept(audit, who(request), *(given.get(name, "") for name in waivers_page.FIELDS))
        return _waiver(row), JSON, 201, {}

    def deleted(self, request: Any, _raw: bytes) -> Answered:
        """Take a waiver back; it stays on record."""
        return _waiver(self._taken_back(request)), JSON, 200, {}

    def _taken_back(self, request: Any) -> Accepted:
        try:
            return take_back(self._registry, str(request.path_params["id"]), who(request))
        except UsageError as cause:
            raise Refusal(404, str(cause)) from None

    def _accept(
        self, audit: KeptAudit, by: str, check: str, artifact: str, reason: str, owner: str, expires: str
    ) -> Accepted:
        for name, said in (("check", check), ("reason", reason), ("owner", owner)):
            if not said or len(said) > LONGEST:
                raise UsageError(f"the {name} is {'missing' if not said else f'longer than {LONGEST} characters'}")
        try:
            day = date.fromisoformat(expires).isoformat()
        except ValueError:
            raise UsageError(f"{expires[:40]!r} is no date such as 2027-06-30") from None
        dossier = self._registry.dossier(audit)
        subject = dossier.subject
        waiver = Waiver(
            check, artifact, subject.sha256, reason, owner, day, subject.files_sha256, WaiverState.UNMATCHED
        )
        return accept(self._registry, dossier, waiver, by)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _waiver(row: Accepted) -> bytes:
    return json.dumps({"waiver": encode(row)}).encode()
