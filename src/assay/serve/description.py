"""The description of the JSON that the workbench answers, in OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from typing import Any

from assay.facts.finding import Effect, Kind
from assay.facts.job import State
from assay.render.record.workbench import ANY
from assay.serve import asking, tracing
from assay.version import VERSION

_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_MOST = {"name": "most", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}}
_AUDIT = {"type": "object", "required": ["id", "name", "dossier", "verdict", "last_kept"]}
_JOB = {
    "type": "object",
    "required": [
        "id",
        "model",
        "state",
        "asked",
        "ended",
        "label",
        "done",
        "total",
        "unit",
        "kept",
        "said",
        "by",
        "ended_by",
    ],
    "properties": {"state": {"enum": [row.value for row in State]}},
}
_WAIVER = {
    "type": "object",
    "required": ["id", "model", "check", "artifact", "reason", "owner", "expires", "by", "at", "ended_by", "ended_at"],
}
_SETTING = {key: {"type": "string"} for key in ("name", "value", "origin")}
_SETTINGS = {
    "type": "object",
    "required": ["title", "rows"],
    "properties": {
        "title": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object", "required": list(_SETTING), "properties": _SETTING}},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["id", "model", "question", "asked", "state", "tokens", "said", "place"],
    "properties": {
        "state": {"enum": [row.value for row in State]},
        "tokens": {"type": "array", "items": {"type": "object", "required": ["text", "start", "stop", "logprob"]}},
        "found": {"type": "object", "required": ["text", "tokens", "scores", "spans", "sentences", "judged"]},
    },
}
_MODEL = {"type": "string", "minLength": 1, "maxLength": 4096}
_TEXT: dict[str, Any] = {"type": "string", "maxLength": 500}
# what can be asked next: where in the answer of an operation the parameter of others stands
_NEXT = (
    ("get", "/audits", "/audits/0/dossier", "digest", (("get", "/audits/{digest}"),)),
    ("post", "/jobs", "/job/id", "id", (("get", "/jobs/{id}"), ("delete", "/jobs/{id}"))),
    ("post", "/waivers", "/waiver/id", "id", (("delete", "/waivers/{id}"),)),
    ("post", "/answers", "/answers/0/id", "id", (("get", "/answers/{id}"), ("delete", "/answers/{id}"))),
    ("post", "/traces", "/id", "id", (("get", "/traces/{id}"),)),
)


def description(prefix: str = "") -> dict[str, Any]:
    """The document: what can be asked at `/api/v1` below a prefix, with which parameters, and what comes back."""
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
    rows["/settings"] = _asked(
        "What the workbench runs with, in groups; `origin` is where a value comes from.",
        (),
        {"settings": {"type": "array", "items": _SETTINGS}},
    )
    rows |= _jobs() | _waivers() | _models() | _traces()
    _name(rows)
    return {
        "openapi": "3.1.0",
        "info": {"title": "assay", "version": VERSION, "summary": "Audits of models that are kept here."},
        "servers": [{"url": f"{prefix}/api/v1"}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": rows,
    }


def _name(rows: dict[str, Any]) -> None:
    """Name each operation, and link those of which one gives what another asks for."""
    for path, ways in rows.items():
        for method, said in ways.items():
            said["operationId"] = _id(method, path)
    for method, path, at, parameter, others in _NEXT:
        said = rows[path][method]
        good = said["responses"]["201" if method == "post" else "200"]
        good["links"] = {
            _id(*other): {"operationId": _id(*other), "parameters": {parameter: f"$response.body#{at}"}}
            for other in others
        }


def _id(method: str, path: str) -> str:
    return "_".join([method, *(part.strip("{}") for part in path.split("/") if part)])


def _jobs() -> dict[str, Any]:
    """What starts audits, follows and ends them."""
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 15}}
    one = {"job": _JOB}
    asked = {"type": "object", "required": ["model"], "properties": {"model": _MODEL}}
    body = {"required": True, "content": {"application/json": {"schema": asked | {"additionalProperties": False}}}}
    started = _asked("Start an audit, which is kept: of a path there, or of hf://org/name[@revision].", (), one, "201")
    started["get"] |= {"requestBody": body}
    return {
        "/jobs": {
            **_asked(
                "Audits that were started here, the last one first.", (), {"jobs": {"type": "array", "items": _JOB}}
            ),
            "post": started["get"],
        },
        "/jobs/{id}": {
            **_asked("One of them: how far it is, and what came of it.", (id,), one),
            "delete": _asked("End it, if it has not ended.", (id,), one)["get"],
        },
    }


def _waivers() -> dict[str, Any]:
    """What lists, records and takes back waivers."""
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 32}}
    one = {"waiver": _WAIVER}
    texts = dict.fromkeys(("audit", "check", "artifact", "reason", "owner"), _TEXT) | {
        "expires": {"format": "date", **_TEXT}
    }
    asked = {"type": "object", "required": ["audit", "check", "reason", "owner", "expires"], "properties": texts}
    recorded = _asked("Accept a finding of a kept audit, for exactly its files.", (), one, "201")["get"]
    body = {"required": True, "content": {"application/json": {"schema": asked | {"additionalProperties": False}}}}
    return {
        "/waivers": {
            **_asked(
                "Waivers that were recorded, oldest first.",
                (
                    _query("model", "The name of a model."),
                    _query("all", "`true`: also those taken back.", ["true", ""]),
                ),
                {"waivers": {"type": "array", "items": _WAIVER}},
            ),
            "post": recorded | {"requestBody": body},
        },
        "/waivers/{id}": {"delete": _asked("Take a waiver back; it stays on record.", (id,), one)["get"]},
    }


def _models() -> dict[str, Any]:
    """What asks the models that run, and looks into what they said."""
    id = _in_path("id", "The number of an answer.")
    number = _in_path("number", "The number of a token, from 1.")
    one = {"answer": _ANSWER}
    many = {"answers": {"type": "array", "items": _ANSWER}}
    fields = {
        "question": {"type": "string", "maxLength": asking.MOST_TEXT, "pattern": r"\S"},
        "document": {
            "type": "string",
            "maxLength": asking.MOST_TEXT,
            "description": "To hold it against; no model sees it.",
        },
        "most": {"type": "integer", "minimum": 1, "maximum": asking.MOST_TOKENS, "default": 128},
        "temperature": {"type": "number", "minimum": 0, "maximum": 5, "default": 0},
        "samples": {"type": "integer", "minimum": 0, "maximum": asking.MOST_SAMPLES, "default": 0},
    }
    events = _asked(
        "Its tokens as server-sent events, each as soon as it is known; the last says that it is over.", (id,), {}
    )
    events["get"]["responses"]["200"]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    whole = _query("whole", "`true`: also replace values, which takes long.", ["true", ""])
    return {
        "/models": _asked(
            "The models that answer, in the order that `place` of an answer names.",
            (),
            {
                "models": {
                    "type": "array",
                    "items": {"type": "object", "required": ["name", "runtime", "sha256", "can"]},
                }
            },
        ),
        "/answers": {
            **_asked("The last answers, the newest first, without their tokens.", (), many),
            "post": _sent("Ask every model that runs.", many, fields, ("question",)),
        },
        "/answers/{id}": {
            **_asked("An answer as far as it is; `found` once it has ended: scores, spans, sentences.", (id,), one),
            "delete": _asked("Stop it, if it has not ended; what there is of it stays.", (id,), one)["get"],
        },
        "/answers/{id}/events": events,
        "/answers/{id}/tokens/{number}": _asked(
            "The inside of the model at one token, as `assay inside` writes it.",
            (id, number, whole),
            {"inside": {"type": "object", "required": ["token", "answer", "proofs"]}},
        ),
    }


def _traces() -> dict[str, Any]:
    """What traces a text in the corpora."""
    found = {"id": {"type": "string"}, "trace": {"type": "object", "required": ["text", "spans", "sources"]}}
    fields = {
        "text": {"type": "string", "maxLength": tracing.MOST_TEXT, "pattern": r"\S"},
        "prompt": {"type": "string"},
    }
    return {
        "/traces": {"post": _sent("Trace a text in the corpora of the workbench.", found, fields, ("text",))},
        "/traces/{id}": _asked("A text that was traced.", (_in_path("id", "The name of a trace."),), found),
    }


def _in_path(name: str, said: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": said,
        "schema": {"type": "string", "maxLength": 64},
    }


def _sent(
    summary: str, properties: dict[str, Any], fields: dict[str, Any], required: tuple[str, ...]
) -> dict[str, Any]:
    """What is sent as an object of these fields, and makes something."""
    schema = {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}
    found: dict[str, Any] = _asked(summary, (), properties, "201")["get"]
    return found | {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _query(name: str, said: str, values: list[str] | None = None) -> dict[str, Any]:
    schema = {"type": "string", "enum": values} if values else _TEXT
    return {"name": name, "in": "query", "description": said, "schema": schema}


def _asked(
    summary: str, parameters: tuple[dict[str, Any], ...], properties: dict[str, Any], status: str = "200"
) -> dict[str, Any]:
    good = {"type": "object", "required": list(properties), "properties": properties}
    trouble = {"description": "Why not.", "content": {"application/json": {"schema": _ERROR}}}
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                status: {"description": "Done.", "content": {"application/json": {"schema": good}}},
                **dict.fromkeys(("400", "401", "403", "404", "408", "409", "413", "415", "429", "500", "503"), trouble),
            },
        }
    }
