"""MLflow's names: `assay fleet init` finds the folder that a tracking folder of the project has for them.

The files are laid out as MLflow 3.16 lays them out, and its tables are those of its database.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assay.fleet.project import uses
from tests.builders import hub_model
from tests.builders.command import run

MODEL, RUN = "m-90ae2d330fd242168e0d35a0ee9124c2", "0514a93e9bfb4e63b84bff1208bfff9b"
FOLDER = f"mlruns/0/models/{MODEL}/artifacts"
ELSEWHERE = f"/home/ada/project/{FOLDER}"  # where it was logged


def files(project: Path, place: str = f"file://{ELSEWHERE}") -> None:
    """A file store with two versions of `acme`, the first of them `champion`."""
    for version in (1, 2):
        folder = project / "mlruns" / "models" / "acme" / f"version-{version}"
        folder.mkdir(parents=True)
        said = f"source: models:/{MODEL}\nstorage_location: {place}\nversion: {version}\ncurrent_stage: None\n"
        (folder / "meta.yaml").write_text(said)
    (project / "mlruns" / "models" / "acme" / "aliases").mkdir()
    (project / "mlruns" / "models" / "acme" / "aliases" / "champion").write_text("1")
    (project / "mlruns" / "0" / "models" / MODEL).mkdir(parents=True)
    (project / "mlruns" / "0" / "models" / MODEL / "meta.yaml").write_text(f"name: model\nsource_run_id: {RUN}\n")


def database(project: Path, place: str = ELSEWHERE) -> None:
    """The same in a database."""
    with closing(sqlite3.connect(project / "mlflow.db")) as made:
        made.execute("CREATE TABLE model_versions (name, version INTEGER, current_stage, source, storage_location)")
        made.execute("CREATE TABLE registered_model_aliases (alias, version INTEGER, name)")
        made.execute("CREATE TABLE logged_models (model_id, name, artifact_location, source_run_id)")
        row = ("None", f"models:/{MODEL}", place)
        made.executemany("INSERT INTO model_versions VALUES ('acme', ?, ?, ?, ?)", [(1, *row), (2, *row)])
        made.execute("INSERT INTO registered_model_aliases VALUES ('champion', 1, 'acme')")
        made.execute("INSERT INTO logged_models VALUES (?, 'model', ?, ?)", (MODEL, ELSEWHERE, RUN))
        made.commit()


@pytest.mark.parametrize("store", [files, database])
@pytest.mark.parametrize(
    ("reference", "revision"),
    [
        ("models:/acme/1", "1"),
        ("models:/acme@champion", ""),
        ("models:/acme/latest", ""),
        ("models:/acme/None", ""),
        (f"runs:/{RUN}/model", ""),
        (f"models:/{MODEL}", MODEL),
    ],
)
def test_a_name_leads_to_its_folder(tmp_path: Path, store: object, reference: str, revision: str) -> None:
    assert callable(store)
    store(tmp_path)
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / "a.py").write_text(f"mlflow.pyfunc.load_model({reference!r})\n")
    (use,) = uses(tmp_path).places
    assert (use.model, use.revision, use.how) == (FOLDER, revision, f"load_model {reference}")
    assert use.pinned == (reference in ("models:/acme/1", f"models:/{MODEL}", f"runs:/{RUN}/model"))


@pytest.mark.parametrize("store", [files, database])
def test_a_store_is_a_remote_source(tmp_path: Path, store: object) -> None:
    assert callable(store)
    store(tmp_path, "s3://bucket/acme/model")
    (tmp_path / "a.py").write_text('NAME = "acme"\nmlflow.pyfunc.load_model(f"models:/{NAME}/2")\n')
    (use,) = uses(tmp_path).places
    assert use.model == "s3://bucket/acme/model"


@pytest.mark.parametrize(
    "reference", ["models:/other/1", "models:/acme/9", "models:/acme@none", "models:/../1", "runs:/0/../../etc"]
)
@pytest.mark.parametrize("store", [files, database])
def test_what_is_not_there_stays_a_name(tmp_path: Path, store: object, reference: str) -> None:
    assert callable(store)
    store(tmp_path, "file:///etc")  # outside of the project: not taken for a part of it
    (tmp_path / "a.py").write_text(f"mlflow.pyfunc.load_model({reference!r})\n")
    (use,) = uses(tmp_path).places
    assert use.model == reference


def test_a_store_that_is_none_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database")
    (tmp_path / "mlruns" / "models" / "acme" / "version-1").mkdir(parents=True)
    (tmp_path / "mlruns" / "models" / "acme" / "version-1" / "meta.yaml").write_text("[" * 100_000)
    (tmp_path / "a.py").write_text('mlflow.pyfunc.load_model("models:/acme/1")\n')
    (use,) = uses(tmp_path).places
    assert use.model == "models:/acme/1"


def test_the_list_names_what_is_audited(tmp_path: Path) -> None:
    files(tmp_path)
    hub_model(tmp_path / FOLDER)
    (tmp_path / "serve.sh").write_text('mlflow models serve -m "models:/acme@champion"\n')
    said = run("fleet", "init", str(tmp_path)).stdout
    assert said.startswith(" NOT PINNED  1 place of the project names 1 model. 1 without a version: what it loads")
    done = run("fleet", "audit", str(tmp_path / "models.toml"), "--registry", str(tmp_path / "kept"), "-q")
    assert done.stdout.startswith("PASSED  1 model: 1 PASSED. "), done


@pytest.mark.parametrize(
    "said",
    [
        'storage_location: "file:///a%00b"',
        "storage_location: file://[",
        f"storage_location: /{'a' * 300}/artifacts",
        "storage_location: mlruns/loop/model",
        'version: !!int ""',
        "version: !!bool perhaps",
        "? {a: b}\n: c",
        "source: &a [x, x]\nstorage_location: [*a, *a]",
    ],
)
def test_what_is_written_of_a_model_may_be_anything(tmp_path: Path, said: str) -> None:
    files(tmp_path)
    (tmp_path / "mlruns" / "loop").symlink_to("loop")
    (tmp_path / "mlruns" / "models" / "acme" / "version-1" / "meta.yaml").write_text(said)
    (tmp_path / "a.py").write_text('mlflow.pyfunc.load_model("models:/acme/1")\n')
    (use,) = uses(tmp_path).places
    assert use.model == "models:/acme/1"


@pytest.mark.parametrize("path", ["a\\0b", "a" * 300])
@pytest.mark.parametrize("store", [files, database])
def test_a_path_that_no_file_has_stays_a_name(tmp_path: Path, store: object, path: str) -> None:
    assert callable(store)
    store(tmp_path)
    (tmp_path / "mlruns" / "0").mkdir(parents=True, exist_ok=True)
    (tmp_path / "a.py").write_text(f'mlflow.pyfunc.load_model("runs:/{RUN}/{path}")\n')
    places = uses(tmp_path).places
    assert all(use.model.startswith("runs:/") for use in places)


def test_a_database_that_never_answers_is_given_up(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as made:
        made.execute(
            "CREATE VIEW model_versions AS SELECT 'acme' AS name, '1' AS version, 'None' AS current_stage,"
            f" ({endless}) AS source, '' AS storage_location"
        )
    (tmp_path / "a.py").write_text('mlflow.pyfunc.load_model("models:/acme/1")\n')
    (use,) = uses(tmp_path).places
    assert use.model == "models:/acme/1"


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    files(tmp_path)
    place = tmp_path / "mlruns" / "models" / "acme" / "version-1" / "meta.yaml"
    place.unlink()
    os.mkfifo(place)
    (tmp_path / "a.py").write_text('mlflow.pyfunc.load_model("models:/acme/1")\n')
    (use,) = uses(tmp_path).places
    assert use.model == "models:/acme/1"
