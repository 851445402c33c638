"""Worker processes: they make clips in one directory, and end with the process that hired them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from starbench.errors import SuiteError

if TYPE_CHECKING:
    from starbench.build.render import Order

#: Says one thread to every linear algebra library, if it is set before numpy is imported. Sums split over
#: threads differ in their last digit, so bytes would depend on the machine's cores; and threads of several
#: workers would fight for them.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
#: Says to glibc's allocator, if it is set before a process starts, to keep what is freed. Every clip needs
#: the same few megabytes again; given back to the kernel, they would be zeroed page by page each time, which
#: costs up to a third of the whole synthesis (benchmarks/synth.py). Other allocators do not read it.
KEPT_MEMORY = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 30))
#: Items handed over at a time: many enough that handing over costs nothing, few enough to end together.
_CHUNK = 8
#: Chunks for each worker: one under way, one that waits.
_AHEAD = 2


def available_cpus() -> int:
    """CPUs that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def make_all(orders: list[Order], seed: int, workshop: Path, workers: int) -> Generator[int, None, None]:
    """Have ``orders`` made by ``workers`` processes, in any order; each item is on record when it is done.

    Yields
    ------
    int
        How many more items are done.

    Raises
    ------
    InputError, OSError
        Whatever a worker met first; or a worker died.
    """
    chunk = max(1, min(_CHUNK, len(orders) // (workers * _AHEAD)))
    left = iter(orders)
    chunks = iter(lambda: list(islice(left, chunk)), [])
    with _pool(workers) as pool:
        under_way: set[Future[int]] = set()
        try:
            while True:
                for batch in islice(chunks, workers * _AHEAD - len(under_way)):
                    with _interrupts_held():
                        under_way.add(pool.submit(_make_batch, batch, seed, workshop))
                if not under_way:
                    return
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        except BrokenProcessPool as error:
            raise SuiteError(
                "a worker process died (is there memory for so many?); what was made is kept: build again "
                "to go on, with fewer --workers if need be"
            ) from error


def _make_batch(orders: Iterable[Order], seed: int, workshop: Path) -> int:
    from starbench.build.staging import make_on_record

    return sum(make_on_record(order, seed, workshop) for order in orders)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes end as soon as the block is left by an error, or this process dies."""
    # Spawned, not forked: a fork would inherit this process's threads' locks and its numpy as it is.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with _environment(ONE_THREAD | KEPT_MEMORY):
        pool = ProcessPoolExecutor(workers, context, _begin, (theirs,))
        try:
            yield pool
        except BaseException:
            ours.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            ours.close()
            theirs.close()


def _begin(lifeline: Connection) -> None:
    """What a worker does first: end once the other end of the pipe is gone, by whatever death."""

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
def _interrupts_held() -> Iterator[None]:
    """Start processes that a Ctrl-C does not reach: this process gets it, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
