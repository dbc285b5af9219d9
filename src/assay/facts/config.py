"""What a model says about its own construction and use."""

from __future__ import annotations

import posixpath

from assay.lazy import dataclass

ANY = "a loader that follows it"  # who takes a file of code that some entry names
TRUST = "a loader that reads it"  # who allows code of another repository because a file says so
RAG = "transformers (RAG)"  # who fetches an index and unpickles it


@dataclass(frozen=True, slots=True)
class CodeReference:
    """A config entry that makes a loader import code: its key, and what it names.

    `target` is the text as written, `module` the file it resolves to inside the model (`modeling_x.py`),
    `repository` the other repository it names, if it names one (`org/name--module.Class`), and `loader` who follows it.
    """

    artifact: str
    pointer: str
    target: str
    module: str
    repository: str | None
    loader: str

    @property
    def path(self) -> str:
        """The file inside the model that it names, from the folder of the file that names it."""
        outer, separator, inner = self.artifact.rpartition(" > ")
        return f"{outer}{separator}{posixpath.normpath(posixpath.join(posixpath.dirname(inner), self.module))}"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The architecture as declared, from a `config.json` or from GGUF metadata; None where not stated.

    `naming` says which convention the tensor names follow: "hub" (model.layers.0...) or "gguf" (blk.0...).
    """

    artifact: str
    naming: str
    family: str
    architectures: tuple[str, ...] = ()
    hidden_size: int | None = None
    layers: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_size: int | None = None
    intermediate_size: int | None = None
    vocabulary_size: int | None = None
    context_length: int | None = None
    tied_embeddings: bool | None = None
    attention_bias: bool | None = None
    dtype: str | None = None
    quantization: str | None = None
    origin: str | None = None


Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class ConfigValues:
    """Every value of a `config.json` under its path, parts joined by dots (`text_config.hidden_size`); lists whole.

    Texts of more than 256 characters are left out, and null; so are lists of anything but scalars and what is beyond
    the bounds of the reader: of these `cut` has the paths, or that of a part they are in.
    """

    artifact: str
    entries: tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...]
    cut: tuple[str, ...] = ()

    def get(self, key: str) -> Scalar | tuple[Scalar, ...] | None:
        """The value at this path; None where none is stated."""
        return next((value for name, value in self.entries if name == key), None)

    def left_out(self, *keys: str) -> tuple[str, ...]:
        """Those of these top-level keys of which something is stated and was not kept."""
        tops = {path.partition(".")[0] for path in self.cut}
        return tuple(key for key in keys if key in tops)

    def integer(self, key: str) -> int | None:
        """The value at this path if it is an integer (a bool is not)."""
        value = self.get(key)
        return value if type(value) is int else None


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """The sampling settings that ship with the model; None where not stated."""

    artifact: str
    sampling: bool | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    repetition_penalty: float | None
    max_new_tokens: int | None


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """A PEFT adapter: what kind, and the base model it must be applied to."""

    artifact: str
    kind: str
    base_model: str | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class PreprocessorConfig:
    """The processor classes that a multimodal model names."""

    artifact: str
    classes: tuple[str, ...]
