"""The same contract for every executor, with real processes and a real Ray."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

import assay.corpus
from assay.corpus.building import Options, build
from assay.errors import AssayError, Malformed, MissingExtra, TaskLost, UsageError
from assay.execution import Executor, Failed, Ok, executor


class Stubborn(Exception):
    """An error that pickles, and cannot be made again from what was pickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("stubborn")

    @classmethod
    def clinging(cls) -> Exception:
        """An error that cannot be pickled."""
        found = ValueError("clinging")
        found.lock = Lock()  # type: ignore[attr-defined]
        return found


def done(task: Any) -> Any:
    """A task of every kind that a contract has to think of."""
    match task:
        case "usage":
            raise UsageError("no task thirteen")
        case "extra":
            raise MissingExtra("corpus", "a corpus")
        case "malformed":
            raise Malformed("a broken rule", at=7, expected=1, got=2)
        case "bug":
            return dict[str, int]()["nothing"]
        case "stubborn":
            raise Stubborn(1, 2)
        case "clinging":
            raise Stubborn.clinging()
        case "unsendable":
            return Lock()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "ended":
            os._exit(3)
        case float():
            time.sleep(task)
    return task


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


def ran(runner: Executor, *tasks: Any) -> dict[int, Any]:
    """Index -> value, or the error of a task that failed."""
    rows = list(runner.run(done, tasks, lambda: None))
    assert len(rows) == len(tasks)
    return {index: row.value if isinstance(row, Ok) else row.error for index, row in rows}


def test_every_task_gives_its_value_once(runner: Executor) -> None:
    ticks: list[int] = []
    found = sorted(runner.run(done, [1, 2, 3, 4, 5], lambda: ticks.append(1)))
    assert found == [(index, Ok(index + 1)) for index in range(5)]
    assert ticks
    assert list(runner.run(done, [], lambda: None)) == []


def test_a_task_that_raises_keeps_no_other_from_running(runner: Executor) -> None:
    found = ran(runner, "usage", 1, "bug", 2, "malformed", 3)
    assert [found[index] for index in (1, 3, 5)] == [1, 2, 3]
    assert str(found[0]) == "no task thirteen"
    assert isinstance(found[2], KeyError) and found[2].args == ("nothing",)


@pytest.mark.parametrize("task", ["usage", "extra", "malformed"])
def test_every_error_of_assay_arrives_as_it_is(runner: Executor, task: str) -> None:
    with pytest.raises(AssayError) as here:
        done(task)
    (there,) = ran(runner, task).values()
    assert type(there) is type(here.value)
    assert str(there) == str(here.value) and there.__dict__ == here.value.__dict__


def test_a_failure_says_where_it_came_from(runner: Executor) -> None:
    ((_, failed),) = runner.run(done, ["bug"], lambda: None)
    assert isinstance(failed, Failed) and 'return dict[str, int]()["nothing"]' in failed.trace
    with pytest.raises(KeyError) as raised:
        raise failed.noted()
    assert raised.value.__notes__ == [failed.trace]


def test_what_cannot_be_sent_is_a_failure(runner: Executor, request: pytest.FixtureRequest) -> None:
    if "inline" in request.node.name:
        return  # nothing is sent
    found = ran(runner, "unsendable", 1, "stubborn", 2, "clinging")
    assert (found[1], found[3]) == (1, 2)
    if "processes" in request.node.name:
        assert str(found[4]) == "ValueError: clinging"
    assert isinstance(found[4], Exception)
    assert "what the task gave cannot be sent" in str(found[0]) and isinstance(found[0], TypeError)
    assert str(found[2]) == "Stubborn: stubborn"


def test_a_task_that_cannot_be_sent_is_a_failure() -> None:
    found = ran(executor("local", 2), 1, lambda: 2, 3)
    assert (found[0], found[2]) == (1, 3) and isinstance(found[1], Exception)


def test_a_task_that_kills_its_process_keeps_no_other_from_running(
    runner: Executor, request: pytest.FixtureRequest
) -> None:
    if "inline" in request.node.name:
        return  # it is this process that would die
    found = ran(runner, 1, "killed", 2, 3, "ended", 4)
    assert [found[index] for index in (0, 2, 3, 5)] == [1, 2, 3, 4]
    assert isinstance(found[1], TaskLost) and isinstance(found[4], TaskLost)
    assert "\n" not in str(found[1])
    if "processes" in request.node.name:
        assert str(found[1]) == "the process that worked on it was ended by SIGKILL, perhaps for want of memory"
        assert str(found[4]) == "the process that worked on it ended with status 3"


def test_outcomes_come_in_the_order_in_which_tasks_end(runner: Executor, request: pytest.FixtureRequest) -> None:
    inline = "inline" in request.node.name
    order = [index for index, _ in runner.run(done, [0.1 if inline else 6.0, 0.0, 0.01], lambda: None)]
    assert order == ([0, 1, 2] if inline else [1, 2, 0])


def test_who_stops_gives_up_what_has_not_ended(runner: Executor) -> None:
    began = time.monotonic()
    with closing(runner.run(done, [0.0, 60.0, 60.0, 60.0], lambda: None)) as outcomes:
        assert next(outcomes) == (0, Ok(0.0))
    assert time.monotonic() - began < 50


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


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.4])
def test_workers_end_with_the_process_that_started_them(delay: float) -> None:
    code = (
        "from assay.execution import executor; import time\n"
        "if __name__ == '__main__': list(executor('local', 2).run(time.sleep, [60, 60], lambda: None))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as started:
        time.sleep(0.3 + delay)
        started.kill()
        started.communicate(timeout=20)  # ends when the last worker has let go of the pipe


def test_an_unknown_executor_is_named() -> None:
    with pytest.raises(UsageError, match="give local or ray"):
        executor("slurm", 1)
