"""How many requests a second: pinned, or learnt from what a server grants and refuses. Pure arithmetic.

A server that limits requests does so by a token bucket (R a second, b of them saved up at most) or by
windows (Q in every T seconds), and says neither. Whichever it is, an episode of refusals bounds R:

* from below by what was granted since the last episode, over all the time that took;
* from above by the pace at which the first was refused; or, where the server continued to refuse although
  nothing was sent, so that a window must end, by what was granted until the last refusal.

So the pace starts just below the lower bound and climbs to the upper: quickly while the two are far
apart, since another refusal teaches more than it costs; slowly, over hundreds of requests, once they
have met, so that refusals stay rare; and beyond the upper bound ever faster, since a server that
refuses nothing there has changed its mind. (To pace by what is delivered is BBR's idea, to climb by where
the last loss was CUBIC's: Cardwell et al., ACM Queue 14(5), 2016; RFC 9438.)
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from starbench.engine.constants import PACING


@dataclass
class ThrottleEpisode:
    """A time during which requests were refused; all times are when a request was sent, s."""

    first: float
    """The first that was refused."""
    last: float
    """The last that was, or would have been."""
    over: float = inf
    """The first that was granted again."""
    refused: int = 0
    """How many were refused."""


@dataclass(frozen=True)
class PinnedRate:
    """A rate that the user set: requests a second, evenly spaced. Nothing is learnt."""

    per_s: float

    def gap(self, now: float) -> float:  # noqa: ARG002 - the same at any time
        return 1.0 / self.per_s

    def granted(self, sent_at: float) -> None:
        pass

    def resumed(self, episode: ThrottleEpisode, latency: float, now: float) -> None:
        pass


class _Bounds(NamedTuple):
    """What R lies between, requests a second."""

    low: float
    high: float


class _Climb(NamedTuple):
    """From ``low`` to ``high`` requests a second in ``span`` seconds, and on with the cube of time."""

    low: float
    high: float
    began: float
    span: float

    def at(self, now: float) -> float:
        elapsed = max(0.0, now - self.began)
        part, beyond = elapsed / self.span, max(0.0, elapsed - self.span) / PACING.doubling_s
        return self.low + (self.high - self.low) * max(part, part**3) + self.high * beyond**2


class LearntRate:
    """A rate that follows what a server grants; no limit before the first refusal."""

    def __init__(self) -> None:
        self._climb: _Climb | None = None
        self._granted = 0
        self._marks: deque[tuple[float, int]] = deque()  # when, and how many had been granted by then
        self._latest = -inf  # when the latest that was granted was sent
        self._proven = 0.0
        self._dense = 0

    def gap(self, now: float) -> float:
        """Seconds between this request and the next; 0: no limit is known."""
        return 1.0 / self._climb.at(now) if self._climb else 0.0

    def granted(self, sent_at: float) -> None:
        """Count a request, and remember about when."""
        if not self._marks or sent_at >= self._marks[-1][0] + PACING.mark_s:
            self._marks.append((sent_at, self._granted))
            while sent_at - self._marks[0][0] > 3 * PACING.horizon_s:
                self._marks.popleft()
        self._granted += 1
        self._latest = max(self._latest, sent_at)

    def resumed(self, episode: ThrottleEpisode, latency: float, now: float) -> None:
        """Learn from an episode of refusals that is over, and climb anew: a request was granted after ``latency`` s."""
        began, granted = self._since(episode.first - PACING.horizon_s)
        if granted and episode.over > began:  # otherwise nothing is known: others had met the limit before us
            lasting = granted / (episode.over - began)
            silent = episode.last - max(episode.first, self._latest)
            by_window = silent * lasting > PACING.expected and silent > latency
            self._prove(lasting, granted, episode.refused)
            bounds = self._bounds(episode, began, granted, by_window=by_window)
            least = max(PACING.least_latencies * latency, PACING.least_requests / lasting)
            if by_window:
                least = max(least, episode.over - began)
            elif self._climb:
                least = max(least, PACING.least_episodes * (episode.over - episode.first))
            self._climb = self._climb_between(bounds, latency, now, least)
            # A refusal can come in after the request that went alone: no mark may lie ahead of its grants.
            began = min((episode.last + episode.over) / 2, episode.over) if by_window else episode.over
        self._marks = deque([(began if granted else episode.over, self._granted)])

    def _since(self, moment: float) -> tuple[float, int]:
        """When counting began, at ``moment`` or as soon after as is known, and how many were granted."""
        known = [mark for mark in self._marks if mark[0] >= moment] or list(self._marks)[-1:]
        if not known:
            return moment, 0
        when, before = known[0]
        return when, self._granted - before

    def _prove(self, lasting: float, granted: int, refused: int) -> None:
        """Remember the best rate that lasted, until refusals in a row show that it does no more."""
        if self._climb is not None and granted >= PACING.proof:
            self._proven = max(self._proven, lasting)
        self._dense = self._dense + 1 if refused * 2 >= granted else 0
        if self._dense > PACING.bad_luck:
            self._proven = 0.0

    def _bounds(self, episode: ThrottleEpisode, began: float, granted: int, *, by_window: bool) -> _Bounds:
        """What R lies between, the lower bound raised towards the upper where they are far apart."""
        low = granted / (episode.over - began)
        if by_window:
            # While the one request that went alone was under way, quota may have passed that nobody used.
            idle = max(0.0, self._climb.began - began) if self._climb else 0.0
            upper = min(_per_second(granted + 1, episode.last - began), low * PACING.farthest)
            high = min(_per_second(granted + 1, episode.last - began - idle), low * PACING.farthest)
        else:
            upper = high = self._climb.at(episode.first) if self._climb else low * PACING.unpaced
        if self._climb is not None and upper > low * PACING.far:
            low = min((low + upper) / 2, low * PACING.above)
        return _Bounds(max(low, self._proven / 2), high)

    def _climb_between(self, bounds: _Bounds, latency: float, now: float, least: float) -> _Climb:
        low, high = bounds.low * PACING.below, max(bounds.high, bounds.low * PACING.closest)
        apart = (high - low) / high
        patience = PACING.climb_s + PACING.climb_latencies * latency + PACING.climb_requests / low
        return _Climb(low, high, now, max(least, patience * min(1.0, (PACING.met / apart) ** 3)))


def _per_second(requests: int, seconds: float) -> float:
    return requests / seconds if seconds > 0 else inf
