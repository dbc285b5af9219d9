"""Make glass and all that belongs to an open release: data, tokenizer, weights, evaluation, card, report, licences.

    python examples/glass/make.py DIR [--steps N]      some ten minutes on two cores

DIR then is a model folder that `assay audit` can look into and in which nothing has to be believed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CODE = ("prepare.py", "train.py", "evaluate_model.py", "generate.py")


def written(folder: Path) -> None:
    """The documents, with the numbers of this training in them."""
    results = json.loads((folder / "evaluation" / "results.json").read_text())
    sizes = json.loads((folder / "hyperparameters.json").read_text())
    rows = (folder / "data" / "train.jsonl").read_text("utf-8").splitlines()
    texts = {json.loads(row)["text"] for row in rows}
    index = json.loads((folder / "config.json").read_text())
    asked = [(topic, row["questions"], row["right"]) for topic, row in results["facts"].items()]
    facts = "\n".join(f"| {topic} | {of} | {right} | {100 * right / of:.0f} % |" for topic, of, right in asked)
    latex = " \\\\\n".join(f"{topic} & {of} & {right} & {right / of:.2f}" for topic, of, right in asked)
    numbers = {
        "documents": f"{len(rows):,}",
        "unique": f"{len(texts):,}",
        "held": results["documents"],
        "loss": results["held_out_nats_per_token"],
        "steps": sizes["steps"],
        "tokens": f"{sizes['steps'] * sizes['batch'] * sizes['context']:,}",
        "layers": index["num_hidden_layers"],
        "width": index["hidden_size"],
        "facts": facts,
        "rows": f"{latex} \\\\",
    }
    for source, target in (("card.md", "README.md"), ("report.md", "technical_report.md"), ("paper.tex", "paper.tex")):
        text = (HERE / source).read_text("utf-8")
        for name, value in numbers.items():
            text = text.replace(f"@{name}@", str(value))
        (folder / target).write_text(text, "utf-8")


def main() -> None:
    """Make everything, one step after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--every", type=int, default=100, help="steps between two checkpoints")
    parser.add_argument("--questions", type=int, default=0, help="ask at most so many; 0 asks all")
    given = parser.parse_args()
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code").mkdir(exist_ok=True)
    for name in CODE:
        shutil.copy(HERE / name, folder / "code" / name)
    steps = ["--every", str(given.every), *(["--steps", str(given.steps)] if given.steps else [])]
    asked = ["--questions", str(given.questions)]
    for name, more in (("prepare.py", []), ("train.py", steps), ("evaluate_model.py", asked)):
        subprocess.run([sys.executable, HERE / name, folder, *more], check=True)
    marks = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "bos_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(marks, indent=1) + "\n")
    (folder / "requirements.txt").write_text("openassay[torch]\nsafetensors\n")
    shutil.copy(HERE.parents[1] / "LICENSE", folder / "LICENSE")
    for name in ("LICENSE-DATA", "LICENSE-DOCS"):
        shutil.copy(HERE / name, folder / name)
    written(folder)
    print(f"{folder}: look into it with  assay audit {folder}  and  assay openness {folder}")


if __name__ == "__main__":
    main()
