"""Hosted APIs, by exchanges that were written from their references (tests/runtime/exchanges): nothing was recorded.

What is tried is that assay asks in the form of the reference and understands answers of its form.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.facts.uncertainty import Capability, ScoredText
from assay.runtime.endpoint import Endpoint
from assay.runtime.recorded import Recorded
from tests.builders.command import run
from tests.builders.questions import capitals
from tests.builders.replayed import replaying

EXCHANGES = Path(__file__).with_name("exchanges")
APIS = [("openai", "gpt-example"), ("anthropic", "claude-example")]
KEY = "sk-sesame-0123456789"


@pytest.mark.parametrize(("api", "model"), APIS)
def test_words_without_log_probabilities_are_compared_with_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str, model: str
) -> None:
    monkeypatch.setenv("ASSAY_API_KEY", KEY)
    with replaying(EXCHANGES / f"{api}.json") as server:
        reference = f"{api}+http://127.0.0.1:{server.server_port}/v1#{model}"
        asked = ("--user", "What is the capital of Peru?", "--system", "Be brief.", "--samples", "3")
        done = run("score", reference, *asked, "-o", f"json={tmp_path / 'a.json'}", "-o", "text")
    assert done.returncode == 0, done.stderr
    found: ScoredText = Recorded(tmp_path / "a.json").rows[0]
    assert not found.tokens and len(found.samples) == 3 and "samples.apart" in {row.id for row in found.scores}
    said = " ".join(done.stdout.split())
    assert "how likely each token is: the runtime gives words and no log-probabilities" in said
    assert "how to get the same other answers again" in said and KEY not in done.stdout + done.stderr
    # a model that takes no temperature samples at its own: nothing is said of an entropy
    assert any(row.id == "meaning.entropy" for row in found.scores) is (api == "anthropic")


def test_the_messages_api_is_asked_as_its_reference_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_API_KEY", KEY)
    with replaying(EXCHANGES / "anthropic.json") as server:
        found = Endpoint(f"anthropic+http://127.0.0.1:{server.server_port}")
        assert found.can == {Capability.CHAT, Capability.SAMPLE}
        assert found.name == "Messages API endpoint (chat; no log-probabilities; takes no seed)"
        prompt = found.rendered("What is the capital of Peru?", "Be brief.")
        drawn = found.sample(prompt, 3, 16, 0.7, 0, "\n")
    assert [row.text for row in drawn] == ["Lima.", "Cusco.", "Lima, in Peru."]  # what it thought is no answer
    posts = [(headers, body) for asked, headers, body in server.requests if asked == "POST /v1/messages"]
    for headers, body in posts:
        assert headers["x-api-key"] == KEY and headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in headers and {"model", "max_tokens", "messages"} <= set(body)
    assert posts[-1][1] == {
        "model": "claude-example",
        "max_tokens": 16,
        "temperature": 0.7,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "What is the capital of Peru?"}],
    }
    assert {asked for asked, _, _ in server.requests} == {"GET /v1/models", "POST /v1/messages"}


def test_what_a_model_of_openai_refuses_is_left_out() -> None:
    with replaying(EXCHANGES / "openai.json") as server:
        found = Endpoint(f"openai+http://127.0.0.1:{server.server_port}#gpt-example")
        assert found.name == "OpenAI-compatible endpoint (chat; no log-probabilities; takes no temperature)"
        found.sample("What is the capital of Peru?", 1, 16, 0.7, 0)
        _, headers, body = server.requests[-1]
    assert set(body) == {"model", "messages", "max_completion_tokens", "seed"} and "x-api-key" not in headers


@pytest.mark.parametrize(("api", "model"), APIS)
def test_what_cannot_be_known_is_said(tmp_path: Path, api: str, model: str) -> None:
    with replaying(EXCHANGES / f"{api}.json") as server:
        reference = f"{api}+http://127.0.0.1:{server.server_port}/v1#{model}"
        done = run("score", reference, "--prompt", "The capital of Peru is", "--text", "Lima.")
        assert (
            done.returncode == 2 and "cannot score a given text: let it answer, and compare its answers" in done.stderr
        )
        questions = ("--pack", str(capitals(tmp_path / "q.jsonl")), "--most", "12")
        done = run("audit", reference, *questions, "-q", "-o", f"json={tmp_path / 'd.json'}")
        assert done.returncode == 3
        why = "its answers can only be compared with one another; ask for some, with --samples 5"
        assert why in (tmp_path / "d.json").read_text()
        done = run("audit", reference, "--offline")
        assert done.returncode == 2 and "is behind a network, and --offline was given" in done.stderr


def test_an_answer_of_another_api_is_a_sentence() -> None:
    said = "is no Messages API endpoint, or has no model 'gpt-example'"
    with replaying(EXCHANGES / "openai.json") as server, pytest.raises(UsageError, match=said):
        Endpoint(f"anthropic+http://127.0.0.1:{server.server_port}#gpt-example")
    said = "is no OpenAI-compatible endpoint"
    with replaying(EXCHANGES / "anthropic.json") as server, pytest.raises(UsageError, match=said):
        Endpoint(f"openai+http://127.0.0.1:{server.server_port}#claude-example")
