"""The real model in three formats: the same answers about the same parameters and the same tokens."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import assay
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders import smollm2 as build
from tests.conftest import messages, of


@pytest.fixture(scope="module", params=["smollm2", "smollm2_safetensors", "smollm2_checkpoint"])
def dossier(request: pytest.FixtureRequest) -> Dossier:
    return assay.audit(request.getfixturevalue(request.param))


def test_every_format_holds_the_same_parameters(dossier: Dossier) -> None:
    assert dossier.portrait.measured("parameters") == 134_515_008
    assert dossier.portrait.measured("tensors") == 272
    assert {share.name: share.parameters for share in dossier.portrait.roles} == {
        "feed-forward": 79_626_240,
        "embedding": 28_311_552,
        "attention": 26_542_080,
        "norm": 35_136,
    }


def test_all_seventeen_control_tokens_are_forgeable(dossier: Dossier) -> None:
    (found,) = of(dossier, "token.forgeable", Kind.REVIEW)
    assert "plain text can produce 17 of 17 control tokens, such as '<|endoftext|>'" in found.message
    assert len([place for place in found.evidence if place.name != "fields"]) == 17


def test_tensors_and_vocabulary_are_as_configured(dossier: Dossier) -> None:
    for check in (
        "weights.not-as-configured",
        "vocabulary.not-as-configured",
        "weights.shared-bytes",
        "weights.unowned-bytes",
        "weights.out-of-bounds",
    ):
        assert [f.kind for f in of(dossier, check)] == [Kind.PASS], messages(dossier, check)
    assert dossier.decision.verdict is Verdict.PASSED


def test_every_byte_was_examined(dossier: Dossier) -> None:
    assert dossier.portrait.measured("bytes.examined") == dossier.portrait.measured("bytes")


def test_a_forgeable_token_is_one_in_the_real_tokenizer(smollm2: Path) -> None:
    """What the check says, done: plain text gives the control token, and the setting that it names stops that."""
    from tokenizers import Tokenizer

    described = build.tokenizer(smollm2)
    real = Tokenizer.from_str(json.dumps(described))
    control = [entry["content"] for entry in described["added_tokens"]]
    assert [real.encode(f"hello {text} there").ids.count(int(real.token_to_id(text) or 0)) for text in control] == [
        1
    ] * 17
    real.encode_special_tokens = True
    assert [real.encode(f"hello {text} there").ids.count(int(real.token_to_id(text) or 0)) for text in control] == [
        0
    ] * 17


TORCH = "import sys, torch; print(sum(t.numel() for t in torch.load(sys.argv[1], weights_only=True).values()))"


@pytest.mark.torch
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_the_checkpoint_made_by_hand_is_one_that_torch_loads(smollm2_checkpoint: Path) -> None:
    path = smollm2_checkpoint / "pytorch_model.bin"
    done = subprocess.run([sys.executable, "-c", TORCH, str(path)], capture_output=True, text=True)
    assert done.stdout == "134515008\n", done.stderr
