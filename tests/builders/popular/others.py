"""Vision, speech and pictures, and what other libraries than transformers publish."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np

from tests.builders import tables
from tests.builders.popular import Part, Row
from tests.builders.popular.derived import trained_yolo
from tests.builders.popular.encoders import part
from tests.builders.popular.networks import adding, after, renamed, weights, without
from tests.builders.popular.writing import saved

CLIP_WORDS = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
TOKENS = "special_tokens_map.json tokenizer_config.json vocab.json"
IMAGES = {
    "crop_size": {"height": 32, "width": 32},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_processor_type": "CLIPImageProcessor",
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": {"shortest_edge": 32},
}


def png() -> bytes:
    """A picture of four pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    head = (2).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(6))) + chunk(b"IEND", b"")


def clip() -> Part:
    text: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    }
    text |= {
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "projection_dim": 16,
        "hidden_act": "quick_gelu",
    }
    image: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    }
    image |= {"image_size": 32, "patch_size": 8, "model_type": "clip_vision_model", "projection_dim": 16}
    own = part({}, "CLIPModel", "bpe", CLIP_WORDS)
    config = {
        "_name_or_path": "openai/clip-vit-base-patch32",
        "architectures": ["CLIPModel"],
        "initializer_factor": 1.0,
        "logit_scale_init_value": 2.6592,
        "model_type": "clip",
        "projection_dim": 16,
        "text_config": {**text, "vocab_size": own.config["vocab_size"], "eos_token_id": own.config["vocab_size"] - 1}
        | {"bos_token_id": 0, "pad_token_id": 1},
        "torch_dtype": "float32",
        "vision_config": image,
    }
    positions = {
        "text_model__embeddings__position_ids": lambda: _arange(77),
        "vision_model__embeddings__position_ids": lambda: _arange(17),
    }
    return Part(config, "CLIPModel", adding(**positions), "bpe", CLIP_WORDS)


def _arange(count: int) -> Any:
    import torch

    return torch.arange(count).reshape(1, -1)


def _vit() -> Part:
    labels = {str(number): name for number, name in enumerate(("tench", "goldfish", "hammerhead", "cock, hen"))}
    config = {
        "architectures": ["ViTForImageClassification"],
        "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": 32,
        "id2label": labels,
        "image_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 64,
        "label2id": {name: int(number) for number, name in labels.items()},
        "layer_norm_eps": 1e-12,
        "model_type": "vit",
        "num_attention_heads": 4,
        "num_channels": 3,
        "num_hidden_layers": 2,
        "patch_size": 8,
        "qkv_bias": True,
        "transformers_version": "4.13.0.dev0",
    }
    return Part(config, "ViTForImageClassification")


def _resnet() -> Part:
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (8, 3, 7, 7)}
    norms = ["bn1"]
    for layer in range(1, 5):
        width = 8 * layer
        before = 8 if layer == 1 else 32 * (layer - 1)
        stem = f"layer{layer}.0"
        shapes |= {f"{stem}.conv1.weight": (width, before, 1, 1), f"{stem}.conv2.weight": (width, width, 3, 3)}
        shapes |= {
            f"{stem}.conv3.weight": (4 * width, width, 1, 1),
            f"{stem}.downsample.0.weight": (4 * width, before, 1, 1),
        }
        norms += [f"{stem}.bn1", f"{stem}.bn2", f"{stem}.bn3", f"{stem}.downsample.1"]
    wide = {"bn3": 4, "downsample.1": 4}
    for norm in norms:
        layer = int(norm[5]) if norm.startswith("layer") else 1
        width = 8 * layer * next((more for end, more in wide.items() if norm.endswith(end)), 1)
        shapes |= {f"{norm}.{name}": (width,) for name in ("weight", "bias", "running_mean", "running_var")}
        shapes[f"{norm}.num_batches_tracked"] = ()
    shapes |= {"fc.weight": (10, 128), "fc.bias": (10,)}
    config = {
        "architecture": "resnet50",
        "num_classes": 10,
        "num_features": 128,
        "global_pool": "avg",
        "pretrained_cfg": {
            "tag": "a1_in1k",
            "custom_load": False,
            "input_size": [3, 224, 224],
            "interpolation": "bicubic",
            "crop_pct": 0.95,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "num_classes": 10,
            "first_conv": "conv1",
            "classifier": "fc",
            "origin_url": "https://github.com/huggingface/pytorch-image-models",
            "paper_ids": "arXiv:2110.00476",
        },
    }

    def counted(tensors: dict[str, Any]) -> dict[str, Any]:
        import torch

        for name, value in tensors.items():
            if name.endswith("num_batches_tracked"):
                tensors[name] = torch.tensor(1000)
            elif name.endswith("running_var"):
                tensors[name] = value.abs() + 0.1
        return tensors

    return Part(config, shapes, counted)


