"""Filter the sentences of a text with a guarantee, by thresholds from labelled claims: `assay calibrate --claims FILE`.

Each claim is scored on its own after its text's prompt, and so is each sentence of a text that is filtered: only then
are the two comparable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assay.errors import UsageError
from assay.facts.codec import decode
from assay.facts.filtering import Filter, Filtering
from assay.facts.uncertainty import Filtered, Sentence, TokenScore, identity
from assay.files import as_text, content, json_lines, record
from assay.lazy import dataclass
from assay.progress import Progress, Steps
from assay.runtime import Scores, can_score, scored
from assay.uncertainty import statistics
from assay.uncertainty.scores import scores
from assay.version import VERSION

SCHEMA = "assay-filtering/2"
SCORE = "sequence"
ALPHAS = (0.1, 0.2, 0.3, 0.5)
HALVINGS = 200
LEAST, MOST = 20, 256 << 20  # texts, bytes
MOST_RECORD = 64 << 20  # bytes of a filtering
_LINE = '{"prompt": ..., "claims": [{"text": ..., "true": ...}]}'
_MADE = "make one with  assay calibrate MODEL --claims FILE -o json=FILE"
# Wikipedia page views and mentions, as FActScore groups people (arXiv:2305.14251, section 3.1), the rarest first
RARITY = ("very rare", "rare", "medium", "freq", "very freq")


@dataclass(frozen=True, slots=True)
class Text:
    """The prompt of a text, its claims with whether each is true, and how rare its subject is.

    `rarity` is larger for rarer subjects (None: unknown).
    """

    prompt: str
    claims: tuple[tuple[str, bool], ...]
    rarity: float | None


def load(path: Path, most: int = 0) -> tuple[tuple[Text, ...], str]:
    """(the texts, the file's SHA-256) of labelled claims.

    JSON lines with `prompt` and `claims` (each `text` and `true`), or FActScore's labelled data as published. The
    order depends on the texts alone; at most `most` of them, if that is not 0.

    Raises UsageError: it is no such file, or has too few texts.
    """
    raw = content(path, MOST, "file of claims")
    lines = json_lines(as_text(raw, path, "file of claims"), path, _LINE)
    rows = [row for where, value in lines if (row := _text(where, value))]
    rows.sort(key=lambda row: hashlib.sha256(repr(row).encode()).digest())
    if len(rows) < LEAST:
        raise UsageError(f"{path}: {len(rows)} texts with labelled claims; fewer than {LEAST} allow nothing to be said")
    return tuple(rows[: most or len(rows)]), hashlib.sha256(raw).hexdigest()


def _text(where: str, value: dict[str, Any]) -> Text | None:
    if "annotations" in value:
        return _factscore(value)
    claims = value.get("claims")
    if not isinstance(claims, list) or not isinstance(value.get("prompt"), str):
        raise UsageError(f"{where}: expected a line like {_LINE}, got one without prompt or claims")
    found = tuple((row["text"], row["true"]) for row in claims if isinstance(row, dict) and _is_claim(row))
    return Text(value["prompt"], found, None) if found else None


def _is_claim(row: dict[str, Any]) -> bool:
    text = row.get("text")
    return isinstance(text, str) and bool(text.strip()) and isinstance(row.get("true"), bool)


def _factscore(value: dict[str, Any]) -> Text | None:
    """A biography of FActScore: facts labelled supported (S) or not (NS) by people; irrelevant ones are left out."""
    facts = [fact for part in value["annotations"] or () for fact in part.get("human-atomic-facts") or ()]
    labelled = (fact for fact in facts if fact.get("label") in ("S", "NS") and fact.get("text", "").strip())
    found = tuple((fact["text"], fact["label"] == "S") for fact in labelled)
    groups = [RARITY.index(name) for name in value.get("cat") or () if name in RARITY]
    if not found:
        return None
    return Text(f"{value['input']}\n", found, float(len(RARITY) - groups[0]) if groups else None)


def filtering(
    runtime: Scores,
    texts: tuple[Text, ...],
    name: str,
    digest: str,
    progress: Progress | None = None,
    score: str = SCORE,
) -> Filtering:
    """The discrimination (AUROC) of each score of a claim, and the thresholds that the sample allows.

    Raises UsageError where the runtime scores no given text, or every claim is true or every one false.
    """
    if not can_score(runtime):
        raise UsageError(f"{runtime.name} scores no text that it did not write, and so no claims")
    total = sum(len(row.claims) for row in texts)
    steps = Steps(progress, "scoring", total, "claims")
    columns: dict[str, list[float]] = {}
    false: list[bool] = []
    of: list[int] = []
    read = iter(claimed(runtime, [(row.prompt, claim) for row in texts for claim, _ in row.claims], steps.add))
    for number, row in enumerate(texts):
        for _, true in row.claims:
            values = next(read)
            if values is None:
                continue
            for id, value in (*values.items(), *((("subject.rarity", row.rarity),) if row.rarity is not None else ())):
                columns.setdefault(id, []).append(value)
            false.append(not true)
            of.append(number)
    wrong, group = np.array(false, bool), np.array(of)
    if not len(wrong) or wrong.all() or not wrong.any():
        raise UsageError("every claim is true, or every one false: no score can be measured on them")
    known = {id: np.array(values) for id, values in columns.items() if len(values) == len(wrong)}
    chosen = [row.id for row in scores((TokenScore("", 0, 0, 0.0, 0.0, None, None, ()),))]
    if score not in known or score not in chosen:
        raise UsageError(f"no score {score!r} of a claim: there are {', '.join(id for id in chosen if id in known)}")
    if "subject.rarity" in known:
        known["rarity and surprise"] = ranked(known["subject.rarity"]) + ranked(known[score])
    measured = (statistics.discrimination(id, values, wrong) for id, values in known.items())
    worth = tuple(sorted(measured, key=lambda row: -row.auroc))
    return Filtering(
        schema=SCHEMA,
        assay=VERSION,
        model=runtime.model,
        sha256=runtime.sha256,
        runtime=runtime.name,
        name=name,
        claims_sha256=digest,
        texts=len(set(of)),
        claims=len(wrong),
        false=int(wrong.sum()),
        skipped=total - len(wrong),
        score=score,
        worth=worth,
        filters=tuple(guarded(known[score], wrong, group, alpha) for alpha in ALPHAS),
    )


def claimed(
    runtime: Scores, pairs: Sequence[tuple[str, str]], step: Callable[[], None] = lambda: None
) -> tuple[dict[str, float] | None, ...]:
    """The scores of each claim on its own after its prompt, `step` called for each; None where it cannot be scored.

    In as many digits as do not depend on what was read beside it, so that ties stay ties.
    """
    return tuple(
        None if tokens is None else {score.id: round(score.value, 4) for score in scores(tokens)}
        for tokens in scored(runtime, pairs, step)
    )


def ranked(values: statistics.Floats) -> statistics.Floats:
    """Values as their ranks from 0 to 1, ties by the lowest."""
    return np.searchsorted(np.sort(values), values) / len(values)


def guarded(values: statistics.Floats, wrong: statistics.Bools, group: statistics.Ints, alpha: float) -> Filter:
    """The threshold from all texts, with what one from half of them keeps on the other half, and how often rightly."""
    texts = np.unique(group)
    lowest = np.array([_lowest(values[group == text], wrong[group == text]) for text in texts])
    chosen, kept, true = np.random.default_rng(0), [], []
    for _ in range(HALVINGS):
        order = chosen.permutation(len(texts))
        one, other = order[: len(texts) // 2], order[len(texts) // 2 :]
        threshold = statistics.kept_below(lowest[one], alpha)
        least = -np.inf if threshold is None else threshold
        kept.append(float((values[np.isin(group, texts[other])] < least).mean()))
        true.append(float((lowest[other] >= least).mean()))
    return Filter(alpha, _finite(statistics.kept_below(lowest, alpha)), float(np.mean(kept)), float(np.mean(true)))


def _lowest(values: statistics.Floats, wrong: statistics.Bools) -> float:
    return float(values[wrong].min()) if wrong.any() else float("inf")


def _finite(threshold: float | None) -> float | None:
    """A threshold as JSON has it: no bound at all becomes the greatest number there is."""
    return None if threshold is None else min(threshold, 1e308)


def kept(
    runtime: Scores, prompt: str, text: str, sentences: tuple[Sentence, ...], known: Filtering
) -> tuple[Filtered, ...]:
    """Each sentence of a text, with the strictest guarantee under which it is kept.

    Raises UsageError where the filtering is of another model.
    """
    if identity(known) != identity(runtime):
        raise UsageError(f"the filtering is of {known.model}, not of {runtime.model}")
    read = claimed(runtime, [(prompt, text[row.start : row.stop]) for row in sentences])
    return tuple(_kept(row, values, known) for row, values in zip(sentences, read, strict=True))


def _kept(row: Sentence, values: dict[str, float] | None, known: Filtering) -> Filtered:
    if values is None:
        return Filtered(row.start, row.stop, None, None)
    value = values[known.score]
    held: Iterator[float] = (one.alpha for one in known.filters if one.threshold is not None and value < one.threshold)
    return Filtered(row.start, row.stop, value, min(held, default=None))


def saved(path: Path) -> Filtering:
    """Load a filtering: what `assay calibrate --claims` wrote."""
    return record(path, MOST_RECORD, "filtering", SCHEMA, partial(decode, Filtering), _MADE)
