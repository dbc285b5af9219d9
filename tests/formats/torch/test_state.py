"""Checkpoints as PyTorch itself writes them: every tensor that loading gives is found, and its defects are named."""

from __future__ import annotations

import collections
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from tests.builders import hub_model

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def network() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.BatchNorm1d(64), torch.nn.Sequential(torch.nn.Linear(64, 8, bias=False))
    )


def trained() -> dict[str, Any]:
    """What a training script keeps: the model, its optimizer, the step."""
    net = network()
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(4, 64)).sum().backward()
    optimizer.step()
    return {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1}


def lightning() -> dict[str, Any]:
    """The keys of a Lightning checkpoint (lightning/pytorch/trainer/connectors/checkpoint_connector.py)."""
    return {"epoch": 1, "global_step": 9, "state_dict": network().state_dict(), "optimizer_states": [], "loops": {}}


def leaves(value: object, name: str = "") -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor in what torch.load gives."""
    if isinstance(value, torch.Tensor):
        return {name: tuple(value.shape)}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    found: dict[str, tuple[int, ...]] = {}
    for key, entry in pairs:
        found |= leaves(entry, f"{name}.{key}" if name else str(key))
    return found


SAVED: dict[str, Callable[[], object]] = {
    "state_dict": lambda: network().state_dict(),
    "plain dictionary": lambda: dict(network().state_dict()),
    "training checkpoint": trained,
    "Lightning checkpoint": lightning,
    "recurrent network": lambda: {"m": torch.nn.LSTM(40, 64, 3).state_dict()},
    "a state_dict in a state_dict": lambda: collections.OrderedDict(
        ema=network().state_dict(), raw=network().state_dict()
    ),
    "parameters": lambda: {"p": torch.nn.Parameter(torch.randn(4)), "q": [torch.randn(3), (torch.randn(2),)]},
    "defaultdict": lambda: collections.defaultdict(dict, a=torch.randn(5)),
}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("kind", sorted(SAVED))
def test_every_tensor_that_loading_gives_is_found(kind: str, protocol: int, legacy: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save(SAVED[kind](), path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    expected = leaves(torch.load(path, weights_only=False))
    dossier = assay.audit(path)
    assert {row.name: row.shape for row in dossier.tensors} == expected
    assert [row for row in dossier.findings if row.kind is Kind.FAIL] == []
    assert of(dossier, "artifact.hidden-bytes") == Kind.PASS


def test_a_pickled_module_has_the_names_of_its_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "module.pt"
    torch.save(network(), path)
    assert {row.name for row in assay.audit(path).tensors} == set(network().state_dict())


def test_a_network_that_pickle_wrote_is_one_set_of_weights(tmp_path: Path) -> None:
    net = network()
    (tmp_path / "net.pkl").write_bytes(pickle.dumps({"net": net}))
    portrait = assay.audit(tmp_path).portrait
    assert portrait.measured("copies") == 1
    assert portrait.measured("parameters") == sum(row.numel() for row in net.state_dict().values())


def test_torchscript_has_the_names_of_its_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network().eval()).save(path)
    dossier = assay.audit(path)
    assert {row.name for row in dossier.tensors} == set(network().state_dict())
    assert of(dossier, "artifact.hidden-bytes") == Kind.PASS


def test_a_storage_without_a_tensor_of_its_own_is_no_hidden_data(tmp_path: Path) -> None:
    """A sparse tensor keeps two tensors, an untyped storage none: neither leaves bytes that belong to nothing."""
    path = tmp_path / "odd.pt"
    torch.save({"sparse": torch.eye(8).to_sparse(), "storage": torch.randn(3).untyped_storage()}, path)
    assert of(assay.audit(path), "weights.unowned-bytes") == Kind.PASS


@pytest.mark.parametrize("key", ["optimizer", "optimizer_states", "optim_g", "opt", "state"])
@pytest.mark.parametrize("of_it", [torch.optim.Adam, torch.optim.Adadelta, torch.optim.Rprop, torch.optim.Adagrad])
def test_what_an_optimizer_keeps_is_no_parameter(key: str, of_it: Callable[..., Any], tmp_path: Path) -> None:
    net = network()
    optimizer = of_it(net.parameters(), lr=0.01)
    net(torch.randn(8, 64)).sum().backward()
    optimizer.step()
    saved = {"epoch": 3, "model": net.state_dict(), key: optimizer.state_dict(), "cpu_rng_state": torch.get_rng_state()}
    torch.save(saved, tmp_path / "checkpoint.pt")
    dossier = assay.audit(tmp_path)
    assert dossier.portrait.measured("parameters") == sum(row.numel() for row in net.state_dict().values())
    assert dossier.portrait.measured("tensors") == len(net.state_dict())
    assert dossier.portrait.measured("optimizer")
    assert "and the state of an optimizer" in dossier.render("text")
    assert of(dossier, "weights.dead") == Kind.PASS  # where no gradient was, it keeps zeros


def of(dossier: Dossier, check: str) -> Kind:
    (found,) = [row.kind for row in dossier.findings if row.check == check]
    return found


def test_a_state_dict_of_nan_fails_also_beside_sound_weights(tmp_path: Path) -> None:
    state = network().state_dict()
    state["0.weight"][:] = float("nan")
    hub = hub_model(tmp_path / "hub")
    torch.save(state, hub / "pytorch_model.bin")
    dossier = assay.audit(hub)
    assert dossier.decision.verdict == "FAILED"
    (found,) = [row for row in dossier.findings if row.check == "weights.not-finite" and row.kind is Kind.FAIL]
    assert "0.weight: 4,096 NaN of 4,096 values" in found.message


def test_a_payload_behind_one_byte_of_a_storage_is_found(tmp_path: Path) -> None:
    state = network().state_dict()
    state["extra"] = torch.zeros(1 << 16, dtype=torch.uint8)[:1]
    path = tmp_path / "model.pth"
    torch.save(state, path)
    assert of(assay.audit(path), "weights.unowned-bytes") == Kind.FAIL


@pytest.mark.parametrize("name", ["model.th", "model.pth.tar", "model.weights", "model.params", "model", "model.jit.1"])
def test_a_checkpoint_is_one_by_its_content_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    torch.save(network().state_dict(), path)
    dossier = assay.audit(path)
    assert {row.name for row in dossier.tensors} == set(network().state_dict())
    assert [row.message for row in dossier.findings if row.kind is Kind.FAIL] == []


@pytest.mark.parametrize("name", ["net.jit", "net.ts", "net"])
def test_torchscript_is_read_as_what_it_is_whatever_its_name(name: str, tmp_path: Path) -> None:
    """Its classes are of a language of its own: read as pickles of Python they would be accused of running code."""
    path = tmp_path / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network().eval()).save(path)
    dossier = assay.audit(path)
    assert [row.message for row in dossier.findings if row.kind is Kind.FAIL] == []
    assert {row.name for row in dossier.tensors} == set(network().state_dict())