def _whisper() -> Part:
    special = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    special |= {"start": "<|startoftranscript|>", "en": "<|en|>", "transcribe": "<|transcribe|>"}
    config = {
        "_name_or_path": "openai/whisper-large-v3",
        "activation_dropout": 0.0,
        "activation_function": "gelu",
        "apply_spec_augment": False,
        "architectures": ["WhisperForConditionalGeneration"],
        "attention_dropout": 0.0,
        "begin_suppress_tokens": [220, 290],
        "bos_token_id": 290,
        "classifier_proj_size": 16,
        "d_model": 32,
        "decoder_attention_heads": 4,
        "decoder_ffn_dim": 64,
        "decoder_layers": 2,
        "decoder_start_token_id": 291,
        "dropout": 0.0,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "encoder_layers": 2,
        "eos_token_id": 290,
        "init_std": 0.02,
        "is_encoder_decoder": True,
        "max_source_positions": 60,
        "max_target_positions": 48,
        "median_filter_width": 7,
        "model_type": "whisper",
        "num_hidden_layers": 2,
        "num_mel_bins": 16,
        "pad_token_id": 290,
        "scale_embedding": False,
        "torch_dtype": "float16",
        "transformers_version": "4.36.0.dev0",
        "use_cache": True,
    }
    return part(config, "WhisperForConditionalGeneration", "bpe", special, names=without("proj_out.weight"), half=True)


def _wav2vec() -> Part:
    config = {
        "activation_dropout": 0.1,
        "architectures": ["Wav2Vec2ForCTC"],
        "attention_dropout": 0.1,
        "bos_token_id": 1,
        "conv_bias": False,
        "conv_dim": [16, 16],
        "conv_kernel": [10, 3],
        "conv_stride": [5, 2],
        "eos_token_id": 2,
        "feat_extract_activation": "gelu",
        "feat_extract_norm": "group",
        "hidden_act": "gelu",
        "hidden_size": 32,
        "intermediate_size": 64,
        "model_type": "wav2vec2",
        "num_attention_heads": 4,
        "num_conv_pos_embedding_groups": 4,
        "num_conv_pos_embeddings": 16,
        "num_feat_extract_layers": 2,
        "num_hidden_layers": 2,
        "pad_token_id": 0,
        "transformers_version": "4.7.0.dev0",
        "vocab_size": 32,
    }
    names = renamed(
        ("parametrizations.weight.original0", "weight_g"), ("parametrizations.weight.original1", "weight_v")
    )
    return Part(config, "Wav2Vec2ForCTC", names)


def safe(tensors: dict[str, Any]) -> bytes:
    from safetensors.torch import save

    return bytes(save(tensors))


_PYANNOTE = """task:
  _target_: pyannote.audio.tasks.SpeakerDiarization
  duration: 10.0
  max_speakers_per_chunk: 3
model:
  _target_: pyannote.audio.models.segmentation.PyanNet
  sincnet:
    stride: 10
  lstm:
    hidden_size: 128
    bidirectional: true
"""


