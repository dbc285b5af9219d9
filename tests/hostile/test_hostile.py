"""No hostile model is rated pass, whatever is installed; files of real libraries are never a fail."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

import assay
from assay import formats
from assay.facts.dossier import Verdict
from assay.facts.finding import Kind
from assay.isolation import InProcess
from assay.isolation.process import Worker
from assay.subject import peeked, walked
from tests.hostile import Case, cases
from tests.hostile.rating import deciding, rating

CASES = list(cases())
FAMILIES = sorted({case.family for case in CASES})


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_hostile_model_passes(family: str, beside: bool, tmp_path: Path) -> None:
    """By what the command exits with: alone, and beside a sound model so that nothing else keeps it from passing."""
    passed = []
    for case in CASES:
        if case.family == family:
            dossier = assay.audit(case.beside(tmp_path) if beside else case.written(tmp_path), isolation=False)
            assert not [finding for finding in dossier.findings if "the check itself failed" in finding.message]
            if dossier.decision.verdict is Verdict.PASSED:
                passed.append(case.name)
    assert passed == []


@pytest.mark.parametrize("family", FAMILIES)
def test_the_isolated_reader_reads_the_same(family: str, tmp_path: Path) -> None:
    """Every file of every hostile model, in one locked-down worker for the family."""
    entries = [entry for case in CASES if case.family == family for entry in walked(case.written(tmp_path)).entries]
    kinds = [formats.recognised(entry.path, peeked(entry).head[: formats.HEAD]) for entry in entries]
    here, worker = InProcess(), Worker((str(tmp_path),), formats.modules(kinds))
    try:
        for entry, kind in zip(entries, kinds, strict=True):
            if kind is not None:
                assert worker.read(entry.path, kind, entry.place) == here.read(entry.path, kind, entry.place), entry
    finally:
        worker.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_isolated_audit_gives_the_same_answers(family: str, tmp_path: Path) -> None:
    path = next(case for case in CASES if case.family == family).written(tmp_path)
    inside, isolated = assay.audit(path, isolation=False), assay.audit(path)
    assert [f.message for f in inside.findings] == [f.message for f in isolated.findings]


def test_there_are_many_and_none_twice() -> None:
    names = Counter((case.family, case.name) for case in CASES)
    assert len(names) == len(CASES) >= 400


def find(family: str, name: str) -> Case:
    return next(case for case in CASES if (case.family, case.name) == (family, name))


@pytest.mark.parametrize(
    ("family", "name", "check", "words"),
    [
        ("pickle", "system-4", "pickle.reaches-outside", "loading calls posix.system('echo inert')"),
        ("opcodes", "build-setstate", "pickle.reaches-outside", "gives an object its own '__setstate__'"),
        ("opcodes", "bytes-to-torch", "pickle.reaches-outside", "model.pkl > bytes 0.pt > archive/data.pkl"),
        ("opcodes", "stack-global-computed", "pickle.reaches-outside", "imports a name that it computes"),
        ("cost", "tuple-bomb", "pickle.costly", "hashes a nest of tuples that stands for more than 10,000,000 values"),
        ("container", "joblib-objects", "pickle.reaches-outside", "loading calls os.system('echo inert')"),
        ("container", "pickle-in-zip-in-zip", "pickle.reaches-outside", "model.zip > inner.zip > model.pkl @ "),
        ("container", "named-safetensors", "artifact.disguised", "its content is a pickle"),
        ("archive", "two-data-evil-first", "archive.ambiguous", "the archive holds 2 checkpoints"),
        ("archive", "bad-checksum", "archive.ambiguous", "PyTorch reads it, others refuse"),
        ("archive", "tar-symlink", "archive.escapes", "'data' is a symbolic link to '/root/.ssh'"),
        ("archive", "bomb-gzip", "archive.bomb", "it unpacks from"),
        ("keras", "lambda", "model.runs-code", "holds Python byte code, which loading unmarshals"),
        ("keras", "get-file", "model.runs-code", "loading takes keras.utils.get_file from Keras"),
        ("hdf5", "external-link", "model.touches-files", "object '/weights' lies in another file: '/etc/passwd'"),
        ("onnx", "external-up", "model.touches-files", "tensor values are read from '../../../etc/passwd', outside"),
        ("saved-model", "WriteFile", "model.touches-files", "operator WriteFile (node 'n') writes any file"),
        ("tflite", "FlexReadFile", "model.touches-files", "operator FlexReadFile reads any file"),
        ("other", "skops-system", "pickle.reaches-outside", "loading names os.system"),
        ("template", "keyword-pieces", "template.alters-prompt", "when the user says 'what is my password'"),
        (
            "template",
            "rewrite-url",
            "template.alters-prompt",
            "'summarise https://example.org/page' does not reach the model",
        ),
        ("template", "date-day", "template.alters-prompt", "on 2031-12-31 the prompt holds other text"),
        ("template", "invisible-escape", "template.alters-prompt", "U+200B U+2063"),
        ("template", "drop-late", "template.alters-prompt", "in a conversation of 39 messages 20 do not reach"),
        ("template", "nested-range", "template.alters-prompt", "loops or calls more than 200,000 times"),
        ("tokenizer", "decoder-word", "tokenizer.rewrites", "the decoder replaces 'False' by 'True'"),
        ("tokenizer", "pattern-nested", "tokenizer.costly-pattern", "a repetition stands inside a repetition"),
        ("repository", "yaml-apply", "model.runs-code", "'tag:yaml.org,2002:python/object/apply:os.system'"),
        (
            "repository",
            "hydra-yaml",
            "code.elsewhere",
            "makes hydra call a name of Python's own library: subprocess.run",
        ),
    ],
)
def test_what_a_user_reads(tmp_path: Path, family: str, name: str, check: str, words: str) -> None:
    dossier = assay.audit(find(family, name).written(tmp_path), isolation=False)
    said = [finding.message for finding in dossier.findings if (finding.check, finding.kind) == (check, Kind.FAIL)]
    assert any(words in message for message in said), said


def test_the_way_from_the_config_to_the_dangerous_line(tmp_path: Path) -> None:
    dossier = assay.audit(find("repository", "relative-import-twice").written(tmp_path), isolation=False)
    (found,) = [f for f in dossier.findings if f.check == "code.reaches-outside" and f.kind is Kind.FAIL]
    assert found.message == (
        "helper.py:2 starts processes when imported; transformers goes config.json /auto_map/AutoModel = modeling_x.M"
        " -> modeling_x.py:1 -> a.py:1 -> helper.py:2 os.system('echo inert')"
    )
    path = next(path for path in dossier.loading if path.optin)
    assert [step.artifact for step in path.steps] == ["config.json", "modeling_x.py", "a.py", "helper.py"]


def test_code_that_nothing_reaches_is_said_to_be_so(tmp_path: Path) -> None:
    dossier = assay.audit(find("repository", "unreached").written(tmp_path), isolation=False)
    said = [finding.message for finding in dossier.findings if finding.check == "loading.runs-code"]
    assert said == ["no loader that assay models fits these files"]
    assert [f.kind for f in deciding(dossier) if f.check == "code.reaches-outside"] == [Kind.REVIEW]


_WITHOUT = """
import json, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in \
("torch", "numpy", "sklearn", "joblib", "transformers", "tokenizers", "safetensors", "keras"):
            raise ModuleNotFoundError(name)
