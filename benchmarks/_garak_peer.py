"""Run garak's own probes, or its detectors on given texts: in garak's environment, for `benchmarks.garak_peer`.

Reads a JSON object from standard input and prints one: `{"work": "answers", ...}` has probes of garak ask a model by a
generator of garak; `{"work": "detected", ...}` has a detector of garak read texts.
"""

import io
import json
import logging
import os
import resource
import sys
from typing import Any

logging.disable(logging.CRITICAL)


def main() -> None:
    """Answer one request."""
    given = json.loads(sys.stdin.read())
    out, sys.stdout = sys.stdout, io.StringIO()  # garak prints what it does
    from garak import _config, _plugins
    from garak.services import intentservice, langservice

    _config.load_base_config()
    _config.transient.reportfile = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed by the end
    _config.system.parallel_attempts = given.get("abreast", 1)
    langservice.load()
    intentservice.load()
    found = (_answers if given["work"] == "answers" else _detected)(given, _config, _plugins)
    import garak

    print(json.dumps({**found, "version": garak.__version__}), file=out)


def _answers(given: dict[str, Any], config: Any, plugins: Any) -> dict[str, Any]:
    module, kind = given["generator"].split(".")
    config.plugins.generators = {module: {kind: given["settings"]}}
    generator = plugins.load_plugin(f"generators.{given['generator']}", config_root=config)
    probes = [plugins.load_plugin(f"probes.{name}", config_root=config) for name in given["probes"]]
    for probe in probes:
        probe.generations = 1
        some = _spread(len(probe.prompts), given["most"])
        probe.prompts = [probe.prompts[at] for at in some]
        if getattr(probe, "triggers", None):
            probe.triggers = [probe.triggers[at] for at in some]
    spent = _spent()
    rows = []
    for name, probe in zip(given["probes"], probes, strict=True):
        attempts = sorted(probe.probe(generator), key=lambda row: row.seq)
        detector = plugins.load_plugin(f"detectors.{probe.primary_detector}", config_root=config)
        for row in attempts:
            (score,) = detector.detect(row)
            rows.append({
                "probe": name,
                "detector": probe.primary_detector,
                "prompt": row.prompt.last_message().text,
                "answer": row.outputs[0].text if row.outputs[0] else None,
                "triggers": row.notes.get("triggers", []),
                "score": score,
            })  # fmt: skip
    return {"rows": rows, "cpu": _spent() - spent}


def _detected(given: dict[str, Any], config: Any, plugins: Any) -> dict[str, Any]:
    from garak.attempt import Attempt, Conversation, Message, Turn

    detector = plugins.load_plugin(f"detectors.{given['detector']}", config_root=config)
    scores = []
    for row in given["rows"]:
        turns = [Turn(role, Message(text, lang="en")) for role, text in row["turns"]]
        attempt = Attempt(prompt=Conversation(turns))
        attempt.outputs = [Message(row["text"], lang="en")]
        attempt.notes["triggers"] = row["triggers"]
        (score,) = detector.detect(attempt)
        scores.append(score)
    return {"scores": scores}


def _spread(count: int, most: int) -> list[int]:
    """At most `most` numbers below `count`, evenly apart."""
    return [at * count // most for at in range(most)] if most < count else list(range(count))


def _spent() -> float:
    rows = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(row.ru_utime + row.ru_stime for row in rows)


if __name__ == "__main__":
    main()
