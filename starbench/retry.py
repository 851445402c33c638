"""When to ask again, and how long to wait: exponential backoff with full jitter, Retry-After honoured."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from starbench.errors import FatalError, TransientError

T = TypeVar("T")


@dataclass(frozen=True)
class Backoff:
    """How often and how patiently a failed request is repeated.

    Full jitter (Brooker, AWS Architecture Blog 2015): the wait before attempt n + 1 is uniform between
    nothing and ``min(cap_s, base_s · 2^(n-1))``. A server's own Retry-After is waited out in full,
    with up to ``base_s`` on top so that waiting clients do not return together; one longer than
    ``longest_retry_after_s`` stops the run, because every other trial would meet it too.
    """

    max_attempts: int = 6
    base_s: float = 1.0
    cap_s: float = 60.0
    longest_retry_after_s: float = 600.0

    def wait(self, attempt: int, failure: TransientError, rng: random.Random) -> float | None:
        """Seconds to wait after ``attempt`` (from 1) failed, or None to give up."""
        if attempt >= self.max_attempts:
            return None
        if failure.retry_after is not None:
            return failure.retry_after + rng.uniform(0, self.base_s)
        doublings = min(attempt - 1, 64)  # more would overflow, and no cap lies beyond
        return rng.uniform(0, min(self.cap_s, self.base_s * 2**doublings))


@dataclass
class Cooldown:
    """A pause that all requests of a run share: when the server says "not before", none goes earlier."""

    _until: float = field(default=0.0)

    def extend(self, seconds: float) -> None:
        """Let no request start for ``seconds``."""
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)

    async def over(self, spread_s: float, rng: random.Random) -> None:
        """Wait until the pause is over, however often it is extended, and up to ``spread_s`` more."""
        clock = asyncio.get_running_loop().time
        while (left := self._until - clock()) > 0:
            await asyncio.sleep(left + rng.uniform(0, spread_s))


async def persist(
    ask: Callable[[], Awaitable[T]], backoff: Backoff, cooldown: Cooldown, rng: random.Random
) -> T:
    """Ask until it works or patience ends.

    Raises
    ------
    TransientError
        The last failure, when every allowed attempt failed. Other errors pass through at once.
    FatalError
        When the server asks for a longer wait than a run should sit through.
    """
    attempt = 0
    while True:
        await cooldown.over(backoff.base_s, rng)
        attempt += 1
        try:
            return await ask()
        except TransientError as failure:
            if failure.retry_after is not None:
                if failure.retry_after > backoff.longest_retry_after_s:
                    raise FatalError(
                        f"{failure} (it asks to wait {failure.retry_after:.0f} s)", kind=failure.kind
                    ) from failure
                cooldown.extend(failure.retry_after)
            wait = backoff.wait(attempt, failure, rng)
            if wait is None:
                raise
            await asyncio.sleep(wait)
