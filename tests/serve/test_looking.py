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
from assay.runtime.opening import torch_runtime
from assay.serve.asking import Asking
from tests.builders.decoders import decoder
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
        said = bench.ask(f"/api/v1{where.replace('/ask', '/answers')}/tokens/2", **BEARER).text
        assert json.loads(said)["inside"] == record
    asking.close()


def test_values_are_replaced_too_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a small network of the same kind, as the real one takes half a minute."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with registry.open(str(tmp_path / "kept"), new=True):
        pass
    asking = Asking((torch_runtime(decoder(tmp_path / "llama", "llama"), isolation=False),))
    with workbench(str(tmp_path / "kept"), TOKEN, asking=asking) as bench:
        for number, question in enumerate(("~", "When?", "Where?"), 1):  # a random network may write half a character
            bench.send("/ask", urlencode({"question": question, "most": "2"}).encode(), FORM)
            while "data-live" in bench.ask(f"/ask/{number}", **BEARER).text:
                time.sleep(0.02)
            whole = bench.ask(f"/ask/{number}/inside/1?whole=true", **BEARER)
            if whole.status == 200:
                break
        assert whole.status == 200 and "What it hung on" in whole.text and "Replace values too" not in whole.text
        record = json.loads(bench.ask(f"/ask/{number}/inside/1/json?whole=true", **BEARER).text)
        assert record["ablation"]["parts"] and {row["view"] for row in record["proofs"]} >= {"ablation"}
        quick = json.loads(bench.ask(f"/ask/{number}/inside/1/json", **BEARER).text)
        assert "ablation" not in quick and quick["logprob"] == record["logprob"]
        fields = urlencode({"samples": "2", "seed": "3", "usual": "true"}).encode()  # and what is made of it again
        assert bench.send(f"/ask/{number}/again", fields, FORM).headers["location"] == f"/ask/{number}"
        while "data-live" in (page := bench.ask(f"/ask/{number}", **BEARER).text):
            time.sleep(0.02)
        again = json.loads(bench.ask(f"/ask/{number}/json", **BEARER).text)
        assert len(again["samples"]) == 2 and list((tmp_path / "assay" / "usual").iterdir())
        assert "Other answers that were sampled" in page and f'action="/ask/{number}/again"' in page
    asking.close()
