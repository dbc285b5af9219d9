"""`assay web build`: where its Python comes from, what it refuses, and what it writes."""

from __future__ import annotations

import gzip
import hashlib
import html
import io
import json
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from assay.subject import given
from assay.web import packing, tab
from assay.web.runtime import FILES, PACKAGE
from assay.web.site import carried
from tests.builders.command import run


def test_offline_it_says_where_to_get_pyodide(tmp_path: Path) -> None:
    done = run("web", "build", str(tmp_path / "site"), "--offline")
    assert done.returncode == 2 and f"npm pack {PACKAGE}" in done.stderr and not (tmp_path / "site").exists()


def test_another_pyodide_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in FILES:
        (other / name).write_bytes(b"something else")
    done = run("web", "build", str(tmp_path / "site"), "--pyodide", str(other))
    assert done.returncode == 2 and f"is not that of {PACKAGE}" in done.stderr
    (other / "pyodide.mjs").unlink()
    done = run("web", "build", str(tmp_path / "site"), "--pyodide", str(other))
    assert done.returncode == 2 and "cannot read Pyodide from" in done.stderr and "pyodide.mjs" in done.stderr


def test_another_package_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pyodide.tgz", "w:gz") as package:
        package.addfile(tarfile.TarInfo("package/pyodide.mjs"), io.BytesIO())
    done = run("web", "build", str(tmp_path / "site"), "--pyodide", str(tmp_path / "pyodide.tgz"))
    assert done.returncode == 2 and f"is not {PACKAGE} as it was published" in done.stderr


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for folder, words in ((tmp_path, "holds other files"), (tmp_path / "letter.txt", "is a file")):
        done = run("web", "build", str(folder), "--offline")
        assert done.returncode == 2 and words in done.stderr


def test_kernels_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "k.wasm").write_bytes(b"\x7fELF")
    done = run("web", "build", str(tmp_path / "site"), "--kernels", str(tmp_path / "k.wasm"), "--offline")
    assert done.returncode == 2 and "is no WebAssembly" in done.stderr


def test_without_kernels_or_node_it_says_what_is_less(pyodide: Path, tmp_path: Path) -> None:
    done = run("web", "build", str(tmp_path / "site"), "--pyodide", str(pyodide), PATH=str(tmp_path))
    assert done.returncode == 0 and "values of weights are not read there" in done.stdout
    assert "Node is not installed here" in done.stdout
    assert "This site was built without kernels" in (tmp_path / "site" / "index.html").read_text()


def test_the_site_is_listed_and_the_same_each_time(site: Path, pyodide: Path, kernels: Path) -> None:
    listed = json.loads((site / "site.json").read_bytes())["files"]
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    assert set(files) == {*listed, "site.json"}
    assert all(hashlib.sha256(files[path].read_bytes()).hexdigest() == digest for path, digest in listed.items())
    done = run("web", "build", str(site), "--pyodide", str(pyodide))
    assert done.returncode == 2 and "--replace" in done.stderr
    before = (site / "site.json").read_bytes()
    given = ("--pyodide", str(pyodide), "--kernels", str(kernels), "--offline")
    done = run("web", "build", str(site), *given, "--replace")
    assert done.returncode == 0 and (site / "site.json").read_bytes() == before
    assert f"wrote {len(files)} files" in done.stdout


def test_its_policy_lets_a_report_have_its_style_and_script(site: Path) -> None:
    page = (site / "index.html").read_text()
    report = tab.report(tab.audited(given({"words.dat": io.BytesIO(b"words")}, "words")), "html").decode()
    for directive in ("style-src", "script-src"):
        own, shown = (re.search(f"{directive} [^;]*", html.unescape(text)) for text in (report, page))
        assert own and shown and set(re.findall("'sha256-[^']+'", own[0])) <= set(shown[0].split()), directive


def opened(site: Path, name: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(gzip.decompress((site / f"{name}.packed").read_bytes())))


def test_it_carries_no_code_of_this_platform_and_the_licences(site: Path) -> None:
    names = opened(site, "assay.zip").namelist()
    assert {"assay/web/tab.py", "assay/licence/licences.bin", "yaml/__init__.py", "markupsafe/__init__.py"} <= set(
        names
    )
    assert not [name for name in names if name.endswith((".so", "311.pyc")) or name.startswith("assay/cli/")]
    for package in ("boolean.py", "jinja2", "license-expression", "markupsafe", "pyyaml"):
        assert any(name.startswith(f"licences/{package}/") for name in names)
    assert "MPL-2.0" in (site / "notice.txt").read_text()


def test_what_an_audit_begins_with_is_compiled_where_node_is_here(site: Path) -> None:
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    own, library = opened(site, "assay.zip"), opened(site, "pyodide/python_stdlib.zip")
    assert own.read("assay/web/tab.py") == b"" and own.read("assay/web/__pycache__/tab.cpython-314.pyc")
    assert {"json/__init__.pyc", "dataclasses.pyc"} <= set(library.namelist())
    assert "json/__init__.py" not in library.namelist()


def test_nothing_that_a_tab_imports_is_left_out_of_pythons_library() -> None:
    imports = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    sources = {path: raw.decode() for path, raw in carried().items() if path.endswith(".py")}
    found = {(name, path) for path, text in sources.items() for name in imports.findall(text)}
    assert len(found) > 1000 and not [row for row in found if row[0] in packing.UNUSED]
