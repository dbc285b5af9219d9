"""An audit as the worker of the page does it, run here: the same dossier as the command line's, whatever happens."""

from __future__ import annotations

import array
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier, Verdict
from assay.web import tab
from assay.web.tab import Bytes, Read
from tests.builders import calls, gguf_model, hub_model
from tests.builders.command import run
from tests.conftest import messages


class Typed:
    """What a typed array of JavaScript is in Python."""

    def __init__(self, raw: bytes) -> None:
        self._raw = array.array("B", raw)

    def to_bytes(self) -> bytes:
        return self._raw.tobytes()

    def assign_to(self, to: memoryview) -> None:
        to[:] = memoryview(self._raw)


def reads(path: Path) -> Read:
    def read(at: int, count: int) -> Bytes | None:
        try:
            with path.open("rb") as file:
                file.seek(at)
                return Typed(file.read(count))
        except OSError:
            return None

    return read


def listed(model: Path) -> Iterator[tuple[str, int, Read]]:
    for path in sorted(model.rglob("*")):
        if path.is_file():
            yield path.relative_to(model).as_posix(), path.stat().st_size, reads(path)


def in_a_tab(model: Path, **options: object) -> Dossier:
    return tab.audited(tab.walk(model.name, listed(model)), **options)


def elsewhere(dossier: Dossier) -> bytes:
    return canonical(replace(dossier, isolation=()))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    files = {
        "tiny.gguf": gguf_model(),
        "modeling_x.py": "import os\nos.system('x')\n",
        "model.pkl": calls("os", "system", "echo inert"),
        ".git/HEAD": "ref: refs/heads/main\n",
        ".gitignore": "*.tmp\n",
        "odd é\\x41.txt": "words",
        "empty.json": b"",
    }
    return hub_model(tmp_path / "tiny", **files)


@pytest.mark.parametrize("options", [{}, {"policy": "strict"}, {"most": 500}], ids=["default", "strict", "most"])
def test_the_dossier_is_that_of_the_command_line(model: Path, options: dict[str, object]) -> None:
    policy, most = str(options.get("policy", "default")), options.get("most")
    here = assay.audit(model, cost="header", policy=policy, max_bytes=most)  # type: ignore[arg-type]
    found = in_a_tab(model, cost="header", **options)
    assert found.isolation == ("browser tab",) and found.decision.verdict is Verdict.FAILED
    assert elsewhere(found) == elsewhere(here)


def test_every_report_is_the_bytes_of_the_command_line(model: Path, tmp_path: Path) -> None:
    found = in_a_tab(model)
    (tmp_path / "saved.json").write_bytes(tab.report(found, "json"))
    for format, title, ending in tab.formats():
        done = run("report", str(tmp_path / "saved.json"), "-o", f"{format}={tmp_path / format}{ending}")
        assert done.returncode == 0 and title, done.stderr
        assert (tmp_path / f"{format}{ending}").read_bytes() == tab.report(found, format), format
    assert "browser tab" in tab.report(found, "text").decode()
    assert tab.headline(found)[0] == "FAILED" and "Do not load it" in tab.headline(found)[1]


def test_a_file_that_changes_is_told_and_not_passed_over(model: Path) -> None:
    rows = list(listed(model))
    (model / "tiny.gguf").unlink()
    found = tab.audited(tab.walk("tiny", rows))
    (row,) = [row for row in found.obstacles if row.artifact == "tiny.gguf"]
    assert row.reason == "it changed since it was chosen, or can no longer be read: choose it again"
    assert messages(found, "artifact.changed")


def test_digests_that_others_make_meanwhile_are_taken(model: Path) -> None:
    asked: list[str] = []

    def elsewhere(paths: tuple[str, ...]) -> list[str]:
        asked.extend(paths)
        return ["tiny.gguf", "model.pkl"]  # one with values, which are read here, and one without

    begun = tab.Audit(tab.walk("tiny", listed(model)), elsewhere=elsewhere)
    made = [(path, hashlib.sha256((model / path).read_bytes()).hexdigest()) for path in ("tiny.gguf", "model.pkl")]
    assert canonical(begun.concluded(made)) == canonical(in_a_tab(model))
    assert {"tiny.gguf", "model.pkl", "config.json"} <= set(asked)
    lost = tab.Audit(tab.walk("tiny", listed(model)), elsewhere=elsewhere).concluded([made[0], ("model.pkl", "")])
    (row,) = [row for row in lost.obstacles if row.artifact == "model.pkl"]
    assert row.reason == "it changed since it was chosen, or can no longer be read: choose it again"


def test_a_file_that_the_browser_does_not_open_is_told(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "tiny")
    found = tab.audited(tab.walk("tiny", listed(model), [("more/weights.bin", "NotReadableError")]))
    assert found.decision.verdict is Verdict.INCOMPLETE
    (message,) = messages(found, "artifact.unreachable")
    assert "more/weights.bin" in message and "the browser cannot open it (NotReadableError)" in message


def test_of_two_files_with_one_name_the_second_is_told_and_not_passed_over(tmp_path: Path) -> None:
    one, two = hub_model(tmp_path / "one"), tmp_path / "two" / "helper.py"
    (one / "helper.py").write_text("A = 1\n")
    two.parent.mkdir()
    two.write_text("import os\nos.system('x')\n")
    rows = [*listed(one), ("helper.py", two.stat().st_size, reads(two))]
    found = tab.audited(tab.walk("dropped", rows))
    assert found.decision.verdict is Verdict.INCOMPLETE
    (message,) = messages(found, "artifact.unreachable")
    assert "helper.py" in message and "only the first was read" in message


def test_progress_is_told(model: Path) -> None:
    told: list[tuple[int, int]] = []
    in_a_tab(model, progress=lambda label, done, total, unit: told.append((done, total)))
    assert told and told[-1][0] == told[-1][1]


def test_nothing_is_no_model() -> None:
    with pytest.raises(UsageError, match="there are no files in it"):
        tab.walk("empty", [])


def test_what_is_imported_beforehand_is_an_audit() -> None:
    tab.warm()
