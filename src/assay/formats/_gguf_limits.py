"""What llama.cpp takes for granted of GGUF metadata: types of fields that it casts, lengths that agree, fixed tables.

Sources: llama.cpp src/llama-vocab.cpp (arrays are read by `gguf_get_arr_data` and cast), src/llama-hparams.h
(LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS), src/llama-model.cpp (load_hparams), ggml/src/gguf.cpp (general.alignment), and
ggml/docs/gguf.md for the types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.lazy import dataclass

MAX_LAYERS = 512  # LLAMA_MAX_LAYERS
MAX_EXPERTS = 1024  # LLAMA_MAX_EXPERTS where models of 896 experts load; 512 before
MAX_VOCABULARY = 1 << 24  # tokens; the largest vocabularies in use have 262,144
MAX_NUMBER = 2**31 - 1
STRING, ARRAY = 8, 9
NAMES = {
    **{0: "UINT8", 1: "INT8", 2: "UINT16", 3: "INT16", 4: "UINT32", 5: "INT32", 6: "FLOAT32", 7: "BOOL"},
    **{8: "STRING", 9: "ARRAY", 10: "UINT64", 11: "INT64", 12: "FLOAT64"},
}
_WHOLE = frozenset({0, 1, 2, 3, 4, 5, 10, 11})
_WORDS = frozenset({4, 5})  # UINT32, INT32
# arrays that llama.cpp casts: key -> (types of entries that are as wide as what it reads, what it reads)
_CAST: dict[str, tuple[frozenset[int], str]] = {
    "tokenizer.ggml.tokens": (frozenset({8}), "texts"),
    "tokenizer.ggml.merges": (frozenset({8}), "texts"),
    # vocabularies of Mistral's tekken come with INT32 scores, which are as wide
    "tokenizer.ggml.scores": (frozenset({6}) | _WORDS, "numbers of 32 bits"),
    "tokenizer.ggml.token_type": (_WORDS, "numbers of 32 bits"),
    "tokenizer.ggml.suppress_tokens": (_WORDS, "numbers of 32 bits"),
    "tokenizer.ggml.precompiled_charsmap": (frozenset({0, 1}), "bytes"),
    "adapter.alora.invocation_tokens": (_WORDS, "numbers of 32 bits"),
}
_TEXTS = ("general.architecture", "tokenizer.ggml.model", "tokenizer.ggml.pre")
# hyper-parameters that size tables or are multiplied: name after the architecture -> the most
_MOST = {
    "block_count": MAX_LAYERS,
    "expert_count": MAX_EXPERTS,
    "expert_used_count": MAX_EXPERTS,
    "vocab_size": MAX_VOCABULARY,
    **dict.fromkeys(
        (
            *("embedding_length", "context_length", "feed_forward_length", "expert_feed_forward_length"),
            *("attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length"),
            *("rope.dimension_count", "leading_dense_block_count", "nextn_predict_layers"),
            *("ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "ssm.time_step_rank", "ssm.group_count"),
        ),
        MAX_NUMBER,
    ),
}
# hyper-parameters that may be one number for each layer
_BY_LAYER = frozenset({"attention.head_count", "attention.head_count_kv", "feed_forward_length", "expert_used_count"})


@dataclass(frozen=True, slots=True)
class Declared:
    """How a metadata field is stored: its type, the type of its entries if it is an array, how many, and where."""

    kind: int
    entry: int
    count: int
    at: int

    @property
    def name(self) -> str:
        """The type as a reviewer would write it."""
        if self.kind != ARRAY:
            return NAMES.get(self.kind, str(self.kind))
        return f"an array of {self.count:,} {NAMES.get(self.entry, str(self.entry))}"


def broken(metadata: Mapping[str, object], fields: Mapping[str, Declared]) -> Iterator[tuple[str, int]]:
    """(sentence, offset of the field) for each field on which llama.cpp relies, and cannot."""
    for key, field in fields.items():
        if key in _CAST:
            yield from _cast(key, field)
        elif key in _TEXTS and field.kind != STRING:
            yield f"{key} is {field.name}, where llama.cpp takes STRING", field.at
    yield from _lengths(fields)
    family = metadata.get("general.architecture")
    if isinstance(family, str):
        yield from _hyperparameters(family, metadata, fields)


def _cast(key: str, field: Declared) -> Iterator[tuple[str, int]]:
    entries, said = _CAST[key]
    if field.kind != ARRAY or field.entry not in entries:
        yield f"{key} is {field.name}, where llama.cpp reads an array of {said}: it reads past the end", field.at
    elif key == "tokenizer.ggml.precompiled_charsmap" and field.count < 4:
        yield f"{key} has {field.count} bytes, where llama.cpp reads a size of 4: it reads past the end", field.at


def _lengths(fields: Mapping[str, Declared]) -> Iterator[tuple[str, int]]:
    tokens = fields.get("tokenizer.ggml.tokens")
    for key in ("tokenizer.ggml.scores",):  # that of token_type is seen to where tokens are read
        field = fields.get(key)
        if tokens and field and tokens.kind == field.kind == ARRAY and tokens.count != field.count:
            said = f"{key} has {field.count:,} entries for {tokens.count:,} tokens"
            yield f"{said}: llama.cpp reads one for each token, past the end if there are fewer", field.at


def _hyperparameters(
    family: str, metadata: Mapping[str, object], fields: Mapping[str, Declared]
) -> Iterator[tuple[str, int]]:
    layers = metadata.get(f"{family}.block_count")
    experts = metadata.get(f"{family}.expert_count", 0)
    for name, most in _MOST.items():
        key = f"{family}.{name}"
        if key not in fields:
            continue
        field, value = fields[key], metadata[key]
        several = field.kind == ARRAY and name in _BY_LAYER
        if (field.entry if several else field.kind) not in _WHOLE:
            yield f"{key} is {field.name}, where llama.cpp takes UINT32", field.at
            continue
        if several and isinstance(layers, int) and field.count != layers:
            yield f"{key} has {field.count:,} entries for {layers:,} layers", field.at
        highest, lowest = _range(value)
        if highest > most or lowest < 0:
            yield (
                f"{key} is {highest if highest > most else lowest:,}, where llama.cpp has {_room(name, most)}",
                field.at,
            )
        elif name == "expert_used_count" and isinstance(experts, int) and highest > experts:
            yield f"{key} is {highest:,}, more than the {experts:,} experts that there are", field.at
    for key, field in fields.items():
        own = key.startswith(f"{family}.") and key.endswith((".posnet.block_count", ".convnext.block_count"))
        value = metadata[key]
        if own and isinstance(layers, int) and isinstance(value, int) and value > layers:
            yield f"{key} is {value:,}, more than the {layers:,} layers that there are", field.at


def _range(value: object) -> tuple[int, int]:
    """The highest and the lowest of the whole numbers in a field."""
    rows = [entry for entry in (value if isinstance(value, tuple) else (value,)) if isinstance(entry, int)]
    return max(rows, default=0), min(rows, default=0)


def _room(name: str, most: int) -> str:
    what = {
        "block_count": "layers (LLAMA_MAX_LAYERS): its tables are written past their end",
        "expert_count": "experts (LLAMA_MAX_EXPERTS)",
        "expert_used_count": "experts (LLAMA_MAX_EXPERTS)",
    }
    return f"room for {most:,} {what[name]}" if name in what else f"room for 0 to {most:,}"
