"""Print what the documents show of made-up answers, each by one command.

    python -m benchmarks.shown capitals           five capitals of Australia, and one in two wordings: meanings, entropy
    python -m benchmarks.shown pairs              true and invented answers side by side, as a user of SmolLM2 sees them
    python -m benchmarks.shown server URL MODEL   log-probabilities of a server of MODEL beside those of this process

For the last, start a server of the same file first, llama.cpp's for example: `llama-server -m MODEL.gguf`, and give
openai+http://127.0.0.1:8080/v1.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from assay import uncertainty
from assay.cli.demo import packaged_model
from assay.facts.uncertainty import Sample
from assay.render.record.scored import headline
from assay.render.terminal import painter
from assay.runtime import Runtime, can_score, conversation, scored
from assay.uncertainty import meaning, questions, samples
from assay.uncertainty.usual import folder, usual

ASKED = "What is the capital of Australia?"
FIVE = ("Canberra.", "Sydney.", "It is Melbourne.", "The capital of Australia is Perth.", "Brisbane is the capital.")
ALIKE = ("Canberra.", "The capital of Australia is Canberra.", "It is Canberra.", "Canberra, Australia.", "canberra")
PAIRS = (
    ("What is the capital of France?", "The capital of France is Paris.", "The capital of France is Minotonia."),
    ("What is the capital of Japan?", "The capital of Japan is Tokyo.", "The capital of Japan is Kyoto."),
    ("Who wrote Hamlet?", "Hamlet was written by William Shakespeare.", "Hamlet was written by Edmund Farrow."),
    ("What is the largest planet?", "The largest planet is Jupiter.", "The largest planet is Mars."),
    ("Who was the first king of Veldoria?", "Nobody knows of such a place.", "The first king was King Minotonia."),
)
TEXTS = 125


def capitals() -> Iterator[str]:
    """The meanings of five answers, and their entropy."""
    for answers in (FIVE, ALIKE):
        drawn = tuple(Sample(text, None, 0) for text in answers)
        found = samples.clustered(drawn, partial(meaning.same, question=ASKED))
        rows = samples.scores(answers[0], None, found, partial(meaning.same, question=ASKED), "what they claim")
        entropy = next(row.value for row in rows if row.id == "meaning.entropy")
        yield f"{ASKED}  meanings: {len({row.meaning for row in found})}, entropy {entropy:.2f} nats"
        yield from (f"  {row.meaning + 1}  {row.text}" for row in found)


def pairs() -> Iterator[str]:
    """The first line of `assay score` for true and invented answers."""
    runtime = uncertainty.open(str(packaged_model()))
    for asked, *answers in PAIRS:
        yield asked
        for text in answers:
            before = conversation(runtime, asked)
            found = uncertainty.score(runtime, before, text, usual=partial(usual, keep=folder()))
            yield f"  {text}"
            yield from (f"      {line}" for line in headline(found).lines(painter(False), 100))


def server(url: str, model: Path) -> Iterator[str]:
    """How far a server's log-probabilities of given texts are from those of this process."""
    outside, inside = uncertainty.open(url), uncertainty.open(model)
    asked = [row for row in questions.load([questions.GENERAL]).questions if row.answers][:TEXTS]
    texts = [(f"Question: {row.asked}\nAnswer:", f" {row.answers[0]}.") for row in asked]
    gaps, firsts = [], 0
    for one, other in zip(_tokens(outside, texts), _tokens(inside, texts), strict=True):
        if [row.text for row in one] != [row.text for row in other]:
            raise SystemExit("the two do not split a text alike: is it the same file?")
        gaps += [abs(left.logprob - right.logprob) for left, right in zip(one, other, strict=True)]
        firsts += sum((left.rank == 1) == (right.rank == 1) for left, right in zip(one, other, strict=True))
    yield f"{outside.model} ({outside.name}) beside {inside.name}"
    yield f"{len(texts)} texts, {len(gaps):,} tokens"
    yield f"difference: median {np.median(gaps):.5f} nats, largest {max(gaps):.3f}"
    yield f"the token is, or is not, the first choice of both: {firsts:,}"


def _tokens(runtime: Runtime, texts: list[tuple[str, str]]) -> Iterator[list]:  # type: ignore[type-arg]
    if not can_score(runtime):
        raise SystemExit(f"{runtime.model} scores no given texts")
    for (_, text), tokens in zip(texts, scored(runtime, texts), strict=True):
        if tokens is None:
            raise SystemExit(f"{runtime.model} cannot score {text!r}")
        yield list(tokens)


def main() -> None:
    """Print one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("capitals", "pairs", "server"))
    parser.add_argument("url", nargs="?")
    parser.add_argument("model", nargs="?", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported, as the command line does
    if given.what == "server" and given.model is None:
        parser.error("give the address of the server, and the file that it serves")
    rows = (
        capitals() if given.what == "capitals" else pairs() if given.what == "pairs" else server(given.url, given.model)
    )
    for row in rows:
        print(row, flush=True)


if __name__ == "__main__":
    main()
