"""Parameters against claims, and what the publisher declares: each check on a model with that one defect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.checks import installed
from assay.facts.catalog import kinds
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Kind
from tests.builders import gguf, gguf_model, hub_model, safetensors
from tests.builders.hub import APACHE, CARD, config, tensors, tokenizer
from tests.conftest import messages, of

Audit = Callable[..., Dossier]


def test_every_question_has_three_checks_and_every_need_is_a_fact() -> None:
    by_question = {question: [c for c in installed() if c.rule.question == question] for question in QUESTIONS}
    assert min(map(len, by_question.values())) >= 3
    assert {need.fact for check in installed() for need in check.needs} <= set(kinds())
    assert all(check.rule.why and check.rule.remedy and check.rule.title.endswith("?") for check in installed())


def one_file(tmp_path: Path, name: str, raw: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(raw)
    return path


def test_overlap_is_reported_with_its_size(tmp_path: Path, audit: Audit) -> None:
    path = one_file(tmp_path, "m.gguf", gguf({"a": (0, (16,)), "b": (0, (8,))}, offsets={"a": 0, "b": 32}))
    assert messages(audit(path), "weights.shared-bytes", Kind.FAIL) == ["tensor 'b' starts 32 bytes before 'a' ends"]


def test_a_wide_tensor_is_compared_with_all_that_follow(tmp_path: Path, audit: Audit) -> None:
    path = one_file(
        tmp_path,
        "m.gguf",
        gguf({"wide": (0, (64,)), "b": (0, (8,)), "c": (0, (8,))}, offsets={"wide": 0, "b": 32, "c": 128}),
    )
    assert len(messages(audit(path), "weights.shared-bytes", Kind.FAIL)) == 2


def test_tied_tensors_of_a_checkpoint_may_share(tmp_path: Path, audit: Audit) -> None:
    from tests.builders import torch_zip

    path = one_file(tmp_path, "m.bin", torch_zip({"a": ("FloatStorage", (4,)), "b": ("FloatStorage", (4,))}))
    assert [f.kind for f in of(audit(path), "weights.shared-bytes")] == [Kind.PASS]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            safetensors({"a": ("F32", (4,))}, tail=b"x" * 100),
            "m.safetensors: 100 bytes after the last tensor belong to no tensor",
        ),
        (
            safetensors(header={"a": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}, data=bytes(12)),
            "m.safetensors: 8 bytes before tensor 'a' belong to no tensor",
        ),
        (safetensors({"a": ("F32", (4,))}), None),
    ],
)
def test_bytes_that_no_tensor_owns_are_a_fail(tmp_path: Path, audit: Audit, raw: bytes, message: str | None) -> None:
    said = messages(audit(one_file(tmp_path, "m.safetensors", raw)), "weights.unowned-bytes", Kind.FAIL)
    assert said == ([message] if message else [])


def test_padding_within_the_alignment_is_no_hole(tmp_path: Path, audit: Audit) -> None:
    path = one_file(tmp_path, "m.gguf", gguf({"a": (0, (3,)), "b": (0, (8,))}, tail=bytes(31)))
    assert messages(audit(path), "weights.unowned-bytes", Kind.FAIL) == []


def test_a_file_that_was_cut_off_is_a_fail(tmp_path: Path, audit: Audit) -> None:
    path = one_file(tmp_path, "m.gguf", gguf_model()[:-1000])
    (message,) = messages(audit(path), "weights.out-of-bounds", Kind.FAIL)
    assert "tensors end past the file's" in message


SHARDS = {"a": "model-1.safetensors", "b": "model-2.safetensors"}


@pytest.mark.parametrize(
    ("weight_map", "total", "words"),
    [
        (SHARDS, 32, None),
        (SHARDS, 31, "claims 31 bytes of tensors, the shards hold 32"),
        ({"a": "model-1.safetensors", "b": "../../etc/x.safetensors"}, None, "names a file outside the model"),
        (
            {"a": "model-1.safetensors", "b": "model-3.safetensors"},
            None,
            "names 'model-3.safetensors', which is not there",
        ),
        ({"a": "model-1.safetensors", "z": "model-2.safetensors"}, None, "which it does not hold; the first is 'z'"),
    ],
)
def test_shards_are_compared_with_their_index(
    tmp_path: Path, audit: Audit, weight_map: dict[str, str], total: int | None, words: str | None
) -> None:
    index = {"weight_map": weight_map, **({"metadata": {"total_size": total}} if total else {})}
    model = hub_model(
        tmp_path / "m",
        **{
            "model.safetensors": None,
            "model.safetensors.index.json": json.dumps(index),
            "model-1.safetensors": safetensors({"a": ("F32", (4,))}),
            "model-2.safetensors": safetensors({"b": ("F32", (4,))}),
        },
    )
    said = messages(audit(model), "weights.shard-mismatch", Kind.FAIL)
    assert (not said) if words is None else any(words in message for message in said)


def test_a_tensor_in_two_shards_is_told_with_whether_its_values_differ(tmp_path: Path, audit: Audit) -> None:
    index = {"weight_map": {**SHARDS, "c": "model-1.safetensors"}}
    twice: dict[str, tuple[str, tuple[int, ...]]] = {"b": ("F32", (4,)), "a": ("F32", (4,))}
    files = {
        "model.safetensors": None,
        "model.safetensors.index.json": json.dumps(index),
        "model-1.safetensors": safetensors({"a": ("F32", (4,)), "c": ("F32", (4,))}),
    }
    same = safetensors(twice)
    model = hub_model(tmp_path / "m", **files, **{"model-2.safetensors": same})
    said = messages(audit(model), "weights.shard-mismatch", Kind.FAIL)
    assert "'a' lies in model-1.safetensors and model-2.safetensors, with the same values" in said[-1]
    model = hub_model(tmp_path / "n", **files, **{"model-2.safetensors": same[:-4] + bytes(4)})
    said = messages(audit(model), "weights.shard-mismatch", Kind.FAIL)
    assert "'a' lies in model-1.safetensors and model-2.safetensors, with other values" in said[-1]


TEMPLATE = "{% for m in messages %}\n{{ m.content }}\n{% endfor %}"


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        ({}, Kind.NOT_APPLICABLE, "no two files"),
        ({"chat_template.jinja": TEMPLATE + "\n"}, Kind.PASS, "2 templates are the same"),
        (
            {"chat_template.jinja": TEMPLATE.replace("m.content", "m.content | trim")},
            Kind.REVIEW,
            "chat_template.jinja and tokenizer_config.json hold different templates 'default': 2 lines differ",
        ),
        (
            {"chat_template.json": json.dumps({"chat_template": "You are X.\n" + TEMPLATE})},
            Kind.REVIEW,
            "chat_template.json and tokenizer_config.json hold different templates 'default': 1 line differs",
        ),
    ],
)
def test_two_templates_of_one_name_must_agree(
    tmp_path: Path, audit: Audit, files: dict[str, str], kind: Kind, words: str
) -> None:
    own = json.dumps({"chat_template": TEMPLATE})
    (found,) = of(audit(hub_model(tmp_path / "m", **{"tokenizer_config.json": own, **files})), "template.contradicts")
    assert found.kind is kind and words in found.message, found.message


def with_tensors(tmp_path: Path, changed: dict[str, Any], removed: tuple[str, ...] = (), **config_changes: Any) -> Path:
    rows = {name: row for name, row in {**tensors(), **changed}.items() if name not in removed}
    return hub_model(
        tmp_path / "m", **{"model.safetensors": safetensors(rows), "config.json": json.dumps(config(**config_changes))}
    )


@pytest.mark.parametrize(
    ("changed", "removed", "config_changes", "words"),
    [
        ({}, (), {}, None),
        (
            {},
            ("model.norm.weight",),
            {},
            "1 tensors that the config requires are missing, the first is 'model.norm.weight'",
        ),
        (
            {"model.extra.weight": ("F32", (2,))},
            (),
            {},
            "are not part of a llama model, the first is 'model.extra.weight'",
        ),
        (
            {"model.norm.weight": ("F32", (31,))},
            (),
            {},
            "tensor 'model.norm.weight' has shape [31], the config implies [32]",
        ),
        ({}, (), {"tie_word_embeddings": False}, "missing, the first is 'lm_head.weight'"),
        ({"lm_head.weight": ("F32", (40, 32))}, (), {"tie_word_embeddings": False}, None),
        ({}, (), {"num_hidden_layers": 3}, "9 tensors that the config requires are missing"),
        ({}, (), {"model_type": "qwen2"}, "missing, the first is 'model.layers.0.self_attn.k_proj.bias'"),
    ],
)
def test_tensors_are_compared_with_the_config(
    tmp_path: Path,
    audit: Audit,
    changed: dict[str, Any],
    removed: tuple[str, ...],
    config_changes: dict[str, Any],
    words: str | None,
) -> None:
    said = messages(
        audit(with_tensors(tmp_path, changed, removed, **config_changes)), "weights.not-as-configured", Kind.FAIL
    )
    assert (said == []) if words is None else any(words in message for message in said)


def test_an_unknown_family_is_unknown_and_not_a_fail(tmp_path: Path, audit: Audit) -> None:
    (found,) = of(audit(with_tensors(tmp_path, {}, model_type="retnet")), "weights.not-as-configured")
    assert found.kind is Kind.OPEN
    assert found.message == (
        "config.json: the tensors of a retnet model are not known to assay; safetensors holds 20 by 11 names"
    )
    assert "2 of shape [64, 32]" in {e.seen for e in found.evidence if e.name == "model.layers.*.mlp.up_proj.weight"}


def test_a_config_that_leaves_a_size_out_is_unknown(tmp_path: Path, audit: Audit) -> None:
    (found,) = of(audit(with_tensors(tmp_path, {}, hidden_size=None)), "weights.not-as-configured")
    assert (found.kind, "does not state: " in found.message) == (Kind.OPEN, True)


@pytest.mark.parametrize(
    ("changed", "removed", "config_changes", "words"),
    [
        (
            {f"model.layers.{n}.self_attn.k_proj.weight": ("F32", (32, 32)) for n in (0, 1)},
            (),
            {},
            "2 tensors 'model.layers.*.self_attn.k_proj.weight' have shape [32, 32], the config implies [16, 32] "
            "(num_key_value_heads * head_dim, hidden_size)",
        ),
        (
            {"model.layers.1.mlp.up_proj.weight": ("F32", (32, 64))},
            (),
            {},
            "tensor 'model.layers.1.mlp.up_proj.weight' has shape [32, 64], the config implies [64, 32] "
            "(intermediate_size, hidden_size): as if transposed",
        ),
        (
            {},
            (),
            {"num_hidden_layers": 1},
            "safetensors: 9 tensors are not part of a llama model of 1 layers, "
            "the first is 'model.layers.1.input_layernorm.weight'",
        ),
        (
            {},
            (),
            {"vocab_size": 44},
            "tensor 'model.embed_tokens.weight' has shape [40, 32], the config implies [44, 32] "
            "(vocab_size, hidden_size)",
        ),
    ],
)
def test_what_differs_is_said_once_with_the_numbers_of_the_config(
    tmp_path: Path,
    audit: Audit,
    changed: dict[str, Any],
    removed: tuple[str, ...],
    config_changes: dict[str, Any],
    words: str,
) -> None:
    dossier = audit(with_tensors(tmp_path, changed, removed, **config_changes))
    assert messages(dossier, "weights.not-as-configured", Kind.FAIL) == [words]


def test_names_of_another_writer_and_of_own_code_are_for_review(tmp_path: Path, audit: Audit) -> None:
    fused = {f"model.layers.{n}.self_attn.qkv_proj.weight": ("F32", (64, 32)) for n in (0, 1)}
    apart = tuple(f"model.layers.{n}.self_attn.{p}_proj.weight" for n in (0, 1) for p in "qkv")
    dossier = audit(with_tensors(tmp_path / "fused", fused, apart))
    (said,) = messages(dossier, "weights.not-as-configured", Kind.REVIEW)
    assert "6 tensors of a llama model are not there under the names that it gives them" in said
    assert "model.layers.*.self_attn.qkv_proj.weight" in said and "fills them with random numbers" in said
    assert messages(dossier, "weights.not-as-configured", Kind.FAIL) == []
    own = audit(
        with_tensors(
            tmp_path / "own", {}, ("model.norm.weight",), auto_map={"AutoModelForCausalLM": "modeling_x.XModel"}
        )
    )
    (said,) = messages(own, "weights.not-as-configured", Kind.REVIEW)
    assert said.endswith("the model brings code of its own, which may expect this")


def test_what_loaders_pass_over_and_other_files_beside_them_are_no_differences(tmp_path: Path, audit: Audit) -> None:
    buffers = {
        "model.layers.0.self_attn.rotary_emb.inv_freq": ("F32", (4,)),
        "model.layers.1.self_attn.rotary_emb.inv_freq": ("F32", (4,)),
    }
    model = with_tensors(tmp_path, buffers)
    (model / "consolidated.safetensors").write_bytes(safetensors({"layers.0.attention.wq.weight": ("F32", (32, 32))}))
    assert messages(audit(model), "weights.not-as-configured") == [
        "safetensors: all 22 tensors have the names and shapes that config.json implies"
    ]
    headed = with_tensors(tmp_path / "headed", {"v_head.summary.weight": ("F32", (1, 32))})
    assert messages(audit(headed), "weights.not-as-configured", Kind.INFORMATIONAL) == [
        "safetensors: 1 tensors belong to a head or a part that assay does not know (v_head.summary.weight)"
    ]


def test_the_base_model_alone_and_older_names_of_norms_are_known(tmp_path: Path, audit: Audit) -> None:
    stated = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "vocab_size": 40,
        "max_position_embeddings": 16,
    }
    square, vector = ("F32", (32, 32)), ("F32", (32,))
    layer: dict[str, Any] = {
        f"attention.{name}.{kind}": square if kind == "weight" else vector
        for name in ("self.query", "self.key", "self.value", "output.dense")
        for kind in ("weight", "bias")
    }
    layer |= {
        "attention.output.LayerNorm.gamma": vector,
        "attention.output.LayerNorm.beta": vector,
        "output.LayerNorm.gamma": vector,
        "output.LayerNorm.beta": vector,
        "intermediate.dense.weight": ("F32", (64, 32)),
        "intermediate.dense.bias": ("F32", (64,)),
        "output.dense.weight": ("F32", (32, 64)),
        "output.dense.bias": vector,
    }
    rows: dict[str, Any] = {
        "embeddings.word_embeddings.weight": ("F32", (40, 32)),
        "embeddings.position_embeddings.weight": ("F32", (16, 32)),
        "embeddings.token_type_embeddings.weight": ("F32", (2, 32)),
        "embeddings.LayerNorm.gamma": vector,
        "embeddings.LayerNorm.beta": vector,
        "embeddings.position_ids": ("I64", (1, 16)),
    }
    rows |= {f"encoder.layer.0.{name}": row for name, row in layer.items()}
    model = hub_model(
        tmp_path / "m",
        **{"config.json": json.dumps(stated), "model.safetensors": safetensors(rows), "tokenizer.json": None},
    )
    assert messages(audit(model), "weights.not-as-configured") == [
        "safetensors: all 22 tensors have the names and shapes that config.json implies"
    ]


def test_gguf_names_are_known_too(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(one_file(tmp_path, "m.gguf", gguf_model()))
    assert messages(dossier, "weights.not-as-configured") == [
        "m.gguf: all 20 tensors have the names and shapes that m.gguf implies"
    ]


@pytest.mark.parametrize(
    ("prose", "kind"),
    [
        ("It has 0.0183 million parameters.", None),
        ("18K parameters", None),
        ("It has 21 million parameters.", Kind.FAIL),
        ("no number", Kind.NOT_APPLICABLE),
    ],
)
def test_the_stated_size_is_compared_with_the_count(
    tmp_path: Path, audit: Audit, prose: str, kind: Kind | None
) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"README.md": CARD + prose}))
    kinds_found = {f.kind for f in of(dossier, "weights.count-not-as-claimed")}
    assert kinds_found <= {Kind.PASS, Kind.NOT_APPLICABLE} if kind is None else kinds_found == {kind}


def test_the_stated_dtype_is_compared_with_the_stored(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"config.json": json.dumps(config(torch_dtype="bfloat16"))}))
    assert messages(dossier, "weights.dtype-not-as-claimed", Kind.REVIEW) == [
        "safetensors: 100 % of the parameters are F32, config.json states BF16"
    ]


@pytest.mark.parametrize(
    ("vocab_size", "kind"),
    [(40, Kind.PASS), (39, Kind.FAIL), (50, Kind.FAIL)],
)
def test_vocabulary_config_and_embedding_must_agree(tmp_path: Path, audit: Audit, vocab_size: int, kind: Kind) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"config.json": json.dumps(config(vocab_size=vocab_size))}))
    assert kind in {f.kind for f in of(dossier, "vocabulary.not-as-configured")}


def test_a_tokenizer_larger_than_the_embedding_is_a_fail(tmp_path: Path, audit: Audit) -> None:
    value = tokenizer()
    value["added_tokens"].append({"id": 40, "content": "<more>", "special": True})
    dossier = audit(hub_model(tmp_path / "m", **{"tokenizer.json": json.dumps(value)}))
    assert messages(dossier, "vocabulary.not-as-configured", Kind.FAIL) == [
        "tokenizer.json has 41 entries, config.json states a vocabulary of 40"
    ]


DENYING = """# X

