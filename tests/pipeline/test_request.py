"""A request is validated where it is made: the command line and Python refuse the same, in one sentence."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.errors import UsageError
from assay.facts.finding import Effect, Kind
from assay.measures import Cost
from assay.pipeline import requested
from tests.builders import calls, hub_model
from tests.builders.command import run

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"only": ("token.forgable",)}, "no check 'token.forgable'; did you mean 'token.forgeable'?"),
    ({"skip": ("nothing",)}, "no check 'nothing'"),
    ({"only": "token.forgeable"}, "only = 'token.forgeable': expected a list, got str"),
    ({"as_of": "nonsense"}, "as_of = 'nonsense': expected a date such as 2027-06-30"),
    ({"jobs": 0}, "jobs = 0: expected 1 to 64"),
    ({"jobs": 65}, "jobs = 65: expected 1 to 64"),
    ({"jobs": "2"}, "jobs = '2': expected a number from 1 to 64"),
    ({"jobs": True}, "jobs = True: expected a number from 1 to 64"),
    ({"known": (1, 2)}, "known = (1, 2): expected fingerprints, or the path of a baseline file"),
    ({"known": "nowhere.json"}, "cannot read baseline nowhere.json: No such file or directory"),
    ({"corpora": "one"}, "corpora = 'one': expected a list, got str"),
    ({"offline": "yes"}, "offline = 'yes': expected True or False"),
    ({"base": 7}, "base = 7: expected a path or a reference, got int"),
    ({"policy": "lenient"}, "no policy 'lenient': give default, strict or a file"),
    ({"cost": "runtime"}, "cost = 'runtime': expected header, pass or weights"),
    ({"cost": "free"}, "cost = 'free': expected header, pass or weights"),
    ({"plugins": ("none",)}, "no plugin 'none' is installed"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG, ids=[f"{row[0]}" for row in WRONG])
def test_what_makes_no_request_is_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        requested("model", **values)
    assert str(caught.value).startswith(sentence) and "\n" not in str(caught.value)


def test_a_policy_whose_pattern_matches_no_check_is_refused_before_the_audit(tmp_path: Path) -> None:
    policy = tmp_path / "typo.toml"
    policy.write_text('schema = "assay-policy/1"\nname = "typo"\n[block]\nfail = ["pikle.*"]\n')
    model = hub_model(tmp_path / "m", **{"x.pkl": calls("posix", "system", "true")})
    done = run("audit", str(model), "--policy", str(policy))
    assert done.returncode == 2
    assert done.stderr.startswith("assay: policy 'typo': 'pikle.*' matches no check")


def test_the_command_line_and_python_refuse_the_same_check(tmp_path: Path) -> None:
    done = run("audit", str(hub_model(tmp_path / "m")), "--only", "token.forgable")
    assert done.returncode == 2
    assert "no check 'token.forgable'; did you mean 'token.forgeable'?" in done.stderr


def test_a_baseline_can_be_given_as_its_file(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m", **{"x.pkl": calls("posix", "system", "true")})
    first = assay.audit(model)
    assert first.decision.verdict == "FAILED"
    prints = {row.fingerprint: row.message for row in first.findings if row.kind in (Kind.FAIL, Kind.REVIEW)}
    file = tmp_path / "known.json"
    file.write_text(json.dumps({"schema": "assay-baseline/1", "known": prints}))
    accepted = assay.audit(model, known=file)
    assert {row.effect for row in accepted.findings if row.fingerprint in prints} == {Effect.KNOWN}
    assert accepted.baseline is not None and accepted.decision.verdict != "FAILED"


def test_a_date_is_a_date_however_it_is_written() -> None:
    for day in ("2027-06-30", date(2027, 6, 30), datetime(2027, 6, 30, 12)):  # noqa: DTZ001 - the clock is cut off
        assert requested("model", as_of=day).as_of == date(2027, 6, 30)


def test_what_costs_more_is_allowed_by_naming_what_it_needs(tmp_path: Path) -> None:
    assert requested("m", offline=True, cost="header").costs == {Cost.HEADER}
    assert requested("m", offline=True).costs == {Cost.HEADER, Cost.PASS, Cost.WEIGHTS}
    assert Cost.CORPUS in requested("m", corpora=(tmp_path,)).costs


def test_checks_are_named_by_patterns_too() -> None:
    request = requested("m", only=("weights.*",), skip=("weights.d*",))
    asked = {check.rule.id for check in request.checks if request.asks(check.rule.id)}
    assert "weights.absent" in asked and not {"weights.dead", "card.missing"} & asked
    with pytest.raises(UsageError, match=r"no check 'wieghts\.\*'"):
        requested("m", only=("wieghts.*",))
