"""Measure the scores of SmolLM2-135M on labelled questions beside those of peers: AUROC, cost, and guarantees.

    python -m benchmarks.hallucination --data DIR [--most N] [--samples K] [--peer PYTHON …] [--encoder DIR]

DIR holds `qa/lre/*.json`, `qa/nq_open_dev_even.jsonl` and `qa/selfaware.json` (see docs/measured/hallucination.md).
Everything is asked anew. Prevalence is printed with every statistics. PYTHON is the interpreter of an environment with
lm-polygraph or with uqlm and selfcheckgpt (given twice, for uqlm wants an older numpy): the first answers the same
questions with the same weights and draws K samples of its own, the others score assay's answers and, with --samples,
K samples that assay draws, as assay's own scores of samples then do. Each AUROC stands beside that within topics: of
pairs of a wrong and a right answer to questions of one topic. A guarantee is tried over 200 halvings of the questions:
fitted on one half, judged on the other. All with two threads, or as many as OMP_NUM_THREADS says. The environments,
whose dependencies uv resolves in seconds where pip did not end: `uv pip install lm-polygraph==0.7.0`, and of the other
`uv pip install uqlm==0.6.7 selfcheckgpt==0.1.7 'pyarrow<20'` (a newer pyarrow refuses the numpy that uqlm asks for).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assay.cli.demo import packaged_model
from assay.facts.calibration import Answered, Calibration, Question, Worth
from assay.runtime.opening import torch_runtime
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import Draw, calibration, questions, samples, statistics
from assay.uncertainty.questions import QuestionSet

HALVINGS, DRAWS = 200, 1000
ALPHAS = (0.3, 0.4, 0.5)
TIMED = 30
MOST_NEW = 16  # tokens of a sample
HEAD = f"{'score':<30} {'AUROC':>6}  {'95 % interval':<15} {'within':>6}  {'AUPRC':>6} {'PRR':>6}"
SETS = {
    "LRE": "qa/lre/*.json",
    "NQ-open, every second question": "qa/nq_open_dev_even.jsonl",
    "SelfAware": "qa/selfaware.json",
}


def table(name: str, runtime: TorchRuntime, pack: QuestionSet, draw: Draw) -> tuple[tuple[Answered, ...], Calibration]:
    """Ask one set and print its measures."""
    start = time.process_time()
    rows = calibration.asked(runtime, pack, draw=draw)
    spent = time.process_time() - start
    found = calibration.calibration(runtime, pack, rows, draw=draw)
    rate = found.errors / found.count
    asked = f"{found.count} questions, {found.errors} wrong ({rate:.3f})"
    print(f"\n{name}: {asked}, {spent:.0f} CPU s, {draw.count} samples each")
    print(f"{HEAD}   chance 0.500, 0.500, {rate:.3f}, 0")
    for row in found.worth:
        print(_line(row))
    print(f"calibrated by {found.score}: ECE {found.ece:.3f}, Brier {found.brier:.3f}, held-out folds")
    if found.unanswerable:
        lost = found.unanswerable
        area = f"AUROC {lost.auroc:.3f} ({lost.low:.3f} to {lost.high:.3f})"
        print(f"{lost.declined} of {lost.count} unanswerable declined; separated from the others with {area}")
    guarantees(tuple(row for row in rows if row.answerable))
    return rows, found


def _line(row: Worth) -> str:
    """How well a score discriminates, as a line of the table."""
    inside = "      " if row.within is None else f"{row.within:6.3f}"
    interval = f"{row.low:.3f} to {row.high:.3f}"
    return f"{row.score:<30} {row.auroc:6.3f}  {interval:<15} {inside}  {row.auprc:6.3f} {row.prr:6.3f}"


def guarantees(rows: tuple[Answered, ...]) -> None:
    """How often a guarantee fitted on one half is violated on the other, and how much is answered."""
    scores, wrong = calibration.column(rows, calibration.DEFAULT), np.array([not row.right for row in rows])
    chosen = np.random.default_rng(0)
    for alpha in ALPHAS:
        broken, given, kept = 0, 0, []
        for _ in range(HALVINGS):
            order = chosen.permutation(len(rows))
            one, other = order[: len(rows) // 2], order[len(rows) // 2 :]
            found = statistics.guarantee(scores[one], wrong[one], alpha)
            if found.threshold is None:
                kept.append(0.0)
                continue
            given += 1
            answered = scores[other] <= found.threshold
            kept.append(float(answered.mean()))
            broken += bool(answered.any() and wrong[other][answered].mean() > alpha)
        print(
            f"at most {alpha:.0%} wrong, delta {statistics.DELTA}: "
            f"test error above it in {broken} of {HALVINGS} halvings; {np.mean(kept):.3f} answered; "
            f"no guarantee in {HALVINGS - given}"
        )


def elsewhere(one: Calibration, name: str, rows: tuple[Answered, ...]) -> None:
    """The calibration error on questions of another set."""
    labelled = tuple(row for row in rows if row.answerable)
    rates = np.array([statistics.rate(one.steps, value) for value in calibration.column(labelled, one.score)])
    error, _ = statistics.ece(rates, np.array([not row.right for row in labelled]))
    print(f"the calibration of {one.pack[:30]} on {name}: ECE {error:.3f}")


def having(pythons: list[str], module: str) -> str:
    """The first of these interpreters that has a module; none: an empty string."""
    found = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return next((one for one in pythons if not subprocess.run([one, "-c", found], check=False).returncode), "")


def peer(
    python: str, folder: Path, pack: QuestionSet, rows: tuple[Answered, ...], score: str, count: int, timed: int
) -> None:
    """lm-polygraph on the same questions, judged on its own answers, its best score beside assay's."""
    told = [question for question in pack.questions if question.answerable]
    given = [{"id": row.id, "prompt": row.prompt} for row in told]
    found, seconds = _asked(python, "_polygraph.py", given, str(folder), after=(str(timed), str(count)))
    answers = {question.id: question.answers for question in told}
    wrong = np.array([not calibration.right(found[question.id]["text"], answers[question.id]) for question in told])
    own = {row.id: row for row in rows}
    same = sum(found[id]["text"].partition("\n")[0].strip() == own[id].text for id in found)
    print(f"lm-polygraph: {len(found)} questions, {int(wrong.sum())} wrong; {same} answers are those of assay")
    _compared(told, own, {id: row["scores"] for id, row in found.items()}, wrong, score)
    print(f"its CPU s, one at a time of {timed} questions: {_seconds(seconds)}")


