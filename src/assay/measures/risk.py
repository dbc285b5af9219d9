"""How often the model is wrong: it is run on labelled questions, and its scores are calibrated by them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.calibration import Calibration, NotRun
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Calibration | NotRun]:
    """The calibration, or why the model could not be run."""
    asked = material.request
    if asked.run is not None:
        yield asked.run.asked(
            asked.model if material.walk.closed else material.walk.reference or asked.model,
            isolation=asked.isolation,
            offline=asked.offline,
            progress=material.progress,
        )


MEASURE = Measure("risk", (), ("Calibration", "NotRun"), Cost.RUNTIME, run, given="run", reported=True)
