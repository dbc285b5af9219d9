"""What kind of thing was given for an audit, and why assay thinks so: what is asked of it depends on that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from assay.facts.artifact import INSIDE
from assay.facts.model import Model, folder
from assay.lazy import dataclass


class SubjectKind(StrEnum):
    """The kinds of subject that a policy can ask different things of."""

    LANGUAGE_MODEL = "language model"
    ADAPTER = "adapter"
    PIPELINE = "diffusion pipeline"
    NETWORK = "other network"
    ESTIMATOR = "fitted estimator"
    TOKENIZER = "tokenizer"
    DATA = "data"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Nature:
    """The kind of the subject, and in a few words what it was told by."""

    kind: SubjectKind
    why: str


# what an architecture's name ends in that reads or writes text; transformers, models/auto/modeling_auto.py
_TEXT = (
    "ForCausalLM",
    "LMHeadModel",
    "ForConditionalGeneration",
    "ForMaskedLM",
    "ForSeq2SeqLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
)
# what an architecture's name says that neither reads nor writes text as its main job
_NO_TEXT = ("Image", "Vision", "ViT", "CTC", "Audio", "Object", "Depth", "Video", "Speech", "Segmentation")
# packages whose pickled objects are fitted estimators
_ESTIMATORS = frozenset(
    {"autogluon", "catboost", "category_encoders", "darts", "econml", "fastai", "feature_engine", "flaml", "gensim"}
    | {"hdbscan", "hmmlearn", "imblearn", "implicit", "interpret", "lifelines", "lightgbm", "mlxtend", "nltk"}
    | {
        "pmdarima",
        "prophet",
        "pyod",
        "sklearn",
        "sklearn_crfsuite",
        "sktime",
        "sksurv",
        "statsmodels",
        "surprise",
        "tpot",
        "umap",
    }
    | {"xgboost"}
)
_GRAPHS = frozenset({"onnx", "tflite", "keras", "saved-model", "executorch", "openvino", "hdf5", "torch-zip"})
_GRAPHS |= {"torch-legacy", "safetensors", "msgpack"}
_PICKLED = frozenset({"pickle", "compressed", "torch-zip", "torch-legacy"})
_TOKENIZERS = frozenset({"tokenizer", "sentencepiece", "tiktoken", "tokenizer-config", "special-tokens-map"})


def nature(model: Model, facts: Mapping[str, tuple[Any, ...]]) -> Nature:
    """What the subject is: the first of the kinds, in a fixed order, that its files speak for."""
    for kind, why in _told(model, facts):
        return Nature(kind, why)
    return Nature(SubjectKind.UNKNOWN, "no file here is one that a model consists of")


def _told(model: Model, facts: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[SubjectKind, str]]:
    whole = model.whole_weights()
    if model.adapters and not any("/" not in row.artifact for row in model.configs):
        yield SubjectKind.ADAPTER, f"{model.adapters[0].artifact} is the configuration of an adapter"
    pipeline = next((row.path for row in model.artifacts if row.path.endswith("model_index.json")), None)
    if pipeline is not None and folder(pipeline) == "":
        yield SubjectKind.PIPELINE, f"{pipeline} lists the parts of a pipeline"
    yield from _language(model, facts)
    if whole:
        yield SubjectKind.NETWORK, f"{whole[0].name} holds tensors"
    if not whole and not model.configs and (found := _values(model)):
        yield SubjectKind.ESTIMATOR if _estimators(model) else SubjectKind.DATA, _estimators(model) or found
    network = next((row for row in model.artifacts if row.format in _GRAPHS), None)
    if network is not None and not _estimators(model):
        yield SubjectKind.NETWORK, f"{network.path} is a file of that kind ({network.format})"
    if model.configs:
        yield SubjectKind.NETWORK, f"{model.configs[0].artifact} is the configuration of a network"
    if found := _estimators(model):
        yield SubjectKind.ESTIMATOR, found
    words = next((row for row in model.artifacts if row.format in _TOKENIZERS), None)
    if words is not None:
        yield SubjectKind.TOKENIZER, f"{words.path} is of a tokenizer, and nothing here holds weights"
    array = next((row for row in model.artifacts if row.format == "numpy"), None)
    if array is not None and not model.obstacles:
        yield SubjectKind.DATA, f"{array.path} is data ({array.format})"


def _language(model: Model, facts: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[SubjectKind, str]]:
    kind = SubjectKind.LANGUAGE_MODEL
    top = [row for row in model.configs if "/" not in row.artifact]
    for config in top or model.configs[:1]:
        if config.naming == "gguf":
            yield kind, f"{config.artifact} is a GGUF file of the family {config.family}"
        name = next((name for name in config.architectures if name.endswith(_TEXT)), None)
        if name is not None and not any(word in name for word in _NO_TEXT):
            yield kind, f"{config.artifact} names {name}"
        if config.vocabulary_size is not None and config.hidden_size is not None:
            yield kind, f"{config.artifact} has a vocabulary of {config.vocabulary_size:,}"
    tokenizer = next((row for row in facts.get("Tokenizer", ()) if INSIDE not in row.artifact), None)
    if tokenizer and model.whole_weights() and top:
        yield kind, f"{tokenizer.artifact} is a tokenizer beside weights"


def _values(model: Model) -> str:
    """Why a subject of pickles alone is data: each was followed to its end, and none holds a tensor; empty if not."""
    pickled = model.artifacts and all(row.format in _PICKLED and model.pickled(row.path) for row in model.artifacts)
    if not pickled or model.indexes or model.obstacles or any(row.unfollowed for row in model.pickles):
        return ""
    return f"{model.artifacts[0].path} holds objects and values, and no tensor"


def _estimators(model: Model) -> str:
    """The first class of an estimator that a pickle names, as a reason; empty if there is none."""
    for program in model.pickles:
        for entry in program.imports:
            if entry.module.partition(".")[0] in _ESTIMATORS:
                return f"{program.artifact} holds a {entry.qualified}"
    skops = next((row.path for row in model.artifacts if row.format == "skops"), None)
    return f"{skops} is a skops archive" if skops else ""
