"""A package outside assay brings a measure, a check and a section, and they come out in every format."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.render import names
from tests.builders import hub_model

DOCS = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"


def module() -> str:
    """The module that the documentation shows."""
    found = re.search(r"```python\n(# acme_taste.py\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine on which the package acme-taste 1.2 is installed."""
    folder = tmp_path / "site"
    installed = folder / "acme_taste-1.2.dist-info"
    installed.mkdir(parents=True)
    (folder / "acme_taste.py").write_text(module())
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-taste\nVersion: 1.2\n")
    (installed / "entry_points.txt").write_text("[assay.plugins]\ntaste = acme_taste\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def assay(site: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *args]
    return subprocess.run(command, env=site, capture_output=True, text=True, timeout=120)


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(hub_model(tmp_path / "m"))


def test_what_it_brings_comes_out_in_every_format(site: dict[str, str], model: str, tmp_path: Path) -> None:
    outputs = [part for name in names() for part in ("-o", f"{name}={tmp_path / name}")]
    done = assay(site, "audit", model, "--plugin", "taste", *outputs)
    assert done.returncode == 0, done.stderr
    for name in names():
        written = (tmp_path / name).read_text()
        if name not in ("cyclonedx", "cyclonedx17", "spdx"):  # bills of materials carry no findings
            assert "taste.sweet" in written and "7 spoons of sugar" in written, name
        if name in ("text", "markdown", "html", "json", "sarif", "junit"):
            assert ("tasted: 7 spoons of sugar" in written) == (name != "json"), name
    dossier = json.loads((tmp_path / "json").read_text())
    assert dossier["plugins"] == [{"name": "taste", "version": "1.2"}]
    (section,) = [row for row in dossier["sections"] if row["id"] == "taste"]
    assert section == {"id": "taste", "schema": "assay-taste/1", "value": {"artifact": "config.json", "sugar": 7}}


def test_it_takes_no_part_unless_it_is_named(site: dict[str, str], model: str) -> None:
    done = assay(site, "audit", model, "-o", "json=-")
    dossier = json.loads(done.stdout)
    assert dossier["plugins"] == [] and "taste" not in done.stdout


def test_a_report_shows_its_section_if_it_is_named_again(site: dict[str, str], model: str, tmp_path: Path) -> None:
    assay(site, "audit", model, "--plugin", "taste", "-o", f"json={tmp_path / 'd.json'}")
    shown = assay(site, "report", str(tmp_path / "d.json"), "--plugin", "taste")
    assert shown.returncode == 0 and "tasted: 7 spoons of sugar" in shown.stdout
    without = assay(site, "report", str(tmp_path / "d.json"))
    assert without.returncode == 0 and "tasted" not in without.stdout
    assert "section taste (schema assay-taste/1: nothing that is installed and named reads it)" in " ".join(
        without.stdout.split()
    )


def test_no_dossier_causes_a_plugin_to_be_loaded(site: dict[str, str], model: str, tmp_path: Path) -> None:
    """Whoever hands over a dossier names plugins in it; only who reads it says which are to take part."""
    dossier, plugin = str(tmp_path / "d.json"), tmp_path / "site" / "acme_taste.py"
    assay(site, "audit", model, "--plugin", "taste", "-o", f"json={dossier}")
    plugin.write_text(f"open({str(tmp_path / 'loaded')!r}, 'w')\n{plugin.read_text()}")
    for command in (("report", dossier), ("compare", dossier, dossier), ("verify", dossier, model)):
        assert assay(site, *command).returncode in (0, 1, 3), command
    assert not (tmp_path / "loaded").exists()
    assay(site, "report", dossier, "--plugin", "taste")
    assert (tmp_path / "loaded").exists()


def test_its_check_is_one_that_a_policy_can_name(site: dict[str, str], model: str, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text('schema = "assay-policy/1"\nname = "p"\n[block]\nreview = ["taste.*"]\n')
    assert assay(site, "audit", model, "--plugin", "taste", "--policy", str(policy), "-q").returncode == 1
    assert assay(site, "audit", model, "--policy", str(policy), "-q").returncode == 2


def test_a_plugin_that_is_not_there_is_one_sentence(site: dict[str, str], model: str) -> None:
    done = assay(site, "audit", model, "--plugin", "tase")
    assert done.returncode == 2 and "no plugin 'tase' is installed; did you mean 'taste'?" in done.stderr
