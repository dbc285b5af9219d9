"""Servers that others wrote, skipped where they are not installed (CONTRIBUTING.md says how), serving SmolLM2."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.facts.uncertainty import Capability, ScoredText
from assay.runtime.endpoint import Endpoint
from assay.runtime.recorded import Recorded
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import claims
from tests.builders.command import run
from tests.builders.questions import CAPITALS
from tests.builders.smollm2 import chat_template

STARTS = 120.0  # seconds that a server may take to load the model
LLAMA = """
import sys, time, xllamacpp
wanted = xllamacpp.CommonParams()
wanted.model.path, wanted.n_ctx, wanted.n_parallel = sys.argv[1], 8192, 4
wanted.hostnames, wanted.port = ["127.0.0.1"], int(sys.argv[2])
wanted.cpuparams.n_threads = 1
served = xllamacpp.Server(wanted)
time.sleep(3600)
"""


SERVE = """
import sys
sys.argv = ["transformers", "serve", sys.argv[1], "--host", "127.0.0.1", "--port", sys.argv[2], "--device", "cpu"]
from transformers.cli.transformers import main
main()
"""


def python_with(*modules: str) -> str:
    """This Python, or one that ASSAY_SERVERS names, which has these modules; skips the test where none has."""
    for python in filter(None, (sys.executable, *os.environ.get("ASSAY_SERVERS", "").split(os.pathsep))):
        found = f"import importlib.util, sys; sys.exit(any(importlib.util.find_spec(one) is None for one in {modules}))"
        if not subprocess.run([python, "-c", found], capture_output=True, check=False).returncode:
            return python
    pytest.skip(f"no Python with {', '.join(modules)}: see CONTRIBUTING.md")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def started(*command: str) -> Iterator[str]:
    """`HOST:PORT` of a server that was started with PORT in its command, once it lists its model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [row.replace("PORT", str(port)) for row in command], env=environment, stdout=told, stderr=told
        )
        try:
            end = time.monotonic() + STARTS
            while not _answers(port):
                if time.monotonic() > end or process.poll() is not None:
                    told.seek(0)
                    pytest.fail(f"{command[0]} did not start: {told.read()[-800:].decode(errors='replace')}")
                time.sleep(0.2)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def llama(smollm2: Path) -> Iterator[str]:
    with started(python_with("xllamacpp"), "-c", LLAMA, str(smollm2), "PORT") as address:
        yield address


