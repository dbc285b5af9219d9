"""Run in the peers' own environment: uqlm's and SelfCheckGPT's scores of answers and samples that are given.

    PYTHON -P benchmarks/_sampled.py ANSWERS [ENCODER]

ANSWERS are JSON lines with id, text, logprobs of its tokens, samples, and the mean log-probability of each sample's
tokens as means. ENCODER is a folder with a sentence encoder for uqlm's cosine and for what it multiplies with that;
scorers that fetch a model of entailment from a hub are left out: there is none. SelfCheckGPT's n-grams are counted over
words of spaCy's rules for English, as its trained pipeline is no package either. Prints a JSON line for each answer:
each score, higher for a doubtful answer; then one line with CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any


def main() -> None:
    """Score everything."""
    import spacy
    from uqlm.black_box import CosineScorer, MatchScorer
    from uqlm.white_box.sampled_logprobs import SampledLogprobsScorer
    from uqlm.white_box.single_logprobs import SingleLogprobsScorer

    def blank(_name: str) -> Any:
        made = spacy.blank("en")
        made.add_pipe("sentencizer")
        return made

    spacy.load = blank
    from selfcheckgpt.modeling_selfcheck import SelfCheckNgram

    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    texts, drawn = [row["text"] or "." for row in rows], [[one or "." for one in row["samples"]] for row in rows]
    tokens = [[{"token": "", "logprob": value} for value in row["logprobs"] or [0.0]] for row in rows]
    encoder = sys.argv[2] if len(sys.argv) > 2 else ""
    scores: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, float] = {}

    start = time.process_time()
    for name, values in SingleLogprobsScorer().evaluate(tokens).items():
        scores[f"uqlm {name}"] = [1 - float(value) for value in values]
    whole = SingleLogprobsScorer(["sequence_probability"], length_normalize=False).evaluate(tokens)
    scores["uqlm sequence_probability, whole"] = [1 - float(value) for value in whole["sequence_probability"]]
    seconds["uqlm white box"] = time.process_time() - start
    start = time.process_time()
    means = [[[{"token": "", "logprob": value}] for value in row["means"]] for row in rows]
    names = ["monte_carlo_probability", "consistency_and_confidence"][: 2 if encoder else 1]
    several = SampledLogprobsScorer(names, sentence_transformer=encoder)
    for name, values in several.evaluate(texts, drawn, tokens, means).items():
        scores[f"uqlm {name}"] = [1 - float(value) for value in values]
    seconds["uqlm white box, samples"] = time.process_time() - start
    start = time.process_time()
    scores["uqlm exact_match"] = [1 - float(value) for value in MatchScorer().evaluate(texts, drawn)]
    seconds["uqlm exact match"] = time.process_time() - start
    if encoder:
        start = time.process_time()
        near = CosineScorer(transformer=encoder).evaluate(texts, drawn)
        scores["uqlm cosine_sim"] = [1 - float(value) for value in near]
        seconds["uqlm cosine"] = time.process_time() - start
    for count in (1, 2):
        start = time.process_time()
        checker = SelfCheckNgram(n=count)
        for text, others in zip(texts, drawn, strict=True):
            found = checker.predict(passage=text, sentences=[text], sampled_passages=others)["doc_level"]
            scores[f"SelfCheckGPT {count}-gram, mean"].append(float(found["avg_neg_logprob"]))
            scores[f"SelfCheckGPT {count}-gram, greatest"].append(float(found["avg_max_neg_logprob"]))
        seconds[f"SelfCheckGPT {count}-gram"] = time.process_time() - start
    for at, row in enumerate(rows):
        print(json.dumps({"id": row["id"], "scores": {name: values[at] for name, values in scores.items()}}))
    print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
