"""Endpoints: what a server can do is found out by asking, and every way in which servers fail is one sentence."""

from __future__ import annotations

import socket
import socketserver
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import uncertainty
from assay.errors import UsageError
from assay.facts.uncertainty import Capability
from assay.network import Cut
from assay.network.server import Server as Network
from assay.network.server import Unreached
from assay.runtime import _answers
from assay.runtime.endpoint import Endpoint
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import calibration, questions
from tests.builders.background import running
from tests.builders.command import run
from tests.builders.decoders import decoder
from tests.builders.openai_server import Server, serving
from tests.builders.questions import relation
from tests.builders.runtimes import Speaker

ALL = {Capability.SCORE, Capability.GENERATE, Capability.ALTERNATIVES, Capability.CHAT, Capability.SAMPLE}


@pytest.fixture
def speaker() -> Iterator[Server]:
    with serving(Speaker()) as server:
        yield server


@pytest.mark.parametrize(
    ("faults", "lacking", "ways"),
    [
        ((), set(), "completions, chat; log-probabilities, of given texts too"),
        (("content form",), set(), "completions, chat; log-probabilities, of given texts too"),
        (("no chat",), {Capability.CHAT}, "completions; log-probabilities, of given texts too"),
        (("no echo",), {Capability.SCORE}, "completions, chat; log-probabilities"),
        (("lies about echo",), {Capability.SCORE}, "completions, chat; log-probabilities"),
        (("flat echo",), {Capability.SCORE}, "completions, chat; log-probabilities"),
        (("chat only",), {Capability.SCORE, Capability.ALTERNATIVES}, "chat; log-probabilities"),
        (("chat only", "strips"), {Capability.SCORE, Capability.ALTERNATIVES}, "chat; log-probabilities"),
        (("chat only", "renamed"), {Capability.SCORE, Capability.ALTERNATIVES}, "chat; log-probabilities"),
        (
            ("no logprobs",),
            {Capability.SCORE, Capability.ALTERNATIVES, Capability.GENERATE},
            "completions, chat; no log-probabilities",
        ),
        (("busy",), set(), "completions, chat; log-probabilities, of given texts too"),
        (("fails at echo",), {Capability.SCORE}, "completions, chat; log-probabilities"),
        (("hangs up at echo",), {Capability.SCORE}, "completions, chat; log-probabilities"),
    ],
)
def test_what_a_server_can_do_is_found_out_by_asking(
    faults: tuple[str, ...], lacking: set[Capability], ways: str
) -> None:
    with serving(Speaker(), *faults) as server:
        found = Endpoint(server.reference)
        assert found.can == ALL - lacking
        assert found.name == f"OpenAI-compatible endpoint ({ways})"
        assert found.model == f"smol at 127.0.0.1:{server.server_port}" and found.sha256 == ""


def test_scores_are_those_of_the_server(speaker: Server) -> None:
    found = Endpoint(speaker.reference)
    rows = found.score("The sun rises", " in the west")
    assert [(row.text, row.start, row.stop, row.logprob) for row in rows] == [
        (" in", 0, 3, -1.0),
        (" the", 3, 7, -1.0),
        (" west", 7, 12, -1.0),
    ]
    assert all(row.entropy is None and row.rank == 1 and row.margin == 1.0 for row in rows)
    made = list(found.generate("The capital of France is", 2))
    assert [(row.text, row.logprob) for row in made] == [(" Paris", -0.1), ("\n", -0.1)]
    scored = uncertainty.score(found, "The sun rises", " in the west")
    assert "entropy and rank: the runtime does not give the whole distribution" in scored.missing
    with pytest.raises(UsageError, match="gives no log-probability for 'The'"):
        found.score("", "The sun")


def test_samples_are_asked_for_until_there_are_enough() -> None:
    with serving(Speaker(), "one at a time") as server:
        found = Endpoint(server.reference)
        before = len(server.requests)
        drawn = found.sample("Where is it?", 4, 4, 0.7, 0, "\n")
        assert len(server.requests) - before == 4
        assert [row.text for row in drawn] == [" Atlantis", " Berlin", " Atlantis", " Berlin"]
        assert all(row.logprob == pytest.approx(-6.0) for row in drawn)


