"""Encoders and what stands on them: sentence embeddings, classifiers, rerankers, speech and vision."""

from __future__ import annotations

from typing import Any

from tests.builders.popular import Part, Row
from tests.builders.popular.networks import adding, after, renamed, without
from tests.builders.popular.tokens import size
from tests.builders.popular.writing import openvino, saved

_WORDS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_ROBERTA = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "mask_token": "<mask>",
}
_BERT = {
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 64,
    "model_type": "bert",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "transformers_version": "4.8.2",
    "type_vocab_size": 2,
    "use_cache": True,
}


def _positions() -> Any:
    import torch

    return torch.arange(64).reshape(1, -1)


def part(config: dict[str, Any], network: str, tokens: str, special: dict[str, str], **more: Any) -> Part:
    """A part whose vocabulary is as large as its tokenizer."""
    counted = {"vocab_size": size(Part(tokens=tokens, special=special))}
    return Part({**config, **counted}, network, tokens=tokens, special=special, **more)


def bert(network: str, names: Any = dict, **changes: Any) -> Part:
    return part({**_BERT, "architectures": [network], **changes}, network, "wordpiece", _WORDS, names=names)


def roberta(network: str, tokens: str, names: Any = dict, **changes: Any) -> Part:
    config = {**_BERT, "architectures": [network], "model_type": "roberta", "pad_token_id": 1, "type_vocab_size": 1}
    config |= {"bos_token_id": 0, "eos_token_id": 2, **changes}
    return part(config, network, tokens, _ROBERTA, names=names)


def pooling(width: int = 32, **more: bool) -> dict[str, Any]:
    return {
        "word_embedding_dimension": width,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        **more,
    }


