"""How a user opens a pickle, by whose objects it holds: the loader and the call."""

from __future__ import annotations

import posixpath

from assay.facts.program import PickleProgram

_PLAIN = "pickle"  # Python's own module
# the package of the object that the pickle is, and the call; the first that fits
_BY_PACKAGE = (
    ("fastai", "fastai", "fastai.learner.load_learner({0!r})"),
    ("gensim", "gensim", "{1}.load({0!r})"),
    ("pandas", "pandas", "pandas.read_pickle({0!r})"),
)
_FITTED = frozenset({"sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "joblib", "mlxtend", "feature_engine"})


def call(path: str, program: PickleProgram) -> tuple[str, str]:
    """(loader, call) for the pickle at `path`: its own library's, joblib's for estimators and arrays, else pickle's."""
    name = posixpath.basename(path)
    first = program.imports[0] if program.imports else None
    root = first.module.partition(".")[0] if first else ""
    if program.loader == "joblib" or ".joblib" in name:
        return "joblib", f"joblib.load({path!r})"
    if name == ".metadata" and "torch" in program.packages:
        folder = posixpath.dirname(path) or "."
        return "PyTorch", f"torch.distributed.checkpoint.load(state, checkpoint_id={folder!r})"
    for package, loader, spelled in _BY_PACKAGE:
        if first and root == package:
            return loader, spelled.format(path, first.qualified)
    if name.endswith((".pdparams", ".pdopt")):
        return "PaddlePaddle", f"paddle.load({path!r})"
    if root in _FITTED or name.endswith((".pkl.z", ".pkl.gz")):
        return "joblib", f"joblib.load({path!r})"
    return _PLAIN, f"{_PLAIN}.load(open({path!r}, 'rb'))"


def trained(path: str, program: PickleProgram) -> tuple[str, str] | None:
    """(loader, call) of a program that takes a whole PyTorch checkpoint by itself, if this is one of its own."""
    if "ultralytics" in program.packages:
        return "ultralytics", f"YOLO({path!r})"
    if "fastai" in program.packages:
        return "fastai", f"fastai.learner.load_learner({path!r})"
    return None
