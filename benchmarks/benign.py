"""At least 120 files as the real libraries write them, for the false-alarm half of `benchmarks.detection`.

    python -m benchmarks.benign DIR

Run it with an interpreter that has the libraries; a family whose library is absent is left out, and said. Nothing here
is hostile. `weights` are files that hold values and no objects; they are the ones of which nine in ten have to pass.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Make = Callable[[Path], None]


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


def numpy_files(at: Path) -> None:
    """Arrays in files of their own, in archives, and pickled."""
    import numpy as np

    weights = at / "weights"
    weights.mkdir(exist_ok=True)
    for kind in ("f4", "f8", "f2", "i8", "u1", "c8", "?", "U5", "S3", "M8[s]"):
        np.save(weights / f"array_{kind.replace('[', '_').strip(']?') or 'bool'}.npy", np.zeros((3, 4), kind))
    np.save(weights / "fortran.npy", np.asfortranarray(np.ones((3, 4))))
    np.save(weights / "structured.npy", np.zeros(3, [("a", "f4"), ("b", "i8", (2,))]))
    np.save(weights / "scalar.npy", np.float32(3))
    np.savez(weights / "several.npz", a=np.ones(3), b=np.zeros((2, 2)))
    np.savez_compressed(weights / "compressed.npz", a=np.ones(300))
    for protocol in range(6):
        (weights / f"array_protocol{protocol}.pkl").write_bytes(
            pickle.dumps({"w": np.arange(6.0).reshape(2, 3), "n": np.float32(1)}, protocol)
        )
    (weights / "random_state.pkl").write_bytes(pickle.dumps(np.random.RandomState(0)))
    (weights / "generator.pkl").write_bytes(pickle.dumps(np.random.default_rng(0)))
    np.save(weights / "object_of_texts.npy", np.array(["a", None, 3], dtype=object), allow_pickle=True)
    plain = {
        "a": [1, 2.5, None, True],
        "b": ("x", b"y"),
        "c": {1, 2},
        "d": collections.OrderedDict(x=1),
        "e": collections.Counter("aab"),
        "f": collections.defaultdict(list, a=[1]),
    }
    for protocol in range(6):
        (weights / f"plain_protocol{protocol}.pkl").write_bytes(pickle.dumps(plain, protocol))


def sklearn_files(at: Path) -> None:
    """Fitted estimators as joblib and pickle store them."""
    import joblib
    import numpy as np
    from sklearn import (
        cluster,
        decomposition,
        ensemble,
        feature_extraction,
        gaussian_process,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 5)), random.integers(0, 2, 60)
    objects, weights = at / "objects", at / "weights"
    objects.mkdir(exist_ok=True)
    weights.mkdir(exist_ok=True)
    estimators: dict[str, Any] = {
        "logistic": linear_model.LogisticRegression(),
        "ridge": linear_model.Ridge(),
        "sgd": linear_model.SGDClassifier(),
        "forest": ensemble.RandomForestClassifier(5),
        "boosting": ensemble.GradientBoostingClassifier(n_estimators=3),
        "hist_boosting": ensemble.HistGradientBoostingClassifier(max_iter=3),
        "isolation": ensemble.IsolationForest(n_estimators=5),
        "tree": tree.DecisionTreeClassifier(),
        "svc": svm.SVC(),
        "knn": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        "mlp": neural_network.MLPClassifier(max_iter=5),
        "bayes": naive_bayes.GaussianNB(),
        "pca": decomposition.PCA(2),
        "kmeans": cluster.KMeans(2, n_init=1),
        "scaled": pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
        "encoder": preprocessing.OneHotEncoder(),
        "scaler": preprocessing.MinMaxScaler(),
        "process": gaussian_process.GaussianProcessClassifier(),
    }
    for name, estimator in estimators.items():
        estimator.fit(x, y)
        joblib.dump(estimator, objects / f"{name}.joblib")
        (objects / f"{name}.pkl").write_bytes(pickle.dumps(estimator))
    texts = pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression()).fit(
        ["red fox", "blue fox", "red dog"], [0, 1, 0]
    )
    joblib.dump(texts, objects / "tfidf.joblib")
    for kind in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(estimators["forest"], objects / f"forest_{kind}.joblib", compress=(kind, 3))
        joblib.dump({"w": x, "b": y}, weights / f"arrays_{kind}.joblib", compress=(kind, 3))
    joblib.dump({"w": x, "f": np.asfortranarray(x), "b": y}, weights / "arrays.joblib")


def boosting_files(at: Path) -> None:
    """XGBoost and LightGBM, pickled and in their own formats."""
    import numpy as np

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 2
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=3).fit(x, y)
    (objects / "xgboost.pkl").write_bytes(pickle.dumps(model))
    (objects / "xgboost_booster.pkl").write_bytes(pickle.dumps(model.get_booster()))
    model.save_model(objects / "xgboost.json")
    model.save_model(objects / "xgboost.ubj")
    import lightgbm

    light = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, y)
    (objects / "lightgbm.pkl").write_bytes(pickle.dumps(light))
    light.booster_.save_model(objects / "lightgbm.txt")


def cloudpickle_files(at: Path) -> None:
    """Functions by value: ordinary in some pipelines, and code all the same. Listed as code, not as weights."""
    import cloudpickle
    import dill

    code = at / "code"
    code.mkdir(exist_ok=True)
    (code / "lambda.pkl").write_bytes(cloudpickle.dumps(lambda x: x + 1))
    (code / "lambda.dill").write_bytes(dill.dumps(lambda x: x + 1))
    (code / "plain.dill").write_bytes(dill.dumps({"a": [1, 2]}))


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


def skops_files(at: Path) -> None:
    """Estimators as skops stores them."""
    import numpy as np
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    skops.io.dump(LogisticRegression().fit(x, y), objects / "logistic.skops")
    skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), objects / "pipeline.skops")


def transformers_files(at: Path) -> None:
    """Tokenizers and training arguments as transformers writes them."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    texts = [
        "the quick brown fox jumps over the lazy dog",
        "what is the capital of France",
        "Paris is the capital of France",
    ] * 4
    folder = at / "tokenizers"
    folder.mkdir(exist_ok=True)
    kinds: dict[str, tuple[Any, Any, Any, Any]] = {
        "bpe": (
            models.BPE(),
            trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"]),
            pre_tokenizers.ByteLevel(),
            decoders.ByteLevel(),
        ),
        "wordpiece": (
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]"]),
            pre_tokenizers.BertPreTokenizer(),
            decoders.WordPiece(),
        ),
        "unigram": (
            models.Unigram(),
            trainers.UnigramTrainer(vocab_size=100, special_tokens=["<unk>"], unk_token="<unk>"),
            pre_tokenizers.Metaspace(),
            decoders.Metaspace(),
        ),
    }
    for name, (model, trainer, pre, decoder) in kinds.items():
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoder
        if name == "wordpiece":
            tokenizer.normalizer = normalizers.BertNormalizer()
            tokenizer.post_processor = processors.TemplateProcessing(
                single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
            )
        if name == "unigram":
            tokenizer.normalizer = normalizers.Sequence(
                [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(" {2,}", " ")]
            )
        tokenizer.train_from_iterator(texts, trainer)
        (folder / name).mkdir(exist_ok=True)
        tokenizer.save(str(folder / name / "tokenizer.json"))
    import torch
    from transformers import TrainingArguments

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    torch.save(TrainingArguments(output_dir="out", report_to=[]), objects / "training_args.bin")


