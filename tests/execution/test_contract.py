"""The same contract for every executor, with real processes and a real Ray."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay.corpus
from assay.corpus.building import Options, build
from assay.errors import AssayError, Malformed, MissingExtra, UsageError
from assay.execution import Executor, executor


def doubled(task: int) -> int:
    if task == 13:
        raise UsageError("no task thirteen")
    return 2 * task


@pytest.fixture(scope="module", params=["inline", "processes", "ray"])
def runner(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param != "ray":
        yield executor("local", 0 if request.param == "inline" else 2)
        return
    ray = pytest.importorskip("ray")
    # a cluster on this machine; its workers need the tests' package to find the functions
    here = str(Path(__file__).resolve().parents[2])
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": here + os.pathsep + os.environ.get("PYTHONPATH", "")}},
    )
    try:
        yield executor("ray", 2)
    finally:
        ray.shutdown()


pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


def test_every_task_gives_its_outcome_once(runner: Executor) -> None:
    ticks: list[int] = []
    found = dict(runner.run(doubled, [1, 2, 3, 4, 5], lambda: ticks.append(1)))
    assert found == {0: 2, 1: 4, 2: 6, 3: 8, 4: 10}
    assert ticks


def test_the_error_of_a_task_is_raised_as_it_is(runner: Executor) -> None:
    with pytest.raises(UsageError, match="no task thirteen"):
        list(runner.run(doubled, [13, 13, 13], lambda: None))


def test_a_corpus_is_the_same_whoever_built_it(runner: Executor, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(6):
        rows = "".join(json.dumps({"text": f"file {number} line {line} " * 20}) + "\n" for line in range(100))
        (tmp_path / f"in/{number}.jsonl").write_text(rows)
    options = Options(shard=1 << 16)
    build((str(tmp_path / "in"),), tmp_path / "a", options, executor("local", 0))
    build((str(tmp_path / "in"),), tmp_path / "b", options, runner)
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()
    assert assay.corpus.open(tmp_path / "b").count("file 3 line 77") == 20
    text = "they said file 3 line 77 file 3 line 77 and file 5 line 9 file 5 line 9 file 5"
    assert len(assay.corpus.open(tmp_path / "b").shards) >= 3
    through = assay.corpus.open(tmp_path / "b", runner).trace(text)
    assert through.spans and through.spans == assay.corpus.open(tmp_path / "b").trace(text).spans


def failed(task: int) -> int:
    raise MissingExtra("corpus", "a corpus") if task == 1 else Malformed("a broken rule", at=7, expected=1, got=2)


@pytest.mark.parametrize("task", [1, 2])
def test_every_error_of_assay_crosses_processes(runner: Executor, task: int) -> None:
    with pytest.raises(AssayError) as here:
        failed(task)
    with pytest.raises(type(here.value)) as there:
        list(runner.run(failed, [task], lambda: None))
    assert str(there.value) == str(here.value) and there.value.__dict__ == here.value.__dict__


def killed(task: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def test_a_worker_that_dies_gives_one_sentence() -> None:
    with pytest.raises(UsageError, match="a worker process died, for want of memory or of a damaged input"):
        list(executor("local", 2).run(killed, [1, 2], lambda: None))


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.4])
def test_workers_end_with_the_process_that_started_them(delay: float) -> None:
    code = "from assay.execution import executor; import time\nif __name__ == '__main__': list(executor('local', 2).run(time.sleep, [60, 60], lambda: None))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as started:
        time.sleep(0.3 + delay)
        started.kill()
        started.communicate(timeout=20)  # ends when the last worker has let go of the pipe


def test_an_unknown_executor_is_named() -> None:
    with pytest.raises(UsageError, match="give local or ray"):
        executor("slurm", 1)
