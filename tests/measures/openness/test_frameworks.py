"""Compute, and the readings of other frameworks: answers for cases whose outcome is known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import Answered, Judgement
from assay.measures.openness.compute import by_hardware, estimate, interval, tokens_of
from tests.builders.hub import CARD, hub_model
from tests.builders.release import openwashed, release

Audit = Callable[..., Dossier]
# C(2025) 5045, Annex A.3: parameters, tokens, FLOP as printed, and what one in the last printed place is
ANNEX = {
    "A": (3_800_000_000, 3_300_000_000_000, 7.5e22, 1e21),
    "C": (600_000_000, 36_000_000_000_000, 1.3e23, 1e22),
    "D": (1_540_000_000, 18_000_000_000_000, 1.663e23, 1e20),
    "E": (1_700_000_000, 36_000_000_000_000, 3.7e23, 1e22),
    "F": (2_500_000_000, 12_000_000_000_000, 1.8e23, 1e22),
    "G": (2_600_000_000, 10_000_000_000_000, 1.5e23, 1e22),
}


@pytest.mark.parametrize("case", ANNEX)
def test_the_commissions_cases_by_architecture(case: str) -> None:
    parameters, tokens, printed, unit = ANNEX[case]
    flop = estimate(parameters, tokens)
    assert abs(flop - printed) <= unit, flop
    assert (flop > 1e23) == (case != "A")  # which of them are indicatively general-purpose
    low, high = interval(flop)
    assert (low * 10, high * 10) == (flop * 7, flop * 13)


def test_the_commissions_case_by_hardware() -> None:
    """Case B: 200,000 GPU-hours at half of 3e14 FLOP/s, printed as 1e23."""
    assert abs(by_hardware(1, 200_000 * 3600, 3 * 10**14, Fraction(1, 2)) - 1e23) <= 1e22


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("2T", 2 * 10**12), ("1.5B", 1_500_000_000), ("600M", 600_000_000), ("x", None), ("", None), ("abcT", None)],
)
def test_tokens_as_a_card_writes_them(text: str, tokens: int | None) -> None:
    assert tokens_of(text) == tokens


def judged(dossier: Dossier, lens: str) -> dict[str, Judgement]:
    return {row.id: row for found in dossier.openness.lenses if found.id == lens for row in found.judgements}


def outcome(dossier: Dossier, lens: str) -> str:
    return next(found.outcome for found in dossier.openness.lenses if found.id == lens)


def tagged(folder: Path, licence: str, more: str = "") -> Path:
    card = CARD.replace("license: apache-2.0", f"license: {licence}{more}")
    return hub_model(folder, README__md=card, LICENSE=None)


# tag -> rules of paragraphs 83 and 84 that it does not meet, or that need a human
LICENCES = {
    "apache-2.0": (set(), set()),
    "openmdw-1.1": (set(), set()),
    "cc-by-nc-4.0": {"LIC-1", "LIC-2", "LIC-8"},
    "cc-by-nd-4.0": {"LIC-1", "LIC-3", "LIC-8"},
    "llama3": {"LIC-4", "LIC-5"},
    "qwen": {"LIC-4", "LIC-5"},
    "llama4": {"LIC-4", "LIC-5", "LIC-7"},
}


@pytest.mark.parametrize("tag", LICENCES)
def test_the_ai_act_rules_that_a_licence_does_not_meet(tag: str, tmp_path: Path, audit: Audit) -> None:
    expected = LICENCES[tag]
    barred = expected[0] if isinstance(expected, tuple) else expected
    rows = judged(audit(tagged(tmp_path / "m", tag)), "eu-ai-act")
    not_met = {id.removeprefix("AIA-OSS-") for id, row in rows.items() if row.answer is Answered.NOT_MET}
    assert not_met == barred


# what the card of an Apache-2.0 model says -> whether that keeps something back
ASKS = {
    "We ask that usage of the model be limited to non-commercial purposes until this is settled.": True,
    "The weights are **for research purposes only**.": True,
    "This model may not be used for commercial purposes.": True,
    "Commercial use requires a separate licence; contact us.": True,
    "Not for commercial use.": True,
    "Nur für nicht-kommerzielle Zwecke.": True,
    "本模型仅供研究使用，不得用于商业用途。": True,
    "O modelo é para fins não comerciais.": True,
    "Companies with more than 100 million monthly active users must request a licence.": True,
    "It is free for commercial and non-commercial use.": False,
    "We do not restrict commercial use in any way.": False,
    "The Alpaca dataset is CC BY-NC, for non-commercial use only.": False,
    "It was evaluated only on academic benchmarks.": False,
    "Unlike the previous version, which was for non-commercial use only, it has an open licence.": False,
}


@pytest.mark.parametrize("sentence", ASKS)
def test_no_rule_is_met_against_what_the_card_asks(sentence: str, tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m", README__md=f"{CARD}\n{sentence}\n", LICENSE=None)
    dossier = audit(folder)
    rows = judged(dossier, "eu-ai-act")
    asked = [f"AIA-OSS-LIC-{n}" for n in (1, 5, 8)]
    expected = Answered.HUMAN if ASKS[sentence] else Answered.MET
    assert {rows[id].answer for id in asked} == {expected}
    assert rows["AIA-OSS-MON-1"].answer is Answered.HUMAN
    line = len(CARD.split("\n")) + 1
    assert [place.line for place in rows["AIA-OSS-MON-1"].evidence] == ([line] if ASKS[sentence] else [])
    found = [row for row in dossier.findings if row.check == "licence.restricted"]
    assert [row.kind for row in found] == [Kind.REVIEW if ASKS[sentence] else Kind.PASS]


def test_what_a_licence_is_not_known_to_say_is_unknown(tmp_path: Path, audit: Audit) -> None:
    rows = judged(audit(tagged(tmp_path / "m", "llama3")), "eu-ai-act")
    assert rows["AIA-OSS-LIC-2"].answer is rows["AIA-OSS-LIC-3"].answer is Answered.UNKNOWN


def test_silence_on_access_meets_no_rule(tmp_path: Path, audit: Audit) -> None:
    rows = judged(audit(hub_model(tmp_path / "m")), "eu-ai-act")
    assert rows["AIA-OSS-LIC-7"].answer is rows["AIA-OSS-MON-2"].answer is Answered.UNKNOWN


@pytest.mark.parametrize("tag", ["gemma", "creativeml-openrail-m", "deepseek"])
def test_lists_of_uses_need_a_human(tag: str, tmp_path: Path, audit: Audit) -> None:
    assert judged(audit(tagged(tmp_path / "m", tag)), "eu-ai-act")["AIA-OSS-LIC-6"].answer is Answered.HUMAN


def test_a_form_before_the_download_needs_a_human(tmp_path: Path, audit: Audit) -> None:
    folder = tagged(tmp_path / "m", "apache-2.0", "\nextra_gated_fields:\n  Company: text\n  Country: country")
    row = judged(audit(folder), "eu-ai-act")["AIA-OSS-MON-2"]
    assert (row.answer, [place.seen for place in row.evidence]) == (Answered.HUMAN, ["Company", "Country"])
    assert row.evidence[0].line == 3


def test_every_rule_has_its_article_and_an_answer(tmp_path: Path, audit: Audit) -> None:
    rows = judged(audit(release(tmp_path / "m")), "eu-ai-act")
    assert len(rows) == 25 and all(row.source and row.because for row in rows.values())
    assert not {row.answer for row in rows.values()} & {Answered.NOT_MET}


def test_terms_that_are_not_known_stay_so(tmp_path: Path, audit: Audit) -> None:
    rows = judged(audit(tagged(tmp_path / "m", "other", "\nlicense_name: made-up-licence")), "eu-ai-act")
    assert {rows[f"AIA-OSS-LIC-{n}"].answer for n in range(1, 7)} == {Answered.UNKNOWN}


def test_tokens_decide_where_they_are_claimed(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", README__md=CARD + "\nIt was trained on 2 trillion tokens.\n"))
    found = dossier.openness.compute
    assert found is not None and found.tokens == 2 * 10**12 and found.flop == 6 * found.parameters * found.tokens
    assert found.gpai_tokens * 6 * found.parameters >= 10**23 > (found.gpai_tokens - 1) * 6 * found.parameters
    assert found.evidence[0].artifact == "README.md"


def test_a_small_model_has_no_systemic_risk_by_counting(tmp_path: Path, audit: Audit) -> None:
    row = judged(audit(hub_model(tmp_path / "m")), "eu-ai-act")["AIA-SR-1"]
    assert row.answer is Answered.MET and "tokens" in row.because


def test_osi_definition_can_fail_and_cannot_pass(tmp_path: Path, audit: Audit) -> None:
    assert "needs a human" in outcome(audit(release(tmp_path / "m")), "osaid-1.0")
    washed = audit(openwashed(tmp_path / "n"))
    assert judged(washed, "osaid-1.0")["OSAID-PARAMETERS"].answer is Answered.NOT_MET
    assert outcome(washed, "osaid-1.0").startswith("does not meet the definition by what was found")


def test_the_index_has_14_dimensions_and_no_sum(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(release(tmp_path / "m"))
    rows = judged(dossier, "osai-index")
    assert len(rows) == 14
    assert rows["end-model-weights"].answer is Answered.OPEN
    assert rows["base-model-data"].answer is Answered.UNKNOWN  # the card names a base, and nobody looked at it
