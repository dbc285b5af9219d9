"""A model of entailment that a user names: assay's numbers are those of transformers with the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.errors import UsageError
from tests.builders.command import run

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

PAIRS = [("Paris is old.", "Paris is a city."), ("It rained.", "It did not rain."), ("a", "a longer text of words")]
LABELS = {0: "contradiction", 1: "neutral", 2: "entailment"}


def encoder(folder: Path, family: str, labels: dict[int, str] = LABELS) -> Path:
    """A tiny classifier of pairs with random weights, as transformers saves it."""
    torch.manual_seed(0)
    known = "[PAD] [UNK] [CLS] [SEP] paris is old a city it rained did not rain longer text of words"
    words = known.split()
    sizes: dict[str, Any] = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "num_labels": len(labels),
        "id2label": labels,
        "label2id": {label: at for at, label in labels.items()},
        "pad_token_id": 0,
        "type_vocab_size": 1 if family == "roberta" else 2,
        "initializer_range": 0.5,
    }
    config = transformers.AutoConfig.for_model(family, **sizes)
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    made.normalizer = tokenizers.normalizers.Lowercase()
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]
    )
    made.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2"])
def test_its_chances_are_those_of_transformers(family: str, tmp_path: Path) -> None:
    from assay.runtime.entailment import Entailer

    folder = encoder(tmp_path / "m", family)
    mine = Entailer(folder, isolation=False)
    peer = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    library = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    for premise, hypothesis in PAIRS:
        given = library(premise, hypothesis, return_tensors="pt", return_token_type_ids=family != "roberta")
        with torch.inference_mode():
            theirs = peer(**given).logits[0].softmax(-1).tolist()
        assert mine.chances(premise, hypothesis) == pytest.approx(theirs, abs=1e-6)
        assert mine.entails(premise, hypothesis) is (max(range(3), key=theirs.__getitem__) == 2)


def test_both_directions_count_and_the_question_stands_before_both(tmp_path: Path) -> None:
    from assay.runtime.entailment import Entailer

    mine = Entailer(encoder(tmp_path / "m", "bert"), isolation=False)
    asked: list[tuple[str, str]] = []

    def entails(premise: str, hypothesis: str) -> bool:
        asked.append((premise, hypothesis))
        return len(asked) < 2

    mine.entails = entails  # type: ignore[method-assign]
    assert mine("Paris", "a city", "What is it?") is False
    assert asked == [("What is it? Paris", "What is it? a city"), ("What is it? a city", "What is it? Paris")]


def test_what_is_no_model_of_entailment_is_refused(tmp_path: Path) -> None:
    from assay.runtime.entailment import Entailer

    folder = encoder(tmp_path / "m", "bert", {0: "negative", 1: "positive"})
    with pytest.raises(UsageError, match=r"no class that is called entailment \(its classes: negative, positive\)"):
        Entailer(folder, isolation=False)
    other = encoder(tmp_path / "n", "bert")
    value = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(value | {"num_hidden_layers": 3}))
    with pytest.raises(UsageError, match="missing"):
        Entailer(other, isolation=False)


def test_too_long_for_the_encoder_is_one_sentence(tmp_path: Path) -> None:
    from assay.runtime.entailment import Entailer

    mine = Entailer(encoder(tmp_path / "m", "bert"), isolation=False)
    with pytest.raises(UsageError, match="reads 64 tokens at most"):
        mine("city " * 80, "words " * 80)
    with pytest.raises(UsageError, match="20,000 characters of a text at most, and this has 20,001"):
        mine.judged("city", "w" * 20_001)  # one word, and so few tokens


def test_a_tokenizer_that_would_cut_or_fill_a_text_does_neither(tmp_path: Path) -> None:
    """As files of classifiers of pairs often say: what is cut was not read, and fillings are no words."""
    from assay.runtime.entailment import Entailer

    folder = encoder(tmp_path / "m", "bert")
    plain = Entailer(folder, isolation=False)
    made = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.enable_truncation(32)
    made.enable_padding(length=64)
    made.save(str(folder / "tokenizer.json"))
    mine = Entailer(folder, isolation=False)
    one, other = "paris is old " * 8, "a city " * 8
    assert mine.chances(one, other) == plain.chances(one, other)
    with pytest.raises(UsageError, match="these two texts have 163"):
        mine.chances("city " * 80, "words " * 80)


def test_entailment_goes_with_samples(tmp_path: Path) -> None:
    done = run("score", str(tmp_path), "--text", "a", "--entailment", str(tmp_path))
    assert done.returncode == 2 and "--entailment goes with --samples" in done.stderr


def test_check_gives_the_numbers_of_the_model_itself(tmp_path: Path) -> None:
    folder = encoder(tmp_path / "m", "bert")
    (tmp_path / "a.txt").write_text("Paris is old. It did rain.")
    done = run(
        *("check", "Paris is a city. It rained.", "--document", str(tmp_path / "a.txt")),
        *("--entailment", str(folder), "-o", f"json={tmp_path / 'a.json'}"),
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads((tmp_path / "a.json").read_text())
    (helper,) = found["helpers"]
    assert (helper["kind"], helper["name"], helper["asked"]) == ("entailment", "m", 40) and len(helper["sha256"]) == 64
    peer = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    library = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    asked = (("Paris is a city.", 1), ("It rained.", 2))  # and the passage that shares a word with it
    for row, (said, single) in zip(found["sentences"], asked, strict=True):
        shares = []
        for premise in ("Paris is old. It did rain.", "Paris is old.", "It did rain."):
            with torch.inference_mode():
                logits = peer(**library(premise, said, return_tensors="pt", return_token_type_ids=True)).logits[0]
            shares.append(logits.softmax(-1).tolist())
        near = (shares[0], shares[single])
        assert row["heard"]["entailed"] == pytest.approx(max(share[2] for share in near), abs=1e-4)
        assert row["heard"]["denied"] == pytest.approx(max(share[0] for share in near), abs=1e-4)
