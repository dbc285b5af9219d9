"""Keras configurations wherever they are kept: what loading would run is named, function by function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.facts.finding import Kind
from tests.hostile.graphs import attribute, field, hdf5
from tests.hostile.pickles import zipped

DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "linear"}}


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def sequential(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [DENSE, *layers]}, **more}


def lambda_layer(**config: Any) -> dict[str, Any]:
    return {"class_name": "Lambda", "config": {"name": "l", **config}}


def dense(**config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "module": "keras.layers", "config": {"name": "d", **config}}


def as_keras(config: dict[str, Any]) -> tuple[str, bytes]:
    return "model.keras", zipped({"metadata.json": b"{}", "config.json": json.dumps(config).encode()})


def as_hdf5(config: dict[str, Any]) -> tuple[str, bytes]:
    training = config.pop("compile_config", {})
    return "model.h5", hdf5(
        attribute("model_config", json.dumps(config)), attribute("training_config", json.dumps(training))
    )


def as_metadata(config: dict[str, Any]) -> tuple[str, bytes]:
    node = field(1, "1") + field(2, 1) + field(3, "root.layer-0") + field(4, "_tf_keras_layer")
    return "keras_metadata.pb", field(1, node + field(5, json.dumps(config)))


CASES: list[tuple[dict[str, Any], str]] = [
    (sequential(compile_config={"optimizer": "adam", "loss": function("builtins", "exec")}), "builtins.exec"),
    (sequential(compile_config={"metrics": [function("os", "system")]}), "os.system"),
    (sequential(compile_config={"loss": {"out": function("subprocess", "run")}}), "subprocess.run"),
    (sequential(dense(activation=function("os", "system"))), "os.system"),
    (sequential(dense(kernel_initializer=function("builtins", "eval"))), "builtins.eval"),
    (sequential(dense(kernel_regularizer=function("shutil", "rmtree"))), "shutil.rmtree"),
    (sequential(lambda_layer(function="system", function_type="function", module="os", arguments={})), "os.system"),
    (sequential(lambda_layer(function=function("subprocess", "getoutput"))), "subprocess.getoutput"),
    (
        sequential(lambda_layer(function={"class_name": "__tuple__", "items": ["4wAAAAA=", None, None]})),
        "holds a function as Python byte code",
    ),
]


@pytest.mark.parametrize("kept", [as_keras, as_hdf5, as_metadata])
@pytest.mark.parametrize(("config", "words"), CASES, ids=[words for _, words in CASES])
def test_the_function_that_loading_takes_is_named(
    tmp_path: Path, kept: Any, config: dict[str, Any], words: str
) -> None:
    name, raw = kept(json.loads(json.dumps(config)))
    (tmp_path / name).write_bytes(raw)
    dossier = assay.audit(tmp_path, isolation=False)
    said = [f.message for f in dossier.findings if (f.check, f.kind) == ("model.runs-code", Kind.FAIL)]
    assert any(words in message for message in said), said


@pytest.mark.parametrize("kept", [as_keras, as_hdf5, as_metadata])
def test_an_ordinary_model_has_no_finding(tmp_path: Path, kept: Any) -> None:
    name, raw = kept(sequential(dense(activation="relu"), compile_config={"loss": "mse", "metrics": ["accuracy"]}))
    (tmp_path / name).write_bytes(raw)
    dossier = assay.audit(tmp_path / name, isolation=False)
    assert not [f for f in dossier.findings if f.check.startswith("model.") and f.kind in (Kind.FAIL, Kind.REVIEW)]


@pytest.mark.parametrize("raw", [b"", b"\xff" * 40, field(2, "x"), field(1, field(5, "{not json"))])
def test_metadata_that_is_none_is_open(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "keras_metadata.pb").write_bytes(raw)
    dossier = assay.audit(tmp_path, isolation=False)
    assert [f for f in dossier.findings if f.check == "artifact.malformed" and f.kind is Kind.OPEN] or not raw