def modules(*more: str) -> list[dict[str, Any]]:
    kinds = ["Transformer", "Pooling", *more]
    return [
        {
            "idx": at,
            "name": str(at),
            "path": f"{at}_{kind}" if at else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for at, kind in enumerate(kinds)
    ]


_LIBRARY = {"__version__": {"sentence_transformers": "2.0.0", "transformers": "4.6.1", "pytorch": "1.8.1"}}
_TRAINING = '''"""Trains a sentence encoder on pairs, with the other pairs of a batch as negatives."""
import argparse
import gzip
import logging
import os
import random
import sys
from shutil import copyfile

import torch
import torch.nn as nn
import torch.nn.functional as F
from transformers import AdamW, AutoModel, AutoTokenizer, get_linear_schedule_with_warmup


class Encoder(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.model = AutoModel.from_pretrained(name)
        self.tokenizer = AutoTokenizer.from_pretrained(name)

    def forward(self, **batch):
        hidden = self.model(**batch)[0]
        mask = batch["attention_mask"].unsqueeze(-1).float()
        return F.normalize(torch.sum(hidden * mask, 1) / mask.sum(1), p=2, dim=1)


def pairs(path):
    with gzip.open(path, "rt") as stream:
        for line in stream:
            yield json.loads(line.strip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="nreimers/MiniLM-L6-H384-uncased")
    parser.add_argument("--data_folder", default="data")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    os.makedirs(args.output, exist_ok=True)
    copyfile(os.path.abspath(sys.argv[0]), os.path.join(args.output, "train_script.py"))
    model = Encoder(args.model)
    random.seed(12)
    for text, other in pairs(os.path.join(args.data_folder, "train.jsonl.gz")):
        model.train()
'''
_SENTENCES = (
    ".gitattributes 1_Pooling/config.json README.md config.json config_sentence_transformers.json data_config.json "
    "model.safetensors modules.json onnx/model.onnx onnx/model_O1.onnx onnx/model_qint8_arm64.onnx "
    "openvino/openvino_model.bin openvino/openvino_model.xml pytorch_model.bin sentence_bert_config.json "
    "special_tokens_map.json tokenizer.json tokenizer_config.json train_script.py vocab.txt"
)
_EMBEDDING = (
    "license: apache-2.0\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\n"
    "tags:\n- sentence-transformers\n- feature-extraction\ndatasets:\n- s2orc\n- ms_marco\nlanguage: en"
)
_OLD = after(
    renamed(("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")),
    without("position_ids", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias"),
)


def _sentences(own: Part, **more: Any) -> dict[str, Any]:
    graph, values = openvino(own)
    return {
        "openvino/openvino_model.xml": graph,
        "openvino/openvino_model.bin": values,
        "1_Pooling/config.json": pooling(),
        "modules.json": modules("Normalize"),
        "config_sentence_transformers.json": _LIBRARY,
        "sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False},
        "data_config.json": [{"name": "S2ORC_title_abstract.jsonl.gz", "size": 41769185, "weight": 1}],
        "train_script.py": _TRAINING,
        **more,
    }


_LABELS = {"id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1}}
_DISTIL = {
    "activation": "gelu",
    "architectures": ["DistilBertForSequenceClassification"],
    "attention_dropout": 0.1,
    "dim": 32,
    "dropout": 0.1,
    "finetuning_task": "sst-2",
    "hidden_dim": 64,
    "initializer_range": 0.02,
    "max_position_embeddings": 64,
    "model_type": "distilbert",
    "n_heads": 4,
    "n_layers": 2,
    "output_past": True,
    "pad_token_id": 0,
    "qa_dropout": 0.1,
    "seq_classif_dropout": 0.2,
    "sinusoidal_pos_embds": False,
    "tie_weights_": True,
    "transformers_version": "4.5.0.dev0",
    **_LABELS,
}


def _colbert(width: int) -> bytes:
    import torch

    return saved({"weight": torch.randn(width, 32).half(), "bias": torch.randn(width).half()})


def rows() -> list[Row]:
    """Every row of this module."""
    mini = bert(
        "BertModel", adding(embeddings__position_ids=_positions), _name_or_path="nreimers/MiniLM-L6-H384-uncased"
    )
    mpnet = part(
        {
            **{key: value for key, value in _BERT.items() if key not in ("position_embedding_type", "type_vocab_size")},
            "_name_or_path": "microsoft/mpnet-base",
            "architectures": ["MPNetForMaskedLM"],
            "model_type": "mpnet",
            "bos_token_id": 0,
            "eos_token_id": 2,
            "pad_token_id": 1,
            "relative_attention_num_buckets": 32,
        },
        "MPNetModel",
        "wordpiece",
        {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "[UNK]", "mask_token": "<mask>"}
        | {"cls_token": "[CLS]", "sep_token": "[SEP]"},
    )
    uncased = bert("BertForPreTraining", _OLD)
    uncased.config["architectures"] = ["BertForMaskedLM"]
    distil = part(_DISTIL, "DistilBertForSequenceClassification", "wordpiece", _WORDS)
    base = roberta("RobertaForMaskedLM", "bpe", adding(roberta__embeddings__position_ids=_positions))
    cross = roberta("XLMRobertaForMaskedLM", "unigram", model_type="xlm-roberta")
    m3 = roberta("XLMRobertaModel", "unigram", model_type="xlm-roberta", torch_dtype="float32")
    marco = bert(
        "BertForSequenceClassification",
        id2label={"0": "LABEL_0"},
        label2id={"LABEL_0": 0},
        sbert_ce_default_activation_function="torch.nn.modules.linear.Identity",
    )
    ten = "onnx/model.onnx openvino/openvino_model.bin openvino/openvino_model.xml"
    graph, values = openvino(marco)
    return [
        Row(
            "sentence-transformers/all-MiniLM-L6-v2",
            _SENTENCES + " rust_model.ot tf_model.h5",
            {"": mini},
            _sentences(mini),
            card=_EMBEDDING,
            reviews=("code.reaches-outside",),
        ),
        Row(
            "sentence-transformers/all-mpnet-base-v2",
            _SENTENCES,
            {"": mpnet},
            _sentences(mpnet),
            card=_EMBEDDING,
            reviews=(
                "code.reaches-outside",
                "weights.not-as-configured",
            ),
        ),
        Row(
            "google-bert/bert-base-uncased",
            ".gitattributes LICENSE README.md config.json flax_model.msgpack model.onnx model.safetensors "
            "pytorch_model.bin rust_model.ot tf_model.h5 tokenizer.json tokenizer_config.json vocab.txt",
            {"": uncased},
            {"tokenizer_config.json": {"do_lower_case": True, "model_max_length": 64}},
            card="language: en\ntags:\n- exbert\nlicense: apache-2.0\ndatasets:\n- bookcorpus\n- wikipedia",
        ),
        Row(
            "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
            ".gitattributes README.md config.json map.jpeg model.safetensors onnx/added_tokens.json onnx/config.json "
            "onnx/model.onnx onnx/special_tokens_map.json onnx/tokenizer.json "
            "onnx/tokenizer_config.json "
            "onnx/vocab.txt pytorch_model.bin rust_model.ot tf_model.h5 tokenizer_config.json vocab.txt",
            {"": distil},
            {
                "map.jpeg": bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
                + bytes.fromhex("ffdb004300")
                + bytes(range(1, 65))
                + bytes.fromhex("ffc0000b080001000101011100ffc40014000100000000000000000000000000000009")
                + bytes.fromhex("ffda0008010100003f0054ffd9"),
                "onnx/added_tokens.json": {},
            },
        ),
        Row(
            "FacebookAI/roberta-base",
            ".gitattributes README.md config.json dict.txt flax_model.msgpack merges.txt model.safetensors "
            "pytorch_model.bin rust_model.ot tf_model.h5 tokenizer.json tokenizer_config.json vocab.json",
            {"": base},
            {
                "dict.txt": "".join(f"{word} {1000 - word}\n" for word in range(60)),
                "tokenizer_config.json": {"model_max_length": 62},
            },
            card="language: en\nlicense: mit\ndatasets:\n- bookcorpus\n- wikipedia",
        ),
        Row(
            "FacebookAI/xlm-roberta-base",
            ".gitattributes README.md config.json flax_model.msgpack model.safetensors onnx/config.json "
            "onnx/model.onnx onnx/sentencepiece.bpe.model onnx/special_tokens_map.json onnx/tokenizer.json "
            "onnx/tokenizer_config.json "
            "pytorch_model.bin sentencepiece.bpe.model tf_model.h5 tokenizer.json tokenizer_config.json",
            {"": cross},
            card="license: mit\ntags:\n- exbert\nlanguage:\n- multilingual\n- af",
        ),
        Row(
            "BAAI/bge-m3",
            ".gitattributes 1_Pooling/config.json README.md colbert_linear.pt config.json "
            "config_sentence_transformers.json imgs/bm25.jpg imgs/long.jpg modules.json onnx/Constant_7_attr__value "
            "onnx/config.json onnx/model.onnx onnx/sentencepiece.bpe.model onnx/special_tokens_map.json "
            "onnx/tokenizer.json onnx/tokenizer_config.json pytorch_model.bin sentence_bert_config.json "
            "sentencepiece.bpe.model sparse_linear.pt special_tokens_map.json tokenizer.json tokenizer_config.json "
            "long.jpg",
            {"": m3},
            {
                **dict.fromkeys(("imgs/bm25.jpg", "imgs/long.jpg", "long.jpg"), JPEG),
                "onnx/Constant_7_attr__value": bytes(64),
                "onnx/model.onnx": _outside(),
                "1_Pooling/config.json": pooling(pooling_mode_cls_token=True, pooling_mode_mean_tokens=False),
                "modules.json": modules("Normalize"),
                "config_sentence_transformers.json": _LIBRARY,
                "sentence_bert_config.json": {"max_seq_length": 62, "do_lower_case": False},
                "colbert_linear.pt": _colbert(32),
                "sparse_linear.pt": _colbert(1),
            },
            card="pipeline_tag: sentence-similarity\ntags:\n- sentence-transformers\nlicense: mit",
        ),
        Row(
            "cross-encoder/ms-marco-MiniLM-L6-v2",
            ".gitattributes CEBinaryClassificationEvaluator_MS-Marco_results.csv README.md config.json "
            f"flax_model.msgpack model.safetensors {ten} pytorch_model.bin special_tokens_map.json tokenizer.json "
            "tokenizer_config.json vocab.txt",
            {"": marco},
            {
                "openvino/openvino_model.xml": graph,
                "openvino/openvino_model.bin": values,
                "CEBinaryClassificationEvaluator_MS-Marco_results.csv": "epoch,steps,Accuracy\n0,-1,0.87\n1,-1,0.89\n",
            },
        ),
        Row(
            "SetFit/emotion-classifier",
            ".gitattributes 1_Pooling/config.json README.md config.json config_sentence_transformers.json "
            "config_setfit.json model.safetensors model_head.pkl modules.json sentence_bert_config.json "
            "special_tokens_map.json tokenizer.json tokenizer_config.json vocab.txt",
            {"": mini},
            {
                "1_Pooling/config.json": pooling(),
                "modules.json": modules("Normalize"),
                "config_sentence_transformers.json": _LIBRARY,
                "config_setfit.json": {"labels": ["sadness", "joy"], "normalize_embeddings": False},
                "sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False},
                "model_head.pkl": head,
            },
            card=f"{_EMBEDDING}\nbase_model: sentence-transformers/all-MiniLM-L6-v2",
            reviews=(
                "loading.runs-code",
                "pickle.library-class",
            ),
        ),
    ]


JPEG = (
    bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300")
    + bytes(range(1, 65))
    + bytes.fromhex("ffc0000b080001000101011100ffc40014000100000000000000000000000000000009")
    + bytes.fromhex("ffda0008010100003f0054ffd9")
)


def _outside() -> bytes:
    """A graph one of whose tensors lies in the file Constant_7_attr__value."""
    from tests.builders.tensorproto import beside
    from tests.hostile.graphs import node, onnx

    return onnx(node("MatMul"), tensors=(beside((4, 4), "Constant_7_attr__value", 0),))


def head() -> bytes:
    """A logistic regression as joblib.dump writes it: classes of scikit-learn, arrays between the opcodes."""
    import numpy as np

    def text(value: str) -> bytes:
        return b"X" + len(value).to_bytes(4, "little") + value.encode()

    def array(values: Any) -> bytes:
        kind = str(values.dtype.str[1:])
        dtype = b"cnumpy\ndtype\n(" + text(kind) + b"\x89\x88tR(K\x03" + text("<") + b"NNN"
        dtype += (b"J" + b"\xff" * 4) * 2 + b"K\x00tb"
        shape = b"(" + b"".join(b"K" + bytes([extent]) for extent in values.shape) + b"t"
        state = text("subclass") + b"cnumpy\nndarray\n" + text("shape") + shape + text("order") + text("C")
        state += text("dtype") + dtype + text("allow_mmap") + b"\x88"
        return b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + state + b"ub" + bytes(values.tobytes())

    state = text("penalty") + text("l2") + text("max_iter") + b"K\x64" + text("classes_") + array(np.arange(2))
    state += text("coef_") + array(np.linspace(-1, 1, 32).reshape(1, 32)) + text("intercept_") + array(np.ones(1))
    state += text("_sklearn_version") + text("1.5.2")
    return b"\x80\x02csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(" + state + b"ub."
