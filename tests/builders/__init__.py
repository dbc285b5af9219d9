"""Build model files of every format, sound and hostile, from a few words."""

from __future__ import annotations

from tests.builders.gguf import gguf, gguf_field, gguf_model
from tests.builders.hub import hub_model
from tests.builders.pickles import calls, torch_legacy, torch_zip
from tests.builders.safetensors import safetensors

__all__ = ["calls", "gguf", "gguf_field", "gguf_model", "hub_model", "safetensors", "torch_legacy", "torch_zip"]
