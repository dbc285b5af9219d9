"""Look into a model while it answers: `assay.inside.open(model).look(user="...")`, view by view, each proved first.

>>> from assay import inside                           # doctest: +SKIP
>>> model = inside.open("SmolLM2.gguf")                # doctest: +SKIP
>>> found = model.look(user="What is the capital of France?")  # doctest: +SKIP
>>> found.record.lens[-1].rank, found.tensors["stream"]  # doctest: +SKIP
"""

from assay.inside.looking import Asked, Opened, Seen, open

__all__ = ["Asked", "Opened", "Seen", "open"]
