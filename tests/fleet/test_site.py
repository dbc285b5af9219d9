"""`assay fleet site`: pages that link to each other and to nothing else, whatever models are called."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay import registry
from assay.facts.dossier import Dossier
from assay.fleet.site import MOST_HISTORY, written
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.pickles import calls

NAMES = ("tiny", "<script>alert(1)</script>", "../../etc/passwd", "a\u202eb\n", "Tiny", "org/name", "")
LINKS = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of models with names of all kinds, one of which got worse."""
    root = tmp_path_factory.mktemp("site")
    model = hub_model(root / "tiny")
    good = assay.audit(model)
    (model / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    bad = assay.audit(model)
    with registry.open(str(root / "kept"), new=True) as kept:
        for name in NAMES:
            kept.keep(named(good, name), by="one")
        kept.keep(named(bad, "tiny"), by="two")
    done = run("fleet", "site", str(root / "public"), "--registry", str(root / "kept"), "--reports")
    assert done.returncode == 0 and done.stdout.startswith("WORSE  1 worse, 6 new. "), done
    return root / "public"


def named(dossier: Dossier, name: str) -> Dossier:
    return replace(dossier, subject=replace(dossier.subject, name=name))


def test_there_is_a_page_for_each_model_and_every_link_leads_to_one(site: Path) -> None:
    assert len(list((site / "models").iterdir())) == len(list((site / "reports").iterdir())) == len(NAMES)
    for page in [site / "index.html", *(site / "models").iterdir()]:
        links = [link for link in LINKS.findall(page.read_text()) if not link.startswith(("#", "data:"))]
        assert links
        for link in links:
            assert "://" not in link and (page.parent / link).resolve().is_file(), link
            assert (page.parent / link).resolve().is_relative_to(site)


def test_names_are_text(site: Path) -> None:
    index = (site / "index.html").read_text()
    assert "<script>alert" not in index and "&lt;script&gt;alert(1)" in index and "\u202e" not in index


def test_what_got_worse_stands_first_with_why(site: Path) -> None:
    index = (site / "index.html").read_text()
    assert index.index("not there -&gt; fail  pickle.reaches-outside") < index.index('id="models"')
    (page,) = [
        path for path in (site / "models").iterdir() if "The verdict went from PASSED to FAILED." in path.read_text()
    ]
    text = page.read_text()
    assert page.name.startswith("tiny-") and "<code>pytorch_model.bin</code>" in text and "The whole report" in text


def test_a_model_that_passed_is_not_green_over_something_to_decide(site: Path) -> None:
    index = (site / "index.html").read_text()
    rows = re.findall(r'<svg class="icon (\w+)".*?</svg> PASSED</td>\s*<td[^>]*>([^<]*)</td>', index)
    assert len(rows) == len(NAMES) - 1
    assert {look for look, _ in rows} == {"decide"}
    assert all("to decide" in said for _, said in rows)


def test_a_site_of_no_model_is_not_green(tmp_path: Path) -> None:
    with registry.open(str(tmp_path / "kept"), new=True) as kept:
        written(kept, tmp_path / "site")
    index = (tmp_path / "site" / "index.html").read_text()
    assert "No kept audit fits." in index and "PASSED" not in index.partition("<body")[2]


def test_audits_that_are_not_shown_are_counted(tmp_path: Path) -> None:
    dossier = assay.audit(hub_model(tmp_path / "tiny"))
    with registry.open(str(tmp_path / "kept"), new=True) as kept:
        for number in range(MOST_HISTORY + 2):
            kept.keep(replace(dossier, subject=replace(dossier.subject, files_sha256=f"{number:064}")))
        written(kept, tmp_path / "public")
    (page,) = (tmp_path / "public" / "models").iterdir()
    text = page.read_text()
    assert "and 2 earlier ones: <code>assay history</code>" in text
    assert text.count(f"<code>{0:012}</code>") == MOST_HISTORY


def test_a_date_that_is_none_and_a_registry_that_is_not_there(tmp_path: Path) -> None:
    done = run("fleet", "site", str(tmp_path / "x"), "--registry", str(tmp_path / "none"))
    assert done.returncode == 2 and "no audits are kept in" in done.stderr and not (tmp_path / "x").exists()
    done = run("fleet", "site", str(tmp_path / "x"), "--registry", str(tmp_path / "none"), "--since", "yesterday")
    assert done.returncode == 2 and "'yesterday' is no date" in done.stderr