@pytest.fixture(scope="module")
def transformers_serve(
    smollm2: Path, smollm2_safetensors: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    python = python_with("transformers", "torch", "fastapi", "uvicorn", "openai")
    folder = tmp_path_factory.mktemp("served") / "SmolLM2-135M"
    folder.mkdir()
    for path in smollm2_safetensors.iterdir():
        (folder / path.name).symlink_to(path)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": chat_template(smollm2)}
    config |= {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with started(python, "-c", SERVE, str(folder), "PORT") as address:
        yield address


def llama_cpp_python(smollm2: Path, *more: str) -> AbstractContextManager[str]:
    python = python_with("llama_cpp", "llama_cpp.server", "starlette_context")
    command = ("-m", "llama_cpp.server", "--model", str(smollm2), "--host", "127.0.0.1", "--port", "PORT")
    return started(python, *command, "--logits_all", "true", "--n_threads", "1", "--n_ctx", "2048", *more)


def record(path: Path) -> ScoredText:
    return Recorded(path).rows[0]


def test_llama_cpp_scores_given_texts(llama: str, smollm2_runtime: TorchRuntime) -> None:
    served = Endpoint(f"openai+http://{llama}/v1")
    assert {Capability.SCORE, Capability.GENERATE, Capability.SAMPLE, Capability.CHAT} <= served.can
    pairs = [
        ("Question: What is the capital of France?\nAnswer:", " Paris."),
        ("The capital of France is", " Berlin, and 1823 was a year."),
        ("Two words:", " Größe und Länge, naïve café"),
        ("Two words:", " 日本 🙂."),
        ("A mark:", " a<|im_end|>b"),
    ]
    found, own = dict(served.scores(pairs)), dict(smollm2_runtime.scores(pairs))
    gaps = []
    for number, (_, text) in enumerate(pairs):
        outside, inside = found[number], own[number]
        assert outside is not None and inside is not None
        assert "".join(row.text for row in outside) == text
        assert len(outside) == len(inside)
        gaps += [abs(one.logprob - other.logprob) for one, other in zip(outside, inside, strict=True)]
    # llama.cpp multiplies in 8 bits where the weights have 4, transformers in 32
    assert statistics.median(gaps) < 0.15 and max(gaps) < 1.5
    made = list(served.generate("The capital of France is", 6))
    again = served.score("The capital of France is", "".join(row.text for row in made))
    assert [row.text for row in again] == [row.text for row in made]
    assert [row.logprob for row in again] == pytest.approx([row.logprob for row in made], abs=0.05)
    with pytest.raises(UsageError, match="character 0"):
        served.score("A text:", "a\0b")


def test_llama_cpp_answers_what_a_user_types(llama: str, tmp_path: Path) -> None:
    asked = ("--user", "What is the capital of France?")
    done = run("score", f"openai+http://{llama}", *asked, "--text", "Berlin.", "-o", f"json={tmp_path / 'a.json'}")
    assert done.returncode == 0, done.stderr
    found = record(tmp_path / "a.json")
    assert found.text == "Berlin." and "<|im_start|>user" in found.prompt and "of given texts too" in found.runtime
    # five samples, where llama.cpp takes as many at a time as it has places: four
    done = run(
        *("score", f"openai+http://{llama}/v1/chat/completions", *asked, "--samples", "5", "--most", "12"),
        *("-o", f"json={tmp_path / 'b.json'}"),
    )
    assert done.returncode == 0, done.stderr
    found = record(tmp_path / "b.json")
    assert len(found.samples) == 5 and "meaning.entropy" in {row.id for row in found.scores}
    done = run("score", f"openai+http://{llama}/v1#other", *asked, "--text", "Paris.")
    assert done.returncode == 2 and "has no model 'other' and would answer to any name: it has" in done.stderr


def labelled(path: Path) -> Path:
    """Of twenty countries a true and a false claim about the capital."""
    rows, cities = [], list(CAPITALS.values())
    for number, (country, city) in enumerate(list(CAPITALS.items())[:20]):
        told = [{"text": f"The capital of {country} is {city}.", "true": True}]
        told.append({"text": f"The capital of {country} is {cities[number + 7]}.", "true": False})
        rows.append({"prompt": f"Question: What is there to know of {country}?\nAnswer:", "claims": told})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_llama_cpp_filters_claims_as_this_process_does(
    llama: str, smollm2_runtime: TorchRuntime, tmp_path: Path
) -> None:
    file, known = labelled(tmp_path / "claims.jsonl"), tmp_path / "filter.json"
    done = run("calibrate", f"openai+http://{llama}", "--claims", str(file), "-q", "-o", f"json={known}")
    assert done.returncode == 0, done.stderr
    outside, (texts, digest) = claims.saved(known), claims.load(file)
    inside = claims.filtering(smollm2_runtime, texts, "claims", digest)
    assert (
        (outside.claims, outside.false, outside.skipped) == (inside.claims, inside.false, inside.skipped) == (40, 20, 0)
    )
    aurocs = [{row.score: row.auroc for row in found.worth} for found in (outside, inside)]
    assert aurocs[0]["sequence"] == pytest.approx(aurocs[1]["sequence"], abs=0.02) and aurocs[0]["sequence"] > 0.9
    limits = [[row.threshold for row in found.filters] for found in (outside, inside)]
    assert limits[0] == pytest.approx(limits[1], abs=1.5)  # nats of a whole sentence: llama.cpp multiplies in 8 bits
    text = " The capital of Chile is Santiago. The capital of Chile is Oslo."
    done = run(
        *("score", f"openai+http://{llama}", "--prompt", "Question: What is there to know of Chile?\nAnswer:"),
        *("--text", text, "--filter", str(known), "--no-usual", "-o", f"json={tmp_path / 'a.json'}"),
    )
    assert done.returncode == 0, done.stderr
    true, false = record(tmp_path / "a.json").filtered
    assert true.score is not None and false.score is not None and true.score < false.score
    assert true.alpha is not None and (false.alpha is None or true.alpha < false.alpha)


def test_llama_cpp_streams_a_long_answer(llama: str) -> None:
    served = Endpoint(f"openai+http://{llama}/v1")
    streamed = list(served.generate("The capital of France is", 40))
    served._streams = False
    assert [row.text for row in served.generate("The capital of France is", 40)] == [row.text for row in streamed]
    assert len(streamed) == 40


def test_transformers_serve_gives_words_alone(transformers_serve: str, tmp_path: Path) -> None:
    served = Endpoint(f"openai+http://{transformers_serve}")
    assert {Capability.CHAT, Capability.SAMPLE} <= served.can
    assert not {Capability.SCORE, Capability.GENERATE} & served.can and "no log-probabilities" in served.name
    asked = ("--user", "Name a city in France.", "--samples", "2", "--most", "40")
    done = run("score", f"openai+http://{transformers_serve}", *asked, "-o", f"json={tmp_path / 'a.json'}")
    assert done.returncode == 0, done.stderr
    found = record(tmp_path / "a.json")
    assert found.text and not found.tokens
    # its answers do not vary with temperature or seed, which is found out, so that no entropy is given
    assert not found.samples and any("answers alike whatever the temperature" in row for row in found.missing)


def test_llama_cpp_python_scores_given_texts(smollm2: Path, smollm2_runtime: TorchRuntime) -> None:
    with llama_cpp_python(smollm2, "--kv_overrides", "tokenizer.ggml.add_bos_token=bool:true") as address:
        served = Endpoint(f"openai+http://{address}/v1")
        assert {Capability.SCORE, Capability.GENERATE, Capability.CHAT} <= served.can
        outside = served.score("The capital of France is", " Paris.")
    inside = smollm2_runtime.score("<|im_start|>The capital of France is", " Paris.")
    assert [row.text for row in outside] == [row.text for row in inside]
    assert [row.logprob for row in outside] == pytest.approx([row.logprob for row in inside], abs=0.5)


def test_llama_cpp_python_is_not_believed_where_its_numbers_are_of_the_next_token(smollm2: Path) -> None:
    # so they are where a model puts no token before every text, as SmolLM2 does not
    with llama_cpp_python(smollm2) as address:
        served = Endpoint(f"openai+http://{address}/v1")
        assert {Capability.GENERATE, Capability.CHAT} <= served.can and Capability.SCORE not in served.can
        done = run("score", f"openai+http://{address}", "--prompt", "The capital of France is", "--text", " Paris.")
    assert done.returncode == 2 and "cannot score a given text" in done.stderr
