"""Measure whether signals from inside SmolLM2 tell its wrong answers from right ones beyond their probability.

    python -m benchmarks.inside --data DIR [--most N]
    python -m benchmarks.inside --cost

DIR holds `qa/lre/*.json` (see docs/measured/hallucination.md). Each answer's first token is looked into. A signal is
judged by its AUROC, and by what it adds to the answer's own probability: a logistic regression on both, fitted to all
other topics, against one on the probability alone. Intervals are of 500 bootstraps over topics. With `--cost`, the CPU
seconds of each view on one question, and how far estimates by gradient are from what was tried.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay import inside
from assay.cli.demo import packaged_model
from assay.facts.calibration import Answered
from assay.facts.inside import Inside
from assay.inside import Asked, Opened
from assay.render.record.inside import settled
from assay.uncertainty import calibration, questions, statistics

Floats = NDArray[np.float64]
DRAWS, RIDGE = 500, 1.0


def signals(found: Inside, stream: NDArray[np.float32]) -> dict[str, float]:
    """What the views of one token say, each higher where one would trust the answer less."""
    deep = found.lens[round(len(found.lens) * 5 / 6)]
    middle = found.lens[round(len(found.lens) * 2 / 3)]
    at = settled(found)
    late = [row.tokens[0].text for row in found.lens[len(found.lens) * 2 // 3 :]]
    assert found.attribution is not None
    shares = {
        kind: sum(row.margin for row in found.attribution.parts if row.part == kind) for kind in ("attention", "mlp")
    }
    size = sum(abs(row.margin) for row in found.attribution.parts)
    return {
        "layer from which it can be read": float(found.layers + 1 if at is None else at),
        "surprisal in the lens, 2/3 deep": -middle.logprob,
        "surprisal in the lens, 5/6 deep": -deep.logprob,
        "entropy of the lens, 2/3 deep": middle.entropy,
        "entropy of the lens, 5/6 deep": deep.entropy,
        "different tokens read in the last third": float(len(set(late))),
        "share of attention in the lead": -shares["attention"] / size,
        "share of MLPs in the lead": -shares["mlp"] / size,
        "parts against it, of all": -found.attribution.margin / size,
        "norm of the last state": float(np.linalg.norm(stream[-1])),
        "growth of the state in the last third": float(
            np.linalg.norm(stream[-1]) / np.linalg.norm(stream[len(stream) * 2 // 3])
        ),
    }


def looked(
    model: Opened, rows: tuple[Answered, ...], prompts: dict[str, str]
) -> tuple[list[Answered], list[dict[str, float]]]:
    """(the rows with an answer, their signals)."""
    kept, found = [], []
    for row in rows:
        if row.answerable and row.text:
            seen = model.seen(Asked(prompts[row.id], f" {row.text}", 1, quick=True))
            if seen.record.attribution and seen.record.lens:
                kept.append(row)
                found.append(
                    {
                        "surprisal of the first token": -seen.record.logprob,
                        **signals(seen.record, seen.tensors["stream"]),
                    }
                )
    return kept, found


def fitted(features: Floats, wrong: NDArray[np.bool_]) -> Floats:
    """Weights of a logistic regression with a ridge, by Newton's method; the last is the constant."""
    x = np.column_stack([features, np.ones(len(features))])
    weights = np.zeros(x.shape[1])
    penalty = np.diag([RIDGE] * features.shape[1] + [0.0])
    for _ in range(30):
        rate = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (rate - wrong) + penalty @ weights
        curve = (x * (rate * (1 - rate))[:, None]).T @ x + penalty + 1e-9 * np.eye(len(weights))
        weights = weights - np.linalg.solve(curve, slope)
    return weights


def left_out(features: Floats, wrong: NDArray[np.bool_], topics: NDArray[np.str_]) -> Floats:
    """The score of each answer by a regression that was fitted to the other topics."""
    scores = np.zeros(len(wrong))
    for topic in np.unique(topics):
        one = topics == topic
        middle, spread = features[~one].mean(0), features[~one].std(0) + 1e-9
        weights = fitted((features[~one] - middle) / spread, wrong[~one])
        scores[one] = np.column_stack([(features[one] - middle) / spread, np.ones(one.sum())]) @ weights
    return scores


