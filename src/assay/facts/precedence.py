"""Which of several weight files in one folder a loader takes: the first that is there, in the loader's own order."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_SHARD = re.compile(
    r"(?P<stem>.+)-\d{5}-of-\d{5}(?P<end>\.safetensors|\.bin)\Z"
)  # huggingface_hub split_torch_state_dict


@dataclass(frozen=True, slots=True)
class Order:
    """The files that a loader looks for, first to last; `source` is the library, its version and the function."""

    loader: str
    source: str
    files: tuple[str, ...]

    def taken(self, names: Collection[str]) -> str | None:
        """The file with which the loader begins, of those in one folder; an index stands for its shards."""
        return next((file for file in self.files if file in names), None)


TRANSFORMERS = Order(
    "transformers",
    "transformers 5.24, modeling_utils._get_resolved_checkpoint_files",
    ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
)
PEFT = Order(
    "PEFT",
    "peft 0.21, utils/save_and_load.load_peft_weights",
    ("adapter_model.safetensors", "adapter_model.bin"),
)
ORDERS = (TRANSFORMERS, PEFT)


def passed_over(names: Collection[str]) -> tuple[str, ...]:
    """Shards in a folder for which transformers takes a whole file of the same format instead, sorted."""
    shards = {name: match for name in names if (match := _SHARD.match(name))}
    whole = {name: f"{shard['stem']}{shard['end']}" for name, shard in shards.items()}
    return tuple(sorted(name for name, file in whole.items() if file in names and file in TRANSFORMERS.files))
