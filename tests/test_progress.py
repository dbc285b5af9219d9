"""Progress of long work: the same four values from every kind of work, and an end where one is asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import assay
from assay.errors import AssayError, Stopped, UsageError
from assay.execution.local import Local
from assay.pipeline.reading import WORTH_THREADS
from assay.progress import Steps, report
from assay.uncertainty import calibration, questions
from tests.builders import gguf_model, hub_model
from tests.builders.corpus import opened
from tests.builders.questions import capitals
from tests.builders.runtimes import scripted


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


class Watcher:
    """Keeps what it is told, and asks for an end at the step of this number."""

    def __init__(self, end_at: int = 0) -> None:
        self.told: list[tuple[str, int, int, str]] = []
        self._end_at = end_at

    def __call__(self, label: str, done: int, total: int, unit: str) -> bool:
        self.told.append((label, done, total, unit))
        return len(self.told) == self._end_at


def test_nobody_watching_is_nobody_told() -> None:
    report(None, "reading", 1, 2, "bytes")
    Steps(None, "reading", 2, "bytes").add()


def test_an_end_is_one_sentence_and_no_usage_error() -> None:
    with pytest.raises(Stopped) as ended:
        report(Watcher(1), "asking", 1200, 2000, "questions")
    assert str(ended.value) == "stopped on request while asking, after 1,200 of 2,000 questions"
    assert isinstance(ended.value, AssayError) and not isinstance(ended.value, UsageError)


def test_steps_never_exceed_their_total_and_an_end_stays_an_end() -> None:
    watcher = Watcher(2)
    steps = Steps(watcher, "reading", 10, "bytes")
    steps.add(8)
    with pytest.raises(Stopped):
        steps.add(8)
    with pytest.raises(Stopped, match="after 10 of 10 bytes"):  # another thread, which was not the one that was told
        steps.add(1)
    assert watcher.told == [("reading", 8, 10, "bytes"), ("reading", 10, 10, "bytes")]


def test_an_audit_tells_bytes_and_tensors_and_ends(tmp_path: Path) -> None:
    base, model = hub_model(tmp_path / "base"), hub_model(tmp_path / "model")
    watcher = Watcher()
    assay.audit(model, base=base, isolation=False, progress=watcher)
    size = sum(path.stat().st_size for path in model.iterdir())
    assert [row for row in watcher.told if row[0] == "reading"][-1] == ("reading", size, size, "bytes")
    tensors = [row for row in watcher.told if row[3] == "tensors"]
    assert tensors[-1][0] == "comparing" and [row[1] for row in tensors] == list(range(1, tensors[-1][2] + 1))
    with pytest.raises(Stopped, match="while reading"):
        assay.audit(model, isolation=False, progress=Watcher(1))
    with pytest.raises(Stopped, match="while comparing, after 1 of"):
        assay.audit(model, base=base, isolation=False, progress=lambda label, done, total, unit: unit == "tensors")


def test_files_that_are_read_in_several_threads_all_end(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.gguf").write_bytes(gguf_model())
        os.truncate(tmp_path / f"{name}.gguf", WORTH_THREADS // 2)  # sparse
    watcher = Watcher(1)
    with pytest.raises(Stopped):
        assay.audit(tmp_path, isolation=False, jobs=3, progress=watcher)
    assert len(watcher.told) <= 3  # of 128 blocks: at most one for each thread


def test_answers_until_the_end_are_kept(tmp_path: Path) -> None:
    pack, keep = questions.load([capitals(tmp_path / "p.jsonl")]), tmp_path / "keep.jsonl"
    with pytest.raises(Stopped, match="after 7 of 33 questions"):
        calibration.asked(scripted(pack), pack, keep, Watcher(7))
    assert len(keep.read_text().splitlines()) == 1 + 7
    again = scripted(pack)
    assert len(calibration.asked(again, pack, keep)) == 33 and again.asked == 26


def test_a_corpus_tells_bytes_and_ends(tmp_path: Path) -> None:
    from assay.corpus import building
    from assay.corpus.contamination import contamination
    from assay.corpus.verifying import defects

    (tmp_path / "d.jsonl").write_text(lines({"text": "the quick brown fox jumps over the lazy dog"}))
    watcher, folder = Watcher(), tmp_path / "index"
    building.build((str(tmp_path / "d.jsonl"),), folder, building.Options(), Local(0), progress=watcher)
    assert watcher.told[-1][::3] == ("indexing", "bytes")
    with pytest.raises(Stopped, match="while indexing"):
        building.build(
            (str(tmp_path / "d.jsonl"),), folder, building.Options(), Local(0), replace_old=True, progress=Watcher(1)
        )
    assert defects(folder) == []  # what was there before is as it was
    with pytest.raises(Stopped, match="while verifying"):
        defects(folder, Watcher(1))
    corpus = opened(tmp_path / "other", ["The quick brown fox jumps over the lazy dog."])
    (tmp_path / "b.jsonl").write_text(lines({"question": "who jumps?"}, {"question": "who is lazy?"}))
    watcher = Watcher()
    contamination(corpus, tmp_path / "b.jsonl", progress=watcher)
    assert watcher.told == [("looking", 1, 2, "items"), ("looking", 2, 2, "items")]