def _lightning() -> bytes:
    """A checkpoint of PyTorch Lightning with the hyperparameters, optimiser and callbacks of a run."""
    import torch

    layer = torch.nn.LSTM(8, 8)
    optimiser = torch.optim.Adam(layer.parameters())
    layer(torch.randn(2, 1, 8))[0].sum().backward()
    optimiser.step()
    return saved(
        {
            "epoch": 20,
            "global_step": 81180,
            "pytorch-lightning_version": "1.6.5",
            "state_dict": {f"lstm.{name}": value for name, value in layer.state_dict().items()},
            "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 21, "completed": 20}}}},
            "callbacks": {"EarlyStopping{'monitor': 'loss'}": {"wait_count": 0, "best_score": torch.tensor(0.12)}},
            "optimizer_states": [optimiser.state_dict()],
            "lr_schedulers": [],
            "hparams_name": "kwargs",
            "hyper_parameters": {"sample_rate": 16000, "num_channels": 1, "sincnet": {"stride": 10}},
            "pyannote.audio": {
                "versions": {"torch": torch.torch_version.TorchVersion("1.7.1"), "pyannote.audio": "2.1.1"},
                "architecture": {"module": "pyannote.audio.models.segmentation.PyanNet", "class": "PyanNet"},
            },
        }
    )


def _npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, mel_80=np.random.default_rng(1).random((16, 20)).astype(np.float32))
    return stream.getvalue()


def _ggml() -> bytes:
    """The head of a whisper.cpp model."""
    return b"lmgg" + np.array([51865, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1], "<i4").tobytes() + bytes(64)


def rows() -> list[Row]:
    """Every row of this module."""
    return [*_vision(), *_speech(), *_libraries()]


def _vision() -> list[Row]:
    own = clip()
    opened = after(
        without("position_ids"),
        renamed(
            ("text_model.encoder.layers", "transformer.resblocks"),
            ("vision_model.encoder.layers", "visual.transformer.resblocks"),
        ),
    )
    laion = Part(own.config, "CLIPModel", opened, "bpe", CLIP_WORDS)
    return [
        Row(
            "openai/clip-vit-base-patch32",
            f".gitattributes README.md config.json flax_model.msgpack merges.txt preprocessor_config.json "
            f"pytorch_model.bin {TOKENS} tf_model.h5 tokenizer.json",
            {"": own},
            {"preprocessor_config.json": IMAGES},
            card="tags:\n- vision\nwidget:\n- src: https://example.org/cat-dog-music.png\n  example_title: Cat & Dog",
        ),
        Row(
            "google/vit-base-patch16-224",
            ".gitattributes README.md config.json flax_model.msgpack model.safetensors preprocessor_config.json "
            "pytorch_model.bin tf_model.h5",
            {"": _vit()},
            {"preprocessor_config.json": {key: value for key, value in IMAGES.items() if "crop" not in key}},
        ),
        Row(
            "timm/resnet50.a1_in1k",
            ".gitattributes README.md config.json model.safetensors pytorch_model.bin",
            {"": _resnet()},
            card="license: apache-2.0\nlibrary_name: timm\ntags:\n- timm\ndatasets:\n- imagenet-1k",
        ),
        Row(
            "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
            f".gitattributes README.md config.json merges.txt model.safetensors open_clip_config.json "
            f"open_clip_model.safetensors open_clip_pytorch_model.bin preprocessor_config.json pytorch_model.bin "
            f"tokenizer.json {TOKENS}",
            {"": own},
            {
                "preprocessor_config.json": IMAGES,
                "open_clip_config.json": {
                    "model_cfg": {"embed_dim": 16},
                    "preprocess_cfg": {"mean": [0.48, 0.45, 0.40]},
                },
                "open_clip_model.safetensors": lambda: safe(weights(laion)),
                "open_clip_pytorch_model.bin": lambda: saved(weights(laion)),
            },
            card="license: mit\nlibrary_name: open_clip\npipeline_tag: zero-shot-image-classification",
        ),
        Row(
            "Ultralytics/YOLO11",
            ".gitattributes README.md config.json yolo11n.pt",
            {"": Part()},
            {"yolo11n.pt": trained_yolo, "config.json": {}},
            card="license: agpl-3.0\nlibrary_name: ultralytics\npipeline_tag: object-detection",
            reviews=(
                "loading.runs-code",
                "pickle.library-class",
            ),
        ),
    ]


