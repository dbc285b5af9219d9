"""The runtime on torch: scores equal to a direct computation, for a small hub model and for the real GGUF."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from assay import uncertainty  # noqa: E402 - what runs needs torch
from assay.errors import UsageError  # noqa: E402
from assay.facts.uncertainty import Capability  # noqa: E402
from assay.runtime import ALTERNATIVES, Answer, _batches, _replay, scored  # noqa: E402
from assay.runtime._batches import grouped  # noqa: E402
from assay.runtime._network import Network, reached  # noqa: E402
from assay.runtime._numbers import Numbers  # noqa: E402
from assay.runtime._replay import Replay  # noqa: E402
from assay.runtime.opening import torch_runtime  # noqa: E402
from assay.runtime.torch_ import TorchRuntime  # noqa: E402
from assay.uncertainty.scoring import answer  # noqa: E402
from tests.builders.hub import hub_model  # noqa: E402

TEXTS = (
    "The capital of France is Paris, and 1823 was a year.",
    "naïve café – 日本語 🙂",
    "def f(x):\n    return x + 1\n",
    "  spaces   and\ttabs",
)


@pytest.fixture(scope="session")
def runtime(smollm2_runtime: TorchRuntime) -> TorchRuntime:
    return smollm2_runtime


@pytest.fixture(scope="session")
def small(runtime: TorchRuntime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 as a folder of the hub: safetensors, config.json and tokenizer.json, written by transformers."""
    folder = tmp_path_factory.mktemp("hub")
    runtime._network.save_pretrained(folder)
    runtime._tokens.save(str(folder / "tokenizer.json"))
    return folder


def direct(runtime: TorchRuntime, prompt: str, text: str) -> Any:
    """The log-probabilities of every token at every place of `text`, from the network's own whole forward pass."""
    before, after, _ = runtime._encoded(prompt, text)
    with torch.inference_mode():
        logits = runtime._network(torch.tensor([before + after])).logits[0]
    return logits[len(before) - 1 : -1].double().log_softmax(-1), after


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("prompt", ["", "A text:"])
def test_scores_are_those_of_the_whole_distribution(runtime: TorchRuntime, prompt: str, text: str) -> None:
    logs, ids = direct(runtime, prompt, text)
    found = runtime.score(prompt, text)
    assert len(found) == len(ids)
    for row, log, id in zip(found, logs, ids, strict=True):
        assert row.logprob == pytest.approx(float(log[id]), abs=2e-4)
        assert row.entropy == pytest.approx(float(-(log.exp() * log).sum()), abs=2e-4)
        assert (
            row.rank is not None and abs(row.rank - int((log > log[id]).sum()) - 1) <= 1
        )  # neighbours may lie closer than rounding
        rest = torch.cat([log[:id], log[id + 1 :]])
        assert row.margin == pytest.approx(float(log[id] - rest.max()), abs=2e-4)
        assert [other.logprob for other in row.alternatives] == pytest.approx(
            rest.topk(ALTERNATIVES).values.tolist(), abs=2e-4
        )
    assert "".join(text[row.start : row.stop] for row in found).replace(" ", "") != "" and found[-1].stop == len(text)


def test_a_gguf_gives_the_scores_that_transformers_gets_from_it(runtime: TorchRuntime, smollm2: Path) -> None:
    """The library's own reader of GGUF as an oracle: its tokenizer, its weights."""
    pytest.importorskip("accelerate")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        smollm2.parent, gguf_file=smollm2.name, dtype=torch.float32
    ).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(smollm2.parent, gguf_file=smollm2.name)
    for text in TEXTS:
        ids = tokenizer(text, add_special_tokens=False).input_ids
        assert ids == runtime._tokens.encode(text, add_special_tokens=False).ids
        with torch.inference_mode():
            logs = model(torch.tensor([[*runtime._start, *ids]])).logits[0, :-1].log_softmax(-1)
        expected = [float(logs[at + len(runtime._start) - 1, id]) for at, id in enumerate(ids)]
        assert [row.logprob for row in runtime.score("", text)] == pytest.approx(expected, abs=2e-4)


