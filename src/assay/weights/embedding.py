"""Tokens that no text trained: embedding rows that resemble those known to be unused.

After Land and Bartolo, "Fishing for Magikarp" (2024), section 3: the cosine between a row, less the mean row, and the
mean of rows known to be unused. The smallest norm, which is often used instead, finds none of them in a model that
ties its embedding to its output (measured in docs/measured/parameters.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from assay.facts.tokenizer import SEPARATOR, Tokenizer, TokenRole, Vocabulary
from assay.facts.values import TensorSummary, TokenReview, UntrainedToken
from assay.weights import of_any_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIKE = 0.9  # cosine from which a row is counted as alike
AGREE = 0.7  # cosine among rows taken as reference: control tokens that were trained are left out by it
LEAST = 3  # rows that a reference needs
LISTED = 40
_UNUSED = (
    "<unused",
    "<|reserved",
    "<|unused",
    "[unused",
    "<reserved",
    "<pad",
    "<extra_id",
    "<|placeholder",
    "<|dummy",
    "<mask_",
)


class Rows(Protocol):
    """A matrix that can be read some rows at a time."""

    @property
    def rows(self) -> int: ...

    @property
    def columns(self) -> int: ...

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]: ...

    def chunks(self, values: int = ...) -> Iterator[tuple[int, NDArray[np.float32]]]: ...


def reviewed(
    summary: TensorSummary, embedding: Rows, vocabulary: Vocabulary, tokenizer: Tokenizer | None
) -> TokenReview:
    """The review of one embedding; its `reason` says so if there are no rows to compare with, and then none is read."""
    tokens = vocabulary.tokens
    known = _known_unused(tokens, tokenizer, embedding.rows)
    beyond = max(0, embedding.rows - len(tokens))
    why = f"{len(known):,} rows are known to be unused and fewer than {LEAST} of them agree"
    unknown = TokenReview(summary.artifact, summary.name, embedding.rows, (), (), 0, beyond, why)
    if len(known) < LEAST:
        return unknown
    with of_any_size():
        found = _compared(summary, embedding, vocabulary, tokenizer, known)
    return TokenReview(summary.artifact, summary.name, embedding.rows, *found, beyond) if found else unknown


def _compared(
    summary: TensorSummary, embedding: Rows, vocabulary: Vocabulary, tokenizer: Tokenizer | None, known: list[int]
) -> tuple[tuple[int, ...], tuple[UntrainedToken, ...], int] | None:
    """Reference rows, tokens listed, and how many rows are like those `known` to be unused; None if too few agree."""
    import numpy as np

    tokens, mean = vocabulary.tokens, _mean_row(embedding)
    reference, ids = _reference(embedding, mean, known)
    if reference is None:
        return None
    cosines = np.concatenate([_cosines(rows - mean, reference) for _, rows in embedding.chunks()])
    ordinary = np.ones(len(cosines), bool)
    ordinary[[id for id in _special(tokenizer, tokens) if id < len(cosines)]] = False
    ordinary[min(len(tokens), len(cosines)) :] = False
    ordinary[list(ids)] = False
    alike = int(np.count_nonzero(cosines[ordinary] >= ALIKE))
    ranks = merge_ranks(vocabulary)
    order = np.argsort(np.where(ordinary, -cosines, 2.0), kind="stable")[:LISTED]
    listed = tuple(
        _token(int(id), float(cosines[id]), summary, vocabulary, tokens, ranks)
        for id in order
        if cosines[id] >= AGREE and ordinary[id]
    )
    return ids, listed, alike


def _special(tokenizer: Tokenizer | None, tokens: list[str]) -> set[int]:
    marked = {token.id for token in tokenizer.tokens if token.role is TokenRole.CONTROL} if tokenizer else set()
    return marked | {id for id, text in enumerate(tokens) if text.startswith(_UNUSED)}


def _known_unused(tokens: list[str], tokenizer: Tokenizer | None, rows: int) -> list[int]:
    """Control tokens, tokens whose name says that they are spare, and rows beyond the vocabulary."""
    spare = sorted(id for id in _special(tokenizer, tokens) if id < rows)
    return (spare + list(range(len(tokens), rows)))[:4096]


def _mean_row(embedding: Rows) -> NDArray[np.float32]:
    import numpy as np

    total = np.zeros(embedding.columns)
    for _, rows in embedding.chunks():
        total += rows.sum(axis=0, dtype=np.float64)
    return (total / max(1, embedding.rows)).astype(np.float32)


def _reference(
    embedding: Rows, mean: NDArray[np.float32], known: list[int]
) -> tuple[NDArray[np.float32] | None, tuple[int, ...]]:
    """The direction that most rows known to be unused share, and which rows those are.

    Some control tokens are trained (an end of turn is). The row with most others near it leads; who is far from it is
    left out.
    """
    import numpy as np

    rows = (
        np.concatenate([embedding.read(id, id + 1) for id in known[:256]]) - mean
        if known
        else np.zeros((0, len(mean)), np.float32)
    )
    norms = np.linalg.norm(rows, axis=1)
    usable = np.flatnonzero(norms > 0)
    if len(usable) < LEAST:
        return None, ()
    unit = rows[usable] / norms[usable, None]
    near = unit @ unit.T >= AGREE
    leader = int(np.argmax(near.sum(axis=1)))
    members = np.flatnonzero(near[leader])
    if len(members) < LEAST:
        return None, ()
    direction = unit[members].mean(axis=0)
    return direction / np.linalg.norm(direction), tuple(known[int(usable[m])] for m in members)


def _cosines(rows: NDArray[np.float32], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    norms = np.linalg.norm(rows, axis=1)
    return np.asarray(np.where(norms > 0, rows @ direction / np.where(norms > 0, norms, 1), 0), np.float32)


def _token(
    id: int, cosine: float, summary: TensorSummary, vocabulary: Vocabulary, tokens: list[str], ranks: dict[str, int]
) -> UntrainedToken:
    groups = summary.rows.groups if summary.rows else ()
    twins = next((group for group in groups if id in group), ())
    return UntrainedToken(
        id,
        _shown(tokens[id], vocabulary)[:80],
        round(cosine, 3),
        tuple(t for t in twins if t != id),
        reach(tokens[id], ranks),
    )


def reach(token: str, ranks: dict[str, int]) -> str:
    """Whether a tokenizer makes `token` from its own text: "by its text", "not by its text" or "unknown".

    Byte-pair merges are applied to the token alone; the pre-tokenizer, which may split it earlier, is not.
    """
    if not ranks:
        return "unknown"
    parts = list(token)[:256]
    while len(parts) > 1:
        pairs = [(ranks.get(f"{left} {right}", len(ranks)), at) for at, (left, right) in enumerate(pairwise(parts))]
        rank, at = min(pairs)
        if rank == len(ranks):
            return "not by its text"
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return "by its text"


def merge_ranks(vocabulary: Vocabulary) -> dict[str, int]:
    """Each merge with its rank; empty where the algorithm has none or they are not known."""
    if vocabulary.algorithm not in ("BPE", "gpt2") or not vocabulary.merges:
        return {}
    return {merge: rank for rank, merge in enumerate(vocabulary.merges.split(SEPARATOR))}


def _shown(token: str, vocabulary: Vocabulary) -> str:
    """The token as a person reads it: GPT-2's printable stand-ins for bytes turned back, SentencePiece's space too."""
    if vocabulary.algorithm in ("BPE", "gpt2"):
        table = _byte_letters()
        if all(letter in table for letter in token):
            return bytes(table[letter] for letter in token).decode("utf-8", "backslashreplace")
    return token.replace("\u2581", " ")


def _byte_letters() -> dict[str, int]:
    """The byte of each of GPT-2's letters (openai/gpt-2, encoder.py, bytes_to_unicode); printable bytes keep theirs."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + number): byte for number, byte in enumerate(others)}
