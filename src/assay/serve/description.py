"""The description of the JSON that the workbench answers, in OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from typing import Any

from assay.facts.finding import Effect, Kind
from assay.render.record.workbench import ANY
from assay.version import VERSION

_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_MOST = {"name": "most", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}}
_AUDIT = {"type": "object", "required": ["id", "name", "dossier", "verdict", "last_kept"]}
_TEXT: dict[str, Any] = {"type": "string", "maxLength": 500}


def description() -> dict[str, Any]:
    """The document: what can be asked at `/api/v1`, with which parameters, and what comes back."""
    rows = {
        "/audits": _asked(
            "The latest audit of each kept model, newest first, or every audit.",
            (
                _query("q", "Words as `assay list` takes them."),
                _query("all", "`true`: every audit.", ["true", ""]),
                _MOST,
            ),
            {"audits": {"type": "array", "items": _AUDIT}, "more": {"type": "boolean"}},
        ),
        "/audits/{digest}": _asked(
            "A dossier (docs/dossier.schema.json), verified by its digest.",
            ({"name": "digest", "in": "path", "required": True, "schema": _TEXT},),
            {"subject": {"type": "object"}},
        ),
        "/findings": _asked(
            "Findings of the latest audits, newest first.",
            (
                _query("check", "A check or a pattern such as `pickle.*`, or a fingerprint."),
                _query("kind", "Without it fail and review.", ["", ANY, *(row.value for row in Kind)]),
                _query("effect", "What it does to the verdict.", ["", *(row.value for row in Effect)]),
                _query("model", "Part of a model's name, or a pattern."),
                _query("q", "Words of the finding or its file."),
                {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                _MOST,
            ),
            {"findings": {"type": "array", "items": {"type": "object"}}, "next": {"type": ["integer", "null"]}},
        ),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "assay", "version": VERSION, "summary": "Audits of models that are kept here."},
        "servers": [{"url": "/api/v1"}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": rows,
    }


def _query(name: str, said: str, values: list[str] | None = None) -> dict[str, Any]:
    schema = {"type": "string", "enum": values} if values else _TEXT
    return {"name": name, "in": "query", "description": said, "schema": schema}


def _asked(summary: str, parameters: tuple[dict[str, Any], ...], properties: dict[str, Any]) -> dict[str, Any]:
    good = {"type": "object", "required": list(properties), "properties": properties}
    trouble = {"description": "Why not.", "content": {"application/json": {"schema": _ERROR}}}
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": "Found.", "content": {"application/json": {"schema": good}}},
                **dict.fromkeys(("400", "401", "404", "500"), trouble),
            },
        }
    }
