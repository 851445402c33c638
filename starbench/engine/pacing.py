"""When a request may go: so many under way, so far apart, and none while the server says no.

All requests of a run pass one gate, in the order in which their trials came to it. The window grows
while the server accepts it, and shrinks when it does not; the rate is learnt (:mod:`starbench.engine.rate`).
After a refusal (429) nothing goes until the server's Retry-After is over, or a guess that grows; then
one request goes alone, and only when it is granted do the others follow, paced: no stampede.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from starbench.engine.constants import PACING
from starbench.engine.rate import LearntRate, PinnedRate, ThrottleEpisode


def first_window(requests: int) -> int:
    """Requests to begin with, in a run of so many."""
    return max(PACING.first_window, min(int(PACING.cost_of_finding * requests), PACING.unwatched))


def doubling_up_to(requests: int) -> int:
    """The window up to which a run of so many requests may double it."""
    return PACING.doubling_up_to if requests <= PACING.short_run else 0


class Window:
    """How many requests are under way at a time: from ``first`` to ``most``; equal: it is pinned.

    Up to ``doubling`` it doubles with every round trip, as long as no limit is met.
    """

    def __init__(self, first: int, most: int, doubling: int = 0) -> None:
        self._doubling = doubling
        self.most = most
        self._pinned = first >= most
        self._size = float(min(first, most))
        self._failing = 0.0
        self._eased_at = float("-inf")
        self.latency = 0.0
        self._calm = float("inf")
        self._replies = 0
        self._largest = 0.0

    @property
    def size(self) -> int:
        """Requests that may be under way now."""
        return int(self._size)

    def replied(self, latency: float, *, full: bool) -> None:
        """Grow after a reply, if the window was what kept requests waiting."""
        self._failing *= 1 - PACING.smoothing
        self._replies += 1
        self.latency += (latency - self.latency) * (1.0 if self._replies == 1 else PACING.smoothing)
        if self._replies >= 1 / PACING.smoothing:
            self._calm = min(self._calm, self.latency)
        if (
            full
            and not self._pinned
            and (self._size < PACING.unwatched or self.latency <= PACING.queueing * self._calm)
        ):
            self._size = min(self.most, self._size + self._growth())

    def _growth(self) -> float:
        if not self._largest and self._size < self._doubling:
            return 1.0
        return PACING.regrowth if self._size < self._largest else PACING.growth

    def failed(self, sent_at: float, now: float) -> None:
        """Halve after a failure, once in a round trip at most, if failures are many."""
        self._failing += (1 - self._failing) * PACING.smoothing
        if self._failing > PACING.failing and sent_at >= self._eased_at:
            self.halve(1)
            self._eased_at = now

    def halve(self, least: float) -> None:
        """Half as many, but not fewer than ``least``."""
        if not self._pinned:
            self._largest = self._size
            self._size = min(self._size, max(self._size / 2, least, 1.0))


@dataclass(frozen=True)
class Permit:
    """Leave to send one request."""

    sent_at: float
    alone: bool
    """Whether it goes alone, to find out if the server grants requests again."""


class Pause(NamedTuple):
    """The server makes every request wait."""

    wait_s: float
    """For how long from now, s."""
    refused_s: float | None
    """For how long it has refused all, s; None: it failed, and asked to wait."""
    is_stated: bool
    """Whether the server said how long; else it is a guess, and one request finds out."""


@dataclass
class _Refusing:
    """An episode of refusals that is not over."""

    episode: ThrottleEpisode
    since: float
    until: float
    wait: float
    asking: bool = False
    """Whether one request is under way to find out."""


@dataclass
class Pace:
    """The gate that all requests of a run pass."""

    window: Window = field(default_factory=lambda: Window(PACING.first_window, PACING.unwatched))
    rate: LearntRate | PinnedRate = field(default_factory=LearntRate)
    wait_s: float = 1.0
    grants: int = 0
    """Requests that the server has not refused."""
    on_pause: Callable[[Pause], None] = lambda _: None
    """Called when the wait for all requests begins, and when it becomes longer."""

    def __post_init__(self) -> None:
        self._places = count()
        self._waiting: list[tuple[int, asyncio.Future[Permit]]] = []
        self._under_way = 0
        self._refusing: _Refusing | None = None
        self._resumed_at = float("-inf")
        self._not_before = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def place(self) -> int:
        """A place in the line, which a trial keeps until it ends: who was refused goes first."""
        return next(self._places)

    async def enter(self, place: int) -> Permit:
        """Wait for leave to send a request; :meth:`leave` must follow."""
        if not self._waiting and self._delay(_now()) == 0.0:
            return self._admit(_now())
        permit: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (place, permit))
        self._admit_waiting()
        try:
            return await permit
        except asyncio.CancelledError:
            if permit.done() and not permit.cancelled():
                self.leave(permit.result())
            raise

    def leave(self, permit: Permit) -> None:
        """The request of ``permit`` is over, and so is any waiting that follows from it."""
        self._under_way -= 1
        if permit.alone and self._refusing is not None:
            self._refusing.asking = False
        self._admit_waiting()

    def granted(self, permit: Permit) -> None:
        """The server accepted the request, whatever its outcome."""
        now = _now()
        self.grants += 1
        if self._refusing is None:
            self.window.replied(now - permit.sent_at, full=self._under_way >= self.window.size)
        elif permit.alone:
            self._resume(self._refusing, permit, now)
        self.rate.granted(permit.sent_at)

    def failed(self, permit: Permit, retry_after: float | None) -> None:
        """The server, or the way to it, failed."""
        now = _now()
        self.window.failed(permit.sent_at, now)
        if retry_after and now + retry_after > self._not_before:
            self._not_before = now + retry_after
            self.on_pause(Pause(retry_after, None, is_stated=True))
        if permit.alone and self._refusing is not None:
            self._refusing.until = now + self._refusing.wait

    def refused(self, permit: Permit, retry_after: float | None) -> float:
        """The server said 429; returns for how many seconds it has granted nothing."""
        now, asked_for = _now(), retry_after or 0.0
        if self._refusing is None:
            if permit.sent_at < self._resumed_at:  # a late reply, of an episode that is over
                self._not_before = max(self._not_before, now + asked_for)
                return 0.0
            episode = ThrottleEpisode(permit.sent_at, permit.sent_at)
            gap = self.rate.gap(permit.sent_at)
            wait = min(self.wait_s, PACING.gaps_waited * gap) if gap else self.wait_s
            self._refusing = _Refusing(episode, now, now + (asked_for or wait), wait)
        refusing, until = self._refusing, self._refusing.until
        refusing.episode.refused += 1
        if permit.alone:
            refusing.wait = max(self.wait_s, min(refusing.wait * PACING.longer, PACING.longest_wait_s))
            refusing.until = now + (asked_for or refusing.wait)
        refusing.until = max(refusing.until, now + asked_for)
        would_be = permit.sent_at + max(0.0, asked_for - PACING.rounding_s)
        refusing.episode.last = max(refusing.episode.last, would_be)
        if refusing.until > until or refusing.episode.refused == 1:
            is_stated = refusing.until <= now + asked_for
            self.on_pause(Pause(refusing.until - now, now - refusing.since, is_stated))
        return now - refusing.since

    def _resume(self, refusing: _Refusing, permit: Permit, now: float) -> None:
        refusing.episode.over = permit.sent_at
        self.rate.resumed(refusing.episode, self.window.latency, now)
        gap = self.rate.gap(now)
        # Little's law: what a rate needs under way; less would hold it back, whatever the server accepts.
        self.window.halve(1.25 * self.window.latency / gap + 1 if gap else 1.0)
        self._refusing, self._resumed_at = None, permit.sent_at
        self._not_before = max(self._not_before, permit.sent_at + gap)

    def _delay(self, now: float) -> float | None:
        """Seconds until a request may go; None: not before one that is under way is over."""
        if self._under_way >= self.window.size:
            return None
        opens = self._not_before
        if self._refusing is not None:
            if self._refusing.asking:
                return None
            opens = max(opens, self._refusing.until)
        return max(0.0, opens - now)

    def _admit(self, now: float) -> Permit:
        self._under_way += 1
        alone = self._refusing is not None
        if self._refusing is not None:
            self._refusing.asking = True
        gap = self.rate.gap(now)
        late = now - self._not_before
        self._not_before = now + gap - (late if late < PACING.late * gap else 0.0)
        return Permit(now, alone)

    def _admit_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = _now()
        while self._waiting:
            if self._waiting[0][1].done():  # who waited was cancelled
                heappop(self._waiting)
                continue
            delay = self._delay(now)
            if delay == 0.0:
                heappop(self._waiting)[1].set_result(self._admit(now))
                continue
            if delay is not None:
                self._timer = asyncio.get_running_loop().call_later(delay, self._admit_waiting)
            return


def _now() -> float:
    return asyncio.get_running_loop().time()