def test_a_server_that_refuses_several_answers_is_asked_for_one_at_a_time() -> None:
    with serving(Speaker(), "one answer") as server:
        found = Endpoint(server.reference)
        before = len(server.requests)
        drawn = found.sample("Where is it?", 4, 4, 0.7, 0, "\n")
        assert [row.text for row in drawn] == [" Atlantis", " Berlin", " Atlantis", " Berlin"]
        assert [body.get("n") for _, body, _ in server.requests[before:]] == [4, None, None, None, None]
        found.sample("Where is it?", 2, 4, 0.7, 0, "\n")
        assert all("n" not in body for _, body, _ in server.requests[before + 5 :])  # it is not tried again


def test_what_a_server_refuses_to_be_told_is_left_out() -> None:
    with serving(Speaker(), "plain", "chat only") as server:
        found = Endpoint(server.reference)
        assert found.name == "OpenAI-compatible endpoint (chat; no log-probabilities; takes no seed)"
        before = len(server.requests)
        assert found.sample(found.rendered("The capital of France is"), 1, 4, 0.0, 0, "\n")[0].text == " Paris"
        (_, body, _) = server.requests[before]
        assert not {"seed", "logprobs", "top_logprobs"} & set(body) and body["temperature"] == 0.0


def test_what_a_server_refuses_when_it_samples_is_not_heeded() -> None:
    with serving(Speaker(), "plain", "no chat") as server:
        found = Endpoint(server.reference)
        assert found.name == "OpenAI-compatible endpoint (completions; no log-probabilities)"
        assert found.unheeded(0) == {"seed"}
        assert found.name == "OpenAI-compatible endpoint (completions; no log-probabilities; does not heed seed)"


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/models", "/v1/chat/completions", "/v1/completions"])
def test_the_api_is_found_wherever_an_address_stops(speaker: Server, end: str) -> None:
    found = Endpoint(f"openai+http://127.0.0.1:{speaker.server_port}{end}")
    assert found.can == ALL and {path for path, _, _ in speaker.requests} == {"/v1/completions", "/v1/chat/completions"}


def test_a_model_that_the_server_has_not_is_not_taken_for_another() -> None:
    with serving(Speaker(), "any name") as server:
        with pytest.raises(UsageError, match="has no model 'other' and would answer to any name: it has smol; give"):
            Endpoint(f"{server.reference}#other")
        assert Endpoint(f"{server.reference}#smol").can == ALL


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("http://127.0.0.1:8080/v1", "give openai+http://127.0.0.1:8080/v1 for a model behind a server"),
        ("https://api.example.com/v1", "give openai+https://api.example.com/v1 for a model behind a server"),
        ("https://api.anthropic.com", "give anthropic+https://api.anthropic.com for a model behind a server"),
        ("localhost:8080", "a model behind a server is openai+http://localhost:8080"),
        ("127.0.0.1:8080/v1", "a model behind a server is openai+http://127.0.0.1:8080/v1"),
    ],
)
def test_an_address_alone_is_told_how_it_is_written(typed: str, said: str) -> None:
    for command in (("score", typed, "--prompt", "a"), ("audit", typed)):
        done = run(*command)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said in done.stderr


def test_several_are_asked_at_a_time() -> None:
    with serving(Speaker()) as server:
        found = Endpoint(server.reference)
        prompts = [f"The capital of {name} is" for name in ("France", "Atlantis", "Italy") * 6]
        assert [row.text for row in found.answers(prompts, 4, "\n")] == [
            "".join(token.text for token in found.generate(prompt, 1)) for prompt in prompts
        ]
        pairs = [(prompt, " Paris") for prompt in prompts]
        assert [row for _, row in sorted(found.scores(pairs))] == [found.score(*pair) for pair in pairs]
        drawn = found.samples(prompts[:3], 2, (4, 4, 4), 0.7, 0, "\n")
        assert [[row.text for row in rows] for rows in drawn] == [
            [row.text for row in found.sample(prompt, 2, 4, 0.7, 0, "\n")] for prompt in prompts[:3]
        ]
        assert sorted(at for batch in found.batches(prompts) for at in batch) == list(range(len(prompts)))


def test_an_error_ends_what_is_asked_beside_it() -> None:
    with serving(Speaker(), "drops later") as server:
        found = Endpoint(server.reference)
        with pytest.raises(UsageError, match="gave no log-probabilities that fit its answer"):
            found.answers(["The capital of France is"] * 200, 4)
        assert len(server.requests) < 100