if sys.argv[1] == "without":
    sys.meta_path.insert(0, Absent())
import assay
from tests.hostile.rating import deciding
rows = []
for path in sys.argv[2:]:
    rows.append([(f.check, f.kind, f.message, f.fingerprint) for f in deciding(assay.audit(path, isolation=False))])
print(json.dumps(rows))
"""


def test_the_answer_does_not_depend_on_what_is_installed(tmp_path: Path) -> None:
    paths = [str(case.written(tmp_path)) for case in CASES if case.family in ("opcodes", "container", "keras")]
    answers = [
        subprocess.run(
            [sys.executable, "-c", _WITHOUT, how, *paths], capture_output=True, text=True, check=True, timeout=300
        ).stdout
        for how in ("with", "without")
    ]
    assert answers[0] == answers[1] and len(json.loads(answers[0])) == len(paths)


@pytest.mark.torch
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_what_torch_and_numpy_write_is_never_a_fail(tmp_path: Path) -> None:
    made = [sys.executable, "-m", "benchmarks.genuine", str(tmp_path), "torch", "numpy", "safetensors"]
    subprocess.run(made, check=True, timeout=300, cwd=Path(__file__).parents[2])
    ratings: dict[str, Counter[str]] = {"weights": Counter(), "objects": Counter()}
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        ratings[path.parent.name][rating(assay.audit(path, isolation=False))] += 1
    assert set(ratings["weights"]) == {"pass"} and ratings["weights"].total() > 70
    assert set(ratings["objects"]) <= {"pass", "review"} and ratings["objects"].total() > 10


def test_a_pickle_of_a_hundred_thousand_opcodes_is_followed(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([{"a": n, "b": [n, float(n)]} for n in range(12_000)], 2))
    dossier = assay.audit(tmp_path / "x.pkl", isolation=False)
    assert rating(dossier) == "pass"
