"""What is made from models that write text: with code of their own, quantised, as GGUF, an adapter, a detector."""

from __future__ import annotations

import random
import sys
import types
from typing import Any

import numpy as np

from assay.facts.dossier import Verdict
from tests.builders.popular import Part, Row
from tests.builders.popular.decoders import CHATML, DOCUMENTS, INST, MISTRAL, TEXT_FILES, TWO, generates, llama
from tests.builders.popular.encoders import bert, modules, pooling
from tests.builders.popular.networks import weights
from tests.builders.popular.writing import MIT, quantised_gguf, saved

_MODELLING = '''"""A Transformer with rotary positions."""
import math
from typing import Optional

import torch
import torch.nn.functional as F
from torch import nn
from transformers.modeling_utils import PreTrainedModel

from .configuration_phi3 import Phi3Config


class Phi3RMSNorm(nn.Module):
    def __init__(self, size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.weight * hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.eps)


class Phi3ForCausalLM(PreTrainedModel):
    config_class = Phi3Config

    def forward(self, input_ids: torch.LongTensor, attention_mask: Optional[torch.Tensor] = None):
        return F.softmax(self.lm_head(self.model(input_ids)) / math.sqrt(2), dim=-1)
'''
_CONFIGURATION = '''"""The settings of Phi-3."""
from transformers.configuration_utils import PretrainedConfig
from transformers.utils import logging

logger = logging.get_logger(__name__)


class Phi3Config(PretrainedConfig):
    model_type = "phi3"

    def __init__(self, vocab_size=32064, hidden_size=3072, **kwargs):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        super().__init__(**kwargs)
'''


