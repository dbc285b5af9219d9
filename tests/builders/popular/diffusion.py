"""Diffusion pipelines: a network for each folder, in two widths and two formats, the original beside them."""

from __future__ import annotations

from typing import Any

from tests.builders.popular import Part, Row
from tests.builders.popular.encoders import part
from tests.builders.popular.networks import weights
from tests.builders.popular.others import CLIP_WORDS, IMAGES, TOKENS, clip, png, safe
from tests.builders.popular.writing import saved

_INFERENCE = """model:
  base_learning_rate: 1.0e-04
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    linear_start: 0.00085
    timesteps: 1000
    first_stage_key: "jpg"
    cond_stage_key: "txt"
    image_size: 64
    scheduler_config: # 10000 warmup steps
      target: ldm.lr_scheduler.LambdaLinearScheduler
      params:
        warm_up_steps: [ 10000 ]
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        in_channels: 4
        model_channels: 320
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
"""


def _blocks(stem: str, *extra: tuple[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"conv_in.weight": (16, 4, 3, 3), "conv_in.bias": (16,)}
    for block in ("down_blocks.0", "mid_block", "up_blocks.0"):
        for name, shape in {"norm1": (16,), "conv1": (16, 16, 3, 3), "norm2": (16,), "conv2": (16, 16, 3, 3)}.items():
            found |= {f"{block}.resnets.0.{name}.weight": shape, f"{block}.resnets.0.{name}.bias": (16,)}
    found |= {"conv_norm_out.weight": (16,), "conv_out.weight": (4, 16, 3, 3), **dict(extra)}
    return {f"{stem}{name}": shape for name, shape in found.items()}


def _pipeline(**components: list[str | None]) -> dict[str, Any]:
    return {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", **components}


def _text_encoder(network: str = "CLIPTextModel") -> Part:
    config = {
        "_name_or_path": "openai/clip-vit-large-patch14",
        "architectures": [network],
        "bos_token_id": 0,
        "dropout": 0.0,
        "eos_token_id": 2,
        "hidden_act": "quick_gelu",
        "hidden_size": 32,
        "intermediate_size": 64,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "pad_token_id": 1,
        "projection_dim": 16,
        "torch_dtype": "float32",
    }
    return part(config, network, "bpe", CLIP_WORDS)


def _checker() -> Part:
    config: dict[str, Any] = {
        "_name_or_path": "CompVis/stable-diffusion-safety-checker",
        "architectures": ["StableDiffusionSafetyChecker"],
    }
    vision = dict(clip().config["vision_config"])
    config |= {"model_type": "clip", "projection_dim": 16, "vision_config": vision, "initializer_factor": 1.0}
    shapes = {name: tuple(value.shape) for name, value in weights(clip()).items() if name.startswith("vision_model")}
    own = {f"vision_model.{name}": shape for name, shape in shapes.items() if "position_ids" not in name}
    own |= {"visual_projection.weight": (16, 32), "concept_embeds": (17, 16), "special_care_embeds": (3, 16)}
    return Part(config, {**own, "concept_embeds_weights": (17,), "special_care_embeds_weights": (3,)})


_SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}
_UNET = {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu", "in_channels": 4}
_VAE = {"_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu", "latent_channels": 4}


def rows() -> list[Row]:
    """Every row of this module."""
    unet = Part(_UNET, _blocks("", ("time_embedding.linear_1.weight", (32, 16))))
    vae = Part(_VAE, _blocks("encoder.") | _blocks("decoder.") | {"quant_conv.weight": (8, 8, 1, 1)})
    index = _pipeline(
        feature_extractor=["transformers", "CLIPImageProcessor"],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        scheduler=["diffusers", "PNDMScheduler"],
        text_encoder=["transformers", "CLIPTextModel"],
        tokenizer=["transformers", "CLIPTokenizer"],
        unet=["diffusers", "UNet2DConditionModel"],
        vae=["diffusers", "AutoencoderKL"],
    )
    larger = _pipeline(
        scheduler=["diffusers", "EulerDiscreteScheduler"],
        text_encoder=["transformers", "CLIPTextModel"],
        text_encoder_2=["transformers", "CLIPTextModelWithProjection"],
        tokenizer=["transformers", "CLIPTokenizer"],
        tokenizer_2=["transformers", "CLIPTokenizer"],
        unet=["diffusers", "UNet2DConditionModel"],
        vae=["diffusers", "AutoencoderKL"],
    )

    def folder(name: str, stem: str, *ends: str) -> str:
        return " ".join([f"{name}/config.json", *(f"{name}/{stem}{end}" for end in ends)])

    both = (".bin", ".fp16.bin", ".fp16.safetensors", ".safetensors")
    words = "tokenizer/merges.txt " + " ".join(f"tokenizer/{name}" for name in TOKENS.split())
    files = [
        ".gitattributes README.md feature_extractor/preprocessor_config.json model_index.json",
        folder("safety_checker", "model", ".fp16.safetensors", ".safetensors"),
        "safety_checker/pytorch_model.bin safety_checker/pytorch_model.fp16.bin scheduler/scheduler_config.json",
        folder("text_encoder", "model", ".fp16.safetensors", ".safetensors"),
        "text_encoder/pytorch_model.bin text_encoder/pytorch_model.fp16.bin",
        words,
        folder("unet", "diffusion_pytorch_model", *both, ".non_ema.bin", ".non_ema.safetensors"),
        folder("vae", "diffusion_pytorch_model", *both),
        "v1-5-pruned-emaonly.ckpt v1-5-pruned-emaonly.safetensors v1-inference.yaml",
    ]
    whole = {f"model.diffusion_model.{name}": shape for name, shape in _blocks("").items()}
    whole |= {f"first_stage_model.{name}": shape for name, shape in _blocks("encoder.").items()}
    original = Part({}, whole)
    two = [
        ".gitattributes 01.png LICENSE.md README.md model_index.json pipeline.png scheduler/scheduler_config.json",
        "sd_xl_base_1.0.safetensors sd_xl_offset_example-lora_1.0.safetensors",
        folder("text_encoder", "model", ".fp16.safetensors", ".safetensors") + " text_encoder/model.onnx",
        folder("text_encoder_2", "model", ".fp16.safetensors", ".safetensors"),
        words,
        words.replace("tokenizer/", "tokenizer_2/"),
        folder("unet", "diffusion_pytorch_model", ".fp16.safetensors", ".safetensors"),
        folder("vae", "diffusion_pytorch_model", ".fp16.safetensors", ".safetensors"),
        folder("vae_1_0", "diffusion_pytorch_model", ".fp16.safetensors", ".safetensors"),
        folder("vae_decoder", "model", ".onnx"),
    ]
    encoder, encoder2 = _text_encoder(), _text_encoder("CLIPTextModelWithProjection")
    lora: dict[str, tuple[int, ...]] = {
        f"lora_unet_down_blocks_0_attentions_0_to_{name}.lora_{side}.weight": shape
        for name in "qkv"
        for side, shape in {"down": (8, 16), "up": (16, 8)}.items()
    }
    return [
        Row(
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            " ".join(files),
            {
                "": original,
                "unet": unet,
                "vae": vae,
                "text_encoder": encoder,
                "tokenizer": encoder,
                "safety_checker": _checker(),
            },
            {
                "model_index.json": index,
                "feature_extractor/preprocessor_config.json": IMAGES,
                "scheduler/scheduler_config.json": _SCHEDULER,
                "v1-5-pruned-emaonly.ckpt": lambda: saved({"state_dict": weights(original), "global_step": 840000}),
                "v1-inference.yaml": _INFERENCE,
            },
            card="license: creativeml-openrail-m\ntags:\n- stable-diffusion\n- text-to-image\ninference: true",
            reviews=("code.elsewhere",),
        ),
        Row(
            "stabilityai/stable-diffusion-xl-base-1.0",
            " ".join(two),
            {
                **{"": original, "unet": unet, "vae": vae, "vae_1_0": vae, "vae_decoder": vae},
                **{"text_encoder": encoder, "tokenizer": encoder, "text_encoder_2": encoder2, "tokenizer_2": encoder2},
            },
            {
                "model_index.json": larger,
                "scheduler/scheduler_config.json": {**_SCHEDULER, "_class_name": "EulerDiscreteScheduler"},
                "LICENSE.md": "# CreativeML Open RAIL++-M License\n\nUse it as the attachment allows.\n",
                "01.png": png(),
                "pipeline.png": png(),
                "sd_xl_offset_example-lora_1.0.safetensors": lambda: safe(weights(Part({}, lora, half=True))),
            },
            card="license: openrail++\ntags:\n- text-to-image\n- stable-diffusion",
        ),
    ]
