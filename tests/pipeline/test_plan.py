"""The plan of an audit: what enabled checks and the report need, in order, within what it may cost."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.facts.finding import Kind
from assay.measures import Cost, Measure, installed
from assay.pipeline.plan import planned
from assay.pipeline.request import Request, requested
from tests.builders import hub_model
from tests.conftest import messages


def ids(request: Request) -> list[str]:
    return [row.id for row in planned(request).measures]


def test_each_measure_runs_after_what_it_needs() -> None:
    given: set[str] = set()
    order = planned(requested("m")).measures
    every = {fact for row in order for fact in row.gives}
    for row in order:
        assert {fact for fact in row.needs if fact in every} <= given, row.id
        given |= set(row.gives)


def test_values_are_read_only_if_a_check_asks_for_them() -> None:
    assert "values" in ids(requested("m")) and "embedding" in ids(requested("m"))
    assert "values" not in ids(requested("m", only=("token.forgeable",)))
    assert {"values", "embedding"} <= set(ids(requested("m", only=("embedding.untrained",))))
    assert "directions" not in ids(requested("m", skip=("weights.ablated",)))


def test_what_needs_something_is_planned_where_it_is_given(tmp_path: Path) -> None:
    for name in ("comparison", "corpora", "signature", "risk"):
        assert name not in ids(requested("m"))
    assert "comparison" in ids(requested("m", base="b")) and "corpora" in ids(requested("m", corpora=(tmp_path,)))


def test_what_costs_too_much_is_open_with_the_reason(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    found = assay.audit(model, cost="header")
    assert found.tensors == () and found.kernels == "none needed"
    assert messages(found, "weights.not-finite", Kind.OPEN) == [
        "not measured: it costs pass, and this audit was to cost header"
    ]
    reviewed = assay.audit(model, cost="pass")
    assert reviewed.tensors and messages(reviewed, "weights.not-finite", Kind.PASS)
    assert messages(reviewed, "embedding.untrained", Kind.OPEN) == [
        "not measured: it costs weights, and this audit was to cost pass"
    ]


def test_measures_that_need_one_another_are_a_mistake_that_is_named() -> None:
    one = Measure("one", ("B",), ("A",), Cost.HEADER, reported=True)
    other = Measure("other", ("A",), ("B",), Cost.HEADER, reported=True)
    with pytest.raises(ValueError, match="measures need one another: one, other"):
        planned(requested("m"), (one, other))


def test_every_measure_has_a_name_of_its_own_and_no_fact_two_givers() -> None:
    rows = installed()
    assert len({row.id for row in rows}) == len(rows)
    facts = [fact for row in rows for fact in row.gives]
    assert len(set(facts)) == len(facts)
