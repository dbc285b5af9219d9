"""What a program may rely on at /api/v1: its description, and what is said to what it should not have asked."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay.serve.description import description
from tests.builders.workbench import Workbench
from tests.serve.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_links_lead_from_what_comes_back_to_what_can_be_asked() -> None:
    paths = description()["paths"]
    operations = {said["operationId"]: (path, said) for path, ways in paths.items() for said in ways.values()}
    assert len(operations) == sum(map(len, paths.values())), "each has a name of its own"
    links = [
        (link, answer["content"]["application/json"]["schema"])
        for _, said in operations.values()
        for answer in said["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 5
    for link, schema in links:
        path, said = operations[link["operationId"]]
        for name, where in link["parameters"].items():
            assert f"{{{name}}}" in path and name in {row["name"] for row in said["parameters"]}
            assert where.removeprefix("$response.body#/").split("/")[0] in schema["required"]


def test_what_is_too_long_is_not_cut_and_then_answered(bench: Workbench) -> None:
    for path in ("/api/v1/audits?q=", "/api/v1/findings?model=", "/api/v1/waivers?model=", "/findings?q="):
        assert bench.ask(path + "a" * 500, **BEARER).status == 200
        answer = bench.ask(path + "a" * 501, **BEARER)
        assert answer.status == 400 and "501 characters: at most 500" in answer.text


def test_a_word_that_nothing_has_is_said_and_does_not_find_nothing(bench: Workbench) -> None:
    for asked in ("findings?kind=failed", "findings?effect=block", "audits?all=yes", "waivers?all=1"):
        answer = bench.ask(f"/api/v1/{asked}", **BEARER)
        assert answer.status == 400 and "expected one of" in json.loads(answer.text)["error"], asked
    assert "expected one of any, fail" in bench.ask("/findings?kind=failed", **BEARER).text
    for asked in ("findings?kind=any", "findings?kind=", "findings?effect=blocks", "audits?all=true", "waivers?all="):
        assert bench.ask(f"/api/v1/{asked}", **BEARER).status == 200, asked


def test_a_method_that_is_not_offered_is_told_from_a_page_that_is_not_there(bench: Workbench) -> None:
    for path, ways in (
        ("/api/v1/jobs", "GET, HEAD, POST"),
        ("/api/v1/waivers/x", "DELETE"),
        ("/api/v1/audits/x", "GET, HEAD"),
        ("/jobs", "GET, HEAD, POST"),
    ):
        for method in ("TRACE", "PUT", "PATCH", "NONSENSE"):
            answer = bench.ask(path, method, **BEARER)
            assert (answer.status, answer.headers.get("allow")) == (405, ways), (path, method)
    assert "alone" in json.loads(bench.ask("/api/v1/jobs", "PUT", **BEARER).text)["error"]
    assert bench.ask("/api/v1/nothing", "PUT", **BEARER).status == 404


def test_a_waiver_that_is_not_there_is_not_found(bench: Workbench) -> None:
    answer = bench.ask("/api/v1/waivers/0000", "DELETE", **BEARER)
    assert answer.status == 404 and "0 waivers that count" in json.loads(answer.text)["error"]
