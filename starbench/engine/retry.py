"""When to ask again, and how long to wait: exponential backoff with full jitter, Retry-After honoured."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from starbench.engine.pacing import Pace
from starbench.errors import AdapterError, FatalError, TransientError

T = TypeVar("T")

RATE_LIMIT = "rate_limit"


@dataclass(frozen=True)
class Backoff:
    """How often and how patiently a failed request is repeated.

    Full jitter (Brooker, AWS Architecture Blog 2015): the wait before attempt n + 1 is uniform between
    nothing and ``min(cap_s, base_s · 2^(n-1))``. A server's own Retry-After is waited out in full,
    with up to ``base_s`` on top; one longer than ``longest_retry_after_s`` stops the run, because every
    other trial would meet it too, and so does a server that refuses everything for as long.

    A refusal (429) is no failure: it is waited out together with all other requests
    (:mod:`starbench.engine.pacing`), and counts as an attempt only if the request went alone, to find out, or
    nothing was granted yet.
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


async def persist(ask: Callable[[], Awaitable[T]], backoff: Backoff, pace: Pace, rng: random.Random) -> T:
    """Ask until it works or patience ends, each time when ``pace`` allows.

    Raises
    ------
    TransientError
        The last failure, when every allowed attempt failed. Other errors pass through at once.
    FatalError
        When the server asks for a longer wait than a run should sit through, or refuses for so long.
    """
    place, attempts = pace.place(), 0
    while True:
        turn = await pace.enter(place)
        granted_before = pace.grants
        try:
            answer = await ask()
        except TransientError as failure:
            _bearable(failure, failure.retry_after or 0.0, "it asks to wait", backoff)
            if failure.kind == RATE_LIMIT:
                refused_for = pace.refused(turn, failure.retry_after)
                _bearable(failure, refused_for, "nothing was granted for", backoff)
                attempts += pace.grants == granted_before and (turn.alone or not pace.grants)
                if attempts >= backoff.max_attempts:
                    raise
            else:
                pace.failed(turn, failure.retry_after)
                attempts += 1
                wait = backoff.wait(attempts, failure, rng)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        except AdapterError:
            pace.granted(turn)
            raise
        else:
            pace.granted(turn)
            return answer
        finally:
            pace.leave(turn)


def _bearable(failure: TransientError, seconds: float, what: str, backoff: Backoff) -> None:
    if seconds > backoff.longest_retry_after_s:
        raise FatalError(f"{failure} ({what} {seconds:.0f} s)", kind=failure.kind) from failure
