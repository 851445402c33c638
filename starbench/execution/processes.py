"""Worker processes that do the same to many items, and end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar

from starbench.errors import StarbenchError
from starbench.execution.environment import ONE_THREAD

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Tells glibc's allocator, if it is set before a process starts, to keep what is freed. Every clip needs
#: the same few megabytes again; given back to the kernel, they would be zeroed page by page each time, which
#: costs up to a third of the whole synthesis (benchmarks/synth.py). Other allocators do not read it.
KEPT_MEMORY = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 30))
#: Items in a chunk, at most: enough that handing over costs nothing, few enough that workers end together.
_CHUNK = 8
#: Chunks for each worker: one under way, one that waits.
_AHEAD = 2


class WorkerDiedError(StarbenchError):
    """A worker process died (killed for its memory, say); who started it says what that means."""


def available_cpus() -> int:
    """CPUs that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def map_in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Apply ``function`` to every item, by a thread for each CPU that this process may use.

    For functions that release the interpreter lock, as decoders do. Results are in the order of the items.
    """
    with ThreadPoolExecutor(available_cpus()) as pool:
        return list(pool.map(function, items))


def map_items(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Generator[Result, None, None]:
    """Apply ``function`` to every item by worker processes, and yield the results in any order.

    Close the generator to end the workers early; an error ends them, too. The function is that of a module, or
    a ``functools.partial`` of one: it is pickled, as items and results are. No ``workers`` apply it in this
    process; others are spawned with one thread each, so a script calls this under
    ``if __name__ == "__main__"``.

    Raises a WorkerDiedError if a worker process died, or what ``function`` raised first.
    """
    if not workers:
        yield from map(function, items)
        return
    size = max(1, min(_CHUNK, len(items) // (workers * _AHEAD)))
    chunks = iter([items[start : start + size] for start in range(0, len(items), size)])
    with _pools(workers) as pools:
        under_way: dict[Future[list[Result]], ProcessPoolExecutor] = {}
        free = pools * _AHEAD
        try:
            while True:
                for pool, chunk in zip(free, chunks, strict=False):
                    with _interrupts_blocked():
                        under_way[pool.submit(_apply, function, chunk)] = pool
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                free = [under_way.pop(future) for future in done]
                for future in done:
                    yield from future.result()
        except BrokenProcessPool as error:
            raise WorkerDiedError(f"a worker process died (is there enough memory for {workers}?)") from error


def _apply(function: Callable[[Item], Result], chunk: Sequence[Item]) -> list[Result]:
    return [function(item) for item in chunk]


@contextmanager
def _pools(workers: int) -> Iterator[list[ProcessPoolExecutor]]:
    """Pools of one process each, that end as soon as the block is left by an error, or this process dies.

    One pool of many processes starts them one after another; if one dies meanwhile, CPython's executor may stumble
    over its own list of processes, print a traceback and leave the others behind.
    """
    # Spawned, not forked: a fork would inherit this process's threads' locks and its numpy as it is.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with _environment(ONE_THREAD | KEPT_MEMORY):
        pools = [ProcessPoolExecutor(1, context, _end_with_parent, (theirs,)) for _ in range(workers)]
        try:
            yield pools
        except BaseException:
            ours.close()
            raise
        finally:
            for pool in pools:
                pool.shutdown(cancel_futures=True)
            ours.close()
            theirs.close()


def _end_with_parent(lifeline: Connection) -> None:
    """Make a worker end once the other end of the pipe is gone, however its parent died."""

    def watch() -> None:
        lifeline.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Variables for the processes started within."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start processes that a Ctrl-C does not reach: this process gets it, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
