"""What the workbench answers with: a page, or JSON below `/api`."""

from __future__ import annotations

import json

from assay.render.record.workbench import trouble

API = "/api/"
HTML, JSON = "text/html; charset=utf-8", "application/json"
READ_ONLY = "This workbench was started with --read-only: nothing is changed by it."


def in_json(found: object) -> tuple[bytes, str]:
    """The body and type of a value as JSON."""
    return json.dumps(found).encode(), JSON


def said(path: str, status: int, sentence: str) -> tuple[bytes, str]:
    """The body and type that say why something cannot be shown, in the form that is asked for at this path."""
    if path.startswith(API):
        return in_json({"error": sentence})
    return trouble(status, sentence), HTML
