"""Files as the real libraries write them: every family in a folder of its own, each model below its kind.

    python -m benchmarks.genuine DIR [FAMILY ...]

Run it with an interpreter that has the libraries; a family whose library is absent is left out, and said. Nothing here
is hostile. Below a family's folder, `weights` holds files of values and no objects (they have to pass), `objects` what
rebuilds objects of libraries or runs as a graph, `code` what carries code. One child of these is one model.
"""

from __future__ import annotations

# family -> where it is made; each needs its own libraries
FAMILIES = {
    "torch": ("torch_", "torch_files"),
    "checkpoint": ("trained", "checkpoint_files"),
    "distributed": ("trained", "distributed_files"),
    "trainer": ("trained", "trainer_files"),
    "lightning": ("trained", "lightning_files"),
    "omegaconf": ("trained", "omegaconf_files"),
    "yolo": ("trained", "yolo_files"),
    "timm": ("trained", "timm_files"),
    "fastai": ("trained", "fastai_files"),
    "setfit": ("trained", "sentence_files"),
    "module": ("trained", "module_files"),
    "numpy": ("tables", "numpy_files"),
    "pandas": ("tables", "pandas_files"),
    "sklearn": ("tables", "sklearn_files"),
    "estimators": ("tables", "estimator_files"),
    "pipelines": ("tables", "pipeline_files"),
    "imbalanced": ("tables", "imbalanced_files"),
    "boosting": ("tables", "boosting_files"),
    "catboost": ("tables", "catboost_files"),
    "around": ("tables", "around_files"),
    "skops": ("tables", "skops_files"),
    "cloudpickle": ("tables", "cloudpickle_files"),
    "gensim": ("texts", "gensim_files"),
    "spacy": ("texts", "spacy_files"),
    "nltk": ("texts", "nltk_files"),
    "sentencepiece": ("texts", "sentencepiece_files"),
    "transformers": ("texts", "transformers_files"),
    "templates": ("texts", "template_files"),
    "keras": ("graphs", "keras_files"),
    "onnx": ("graphs", "onnx_files"),
    "safetensors": ("graphs", "safetensors_files"),
    "flax": ("graphs", "flax_files"),
    "archives": ("graphs", "archive_files"),
}
