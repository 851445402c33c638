"""Servers that limit requests, on a clock that costs nothing: what the engine is driven against.

The event loop is a real one whose clock jumps to the next timer instead of waiting for it; the engine,
its journal and its errors are real. Only the server is made up: it takes its time, and refuses as a token
bucket or a window does.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize
from starbench.engine.runner import TrialResult, run_trials
from starbench.engine.settings import Settings
from starbench.errors import TransientError
from starbench.models.adapter import Model
from starbench.runs.journal import LineWriter
from starbench.schema import Capabilities, Failure, Prompt, Response, Trial, Usage

T = TypeVar("T")


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting, lets the clock jump to where the wait would end."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time costs nothing, and is exact."""

    def __init__(self) -> None:
        self._clock = _Skipping()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on a clock that begins at 0."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def now() -> float:
    return asyncio.get_running_loop().time()


class Limiter(Protocol):
    def take(self, at: float) -> float | None:
        """None if a request that arrives at ``at`` is granted, else seconds until one would be."""
        ...


class TokenBucket:
    """``per_minute`` requests a minute, ``burst`` of them saved up at most; full at first."""

    def __init__(self, per_minute: float, burst: float) -> None:
        self._rate, self._burst = per_minute / 60, burst
        self._tokens, self._at = burst, 0.0

    def take(self, at: float) -> float | None:
        self._tokens = min(self._burst, self._tokens + (at - self._at) * self._rate)
        self._at = at
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return None
        return (1 - self._tokens) / self._rate


class FixedWindow:
    """``per_minute`` requests a minute, counted in windows of ``seconds``; ``phase`` of the first is over."""

    def __init__(self, per_minute: float, seconds: float, phase: float = 0.0) -> None:
        self._quota, self._seconds = round(per_minute * seconds / 60), seconds
        self._over = phase * seconds
        self._window, self._used = -1, 0

    def take(self, at: float) -> float | None:
        window = int((at + self._over) // self._seconds)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used < self._quota:
            self._used += 1
            return None
        return (window + 1) * self._seconds - self._over - at


class Unlimited:
    def take(self, at: float) -> float | None:
        return None


@dataclass
class Server:
    """An adapter whose server limits requests and takes ``latency`` s to answer, refusals included."""

    limiter: Limiter = field(default_factory=Unlimited)
    latency: float = 0.05
    header: bool = False
    """Whether refusals come with a Retry-After, in whole seconds, rounded up as headers are."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    usage: Usage | None = None
    sent: list[tuple[float, str, bool]] = field(default_factory=list)
    """When each request was sent, which prompt it was, and whether it was granted."""
    under_way: int = 0
    most: int = 0

    async def generate(self, prompt: Prompt) -> Response:
        at = now()
        wait = self.limiter.take(at)
        self.sent.append((at, prompt.key, wait is None))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.answers_in(prompt))
        finally:
            self.under_way -= 1
        if wait is not None:
            raise TransientError(
                "429", kind="rate_limit", retry_after=float(math.ceil(wait)) if self.header else None
            )
        return Response(text="<A>", usage=self.usage)

    def answers_in(self, prompt: Prompt) -> float:
        """Seconds until the reply; at least a turn of the clock."""
        return self.latency


class Line(BaseModel):
    key: str
    usage: Usage | None = None
    error: Failure | None = None
    attempts: int = 0
    latency_s: float = 0.0
    ended: float = 0.0


class Questions:
    """Trials that are only numbers."""

    def prompt(self, trial: Trial) -> Prompt:
        return Prompt(parts=(), key=trial.item_id)

    def line(self, trial: Trial, model: str, result: TrialResult) -> Line:
        usage = result.response.usage if result.response else None
        return Line(
            key=trial.item_id,
            usage=usage,
            error=result.failure,
            attempts=result.attempts,
            latency_s=result.latency_s,
            ended=now(),
        )

    def size(self, trial: Trial) -> PromptSize:
        return PromptSize(characters=400)


def trials(n: int) -> list[Trial]:
    one = Trial(
        suite="s", item_id="0", rotation=0, condition="audio", protocol="starbench", options=("a", "b"),
        contents=(0, 1), clip_order=(0,), answer_letter="A", parts=(),
    )  # fmt: skip
    return [one.model_copy(update={"item_id": str(i)}) for i in range(n)]


def ask(server: Any, n: int, settings: Settings | None = None, into: Path | None = None) -> list[Line]:
    """Put ``n`` trials to ``server`` by the real engine on a virtual clock; the lines as written."""
    lines: list[Line] = []

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder, LineWriter((into or Path(folder)) / "lines") as writer:
            model = Model("virtual", {}, server)
            await run_trials(
                trials(n), Questions(), ModelClient(model, settings or Settings(), n), writer, lines.append
            )

    run_virtually(main())
    return lines


@dataclass(frozen=True)
class Pacing:
    """How well a limit was used."""

    whole: float
    """Granted a minute over the whole run, as a part of the limit."""
    sustained: float
    """The same without the warm-up."""
    refused: float
    """Part of the requests that were refused."""
    longest_wait: float
    """From a trial's first request to its end, s."""
    out_of_turn: int
    """By how many places a trial ended later than it was in line."""
    failed: int


def pacing(server: Server, lines: Sequence[Line], per_minute: float, warm_up: float) -> Pacing:
    """Measure a run; the warm-up, s, counts only towards ``whole``."""
    ends = [line.ended for line in lines]
    first: dict[str, float] = {}
    for at, key, _ in server.sent:
        first.setdefault(key, at)
    over, per_s = ends[-1], per_minute / 60
    return Pacing(
        whole=len(ends) / over / per_s,
        sustained=sum(end > warm_up for end in ends) / (over - warm_up) / per_s,
        refused=sum(not granted for _, _, granted in server.sent) / len(server.sent),
        longest_wait=max(line.ended - first[line.key] for line in lines),
        out_of_turn=max(place - int(line.key) for place, line in enumerate(lines)),
        failed=sum(line.error is not None for line in lines),
    )


#: Every limiter that a limit of so many requests a minute is tried as.
def limiters(per_minute: int) -> dict[str, Callable[[], Limiter]]:
    bursts = sorted({1, 10, per_minute // 10, per_minute})
    limiters: dict[str, Callable[[], Limiter]] = {
        f"bucket of {burst}": partial(TokenBucket, per_minute, burst) for burst in bursts
    }
    for seconds in (1, 10, 60):
        for phase in (0.0, 0.37, 0.9):
            name = f"window of {seconds} s" + (f", {phase:.0%} over" if phase else "")
            limiters[name] = partial(FixedWindow, per_minute, seconds, phase)
    return limiters