def interval(values: list[float]) -> str:
    """The 95 % interval of bootstrapped values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{low:+.3f} to {high:+.3f}"


def judged(rows: list[Answered], found: list[dict[str, float]]) -> None:
    """The table: each signal alone, and what it adds to the probability on topics that were left out."""
    wrong = np.array([not row.right for row in rows])
    topics = np.array([row.topic for row in rows])
    base = np.column_stack(
        [calibration.column(tuple(rows), calibration.DEFAULT), [row["surprisal of the first token"] for row in found]]
    )
    alone = left_out(base, wrong, topics)
    names, random = sorted(set(topics)), np.random.default_rng(0)
    draws = [
        np.concatenate([np.flatnonzero(topics == t) for t in random.choice(names, len(names))]) for _ in range(DRAWS)
    ]
    draws = [draw for draw in draws if 0 < wrong[draw].sum() < len(draw)]
    print(f"{len(rows)} answers, {int(wrong.sum())} wrong, {len(names)} topics")
    print(f"probability alone, topics left out: AUROC {statistics.auroc(alone, wrong):.3f}")
    print(f"{'signal':<42} {'AUROC':>6}  {'95 % over topics':<18} {'adds':>6}  95 % over topics")
    every = [name for name in found[0] if name != "surprisal of the first token"]
    for name in [*every, "all of them"]:
        mine = np.array([[row[one] for one in (every if name == "all of them" else [name])] for row in found])
        both = left_out(np.column_stack([base, mine]), wrong, topics)
        single = mine[:, 0] if mine.shape[1] == 1 else left_out(mine, wrong, topics)
        own = [statistics.auroc(single[draw], wrong[draw]) for draw in draws]
        adds = [
            statistics.auroc(both[draw], wrong[draw]) - statistics.auroc(alone[draw], wrong[draw]) for draw in draws
        ]
        gain = statistics.auroc(both, wrong) - statistics.auroc(alone, wrong)
        print(f"{name:<42} {statistics.auroc(single, wrong):6.3f}  {interval(own):<18} {gain:+6.3f}  {interval(adds)}")


def cost() -> None:
    """What opening the model and each view of one token takes."""
    start = time.process_time()
    model = inside.open(packaged_model())
    print(f"opening: {time.process_time() - start:.1f} CPU s")
    views: dict[str, dict[str, Any]] = {
        "lens and contributions": {"quick": True},
        "ablation, too": {},
        "patches from another prompt, too": {"against": "What is the capital of Italy?"},
        "lens and contributions, tuned lens": {"quick": True, "tuned": True},
    }
    for name, asked in views.items():
        start = time.process_time()
        found = model.look("What is the capital of France?", **asked).record
        print(f"{name}: {time.process_time() - start:.1f} CPU s for {len(found.words)} tokens", flush=True)
        for view in (found.ablation, found.patching):
            if view is not None:
                row, kind = view.estimated, type(view).__name__.lower()
                print(f"  {kind}: {row.pairs} tried, rank correlation {row.correlation:.2f},", end=" ")
                print(f"mean error {row.error:.2f} where the mean effect is {row.size:.2f}")


def main() -> None:
    """Ask, look, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--cost", action="store_true")
    given = parser.parse_args()
    if given.cost:
        cost()
        return
    if given.data is None:
        parser.error("--data DIR or --cost")
    model = inside.open(packaged_model())
    pack = questions.load(sorted(given.data.glob("qa/lre/*.json")), given.most)
    start = time.process_time()
    rows = calibration.asked(model.runtime, pack)
    asked = time.process_time()
    kept, found = looked(model, rows, {row.id: row.prompt for row in pack.questions})
    print(f"asked in {asked - start:.0f} CPU s, looked into in {time.process_time() - asked:.0f} CPU s", flush=True)
    judged(kept, found)


if __name__ == "__main__":
    main()
