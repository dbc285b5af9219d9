"""Graphs and containers: Keras, ONNX, safetensors, Flax, ordinary archives."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path


def keras_files(at: Path) -> None:
    """Keras 3 archives, weights in HDF5."""
    import os

    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    weights, objects = at / "weights", at / "objects"
    weights.mkdir(exist_ok=True)
    objects.mkdir(exist_ok=True)
    models = {
        "dense": keras.Sequential(
            [keras.layers.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(1)]
        ),
        "conv": keras.Sequential(
            [
                keras.layers.Input((8, 8, 1)),
                keras.layers.Conv2D(2, 3),
                keras.layers.BatchNormalization(),
                keras.layers.Flatten(),
            ]
        ),
        "lstm": keras.Sequential([keras.layers.Input((5, 3)), keras.layers.LSTM(4), keras.layers.Dropout(0.1)]),
    }
    for name, model in models.items():
        model.save(objects / f"{name}.keras")
        model.save_weights(weights / f"{name}.weights.h5")
        model.save(objects / f"{name}.h5")


def onnx_files(at: Path) -> None:
    """ONNX graphs, also with weights in a file beside them."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    for number, kinds in enumerate(
        (("MatMul",), ("MatMul", "Relu"), ("MatMul", "Softmax"), ("MatMul", "Sigmoid", "Tanh"))
    ):
        nodes, last = [], "x"
        for place, kind in enumerate(kinds):
            out = "y" if place == len(kinds) - 1 else f"t{place}"
            nodes.append(helper.make_node(kind, [last, "w"] if kind == "MatMul" else [last], [out]))
            last = out
        model = helper.make_model(
            helper.make_graph(nodes, "g", [x], [y], [weight]), opset_imports=[helper.make_opsetid("", 17)]
        )
        onnx.save(model, objects / f"graph_{number}.onnx")
    folder = objects / "external"
    folder.mkdir(exist_ok=True)
    onnx.save(
        model,
        folder / "model.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="model.onnx.data",
        size_threshold=0,
    )


def safetensors_files(at: Path) -> None:
    """Plain weights."""
    import numpy as np
    from safetensors.numpy import save_file

    weights = at / "weights"
    weights.mkdir(exist_ok=True)
    for kind in ("float32", "float16", "int8", "int64", "uint8", "bool"):
        save_file(
            {"model.a": np.ones((3, 4), kind), "model.b": np.zeros(5, kind)},
            weights / f"{kind}.safetensors",
            metadata={"format": "pt"},
        )


def flax_files(at: Path) -> None:
    """Parameters as flax writes them."""
    import numpy as np
    from flax import serialization

    weights = at / "weights"
    weights.mkdir(exist_ok=True)
    (weights / "flax_model.msgpack").write_bytes(
        serialization.msgpack_serialize(
            {"params": {"dense": {"kernel": np.ones((3, 4), np.float32), "bias": np.zeros(4, np.float32)}}}
        )
    )


def archive_files(at: Path) -> None:
    """Ordinary archives."""
    folder = at / "archives"
    folder.mkdir(exist_ok=True)
    contents = {"config.json": b'{"a": 1}', "README.txt": b"hello\n", "sub/vocab.txt": b"a\nb\n"}
    with zipfile.ZipFile(folder / "files.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    for suffix, mode in (("tar", "w"), ("tar.gz", "w:gz"), ("tar.bz2", "w:bz2"), ("tar.xz", "w:xz")):
        with tarfile.open(folder / f"files.{suffix}", mode) as tar:  # type: ignore[call-overload]
            for name in contents:
                source = at / "one.tmp"
                source.write_bytes(contents[name])
                tar.add(source, name)
    (at / "one.tmp").unlink()
