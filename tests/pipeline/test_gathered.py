"""Rules asked again of what was read: the same dossier, byte for byte, as by reading again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.facts.codec import canonical
from assay.pipeline import audited, concluded, gathered, isolated, requested
from assay.pipeline import code as codes
from assay.pipeline.gathered import decoded, encoded, key
from assay.pipeline.plan import planned
from assay.subject import walked
from tests.builders import calls, gguf_model, hub_model, torch_legacy, torch_zip
from tests.builders.hdf5 import contiguous, dataset_file, float32, space
from tests.builders.inputs import tar
from tests.builders.pickles import Tensors
from tests.builders.release import release
from tests.builders.tables import word2vec

TENSORS: Tensors = {"w": ("FloatStorage", (4, 4))}


def code_and_secret(folder: Path) -> None:
    hub_model(folder)
    (folder / "modeling.py").write_text("import os\nos.system('id')\nkey = 'AKIAIOSFODNN7EXAMPLF'\n")
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.M"}, "model_type": "x"}')


def damaged(folder: Path) -> None:
    hub_model(folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "unknown.xyz").write_bytes(bytes(range(256)))


def named_in_git(folder: Path) -> None:
    hub_model(folder)
    for name, text in (("HEAD", "ref: refs/heads/main\n"), ("config", "[core]\n\tbare = false\n")):
        (folder / ".git" / "objects").mkdir(parents=True, exist_ok=True)
        (folder / ".git" / "refs").mkdir(exist_ok=True)
        (folder / ".git" / name).write_text(text)
    hidden = folder / ".git" / "lfs" / "objects" / "ab" / "ab" / ("ab" * 32)
    hidden.parent.mkdir(parents=True)
    hidden.write_bytes(calls("os", "system", "id"))
    index = {"metadata": {}, "weight_map": {"w": hidden.relative_to(folder).as_posix()}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def files(**contents: bytes) -> Callable[[Path], None]:
    def made(folder: Path) -> None:
        for name, raw in contents.items():
            (folder / name.replace("_", ".")).write_bytes(raw)

    return made


KINDS: dict[str, Callable[[Path], object]] = {
    "hub": hub_model,
    "release": release,
    "gguf": files(m_gguf=gguf_model()),
    "pickle": files(model_pkl=calls("posix", "system", "id"), model_bin=torch_zip(TENSORS)),
    "legacy": files(model_pt=torch_legacy(TENSORS)),
    "hdf5": files(m_h5=dataset_file(space(4), float32(), contiguous(2048, 16), after=bytes(4096))),
    "tar": files(m_tar=tar(("a.pkl", calls("os", "system", "id")), ("../b", b"x"))),
    "vectors": files(m_vec=word2vec({"a": (0.5, 1.0), "b": (0.25, 2.0)})),
    "code": code_and_secret,
    "damaged": damaged,
    "git": named_in_git,
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_rules_over_what_was_read_give_the_dossier_of_a_fresh_audit(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    KINDS[kind](folder)
    walk, request = walked(folder), requested(folder, offline=True)
    read = gathered(walk, request, isolated(walk, request))
    kept = decoded(encoded(read))
    assert kept == read and read.lasting and read.whole == (kind == "git")
    ours = tmp_path / "ours.toml"
    ours.write_text(
        'schema = "assay-policy/1"\nname = "ours"\n[block]\nreview = ["*"]\n[off]\nchecks = ["licence.*"]\n'
    )
    for policy in ("default", "strict", str(ours)):
        other = requested(folder, policy=policy, offline=True)
        assert key(other, planned(other)) == key(request, planned(request))
        assert canonical(concluded(kept, walked(folder), other)) == canonical(audited(other))


def test_a_policy_that_needs_what_was_not_measured_has_files_read(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(
        'schema = "assay-policy/1"\nname = "ours"\n[off]\nchecks = ["weights.*", "token.*", "tokenizer.*"]\n'
    )
    keys = [key(row, planned(row)) for row in (requested("m"), requested("m", policy=ours))]
    assert keys[0] and keys[1] and keys[0] != keys[1]


def test_what_limits_cut_short_is_not_lasting(tmp_path: Path) -> None:
    request = requested(hub_model(tmp_path / "m"), max_bytes=100)
    assert not gathered(walked(tmp_path / "m"), request).lasting


def test_other_options_and_what_is_made_with_more_than_files_have_other_keys(tmp_path: Path) -> None:
    plain = requested("m")
    assert key(requested("m", max_bytes=5), planned(plain)) != key(plain, planned(plain))
    assert not key(requested("m", base="b"), planned(plain))
    headers = requested("m", cost="header")
    assert key(headers, planned(headers)) != key(plain, planned(plain))


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"schema": "assay-facts/9"}', b'{"schema": "assay-facts/1", "facts": [["Nothing", [{}]]]}'],
)
def test_facts_that_are_none_are_refused(raw: bytes) -> None:
    with pytest.raises(UsageError, match="the kept facts are none that this version reads"):
        decoded(raw)


def test_a_change_of_a_check_is_new_rules_and_of_a_reader_is_not(tmp_path: Path) -> None:
    def made(name: str, **texts: str) -> tuple[str, str]:
        for path, text in texts.items():
            file = tmp_path / name / f"{path.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return codes.reading(tmp_path / name), codes.whole(tmp_path / name)

    same = {"formats__a": "1", "checks__b": "1", "pipeline__answer": "1", "cli__c": "1"}
    first = made("first", **same)
    assert made("again", **same) == first
    assert made("cli", **{**same, "cli__c": "2"}) == first
    for path in ("checks__b", "pipeline__answer"):
        read, whole = made(path, **{**same, path: "2"})
        assert read == first[0] and whole != first[1]
    read, whole = made("reader", **{**same, "formats__a": "2"})
    assert read != first[0] and whole != first[1]
