"""One token of an answer looked into from a page, on the real model."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("torch")

from assay import registry
from assay.serve.asking import Asking
from tests.builders.workbench import workbench
from tests.serve.conftest import HOSTILE, TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}


def test_a_token_of_an_answer_is_looked_into(smollm2_runtime: Any, tmp_path: Path) -> None:
    with registry.open(str(tmp_path / "kept"), new=True):
        pass
    asking = Asking((smollm2_runtime,))
    with workbench(str(tmp_path / "kept"), TOKEN, asking=asking) as bench:
        question = {"question": f"What is the capital of France? {HOSTILE}", "most": "4"}
        where = bench.send("/ask", urlencode(question).encode(), FORM).headers["location"]
        while "data-live" in bench.ask(where, **BEARER).text:
            time.sleep(0.1)
        answer = json.loads(bench.ask(f"{where}/json", **BEARER).text)
        page = bench.ask(f"{where}/inside/2", **BEARER)
        assert page.status == 200 and "Proved on this model" in page.text and "What can be read" in page.text
        assert HOSTILE not in page.text and f'href="{where}/inside/3"' in page.text and "?whole=true" in page.text
        record = json.loads(bench.ask(f"{where}/inside/2/json", **BEARER).text)
        assert record["token"] == 2 and "ablation" not in record  # null: nothing was replaced
        assert record["answer"] == [row["text"] for row in answer["tokens"]]
        assert record["logprob"] == pytest.approx(answer["tokens"][1]["logprob"], abs=1e-3)
    asking.close()
