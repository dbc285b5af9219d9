"""`tokenizer.json`: vocabulary and tokens that are matched whole (Hugging Face tokenizers serialisation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Aspect
from assay.facts.tokenizer import Token, Tokenizer, TokenRole
from assay.formats import Format
from assay.formats._tokenizer_rules import rules
from assay.formats._vocabulary import vocabulary
from assay.formats.encoding.json import integer, mapping, text
from assay.formats.window import Window

MAX_TOKENS = 1_000_000


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the tokenizer."""
    value = mapping(window)
    model = value.get("model")
    if not isinstance(model, dict):
        raise Malformed("tokenizer.json has no model", expected="an object under 'model'", got=type(model).__name__)
    added = tuple(_added(value.get("added_tokens", [])))
    highest = max([_highest(model.get("vocab")), *(token.id for token in added)], default=-1)
    algorithm = (text(model.get("type")) or "unknown")[:64]
    yield Tokenizer(artifact, "tokenizers", algorithm, highest + 1, added)
    yield from rules(artifact, value)
    texts = [entry.encode("utf-8", "surrogatepass") for entry in _texts(model.get("vocab"), added, highest + 1)]
    merges = [entry.encode("utf-8", "surrogatepass") for entry in _merges(model.get("merges"))]
    yield vocabulary(artifact, algorithm, texts, merges)


def _texts(vocab: Any, added: tuple[Token, ...], size: int) -> list[str]:
    """The tokens in id order, empty where an id has none; LimitExceeded where ids are so sparse that most have none."""
    pairs: list[tuple[str, int]] = (
        [(str(entry[0]), number) for number, entry in enumerate(vocab) if isinstance(entry, list) and entry]
        if isinstance(vocab, list)
        else list(vocab.items())
    )
    pairs += [(token.text, token.id) for token in added]
    if size > (most := 4 * len(pairs) + 1024):
        raise LimitExceeded("token ids farther apart than assay lists", expected=f"at most {most:,}", got=f"{size:,}")
    texts = [""] * size
    for content, number in pairs:
        texts[int(number)] = content
    return texts


def _merges(merges: Any) -> Iterator[str]:
    """The pairs in rank order, as one text each; newer files have lists instead of texts with a space."""
    for entry in merges if isinstance(merges, list) else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, list) and len(entry) == 2:
            yield f"{entry[0]} {entry[1]}"


def _added(entries: Any) -> Iterator[Token]:
    if not isinstance(entries, list) or len(entries) > MAX_TOKENS:
        raise Malformed("added_tokens is not a list that assay can read")
    for entry in entries:
        match entry:
            case {"id": int(number), "content": str(content)} if 0 <= number < 2**31:
                role = TokenRole.CONTROL if entry.get("special") is True else TokenRole.ADDED
                yield Token(number, content[:256], role)
            case _:
                raise Malformed("an added token lacks its id or content")


def _highest(vocab: Any) -> int:
    """The highest id of a vocabulary: an object of text to id, or (Unigram) a list of [text, score]."""
    if isinstance(vocab, list):
        return len(vocab) - 1
    if not isinstance(vocab, dict):
        raise Malformed("the tokenizer's vocabulary is neither an object nor a list")
    ids = [number for entry in vocab.values() if (number := integer(entry)) is not None and number >= 0]
    if len(ids) != len(vocab):
        raise Malformed("the tokenizer's vocabulary has entries without a token id")
    return max(ids, default=-1)


FORMAT = Format(
    "tokenizer",
    "tokenizer",
    read,
    names=("tokenizer.json",),
    examines=(Aspect.TOKENS,),
    gaps=(),
)
