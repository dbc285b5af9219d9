"""An audit from subject to dossier: facts, measurements, findings, verdict.

Nothing in this folder knows a format, a measure or a check by name.
"""

from assay.pipeline.request import Request, requested
from assay.pipeline.steps import audited, concluded, examined, gathered, isolated, passed, read_in_full, settled

__all__ = [
    "Request",
    "audited",
    "concluded",
    "examined",
    "gathered",
    "isolated",
    "passed",
    "read_in_full",
    "requested",
    "settled",
]