def test_what_waits_to_ask_again_ends_with_the_command(tmp_path: Path) -> None:
    with serving(Speaker(), "rests later") as server:
        began = time.monotonic()
        done = run("calibrate", f"{server.reference}#smol", "--pack", str(relation(tmp_path / "r.json")), "-q")
    assert done.returncode == 2 and "answered 401: the key has run out" in done.stderr
    assert time.monotonic() - began < 90  # three of four requests were told to rest for 100 s


def test_a_server_can_be_asked_again_after_an_error() -> None:
    with serving(Speaker()) as server:
        found = Endpoint(server.reference)

        def call(prompt: str) -> str:
            if prompt == "none":
                raise UsageError("none")
            return found.sample(prompt, 1, 4, 0.0, 0, "\n")[0].text

        with pytest.raises(UsageError, match="none"):
            found._abreast.all(call, ["The capital of France is"] * 40 + ["none"] + ["The capital of France is"] * 40)
        assert found.sample("The capital of France is", 1, 4, 0.0, 0, "\n")[0].text == " Paris"


def test_a_server_that_goes_away_is_no_text_that_cannot_be_scored() -> None:
    with serving(Speaker()) as server:
        found = Endpoint(server.reference, read=5)
        assert found.score("The sun", " rises")
    server.server_close()
    with pytest.raises(UsageError, match="is it running"):
        list(found.scores([("The sun", " rises")] * 3))


def test_a_message_goes_as_a_message(speaker: Server) -> None:
    found = Endpoint(speaker.reference)
    prompt = found.rendered("The capital of France is", "Be brief.")
    assert (
        prompt
        == '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "The capital of France is"}]'
    )
    assert next(found.generate(prompt, 4)).text == " Paris"
    path, body, _ = speaker.requests[-1]
    assert path == "/v1/chat/completions" and [row["role"] for row in body["messages"]] == ["system", "user"]
    with pytest.raises(UsageError, match="scores no text after a conversation"):
        found.score(prompt, " Paris")


def test_words_alone_are_compared_with_one_another() -> None:
    with serving(Speaker(), "no logprobs") as server:
        found = Endpoint(server.reference)
        with pytest.raises(UsageError, match="or --samples K to compare answers"):
            uncertainty.generated(found, "The capital of Atlantis is")
        scored = uncertainty.generated(found, "The capital of Atlantis is", 1, draw=uncertainty.Draw(4))
        assert scored.text == " Atlantis" and not scored.tokens
        assert {row.id: row.value for row in scored.scores} == {
            "samples.apart": 0.5,
            "meaning.entropy": pytest.approx(0.6931, abs=1e-4),
        }
        assert "how likely each token is: the runtime gives words and no log-probabilities" in scored.missing


