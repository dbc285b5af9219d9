"""Audit open language models: what they are, what they would run, where they come from."""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost half of `assay --help`
if TYPE_CHECKING:
    from assay.version import VERSION

    __version__ = VERSION
    from assay.api import audit as audit
    from assay.api import check as check
    from assay.api import diff as diff
    from assay.api import fingerprint as fingerprint
    from assay.facts.dossier import Dossier as Dossier

__all__ = ["Dossier", "__version__", "audit", "check", "diff", "fingerprint"]


def __getattr__(name: str) -> object:
    """Import the public names when they are first used, so that importing assay costs nothing (PEP 562)."""
    if name == "__version__":
        from assay.version import VERSION

        return VERSION
    if name in ("audit", "check", "diff", "fingerprint"):
        from assay import api

        return getattr(api, name)
    if name == "Dossier":
        from assay.facts.dossier import Dossier

        return Dossier
    raise AttributeError(f"module 'assay' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
