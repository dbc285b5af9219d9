"""The pictures of the documentation show what the page shows today."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    return script("pictures")


def test_the_pictures_are_of_the_page_as_it_is_now(pictures: ModuleType, smollm2: Path) -> None:
    page = pictures.page(smollm2)
    for name, (part, _) in pictures.PICTURES.items():
        said = pictures.carried((DOCS / name).read_bytes())
        assert said == pictures.digest(part(page)), f"docs/{name} is old: run  python docs/pictures.py"


def test_a_picture_is_old_when_a_word_of_its_part_changes_and_not_a_number(pictures: ModuleType) -> None:
    assert pictures.digest("<p>3 to decide") == pictures.digest("<p>14 to decide")
    assert pictures.digest("<p>3 to decide") != pictures.digest("<p>3 to consider")


def test_the_digest_stands_in_a_chunk_that_a_reader_of_png_skips(pictures: ModuleType) -> None:
    png = (DOCS / "map.png").read_bytes()
    plain = pictures.with_digest(png, "ab12")
    assert pictures.carried(png) and pictures.carried(plain) == pictures.carried(png)  # the first counts
    assert plain.startswith(b"\x89PNG\r\n\x1a\n") and plain.endswith(b"IEND\xaeB`\x82")


def test_the_pictures_of_the_workbench_have_the_styles_of_now_and_are_small(
    pictures: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setitem(sys.modules, "pictures", pictures)
    drawn, guide, whole = script("workbench_pictures"), (DOCS / "workbench.md").read_text("utf-8"), 0
    for name, picture in drawn.PICTURES.items():
        png = (DOCS / "workbench" / f"{name}.png").read_bytes()
        said = f"docs/workbench/{name}.png is old: run  python docs/workbench_pictures.py"
        assert pictures.carried(png) == drawn.digest(picture), said
        assert f"](workbench/{name}.png)" in guide
        whole += len(png)
    assert whole < 1 << 20