def sampled(
    python: str,
    encoder: str,
    runtime: TorchRuntime,
    pack: QuestionSet,
    rows: tuple[Answered, ...],
    score: str,
    draw: Draw,
) -> None:
    """uqlm and SelfCheckGPT on assay's answers and samples, beside assay's own scores of these samples."""
    told, own = [question for question in pack.questions if question.answerable], {row.id: row for row in rows}
    start, count = time.process_time(), len(told)
    drawn = runtime.samples(
        [row.prompt for row in told], draw.count, [MOST_NEW] * count, draw.temperature, draw.seed, "\n"
    )
    spent = time.process_time() - start
    pairs = {at: (row.prompt, f" {own[row.id].text}") for at, row in enumerate(told) if own[row.id].text}
    read = dict(zip(pairs, (row for _, row in sorted(runtime.scores(list(pairs.values())))), strict=True))
    given: list[dict[str, Any]] = []
    mine: dict[str, dict[str, float]] = {}
    for at, (question, others) in enumerate(zip(told, drawn, strict=True)):
        text, logprobs = own[question.id].text, [row.logprob for row in read.get(at) or ()]
        same = partial(draw.same, question=question.asked)
        scored = samples.scores(text, sum(logprobs), samples.clustered(others, same), same, draw.by)
        mine[question.id] = {f"assay {row.id}": row.value for row in scored}
        means = [(row.logprob or 0.0) / max(1, row.tokens) for row in others]
        texts = [row.text.strip() for row in others]
        given.append({"id": question.id, "text": text, "logprobs": logprobs, "samples": texts, "means": means})
    clustering = time.process_time() - start - spent
    found, seconds = _asked(python, "_sampled.py", given, after=(encoder,) if encoder else ())
    print(f"uqlm and SelfCheckGPT: {len(found)} answers of assay, {draw.count} samples of each ({spent:.0f} CPU s)")
    wrong = np.array([not own[question.id].right for question in told])
    _compared(told, own, mine, wrong, score)
    _compared(told, own, {id: row["scores"] for id, row in found.items()}, wrong, score)
    print(f"CPU s beside the samples: assay {clustering:.1f}, {_seconds(seconds)}")


def _seconds(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in found.items())