@pytest.mark.parametrize(
    ("fault", "said", "entropy"),
    [
        ("own temperature", "does not heed temperature, seed", False),
        ("own seed", "does not heed seed", True),
        ("", "of given texts too", True),
    ],
)
def test_a_server_that_does_not_heed_temperature_or_seed_is_said_so(
    tmp_path: Path, fault: str, said: str, entropy: bool
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from assay.runtime.opening import torch_runtime

    with serving(torch_runtime(decoder(tmp_path / "m", "llama")), *filter(None, [fault])) as server:
        found = Endpoint(server.reference)
        prompt = "The capital of Peru is"
        scored = uncertainty.generated(found, prompt, 4, draw=uncertainty.Draw(2))
    assert scored.runtime.endswith(f"{said})") and len(scored.samples) == 2
    names = {row.id for row in scored.scores}
    assert "samples.apart" in names and {"meaning.entropy", "samples.entropy"} <= names if entropy else True
    assert entropy or not any(name in ("meaning.entropy", "samples.entropy") for name in names)
    own = "the entropy of other answers: smol at 127.0.0.1"
    assert any(row.startswith(own) for row in scored.missing) is not entropy
    assert any("again: smol at" in row for row in scored.missing) is bool(fault)


def test_a_model_behind_an_endpoint_is_calibrated(speaker: Server, tmp_path: Path) -> None:
    pack = relation(tmp_path / "r.json")
    done = run(
        "calibrate",
        f"{speaker.reference}#smol",
        "--pack",
        str(pack),
        "-q",
        "-o",
        "text",
        "-o",
        f"json={tmp_path / 'c.json'}",
    )
    assert done.returncode == 0, done.stderr
    assert "smol at 127.0.0.1" in done.stdout and "*sequence" in done.stdout and "entropy" not in done.stdout
    known = calibration.load(tmp_path / "c.json")
    assert known.sha256 == "" and 0 < known.errors < known.count
    scored = run(
        "score",
        speaker.reference,
        "--prompt",
        "The capital of France is",
        "--text",
        " Paris",
        "--calibration",
        str(tmp_path / "c.json"),
    )
    assert scored.returncode == 0, scored.stderr
    assert "Of answers with this sequence score" in " ".join(scored.stdout.split())
    with serving(Speaker()) as other, pytest.raises(UsageError, match="the calibration is of smol at"):
        uncertainty.score(Endpoint(other.reference), "The sun", " rises", known)


def test_a_server_of_words_is_calibrated_by_its_samples(tmp_path: Path) -> None:
    pack = questions.load([relation(tmp_path / "r.json")])
    with serving(Speaker(), "no logprobs") as server:
        found = Endpoint(server.reference)
        with pytest.raises(
            UsageError, match="its answers can only be compared with one another; ask for some, with --samples 5"
        ):
            calibration.asked(found, pack)
        draw = uncertainty.Draw(4)
        known = calibration.calibration(found, pack, calibration.asked(found, pack, draw=draw), draw=draw)
    assert known.score == "samples.apart" and known.worth[0].auroc == 1.0


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (("html",), "answered with something that is not JSON: b'<html>It works!</html>'"),
        (("huge",), "answered with more than 32 MiB"),
        (("deep",), "answered with something that is not JSON"),
        (("no choices",), "answered without a choice: it does not speak the OpenAI API"),
        (("chat only", "no chat"), "answers neither completions nor chat"),
        (("unauthorised",), "answered 401: no key"),
        (("slow",), "did not answer within 0.5 s"),
        (("two models",), "has 2 models (smol, other): name one with #model"),
        (("no list",), "lists no models: name one with #model"),
        (("limits echo",), "answered 429: slow down; it answered so 4 times"),
        (("goes down at echo",), "answered 503: no backend; it answered so 4 times"),
        (("limited",), "answered 429 and asks for 3,600 s of rest: try again then"),
    ],
)
def test_a_server_that_fails_is_one_sentence(faults: tuple[str, ...], said: str) -> None:
    with serving(Speaker(), *faults) as server, pytest.raises(UsageError) as refused:
        Endpoint(server.reference, read=0.5 if "slow" in faults else 10)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        reference = f"openai+http://127.0.0.1:{free.getsockname()[1]}/v1#m"
    done = run("score", reference, "--prompt", "a", "--text", "b")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "is it running?" in done.stderr
    for wrong in ("openai+ftp://x/v1", "openai+http://", "openai+http://a b/v1"):
        with pytest.raises(UsageError, match="is no endpoint: expected openai"):
            Endpoint(wrong)
    with serving(Speaker()) as server, pytest.raises(UsageError, match="has no model 'other'"):
        Endpoint(f"{server.reference}#other")


def test_log_probabilities_that_stop_coming_are_missed(tmp_path: Path) -> None:
    pack, keep = questions.load([relation(tmp_path / "r.json")]), tmp_path / "keep.jsonl"
    with serving(Speaker(), "drops later") as server:
        found = Endpoint(server.reference)
        with pytest.raises(UsageError, match="gave no log-probabilities that fit its answer"):
            calibration.asked(found, pack, keep)
        assert keep.read_text().count("\n") >= 1  # what was answered before is kept


def test_only_the_key_that_is_meant_for_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "for somebody else")
    with serving(Speaker()) as server:
        Endpoint(server.reference)
        assert {row[2] for row in server.requests} == {""}
        monkeypatch.setenv("ASSAY_API_KEY", "sesame")
        Endpoint(server.reference)
        assert server.requests[-1][2] == "Bearer sesame"


KEYS = (
    "choices",
    "text",
    "message",
    "content",
    "logprobs",
    "tokens",
    "token_logprobs",
    "top_logprobs",
    "token",
    "bytes",
    "logprob",
    "finish_reason",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=6) | st.integers(-300, 300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=1000)
