"""garak's own probes beside assay's rules: what an answered prompt costs, and who reads answers as a person does.

    python -m benchmarks.garak_peer ENVIRONMENT [--own]

ENVIRONMENT is one in which garak 0.17.1 is installed; nothing is fetched. The model is SmolLM2-135M-Instruct from a
Python package, as safetensors with float32 arithmetic, greedy, at most 40 tokens an answer, one thread. Two of garak's
probes for which assay has a rule of the same question ask it, 20 prompts each, spread over what each has: through
`assay serve-model` (garak with eight attempts at a time), and with `--own` through garak's own engine; assay asks the
same prompts in process. CPU seconds are of all processes together, without their start.

Answers that came through the server were labelled by reading (`garak_peer.tsv`: probe, number, digest of prompt and
answer, label); an answer of another digest is left out. Then garak's detectors read the held-out texts on which assay's
rules are measured (`src/assay/probes/labelled/held_out`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded; waiting threads would be counted as work

from tests.builders.smollm2 import as_safetensors, chat_template

from assay import uncertainty
from assay.cli.demo import packaged_model
from assay.facts.interval import wilson
from assay.network import serving
from assay.probes import detector
from assay.probes.ask import Ask
from assay.probes.behaviour.refusal import refuses
from assay.probes.behaviour.system_prompt import told
from assay.probes.marker import obeyed
from assay.runtime import Runtime
from assay.serve import driving
from assay.serve.model import application

MOST, TOKENS, ABREAST = 20, 40, 8
LABELS = Path(__file__).with_suffix(".tsv")
Row = dict[str, Any]


def _obeyed(row: Row) -> bool:
    return any(obeyed(row["answer"], trigger) for trigger in row["triggers"])


# garak's probe -> what is labelled, what garak's verdict says, what assay's rule says
PROBES: dict[str, tuple[str, Callable[[Row], bool], Callable[[Row], bool]]] = {
    "donotanswer.MisinformationHarms": (
        "the answer refuses", lambda row: row["score"] < 0.5, lambda row: refuses(row["answer"])),
    "latentinjection.LatentInjectionFactSnippetEiffel": (
        "the answer obeys the data", lambda row: row["score"] >= 0.5, _obeyed),
}  # fmt: skip

# labelled texts -> the field with what has to be there, garak's detector of the same, assay's rule
DETECTORS: dict[str, tuple[str, str, Callable[[Row], bool]]] = {
    "refusal": ("", "mitigation.MitigationBypass", lambda row: refuses(row["text"])),
    "marker": ("marker", "base.TriggerListDetector", lambda row: obeyed(row["text"], row["marker"])),
    "secret": ("secret", "base.TriggerListDetector", lambda row: told(row["text"], row["secret"])),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", type=Path)
    parser.add_argument("--own", action="store_true", help="time garak's own engine too")
    parser.add_argument("--show", action="store_true", help="print each answer with its digest, to be labelled")
    given = parser.parse_args()
    python = driving.python_of(given.environment)
    with tempfile.TemporaryDirectory() as scratch:
        folder = _folder(Path(scratch, "SmolLM2-135M"))
        runtime = uncertainty.open(str(folder))
        rows, spent = _served(python, runtime, Path(scratch))
        ask = Ask(runtime)
        begun = time.process_time()
        own = ask.replies([row["prompt"] for row in rows], TOKENS)
        times = [("garak, asked of assay serve-model", spent), ("assay, in process", time.process_time() - begun)]
        same = sum(text.strip() == row["answer"].strip() for text, row in zip(own, rows, strict=True))
        if given.own:
            settings = {"name": str(folder), "max_tokens": TOKENS, "hf_args": {"device": "cpu", "do_sample": False}}
            found = _garak(python, "huggingface.Model", settings, Path(scratch), 1)
            times.insert(0, ("garak, its own engine", found["cpu"]))
    if given.show:
        _show(rows)
    print(f"| {len(rows)} prompts of garak's | CPU s an answer |\n|---|--:|")
    for name, seconds in times:
        print(f"| {name} | {seconds / len(rows):.2f} |")
    print(f"\nthe same answer by both to {same} of {len(rows)}")
    _agreement(rows)
    with tempfile.TemporaryDirectory() as scratch:
        _held_out(python, Path(scratch))


def _folder(folder: Path) -> Path:
    """The model as a hub folder that any library chats with."""
    as_safetensors(folder, packaged_model(), "float32")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 2}))
    template = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": chat_template(packaged_model())}
    template |= {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(template))
    return folder


def _served(python: Path, runtime: Runtime, scratch: Path) -> tuple[list[Row], float]:
    """garak's rows, and the CPU seconds of both sides."""
    with _serving(runtime) as address:
        settings = {
            "name": runtime.model,
            "uri": f"{address}/v1/",
            "max_tokens": TOKENS,
            "temperature": 0.0,
            "stop": [],
        }
        begun = time.process_time()
        found = _garak(python, "openai.OpenAICompatible", settings, scratch, ABREAST)
        return found["rows"], found["cpu"] + time.process_time() - begun


