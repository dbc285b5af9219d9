"""Named points of many architectures: what is found at each is what the network itself computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from assay.runtime._numbers import Numbers  # noqa: E402 - what runs needs torch
from assay.runtime.opening import torch_runtime  # noqa: E402
from assay.runtime.points import AFTER, ALL, ATTENTION, BEFORE, HEADS, LAST, MLP, PATTERN, Inner, inner  # noqa: E402
from tests.builders.decoders import DECODERS, PARTLY, decoder  # noqa: E402

pytestmark = pytest.mark.torch
TEXT = "Rain fell, and fell."


def made(folder: Path, kind: str, numbers: Numbers | None = None) -> Inner:
    return inner(torch_runtime(decoder(folder / kind, kind), isolation=False, numbers=numbers))


@pytest.fixture(params=sorted(DECODERS))
def looked(request: pytest.FixtureRequest, tmp_path: Path) -> Inner:
    return made(tmp_path, request.param)


def test_every_point_holds_what_the_library_itself_returns(looked: Inner) -> None:
    ids = looked.ids(TEXT)
    run = looked.read(ids, {BEFORE: ALL, AFTER: ALL, PATTERN: ALL}).run
    network = looked.runtime._network
    network.set_attn_implementation("eager")
    with torch.no_grad():
        out = network(torch.tensor([ids]), output_hidden_states=True, output_attentions=True)
    assert torch.allclose(run.logits, out.logits[:, -1], atol=1e-4)
    for layer in range(looked.layers):
        assert torch.allclose(run.kept[BEFORE, layer], out.hidden_states[layer], atol=1e-4)
        assert torch.allclose(run.kept[PATTERN, layer], out.attentions[layer][..., : len(ids)], atol=1e-5)


def test_parts_add_up_and_heads_add_up_to_attention(looked: Inner) -> None:
    assert looked.structure.lacking == () and looked.structure.heads == 4
    run = looked.read(looked.ids(TEXT), dict.fromkeys((BEFORE, AFTER, HEADS, *looked.kinds), ALL)).run
    for layer, block in enumerate(looked.structure.blocks):
        assert [row.kind for row in block.writers][:2] == [ATTENTION, MLP]
        added = sum(run.kept[row.kind, layer] for row in block.writers)
        assert torch.allclose(run.kept[BEFORE, layer] + added, run.kept[AFTER, layer], atol=1e-4)
        matrix, bias = looked.projection(layer)
        assert torch.isfinite(run.kept[HEADS, layer] @ matrix.T + bias).all()


def test_a_pass_that_begins_within_the_text_gives_the_same(looked: Inner) -> None:
    ids = looked.ids(TEXT)
    whole = looked.read(ids).run.logits
    for before in (0, 5, len(ids) - 2):
        text = looked.read(ids, {BEFORE: ALL}, before)
        assert torch.allclose(text.run.logits, whole, atol=1e-4)
        for layer in range(looked.layers):
            states = text.run.kept[BEFORE, layer].expand(3, -1, -1)
            again = looked.resumed(text, layer, states, hidden=[(0, 0)] * 3)
            assert torch.allclose(again.logits, whole.expand(3, -1), atol=1e-4)


def test_what_is_put_at_a_point_is_what_goes_on(looked: Inner) -> None:
    ids = looked.ids(TEXT)
    text = looked.read(ids, {BEFORE: ALL})
    states = text.run.kept[BEFORE, 1]
    nothing = {(row.kind, 1): torch.zeros_like for row in looked.structure.blocks[1].writers}
    run = looked.resumed(text, 1, states, nothing, {BEFORE: ALL})
    assert torch.allclose(run.kept[BEFORE, 2], states, atol=1e-6)  # a block whose parts add nothing hands on
    assert not torch.allclose(run.logits, text.run.logits, atol=1e-3)


def test_a_token_that_no_later_one_sees_has_no_effect(looked: Inner) -> None:
    """Of two texts that differ in one token, the answers are the same where attention to it is cut."""
    ids = looked.ids(TEXT)
    other = [*ids[:4], ids[4] + 1, *ids[5:]]
    texts = [looked.read(row, {BEFORE: ALL}) for row in (ids, other)]
    cut = [looked.resumed(row, 0, row.run.kept[BEFORE, 0], hidden=[(4, 5)]).logits for row in texts]
    assert torch.allclose(*cut, atol=1e-4) and not torch.allclose(*(row.run.logits for row in texts), atol=1e-4)


def test_nothing_of_a_network_is_changed_by_looking(looked: Inner) -> None:
    network = looked.runtime._network
    ids = torch.tensor([looked.ids(TEXT)])

    def state() -> tuple[Any, ...]:
        with torch.no_grad():
            logits = network(ids).logits.tolist()
        hooks = [len(row._forward_hooks) + len(row._forward_pre_hooks) for row in network.modules()]
        return network.config._attn_implementation, hooks, logits

    before = state()
    looked.read(ids[0].tolist(), {PATTERN: LAST}, edits={(BEFORE, 1): torch.zeros_like})
    assert state() == before


@pytest.mark.parametrize("kind", ["llama", "gemma2", "gpt2", "cohere", "mixtral"])
def test_bfloat16_gives_the_same_up_to_its_rounding(kind: str, tmp_path: Path) -> None:
    half = made(tmp_path, kind, Numbers("bfloat16", "cpu"))
    assert half.half and half.structure.lacking == ()
    text = half.read(half.ids(TEXT), {BEFORE: ALL})
    again = half.resumed(text, 1, text.run.kept[BEFORE, 1])
    assert torch.allclose(again.logits, text.run.logits, atol=0.05 * float(text.run.logits.abs().max()))


@pytest.mark.parametrize("kind", sorted(PARTLY))
def test_what_a_network_does_not_show_is_said(kind: str, tmp_path: Path) -> None:
    lacking = dict(made(tmp_path, kind).structure.lacking)
    assert lacking and all(said.startswith("expected ") and " got " in said for said in lacking.values())