def test_the_same_model_from_the_hub_and_from_gguf_says_the_same(runtime: TorchRuntime, small: Path) -> None:
    other = torch_runtime(small)
    for text in TEXTS:
        expected = [row.logprob for row in runtime.score("A text:", text)]
        assert [row.logprob for row in other.score("A text:", text)] == pytest.approx(expected, abs=2e-4)


def test_what_is_generated_scores_the_same_when_it_is_given(runtime: TorchRuntime) -> None:
    prompt = runtime.rendered("What is the capital of France?")
    made = list(runtime.generate(prompt, 16))
    text = "".join(row.text for row in made)
    assert "Paris" in text
    given_ = runtime.score(prompt, text)
    assert [row.logprob for row in made] == pytest.approx([row.logprob for row in given_], abs=2e-4)
    assert [(row.start, row.stop) for row in made] == [(row.start, row.stop) for row in given_]
    assert all(row.rank == 1 for row in made)  # greedy


def test_the_same_seed_draws_the_same(runtime: TorchRuntime) -> None:
    def drawn(seed: int) -> list[str]:
        return [row.text for row in runtime.generate("Once upon a time", 12, 1.0, seed)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_samples_share_the_prompt_and_are_each_their_own(runtime: TorchRuntime) -> None:
    prompt = (
        "Question: What is the capital of France?\nAnswer: Paris\nQuestion: What is the capital of Burundi?\nAnswer:"
    )
    found = runtime.sample(prompt, 5, 12, 1.0, 3, "\n")
    assert found == runtime.sample(prompt, 5, 12, 1.0, 3, "\n") != runtime.sample(prompt, 5, 12, 1.0, 4, "\n")
    assert len(found) == 5 and len({row.text for row in found}) > 1 and not any("\n" in row.text for row in found)
    whole = runtime.sample(prompt, 3, 6, 1.0, 3)
    for row in whole:
        ids = runtime._tokens.encode(row.text, add_special_tokens=False).ids
        if len(ids) == row.tokens == 6:  # the tokens that were drawn are those of the text
            scored = sum(token.logprob for token in runtime.score(prompt, row.text))
            assert row.logprob == pytest.approx(scored, abs=2e-3)
    greedy = runtime.sample(prompt, 2, 6, 0.0, 0)
    assert greedy[0].text == greedy[1].text == "".join(row.text for row in runtime.generate(prompt, 6))
    with pytest.raises(UsageError, match="65 samples: assay takes 1 to 64 at a time"):
        runtime.sample(prompt, 65, 1, 1.0, 0)


COUNTRIES = ("Burundi", "France", "Papua New Guinea", "the Democratic Republic of the Congo", "Chad")
ASKED = tuple(
    f"Question: What is the capital of Spain?\nAnswer: Madrid\nQuestion: What is the capital of {name}?\nAnswer:"
    for name in COUNTRIES
)


@pytest.mark.parametrize("prompts", [ASKED, (*ASKED, "Once", "The sun rises in the"), ASKED[1:2]])
def test_prompts_that_are_asked_side_by_side_are_answered_as_each_alone(
    runtime: TorchRuntime, prompts: tuple[str, ...]
) -> None:
    seen: dict[int, Answer] = {}
    for batch in runtime.batches(prompts):
        seen |= dict(zip(batch, runtime.answers([prompts[at] for at in batch], 6, "\n"), strict=True))
    assert sorted(seen) == list(range(len(prompts)))
    for at, prompt in enumerate(prompts):
        tokens, text = answer(runtime, prompt, 6, stop="\n")
        assert seen[at].text == text
        logprobs = [row.logprob for row in tokens]
        assert [row.logprob for row in seen[at].tokens] == pytest.approx(logprobs, abs=2e-4)
        assert [row.rank for row in seen[at].tokens] == [row.rank for row in tokens]
        found, alone = seen[at].trace, runtime.trace(prompt, text)
        assert found is not None and found.tokens == seen[at].tokens
        assert found.attention == pytest.approx(alone.attention, abs=1e-4)
        assert found.state == pytest.approx(alone.state, abs=1e-2)


def test_a_shared_beginning_is_read_once(runtime: TorchRuntime) -> None:
    assert runtime.batches(ASKED) == (tuple(sorted(range(5), key=lambda at: runtime._started(ASKED[at]))),)
    read: list[int] = []
    handle = runtime._network.register_forward_pre_hook(
        lambda _module, _args, named: read.append(named["input_ids"].numel()), with_kwargs=True
    )
    try:
        runtime.answers(ASKED, 1)
    finally:
        handle.remove()
    lengths = [len(runtime._started(prompt)) for prompt in ASKED]
    assert read[0] >= 20 and sum(read[:2]) < 0.6 * sum(lengths)


def test_texts_that_are_read_side_by_side_score_as_each_alone(runtime: TorchRuntime) -> None:
    pairs = [(ASKED[0], f" {name} is a town.") for name in ("Gitega", "Paris", "Port Moresby")]
    pairs += [("", text) for text in TEXTS] + [("A", ""), (ASKED[1], "\x00"), ("A text:", TEXTS[1])]
    calls: list[None] = []
    found = scored(runtime, pairs, lambda: calls.append(None))
    assert len(calls) == len(pairs)
    for pair, tokens in zip(pairs, found, strict=True):
        if tokens is None:
            with pytest.raises(UsageError):
                runtime.score(*pair)
            continue
        alone = runtime.score(*pair)
        assert [(row.text, row.start, row.stop, row.rank) for row in tokens] == [
            (row.text, row.start, row.stop, row.rank) for row in alone
        ]
        assert [row.logprob for row in tokens] == pytest.approx([row.logprob for row in alone], abs=2e-4)
    assert found[len(pairs) - 3] is None


def test_samples_of_several_prompts_are_those_of_each_alone(runtime: TorchRuntime) -> None:
    found = runtime.samples(ASKED[:3], 4, (6, 3, 8), 1.0, 5, "\n")
    for prompt, most, texts in zip(ASKED, (6, 3, 8), found, strict=False):
        alone = runtime.sample(prompt, 4, most, 1.0, 5, "\n")
        assert [row.text for row in texts] == [row.text for row in alone]
        assert [row.logprob for row in texts] == pytest.approx([row.logprob for row in alone], abs=2e-3)


def test_a_network_that_reads_a_batch_otherwise_is_asked_one_by_one(
    runtime: TorchRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    padded = Network.padded
    wrong = lambda self, rows, before=0: (padded(self, rows, before)[0], None)  # noqa: E731 - padding is attended to
    monkeypatch.setattr(Network, "padded", wrong)
    assert not runtime._is_abreast()
    monkeypatch.setattr(runtime, "_abreast", False)
    assert runtime.batches(ASKED) == ((0,), (1,), (2,), (3,), (4,))


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=40), min_size=1, max_size=40),
    st.integers(1, 8),
    st.integers(1, 200),
)
def test_every_prompt_is_in_one_batch_within_the_limits(rows: list[list[int]], most: int, tokens: int) -> None:
    found = grouped(rows, most, tokens)
    assert sorted(at for batch in found for at in batch) == list(range(len(rows)))
    for batch in found:
        assert len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(len(rows[at]) for at in batch) <= tokens


