"""The pipeline: subject, facts, measurements, findings, verdict, dossier; it knows no format, measure or check by name."""

from assay.pipeline.request import Request, requested
from assay.pipeline.steps import audited, examined

__all__ = ["Request", "audited", "examined", "requested"]
