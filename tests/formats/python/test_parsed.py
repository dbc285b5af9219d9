"""How much of a Python file is followed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

import assay
from assay.facts.finding import Kind
from tests.builders import calls
from tests.conftest import messages

LIMIT = "Python source with more in it than assay follows (at most 500,000 words and signs; this has more)"


def notebook(code: str) -> bytes:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": code,
        "outputs": [],
        "metadata": {},
        "execution_count": None,
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


@pytest.mark.parametrize("name", ["modeling_x.py", "a.ipynb"])
def test_code_that_is_too_dense_for_its_tree_is_a_limit_of_its_own(tmp_path: Path, name: str) -> None:
    code = "a;" * 250_001
    (tmp_path / name).write_bytes(notebook(code) if name.endswith("ipynb") else code.encode())
    found = assay.audit(tmp_path)
    (said,) = messages(found, "artifact.stopped", Kind.OPEN)
    assert LIMIT in said
    assert not messages(found, "code.remote", Kind.PASS)


def test_what_lies_in_the_text_of_such_code_is_found(tmp_path: Path) -> None:
    text = base64.b64encode(calls("os", "system", "id"))
    (tmp_path / "modeling_x.py").write_bytes(b"a;" * 250_001 + b"\nX = '" + text + b"'\n")
    assert messages(assay.audit(tmp_path), "pickle.reaches-outside", Kind.FAIL)


def test_a_long_file_of_ordinary_code_is_followed(tmp_path: Path) -> None:
    line = b"result = some_function(first_argument, second_argument)  # some words about what it does and why\n"
    (tmp_path / "modeling_x.py").write_bytes(line * 15_000 + b"import os\nos.system('id')\n")  # 1.5 MB
    found = assay.audit(tmp_path)
    assert not found.obstacles
    assert any("os.system" in str(row.evidence) for row in found.findings if row.check.startswith("code."))
