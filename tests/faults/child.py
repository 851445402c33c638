"""The command line in a process that may hang, be killed or run out of room, started in milliseconds.

Processes are forked from a server that has imported the package already, so a thousand of them are cheap.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing import connection, forkserver, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple, TextIO

from starbench.execution.environment import ONE_THREAD

_CONTEXT = get_context("forkserver")
_STARTING = Lock()
_PRELOADED = (
    "starbench.cli", "starbench.api", "starbench.adapters.openai.adapter", "starbench.synth.scene", "openai",
    "starbench.tasks.perception.task", "starbench.tasks.spatial.task", "starbench.verify.audit", "h5py", "soxr",
    "starbench.synth.heads.sofa", "soundfile", "scipy.signal", "pydantic", "rich.table", "starbench.contract",
    "starbench.adapters.random", "starbench.adapters.constant", "httpx", "starbench.runs.attempt",
)  # fmt: skip
#: Every command starts with these and nothing else of the environment: no proxy, no key, no colour.
_ENVIRONMENT = {**ONE_THREAD, "PATH": os.environ.get("PATH", ""), "COLUMNS": "400", "HOME": "/nonexistent"}


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int | None
    """None: it was still running when its time was over."""
    out: str
    err: str
    seconds: float

    @property
    def is_traceback(self) -> bool:
        return "Traceback (most recent call last)" in self.err or "Exception ignored" in self.err

    @property
    def complaint(self) -> str:
        """What it complains of: its last line."""
        return (self.err.strip().splitlines() or [""])[-1][:300]

    @property
    def stack_end(self) -> str:
        """Where a traceback ends: the innermost line of the package, and the error."""
        places = [line.strip() for line in self.err.splitlines() if line.strip().startswith('File "')]
        ours = [place for place in places if "/site-packages/" not in place and "/lib/python" not in place]
        place = (ours or places or [""])[-1]
        return f"{self.complaint} at {place.rpartition('/')[2].replace(chr(34), '')}"


class Running:
    """A command under way."""

    def __init__(self, target: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._out, out = _CONTEXT.Pipe(duplex=False)
        self._err, err = _CONTEXT.Pipe(duplex=False)
        self._began = monotonic()
        self._process = _CONTEXT.Process(target=_redirected, args=(out, err, target, arguments))
        with _STARTING:
            _ensure_server()
            self._process.start()
        out.close()
        err.close()

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        with suppress(ValueError):
            self._process.kill()

    def end(self, seconds: float) -> Ended:
        """Wait until it ends, or kill it after so long."""
        texts: dict[Any, bytearray] = {self._out: bytearray(), self._err: bytearray()}
        reading, over = set(texts), self._began + seconds
        while True:
            ready = connection.wait([*reading, self._process.sentinel], max(0.0, over - monotonic()))
            readable = reading.intersection(ready)
            for stream in readable:
                chunk = os.read(stream.fileno(), 1 << 16)
                texts[stream] += chunk
                if not chunk:
                    reading.discard(stream)
            if not ready or (self._process.sentinel in ready and not readable):
                break
        is_over = not ready
        if is_over:
            self._process.kill()
        connection.wait([self._process.sentinel])
        with _STARTING:  # to start a process asks all others how they ended, and each can be asked once
            self._process.join()
        took = monotonic() - self._began
        code = None if is_over else self._process.exitcode
        self._out.close()
        self._err.close()
        self._process.close()
        out, err = (text.decode("utf-8", "backslashreplace") for text in texts.values())
        return Ended(code, out, err, took)


def start(
    *arguments: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    file_bytes: int | None = None,
    memory: int | None = None,
    cpu_s: int | None = None,
    out: str | None = None,
) -> Running:
    """Start ``starbench`` with ``arguments``.

    ``file_bytes`` is the largest file it may write, ``memory`` what it may take beyond what it starts with,
    ``cpu_s`` its time on a processor, and ``out`` a file that its standard output goes to.
    """
    limits = (file_bytes, memory, cpu_s)
    return Running(_command, (tuple(map(str, arguments)), str(cwd), dict(environment or {}), limits, out))


def command(*arguments: str | Path, cwd: Path, seconds: float = 30.0, **options: Any) -> Ended:
    """Run ``starbench`` with ``arguments`` to its end, or kill it after ``seconds``."""
    return start(*arguments, cwd=cwd, **options).end(seconds)


def call(function: Callable[..., object], *arguments: Any, seconds: float = 30.0) -> Ended:
    """Run a function of a module in a process of its own."""
    return Running(function, arguments).end(seconds)


def _ensure_server() -> None:
    """Start the server of forks with libraries that use one thread, which alone can be forked."""
    # A thread's arena would reserve 64 MB of what RLIMIT_AS grants.
    wanted = {**ONE_THREAD, "MALLOC_ARENA_MAX": "2"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        _CONTEXT.set_forkserver_preload(list(_PRELOADED))
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _stream(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _redirected(out: Connection, err: Connection, target: Callable[..., object], arguments: Any) -> None:
    for stream, number in ((out, 1), (err, 2)):
        os.dup2(stream.fileno(), number)
        stream.close()
    sys.stdout, sys.stderr = map(_stream, (1, 2))
    with suppress(BrokenPipeError):
        target(*arguments)


def _command(
    arguments: tuple[str, ...],
    cwd: str,
    environment: dict[str, str],
    limits: tuple[int | None, ...],
    out: str | None,
) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(_ENVIRONMENT | environment)
    if out is not None:
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT, 0o644), 1)
    file_bytes, memory, cpu_s = limits
    if cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    if memory is not None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.argv = ["starbench", *arguments]
    importlib.import_module("starbench.cli").main()
