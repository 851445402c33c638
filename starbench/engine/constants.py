"""The constants of pacing and of the learnt rate; they were chosen by simulation, ``benchmarks/pace.py``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PacingConstants:
    """How a run finds out what a server grants. Numbers without a unit are ratios or counts of requests."""

    # The window: requests under way at a time.
    first_window: int = 4
    unwatched: int = 64
    """Requests under way that a server is assumed to accept without being watched."""
    most: int = 512
    """And at most, where longer replies do not show that they only queue."""
    cost_of_finding: float = 0.01
    """Part of a run that finding a limit may cost: all that is under way when it is met is refused."""
    growth: float = 1 / 12
    """Growth of the window for each reply: a twelfth more with every round trip."""
    short_run: int = 200
    """A run of so few requests would end before that tells: its window doubles with every round trip ..."""
    doubling_up_to: int = 16
    """... up to so many, as long as no limit is met; longer runs would lose more to a limit met with so many."""
    regrowth: float = 1 / 2
    queueing: float = 1.5
    """Replies that take so much longer than they did are queueing."""
    smoothing: float = 1 / 16
    failing: float = 0.25
    """Part of failures that is more than bad luck."""

    # Waiting after a refusal.
    gaps_waited: float = 2.0
    """A token bucket that refused at a known pace has a token after so many gaps."""
    longer: float = 2.5
    """How much longer each wait is than the last while a server refuses without saying for how long."""
    longest_wait_s: float = 60.0
    rounding_s: float = 1.0
    """Headers give whole seconds, rounded up."""
    late: float = 0.2
    """Part of a gap by which a timer may be late and the next request still keep to the beat."""

    # The rate.
    horizon_s: float = 60.0
    """Limits are set a minute at most, so what was granted earlier says nothing."""
    mark_s: float = 1.0
    """How finely it is remembered when requests were granted."""
    expected: float = 2.0
    """Requests that a token bucket would have granted while all were refused: so many, over longer than a reply
    takes, show that it is not one."""
    closest: float = 1.03
    """The bounds are never taken to be closer than this, ..."""
    farthest: float = 2.0
    """... nor farther apart than this, ..."""
    unpaced: float = 4.0
    """... nor than this where requests were not paced."""
    far: float = 1.1
    """Bounds farther apart than this are met between, ..."""
    above: float = 1.25
    """... but not farther above the lower: it is low where little time was sent in, and right where a bucket
    was full."""
    below: float = 0.97
    """Of the lower bound, so that the pace is sustained whatever the server rounds."""
    met: float = 0.1
    """A climb between bounds that have met, so far apart as part of the upper, takes ``climb_s``,
    ``climb_latencies`` replies and ``climb_requests`` requests: so long that a refusal of all that is under way,
    and of what is tried until requests are granted again, stays below 2 % of all."""
    climb_s: float = 120.0
    climb_latencies: float = 60.0
    climb_requests: float = 300.0
    proof: int = 20
    """Some servers refuse at random. The pace never falls below half of a rate that lasted over so many
    requests, ..."""
    bad_luck: int = 2
    """... unless more than so many episodes in a row show that every third request is refused."""
    least_latencies: float = 4.0
    """Any climb takes as long as the server needs to answer, and several times the episode that it was waited
    in, or the wait would be taken for the limit."""
    least_requests: float = 4.0
    least_episodes: float = 6.0
    doubling_s: float = 120.0
    """Beyond the upper bound the pace doubles in so long."""


PACING = PacingConstants()