def _asked(
    python: str, script: str, rows: list[dict[str, Any]], *before: str, after: tuple[str, ...] = ()
) -> tuple[dict[str, Any], dict[str, float]]:
    """(what a script says in an environment of its own of each row, by its id, the CPU seconds that it prints last)."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "rows.jsonl")
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        # -P: the names of files beside the script are those of modules that others import, code.py for one
        command = [python, "-P", str(Path(__file__).with_name(script)), *before, str(file), *after]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found: dict[str, Any] = {row["id"]: row for row in lines if "id" in row}
    if not found:
        raise SystemExit(f"{script} gave nothing: {done.stderr[-500:]}")
    return found, lines[-1]["seconds"]


def _compared(
    told: list[Question],
    own: dict[str, Answered],
    scores: dict[str, dict[str, float]],
    wrong: statistics.Bools,
    score: str,
) -> None:
    """A line for each of these scores, and a score of assay's less the best of them."""
    topics = [question.topic for question in told]
    best, ranked = ("", np.zeros(0)), -1.0
    for name in sorted(next(iter(scores.values()))):
        values = np.array([scores[question.id][name] for question in told])
        row = statistics.discrimination(name, values, wrong, topics)
        print(_line(row))
        best, ranked = ((name, values), row.auroc) if row.auroc > ranked else (best, ranked)
    mine = calibration.column(tuple(own[question.id] for question in told), score)
    mistaken = np.array([not own[question.id].right for question in told])
    chosen = np.random.default_rng(0)
    draws = chosen.integers(0, len(told), (DRAWS, len(told)))
    gaps = [statistics.auroc(mine[row], mistaken[row]) - statistics.auroc(best[1][row], wrong[row]) for row in draws]
    low, high = np.quantile(gaps, (0.025, 0.975))
    gap = statistics.auroc(mine, mistaken) - ranked
    print(f"assay's {score} less the best of them ({best[0]}): {gap:+.3f} (95 % {low:+.3f} to {high:+.3f})")


def cost(runtime: TorchRuntime, count: int) -> None:
    """CPU seconds of plain generation with transformers beside assay's, and of scoring what was generated."""
    import torch

    network, tokens = runtime._network, runtime._tokens  # the peer runs on the same weights
    prompts = [f"Question: What is {number} plus {number + 1}?\nAnswer:" for number in range(count)]
    spent = dict.fromkeys(("plain", "scored", "traced", "again", "samples"), 0.0)

    def took(name: str, start: float) -> None:
        spent[name] += time.process_time() - start

    for prompt in prompts:
        ids = torch.tensor([tokens.encode(prompt, add_special_tokens=False).ids])
        start = time.process_time()
        network.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=16,
            min_new_tokens=16,
            do_sample=False,
            pad_token_id=0,
        )
        took("plain", start)
        start = time.process_time()
        made = list(runtime.generate(prompt, 16))
        spent["scored"] += (time.process_time() - start) * 16 / max(1, len(made))
        text = "".join(row.text for row in made)
        start = time.process_time()
        runtime.score(prompt, text)
        took("again", start)
        start = time.process_time()
        runtime.trace(prompt, text)
        took("traced", start)
        start = time.process_time()
        sampled = runtime.sample(prompt, 5, 16, 1.0, 0)
        longest = max(row.tokens for row in sampled)
        spent["samples"] += (time.process_time() - start) * 16 / max(1, longest)
    plain, scored, traced = spent["plain"], spent["scored"], spent["traced"]
    print(
        f"\n{count} prompts, 16 tokens each, CPU s: plain generate {plain:.1f}; "
        f"generate and score {scored / plain:.2f}x, with a trace {(scored + traced) / plain:.2f}x, "
        f"with 5 samples {(scored + spent['samples']) / plain:.2f}x; "
        f"score a given answer {spent['again'] / plain:.2f}x, with a trace {traced / plain:.2f}x"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--peer", action="append", default=[], help="a Python; may be given again")
    parser.add_argument("--timed", type=int, default=TIMED, help="prompts that costs are measured on")
    parser.add_argument("--encoder", default="", help="a folder with a sentence encoder, for uqlm's cosine")
    parser.add_argument("--only", choices=list(SETS))
    given = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported, as the command line does
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    runtime = torch_runtime(packaged_model())
    print(runtime.model, runtime.name)
    cost(runtime, given.timed)
    answering = having(given.peer, "lm_polygraph")
    scoring = having(given.peer, "uqlm") if given.samples else ""
    with tempfile.TemporaryDirectory() as folder:
        if answering:
            runtime._network.save_pretrained(folder)
            runtime._tokens.save(f"{folder}/tokenizer.json")
        first = None
        for name, pattern in SETS.items():
            if given.only in (None, name):
                pack = questions.load(sorted(given.data.glob(pattern)), given.most)
                # with peers that score samples, these are drawn once, and assay's own scores of them stand beside
                rows, found = table(name, runtime, pack, Draw(0 if scoring else given.samples))
                if first is not None:
                    elsewhere(first, name, rows)
                first = first or found
                if answering and name != "SelfAware":
                    peer(answering, Path(folder), pack, rows, found.score, given.samples, given.timed)
                if scoring and name != "SelfAware":
                    sampled(scoring, given.encoder, runtime, pack, rows, found.score, Draw(given.samples))


if __name__ == "__main__":
    main()
