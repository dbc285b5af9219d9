"""Ask a model under audit a set of questions: `assay audit MODEL --run`."""

from __future__ import annotations

from pathlib import Path

from assay import uncertainty
from assay.errors import InputError, UsageError
from assay.facts.calibration import Calibration, NotRun
from assay.lazy import dataclass
from assay.progress import Progress
from assay.uncertainty import Draw, calibration, questions
from assay.uncertainty.questions import QuestionSet


@dataclass(frozen=True, slots=True)
class Asking:
    """What to ask, and how: labelled questions, samples beside each answer, the file in which answers are kept."""

    pack: QuestionSet
    draw: Draw = Draw()
    keep: Path | None = None
    key_in_clear: bool = False

    def asked(
        self,
        model: str,
        *,
        isolation: bool = True,
        offline: bool = False,
        progress: Progress | None = None,
    ) -> Calibration | NotRun:
        """Run the model on every question; where it cannot be run, why."""
        try:
            runtime = uncertainty.open(model, isolation=isolation, offline=offline, key_in_clear=self.key_in_clear)
            rows = calibration.asked(runtime, self.pack, self.keep, progress, self.draw)
            return calibration.calibration(runtime, self.pack, rows, draw=self.draw, by_topic=True)
        except (UsageError, InputError) as cause:
            return NotRun(str(cause))


def asking(
    paths: tuple[Path, ...] = (),
    most: int = 0,
    draw: Draw = Draw(),
    keep: Path | None = None,
    *,
    key_in_clear: bool = False,
) -> Asking:
    """The questions in these files, or assay's own where there are none; at most `most` of them, if that is not 0.

    Raises UsageError: a file is no pack.
    """
    return Asking(questions.load(paths or (questions.GENERAL,), most), draw, keep, key_in_clear)
