"""Reports of other tools, taken in as their words: each in the form that its tool writes, and whatever else comes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.reported import Reported
from assay.probes.reported import MOST_ROWS, read
from tests.builders import hub_model
from tests.conftest import messages

GARAK: list[dict[str, Any]] = [
    {"entry_type": "start_run setup", "_config.version": "0.17.1", "plugins.target_name": "smol"},
    {"entry_type": "init", "garak_version": "0.17.1", "run": "r"},
    {"entry_type": "attempt", "status": 2, "probe_classname": "dan.Dan_11_0"},
    {
        "entry_type": "eval", "probe": "dan.Dan_11_0", "detector": "mitigation.MitigationBypass",
        "passed": 3, "fails": 7, "nones": 0, "total_evaluated": 10,
    },
    {"entry_type": "eval", "probe": "glitch.Glitch", "detector": "detector.always.Pass", "passed": 5, "total": 5},
]  # fmt: skip
HARNESS: dict[str, Any] = {
    "results": {"arc_easy": {"alias": "arc_easy", "acc,none": 0.25, "acc_stderr,none": 0.01, "exact,strict": 0.5}},
    "n-samples": {"arc_easy": {"original": 100, "effective": 40}},
    "versions": {"arc_easy": 1},
    "config": {"model": "local-completions", "model_args": "model=smol"},
    "lm_eval_version": "0.4.9",
}
INSPECT: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {"task": "theory", "model": "hf/smol", "packages": {"inspect_ai": "0.3.285"}},
    "results": {
        "total_samples": 8,
        "completed_samples": 8,
        "scores": [
            {"name": "g", "scorer": "model_graded_fact", "metrics": {"accuracy": {"name": "accuracy", "value": 0.75}}}
        ],
    },
}
PROMPTFOO: dict[str, Any] = {
    "evalId": "e",
    "results": {
        "version": 3,
        "stats": {"successes": 1, "failures": 1, "errors": 0},
        "results": [
            {
                "success": ok,
                "provider": {"id": "openai:smol"},
                "gradingResult": {"componentResults": [{"pass": ok, "assertion": {"type": "llm-rubric"}}]},
            }
            for ok in (True, False)
        ],
    },
    "metadata": {"promptfooVersion": "0.123.1"},
}


def zipped(value: Any, name: str = "header.json") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, json.dumps(value))
    return stream.getvalue()


FILES = {
    "garak": "\n".join(map(json.dumps, GARAK)).encode(),
    "lm-evaluation-harness": json.dumps(HARNESS).encode(),
    "inspect_ai": zipped(INSPECT),
    "promptfoo": json.dumps(PROMPTFOO).encode(),
}


def taken(tmp_path: Path, raw: bytes) -> Reported:
    path = tmp_path / "report"
    path.write_bytes(raw)
    return read(path)


def test_each_tool_is_known_by_what_it_writes_with_its_version_and_model(tmp_path: Path) -> None:
    found = {tool: taken(tmp_path, raw) for tool, raw in FILES.items()}
    assert {tool: (row.tool, row.version) for tool, row in found.items()} == {
        "garak": ("garak", "0.17.1"),
        "lm-evaluation-harness": ("lm-evaluation-harness", "0.4.9"),
        "inspect_ai": ("inspect_ai", "0.3.285"),
        "promptfoo": ("promptfoo", "0.123.1"),
    }
    assert all("smol" in row.model and len(row.sha256) == 64 for row in found.values())
    assert found["garak"].by == "reported by garak 0.17.1"


def test_a_model_is_named_whether_its_arguments_are_a_text_or_an_object(tmp_path: Path) -> None:
    config = {"model": "local-completions", "model_args": {"model": "smol", "base_url": "http://127.0.0.1/v1"}}
    raw = json.dumps({**HARNESS, "config": config, "lm_eval_version": "0.4.13"}).encode()
    assert taken(tmp_path, raw).model == "local-completions smol"


def test_a_log_of_inspect_ai_is_packed_as_zstandard(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.ZstdCompressor().compress(json.dumps(INSPECT).encode())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("header.json", packed)
    stored = (0).to_bytes(2, "little")
    raw = stream.getvalue()
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # of the two headers, where the method is
        start = raw.index(mark) + at
        assert raw[start : start + 2] == stored
        raw = raw[:start] + (93).to_bytes(2, "little") + raw[start + 2 :]
    assert taken(tmp_path, raw).rows[0].value == 0.75
    with pytest.raises(UsageError, match="cannot be unpacked"):
        taken(tmp_path, raw.replace(packed[:8], b"\0" * 8))


def test_numbers_are_kept_as_the_tool_says_and_weak_ones_are_marked(tmp_path: Path) -> None:
    bypass, glitch = taken(tmp_path, FILES["garak"]).rows
    assert (bypass.value, bypass.count, bypass.failures) == (0.3, 10, 7) and "precision 0.60" in bypass.weak
    assert (glitch.metric, glitch.value, glitch.failures, glitch.weak) == ("passed, always.Pass", 1.0, 0, "")
    acc, exact = taken(tmp_path, FILES["lm-evaluation-harness"]).rows
    assert (acc.metric, acc.value, acc.count) == ("acc", 0.25, 40) and "fall to chance" in acc.weak
    assert (exact.metric, exact.weak) == ("exact, strict", "")
    (graded,) = taken(tmp_path, FILES["inspect_ai"]).rows
    assert (graded.test, graded.value, graded.count) == ("theory", 0.75, 8) and "graded by another model" in graded.weak
    every, rubric = taken(tmp_path, FILES["promptfoo"]).rows
    assert (every.failures, every.weak) == (1, "") and "graded by another model" in rubric.weak
    assert taken(tmp_path, json.dumps(INSPECT).encode()).tool == "inspect_ai"


def test_a_report_of_promptfoo_without_its_tests_gives_their_sums(tmp_path: Path) -> None:
    stats = {"successes": 3, "failures": 4, "errors": 1, "tokenUsage": {"total": 192}}
    prompts = [{"raw": "What is {{x}}?", "provider": "openai:chat:smol", "metrics": {"testPassCount": 3}}]
    results = {"version": 3, "prompts": prompts, "results": [], "stats": stats}  # as 0.120.27 writes with --no-write
    found = taken(tmp_path, json.dumps({"results": results, "metadata": {"promptfooVersion": "0.120.27"}}).encode())
    assert (found.tool, found.version, found.model) == ("promptfoo", "0.120.27", "openai:chat:smol")
    (every,) = found.rows
    assert (every.test, every.value, every.count, every.failures) == ("all tests", 0.375, 8, 5)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "got a file that begins with b''"),
        (b"<html>", "expected JSON, JSON lines or a zip archive"),
        (b"{}", "JSON of none of these tools"),
        (b'{"a": 1}\nnonsense', "line 2 is not JSON"),
        (b'{"entry_type": "eval"}\n[1]', "line 2 is no JSON object"),
        (b'{"a": 1}\n{"b": 2}', "no line says entry_type"),
        (b"PK\x03\x04", "is not a report of garak"),
        (zipped(INSPECT, "other.json"), "no header.json"),
        (zipped({}), "not that of inspect_ai"),
        (b'{"a":' * 100_000, "is not a report of garak"),
        (
            json.dumps({**HARNESS, "results": {"x": {"acc": "high"}}}).encode(),
            "a report of lm-evaluation-harness without",
        ),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(raw: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as cause:
        taken(tmp_path, raw)
    assert said in str(cause.value)


def test_a_report_of_too_many_rows_is_cut_and_says_so(tmp_path: Path) -> None:
    rows = [*GARAK[:2], *[{**GARAK[3], "probe": f"p{at}"} for at in range(MOST_ROWS + 5)]]
    found = taken(tmp_path, "\n".join(map(json.dumps, rows)).encode())
    assert (len(found.rows), found.left_out) == (MOST_ROWS, 5)


def leaves(value: Any) -> st.SearchStrategy[Any]:
    strange: tuple[Any, ...] = (None, True, -1, 10**400, 1e308, "\x1b[2J", [], {}, [[]], {"value": "x"}, [{"pass": 3}])
    odd: st.SearchStrategy[Any] = st.sampled_from(strange)
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={key: leaves(row) for key, row in value.items()}) | odd
    if isinstance(value, list):
        return st.lists(st.one_of([leaves(row) for row in value]) if value else odd, max_size=3) | odd
    return st.just(value) | odd


@given(
    st.one_of(leaves(HARNESS), leaves(INSPECT), leaves(PROMPTFOO), leaves(GARAK[3]), leaves(GARAK[0])), st.booleans()
)
def test_changed_reports_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: Any, pack: bool) -> None:
    check(tmp_path_factory, zipped(value) if pack else json.dumps(value).encode())


@given(st.sampled_from(sorted(FILES)), st.integers(0, 600), st.binary(max_size=6), st.booleans())
def test_damaged_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, tool: str, at: int, put: bytes, cut: bool
) -> None:
    raw = FILES[tool]
    check(tmp_path_factory, raw[:at] + put + (b"" if cut else raw[at + len(put) :]))


def check(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(raw)
    try:
        found = read(path)
    except UsageError:
        return
    assert found.rows and all(len(row.test) <= 200 and abs(row.value) < 1e309 for row in found.rows)


def test_a_report_comes_into_the_dossier_apart_from_what_assay_measured(
    tmp_path: Path, audit: Callable[..., Dossier]
) -> None:
    path = tmp_path / "garak.report.jsonl"
    path.write_bytes(FILES["garak"].replace(b"glitch.Glitch", b"<img src=x>\\u001b[2J"))
    found = audit(hub_model(tmp_path / "m"), reported=(path,))
    (said,) = messages(found, "behaviour.reported", Kind.INFORMATIONAL)
    assert said.startswith("reported by garak 0.17.1: failures in 1 of 2 numbers, 1 of them by means")
    html = found.render("html")
    assert "assay did not measure them" in html and "<img src=x>" not in html and "\x1b" not in html
    assert "reported by garak 0.17.1 of smol: 2 numbers, 7 failures" in found.render("text").replace("\n   ", " ")
    assert found.section("reported")[0].sha256 in found.to_json()
