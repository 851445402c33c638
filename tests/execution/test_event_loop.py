"""The loop that a model is asked in ends in time, whatever runs in it, and what it raises is raised."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from starbench.errors import PluginError
from starbench.execution import event_loop
from starbench.execution.event_loop import LoopThread


def loops() -> set[threading.Thread]:
    """Threads of loops; other tests may have left some that hang for good."""
    return {thread for thread in threading.enumerate() if thread.name == "event loop"}


def test_what_work_comes_to_and_what_it_raises() -> None:
    async def value() -> int:
        await asyncio.sleep(0)
        return await asyncio.to_thread(lambda: 7)

    async def fails(error: BaseException) -> None:
        raise error

    async def in_a_task() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(SystemExit(3)))

    before = loops()
    with LoopThread() as loop:
        assert loop.run(value()) == 7
        for error in (ValueError("x"), TimeoutError("own"), SystemExit(3), KeyboardInterrupt()):
            with pytest.raises(type(error)) as raised:
                loop.run(fails(error))
            assert raised.value is error
        with pytest.raises(SystemExit):
            loop.run(in_a_task())
        assert loop.run(value()) == 7
    assert loops() <= before, "a loop's thread is left"


def test_what_stops_the_loop_or_cancels_its_tasks_ends_neither_the_loop_nor_the_wait() -> None:
    async def stops() -> int:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0.01)
        return 7

    async def cancels_all() -> None:
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.sleep(0)

    before = loops()
    with LoopThread() as loop:
        assert loop.run(stops(), 5) == 7
        with pytest.raises(PluginError, match="cancelled the work"):
            loop.run(cancels_all(), 5)
        assert loop.run(stops(), 5) == 7
    assert loops() <= before, "a loop's thread is left"


def test_as_many_threads_as_usual_and_no_more() -> None:
    under_way = most = 0
    lock = threading.Lock()

    def call(number: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.002)
        with lock:
            under_way -= 1
        return number

    async def many() -> list[int]:
        return list(await asyncio.gather(*(asyncio.to_thread(call, n) for n in range(100))))

    with LoopThread() as loop:
        assert loop.run(many()) == list(range(100))
    assert 1 < most <= min(32, (os.cpu_count() or 1) + 4)


def test_an_interrupt_cancels_the_work_and_what_follows_still_runs() -> None:
    cancelled = threading.Event()

    async def waits() -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def value() -> int:
        return 7

    with LoopThread() as loop:
        with pytest.raises(KeyboardInterrupt):
            loop.run(waits())
        assert cancelled.is_set()
        assert loop.run(value()) == 7


def test_blocking_work_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "GRACE_S", 0.1)
    over = threading.Event()

    async def blocks() -> None:
        over.wait(20)

    with LoopThread() as loop:
        for _ in range(2):  # the second is not even begun
            with pytest.raises(TimeoutError):
                loop.run(blocks(), 0.1)
    over.set()


@pytest.mark.parametrize(
    "close",
    [
        "async def close(): time.sleep(100)",
        "async def close(): await asyncio.to_thread(time.sleep, 100)",
        "async def close():\n    while True:\n        try: await asyncio.sleep(1)\n        except BaseException: pass",
    ],
    ids=["blocks", "in a thread", "ignores everything"],
)
def test_no_process_waits_for_what_is_left_behind(close: str) -> None:
    code = f"""
import asyncio, time
from starbench.execution import event_loop
event_loop.GRACE_S = 0.1
{close}
with event_loop.LoopThread() as loop:
    try:
        loop.run(close(), 0.1)
    except TimeoutError:
        print("left behind")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "left behind\n", "")
