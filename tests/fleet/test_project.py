"""`assay fleet init`: every model that a code base uses by name, with file and line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from assay.fleet.project import uses
from tests.builders import hub_model
from tests.builders.command import run

COMMIT = "0123456789abcdef0123456789abcdef01234567"

PYTHON = [
    ('AutoModel.from_pretrained("org/name")', "hf://org/name", ""),
    (f'AutoModel.from_pretrained("org/name", revision="{COMMIT}")', "hf://org/name", COMMIT),
    ('NAME = "org/name"\nm = AutoModel.from_pretrained(NAME)', "hf://org/name", ""),
    ('class C:\n    model = "org/name"\n    def f(self):\n        return LLM(model=self.model)', "hf://org/name", ""),
    ('pipeline("text-generation", model="org/name", revision="v1")', "hf://org/name", "v1"),
    ('pipeline("text-generation", "org/name")', "hf://org/name", ""),
    ('snapshot_download(repo_id="org/name")', "hf://org/name", ""),
    ('hf_hub_download("org/name", "model.gguf")', "hf://org/name", ""),
    ('SentenceTransformer("org/name")', "hf://org/name", ""),
    ('LLM(os.getenv("MODEL", "org/name"))', "hf://org/name", ""),
    ('mlflow.pyfunc.load_model("models:/acme/3")', "models:/acme/3", ""),
    ('AutoModel.from_pretrained("weights")', "weights", ""),
]
WORDS = [
    ("run.sh", "vllm serve org/name --port 80", "hf://org/name", ""),
    ("run.sh", f"vllm serve org/name --revision {COMMIT}", "hf://org/name", COMMIT),
    ("Dockerfile", 'CMD ["x"]\nENV MODEL_ID=org/name', "hf://org/name", ""),
    ("compose.yaml", "services:\n  tgi:\n    command: --model-id org/name --max 3", "hf://org/name", ""),
    ("values.yaml", 'llm:\n  modelId: "org/name"', "hf://org/name", ""),
    ("Makefile", "get:\n\thuggingface-cli download org/name --revision v2", "hf://org/name", "v2"),
    ("serve.sh", "ollama pull llama3.2:1b", "ollama:llama3.2:1b", ""),
    ("Modelfile", "FROM hf.co/org/name-GGUF:Q4_K_M", "hf://org/name-GGUF", ""),
]


@pytest.mark.parametrize(("code", "model", "revision"), PYTHON)
def test_python_names_a_model(tmp_path: Path, code: str, model: str, revision: str) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "a.py").write_text(f"import os\n{code}\n")
    (use,) = uses(tmp_path).places
    assert (use.model, use.revision, use.file) == (model, revision, "a.py")
    assert use.line == 1 + len(code.split("\n"))


@pytest.mark.parametrize(("name", "text", "model", "revision"), WORDS)
def test_commands_and_settings_name_a_model(tmp_path: Path, name: str, text: str, model: str, revision: str) -> None:
    (tmp_path / name).write_text(text)
    (use,) = uses(tmp_path).places
    assert (use.model, use.revision, use.file, use.line) == (model, revision, name, 1 + text.count("\n"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'open("data/file").read()\npath = "org/name"\nsubprocess.run(["ls", "a/b"])'),
        ("a.py", "AutoModel.from_pretrained(name)\nAutoModel.from_pretrained(f'{org}/name')"),
        ("a.py", 'A = "org/one"\nA = "org/two"\nAutoModel.from_pretrained(A)'),
        ("a.py", 'AutoModel.from_pretrained("../elsewhere/model")'),
        ("values.yaml", "image: ghcr.io/org/name\nmodel: /models/local/x\nurl: https://example.org/a/b"),
        ("README.md", "See org/name and src/main."),
    ],
)
def test_what_names_no_model_is_not_one(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = uses(tmp_path)
    assert (found.places, found.unread) == ((), ())


def test_notebooks_are_read_cell_by_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["vllm serve org/none"]},
        {"cell_type": "code", "source": ["!hf download org/shell\n", "%time\n", 'm = LLM("org/python")']},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    found = {(use.model, use.file, use.line) for use in uses(tmp_path).places}
    assert found == {("hf://org/shell", "a.ipynb cell 2", 1), ("hf://org/python", "a.ipynb cell 2", 3)}


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("print 'python 2'")
    (tmp_path / "deep.py").write_text("(" * 10_000)
    (tmp_path / "b.ipynb").write_text("{}")
    (tmp_path / "big.json").write_bytes(bytes(5 << 20))
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.py").write_text("print 'python 2'")
    said = run("fleet", "init", str(tmp_path)).stdout
    assert "not looked into: 4 files" in said
    for name in (
        "old.py: it is no Python",
        "deep.py: it is no Python",
        "b.ipynb: it is no notebook",
        "big.json: 5,242",
    ):
        assert name in said


def test_the_list_that_is_written_is_audited(tmp_path: Path) -> None:
    hub_model(tmp_path / "weights" / "tiny")
    (tmp_path / "a.py").write_text('AutoModel.from_pretrained("weights/tiny")\nollama = 1\n')
    (tmp_path / "serve.sh").write_text("ollama run llama3\n")
    done = run("fleet", "init", str(tmp_path))
    assert done.stdout.startswith(" FOUND  2 places of the project name 2 models.")
    text = (tmp_path / "models.toml").read_text()
    assert "# a.py:1 from_pretrained" in text and "# ollama:llama3: not opened by assay" in text
    audit = run("fleet", "audit", str(tmp_path / "models.toml"), "--registry", str(tmp_path / "kept"))
    assert audit.returncode == 0 and audit.stdout.startswith(" PASSED  1 model: 1 PASSED. ")
    again = run("fleet", "init", str(tmp_path))
    assert "is there already, and stays as it is" in again.stderr


def test_a_model_without_a_commit_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'LLM("org/loose")\nLLM("org/firm")\nLLM("org/firm", revision="{COMMIT}")\n')
    said = run("fleet", "init", str(tmp_path)).stdout
    assert said.startswith(" NOT PINNED  3 places of the project name 2 models. 2 without a commit")
    assert "hf://org/loose  no commit is named" in said


@pytest.mark.parametrize("text", ["\n" * 20_000, "--model a/b " * 1_500, "model: " * 2_000])
def test_a_file_that_is_made_to_cost_is_read_quickly(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yml").write_text(text)
    start = time.process_time()
    uses(tmp_path)
    assert time.process_time() - start < 5


def test_a_cell_that_is_no_python_drops_no_other(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": source} for source in ("print 'python 2'", 'LLM("org/name")')]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "b.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": 5}]}))
    found = uses(tmp_path)
    assert [(use.model, use.file) for use in found.places] == [("hf://org/name", "a.ipynb cell 2")]
    assert len(found.unread) == 2 and "cells that are no Python that this version parses: 1" in found.unread[0]
