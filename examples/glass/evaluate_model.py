"""What glass knows of its corpus, by how often a fact occurs there, and how likely it finds documents it never saw.

    python examples/glass/evaluate_model.py DIR

Asks every question of data/questions.jsonl with assay, and writes evaluation/results.json. Needs assay with the extra
[torch].
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assay import uncertainty
from assay.uncertainty import calibration as calibrating
from assay.uncertainty import questions as packs


def evaluated(folder: Path, most: int = 0) -> dict[str, Any]:
    """Loss on documents that were held out (nats a token), and the share of facts that it goes on with, by copies."""
    runtime = uncertainty.open(folder)
    held = [json.loads(line)["text"] for line in (folder / "data" / "eval.jsonl").read_text("utf-8").splitlines()]
    scored = [token.logprob for text in held for token in runtime.score("", text)]
    pack = packs.load([folder / "data" / "questions.jsonl"], most)
    answers = calibrating.asked(runtime, pack)
    by_copies: dict[str, list[bool]] = {}
    for row in answers:
        by_copies.setdefault(row.topic, []).append(row.right)
    shares = {
        topic: {"questions": len(rows), "right": sum(rows)}
        for topic, rows in sorted(by_copies.items(), key=lambda row: int(row[0].split()[1]))
    }
    return {"held_out_nats_per_token": round(-sum(scored) / len(scored), 4), "documents": len(held), "facts": shares}


def main() -> None:
    """Measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=0, help="ask at most so many; 0 asks all")
    given = parser.parse_args()
    folder: Path = given.folder
    (folder / "evaluation").mkdir(exist_ok=True)
    (folder / "evaluation" / "results.json").write_text(json.dumps(evaluated(folder, given.questions), indent=1) + "\n")


if __name__ == "__main__":
    main()
