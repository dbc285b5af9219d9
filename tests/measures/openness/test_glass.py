"""The example as a user makes it, with few steps and questions: everything that belongs to an open release is there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import Support
from tests.builders.glass import GLASS, script
from tests.conftest import of


def test_the_sentence_that_its_readme_traces_is_in_a_document(tmp_path: Path) -> None:
    script("prepare").made(tmp_path)
    (sentence,) = re.findall(r'assay trace "([^"]+)"', (GLASS / "README.md").read_text("utf-8"))
    assert sentence in (tmp_path / "train.jsonl").read_text("utf-8")


def test_glass_is_open_in_every_component_that_a_class_asks_for(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tmp_path / "glass"
    done = subprocess.run(
        [sys.executable, GLASS / "make.py", folder, "--steps", "20", "--every", "8", "--questions", "60"],
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = audit(folder)
    assert not of(found, "licence.conflict", Kind.FAIL) and not of(found, "code.reaches-outside", Kind.FAIL)
    absent = [row.id for row in found.openness.components if row.support is Support.ABSENT]
    assert absent == ["sample_outputs"]
    assert not any(
        "@" in (folder / name).read_text().replace("@dataclass", "")
        for name in ("README.md", "technical_report.md", "paper.tex")
    )
