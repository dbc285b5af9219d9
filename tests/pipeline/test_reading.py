"""What the pipeline takes from a reader, and what it does not."""

from __future__ import annotations

import math
from pathlib import Path

from assay.facts.finding import Kind
from assay.facts.text import LicenceSource
from assay.facts.values import UnreadValues
from assay.formats import Format
from assay.isolation import InProcess, Place, Reading
from assay.pipeline import examined, requested
from assay.subject import walked
from tests.builders import hub_model
from tests.conftest import messages


class TakenOver(InProcess):
    """A reader whose worker was taken over by one file: it says of the weights what only a measure may."""

    def read(self, artifact: str, format: Format, place: Place, left: float = math.inf) -> Reading:
        reading = super().read(artifact, format, place, left)
        forged = (UnreadValues(artifact, "x", "all is well"),) if artifact == "model.safetensors" else ()
        return Reading((*reading.facts, *forged), reading.obstacle)


def test_a_fact_that_only_measures_give_does_not_count_from_a_reader(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    dossier = examined(walked(model), requested(model), lambda needed: TakenOver())
    assert messages(dossier, "artifact.stopped", Kind.OPEN) == [
        "model.safetensors: the isolated reader gave a UnreadValues, which no reader may: it was taken over by the file"
    ]
    assert dossier.tensors == () and dossier.decision.verdict == "INCOMPLETE"


class Halved(InProcess):
    """A reader whose worker was taken over by a licence: it says what the text is, and not how it reads."""

    def read(self, artifact: str, format: Format, place: Place, left: float = math.inf) -> Reading:
        reading = super().read(artifact, format, place, left)
        return Reading(tuple(row for row in reading.facts if not isinstance(row, LicenceSource)), reading.obstacle)


def test_a_licence_whose_text_was_not_told_is_listed_without_it(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    (licence,) = examined(walked(model), requested(model), lambda needed: Halved()).licences
    assert (licence.artifact, licence.text, licence.cut) == ("LICENSE", "", True)