def _packed(part_: Part, scheme: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the same network with its matrices in 4 bits."""
    found: dict[str, tuple[int, ...]] = {}
    for name, value in weights(part_).items():
        matrix = name.removesuffix(".weight")
        if ".layers." not in name or value.dim() != 2:
            found[name] = tuple(value.shape)
            continue
        rows, columns = value.shape
        groups = columns // 32
        shapes = {
            "gptq": {"qweight": (columns // 8, rows), "qzeros": (groups, rows // 8), "g_idx": (columns,)},
            "awq": {"qweight": (columns, rows // 8), "qzeros": (groups, rows // 8)},
        }[scheme]
        found |= {f"{matrix}.{kind}": shape for kind, shape in {**shapes, "scales": (groups, rows)}.items()}
    return found


def _integers(scheme: str) -> Any:
    """Packed codes as int32, the group of each row in its order."""
    import torch

    def change(tensors: dict[str, Any]) -> dict[str, Any]:
        draw = torch.Generator().manual_seed(3)
        for name, value in tensors.items():
            if name.endswith(("qweight", "qzeros")):
                codes = torch.randint(-(2**31), 2**31 - 1, value.shape, generator=draw)
                tensors[name] = (
                    codes.int()
                    if name.endswith("qweight") or scheme == "awq"
                    else torch.full_like(value, 0x77777777, dtype=torch.int32)
                )
            elif name.endswith("g_idx"):
                tensors[name] = (torch.arange(value.shape[0]) // 32).int()
            elif name.endswith("scales"):
                tensors[name] = value.abs() * 0.01 + 0.001
        return tensors

    return change


def _quantised(scheme: str, settings: dict[str, Any]) -> Part:
    plain = llama("MistralForCausalLM", "mistral", "sentencepiece", MISTRAL, template=INST)
    config = {**plain.config, "quantization_config": settings}
    return Part(
        config, _packed(plain, scheme), _integers(scheme), plain.tokens, plain.special, template=INST, half=True
    )


_ADAPTER: dict[str, Any] = {
    "alpha_pattern": {},
    "auto_mapping": None,
    "base_model_name_or_path": "mistralai/Mistral-7B-Instruct-v0.3",
    "bias": "none",
    "fan_in_fan_out": False,
    "inference_mode": True,
    "init_lora_weights": True,
    "layers_pattern": None,
    "layers_to_transform": None,
    "lora_alpha": 16,
    "lora_dropout": 0.05,
    "modules_to_save": None,
    "peft_type": "LORA",
    "r": 8,
    "rank_pattern": {},
    "revision": None,
    "target_modules": ["q_proj", "v_proj"],
    "task_type": "CAUSAL_LM",
    "use_dora": False,
    "use_rslora": False,
}


def _adapter() -> Part:
    shapes: dict[str, tuple[int, ...]] = {
        f"base_model.model.model.layers.{layer}.self_attn.{name}.lora_{side}.weight": shape
        for layer in range(2)
        for name in ("q_proj", "v_proj")
        for side, shape in {"A": (8, 32), "B": (32, 8)}.items()
    }
    return Part(_ADAPTER, shapes, tokens="sentencepiece", special=MISTRAL)


def _optimizer() -> bytes:
    import torch

    layer = torch.nn.Linear(8, 4)
    found = torch.optim.AdamW(layer.parameters(), lr=1e-4)
    layer(torch.randn(2, 8)).sum().backward()
    found.step()
    return saved(found.state_dict())


def _scheduler() -> bytes:
    import torch

    found = torch.optim.AdamW(torch.nn.Linear(8, 4).parameters(), lr=1e-4)
    return saved(torch.optim.lr_scheduler.LambdaLR(found, lambda step: 1.0).state_dict())


def _random() -> bytes:
    import torch

    state = {"python": random.Random(1).getstate(), "numpy": np.random.RandomState(1).get_state()}
    return saved({**state, "cpu": torch.random.get_rng_state(), "cuda": torch.random.get_rng_state()})


def _arguments() -> bytes:
    from transformers import TrainingArguments

    return saved(TrainingArguments(output_dir="out", report_to=[], use_cpu=True))


_STATE = {
    "best_metric": None,
    "epoch": 1.0,
    "global_step": 500,
    "is_local_process_zero": True,
    "log_history": [{"epoch": 0.5, "grad_norm": 1.2, "learning_rate": 0.0001, "loss": 1.5, "step": 250}],
    "max_steps": 500,
}


def rows() -> list[Row]:
    """Every row of this module."""
    return [*_coded(), *_derived()]


def _coded() -> list[Row]:
    phi3 = llama(
        "Phi3ForCausalLM", "phi3", "sentencepiece", MISTRAL, template=CHATML, num_key_value_heads=4, pad_token_id=0
    )
    phi3.config["auto_map"] = {
        "AutoConfig": "configuration_phi3.Phi3Config",
        "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM",
    }
    far = {
        "AutoConfig": "{0}--configuration_hf_nomic_bert.NomicBertConfig",
        "AutoModel": "{0}--modeling_hf_nomic_bert.NomicBertModel",
    }
    nomic = bert("BertModel", model_type="nomic_bert", architectures=["NomicBertModel"])
    nomic.config["auto_map"] = {key: value.format("nomic-ai/nomic-bert-2048") for key, value in far.items()}
    jina = bert("BertModel", architectures=["JinaBertForMaskedLM"])
    jina.config["auto_map"] = {
        "AutoConfig": "jinaai/jina-bert-implementation--configuration_bert.JinaBertConfig",
        "AutoModel": "jinaai/jina-bert-implementation--modeling_bert.JinaBertModel",
    }
    embedding = {
        "1_Pooling/config.json": pooling(),
        "modules.json": modules(),
        "config_sentence_transformers.json": {"__version__": {"sentence_transformers": "2.4.0.dev0"}},
        "sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False},
    }
    files = (
        ".gitattributes 1_Pooling/config.json README.md config.json config_sentence_transformers.json "
        "model.safetensors modules.json sentence_bert_config.json special_tokens_map.json "
        "tokenizer.json tokenizer_config.json vocab.txt"
    )
    return [
        Row(
            "microsoft/Phi-3-mini-4k-instruct",
            f"{TEXT_FILES} CODE_OF_CONDUCT.md LICENSE NOTICE.md SECURITY.md added_tokens.json configuration_phi3.py "
            f"{TWO} modeling_phi3.py sample_finetune.py special_tokens_map.json tokenizer.json tokenizer.model "
            "tokenizer_config.json",
            {"": phi3},
            generates()
            | {
                "LICENSE": MIT,
                **DOCUMENTS,
                "configuration_phi3.py": _CONFIGURATION,
                "modeling_phi3.py": _MODELLING,
                "sample_finetune.py": "from trl import SFTTrainer\n\nSFTTrainer(model='phi3').train()\n",
            },
            card="license: mit\nlanguage:\n- en\npipeline_tag: text-generation",
            verdict=Verdict.INCOMPLETE,
            decisions=("code.remote",),
            reviews=("loading.runs-code",),
        ),
        Row(
            "nomic-ai/nomic-embed-text-v1.5",
            files + " onnx/model.onnx onnx/model_fp16.onnx onnx/model_quantized.onnx",
            {"": nomic},
            embedding,
            verdict=Verdict.FAILED,
            fails=("code.elsewhere",),
            reviews=("loading.runs-code",),
        ),
        Row(
            "jinaai/jina-embeddings-v2-base-en",
            files + " model-w-mean-pooling.onnx model.onnx pytorch_model.bin",
            {"": jina},
            embedding,
            verdict=Verdict.FAILED,
            fails=("code.elsewhere",),
            reviews=("loading.runs-code",),
        ),
    ]


def _derived() -> list[Row]:
    gptq = {
        "bits": 4,
        "damp_percent": 0.1,
        "desc_act": False,
        "group_size": 32,
        "model_file_base_name": "model",
        "quant_method": "gptq",
        "sym": True,
        "true_sequential": True,
    }
    awq = {"bits": 4, "group_size": 32, "quant_method": "awq", "version": "gemm", "zero_point": True}
    kinds = {"Q4_0": 2, "Q8_0": 8, "Q6_K": 14}
    words = "special_tokens_map.json tokenizer.json tokenizer.model tokenizer_config.json"
    trained = "optimizer.pt rng_state.pth scheduler.pt trainer_state.json training_args.bin"
    adapter = f"README.md adapter_config.json adapter_model.safetensors training_args.bin {words}"
    within = " ".join(f"checkpoint-500/{name}" for name in f"{adapter} {trained}".split())
    state: dict[str, Any] = {}
    for place in ("", "checkpoint-500/"):
        state[f"{place}adapter_config.json"] = _ADAPTER
        state[f"{place}training_args.bin"] = _arguments
    state |= {
        "checkpoint-500/optimizer.pt": _optimizer,
        "checkpoint-500/scheduler.pt": _scheduler,
        "checkpoint-500/rng_state.pth": _random,
        "checkpoint-500/trainer_state.json": _STATE,
    }
    return [
        Row(
            "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ",
            f"{TEXT_FILES} model.safetensors quantize_config.json {words}",
            {"": _quantised("gptq", gptq)},
            generates() | {"quantize_config.json": gptq},
            card="base_model: mistralai/Mistral-7B-Instruct-v0.2\nlicense: apache-2.0\nquantized_by: TheBloke",
        ),
        Row(
            "TheBloke/Mistral-7B-Instruct-v0.2-AWQ",
            f"{TEXT_FILES} model.safetensors quant_config.json {words}",
            {"": _quantised("awq", awq)},
            generates()
            | {"quant_config.json": {"zero_point": True, "q_group_size": 32, "w_bit": 4, "version": "GEMM"}},
            card="base_model: mistralai/Mistral-7B-Instruct-v0.2\nlicense: apache-2.0\nquantized_by: TheBloke",
        ),
        Row(
            "TheBloke/Llama-2-7B-Chat-GGUF",
            ".gitattributes LICENSE.txt Notice README.md USE_POLICY.md config.json "
            + " ".join(f"llama-2-7b-chat.{kind}.gguf" for kind in kinds),
            {"": Part()},
            {f"llama-2-7b-chat.{kind}.gguf": quantised_gguf(number) for kind, number in kinds.items()}
            | {
                "config.json": {"model_type": "llama"},
                "LICENSE.txt": "LLAMA 2 COMMUNITY LICENSE AGREEMENT\n\nYou may use it as stated.\n",
                "Notice": "Llama 2 is licensed under the LLAMA 2 Community License.\n",
            },
            card="base_model: meta-llama/Llama-2-7b-chat-hf\nlicense: llama2\nmodel_type: llama",
        ),
        Row(
            "someone/mistral-7b-lora-sft",
            f".gitattributes {adapter} {within}",
            {"": _adapter()},
            state,
            card="base_model: mistralai/Mistral-7B-Instruct-v0.3\nlibrary_name: peft\nlicense: apache-2.0",
            reviews=(
                "loading.runs-code",
                "pickle.library-class",
            ),
        ),
    ]


def trained_yolo() -> bytes:
    """A detector as ultralytics saves it: its modules and settings as objects, in half precision."""
    import torch

    names = ("", ".nn", ".nn.tasks", ".nn.modules", ".nn.modules.conv", ".utils")
    made = {f"ultralytics{name}": types.ModuleType(f"ultralytics{name}") for name in names}

    def stand(name: str, module: str, *bases: type) -> Any:
        kind = type(name, bases, {"__module__": module})
        setattr(made[module], name, kind)
        return kind

    detector = stand("DetectionModel", "ultralytics.nn.tasks", torch.nn.Module)()
    conv = stand("Conv", "ultralytics.nn.modules.conv", torch.nn.Module)()
    conv.conv, conv.bn, conv.act = torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.SiLU()
    detector.model, detector.names, detector.yaml = torch.nn.Sequential(conv), {0: "person"}, {"nc": 1, "scale": "n"}
    settings = stand("IterableSimpleNamespace", "ultralytics.utils", types.SimpleNamespace)(imgsz=640, task="detect")
    sys.modules.update(made)
    try:
        whole = {"epoch": -1, "model": detector.half(), "ema": None, "updates": None, "optimizer": None}
        return saved({**whole, "train_args": settings, "date": "2024-09-30", "version": "8.3.0"})
    finally:
        for name in made:
            sys.modules.pop(name)
