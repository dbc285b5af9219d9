"""PyTorch: state dicts, optimisers, whole modules, exports, and the checkpoints of what trains with it."""

from __future__ import annotations

import argparse
import gzip
import pickle
from pathlib import Path


def torch_files(at: Path) -> None:
    """State dicts, optimisers, whole modules, exports, in each container of torch.save."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    small = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 4))
    state = small.state_dict()
    weights = at / "weights"
    weights.mkdir(exist_ok=True)
    for name in ("float32", "float16", "bfloat16", "float64"):
        cast = {key: value.to(getattr(torch, name)) for key, value in state.items()}
        torch.save(cast, weights / f"state_{name}.pt")
        torch.save(cast, weights / f"state_{name}_legacy.bin", _use_new_zipfile_serialization=False)
        torch.save(cast, weights / f"state_{name}_protocol4.pth", pickle_protocol=4)
    integers = {
        name: torch.ones(3, 4).to(getattr(torch, name)) for name in ("int8", "uint8", "int16", "int32", "int64", "bool")
    }
    torch.save(integers, weights / "integers.pt")
    torch.save(
        {name: torch.ones(4).to(getattr(torch, name)) for name in ("float8_e4m3fn", "float8_e5m2")},
        weights / "float8.pt",
    )
    torch.save(
        {name: torch.ones(4).to(getattr(torch, name)) for name in ("uint16", "uint32", "uint64")},
        weights / "unsigned.pt",
    )
    torch.save({"c": torch.ones(3, dtype=torch.complex64)}, weights / "complex.pt")
    torch.save({"sparse": torch.eye(5).to_sparse()}, weights / "sparse.pt")
    torch.save({"csr": torch.eye(5).to_sparse_csr()}, weights / "sparse_csr.pt")
    torch.save({"q": torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8)}, weights / "quantised.pt")
    torch.save(
        {"q": torch.quantize_per_channel(torch.ones(2, 4), torch.ones(2), torch.zeros(2), 0, torch.qint8)},
        weights / "quantised_channel.pt",
    )
    torch.save({"m": torch.ones(4, device="meta")}, weights / "meta.pt")
    torch.save(torch.ones(4), weights / "one_tensor.pt")
    torch.save([torch.ones(4), torch.zeros(2)], weights / "list.pt")
    torch.save(nn.Parameter(torch.ones(4)), weights / "parameter.pt")
    torch.save(nn.ParameterDict({"a": torch.ones(2)}).state_dict(), weights / "parameter_dict.pt")
    torch.save(torch.get_rng_state(), weights / "rng_state.pth")
    torch.save(torch.ones(4, 4).t(), weights / "strided.pt")
    shared = torch.ones(4, 4)
    torch.save({"a": shared, "b": shared[:2]}, weights / "views.pt")
    torch.save(
        {"state_dict": state, "epoch": 3, "loss": 0.25, "name": "x", "shape": torch.Size([1, 2]), "none": None},
        weights / "lightning_like.ckpt",
    )
    for kind, options in (("SGD", {"lr": 0.1, "momentum": 0.9}), ("AdamW", {}), ("RMSprop", {}), ("Adagrad", {})):
        optimiser = getattr(torch.optim, kind)(small.parameters(), **options)
        small(torch.ones(2, 8)).sum().backward()
        optimiser.step()
        torch.save(optimiser.state_dict(), weights / f"optimizer_{kind}.pt")
    torch.save(torch.optim.lr_scheduler.StepLR(optimiser, 10).state_dict(), weights / "scheduler.pt")
    torch.save(nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)).state_dict(), weights / "weight_norm.pt")
    for number, module in enumerate(
        (
            nn.LSTM(4, 8),
            nn.Conv2d(3, 8, 3),
            nn.Embedding(10, 4),
            nn.MultiheadAttention(8, 2),
            nn.TransformerEncoderLayer(8, 2),
            nn.BatchNorm1d(4),
        )
    ):
        torch.save(module.state_dict(), weights / f"module_{number}_state.bin")
    with gzip.GzipFile(weights / "state.pt.gz", "wb", mtime=0) as file:
        file.write((weights / "state_float32.pt").read_bytes())
    with open(weights / "pickled_state.pkl", "wb") as file:
        pickle.dump(dict(state), file)
    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name, module in (
        ("mlp", small),
        ("lstm", nn.LSTM(4, 8)),
        ("conv", nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.GELU())),
        ("transformer", nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)),
        ("transformer_gelu", nn.TransformerEncoderLayer(8, 2, activation="gelu")),
        ("embedding", nn.EmbeddingBag(10, 4)),
        ("attention", nn.MultiheadAttention(8, 2)),
        ("batch_norm", nn.BatchNorm1d(4)),
        ("sequential_dropout", nn.Sequential(nn.Dropout(0.1), nn.Softmax(-1), nn.Flatten())),
    ):
        torch.save(module, objects / f"module_{name}.pt")
    torch.save(small, objects / "module_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(
        {"model": small, "args": argparse.Namespace(lr=0.1, name="x"), "path": Path("a/b")}, objects / "yolo_like.pt"
    )
    torch.jit.script(small).save(str(objects / "torchscript.pt"))  # type: ignore[no-untyped-call]
    traced = torch.jit.trace(small, torch.ones(1, 8))  # type: ignore[no-untyped-call]
    traced.save(str(objects / "torchscript_traced.pt"))
    torch.export.save(torch.export.export(small, (torch.ones(1, 8),)), objects / "exported.pt2")
