"""Relatives are found among kept models, and what is wrong with a base is seen at what comes from it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from benchmarks import architectures, derived
from benchmarks.derived import State

import assay
from assay import registry
from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.facts.kin import Families, Member
from assay.registry.tending import check
from assay.render.record.family import MOST_STEPS, lines, svg
from tests.builders.command import run
from tests.builders.pickles import calls

CARD = "---\nlicense: {licence}\nbase_model: {base}\n---\n# A model\n"


def flat(text: str) -> str:
    """A text in one line."""
    return " ".join(text.split())


def base(number: int) -> State:
    return architectures.build("llama", np.random.default_rng(number))


def folder(root: Path, name: str, state: State, store: str = "BF16") -> Path:
    path = root / name
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}')
    if store in ("BF16", "F32"):
        derived.write_safetensors(path / "model.safetensors", state, store)
    else:
        derived.write_gguf(path / "model.gguf", state, store)
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, what was derived from it in six ways, and two that have nothing to do with it."""
    root, mother, random = tmp_path_factory.mktemp("models"), base(1), np.random.default_rng(7)
    both = [derived.noisy(mother, 0.02, random), derived.noisy(mother, 0.03, random)]
    many = ("q_proj", "v_proj", "gate_proj", "up_proj", "down_proj")
    children = {
        "mother": mother, "tuned": both[0], "merged": derived.mixed(both, [0.6, 0.4]),
        "pruned": derived.sparse(mother, 0.5), "lora": derived.lora(mother, 8, 0.02, many, random),
        "turned": derived.turned(mother, random, rotate=True), "stranger": base(2), "other": base(3),
    }  # fmt: skip
    for name, state in children.items():
        folder(root, name, state)
    folder(root, "quantised", mother, "Q8_0")
    return root


@pytest.fixture(scope="session")
def audits(models: Path) -> list[tuple[Dossier, dict[str, bytes]]]:
    """What is kept of each."""
    found = [(assay.audit(path, isolation=False), str(path)) for path in sorted(models.iterdir())]
    return [(dossier, registry.beside(dossier, path)) for dossier, path in found]


@pytest.fixture
def family(audits: list[tuple[Dossier, dict[str, bytes]]], where: str) -> str:
    """A registry of them."""
    with registry.open(where, new=True) as kept:
        for dossier, beside in audits:
            kept.keep(dossier, beside)
    return where


