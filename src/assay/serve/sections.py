"""What the workbench answers about a section of a kept audit, out of its dossier: openness, and behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.facts.behaviour import Behaviour
from assay.facts.codec import canonical
from assay.facts.kept import KeptAudit
from assay.network.serving import Refusal
from assay.registry import Registry
from assay.render.record import behaviour_page, openness_page, workbench
from assay.serve.answers import HTML, JSON
from assay.serve.asked import kept, value

MODELS = 50  # names that are offered to look beside
YAML = "application/yaml"


class Sections:
    """What is answered to each request; body and type."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/audits/{digest}/openness", self.openness
        yield "/audits/{digest}/openness/{format}", self.exported
        yield "/audits/{digest}/behaviour", self.behaviour

    def openness(self, request: Any) -> tuple[bytes, str]:
        """The matrix of components, each with the line behind it, and the frameworks."""
        audit = kept(self._registry, request.path_params["digest"])
        dossier = self._registry.dossier(audit)
        return openness_page.page(dossier, workbench.of_audit(audit, None, "openness"), workbench.at(audit)), HTML

    def exported(self, request: Any) -> tuple[bytes, str]:
        """The same as `assay openness -o` writes it."""
        dossier = self._registry.dossier(kept(self._registry, request.path_params["digest"]))
        name = str(request.path_params["format"])
        if name == "json":
            return canonical(dossier.openness), JSON
        if name != "mot":
            raise Refusal(404, f"There is no format {name[:40]!r}: expected one of {', '.join(openness_page.EXPORTS)}.")
        from assay.measures.openness.mot import written

        return written(dossier.openness, dossier.subject.name), YAML

    def behaviour(self, request: Any) -> tuple[bytes, str]:
        """A picture for each probe, beside those of the audit that `beside` names."""
        audit, other = kept(self._registry, request.path_params["digest"]), value(request, "beside")
        beside = self._beside(other) if other else None
        models = sorted({row.name for row in self._registry.audits(most=MODELS)} - {audit.name})
        return behaviour_page.multiples(audit, self._probed(audit), beside, other, models), HTML

    def _beside(self, which: str) -> tuple[KeptAudit, Behaviour | None]:
        audit = kept(self._registry, which)
        return audit, self._probed(audit)

    def _probed(self, audit: KeptAudit) -> Behaviour | None:
        found: Behaviour | None = self._registry.dossier(audit).section("behaviour")
        return found