@given(JSON)
def test_any_answer_gives_scores_that_hold_or_none(value: Any) -> None:
    try:
        rows = _answers.choices({"choices": [value]} if not isinstance(value, list) else {"choices": value}, "x")
    except UsageError:
        return
    for row in rows:
        scored = _answers.scored(row.text, row.tokens)
        for token in scored or ():
            assert 0 <= token.start <= token.stop <= len(row.text) and token.logprob <= 0


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.floats(-20, 0)), min_size=1, max_size=8), st.booleans())
def test_tokens_are_placed_where_their_text_is(parts: list[tuple[str, float]], cut: bool) -> None:
    whole = "".join(text for text, _ in parts)
    text = whole.strip() if cut else whole
    tokens = tuple(_answers.Token(part, logprob, ()) for part, logprob in parts)
    scored = _answers.scored(text, tokens)
    assert scored is not None
    if text:
        assert len(scored) == len(parts)
        for row, (part, logprob) in zip(scored, parts, strict=True):
            assert row.logprob == logprob and text[row.start : row.stop] == row.text and row.text in part
        assert "".join(row.text for row in scored) == text


def test_parts_of_characters_are_not_taken_for_one_another() -> None:
    """They are all written alike: what lies before a token in rank is told by numbers or bytes."""
    odd = "\ufffd"
    tops = [{"token": odd, "bytes": [200], "logprob": -0.1}, {"token": odd, "bytes": [195], "logprob": -2.5}]
    content = [
        {"token": odd, "bytes": [195], "logprob": -2.5, "top_logprobs": tops},
        {"token": odd, "bytes": [169], "logprob": -1.0, "top_logprobs": []},
    ]
    (choice,) = _answers.choices({"choices": [{"text": "é", "logprobs": {"content": content}}]}, "x")
    scored = _answers.scored(choice.text, choice.tokens)
    assert scored is not None and [row.logprob for row in scored[0].alternatives] == [-0.1]
    assert scored[0].margin == pytest.approx(-2.4) and scored[0].rank is None


def test_characters_of_several_tokens_are_told_with_their_last() -> None:
    raw = "é".encode()
    content = [
        {"token": "\ufffd", "bytes": [raw[0]], "logprob": -1.0},
        {"token": "\ufffd", "bytes": [raw[1]], "logprob": -2.0},
    ]
    (choice,) = _answers.choices({"choices": [{"text": "é", "logprobs": {"content": content}}]}, "x")
    scored = _answers.scored(choice.text, choice.tokens)
    assert scored is not None and [(row.text, row.start, row.stop, row.logprob) for row in scored] == [
        ("", 0, 0, -1.0),
        ("é", 0, 1, -2.0),
    ]


def test_the_real_model_says_the_same_through_an_endpoint(smollm2_runtime: TorchRuntime) -> None:
    inside = smollm2_runtime
    prompt, text = "Question: What is the capital of France?\nAnswer:", " Paris, which is in Europe."
    with serving(inside) as server:
        found = Endpoint(server.reference)
        assert found.can == ALL
        outside, own = found.score(prompt, text), inside.score(prompt, text)
        assert [row.text for row in outside] == [row.text for row in own]
        assert [row.logprob for row in outside] == pytest.approx([row.logprob for row in own], abs=2e-4)
        made, here = list(found.generate(prompt, 8)), list(inside.generate(prompt, 8))
        assert [row.text for row in made] == [row.text for row in here]
        assert [row.logprob for row in made] == pytest.approx([row.logprob for row in here], abs=2e-4)


def test_a_text_without_any_score_is_shown_all_the_same(tmp_path: Path) -> None:
    """A server of words alone that answers alike whatever it is told: nothing is scored, and nothing breaks."""
    with serving(Speaker(), "no logprobs", "ignores all") as server:
        asked = ("score", server.reference, "--user", "What is the capital of France?", "--most", "8", "--samples", "2")
        done = run(*asked, "-o", f"json={tmp_path / 'a.json'}", "-o", "text", "-o", f"html={tmp_path / 'a.html'}")
    assert done.returncode == 0 and "NOT JUDGED" in done.stdout, done.stderr
    assert run("score", str(tmp_path / "a.json"), "-q").stdout == "no score\n"


LONG = 40  # tokens from which an answer is streamed, and more


