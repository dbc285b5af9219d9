"""What programs get below /api/v1 of models that run and of traced texts: as it is described, and by role."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
import jsonschema

from assay import registry
from assay.serve.asking import Asking
from assay.serve.people import Person, Role
from assay.serve.tracing import Tracing
from tests.builders.corpus import opened
from tests.builders.slow import HOSTILE, WORDS, Slow
from tests.builders.workbench import Answer, Workbench, workbench

TOKENS = {role: f"a token for who may {role.name.lower()}" for role in Role}
TEXT = "The capital is Canberra, says King O'Malley, and the capital was Melbourne before."


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The workbench, which only shows, with two models that write at once."""
    folder = tmp_path_factory.mktemp("programs")
    opened(folder, [TEXT])
    with registry.open(str(folder / "kept"), new=True):
        pass
    models, traced = (Slow(f"one {HOSTILE}"), Slow("two")), Tracing((str(folder / "index"),))
    people = tuple(Person(role.name, role, TOKENS[role].replace(" ", "-")) for role in Role)
    with workbench(
        str(folder / "kept"), read_only=True, people=people, traced=traced, asking=Asking(models, traced)
    ) as found:
        for model in models:
            model.let(10_000)
        yield found


def sent(bench: Workbench, path: str, value: object = None, role: Role = Role.AUDIT, method: str = "") -> Answer:
    headers = {"Authorization": f"Bearer {TOKENS[role].replace(' ', '-')}"}
    raw = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
    if raw:
        headers["Content-Type"] = "application/json"
    return bench.send(f"/api/v1{path}", raw, headers, method or ("GET" if value is None else "POST"))


def described(bench: Workbench, path: str, method: str, answer: Answer) -> Any:
    """What was answered, which is as the description says."""
    said = json.loads(sent(bench, "/openapi.json").text)["paths"][path][method]["responses"][str(answer.status)]
    found = json.loads(answer.text)
    jsonschema.validate(found, said["content"]["application/json"]["schema"])
    return found


def test_a_question_goes_to_every_model_and_its_answers_are_as_described(bench: Workbench) -> None:
    models = described(bench, "/models", "get", sent(bench, "/models"))["models"]
    assert [row["name"] for row in models] == [f"one {HOSTILE}", "two"] and models[0]["can"] == ["generate"]
    body = {
        "question": "What is the capital?",
        "document": "It is Sydney.",
        "most": 8,
        "temperature": 0.5,
        "samples": 0,
    }
    answer = sent(bench, "/answers", body)
    rows = described(bench, "/answers", "post", answer)["answers"]
    assert answer.status == 201 and [row["place"] for row in rows] == [0, 1]
    at = f"/answers/{rows[1]['id']}"
    while (row := described(bench, "/answers/{id}", "get", sent(bench, at))["answer"])["state"] != "done":
        time.sleep(0.02)
    assert "".join(token["text"] for token in row["tokens"]) == row["found"]["text"] == "".join(WORDS[:8])
    assert row["found"]["documents"] and row["found"]["scores"]
    events = sent(bench, f"{at}/events").text
    assert events.count("data: ") == 9 and json.loads(events.splitlines()[1].removeprefix("data: "))["text"] == "The"
    listed = described(bench, "/answers", "get", sent(bench, "/answers"))["answers"]
    assert {row["id"] for row in listed} >= {1, 2} and not any(row["tokens"] or "found" in row for row in listed)
    stopped = described(bench, "/answers/{id}", "delete", sent(bench, at, method="DELETE"))["answer"]
    assert stopped["state"] == "done"
    inside = sent(bench, f"{at}/tokens/2")
    assert (
        inside.status == 400
        and "shows nothing" in described(bench, "/answers/{id}/tokens/{number}", "get", inside)["error"]
    )


def test_a_text_is_traced_and_found_again(bench: Workbench) -> None:
    answer = sent(bench, "/traces", {"text": TEXT, "prompt": "What was the capital?"}, Role.VIEW)
    found = described(bench, "/traces", "post", answer)
    assert answer.status == 201 and found["trace"]["spans"]
    again = described(bench, "/traces/{id}", "get", sent(bench, f"/traces/{found['id']}"))
    assert (
        again == found and bench.ask(f"/trace/{found['id']}", Authorization=f"Bearer {TOKENS[Role.VIEW]}").status == 401
    )
    assert sent(bench, "/traces/0123", role=Role.VIEW).status == 404


@pytest.mark.parametrize(
    ("path", "value", "status", "said"),
    [
        ("/answers", {}, 400, "there is no question"),
        ("/answers", {"question": "x", "most": 513}, 400, "no number from 1 to 512"),
        ("/answers", {"question": "x", "most": 1.5}, 400, "no whole number"),
        ("/answers", {"question": "x", "most": True}, 400, "expected an object of texts"),
        ("/answers", {"question": 1}, 400, "expected an object of texts"),
        ("/answers", {"question": "x", "model": "../x"}, 400, "expected an object of texts"),
        ("/answers", {"question": "\ud800"}, 400, "half of a surrogate pair"),
        ("/answers", b"[1]", 400, "expected an object of texts"),
        ("/traces", {"text": " "}, 400, "there is no text to trace"),
        ("/traces", {"text": "x" * 200_001}, 400, "at most 200,000"),
    ],
)
def test_what_cannot_be_asked_is_said(bench: Workbench, path: str, value: object, status: int, said: str) -> None:
    answer = sent(bench, path, value)
    assert answer.status == status and said in described(bench, path, "post", answer)["error"]


def test_who_only_looks_asks_no_model(bench: Workbench) -> None:
    refused = sent(bench, "/answers", {"question": "x"}, Role.VIEW)
    assert refused.status == 403 and "this takes audit" in described(bench, "/answers", "post", refused)["error"]
    assert sent(bench, "/answers/1", role=Role.VIEW, method="DELETE").status == 403
    assert sent(bench, "/answers", role=Role.VIEW).status == 200
    for at in ("/answers/99", "/answers/x", "/answers/99/events", "/answers/99/tokens/1"):
        assert sent(bench, at).status == 404
    assert sent(bench, "/jobs", {"model": "/x"}).status == 403  # the workbench only shows
