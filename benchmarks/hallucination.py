"""What the scores of SmolLM2-135M are worth on labelled questions, what they cost, and whether promises hold.

    python -m benchmarks.hallucination --data DIR [--most N]

DIR holds `qa/lre/*.json` and `qa/nq_open_dev_even.jsonl` (see docs/hallucination.md); answers are kept in DIR-less temporary files, so a run asks everything anew. Prevalence
is printed with every measure. A promise is tried over 200 halvings of the questions: fitted on one half, judged on the other.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from assay import calibrating, packs, uncertainty
from assay.cli.demo import packaged_model
from assay.facts.calibration import Answered
from assay.measures import calibration as measure
from assay.runtime import Runtime

HALVINGS = 200
ALPHAS = (0.3, 0.4, 0.5)
PROMPTS = 30


def table(name: str, runtime: Runtime, paths: list[Path], most: int) -> None:
    """Ask one set and print its measures."""
    pack = packs.load(paths, most)
    start = time.process_time()
    rows = calibrating.asked(runtime, pack)
    spent = time.process_time() - start
    found = calibrating.calibration(runtime, pack, rows)
    rate = found.errors / found.count
    print(f"\n{name}: {found.count} questions, {found.errors} wrong ({rate:.3f}), {spent:.0f} CPU s")
    print(f"{'score':<16} {'AUROC':>6}  {'95 % interval':<15} {'AUPRC':>6} {'PRR':>6}   chance 0.500, {rate:.3f}, 0")
    for row in found.worth:
        print(f"{row.score:<16} {row.auroc:6.3f}  {row.low:.3f} to {row.high:.3f}  {row.auprc:6.3f} {row.prr:6.3f}")
    print(f"calibrated by {found.score}: ECE {found.ece:.3f}, Brier {found.brier:.3f}, held-out folds")
    promises(rows)


def promises(rows: tuple[Answered, ...]) -> None:
    """How often a promise fitted on one half is broken on the other, and how much is answered."""
    scores, wrong = calibrating.column(rows, calibrating.DEFAULT), np.array([not row.right for row in rows])
    chosen = np.random.default_rng(0)
    for alpha in ALPHAS:
        broken, given, kept = 0, 0, []
        for _ in range(HALVINGS):
            order = chosen.permutation(len(rows))
            one, other = order[: len(rows) // 2], order[len(rows) // 2 :]
            found = measure.promise(scores[one], wrong[one], alpha)
            if found.threshold is None:
                kept.append(0.0)
                continue
            given += 1
            answered = scores[other] <= found.threshold
            kept.append(float(answered.mean()))
            broken += bool(answered.any() and wrong[other][answered].mean() > alpha)
        print(
            f"at most {alpha:.0%} wrong, delta {measure.DELTA}: test error above it in {broken} of {HALVINGS} halvings; {np.mean(kept):.3f} answered; no promise in {HALVINGS - given}"
        )


def cost(runtime: Runtime) -> None:
    """CPU seconds of plain generation with transformers beside assay's, and of scoring what was generated."""
    import torch

    network, tokens = runtime._network, runtime._tokens  # type: ignore[attr-defined]  # the peer runs on the same weights
    prompts = [f"Question: What is {number} plus {number + 1}?\nAnswer:" for number in range(PROMPTS)]
    plain = own = again = 0.0
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
        plain += time.process_time() - start
        start = time.process_time()
        made = list(runtime.generate(prompt, 16))
        own += (time.process_time() - start) * 16 / max(1, len(made))
        text = "".join(row.text for row in made)
        start = time.process_time()
        runtime.score(prompt, text)
        again += time.process_time() - start
    print(
        f"\n{PROMPTS} prompts, 16 tokens each, CPU s: plain generate {plain:.1f}; generate and score {own:.1f} ({own / plain:.2f}x); score a given answer {again:.1f} ({again / plain:.2f}x)"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1000)
    given = parser.parse_args()
    runtime = uncertainty.open(packaged_model(), threads=2)
    print(runtime.model, runtime.name)
    cost(runtime)
    table("LRE", runtime, sorted((given.data / "qa" / "lre").glob("*.json")), given.most)
    table("NQ-open, every second question", runtime, [given.data / "qa" / "nq_open_dev_even.jsonl"], given.most)


if __name__ == "__main__":
    main()
