"""What the workbench answers about the weights of a kept audit, out of its dossier."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markupsafe import Markup

from assay.facts.kept import KeptAudit
from assay.facts.values import TensorSummary
from assay.network.serving import Refusal
from assay.registry import Registry
from assay.render.record import weights_page, workbench
from assay.serve.answers import HTML
from assay.serve.asked import LONGEST, kept

_HELD = 4  # audits whose tensors stay in memory: those of a large model take a second to read
_DIGITS = 7  # of a number


class Weights:
    """What is answered to each request; body and type."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._read_once = lru_cache(_HELD)(self._read)

    def page(self, request: Any) -> tuple[bytes, str]:
        """The maps, and the tensors that are asked for."""
        audit = kept(self._registry, request.path_params["digest"])
        words, order, start = (str(request.query_params.get(name, ""))[:LONGEST] for name in ("q", "sort", "from"))
        if order not in weights_page.ORDERS:
            raise Refusal(
                400, f"sort is {order[:40]!r}: expected one of {', '.join(filter(None, weights_page.ORDERS))}"
            )
        if start and not (start.isascii() and start.isdecimal() and len(start) <= _DIGITS):
            raise Refusal(400, f"from is {start[:40]!r}: expected a number")
        links = workbench.of_audit(audit, None, "weights")
        tensors, drawn = self._read_once(audit)
        return weights_page.weights(audit, tensors, drawn, words, order, int(start or 0), links), HTML

    def _read(self, audit: KeptAudit) -> tuple[tuple[TensorSummary, ...], list[Markup]]:
        tensors = self._registry.dossier(audit).tensors
        return tensors, weights_page.pictures(tensors)
