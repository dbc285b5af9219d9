"""Checkpoints as training programs leave them: trainer states, pipelines, whole networks with their settings."""

from __future__ import annotations

import argparse
import json
import pickle
import random
from pathlib import Path, PurePosixPath
from typing import Any


def checkpoint_files(at: Path) -> None:
    """What training scripts write with torch.save alone: state, arguments, counters, metrics, random states."""
    import numpy as np
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    optimiser = torch.optim.AdamW(net.parameters())
    net(torch.ones(2, 8)).sum().backward()
    optimiser.step()
    weights, objects = at / "weights", at / "objects"
    weights.mkdir(exist_ok=True)
    objects.mkdir(exist_ok=True)
    args = argparse.Namespace(model="resnet50", lr=0.1, data=Path("a/b"), size=(3, 224, 224), extra=None)
    torch.save(
        {"epoch": 1, "arch": "resnet50", "state_dict": net.state_dict(), "optimizer": optimiser.state_dict(),
         "version": 2, "args": args, "metric": np.float64(77.1)},
        weights / "timm_model_best.pth.tar",
    )  # fmt: skip
    torch.save(
        {"python": random.getstate(), "numpy": np.random.get_state(), "cpu": torch.random.get_rng_state()},
        weights / "rng_state.pth",
    )
    states = {
        "plateau": torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser),
        "one_cycle": torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, 10),
        "lambda": torch.optim.lr_scheduler.LambdaLR(optimiser, _ConstantRate()),
        "multi_step": torch.optim.lr_scheduler.MultiStepLR(optimiser, [3, 6]),
        "sequential": torch.optim.lr_scheduler.SequentialLR(
            optimiser,
            [torch.optim.lr_scheduler.ConstantLR(optimiser), torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.9)],
            [2],
        ),
    }
    for name, scheduler in states.items():
        torch.save(scheduler.state_dict(), weights / f"scheduler_{name}.pt")
    torch.save(torch.optim.swa_utils.AveragedModel(net).state_dict(), weights / "ema.pt")
    torch.save(
        {"string_to_token": {"*": torch.tensor(265)}, "string_to_param": {"*": nn.Parameter(torch.ones(2, 8))},
         "name": "style", "step": 100, "sd_checkpoint": None},
        weights / "textual_inversion.pt",
    )  # fmt: skip
    torch.save({"string_to_param": nn.ParameterDict({"*": nn.Parameter(torch.ones(2, 8))})}, objects / "inversion.pt")
    torch.save(optimiser, objects / "optimizer_object.pt")
    torch.save({"model": net, "scheduler": states["multi_step"]}, objects / "objects.pt")
    torch.save(torch.utils.data.TensorDataset(torch.ones(3, 2), torch.zeros(3)), objects / "dataset.pt")
    torch.save(torch.distributions.Normal(torch.zeros(2), torch.ones(2)), objects / "distribution.pt")
    quantised = torch.ao.quantization.quantize_dynamic(  # type: ignore[no-untyped-call]
        net, {nn.Linear}, dtype=torch.qint8
    )
    torch.save(quantised, objects / "quantised_module.pt")
    torch.save(quantised.state_dict(), weights / "quantised_state.pt")
    torch.save(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3)).state_dict(), weights / "spectral.pt")
    torch.save(nn.utils.rnn.pack_sequence([torch.ones(3), torch.ones(2)]), objects / "packed.pt")
    torch.save(torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), weights / "nested.pt")
    torch.save({"frames": np.ones(3), "label": np.str_("a"), "when": np.datetime64("2025-01-01")}, weights / "numpy.pt")


class _ConstantRate:
    def __init__(self) -> None:
        self.scale = 1.0

    def __call__(self, step: int) -> float:
        return self.scale


def distributed_files(at: Path) -> None:
    """torch.distributed.checkpoint: a folder with `.metadata` and one file of tensors for each rank."""
    import torch
    import torch.distributed.checkpoint as saved

    folder = at / "weights" / "sharded"
    saved.save(  # type: ignore[attr-defined]
        {"model": torch.nn.Linear(4, 4).state_dict(), "step": 3}, checkpoint_id=str(folder), no_dist=True
    )


def trainer_files(at: Path) -> None:
    """A checkpoint of transformers' Trainer, and what accelerate saves."""
    import numpy as np
    import torch
    from safetensors.torch import save_file
    from transformers import TrainingArguments, get_cosine_schedule_with_warmup

    net = torch.nn.Linear(4, 4)
    optimiser = torch.optim.AdamW(net.parameters())
    folder = at / "objects" / "checkpoint-3"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(net.state_dict(), folder / "model.safetensors", {"format": "pt"})
    torch.save(optimiser.state_dict(), folder / "optimizer.pt")
    torch.save(get_cosine_schedule_with_warmup(optimiser, 1, 10).state_dict(), folder / "scheduler.pt")
    torch.save(TrainingArguments(output_dir="out", report_to=[]), folder / "training_args.bin")
    state = {"python": random.getstate(), "numpy": np.random.get_state(), "cpu": torch.random.get_rng_state()}
    torch.save(state, folder / "rng_state.pth")
    (folder / "trainer_state.json").write_text(json.dumps({"epoch": 1.0, "global_step": 3, "log_history": []}))
    folder = at / "weights" / "accelerate"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(net.state_dict(), folder / "model.safetensors", {"format": "pt"})
    torch.save(optimiser.state_dict(), folder / "optimizer.bin")
    torch.save(torch.optim.lr_scheduler.StepLR(optimiser, 3).state_dict(), folder / "scheduler.bin")
    states = {
        "step": 3, "random_state": random.getstate(), "numpy_random_seed": np.random.get_state(),
        "torch_manual_seed": torch.get_rng_state(),
    }  # fmt: skip
    torch.save(states, folder / "random_states_0.pkl")


