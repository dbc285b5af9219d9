"""The results.json of lm-evaluation-harness: `results` by task, each metric with its filter and standard error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.reported import ReportedRow
from assay.probes.reported import Found, count, name, number, table

_LIKELIHOOD = frozenset({"acc", "acc_norm", "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte"})
_SERVERS = frozenset({"local-completions", "openai-completions", "gguf", "ggml"})
WEAK = (
    "asked of a server: one that gives no log-probabilities of prompts lets such numbers fall to chance without a sign"
)


def ours(value: Any) -> bool:
    """Whether a JSON value is such a file."""
    return (
        isinstance(value, dict)
        and bool(table(value, "results"))
        and ("lm_eval_version" in value or "versions" in value)
    )


def of(value: Any) -> Found:
    """Every metric of every task."""
    config = table(value, "config")
    model = " ".join(filter(None, (name(config.get("model")), _asked(config.get("model_args")))))
    return Found(name(value.get("lm_eval_version")), model or name(value.get("model_name")), _rows(value, config))


def _asked(value: object) -> str:
    """The model of `model_args`: a text up to 0.4.9, an object in 0.4.13."""
    rows = table(value)
    return name(value) or name(rows.get("model")) or name(rows.get("pretrained"))


def _rows(value: Any, config: dict[str, Any]) -> Iterator[ReportedRow]:
    served = name(config.get("model")) in _SERVERS
    for task, metrics in table(value, "results").items():
        samples = table(table(value, "n-samples"), task)
        for key, found in table(metrics).items():
            metric, _, filtered = str(key).partition(",")
            amount = number(found)
            if amount is None or metric.endswith("_stderr") or metric in ("alias", "sample_len", "samples"):
                continue
            said = f"{metric}, {filtered}" if filtered not in ("", "none") else metric
            weak = WEAK if served and metric in _LIKELIHOOD else ""
            yield ReportedRow(name(task), name(said), amount, count(samples.get("effective")), None, weak)
