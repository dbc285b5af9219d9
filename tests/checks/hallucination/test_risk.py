"""An audit that runs the model: the risk card, its checks, and the same card from an endpoint."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.checks import installed
from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from assay.pipeline.answer import CLOSED
from assay.pipeline.dossier import dossier as read
from assay.render import names, renderer
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import questions as packs
from assay.uncertainty.asking import Asking, asking
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.dossier import with_section
from tests.builders.openai_server import serving
from tests.builders.questions import CAPITALS, relation
from tests.builders.runtimes import Speaker
from tests.conftest import messages, of

Audit = Callable[..., Dossier]


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Dossier]:
    """The audit of a model behind an endpoint that was asked for capitals."""
    with serving(Speaker()) as server:
        yield assay.audit(f"{server.reference}#smol", run=asking((relation(tmp_path / "r.json"),)))


def test_a_model_behind_an_endpoint_gets_the_card_and_the_rest_is_unknown(card: Dossier) -> None:
    assert card.decision.verdict is Verdict.INCOMPLETE and card.subject.closed and not card.artifacts
    assert {row.because for row in card.openness.components} == {"no file was seen"}
    known = {row.check for row in card.findings if CLOSED not in row.message}
    rates = {f"error-rate.{end}" for end in ("unmeasured", "above-limit", "uncertified")}
    behaviour = {check.rule.id for check in installed() if check.rule.id.startswith("behaviour.")}
    assert known == {*rates, *behaviour, "error.confident", "question.unanswerable"}
    assert all(row.kind is Kind.OPEN for row in card.findings if row.check not in known)
    assert card.risk is not None and card.risk.model.startswith("smol at 127.0.0.1")
    (said,) = messages(card, "error-rate.unmeasured", Kind.PASS)
    assert said == (
        "measured: 13 of 33 answers wrong (39.4 %, 95 % interval 24.7 to 56.3 %; a guess that gives each topic's "
        "commonest answer: 97.0 %), questions of r"
    )
    (said,) = messages(card, "error-rate.uncertified", Kind.PASS)
    assert said.startswith("at most 30 % wrong can be guaranteed while 61 % of questions are answered")
    assert messages(card, "error.confident", Kind.PASS) == ["0 of the 3 surest answers are wrong"]


def policy(folder: Path, limit: str, more: str = "") -> Path:
    path = folder / "p.toml"
    path.write_text(f'schema = "assay-policy/1"\nname = "ours"\n[limit]\nerror-rate = {limit}\n{more}')
    return path


@pytest.mark.parametrize(
    ("limit", "verdict", "kind", "said"),
    [
        ("0.57", Verdict.PASSED, Kind.PASS, "at most 57 % wrong, as the policy wants: 13 of 33 answers wrong"),
        ("0.24", Verdict.FAILED, Kind.FAIL, "wrong more often than the 24 % that the policy allows: 13 of 33 answers"),
        (
            "0.4",
            Verdict.INCOMPLETE,
            Kind.OPEN,
            "not shown to be at most 40 % wrong: 13 of 33 answers wrong (39.4 %, 95",
        ),
        ("0.39", Verdict.INCOMPLETE, Kind.OPEN, "not shown to be at most 39 % wrong: 13 of 33 answers wrong"),
    ],
)
def test_a_policy_limits_the_share_of_wrong_answers_by_its_interval(
    tmp_path: Path, limit: str, verdict: Verdict, kind: Kind, said: str
) -> None:
    with serving(Speaker()) as server:
        found = assay.audit(
            f"{server.reference}#smol",
            run=asking((relation(tmp_path / "r.json"),)),
            policy=policy(tmp_path, limit),
        )
    (row,) = of(found, "error-rate.above-limit")
    assert row.kind is kind and row.message.startswith(said)
    assert found.decision.verdict is verdict
    assert found.decision.decided_by == (() if verdict is Verdict.PASSED else (row.fingerprint,))
    remedy = {
        "0.4": "with its present share of wrong answers about 26,000 show it",
        "0.39": "on which side of the limit",
    }
    assert remedy.get(limit, "") in found.remedy(row)


def test_a_limit_is_not_kept_by_a_model_that_was_not_run(tmp_path: Path, audit: Audit) -> None:
    model, rules = hub_model(tmp_path / "m"), policy(tmp_path, "0.5")
    found = audit(model, policy=rules)
    assert found.decision.verdict is Verdict.INCOMPLETE
    assert messages(found, "error-rate.above-limit", Kind.OPEN) == [
        "the policy allows at most 50 % wrong answers, and the model was not run"
    ]
    done = run("audit", str(model), "--offline", "--policy", str(rules))
    assert done.returncode == 3 and "run it on questions with known answers" in " ".join(done.stdout.split())
    assert f"--policy {rules} --run" in " ".join(done.stdout.replace("\\\n", " ").split())
    skipped = audit(model, policy=rules, skip=["error-rate.*"])
    assert skipped.decision.verdict is Verdict.INCOMPLETE
    assert messages(audit(model), "error-rate.above-limit", Kind.NOT_APPLICABLE) == [
        "there is no error rate limit to ask this of"
    ]


def test_every_format_shows_the_card(card: Dossier) -> None:
    for name in names():
        stream, found = io.BytesIO(), renderer(name)
        assert found is not None
        found.write(card, stream)
        text = stream.getvalue().decode()
        assert text
        if name in ("text", "html", "markdown"):
            plain = text.replace("\\", "").replace("\n  ", " ")
            assert "13 of 33 answers wrong" in plain and "39.4 %" in plain, name
        if name == "html":
            assert text.count('<svg class="curve"') == 2 and "Sure and wrong" in text and "cannot certify" in text
            assert "No file was seen, so that nothing was read, hashed or loaded" in text
        if name == "text":
            assert "--pack r --most 33" in text
    assert read(json.loads(canonical(card))) == card


def test_hostile_answers_are_harmless_in_every_format(card: Dossier) -> None:
    nasty = "</script><script>alert(1)</script>\x1b[31m\u202e|`*"
    assert card.risk is not None
    rows = tuple(replace(row, asked=nasty, text=nasty, accepted=(nasty,)) for row in card.risk.confident_errors)
    risk = replace(card.risk, confident_errors=rows, pack=nasty, topics=(replace(card.risk.topics[0], name=nasty),))
    for name in ("text", "html", "markdown"):
        stream, found = io.BytesIO(), renderer(name)
        assert found is not None
        found.write(with_section(card, risk), stream)
        text = stream.getvalue().decode()
        assert "\x1b" not in text and "\u202e" not in text
        assert name != "html" or "<script>alert" not in text


def test_the_same_questions_give_the_same_bytes(tmp_path: Path) -> None:
    with serving(Speaker()) as server:
        ask = asking((relation(tmp_path / "r.json"),))
        first, second = (assay.audit(f"{server.reference}#smol", run=ask) for _ in range(2))
    assert canonical(first) == canonical(second)


def test_a_model_that_is_sure_of_errors_and_answers_everything_is_for_review(tmp_path: Path) -> None:
    class Sure(Speaker):
        """Sure of what is wrong, surprised by what is right."""

        def generate(
            self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0
        ) -> Iterator[assay.facts.uncertainty.TokenScore]:
            for row in super().generate(prompt, most, temperature, seed):
                yield replace(row, logprob=-3.1 - row.logprob)

    def line(name: str, **more: object) -> str:
        return json.dumps({"question": f"The capital of {name} is", "topic": "t", "form": "continue", **more}) + "\n"

    file = tmp_path / "p.jsonl"
    file.write_text(
        "".join(line(name, answers=[city]) for name, city in CAPITALS.items())
        + "".join(line(f"Nowhere {at}", answerable=False) for at in range(8))
    )
    with serving(Sure()) as server:
        found = assay.audit(f"{server.reference}#smol", run=asking((file,)))
    (said,) = messages(found, "error.confident", Kind.REVIEW)
    assert said == "3 of the 3 surest answers are wrong (sequence, questions of p)"
    (row,) = of(found, "error.confident")
    assert "answered 'Atlantis', not" in row.evidence[0].seen
    (said,) = messages(found, "question.unanswerable", Kind.REVIEW)
    assert said.startswith("0 of 8 questions that nobody can answer were declined")
    (said,) = messages(found, "error-rate.uncertified", Kind.REVIEW)
    assert (
        said
        == "no threshold keeps errors at 50 % or less: 13 of 33 answers are wrong, so an error rate cannot be certified"
    )


def test_what_cannot_be_run_is_open_and_says_why(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "x.Net"}}))
    found = audit(model, run=asking((relation(tmp_path / "r.json"),)))
    (said,) = messages(found, "error-rate.unmeasured", Kind.OPEN)
    assert said.startswith("the model could not be run, so its error rate is not known: ")
    assert found.risk is None and messages(found, "error.confident") == ["there is no calibration to ask this of"]
    assert messages(audit(model), "error-rate.unmeasured", Kind.OPEN) == [
        "the model was not run, so its error rate is not known"
    ]


def test_assays_own_questions_are_sound() -> None:
    pack = packs.load([packs.GENERAL])
    assert pack.duplicates == 0 and sum(not row.answerable for row in pack.questions) == 60
    assert len(pack.questions) == 385 and len({row.topic for row in pack.questions}) == 12
    for row in pack.questions:
        if row.topic in ("sums", "products"):
            one, sign, other = row.asked.removeprefix("What is ").removesuffix("?").split(" ")
            expected = int(one) + int(other) if sign == "plus" else int(one) * int(other)
            assert row.answers == (str(expected),)


def test_an_endpoint_needs_the_network(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is behind a network, and --offline was given"):
        assay.audit("openai+http://127.0.0.1:1/v1#m", offline=True)
    done = run("audit", "openai+http://127.0.0.1:1/v1#m", "--run", "-q")
    assert done.returncode == 3 and "INCOMPLETE" in done.stdout + done.stderr
    wrong = run("audit", str(tmp_path), "--most", "50")
    assert wrong.returncode == 2 and "--answers and --key-in-clear go with --run or --questions" in wrong.stderr


def test_the_real_model_gets_its_card_and_it_can_be_done_again(
    tmp_path: Path, smollm2: Path, smollm2_answers: Path
) -> None:
    """The card is made of answers that were kept; done again, the model is asked anew and says the same."""
    dossier, keep = tmp_path / "d.json", tmp_path / "keep.jsonl"
    pack = smollm2_answers / "capitals.jsonl"
    keep.write_bytes((smollm2_answers / "keep.jsonl").read_bytes())
    done = run(
        "audit", str(smollm2), "--pack", str(pack), "--answers", str(keep), "-q", "-o", "text", "-o", f"json={dossier}"
    )
    assert done.returncode in (0, 3), done.stderr
    assert "of 33 answers wrong" in done.stdout and "questions of capitals" in done.stdout
    assert keep.read_text().count("\n") == 34
    again = run("verify", str(dossier), str(smollm2), "--pack", str(pack), "-q")
    assert "the same" in again.stdout or again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize(("limit", "status", "word"), [("0.05", 1, "FAILED"), ("0.95", 0, "PASSED")])
def test_the_real_model_is_held_to_a_limit(
    tmp_path: Path, smollm2: Path, smollm2_answers: Path, limit: str, status: int, word: str
) -> None:
    keep = tmp_path / "keep.jsonl"
    keep.write_bytes((smollm2_answers / "keep.jsonl").read_bytes())
    asked = ("--pack", str(smollm2_answers / "capitals.jsonl"), "--answers", str(keep))
    done = run("audit", str(smollm2), *asked, "--policy", str(policy(tmp_path, limit)))
    said = " ".join(done.stdout.split())
    assert done.returncode == status and f" {word} " in said, done.stdout + done.stderr
    assert word == "PASSED" or "wrong more often than the 5 % that the policy allows" in said
    assert "% of 33 answers were wrong, by guessing 97.0 %" in said


def test_the_real_model_answers_and_scores_the_same_through_an_endpoint(
    tmp_path: Path, smollm2_runtime: TorchRuntime, smollm2_answers: Path
) -> None:
    """Ten questions of those that it was asked in this process: through an endpoint, an answer takes seconds."""
    keep, rows = tmp_path / "keep.jsonl", (smollm2_answers / "keep.jsonl").read_text().splitlines()[1:]
    inside = {row["asked"]: row for row in map(json.loads, rows)}
    with serving(smollm2_runtime) as server:
        asked = asking((smollm2_answers / "capitals.jsonl",), most=10, keep=keep)
        outside = assay.audit(f"{server.reference}#smol", run=asked).risk
    found = [json.loads(row) for row in keep.read_text().splitlines()[1:]]
    assert outside is not None and (outside.count, len(found)) == (10, 10)
    assert [row["right"] for row in found] == [inside[row["asked"]]["right"] for row in found]
    for row in found:
        own, theirs = ({score["id"]: score["value"] for score in of["scores"]} for of in (inside[row["asked"]], row))
        assert theirs["surprise.max"] == pytest.approx(own["surprise.max"], abs=0.01)


def test_questions_are_given_from_python_too(tmp_path: Path) -> None:
    made = asking((relation(tmp_path / "r.json"),), most=31)
    assert isinstance(made, Asking) and len(made.pack.questions) == 31
