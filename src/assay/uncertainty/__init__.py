"""How much to trust a text, token by token: `assay.uncertainty.score(runtime, prompt, text)`.

>>> from assay import uncertainty                      # doctest: +SKIP
>>> model = uncertainty.open("SmolLM2.gguf")           # doctest: +SKIP
>>> found = uncertainty.score(model, "The capital of France is", " Berlin.")  # doctest: +SKIP
"""

from assay.uncertainty.scoring import Draw, generated, open, score
from assay.uncertainty.support import Against, against

__all__ = ["Against", "Draw", "against", "generated", "open", "score"]