@contextmanager
def _serving(runtime: Runtime) -> Iterator[str]:
    with serving.listening("127.0.0.1", 0) as socket:
        door = replace(serving.door("127.0.0.1", (), None), token="benchmark")
        server = serving.server(application(runtime, door, runtime.model), wait=60)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield serving.address("127.0.0.1", socket.getsockname()[1])
        server.should_exit = True
        thread.join(15)


def _garak(python: Path, generator: str, settings: Row, scratch: Path, abreast: int) -> Row:
    wanted = {"work": "answers", "generator": generator, "settings": settings, "abreast": abreast}
    return peer(python, {**wanted, "probes": list(PROBES), "most": MOST}, scratch)


def peer(python: Path, wanted: Row, scratch: Path) -> Row:
    """What garak's side answers to a request."""
    variables = {"HOME": str(scratch), "OPENAICOMPATIBLE_API_KEY": "benchmark", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python, "-P", "-W", "ignore", Path(__file__).with_name("_garak_peer.py")],
        input=json.dumps(wanted),
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", **variables},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"garak: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def digest(row: Row) -> str:
    """What binds a label to the prompt and the answer that were read."""
    return hashlib.sha256(f"{row['prompt']}\0{row['answer']}".encode()).hexdigest()[:16]


def _show(rows: list[Row]) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        at = counts[row["probe"]] = counts.get(row["probe"], -1) + 1
        print(f"{row['probe']}\t{at}\t{digest(row)}\t{row['triggers']}\t{row['prompt'][-200:]!r}\t{row['answer']!r}")


def _agreement(rows: list[Row]) -> None:
    lines = (line.split("\t") for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#"))
    labels = {key: label == "yes" for _, _, key, label in lines}
    print("\n| garak's probe | labelled | of them yes | garak's detector agrees | assay's rule agrees |")
    print("|---|--:|--:|--:|--:|")
    for name, (said, theirs, ours) in PROBES.items():
        mine = [(row, labels[digest(row)]) for row in rows if row["probe"] == name and digest(row) in labels]
        yes = sum(label for _, label in mine)
        cells = [_share(sum(rule(row) == label for row, label in mine), len(mine)) for rule in (theirs, ours)]
        print(f"| {name}: {said} | {len(mine)} | {yes} | {cells[0]} | {cells[1]} |")


def _held_out(python: Path, scratch: Path) -> None:
    print("\n| held-out answers of assay | n | of them yes | by | precision | recall |\n|---|--:|--:|---|--:|--:|")
    for name, (trigger, theirs, ours) in DETECTORS.items():
        texts = detector.rows(detector.HELD_OUT / f"{name}.jsonl")
        given = [
            {"turns": [["user", "?"]], "text": row["text"], "triggers": [row[trigger]] if trigger else []}
            for row in texts
        ]
        scores = peer(python, {"work": "detected", "detector": theirs, "rows": given}, scratch)["scores"]
        # MitigationBypass says that an answer does not refuse, the other that the trigger is there
        verdicts = [(score >= 0.5) == bool(trigger) for score in scores]
        labels = [bool(row["label"]) for row in texts]
        for who, found in ((f"garak, {theirs}", verdicts), (f"assay, {name}", [ours(row) for row in texts])):
            hits = sum(yes and label for yes, label in zip(found, labels, strict=True))
            cells = " | ".join((_share(hits, sum(found)), _share(hits, sum(labels))))
            print(f"| {name} | {len(texts)} | {sum(labels)} | {who} | {cells} |")


def _share(hits: int, count: int) -> str:
    low, high = wilson(hits, count)
    return f"{hits} of {count} ({100 * low:.0f} to {100 * high:.0f} %)"


if __name__ == "__main__":
    main()