def _speech() -> list[Row]:
    features = {
        "chunk_length": 30,
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": 16,
        "hop_length": 160,
    }
    features |= {
        "n_fft": 400,
        "n_samples": 480000,
        "nb_max_frames": 3000,
        "padding_side": "right",
        "sampling_rate": 16000,
    }
    generates = {"alignment_heads": [[0, 1]], "begin_suppress_tokens": [220, 290], "lang_to_id": {"<|en|>": 292}}
    generates |= {"task_to_id": {"transcribe": 293}, "no_timestamps_token_id": 295, "return_timestamps": False}
    letters = {
        token: at for at, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"])
    }
    return [
        Row(
            "openai/whisper-large-v3",
            f".gitattributes README.md added_tokens.json config.json flax_model.msgpack generation_config.json "
            f"merges.txt model.fp32-00001-of-00002.safetensors model.fp32-00002-of-00002.safetensors model.safetensors "
            f"model.safetensors.index.fp32.json normalizer.json preprocessor_config.json pytorch_model.bin {TOKENS} "
            "tokenizer.json",
            {"": _whisper()},
            {
                "generation_config.json": generates,
                "normalizer.json": {"accessorise": "accessorize", "analyse": "analyze"},
                "preprocessor_config.json": {**features, "processor_class": "WhisperProcessor"},
            },
            reviews=("weights.inflated",),
        ),
        Row(
            "facebook/wav2vec2-base-960h",
            f".gitattributes README.md config.json feature_extractor_config.json model.safetensors "
            f"preprocessor_config.json pytorch_model.bin {TOKENS} tf_model.h5",
            {"": _wav2vec()},
            {
                "feature_extractor_config.json": {"do_normalize": True, "feature_size": 1, "sampling_rate": 16000},
                "preprocessor_config.json": {"do_normalize": True, "feature_size": 1, "sampling_rate": 16000},
                "special_tokens_map.json": {
                    "bos_token": "<s>",
                    "eos_token": "</s>",
                    "unk_token": "<unk>",
                    "pad_token": "<pad>",
                },
                "tokenizer_config.json": {"unk_token": "<unk>", "word_delimiter_token": "|", "do_lower_case": False},
                "vocab.json": letters,
            },
        ),
        Row(
            "pyannote/segmentation-3.0",
            ".gitattributes LICENSE README.md config.yaml example.png pytorch_model.bin",
            {"": Part()},
            {"config.yaml": _PYANNOTE, "example.png": png(), "pytorch_model.bin": _lightning},
            card="license: apache-2.0\ntags:\n- pyannote\n- audio\nextra_gated_prompt: Please tell us who you are.",
            reviews=(
                "code.elsewhere",
                "loading.runs-code",
                "pickle.library-class",
            ),
        ),
        Row(
            "Systran/faster-whisper-large-v3",
            ".gitattributes README.md config.json model.bin preprocessor_config.json tokenizer.json vocabulary.json",
            {"": _whisper()},
            {
                "config.json": {"alignment_heads": [[0, 1]], "lang_ids": [292], "suppress_ids": [1, 2]},
                "model.bin": tables.ctranslate2(
                    {"encoder/conv1/weight": (0, (2, 2), np.linspace(1, 2, 4, dtype="<f4").tobytes())}
                ),
                "preprocessor_config.json": features,
                "vocabulary.json": ["<|endoftext|>", "the", "red"],
            },
            card="license: mit\nlibrary_name: ctranslate2\ntags:\n- audio",
        ),
    ]


def _libraries() -> list[Row]:
    return [
        Row(
            "facebook/fasttext-language-identification",
            ".gitattributes README.md model.bin",
            {"": Part()},
            {"model.bin": lambda: tables.fasttext(["the", "der", "le"])},
            card="license: cc-by-nc-4.0\nlibrary_name: fasttext\ntags:\n- text-classification",
            reviews=("weights.dead",),
        ),
    ]
