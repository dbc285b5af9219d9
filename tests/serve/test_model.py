"""The served model, asked by assay's own endpoint runtime and by requests that no honest client sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from assay.facts.uncertainty import Capability
from assay.network import serving
from assay.runtime import Runtime
from assay.runtime.torch_ import TorchRuntime
from tests.builders.runtimes import Chatty

pytest.importorskip("starlette")
httpx2 = pytest.importorskip("httpx2")

PROMPT = "The capital of France is"


@contextmanager
def served(runtime: Runtime, token: str = "") -> Iterator[str]:
    """The address of a server of this runtime."""
    from assay.serve.model import application

    socket = serving.listening("127.0.0.1", 0)
    found = serving.server(application(runtime, serving.Door(frozenset({"127.0.0.1"}), token), "m"), wait=60)
    thread = threading.Thread(target=found.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/v1"
    finally:
        found.should_exit = True
        thread.join(30)
        socket.close()


def test_the_real_model_behind_it_says_what_it_says_in_this_process(smollm2_runtime: TorchRuntime) -> None:
    from assay.runtime.endpoint import Endpoint

    with served(smollm2_runtime) as url:
        found = Endpoint(f"openai+{url}#m")
        assert {Capability.SCORE, Capability.GENERATE, Capability.CHAT, Capability.SAMPLE} <= found.can
        here, there = (row.score(PROMPT, " Paris, a large city.") for row in (smollm2_runtime, found))
        assert [row.text for row in here] == [row.text for row in there]
        assert [row.logprob for row in there] == pytest.approx([row.logprob for row in here], abs=1e-3)
        here, there = (tuple(row.generate(PROMPT, 6)) for row in (smollm2_runtime, found))
        assert [row.text for row in here] == [row.text for row in there]
        assert [row.logprob for row in there] == pytest.approx([row.logprob for row in here], abs=1e-3)
        prompts = [PROMPT, "Two plus two is", "The sun rises in the"]
        together = [row.text for row in found.answers(prompts, 5)]
        assert together == [row.text for row in smollm2_runtime.answers(prompts, 5)]
        long = "".join(row.text for row in found.generate(PROMPT, 40))  # streamed
        assert long == "".join(row.text for row in smollm2_runtime.generate(PROMPT, 40))
        assert found.unheeded(0) == frozenset()


def ask(url: str, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    done = httpx2.post(f"{url}{path}", content=raw, headers=headers)
    return done.status_code, done.json()


def test_a_chat_is_rendered_by_the_models_own_template_and_cut_where_it_is_told() -> None:
    with served(Chatty()) as url:
        order = [{"role": "system", "content": "Answer only with the word LANTERN."}, {"role": "user", "content": "Hi"}]
        status, value = ask(url, "/chat/completions", {"model": "m", "messages": order, "temperature": 0, "n": 2})
        assert status == 200 and [row["message"]["content"] for row in value["choices"]] == ["LANTERN", "LANTERN"]
        parts = [{"type": "text", "text": "Hi"}]
        body = {"messages": [order[0], {"role": "user", "content": parts}], "temperature": 0, "stop": ["T"]}
        assert ask(url, "/chat/completions", body)[1]["choices"][0]["message"]["content"] == ""
        listed = httpx2.get(f"{url}/models").json()
        assert [row["id"] for row in listed["data"]] == ["m"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/completions", b"{", "the request is not JSON"),
        ("/completions", b"[" * 100_000, "the request is not JSON"),
        ("/completions", b"\xff\xfe", "the request is not JSON"),
        ("/completions", [], "the request is no JSON object"),
        ("/completions", {}, "prompt: expected a text"),
        ("/completions", {"prompt": "\ud800", "echo": True}, "prompt: half of a surrogate pair"),
        ("/completions", {"prompt": "x", "stop": "\ud800"}, "stop: half of a surrogate pair"),
        ("/chat/completions", {"messages": [{"role": "user", "content": "\ud800"}]}, "messages: half of a surrogate"),
        ("/completions", {"prompt": [1, 2]}, "numbers of tokens are not taken"),
        ("/completions", {"prompt": ["x"] * 65}, "prompt: expected a text, or 1 to 64"),
        ("/completions", {"prompt": "x", "max_tokens": 10**9}, "max_tokens: expected a whole number from 0 to 4096"),
        ("/completions", {"prompt": "x", "temperature": "hot"}, "temperature: expected a number"),
        ("/completions", {"prompt": "x", "n": 99}, "n: expected a whole number from 1 to 16"),
        ("/completions", {"prompt": "x", "stop": [1]}, "stop: expected a text"),
        ("/completions", {"prompt": "x", "top_p": 0.5}, "'top_p' is not offered here"),
        ("/completions", {"prompt": "x", "tools": [{}]}, "'tools' is not offered here"),
        ("/completions", {"prompt": ["x", "y"], "stream": True}, "stream: one answer at a time"),
        ("/chat/completions", {"messages": "hi"}, "messages: expected a list"),
        ("/chat/completions", {"messages": [{"role": "assistant", "content": "hi"}]}, "one message of a user"),
        ("/chat/completions", {"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "other than text"),
    ],
)
def test_what_is_not_offered_is_refused_with_a_sentence(path: str, body: Any, said: str) -> None:
    with served(Chatty()) as url:
        status, value = ask(url, path, body)
        assert status == 400 and said in value["error"]["message"]


def test_who_is_not_let_in_is_not_answered() -> None:
    body = {"prompt": "x", "temperature": 0}
    with served(Chatty(), "a token of some length") as url:
        assert ask(url, "/completions", body)[0] == 401
        let_in = {"Authorization": "Bearer a token of some length"}
        assert ask(url, "/completions", body, **let_in)[0] == 200
        for origin in ("https://evil.example", "http://127.0.0.1:9", "http://[", "null"):
            assert ask(url, "/completions", body, **let_in, Origin=origin)[0] == 403
        assert ask(url, "/completions", body, **let_in, Origin=url.removesuffix("/v1"))[0] == 200
        assert ask(url, "/completions", body, **let_in, Host="evil.example")[0] == 421
        assert ask(url, "/completions", {**body, "model": "other"}, **let_in)[0] == 404
        assert ask(url, "/completions", b"x" * (5 << 20), **let_in)[0] == 400


def test_given_texts_are_scored_together_as_alone_and_one_that_cannot_be_takes_no_other_along(
    smollm2_runtime: TorchRuntime,
) -> None:
    texts = ["The capital of France is Paris.", "Two and two make four.", "Yes"]
    body = {"max_tokens": 1, "logprobs": 1, "echo": True, "temperature": 0}
    with served(smollm2_runtime) as url:
        rows = ask(url, "/completions", {**body, "prompt": texts})[1]["choices"]
        assert [row["text"].startswith(text) for row, text in zip(rows, texts, strict=True)] == [True] * 3
        alone = [ask(url, "/completions", {**body, "prompt": text})[1]["choices"][0] for text in texts]
        for one, other in zip(rows, alone, strict=True):
            assert one["logprobs"]["tokens"] == other["logprobs"]["tokens"]
            assert one["logprobs"]["token_logprobs"][0] is None
            values = other["logprobs"]["token_logprobs"][1:]
            assert one["logprobs"]["token_logprobs"][1:] == pytest.approx(values, abs=1e-3)
        long = "no end " * 9_000
        with ThreadPoolExecutor() as pool:
            asked = [pool.submit(ask, url, "/completions", {**body, "prompt": text}) for text in (texts[0], long)]
            (status, _), (refused, said) = (row.result() for row in asked)
        assert (status, refused) == (200, 400) and "longer than the model's context" in said["error"]["message"]
