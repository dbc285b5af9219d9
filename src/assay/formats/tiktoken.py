"""tiktoken vocabularies: lines of base64 text and rank (openai/tiktoken, load.py). They hold no control tokens."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.facts.tokenizer import Tokenizer
from assay.formats import Format
from assay.formats.window import Window

MOST = 64 * 1024 * 1024


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the tokenizer."""
    lines = window.text(MOST).split("\n")
    ranks = [line.rpartition(" ")[2] for line in lines if line]
    if not all(rank.isascii() and rank.isdigit() and len(rank) < 10 for rank in ranks):
        raise Malformed("a line of the tiktoken vocabulary has no rank")
    yield Tokenizer(artifact, "tiktoken", "BPE", max(map(int, ranks), default=-1) + 1, ())


# every such file begins with the token of rank 0, which is "!" in all published vocabularies
FORMAT = Format(
    "tiktoken",
    "tiktoken vocabulary",
    read,
    names=("*.tiktoken", "tokenizer.model"),
    magic=((0, b"IQ== 0\n"),),
    both=True,
    examines=(Aspect.TOKENS,),
    gaps=(),
)
