"""What a weight file says it contains, before a single weight is read."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from assay.facts.precedence import beside_whole
from assay.lazy import dataclass, regex


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor as declared: name, element type, shape (outermost first) and absolute byte range."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def elements(self) -> int:
        """How many values the shape declares (1 for a scalar)."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class WeightIndex:
    """All tensors of one artifact, with the byte range of its data section.

    `alignment` is the padding that the format allows between tensors, in bytes; `shares_storage` is True
    where the format lets tensors be views of one storage, so that overlapping is ordinary. `unread` are the names of
    tensors whose numbers do not lie in the file as an array, with the reason.

    `file` is the file beside the artifact that the byte ranges are of, while that has not been looked up; then it is
    the artifact, and `listed_in` the file that names the tensors. `packed` is the byte range of a packed stream in the
    artifact, and how it is packed (`deflate`, or `stream`: by how it begins): other offsets are those in what it holds.
    `written` says how numbers are written where they are no array:
    `varint` (base 128, protobuf.dev "Encoding"), `tagged` (each after a byte), `records 64 24` (at byte 24 of each
    64), `latin1` (each byte as a character of UTF-8) or both of these. `within` is the member that holds the
    tensors, where the artifact is a container.
    """

    artifact: str
    format: str
    tensors: tuple[TensorSpec, ...]
    data_start: int
    data_stop: int
    alignment: int = 1
    shares_storage: bool = False
    metadata: tuple[tuple[str, str], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    file: str = ""
    listed_in: str = ""
    packed: tuple[int, int, str] | None = None
    written: str = ""
    within: str = ""

    def moved(self, by: int) -> WeightIndex:
        """The same index with every offset `by` bytes further: that of something that lies inside something else."""
        tensors = tuple(replace(row, start=row.start + by, stop=row.stop + by) for row in self.tensors)
        return replace(self, tensors=tensors, data_start=self.data_start + by, data_stop=self.data_stop + by)

    @property
    def kind(self) -> str:
        """The format without its variant: `torch` for both forms of a PyTorch checkpoint."""
        return self.format.partition("-")[0]

    @property
    def decoder(self) -> bool:
        """Whether it is a file of nothing but parameters, and no member of a container."""
        return self.kind in DECODERS and not self.within

    @property
    def plain(self) -> bool:
        """Whether tensors lie in the file as arrays, each value in its place."""
        return self.packed is None and not self.written and not self.file

    @property
    def only_weights(self) -> bool:
        """Whether each byte of the data section belongs to a tensor or is padding."""
        return self.kind in DECODERS or bool(self.listed_in)

    @property
    def mixed(self) -> bool:
        """Whether constants of a computation, or data of any purpose, lie among the parameters."""
        return self.kind in GRAPHS or self.kind == "pickle"


# formats of nothing but parameters, named as the libraries that run decoders name them
DECODERS = frozenset({"safetensors", "gguf", "torch"})
# formats of a computation: shapes, tables, masks and quantised codes are tensors as parameters are
GRAPHS = frozenset({"onnx", "tflite", "openvino", "graphdef"})
# arrays of any purpose: the model's weights where there are no others
ARRAYS = frozenset({"numpy", "pickle"})


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """An index that says which file of a set holds which tensor, and what it claims as total bytes."""

    artifact: str
    weight_map: tuple[tuple[str, str], ...]
    total_size: int | None


def mixed(indexes: tuple[WeightIndex, ...]) -> frozenset[str]:
    """The artifacts in which constants of a computation, or data of any purpose, lie among the parameters."""
    return frozenset(index.artifact for index in indexes if index.mixed)


def parameter_tensors(indexes: tuple[WeightIndex, ...]) -> tuple[tuple[WeightIndex, TensorSpec], ...]:
    """Each distinct tensor name once, with the index that first declares it, in index order."""
    first: dict[str, tuple[WeightIndex, TensorSpec]] = {}
    for index in indexes:
        for tensor in index.tensors:
            first.setdefault(tensor.name, (index, tensor))
    return tuple(first.values())


@dataclass(frozen=True, slots=True)
class WeightSet:
    """Weight files that together are one copy of the model: a safetensors set, a PyTorch set, one GGUF or ONNX file.

    `naming` is `hub` or `gguf` where tensors are named and shaped as the config implies, else `own`.
    """

    name: str
    naming: str
    indexes: tuple[WeightIndex, ...]

    @property
    def tensors(self) -> tuple[tuple[WeightIndex, TensorSpec], ...]:
        """Each distinct tensor name once, without what an optimizer keeps of each."""
        return tuple(row for row in parameter_tensors(self.indexes) if not of_trainer(row[1].name))

    @property
    def kept(self) -> int:
        """Values of an optimizer's state, which lie beside the parameters in a checkpoint to train on from."""
        return sum(row.elements for _, row in parameter_tensors(self.indexes) if of_trainer(row.name))

    @property
    def parameters(self) -> int:
        """Values in all distinct tensors; a PyTorch tensor stored twice under two names (tied) counts once."""
        shared = {
            (index.artifact, t.start, t.stop, t.shape) if index.shares_storage else (index.artifact, t.name): t.elements
            for index, t in self.tensors
        }
        return sum(shared.values())


# what a trainer leaves beside the weights, with tensors that are no parameters (transformers Trainer, accelerate)
_TRAINER_STATE = regex(r"(optimizer|scheduler|rng_state|random_states|training_args|scaler)[\w.-]*\Z")
# the same inside a checkpoint, by the path there: what torch.optim keeps of each parameter lies under `state` and its
# number (torch/optim/*.py), often under a name of the checkpoint's own
_KEPT = (
    "exp_avg|exp_avg_sq|max_exp_avg_sq|exp_inf|square_avg|acc_delta|grad_avg|momentum_buffer|sum|step|step_size|prev"
)
_OF_TRAINER = regex(
    r"(?:[^.]*optimi[sz]er[^.]*|(?:[^.]*_)?optims?(?:_[^.]*)?|lr_?sched[^.]*|[^.]*rng_states?)(?:\.|\Z)"
    rf"|(?:[^.]+\.)*state\.\d+\.(?:{_KEPT})\Z"
)
# a checkpoint that is an operand of a pickle: as many as the network has storages
_OPERAND = regex(r"(?:\A| > )bytes \d+\.pt(?: > .*)?\Z")
_SPLIT = regex(r"-\d{5}-of-\d{5}\.gguf\Z")  # llama.cpp gguf-split


def of_trainer(name: str) -> bool:
    """Whether a tensor of a checkpoint is the state of an optimizer, and no parameter: by its path in there."""
    return _OF_TRAINER.match(name) is not None


def weight_sets(indexes: tuple[WeightIndex, ...]) -> tuple[WeightSet, ...]:
    """The copies of the model that a folder holds, each complete in itself, in name order.

    Decoder formats come first, and a graph, whose constants are among its tensors, after those that hold weights only.
    """
    groups: dict[tuple[int, str, str], list[WeightIndex]] = {}
    over = _copied(indexes)
    for index in indexes:
        kept = _TRAINER_STATE.match(index.artifact.rpartition("/")[2]) is not None
        if not kept and any(not of_trainer(tensor.name) for tensor in index.tensors):
            groups.setdefault(_group(index, index.artifact in over), []).append(index)
    least = min((rank for rank, _, _ in groups), default=0)
    return tuple(
        WeightSet(*_set_name(rank, kind, name), tuple(rows))
        for (rank, kind, name), rows in sorted(groups.items(), key=_order)
        if rank < 2 or rank == least
    )


def _order(group: tuple[tuple[int, str, str], list[WeightIndex]]) -> tuple[int, bool, str, str]:
    (rank, kind, name), rows = group
    return rank, all(index.mixed for index in rows), kind, name


def _copied(indexes: tuple[WeightIndex, ...]) -> frozenset[str]:
    """Shards that are a copy of their own, since there is a whole file beside them."""
    folders: dict[str, list[str]] = {}
    for index in indexes:
        folder, _, name = index.artifact.rpartition("/")
        folders.setdefault(folder, []).append(name)
    return frozenset(
        f"{folder}/{name}" if folder else name
        for folder, names in folders.items()
        for shards in beside_whole(names).values()
        for name in shards
    )


def _group(index: WeightIndex, over: bool) -> tuple[int, str, str]:
    """(rank, kind of format, name) of the copy that a file is part of."""
    folder, kind = index.artifact.rpartition("/")[0], index.kind
    if index.within:
        whole = _OPERAND.sub("", index.within)
        return (2 if kind in ARRAYS else 1), kind, f"{index.artifact} > {whole}" if whole else index.artifact
    if kind == "gguf":
        return 0, kind, _SPLIT.sub(".gguf", index.artifact)
    if kind in DECODERS:
        return 0, kind, f"{folder}/" if folder and not over else f"{folder}/shards" if folder else "shards" * over
    return (2 if kind in ARRAYS else 1), kind, index.listed_in or index.artifact


def _set_name(rank: int, kind: str, name: str) -> tuple[str, str]:
    if rank:
        return f"{name} ({kind})", "own"
    return (name, "gguf") if kind == "gguf" else (f"{name} ({kind})" if name else kind, "hub")