def lightning_files(at: Path) -> None:
    """A checkpoint of Lightning's trainer, as it writes it."""
    import pytorch_lightning as lightning
    import torch

    class Net(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self, lr: float = 0.1, data: Any = None) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 2)

        def training_step(self, batch: Any, _: int) -> Any:
            return self.layer(batch[0]).sum()

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    folder = at / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 4)))
    trainer = lightning.Trainer(
        max_steps=1, logger=False, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=folder / "tmp", enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(Net(data=PurePosixPath("/data")), data)
    trainer.save_checkpoint(folder / "last.ckpt")


def omegaconf_files(at: Path) -> None:
    """Checkpoints that carry their configuration as omegaconf holds it (fairseq, NeMo, Hydra)."""
    import torch
    from omegaconf import OmegaConf

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    settings = OmegaConf.create(
        {"model": {"size": 4, "rate": 0.1, "name": "a", "on": True, "path": "${.name}/x", "all": [1, 2], "none": None}}
    )
    torch.save({"cfg": settings, "model": torch.nn.Linear(2, 2).state_dict()}, objects / "fairseq.pt")
    torch.save({"hyper_parameters": {"cfg": settings.model}, "state_dict": {}}, objects / "nemo.ckpt")


def yolo_files(at: Path) -> None:
    """Whole networks as ultralytics keeps them, with their settings; some were fused before saving."""
    import torch
    from ultralytics import YOLO

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name in ("yolov8n.yaml", "yolo11n-seg.yaml", "yolov8n-pose.yaml", "yolov8n-cls.yaml", "yolov8n-obb.yaml"):
        model = YOLO(name)
        model.ckpt = {"train_args": dict(model.overrides), "ema": None, "optimizer": None}
        model.save(objects / name.replace(".yaml", ".pt"))
    fused = YOLO("yolov8n.yaml").model
    fused.fuse()
    torch.save(
        {"model": fused.half(), "train_args": fused.args if hasattr(fused, "args") else {}}, objects / "fused.pt"
    )


def timm_files(at: Path) -> None:
    """Networks of timm and torchvision, whole."""
    import timm
    import torch

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name in ("resnet10t", "vit_tiny_patch16_224", "efficientnet_lite0", "mobilenetv3_small_050", "convnext_atto"):
        torch.save(timm.create_model(name, num_classes=3), objects / f"{name}.pt")
    import torchvision

    for name in ("resnet18", "mobilenet_v3_small", "squeezenet1_0", "shufflenet_v2_x0_5"):
        torch.save(torchvision.models.get_model(name), objects / f"torchvision_{name}.pt")
    transforms = torchvision.transforms
    torch.save(
        transforms.Compose([transforms.Resize(8), transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]),
        objects / "transforms.pt",
    )


def fastai_files(at: Path) -> None:
    """A learner exported for inference."""
    import numpy as np
    import pandas
    from fastai.tabular.all import Categorify, Normalize, TabularDataLoaders, tabular_learner

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    frame = pandas.DataFrame({"a": np.arange(80.0), "b": ["x", "y"] * 40, "y": [0, 1] * 40})
    loaders = TabularDataLoaders.from_df(
        frame, procs=[Categorify, Normalize], cat_names=["b"], cont_names=["a"], y_names="y", bs=8
    )
    tabular_learner(loaders, layers=[4]).export(objects.resolve() / "export.pkl")


def sentence_files(at: Path) -> None:
    """sentence-transformers and the head that setfit puts on it."""
    import joblib
    import numpy as np
    from setfit.modeling import SetFitHead  # noqa: F401 - the family needs setfit
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.multioutput import ClassifierChain, MultiOutputClassifier

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 2
    joblib.dump(LogisticRegression().fit(x, y), objects / "model_head.pkl")
    several = np.stack([y, 1 - y], 1)
    for name, head in (
        ("one_vs_rest", OneVsRestClassifier(LogisticRegression())),
        ("multi_output", MultiOutputClassifier(LogisticRegression())),
        ("chain", ClassifierChain(LogisticRegression())),
    ):
        (objects / name).mkdir(exist_ok=True)
        joblib.dump(head.fit(x, several), objects / name / "model_head.pkl")


def module_files(at: Path) -> None:
    """Whole transformers models pickled, as people do in spite of save_pretrained."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    small: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    torch.save(BertModel(BertConfig(vocab_size=20, **small)), objects / "bert.pt")
    torch.save(LlamaForCausalLM(LlamaConfig(vocab_size=20, **small)), objects / "llama.pt")
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(tokenizer_object=Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, "[UNK]")))
    (objects / "tokenizer.pkl").write_bytes(pickle.dumps(tokenizer))
    (objects / "config.pkl").write_bytes(pickle.dumps(BertConfig(**small)))
