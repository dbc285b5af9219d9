"""Which tensor of one model is which of another: by name, by role, through fused and split projections and experts.

Everything here is a view: rows of a tensor on disk, perhaps in another order, read when asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from assay.facts.config import ModelConfig
from assay.facts.role import Place
from assay.lazy import dataclass, regex
from assay.weights.anatomy import main_tower, seat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# rotary tables: computed from the configuration, stored by some exporters and not by others
_DERIVED = regex(r"rotary_emb\.inv_freq|rope_freqs")


class Matrix(Protocol):
    """What is compared: rows that can be read some at a time."""

    @property
    def name(self) -> str: ...

    @property
    def dtype(self) -> str: ...

    @property
    def rows(self) -> int: ...

    @property
    def columns(self) -> int: ...

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Part:
    """Some rows of a tensor that holds more: a projection of a fused one, an expert of a stack."""

    name: str
    inner: Matrix
    first: int
    rows: int

    @property
    def dtype(self) -> str:
        """The element type of the whole."""
        return self.inner.dtype

    @property
    def columns(self) -> int:
        """Values in one row."""
        return self.inner.columns

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Rows of the part."""
        stop = self.rows if stop is None else min(stop, self.rows)
        return self.inner.read(self.first + start, self.first + stop)


@dataclass(frozen=True)
class Turned:
    """A query or key projection with the rows of each head in the hub's order, read from GGUF's.

    llama.cpp stores the two halves of each head interleaved, because its rotary embedding turns neighbours
    (convert_hf_to_gguf.py, LlamaModel.permute).
    """

    inner: Matrix
    heads: int

    @property
    def name(self) -> str:
        """The tensor's name."""
        return self.inner.name

    @property
    def dtype(self) -> str:
        """The tensor's element type."""
        return self.inner.dtype

    @property
    def rows(self) -> int:
        """Rows of the tensor."""
        return self.inner.rows

    @property
    def columns(self) -> int:
        """Values in one row."""
        return self.inner.columns

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Rows in the hub's order. Reads the whole tensor: its rows lie apart."""
        import numpy as np

        order = np.arange(self.rows).reshape(self.heads, -1, 2).swapaxes(1, 2).reshape(-1)
        return self.inner.read()[order[start:stop]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor of the base and its counterpart in the model; `copied` says that it became an expert of several."""

    place: Place
    base: Matrix
    model: Matrix
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A model as what is matched: its matrices by their place in the architecture."""

    places: dict[Place, Matrix]
    gguf: bool
    config: ModelConfig | None

    @property
    def layers(self) -> list[int]:
        """The numbers of its layers."""
        return sorted({place.layer for place in self.places if place.layer is not None and place.tower == self.main})

    @property
    def main(self) -> str:
        """Its main stack of layers."""
        return main_tower(self.towers)

    @property
    def towers(self) -> list[str]:
        """Its stacks of layers."""
        return sorted({place.tower for place in self.places if place.layer is not None})


def side(weights: Mapping[str, Any], config: ModelConfig | None) -> Side:
    """`weights` by place in the architecture, fused projections and stacked experts taken apart."""
    places: dict[Place, Matrix] = {}
    for name, tensor in weights.items():
        if _DERIVED.search(name):
            continue
        for place, view in _parts(name, tensor, config):
            if place in places:  # two names for one position: neither is taken for the other
                place = Place(None, name, place.kind, place.expert, known=False)
            places.setdefault(place, view)
    return Side(places, any(name.startswith("blk.") for name in weights), config)


def _parts(name: str, tensor: Any, config: ModelConfig | None) -> Iterator[tuple[Place, Matrix]]:
    place = seat(name)
    if place.role == "qkv" and config and config.heads and config.kv_heads and config.head_size:
        sizes = [("q", config.heads), ("k", config.kv_heads), ("v", config.kv_heads)]
        rows = [(role, heads * config.head_size) for role, heads in sizes]
        if sum(count for _, count in rows) == tensor.rows:
            yield from _cut(place, tensor, rows)
            return
    if place.role == "gate_up" and len(tensor.shape) == 2 and tensor.rows % 2 == 0:
        yield from _cut(place, tensor, [("gate", tensor.rows // 2), ("up", tensor.rows // 2)])
        return
    if place.layer is not None and len(tensor.shape) == 3 and place.role in ("gate", "up", "down"):
        rows = tensor.shape[1]
        for expert in range(tensor.shape[0]):
            yield (
                replace(place, expert=expert),
                Part(f"{name}[{expert}]", tensor, expert * rows, rows),
            )
        return
    yield place, tensor


def _cut(place: Place, tensor: Matrix, rows: list[tuple[str, int]]) -> Iterator[tuple[Place, Matrix]]:
    at = 0
    for role, count in rows:
        yield replace(place, role=role), Part(f"{tensor.name}[{role}]", tensor, at, count)
        at += count


def matched(base: Side, model: Side) -> tuple[list[Pair], list[str], list[str]]:
    """(pairs, names in the base without a counterpart, names in the model without one)."""
    pairs, extra = [], []
    left = dict(base.places)
    for place, tensor in sorted(model.places.items(), key=_order):
        found = left.pop(place, None)
        if found is None and place.role == "head":  # tied in the base, stored apart here: the same matrix
            found = base.places.get(Place(None, "embedding"))
        dense = base.places.get(replace(place, expert=None)) if place.expert is not None else None
        if found is None and dense is not None and (dense.rows, dense.columns) == (tensor.rows, tensor.columns):
            left.pop(replace(place, expert=None), None)
            pairs.append(Pair(place, dense, tensor, copied=True))
        elif found is None:
            extra.append(tensor.name)
        else:
            pairs.append(Pair(place, *_aligned(place, found, tensor, base, model)))
    head = left.pop(Place(None, "head"), None)
    embedding = model.places.get(Place(None, "embedding"))
    if head is not None and embedding is not None:  # stored apart in the base, tied here
        pairs.append(Pair(Place(None, "head"), head, embedding))
    elif head is not None:
        left[Place(None, "head")] = head
    return pairs, sorted(row.name for row in left.values()), sorted(extra)


def _order(row: tuple[Place, Matrix]) -> tuple[int, str, int, str, str]:
    place = row[0]
    return (-1 if place.layer is None else place.layer, place.role, place.expert or 0, place.kind, place.tower)


def _aligned(place: Place, left: Matrix, right: Matrix, base: Side, model: Side) -> tuple[Matrix, Matrix]:
    """Both with their rows in the same order: GGUF turns query and key of some families, hub files do not.

    Whether it was turned is not written in the file, so the order that fits is taken.
    """
    if (
        place.role not in ("q", "k")
        or base.gguf == model.gguf
        or left.rows != right.rows
        or left.columns != right.columns
    ):
        return left, right
    config = base.config or model.config
    heads = (config.heads if place.role == "q" else config.kv_heads) if config else None
    if not heads or left.rows % (2 * heads):
        return left, right
    turned = (Turned(left, heads), right) if base.gguf else (left, Turned(right, heads))
    return turned if _likeness(*turned) > _likeness(left, right) else (left, right)


def _likeness(left: Matrix, right: Matrix) -> float:
    import numpy as np

    a, b = left.read(0, 64).reshape(-1), right.read(0, 64).reshape(-1)
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norms if norms > 0 else 0.0


def layer_map(base: Side, model: Side) -> list[tuple[int, int, float]]:
    """(layer of the model, the layer of the base that it is most like, their cosine), by samples of its projections."""
    import numpy as np

    def samples(one: Side) -> NDArray[np.float32]:
        rows = []
        for layer in one.layers:
            parts = [
                one.places[Place(layer, role, tower=one.main)].read(0, 32).reshape(-1)
                for role in ("up", "down", "v")
                if Place(layer, role, tower=one.main) in one.places
            ]
            rows.append(np.concatenate(parts) if parts else np.zeros(0, np.float32))
        return np.stack(rows) if len({len(row) for row in rows}) == 1 else np.zeros((0, 0), np.float32)

    a, b = samples(base), samples(model)
    if not a.size or not b.size or a.shape[1] != b.shape[1]:
        return []
    units = [rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30) for rows in (a, b)]
    cosines = units[1] @ units[0].T
    best = cosines.argmax(axis=1)
    return [(layer, base.layers[int(best[n])], float(cosines[n, best[n]])) for n, layer in enumerate(model.layers)]


def renumbered(model: Side, layers: list[tuple[int, int, float]]) -> Side:
    """The model with its layers numbered as those of the base that they came from; of a repeated layer the first."""
    to = {layer: other for layer, other, _ in layers}
    places: dict[Place, Matrix] = {}
    for place, tensor in sorted(model.places.items(), key=_order):
        if place.layer is not None and place.tower == model.main:
            place = replace(place, layer=to.get(place.layer, place.layer))
        places.setdefault(place, tensor)
    return Side(places, model.gguf, model.config)
