"""When a request may go: so many under way, so far apart, and none while the server says no.

All requests of a run pass one gate, in the order in which their trials came to it. The window grows
while the server bears it, and shrinks when it does not; the rate is learnt (:mod:`starbench.engine.rate`).
After a refusal (429) nothing goes until the server's Retry-After is over, or a guess that grows; then
one request goes alone, and only when it is granted do the others follow, paced: no stampede.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from starbench.engine.rate import LearntRate, Rate, ThrottleEpisode

#: Requests under way that a server is taken to bear without being watched.
UNWATCHED = 64
#: And at most, where longer replies do not show that they only queue.
MOST = 512
_FIRST = 4
#: Part of a run that finding a limit may cost: all that is under way when it is met is refused.
_COST_OF_FINDING = 0.01
#: Growth of the window for each reply: a twelfth more with every round trip.
_GROWTH = 1 / 12
#: A run of so few requests would end before that tells. Its window doubles with every round trip up to so many,
#: as long as no limit is met; longer runs would lose more to a limit that is found with so many under way.
_SHORT_RUN, _DOUBLING_UP_TO = 200, 16
_REGROWTH = 1 / 2
#: Replies that take so much longer than they did are queueing.
_QUEUEING = 1.5
_SMOOTHING = 1 / 16
#: Part of failures that is more than bad luck.
_FAILING = 0.25
#: A token bucket that refused at a known pace has a token after so many gaps.
_GAPS_WAITED = 2.0
#: How much longer each wait is than the last while a server refuses without saying for how long.
_LONGER = 2.5
_LONGEST_WAIT_S = 60.0
#: Headers give whole seconds, rounded up.
_ROUNDING_S = 1.0
#: Part of a gap by which a timer may be late and the next request still keep to the beat.
_LATE = 0.2


def first_window(requests: int) -> int:
    """Requests to begin with, in a run of so many."""
    return max(_FIRST, min(int(_COST_OF_FINDING * requests), UNWATCHED))


def doubling_up_to(requests: int) -> int:
    """The window up to which a run of so many requests may double it."""
    return _DOUBLING_UP_TO if requests <= _SHORT_RUN else 0


class Window:
    """How many requests are under way at a time.

    Parameters
    ----------
    first, most : int
        Where it starts, and what it never passes; equal: it is pinned.
    doubling : int
        Up to what it doubles with every round trip, as long as no limit is met.
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
        self._borne = 0.0

    @property
    def size(self) -> int:
        """Requests that may be under way now."""
        return int(self._size)

    def replied(self, latency: float, *, full: bool) -> None:
        """Take in a reply; grow if the window was what held requests back."""
        self._failing *= 1 - _SMOOTHING
        self._replies += 1
        self.latency += (latency - self.latency) * (1.0 if self._replies == 1 else _SMOOTHING)
        if self._replies >= 1 / _SMOOTHING:
            self._calm = min(self._calm, self.latency)
        if full and not self._pinned and (self._size < UNWATCHED or self.latency <= _QUEUEING * self._calm):
            self._size = min(self.most, self._size + self._growth())

    def _growth(self) -> float:
        if not self._borne and self._size < self._doubling:
            return 1.0
        return _REGROWTH if self._size < self._borne else _GROWTH

    def failed(self, sent_at: float, now: float) -> None:
        """Take in a failure; halve, once in a round trip at most, if they are many."""
        self._failing += (1 - self._failing) * _SMOOTHING
        if self._failing > _FAILING and sent_at >= self._eased_at:
            self.halve(1)
            self._eased_at = now

    def halve(self, least: float) -> None:
        """Half as many, but not fewer than ``least``."""
        if not self._pinned:
            self._borne = self._size
            self._size = min(self._size, max(self._size / 2, least, 1.0))


@dataclass(frozen=True)
class Permit:
    """Leave to send one request."""

    sent_at: float
    alone: bool
    """Whether it goes alone, to find out if the server grants requests again."""


@dataclass
class _Refusing:
    """A spell of refusals that is not over."""

    episode: ThrottleEpisode
    since: float
    until: float
    wait: float
    asking: bool = False
    """Whether one request is under way to find out."""


@dataclass
class Pace:
    """The gate that all requests of a run pass.

    Parameters
    ----------
    window : Window
        How many at a time.
    rate : Rate
        How far apart.
    wait_s : float
        First wait after a refusal that does not say how long to wait, s.
    """

    window: Window = field(default_factory=lambda: Window(_FIRST, UNWATCHED))
    rate: Rate = field(default_factory=LearntRate)
    wait_s: float = 1.0
    grants: int = 0
    """Requests that the server has not refused."""

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
        """What was asked at ``permit`` is over, and so is any waiting that follows from it."""
        self._under_way -= 1
        if permit.alone and self._refusing is not None:
            self._refusing.asking = False
        self._admit_waiting()

    def granted(self, permit: Permit) -> None:
        """The server took the request in hand, whatever came of it."""
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
        self._not_before = max(self._not_before, now + (retry_after or 0.0))
        if permit.alone and self._refusing is not None:
            self._refusing.until = now + self._refusing.wait

    def refused(self, permit: Permit, retry_after: float | None) -> float:
        """The server said 429; returns for how many seconds it has granted nothing."""
        now, asked_for = _now(), retry_after or 0.0
        if self._refusing is None:
            if permit.sent_at < self._resumed_at:  # a late reply, of a spell that is over
                self._not_before = max(self._not_before, now + asked_for)
                return 0.0
            episode = ThrottleEpisode(permit.sent_at, permit.sent_at)
            gap = self.rate.gap(permit.sent_at)
            wait = min(self.wait_s, _GAPS_WAITED * gap) if gap else self.wait_s
            self._refusing = _Refusing(episode, now, now + (asked_for or wait), wait)
        refusing = self._refusing
        refusing.episode.refused += 1
        if permit.alone:
            refusing.wait = max(self.wait_s, min(refusing.wait * _LONGER, _LONGEST_WAIT_S))
            refusing.until = now + (asked_for or refusing.wait)
        refusing.until = max(refusing.until, now + asked_for)
        would_be = permit.sent_at + max(0.0, asked_for - _ROUNDING_S)
        refusing.episode.last = max(refusing.episode.last, would_be)
        return now - refusing.since

    def _resume(self, refusing: _Refusing, permit: Permit, now: float) -> None:
        refusing.episode.over = permit.sent_at
        self.rate.resumed(refusing.episode, self.window.latency, now)
        gap = self.rate.gap(now)
        # Little's law: what a rate needs under way; less would hold it back, whatever the server bears.
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
        self._not_before = now + gap - (late if late < _LATE * gap else 0.0)
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
