"""What to do about a pickle, by what it holds: the format that holds the same as values, and how to keep this one."""

from __future__ import annotations

from assay.facts.program import PickleProgram

_BOOSTED = frozenset({"xgboost", "lightgbm", "catboost"})
_ESTIMATORS = frozenset(
    ("sklearn", "imblearn", "statsmodels", "hmmlearn", "umap", "hdbscan", "category_encoders", "feature_engine")
) | {"mlxtend", "lifelines", "setfit", "joblib"}
# packages, the first of which a pickle names decides, and what to ask for in its place
_INSTEAD = (
    (frozenset({"fastai"}), "the weights alone, as safetensors: an exported learner is code with weights in it"),
    (
        frozenset({"ultralytics"}),
        "the same network as ONNX, or its state_dict as safetensors with the YAML of its layers",
    ),
    (frozenset({"gensim"}), "the vectors in word2vec format (save_word2vec_format), which holds values only"),
    (frozenset({"spacy", "thinc"}), "the pipeline as spaCy writes it to disk (nlp.to_disk)"),
    (_BOOSTED, "the model in its library's own format (save_model), which holds values only"),
    (_ESTIMATORS, "the estimator as skops, which lists the types it makes before it makes them, or as ONNX"),
    (frozenset({"tokenizers"}), "tokenizer.json, which save_pretrained writes"),
    (frozenset({"transformers", "peft", "diffusers"}), "the weights as safetensors, which save_pretrained writes"),
    (frozenset({"keras", "tensorflow"}), "the model as .keras, loaded with safe_mode"),
    (frozenset({"torch", "torchvision", "timm"}), "the state_dict as safetensors"),
    (frozenset({"pandas", "pyarrow"}), "the table as Parquet or Arrow, which hold values only"),
    (frozenset({"numpy", "scipy"}), "the arrays as .npz without objects, or as safetensors"),
)


def instead(program: PickleProgram) -> str:
    """What to ask the publisher for in place of this pickle."""
    packages = program.packages
    found = next((said for known, said in _INSTEAD if not known.isdisjoint(packages)), "")
    if not found and program.loader == "torch":
        found = "the state_dict as safetensors"
    return found or "a format that holds values only"


def refused(program: PickleProgram) -> str:
    """What to do about a pickle that must not be loaded."""
    return f"Do not load the file. Delete it if inference does not need it, or ask for {instead(program)}."


def kept(program: PickleProgram) -> str:
    """What to do about a pickle of library objects: another format, or what makes this one acceptable."""
    limit = "; torch.load(weights_only=True) refuses these classes" if program.loader == "torch" else ""
    return (
        f"Ask for {instead(program)}. To keep the pickle, install the versions that wrote it, have its publisher sign "
        f"it, and accept it with a waiver, which is bound to these bytes{limit}."
    )