def test_what_is_seen_inside_is_what_the_library_returns(runtime: TorchRuntime) -> None:
    prompt, text = "A text:", TEXTS[0]
    before, after, _ = runtime._encoded(prompt, text)
    found = runtime.trace(prompt, text)
    assert [row.logprob for row in found.tokens] == [row.logprob for row in runtime.score(prompt, text)]
    network = runtime._network
    try:
        network.set_attn_implementation("eager")
        with torch.inference_mode():
            out = network(input_ids=torch.tensor([before + after]), output_attentions=True, output_hidden_states=True)
    finally:
        network.set_attn_implementation("assay_sdpa")
    at = torch.arange(len(before), len(before) + len(after))
    for row, layer in zip(found.attention, range(10, 20), strict=True):
        assert torch.allclose(torch.tensor(row), out.attentions[layer][0][:, at, at - 1], atol=1e-4)
    assert torch.allclose(torch.tensor(found.state), out.hidden_states[21][0, len(before) - 1], atol=1e-2)
    assert runtime._tracer is not None and runtime._tracer.count == 0


def test_a_network_that_does_not_show_its_attention_is_scored_without(
    runtime: TorchRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_tracer", None)
    assert Capability.TRACE not in runtime.can
    found = uncertainty.score(runtime, "A text:", TEXTS[0])
    assert not any(row.id == "attention.chain" for row in found.scores)
    assert "attention and hidden states: the runtime gives no trace of this text" in found.missing
    with pytest.raises(UsageError, match="not of a kind that assay can trace"):
        runtime.trace("A text:", TEXTS[0])


def test_threads_change_nothing_beyond_rounding(runtime: TorchRuntime) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = [row.logprob for row in runtime.score("", TEXTS[0])]
        torch.set_num_threads(2)
        assert [row.logprob for row in runtime.score("", TEXTS[0])] == pytest.approx(one, abs=1e-4)
    finally:
        torch.set_num_threads(before)


@settings(max_examples=25)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_is_scored_or_refused_in_a_sentence(runtime: TorchRuntime, text: str) -> None:
    try:
        found = runtime.score("", text)
    except UsageError as refused:
        assert "does not give this text back" in str(refused)
        return
    assert found[0].start == 0 and found[-1].stop == len(text)
    assert all(row.logprob <= 0 and row.rank is not None and row.rank >= 1 for row in found)


@pytest.mark.parametrize(
    ("prompt", "text", "said"),
    [
        ("x", "", "there is no text to score"),
        ("a " * 9000, "b", "tokens, and the model's context 8,192"),
        ("a", "b " * 9000, "tokens, and the model's context 8,192"),
        ("a", "b" * (1 << 21), "longer than assay gives to a model"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(runtime: TorchRuntime, prompt: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        runtime.score(prompt, text)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def process_wide() -> dict[str, object]:
    """What other code in this process would notice."""
    return {
        "environment": dict(os.environ),
        "threads": torch.get_num_threads(),
        "type of numbers": torch.get_default_dtype(),
        "random numbers": torch.get_rng_state().tolist(),
        "gradients": torch.is_grad_enabled(),
        "modules": torch.nn.Module.register_parameter,
        "verbosity": transformers.utils.logging.get_verbosity(),
    }


def test_opening_and_running_leaves_the_process_as_it_was(small: Path) -> None:
    """Several audits may run in one process, each on a thread: what one sets, another would find."""
    before = process_wide()
    runtime = uncertainty.open(small)
    uncertainty.generated(runtime, "A text:", most=4, draw=uncertainty.Draw(2))
    assert process_wide() == before


def test_networks_that_are_built_at_the_same_time_do_not_disturb_each_other(small: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(torch_runtime, (small, small))
    assert one.score("A text:", TEXTS[0]) == other.score("A text:", TEXTS[0])
    assert not torch.nn.Linear(2, 2).weight.is_meta


def test_what_it_can_do_is_said(runtime: TorchRuntime) -> None:
    assert runtime.can == frozenset(Capability)
    assert runtime.sha256 and runtime.name.startswith("transformers ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda config: config.update(auto_map={"AutoModel": "modeling_x.Net"}),
            "asks for code of the model (modeling_x.Net); assay runs no code of a model",
        ),
        (lambda config: config.update(model_type="made-up"), "transformers does not build 'made-up'"),
        (lambda config: config.update(num_hidden_layers=3), "weights and network do not fit: 9 missing"),
        (lambda config: config.update(hidden_size=64), "and the configuration makes it"),
        (
            lambda config: config.update(num_hidden_layers=10**9),
            "num_hidden_layers is 1,000,000,000, and the weights have 20 tensors in all",
        ),
        (lambda config: config.update(num_local_experts=10**9), "num_local_experts is 1,000,000,000"),
        (lambda config: config.update(quantization_config={"quant_method": "gptq"}), "the weights are packed (gptq)"),
    ],
    ids=[
        "remote code",
        "unknown family",
        "layers missing",
        "other shapes",
        "a billion layers",
        "a billion experts",
        "packed",
    ],
)
def test_a_model_that_cannot_be_run_says_why(change: Any, said: str, tmp_path: Path) -> None:
    config = json.loads((hub_model(tmp_path / "m") / "config.json").read_text())
    change(config)
    (tmp_path / "m" / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError) as refused:
        uncertainty.open(tmp_path / "m", isolation=False)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("family", ["gpt2", "gemma2", "cohere", "granite"])
def test_networks_that_scale_or_cap_their_logits_are_scored_as_they_are(
    family: str, tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small random networks of other families: their scores are noise, and must be the noise the network computes."""
    import shutil

    from assay.runtime import torch_

    monkeypatch.setattr(torch_, "_LEAST", -1000.0)
    sizes = (
        {"n_embd": 64, "n_layer": 2, "n_head": 4}
        if family == "gpt2"
        else {
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 96,
            "head_dim": 16,
        }
    )
    more = {"logits_scaling": 8.0} if family == "granite" else {}
    config = transformers.AutoConfig.for_model(
        family, **more, vocab_size=49_152, bos_token_id=1, eos_token_id=2, pad_token_id=0, **sizes
    )
    torch.manual_seed(3)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    shutil.copy(small / "tokenizer.json", tmp_path / "tokenizer.json")
    found = torch_runtime(tmp_path)
    assert found._split is (family == "gpt2")
    with monkeypatch.context() as patch:  # one text too long for such a network does not end the others
        patch.setattr(torch_, "MOST_WHOLE", 8)
        read = scored(found, [("A text:", text) for text in (" one", " one" * 20, " two")])
        assert [row is None for row in read] == [False, not found._split, False]
    logs, ids = direct(found, "A text:", TEXTS[0])
    assert [row.logprob for row in found.score("A text:", TEXTS[0])] == pytest.approx(
        [float(log[id]) for log, id in zip(logs, ids, strict=True)], abs=2e-4
    )
    made = list(found.generate("A text:", 4))
    assert all(row.rank == 1 for row in made)
    prompts = ("A text:", TEXTS[0], f"{TEXTS[0]} {TEXTS[0]}")
    alone = [tuple(found.generate(prompt, 4)) for prompt in prompts]
    for batch in found.batches(prompts):
        for at, written in zip(batch, found.answers([prompts[at] for at in batch], 4), strict=True):
            assert [row.text for row in written.tokens] == [row.text for row in alone[at]]


def test_a_tokenizer_that_begins_each_text_with_a_mark_does_so_here(
    runtime: TorchRuntime, small: Path, tmp_path: Path
) -> None:
    import shutil

    from tokenizers import Tokenizer, processors

    folder = tmp_path / "marked"
    shutil.copytree(small, folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    mark = "<|im_start|>"
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{mark} $A", special_tokens=[(mark, 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    found = torch_runtime(folder)
    expected = [row.logprob for row in runtime.score(f"{mark}A text:", TEXTS[0])]
    assert [row.logprob for row in found.score("A text:", TEXTS[0])] == pytest.approx(expected, abs=2e-4)
    assert [row.logprob for row in found.score(f"{mark}A text:", TEXTS[0])] == pytest.approx(expected, abs=2e-4)  # once


@pytest.mark.parametrize(("begin", "end"), [("x", "y"), (10**9, [10**9, True, None]), (-1, {}), (1, [2, 0])])
def test_marks_that_the_configuration_makes_up_are_left_alone(
    begin: Any, end: Any, small: Path, tmp_path: Path
) -> None:
    from assay import weights
    from assay.runtime._tokens import control

    first, ends = control(weights.open(small), {"bos_token_id": begin, "eos_token_id": end}, 49_152)
    assert all(0 <= id < 49_152 for id in (*first, *ends)) and (begin != 1 or first == (1,)) and 2 in ends


def test_weights_of_noise_do_not_pass_the_check(small: Path, tmp_path: Path) -> None:
    """The same network and tokenizer with other weights: it would run, and its scores would mean nothing."""
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "noise"
    shutil.copytree(small, folder)
    state = load_file(folder / "model.safetensors")
    generator = torch.Generator().manual_seed(1)
    save_file(
        {name: torch.randn(value.shape, generator=generator) * 0.5 for name, value in state.items()},
        folder / "model.safetensors",
    )
    with pytest.raises(UsageError, match="finds plain English as unlikely as noise"):
        torch_runtime(folder)


def test_running_a_model_leaves_the_hub_as_it_was(runtime: TorchRuntime) -> None:
    """Whoever runs a model and then audits one from a hub in the same process must still reach it."""
    import os

    assert runtime.can and not {"TRANSFORMERS_OFFLINE", "HF_HUB_OFFLINE"} & set(os.environ)


def test_the_same_model_in_a_folder_says_what_its_gguf_says(runtime: TorchRuntime, smollm2_safetensors: Path) -> None:
    """llama.cpp orders rows of queries and keys anew, and names what turns them otherwise."""
    folder = torch_runtime(smollm2_safetensors, isolation=False)
    pair = ("The capital of France is", " Paris, a city on the Seine.")
    rows = zip(folder.score(*pair), runtime.score(*pair), strict=True)
    assert max(abs(one.logprob - other.logprob) for one, other in rows) < 0.02  # values of 16 bits


def test_a_model_that_does_not_fit_into_memory_is_one_sentence() -> None:
    from assay.runtime import _memory

    with pytest.raises(UsageError, match="huge takes 2000 GB as bfloat16, and this machine has"):
        _memory.fitting(torch, "huge", "cpu", {"float32": 4 * 10**12, "bfloat16": 2 * 10**12})
    assert _memory.fitting(torch, "small", "cpu", {"float32": 4 * 10**6, "bfloat16": 2 * 10**6}) == "float32"
    assert _memory.fitting(torch, "large", "cpu", {"float32": 4 * 10**12, "bfloat16": 2 * 10**6}) == "bfloat16"
    with pytest.raises(UsageError, match="memory, of which other models take 9000; ask it behind an endpoint"):
        _memory.fitting(torch, "second", "cpu", {"float32": 4 * 10**6}, taken=9 * 10**12)
    with (
        pytest.raises(
            UsageError, match="m: there is not enough memory for this: free some of it, or give a shorter text"
        ),
        _memory.enough("m"),
    ):
        torch.empty(1 << 50)
    with pytest.raises(RuntimeError, match="another"), _memory.enough("m"):
        raise RuntimeError("another thing")


def test_what_memory_does_not_hold_side_by_side_is_read_by_halves() -> None:
    from assay.runtime import _memory

    sizes = []

    def work(rows: Sequence[int], most: int = 3) -> list[int]:
        sizes.append(len(rows))
        torch.empty(1 << 50 if len(rows) > most else 1)
        return [row * row for row in rows]

    assert _memory.abreast(torch, "m", range(10), work) == tuple(at * at for at in range(10))
    assert sizes == [10, 5, 2, 3, 5, 2, 3]
    with pytest.raises(UsageError, match="m: there is not enough memory for this: free some"):
        _memory.abreast(torch, "m", range(4), lambda rows: work(rows, most=0))


@pytest.mark.parametrize("rows", [1, 3])
def test_a_cache_of_fixed_size_gives_the_same_distributions(runtime: TorchRuntime, rows: int) -> None:
    """The steps that a GPU records, here taken one by one."""
    ids = runtime._started(ASKED[0])
    with torch.inference_mode():
        found = _replay.made(runtime._steps, rows, _replay.room(len(ids)), ids)
        assert found.agrees and found.room == 256
        assert _replay.agree(found, runtime._steps, [ids[3:9]] * rows, ids[9:])  # from the beginning once more
        with pytest.MonkeyPatch.context() as patch:  # a step that forgets where it is
            right = Replay._next
            patch.setattr(Replay, "_next", lambda self: (self._slot.zero_(), right(self))[1])
            assert not _replay.made(runtime._steps, rows, 256, ids).agrees


def test_steps_in_a_cache_of_fixed_size_draw_the_same(runtime: TorchRuntime) -> None:
    prompts = [runtime._started(prompt) for prompt in ASKED[:3]]
    with torch.inference_mode():
        found = _replay.made(runtime._steps, 12, 256, prompts[0])
        asked = (runtime._steps, found, prompts, 4, (6, 3, 8), 1.0, 5, "\n")
        drawn = [[row.text for row in texts] for texts in _batches.samples(*asked)]
    assert drawn == [[row.text for row in texts] for texts in runtime.samples(ASKED[:3], 4, (6, 3, 8), 1.0, 5, "\n")]


def test_the_inverse_of_the_distribution_function_draws_from_it() -> None:
    """How a GPU draws: by one uniform number a row."""
    shares = torch.tensor([[0.0, 0.5, 0.0, 0.3, 0.2, 0.0]])
    at = torch.arange(0, 1, 1 / 1000, dtype=torch.float64)[:, None]
    drawn = reached(torch, shares.expand(len(at), -1), at).bincount(minlength=6)
    assert drawn.tolist() == pytest.approx([0, 500, 0, 300, 200, 0], abs=1)
    assert reached(torch, shares, torch.tensor([[1 - 2**-53]], dtype=torch.float64)).tolist() == [4]


def test_a_window_of_attention_is_not_recorded(runtime: TorchRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime._network.config, "sliding_window", 64, raising=False)
    monkeypatch.setattr(runtime._network.config, "layer_types", ["sliding_attention"] * 30, raising=False)
    assert not _replay.made(runtime._steps, 1, 256, runtime._started(ASKED[0])).agrees


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_sixteen_bits_run_as_they_are_stored(runtime: TorchRuntime, small: Path, tmp_path: Path, kind: str) -> None:
    network = transformers.AutoModelForCausalLM.from_pretrained(small, dtype=getattr(torch, kind))
    network.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((small / "tokenizer.json").read_bytes())
    found = torch_runtime(tmp_path, numbers=Numbers(kind, "cpu"))
    assert kind in found.name and found._tracer is not None and found._abreast
    stored = dict(network.state_dict())
    assert all(torch.equal(value, stored[name]) for name, value in found._network.state_dict().items())
    exact = [row.logprob for row in runtime.score("A text:", TEXTS[0])]
    assert [row.logprob for row in found.score("A text:", TEXTS[0])] == pytest.approx(exact, abs=0.3)
    assert torch_runtime(tmp_path).name.endswith("float32, cpu")  # as fast, and closer to the file


def test_no_weights_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# nothing\n")
    with pytest.raises(UsageError, match="no weights in"):
        uncertainty.open(tmp_path, isolation=False)
