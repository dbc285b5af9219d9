"""Which of several weight files in one folder a loader takes: the first that is there, in the loader's own order."""

from __future__ import annotations

from collections.abc import Collection

from assay.lazy import dataclass, regex

_SHARD = regex(r"(?P<stem>.+)-\d{5}-of-\d{5}(?P<end>\.safetensors|\.bin)\Z")  # huggingface_hub split_torch_state_dict
EXPLICIT = "transformers_weights"  # the key of config.json by which transformers takes another file than the usual


@dataclass(frozen=True, slots=True)
class Order:
    """The files that a loader looks for, first to last; `source` is the library, its version and the function.

    `variants` are those that it looks for where a variant (such as fp16, in place of `{}`) is asked for, and `endings`
    those of which it takes the first file by name if it finds none of `files`.
    """

    loader: str
    source: str
    files: tuple[str, ...]
    variants: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()

    def taken(self, names: Collection[str], variant: str = "") -> str | None:
        """The file with which the loader begins, of those in one folder; an index stands for its shards."""
        wanted = tuple(pattern.format(variant) for pattern in self.variants) if variant else self.files
        found = next((file for file in wanted if file in names), None)
        if found is not None or variant:
            return found
        return next((name for end in self.endings for name in sorted(names) if name.endswith(end)), None)


TRANSFORMERS = Order(
    "transformers",
    "transformers 5.24, modeling_utils._get_resolved_checkpoint_files",
    ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
    (
        "model.{}.safetensors",
        "model.safetensors.index.{}.json",
        "pytorch_model.{}.bin",
        "pytorch_model.bin.index.{}.json",
    ),
)
# with an index it takes the shards, also beside a whole file: the other way round than transformers
DIFFUSERS = Order(
    "diffusers",
    "diffusers 0.42, models/modeling_utils.ModelMixin.from_pretrained",
    (
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model.bin",
    ),
    (
        "diffusion_pytorch_model.safetensors.index.{}.json",
        "diffusion_pytorch_model.safetensors.{}.index.json",
        "diffusion_pytorch_model.{}.safetensors",
        "diffusion_pytorch_model.{}.bin",
    ),
)
PEFT = Order(
    "PEFT",
    "peft 0.21, utils/save_and_load.load_peft_weights",
    ("adapter_model.safetensors", "adapter_model.bin"),
)
# the modules after the first, which is a model of transformers
SENTENCE_TRANSFORMERS = Order(
    "sentence-transformers",
    "sentence-transformers 6.2, base/modules/module.Module.load_torch_weights",
    ("model.safetensors", "pytorch_model.bin"),
)
TIMM = Order(
    "timm",
    "timm 1.0.31, models/_hub.load_state_dict_from_path",
    (
        "model.safetensors",
        "pytorch_model.bin",
        "pytorch_model.pth",
        "model.pth",
        "open_clip_model.safetensors",
        "open_clip_pytorch_model.safetensors",
        "open_clip_pytorch_model.bin",
        "open_clip_pytorch_model.pth",
    ),
    endings=(".safetensors", ".pth", ".pth.tar", ".bin"),
)
ORDERS = (TRANSFORMERS, DIFFUSERS, PEFT, SENTENCE_TRANSFORMERS, TIMM)
_WHOLE = {file: order for order in (TRANSFORMERS, DIFFUSERS) for file in order.files if not file.endswith(".json")}


def beside_whole(names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Whole files in a folder with shards of the same format beside them, which are another copy: their shards."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        if shard := _SHARD.match(name):
            found.setdefault(f"{shard['stem']}{shard['end']}", []).append(name)
    return {whole: tuple(shards) for whole, shards in found.items() if whole in names and whole in _WHOLE}


def loader_of(whole: str) -> Order:
    """The loader that looks for a whole file of this name."""
    return _WHOLE[whole]