## Training data

The training data is not released.

## Evaluation

Results will not be published.
"""


def test_a_card_that_denies_declares_nothing(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"README.md": DENYING}))
    assert messages(dossier, "data.undeclared", Kind.OPEN) == ["README.md says that the training data is not stated"]
    for check in ("evaluation.undeclared", "limitation.undeclared", "base.undeclared"):
        assert [f.kind for f in of(dossier, check)] == [Kind.OPEN], check
    assert [f.kind for f in of(dossier, "card.missing")] == [Kind.REVIEW]


def test_a_card_that_declares_passes_with_lines(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    (data,) = of(dossier, "data.undeclared")
    assert (data.kind, data.message, [e.line for e in data.evidence]) == (
        Kind.PASS,
        "2 data sets named: org/corpus-one, org/corpus-two",
        [4, 5],
    )
    for check in (
        "evaluation.undeclared",
        "limitation.undeclared",
        "base.undeclared",
        "card.missing",
        "licence.missing",
        "licence.conflict",
        "licence.altered",
    ):
        assert {f.kind for f in of(dossier, check)} == {Kind.PASS}, check


def test_an_adapter_for_another_base_than_the_card_says_is_a_fail(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(
        tmp_path / "m",
        **{"adapter_config.json": json.dumps({"peft_type": "LORA", "base_model_name_or_path": "else/other-7b"})},
    )
    assert messages(audit(model), "base.undeclared", Kind.FAIL) == [
        "the adapter is for 'else/other-7b', the card says 'org/base-7b'"
    ]


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"do_sample": True, "temperature": 1.5, "top_p": 0.9}, Kind.REVIEW),
        ({"do_sample": True}, Kind.REVIEW),
        ({"do_sample": True, "top_k": 40}, Kind.PASS),
        ({}, Kind.PASS),
    ],
)
def test_shipped_sampling_settings_are_judged(
    tmp_path: Path, audit: Audit, settings: dict[str, Any], kind: Kind
) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"generation_config.json": json.dumps(settings)}))
    assert [f.kind for f in of(dossier, "sampling.unbounded")] == [kind]


MIT_TAG = CARD.replace("license: apache-2.0", "license: mit")


@pytest.mark.parametrize(
    ("files", "check", "kind", "words"),
    [
        ({"README.md": MIT_TAG}, "licence.conflict", Kind.FAIL, "tagged mit, the text is Apache-2.0"),
        (
            {"LICENSE": None},
            "licence.missing",
            Kind.REVIEW,
            "licence 'apache-2.0' is claimed, its text is not among the files",
        ),
        ({"LICENSE": None, "README.md": None}, "licence.missing", Kind.OPEN, "no licence is stated"),
        (
            {"LICENSE": "You may look but not touch."},
            "licence.conflict",
            Kind.OPEN,
            "the text of LICENSE is unlike any known licence",
        ),
        (
            {"LICENSE": APACHE.read_text() + "No commercial use. " * 200},
            "licence.altered",
            Kind.REVIEW,
            "LICENSE is Apache-2.0 with 1 passage beside it (600 words)",
        ),
        (
            {"README.md": CARD.replace("apache-2.0", "llama3.1")},
            "licence.restricted",
            Kind.REVIEW,
            "llama3.1: a threshold of users or revenue",
        ),
        (
            {"README.md": CARD.replace("apache-2.0", "cc-by-nc-4.0")},
            "licence.restricted",
            Kind.REVIEW,
            "cc-by-nc-4.0: no commercial use",
        ),
        ({"README.md": None}, "card.missing", Kind.OPEN, "no model card is among the files"),
        (
            {"model.sig": '{"mediaType": "x"}'},
            "signature.unverified",
            Kind.OPEN,
            "model.sig looks like a signature and was not verified",
        ),
    ],
)
def test_licences_cards_and_signatures(
    tmp_path: Path, audit: Audit, files: dict[str, str | None], check: str, kind: Kind, words: str
) -> None:
    said = messages(audit(hub_model(tmp_path / "m", **files)), check, kind)
    assert any(words in message for message in said), said


@pytest.mark.parametrize(
    "targets", [["q_proj", *(f"layer{number}" for number in range(20_001))], ["q_proj", "x" * 300], ["q_proj", ["v"]]]
)
def test_modules_that_were_not_read_are_not_compared(targets: list[object], tmp_path: Path, audit: Audit) -> None:
    """A list that the reader drops must not pass for one that fits the tensors."""
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": "a/b", "r": 4, "target_modules": targets})
    )
    name = "base_model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    weights = safetensors({name.format("A"): ("F32", (4, 8)), name.format("B"): ("F32", (8, 4))})
    (tmp_path / "adapter_model.safetensors").write_bytes(weights)
    said = "adapter_config.json: target_modules could not be compared: more than assay reads, or no list of names"
    assert messages(audit(tmp_path), "weights.adapter-not-as-configured", Kind.OPEN) == [said]
