"""Worker processes: every item once, errors as they were raised, and no process is left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest
from worker_functions import die_at_seven, environment, refuse_seven, slow_pid, square

from starbench.errors import StarbenchError
from starbench.execution import processes
from starbench.execution.processes import (
    KEPT_MEMORY,
    ONE_THREAD,
    WorkerDiedError,
    available_cpus,
    map_in_threads,
    map_items,
)


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("n", [0, 1, 50])
def test_every_item_has_one_result(workers: int, n: int) -> None:
    results = map_items(partial(square, plus=1), range(n), workers)
    assert sorted(results) == [k**2 + 1 for k in range(n)]


def test_workers_are_other_processes_with_one_thread_and_kept_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    results = list(map_items(environment, range(20), 2))
    assert os.getpid() not in {pid for pid, _ in results}
    for _, variables in results:
        assert (ONE_THREAD | KEPT_MEMORY).items() <= variables.items()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    ((here, _),) = map_items(environment, [1], 0)
    assert here == os.getpid()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_passes_as_it_was_raised(workers: int) -> None:
    with pytest.raises(ValueError, match=r"^seven$"):
        list(map_items(refuse_seven, range(30), workers))


def test_a_worker_that_dies_is_one_error_of_ours() -> None:
    with pytest.raises(WorkerDiedError, match=r"^a worker process died \(is there enough memory for 2\?\)$"):
        list(map_items(die_at_seven, range(30), 2))
    assert issubclass(WorkerDiedError, StarbenchError)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds out about processes in /proc")
def test_workers_end_with_the_generator() -> None:
    results = map_items(slow_pid, range(1000), 2)
    pid = next(results)
    started = monotonic()
    results.close()
    assert monotonic() - started < 5, "does not wait for 999 items"
    while Path(f"/proc/{pid}").exists():
        assert monotonic() - started < 5
        sleep(0.01)


def test_threads_keep_the_order_and_are_as_many_as_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_thread(number: int) -> tuple[int, int]:
        sleep(0.01)
        return number, threading.get_ident()

    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert available_cpus() == 2
    results = map_in_threads(in_thread, iter(range(20)))
    assert [number for number, _ in results] == list(range(20))
    assert len({thread for _, thread in results} - {threading.get_ident()}) <= 2


def test_it_knows_nothing_of_what_it_runs() -> None:
    program = f"import {processes.__name__}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("starbench.")}
    rooms_below = {"starbench.errors", "starbench.execution", "starbench.execution.environment"}
    assert ours == {
        *rooms_below,
        "starbench.execution.processes",
        "starbench.version",
    }  # which ``import starbench`` itself reads
