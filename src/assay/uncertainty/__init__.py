"""Estimate when a model is wrong: `assay.uncertainty.score(runtime, prompt, text)`, token by token.

>>> from assay import uncertainty                      # doctest: +SKIP
>>> model = uncertainty.open("SmolLM2.gguf")           # doctest: +SKIP
>>> found = uncertainty.score(model, "The capital of France is", " Berlin.")  # doctest: +SKIP
"""

from assay.uncertainty.scoring import Draw, generated, open, score, written
from assay.uncertainty.support import Against, against

__all__ = ["Against", "Draw", "against", "generated", "open", "score", "written"]