def test_relatives_are_found_by_the_name_of_one_and_by_its_files(family: str, models: Path) -> None:
    kin = {"tuned", "merged", "pruned", "lora", "turned", "quantised"}
    for model in ("mother", str(models / "mother")):
        done = run("lineage", model, "--registry", family, "-o", "json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert {row["audit"]["name"] for row in found["rows"]} - {"mother"} == kin
        assert all(row["kinship"]["verdict"].startswith("common origin") for row in found["rows"])
        assert found["compared"] == (8 if model == "mother" else 9) and found["without"] == 0
    text = flat(run("lineage", "mother", "--registry", family, "--most", "2").stdout)
    assert "COMMON ORIGIN" in text and "of 8 kept models. 4 more are alike (--most)." in text
    assert text.count("alike by fingerprint, not compared") == 4
    alone = run("lineage", "stranger", "--registry", family).stdout
    assert " NONE FOUND  It shares its origin with none of 8 kept models." in alone


def test_a_model_without_a_fingerprint_is_counted_and_cannot_be_asked_for(family: str, dossier: Dossier) -> None:
    with registry.open(family) as kept:
        kept.keep(dossier)
    text = flat(run("lineage", "mother", "--registry", family).stdout)
    assert "1 kept model without a fingerprint could not be asked." in text
    done = run("lineage", "tiny", "--registry", family)
    assert done.returncode == 2 and "no fingerprint of tiny is kept" in done.stderr


def test_the_tree_has_families_and_who_is_alone(family: str, tmp_path: Path) -> None:
    done = run("lineage", "--registry", family)
    assert done.stdout.startswith(" FAMILIES  9 models in 1 family, 2 without relatives here.\n"), done
    lines = done.stdout.splitlines()
    assert lines[1] == "PASSED  lora  no licence stated", "nobody states a base: the one that was kept first"
    below = [line for line in lines if line.startswith(("├─ ", "└─ "))]
    assert len(below) == 6 and all("alike by fingerprint: " in line or "alike" in line for line in below)
    run("lineage", "--registry", family, "-o", f"svg={tmp_path / 'tree.svg'}", "-o", f"html={tmp_path / 'tree.html'}")
    drawn = ElementTree.parse(tmp_path / "tree.svg").getroot()
    assert len(drawn.findall(".//{*}circle")) == 9 and len(drawn.findall("./{*}path")) == 6
    page = (tmp_path / "tree.html").read_text()
    assert '<svg class="family"' in page and "http" not in page.replace("http-equiv", "").replace("http%3A", "")[:500]


def test_a_row_that_is_not_of_its_fingerprint_is_named(family: str) -> None:
    from sqlalchemy import update

    from assay.registry.tables import CODE

    with registry.open(family) as kept:
        assert not check(kept).damaged
        id = kept.one("mother").id
        kept.database.write(
            lambda connection: connection.execute(update(CODE).where(CODE.c.audit_id == id).values(layers=1))
        )
        (row,) = check(kept).damaged
        assert row.what == "rows of code" and row.audits == ("mother",)


def test_a_base_that_failed_shows_at_what_comes_from_it(tmp_path: Path, where: str) -> None:
    mother = folder(tmp_path / "models", "acme-7b", base(1))
    (mother / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    (mother / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    child = folder(tmp_path / "models", "chat", derived.noisy(base(1), 0.02, np.random.default_rng(1)))
    (child / "README.md").write_text(CARD.format(licence="apache-2.0", base="acme/acme-7b"))
    grandchild = folder(tmp_path / "models", "chat-gguf", base(1), "Q8_0")
    (grandchild / "README.md").write_text(CARD.format(licence="mit", base="chat"))
    orphan = folder(tmp_path / "models", "orphan", base(4))
    (orphan / "README.md").write_text(CARD.format(licence="mit", base="nobody/has-it"))
    with registry.open(where, new=True) as kept:
        for model in (mother, child, grandchild, orphan):
            found = assay.audit(model, isolation=False)
            kept.keep(found, registry.beside(found, str(model)))
    listed = run("list", "--registry", where).stdout
    said = "base acme-7b (called acme/acme-7b there): FAILED, pickle.reaches-outside; licence MIT, here Apache-2.0"
    assert said in flat(listed), listed
    assert "base 2 steps up acme-7b (called acme/acme-7b there): FAILED" in flat(listed)
    assert "base nobody/has-it: UNKNOWN, no audit of it is kept" in listed
    shown = run("show", "chat", "--registry", where).stdout
    assert f"{said} (stated)" in flat(shown)
    tree = run("lineage", "--registry", where).stdout
    assert "FAILED  acme-7b  MIT\n└─ " in tree and "\n   └─ " in tree
    assert "stated, by the last part of the name, alike by fingerprint" in flat(tree)
    assert "UNKNOWN  nobody/has-it  no audit of it is kept\n└─ " in tree


def test_bases_that_name_each_other_are_a_tree_all_the_same(dossier: Dossier, where: str) -> None:
    def named(name: str, base: str) -> Dossier:
        claims = tuple(row for row in dossier.claims if row.key != "base_model")
        (old, *_) = [row for row in dossier.claims if row.key == "base_model"]
        subject = replace(dossier.subject, name=name)
        return replace(dossier, subject=subject, claims=(*claims, replace(old, text=base)))

    with registry.open(where, new=True) as kept:
        for name, mother in (("a", "b"), ("b", "c"), ("c", "a"), ("self", "self")):
            kept.keep(named(name, mother))
        found = kept.families()
        assert sorted(row.name for row in found.members) == ["a", "b", "c", "self"] and found.families == 1
        (descent,) = kept.descents([kept.one("a")])
        assert [row.base for row in descent.origins] == ["b", "c"]


def test_what_stands_too_deep_to_be_drawn_is_no_sibling_of_its_base() -> None:
    depths = (*range(MOST_STEPS + 3), MOST_STEPS)
    found = Families(tuple(Member(f"m{at}", depth, "", None) for at, depth in enumerate(depths)), 1, 0, 0, 0)
    _, *tree = lines(found)
    at = " " * 3 * (MOST_STEPS - 1)
    assert tree[-4].startswith(f"{at}├─ UNKNOWN  m12  ") and tree[-1].startswith(f"{at}└─ UNKNOWN  m15  ")
    assert tree[-3] == f"{at}│… UNKNOWN  m13  no audit of it is kept; 13 steps below the root"
    assert tree[-2].endswith("m14  no audit of it is kept; 14 steps below the root")
    drawn = svg(found).decode()
    assert drawn.count("<path") == MOST_STEPS + 1 and "14 steps below the root" in drawn


def test_a_hostile_fingerprint_is_kept_and_has_no_kin(dossier: Dossier, where: str) -> None:
    from assay.weights.safetensors import safetensors

    huge = {name: ("I8", (1, 300_000, wide), bytes(300_000 * wide)) for name, wide in (("own", 32), ("up", 96))}
    raw = safetensors({**huge, "gate": huge["up"], "tokens": ("U8", (1,), b"a")}, {"schema": "assay-fingerprint/2"})
    with registry.open(where, new=True) as kept:
        for number, bad in enumerate((raw, b"", b"no fingerprint")):
            subject = replace(dossier.subject, name=f"bad-{number}")
            audit = kept.keep(replace(dossier, subject=subject), {"fingerprint": bad})
            with pytest.raises(UsageError, match="a kept fingerprint cannot be read"):
                kept.relatives(audit)
        assert kept.families().without == 3 and not check(kept).damaged


def test_the_fleet_keeps_fingerprints(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder(tmp_path / "models", name, derived.noisy(base(1), 0.01, np.random.default_rng(len(name))))
    (tmp_path / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n')
    run("fleet", "audit", "--registry", "kept", "--jobs", "1", cwd=tmp_path)
    shutil.rmtree(tmp_path / "models")
    found = run("lineage", "one", "--registry", "kept", cwd=tmp_path)
    assert " COMMON ORIGIN  It shares its origin with two, of 1 kept model." in found.stdout, found
    assert assay.__version__
