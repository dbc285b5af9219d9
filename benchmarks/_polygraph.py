"""Run in the peer's own environment: lm-polygraph's scores of the same model's answers to the same questions.

    PYTHON -P benchmarks/_polygraph.py MODEL QUESTIONS TIMED SAMPLES

MODEL is a folder, QUESTIONS JSON lines with id and prompt, TIMED how many questions are timed one score at a time,
SAMPLES how many answers it draws for the estimators that compare them (0: these are left out). Prints a JSON line for
each question: the answer, each estimator's score; then one line with CPU seconds. Estimators that need a hub are left
out: there is none.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

MOST_NEW = 16


def main() -> None:
    """Answer and score everything."""
    import torch
    from lm_polygraph import estimators
    from lm_polygraph.defaults.register_default_stat_calculators import register_default_stat_calculators
    from lm_polygraph.stat_calculators.sample import SamplingGenerationCalculator
    from lm_polygraph.utils.builder_enviroment_stat_calculator import BuilderEnvironmentStatCalculator
    from lm_polygraph.utils.dataset import Dataset
    from lm_polygraph.utils.estimate_uncertainty import estimate_uncertainty
    from lm_polygraph.utils.generation_parameters import GenerationParameters
    from lm_polygraph.utils.manager import UEManager
    from lm_polygraph.utils.model import WhiteboxModel
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    folder, questions, timed, samples = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    loaded: Any = PreTrainedTokenizerFast
    network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    network.eval()
    tokenizer: Any = loaded(
        tokenizer_file=str(folder / "tokenizer.json"),
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        bos_token="<|im_start|>",
        model_input_names=["input_ids", "attention_mask"],  # transformers 4 adds token types, which no Llama takes
    )
    limits = GenerationParameters(max_new_tokens=MOST_NEW, stop_strings=["\n"])
    model = WhiteboxModel(network, tokenizer, generation_parameters=limits)
    single: list[Any] = [
        estimators.MaximumSequenceProbability(),
        estimators.Perplexity(),
        estimators.MeanTokenEntropy(),
        estimators.RAUQ(),
        estimators.SelfCertainty(),
        estimators.RenyiNeg(),
        estimators.FisherRao(),
    ]
    if samples:
        sampling: Any = SamplingGenerationCalculator.__init__
        sampling.__defaults__ = (samples,)  # it is built without arguments, and draws 10
        single += [
            estimators.LexicalSimilarity(),
            estimators.MonteCarloSequenceEntropy(),
            estimators.MonteCarloNormalizedSequenceEntropy(),
        ]
    torch.manual_seed(0)
    rows = [json.loads(line) for line in questions.read_text().splitlines()]
    start = time.process_time()
    for row in rows:
        manager = UEManager(
            Dataset([row["prompt"]], [""], batch_size=1),
            model,
            single,
            available_stat_calculators=register_default_stat_calculators("Whitebox"),
            builder_env_stat_calc=BuilderEnvironmentStatCalculator(model),
            generation_metrics=[],
            ue_metrics=[],
            processors=[],
            ignore_exceptions=False,
            verbose=False,
            max_new_tokens=MOST_NEW,
        )
        manager()
        scores = {str(one): float(manager.estimations[one.level, str(one)][0]) for one in single}
        print(json.dumps({"id": row["id"], "text": manager.stats["greedy_texts"][0], "scores": scores}), flush=True)
    seconds = {"all of them, all questions": time.process_time() - start}
    apart = {str(one): one for one in (single[0], single[3], *single[7:8])}
    for name, one in apart.items():
        start = time.process_time()
        for row in rows[:timed]:
            estimate_uncertainty(model, one, row["prompt"])
        seconds[name] = time.process_time() - start
    start = time.process_time()
    for row in rows[:timed]:
        given = tokenizer(row["prompt"], return_tensors="pt")
        network.generate(**given, max_new_tokens=MOST_NEW, do_sample=False, stop_strings=["\n"], tokenizer=tokenizer)
    seconds["plain generate"] = time.process_time() - start
    print(json.dumps({"seconds": seconds, "timed": timed}), flush=True)


if __name__ == "__main__":
    main()
