"""A made-up release that is open in every component, for tests to close one thing of; and one that only says so."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders.hub import APACHE, hub_model, tensors
from tests.builders.safetensors import safetensors

TRAIN = """# SPDX-License-Identifier: Apache-2.0
import torch
from transformers import Trainer, TrainingArguments

trainer = Trainer(model=None, args=TrainingArguments("out"))
trainer.train()
"""
EVALUATE = "import lm_eval\n\nprint(lm_eval.simple_evaluate(model='hf', tasks=['arc_easy']))\n"
PREPARE = (
    "from datasets import load_dataset\n\nload_dataset('org/corpus-one').filter(len).to_parquet('train.parquet')\n"
)
INFER = (
    "from transformers import AutoModelForCausalLM\n\n"
    "if __name__ == '__main__':\n    model = AutoModelForCausalLM.from_pretrained('.')\n    model.generate()\n"
)
PROSE = "The model was trained on two corpora and measured on five tasks, as described here in full. "
REPORT = (
    "# Technical report\n\n"
    + PROSE * 25
    + "\n\n## Results\n\n| task | accuracy |\n|---|---|\n| ARC | 41.5 |\n| PIQA | 68.0 |\n"
)
ROWS = "".join(json.dumps({"text": f"A sentence of the corpus, number {number}."}) + "\n" for number in range(60))
# MOF's licences by domain: each fits its kind
DOMAINS = {"LICENSE-CODE": "Apache-2.0", "LICENSE-DATA": "CDLA-Permissive-2.0", "LICENSE-DOCS": "CC-BY-4.0"}
TEXTS = {
    "Apache-2.0": APACHE.read_text("utf-8"),
    "CDLA-Permissive-2.0": "SPDX-License-Identifier: CDLA-Permissive-2.0\n",
    "CC-BY-4.0": "SPDX-License-Identifier: CC-BY-4.0\n",
}


def release(folder: Path, *, without: tuple[str, ...] = (), licences: dict[str, str] | None = None) -> Path:
    """A folder with all 17 components; `without` names files that are left out."""
    hub_model(folder)
    weights = safetensors(tensors())
    files: dict[str, str | bytes] = {
        "train.py": TRAIN,
        "evaluate_model.py": EVALUATE,
        "prepare.py": PREPARE,
        "generate.py": INFER,
        "technical_report.md": REPORT,
        "paper.tex": "\\\\section{Paper}\n" + PROSE * 25,
        "datasheet.md": "# Data sheet\n\n" + PROSE * 10,
        "data/train.jsonl": ROWS,
        "data/eval.jsonl": ROWS,
        "requirements.txt": "torch==2.13.0\n",
        "training_args.json": "{}",
        "samples.txt": "Q: what is it? A: a model.\n",
        "checkpoint-100/model.safetensors": weights,
        "checkpoint-200/model.safetensors": weights[:-1] + b"\x01",
        **{name: TEXTS[id] for name, id in (DOMAINS if licences is None else licences).items()},
    }
    for name, content in files.items():
        if name not in without:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in without:
        (folder / name).unlink(missing_ok=True)
    return folder


def openwashed(folder: Path) -> Path:
    """A folder that calls itself open source, links everything, and ships weights under terms that restrict."""
    hub_model(folder)
    (folder / "LICENSE").unlink(missing_ok=True)
    (folder / "README.md").write_text(
        "---\nlicense: llama3\ndatasets:\n- org/corpus-one\nlibrary_name: transformers\n---\n# Washed\n\n"
        "Washed is a fully open-source model. The training code is available at https://example.org/code and the\n"
        "technical report at https://example.org/report.\n\n"
        "The evaluation code can be found at https://example.org/eval. We will release the training data soon.\n"
        "Evaluation results are published at https://example.org/results, with the test sets.\n"
    )
    return folder
