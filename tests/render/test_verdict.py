"""The verdict's sentence, what is to be decided, what is not known and the five answers: one count in all of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay import policy
from assay.facts.artifact import manifest
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from assay.render import rendered
from assay.render.answer import State, replies
from assay.render.brief import brief
from assay.render.card import cards
from assay.render.decision import Weight, matters
from assay.render.glossary import TERMS, term
from assay.render.headline import Tone
from assay.render.output.text import write
from assay.render.tally import tally
from assay.render.unknown import Effort, count, unknowns, without
from assay.render.verdict import counts, said
from assay.render.words import waivers
from tests.builders import calls, hub_model

Audit = Callable[..., Dossier]
PLAIN = 'schema = "assay-policy/1"\nname = "plain"\n'


@pytest.fixture(scope="module")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    folder = tmp_path_factory.mktemp("verdict")
    library = {"libfast.so": b"\x7fELF\x02\x01\x01" + bytes(57)}
    pickles = {"x.pkl": calls("os", "system", "echo"), "y.pkl": calls("a", "B", "x")}
    model = hub_model(folder / "m", **pickles, **library)
    return assay.audit(model, isolation=False)


def judged(dossier: Dossier, text: str, kinds: list[Kind], known: int = 0) -> Dossier:
    """The dossier with other answers, judged by a policy."""
    pairs = zip(dossier.findings, kinds, strict=False)
    findings = tuple(replace(row, kind=kind, follows="") for row, kind in pairs)
    rules = policy.builtin(text) if text in policy.BUILTIN else policy.parsed(text, "test")
    what = policy.Judged(manifest(dossier.artifacts), dossier.nature.kind)
    prints = frozenset(row.fingerprint for row in findings[:known])
    found, waived, record, decision = policy.judged(findings, rules, what, prints, date(2026, 1, 1))
    return replace(dossier, findings=found, waivers=waived, policy=record, decision=decision)


def counts_of(text: str) -> dict[str, int]:
    """The counts that an answer says: {"to decide": 1, "not known": 3}."""
    parts = (part.partition(" ") for part in text.split(", "))
    return {word: int(number.replace(",", "")) for number, _, word in parts if number.replace(",", "").isdecimal()}


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(Kind), min_size=80, max_size=80),
    st.sampled_from(["default", "strict", PLAIN, PLAIN + '[block]\nfail = ["licence.*"]\n']),
    st.integers(0, 40),
)
def test_sentence_counts_lists_and_answers_never_contradict(
    dossier: Dossier, kinds: list[Kind], text: str, known: int
) -> None:
    found = judged(dossier, text, kinds, known)
    verdict, words, rows, open_ = found.decision.verdict, said(tally(found)), matters(found), unknowns(found)
    assert words.headline.sentence.startswith(
        {
            Verdict.PASSED: ("You may load it.", "Policy '"),
            Verdict.FAILED: ("Do not load it: ", "Do not use it: "),
            Verdict.INCOMPLETE: ("Do not load it yet.", "Do not rely on it yet."),
        }[verdict]
    )
    assert (words.headline.tone is Tone.STOP) == (verdict is Verdict.FAILED)
    assert (words.headline.tone is Tone.GO) == (verdict is Verdict.PASSED and not rows)
    assert (words.blocking > 0) == (verdict is Verdict.FAILED)
    assert len(rows) == words.blocking + words.first + words.decide
    assert len({(row.weight, row.rule.id) for row in rows}) == len(rows)
    assert [list(Weight).index(row.weight) for row in rows] == sorted(list(Weight).index(row.weight) for row in rows)
    assert count(open_) == words.unknown == len({row.check for row in found.findings if row.kind is Kind.OPEN})
    answers = replies(tally(found))
    for word, number in (("blocking", words.blocking), ("to decide first", words.first), ("to decide", words.decide)):
        assert sum(counts_of(row.counted).get(word, 0) for row in answers) == number
    assert sum(row.blocking + row.decide for row in answers) == len(rows)
    assert sum(row.open for row in answers) == words.unknown
    for row in answers:
        assert (row.state is State.ATTENTION) == (row.blocking > 0)
        assert (row.state is State.DECIDE) <= (row.decide > 0)
        assert row.sentence and "\n" not in row.sentence
    numbers = [words.blocking, words.first, words.decide, words.unknown]
    assert all(f"{number:,} " in counts(tally(found)) for number in numbers if number)


def test_only_a_waived_answer_is_no_longer_not_known(dossier: Dossier) -> None:
    kinds = [Kind.OPEN] * len(dossier.findings)
    row = next(row for row in dossier.findings if row.evidence and row.kind is Kind.REVIEW)
    (waiver,) = waivers(dossier, (row,))
    filled = waiver.replace('reason = ""', 'reason = "r"').replace('owner = ""', 'owner = "o"')
    filled = filled.replace("expires =   # a date", "expires = 2999-01-01")
    before, after = (judged(dossier, f"{PLAIN}{text}\n", kinds) for text in ("", filled))
    assert said(tally(after)).accepted > said(tally(before)).accepted == 0
    assert said(tally(after)).unknown <= said(tally(before)).unknown


def test_a_model_that_may_be_loaded(tmp_path: Path, audit: Audit) -> None:
    found = audit(hub_model(tmp_path / "m"))
    assert said(tally(found)).headline.sentence.startswith("You may load it. Decide 2 things. ")
    assert said(tally(found)).headline.tone is Tone.CARE
    safe = replies(tally(found))[0]
    assert safe.sentence.startswith("Loading runs nothing of it") and safe.short == "Safe to load?"


def test_a_pickle_that_runs_a_command(dossier: Dossier) -> None:
    first = matters(dossier)[0]
    assert first.rule.id == "pickle.reaches-outside" and first.weight is Weight.BLOCKS
    assert first.where and first.remedies and first.why and first.explain == "assay explain pickle.reaches-outside"
    assert said(tally(dossier)).headline.sentence.startswith("Do not load it: one thing is in the way.")
    assert replies(tally(dossier))[0].state is State.ATTENTION


def test_what_was_not_asked_is_not_answered(tmp_path: Path, audit: Audit) -> None:
    found = audit(hub_model(tmp_path / "m"), questions=("openness",))
    assert "whether it is safe to load was not asked" in said(tally(found)).headline.sentence
    assert [row.state for row in replies(tally(found))][:4] == [State.NOT_ASKED] * 4


def test_the_lines_below_the_verdict_add_up_to_what_it_counts(dossier: Dossier) -> None:
    found = tally(dossier)
    rows = {line.word: line for line in brief(found, tuple(replies(found)))}
    assert list(rows) == ["In the way", "Not known", "Licence", "Changed"]
    assert len(rows["In the way"].named) + rows["In the way"].more == len(found.matters)
    several = [int(n) for text, _ in rows["Not known"].named for n in re.findall(r" \((\d+)\)\Z", text) or ["1"]]
    assert sum(several) + rows["Not known"].more == said(found).unknown
    assert rows["Changed"].command == "assay compare OLD.html NEW.html"


def test_an_endpoint_is_one_cause(audit: Audit) -> None:
    found = assay.audit("openai+http://127.0.0.1:1/v1#m")
    rows = unknowns(found, "assay audit 'openai+http://127.0.0.1:1/v1#m'")
    assert [(bool(row.required), row.effort) for row in rows] == [(True, Effort.PUBLISHER), (False, Effort.MINUTES)]
    assert len(rows[0].checks) > 80 and rows[0].command == ""  # no command gives the files
    assert rows[1].command == "assay audit 'openai+http://127.0.0.1:1/v1#m' --run"
    assert said(tally(found)).headline.sentence.startswith("Do not rely on it yet. ")  # nobody loads it


def test_what_only_a_card_can_say_is_one_cause(tmp_path: Path, audit: Audit) -> None:
    rows = unknowns(audit(hub_model(tmp_path / "m", **{"README.md": None, "LICENSE": None})))
    (row,) = [row for row in rows if "card.missing" in row.checks]
    assert row.effort is Effort.PUBLISHER and row.because == "there is no model card" and "training data" in row.what
    assert "card.missing" in row.checks and row.command == "assay explain card.missing"


def test_the_card_beside_all_weights_is_the_models(tmp_path: Path, audit: Audit) -> None:
    hub_model(tmp_path / "m" / "model")
    (tmp_path / "m" / "load.py").write_text("PATH = 'model'\n")
    found = audit(tmp_path / "m")
    assert "card.missing" not in {check for row in unknowns(found) for check in row.checks}
    assert replies(tally(found))[3].known == "2 data sets named; made from org/base-7b, it says"
    hub_model(tmp_path / "m" / "other", **{"README.md": None})  # whose card it would be nobody could tell
    assert "card.missing" in {check for row in unknowns(audit(tmp_path / "m")) for check in row.checks}


def test_what_was_left_out_is_asked_by_the_command_without_the_option(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    again = f"assay audit {model} --skip card.missing,licence.missing --offline"
    rows = unknowns(audit(model, skip=("card.missing", "licence.missing")), again)
    (row,) = [row for row in rows if "card.missing" in row.checks]
    assert row.because == "left out of this audit by request" and row.command == f"assay audit {model} --offline"


def test_an_option_is_taken_out_with_its_value() -> None:
    command = "assay audit 'a b' --skip x,y --only=z -q"
    assert without(command, "--skip", "--only") == "assay audit 'a b' -q"


def test_every_term_is_one_plain_sentence_and_found_by_each_of_its_forms() -> None:
    assert len({row.word.casefold() for row in TERMS}) == len(TERMS)
    for row in TERMS:
        assert row.plain.endswith(".") and ". " not in row.plain and row.source, row.word
        assert all(term(form.upper()) is row for form in (row.word, *row.forms)), row.word
    assert term("nonsense") is None


def test_what_only_an_option_runs_is_said_and_never_that_nothing_runs(
    tmp_path: Path, audit: Callable[..., Dossier]
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    loading, parameters, *_ = cards(tally(audit(tmp_path / "m")))
    assert loading.reply.known == "Loading runs os.system('id') in pytorch_model.bin, but only with weights_only=False"
    assert (parameters.look, parameters.word) == ("none", "no weights")  # nothing was looked at, so no green


def test_the_worst_that_loading_runs_is_named_first(tmp_path: Path, audit: Audit) -> None:
    settings = {"config.json": '{"model_type": "acme", "auto_map": {"AutoModel": "modeling_acme.Acme"}}'}
    code = {"modeling_acme.py": "class Acme:\n    pass\n"}
    bad = {"training_args.bin": calls("os", "system", "id")}
    found = audit(hub_model(tmp_path / "m", **settings, **code, **bad))
    assert replies(tally(found))[0].known == (
        "Loading runs os.system('id') in training_args.bin (only with weights_only=False) and the code of "
        "modeling_acme.py (only with trust_remote_code=True)"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("cache.pkl", bad["training_args.bin"])
    stray = audit(hub_model(tmp_path / "n", **{"extra.zip": packed.getvalue()}))
    assert replies(tally(stray))[0].known == (
        "Loading runs nothing of it, but extra.zip > cache.pkl, once opened, runs os.system('id')"
    )
    both = audit(hub_model(tmp_path / "o", **settings, **code, **{"extra.zip": packed.getvalue()}))
    assert replies(tally(both))[0].known == (
        "Loading runs the code of modeling_acme.py, but only with trust_remote_code=True; "
        "extra.zip > cache.pkl, once opened, runs os.system('id')"
    )


def test_an_error_rate_that_nobody_measured_is_not_known_however_many_checks_pass(tmp_path: Path, audit: Audit) -> None:
    found = cards(tally(audit(hub_model(tmp_path / "m"))))[2]
    assert found.reply.passed and (found.look, found.word) == ("unknown", "not known")


def painted(dossier: Dossier, label: str) -> str:
    """The answer in a terminal that has that label, from its mark on."""
    stream = io.BytesIO()
    write(dossier, stream, colour=True)
    return next(row.strip() for row in stream.getvalue().decode().splitlines() if label in row)


def test_a_page_and_a_terminal_say_the_same_of_a_class_that_is_not_reached(tmp_path: Path, audit: Audit) -> None:
    found = cards(tally(audit(hub_model(tmp_path / "m"))))[4]
    assert found.look == "gaps" and found.word == found.reply.counted == "no class of openness"
    assert painted(audit(tmp_path / "m"), "Openness").startswith("\x1b[36m○")


def test_files_that_no_known_loader_takes_are_not_green(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "notes.txt").write_text("nothing to load")
    found = audit(tmp_path / "m")
    loading, *_ = cards(tally(found))
    assert (loading.look, loading.word) == ("none", "no known loader") == (loading.look, loading.reply.counted)
    assert painted(found, "Safe to load?").startswith("\x1b[2m–")
    said = "| – | Is it safe to load and to run? | No loader that assay knows fits its files |"
    assert said in rendered(found, "markdown")