def template_files(at: Path) -> None:
    """The chat templates of published model families as trl and axolotl carry them; neither is imported."""
    from importlib.util import find_spec

    folder = at / "templates"
    folder.mkdir(exist_ok=True)
    places = {name: find_spec(name) for name in ("trl", "axolotl")}
    if not any(places.values()):
        raise ImportError("neither trl nor axolotl is here")
    for name, spec in places.items():
        for root in (spec.submodule_search_locations or []) if spec else []:
            for path in Path(root).rglob("*.jinja"):
                (folder / f"{name}_{path.name}").write_bytes(path.read_bytes())


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


MAKERS: dict[str, Make] = {
    "torch": torch_files,
    "numpy": numpy_files,
    "sklearn": sklearn_files,
    "boosting": boosting_files,
    "cloudpickle": cloudpickle_files,
    "keras": keras_files,
    "onnx": onnx_files,
    "safetensors": safetensors_files,
    "flax": flax_files,
    "skops": skops_files,
    "transformers": transformers_files,
    "templates": template_files,
    "archives": archive_files,
}


def main() -> None:
    """Write every family whose library is here."""
    import warnings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    absent: dict[str, str] = {}
    for name, make in MAKERS.items():
        (options.folder / name).mkdir(parents=True, exist_ok=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                make(options.folder / name)
        except ImportError as missing:
            absent[name] = str(missing)
    files = [path for path in options.folder.rglob("*") if path.is_file()]
    print(json.dumps({"files": len(files), "absent": absent}, indent=1))


if __name__ == "__main__":
    main()