@pytest.mark.parametrize("faults", [(), ("content form", "no mark"), ("chat only",)])
def test_a_long_answer_is_streamed_with_the_numbers_of_a_whole_one(
    smollm2_runtime: TorchRuntime, faults: tuple[str, ...]
) -> None:
    prompt = "Once upon a time"
    with serving(smollm2_runtime, *faults) as server:
        streamed = Endpoint(server.reference)
        found = list(streamed.generate(prompt, LONG))
        assert server.requests[-1][1]["stream"] is True and len(found) == LONG
    with serving(smollm2_runtime, *faults, "whole") as server:  # which answers in one piece all the same
        assert list(Endpoint(server.reference).generate(prompt, LONG)) == found
        assert server.requests[-1][1]["stream"] is True
        assert "stream" not in server.requests[-2][1]  # a short one is asked for as a whole


@pytest.mark.parametrize("fault", ["no stream", "odd stream", "stream drops"])
def test_what_cannot_be_streamed_is_asked_for_as_a_whole(fault: str) -> None:
    with serving(Speaker(), fault) as server:
        endpoint = Endpoint(server.reference)
        for _ in range(2):
            found = list(endpoint.generate("The capital of France is", LONG))
            assert [row.text for row in found][:1] == [" Paris"]
        asked = [body.get("stream") for _, body, _ in server.requests[-3:]]
        assert asked == [True, None, None]


@pytest.mark.parametrize(
    ("fault", "said"), [("stream fails", "broke off its answer: out of memory"), ("stream ends", "did not say that it")]
)
def test_a_streamed_answer_that_breaks_off_is_one_sentence(fault: str, said: str) -> None:
    with serving(Speaker(), fault) as server:
        endpoint = Endpoint(server.reference)
        with pytest.raises(UsageError, match=said):
            list(endpoint.generate("The capital of France is", LONG))


@given(
    st.lists(
        st.recursive(
            st.none() | st.text(max_size=3) | st.floats() | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["choices", "delta", "content", "text", "logprobs", "tokens", "token_logprobs", "top_logprobs"]
                    ),
                    inner,
                )
            ),
            max_leaves=8,
        )
    )
)
@settings(max_examples=200, deadline=None)
def test_no_event_of_a_server_is_too_odd(rows: list[Any]) -> None:
    (choice,) = _answers.choices(_answers.joined_events(rows, done=True), "a server")
    _answers.scored(choice.text, choice.tokens)


def closing(asked: list[int], last: bytes) -> socketserver.ThreadingTCPServer:
    """Answers once on each of the first two connections, says `last` when asked again, and closes; then only closes."""
    body = b'{"data": [{"id": "m"}]}'

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address[1])
            if not self.request.recv(65536) or len(asked) > 2:
                return
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            self.request.recv(65536)
            self.request.sendall(last)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # a test that fails shall not wait for a connection that is kept open
    return server


def test_a_connection_that_the_server_closes_as_it_is_asked_again_costs_no_answer() -> None:
    """A server may close what it kept open at any moment; on a new connection that it closes nothing is asked again."""
    asked: list[int] = []
    with running(closing(asked, b"")) as listening:
        server = Network(f"http://127.0.0.1:{listening.server_address[1]}", 5.0)
        assert [server.get("/models")["data"][0]["id"] for _ in range(2)] == ["m", "m"] and len(asked) == 2
        with pytest.raises(Unreached, match="is it running"):
            server.get("/models")
        assert len(asked) == 3, "of the third connection nothing came, and nothing is asked a fourth time"


def test_an_answer_that_breaks_off_is_not_asked_for_again() -> None:
    asked: list[int] = []
    with running(closing(asked, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")) as listening:
        server = Network(f"http://127.0.0.1:{listening.server_address[1]}", 5.0)
        assert server.get("/models")["data"]
        with pytest.raises(Unreached):
            server.get("/models")
        assert len(asked) == 1


def test_a_time_that_is_over_before_there_is_a_connection_ends_it() -> None:
    httpx2 = pytest.importorskip("httpx2")
    cut = Cut()
    cut.end()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(httpx2.TransportError) as found:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with httpx2.Client(timeout=60, trust_env=False) as client:
            client.get(address, extensions={"trace": cut.trace})
    assert not isinstance(found.value, httpx2.TimeoutException)
