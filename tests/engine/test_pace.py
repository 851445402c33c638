"""A server's limit is found and kept: on a virtual clock against limiters."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest
from virtual_server import (
    FixedWindow,
    Limiter,
    Pacing,
    Server,
    TokenBucket,
    ask,
    limiters,
    now,
    pacing,
    run_virtually,
    trials,
)
from virtual_server import Questions as Numbers

from starbench.engine.client import ModelClient
from starbench.engine.constants import PACING
from starbench.engine.pacing import Pace, Window, doubling_up_to, first_window
from starbench.engine.rate import LearntRate, PinnedRate
from starbench.engine.runner import run_trials
from starbench.engine.settings import Backoff, Settings
from starbench.errors import FatalError, TransientError
from starbench.schema import Capabilities, Prompt

SUSTAINED, REFUSED = 0.9, 0.05


def drive(limiter: Limiter, per_minute: int, minutes: float, latency: float, *, header: bool) -> Pacing:
    server = Server(limiter, latency, header)
    lines = ask(server, int(per_minute * minutes))
    assert Counter(line.key for line in lines) == Counter(str(i) for i in range(len(lines)))
    return pacing(server, lines, per_minute, warm_up=min(120.0, 15 * minutes))


def assert_kept(found: Pacing, latency: float) -> None:
    assert found.failed == 0
    assert found.sustained >= SUSTAINED
    assert found.refused <= REFUSED
    # No longer than the longest window, and the guesses at its end, can keep anyone waiting.
    assert found.longest_wait <= 110 + 10 * latency
    assert found.out_of_turn <= PACING.most


@pytest.mark.parametrize("header", [False, True], ids=["no header", "Retry-After"])
@pytest.mark.parametrize("latency", [0.05, 1.0, 5.0])
@pytest.mark.parametrize("name", limiters(60))
def test_a_limit_of_60_a_minute_is_kept(name: str, latency: float, header: bool) -> None:
    # What finding the limit costs is so many refusals, and so many more where replies take seconds.
    minutes = 10 if latency < 5 else 15
    assert_kept(drive(limiters(60)[name](), 60, minutes, latency, header=header), latency)


@pytest.mark.parametrize(
    ("name", "latency", "header"),
    [
        ("bucket of 1", 0.05, False),
        ("bucket of 10", 1.0, True),
        ("bucket of 600", 0.5, False),
        ("window of 1 s", 1.0, True),
        ("window of 10 s, 37% over", 0.05, False),
        ("window of 60 s", 0.5, False),
        ("window of 60 s, 90% over", 0.05, True),
    ],
)
def test_a_limit_of_600_a_minute_is_kept(name: str, latency: float, header: bool) -> None:
    assert_kept(drive(limiters(600)[name](), 600, 10, latency, header=header), latency)


@pytest.mark.parametrize(
    ("name", "latency", "header", "minutes"),
    [("bucket of 600", 0.05, False, 3), ("window of 10 s", 0.5, True, 3), ("window of 60 s", 0.05, False, 4)],
)
def test_a_limit_of_6000_a_minute_is_kept(name: str, latency: float, header: bool, minutes: float) -> None:
    assert_kept(drive(limiters(6000)[name](), 6000, minutes, latency, header=header), latency)


def test_a_limit_that_falls_and_rises_is_followed() -> None:
    class Changing:
        def __init__(self) -> None:
            self._then = [(300.0, TokenBucket(300, 10)), (900.0, TokenBucket(60, 10))]
            self._last = TokenBucket(300, 10)

        def take(self, at: float) -> float | None:
            for until, limiter in self._then:
                if at < until:
                    return limiter.take(at)
            return self._last.take(at)

    server = Server(Changing(), 0.5)
    lines = ask(server, 5 * 300 + 10 * 60 + 10 * 300)
    granted = [at for at, _, granted in server.sent if granted]
    fallen = sum(420 < at < 900 for at in granted) / 480
    risen = sum(1500 < at < 1700 for at in granted) / 200
    assert fallen >= SUSTAINED * 1
    assert risen >= SUSTAINED * 5
    assert sum(not granted for _, _, granted in server.sent) <= REFUSED * len(server.sent)
    assert not any(line.error for line in lines)


def test_refusals_at_random_do_not_bring_a_run_to_a_halt() -> None:
    class Moody:
        def __init__(self) -> None:
            self._asked = itertools.count()

        def take(self, at: float) -> float | None:
            return 0.5 if next(self._asked) % 21 == 20 else None

    server = Server(Moody(), 0.5)
    lines = ask(server, 2000)
    assert not any(line.error for line in lines)
    assert len(lines) / lines[-1].ended > 2.0


# Refusals --------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_a_retry_after_is_over_and_then_one_alone() -> None:
    class Script:
        """Refuses everything from the 30th request on, for 20 s."""

        n, until = 0, float("inf")

        def take(self, at: float) -> float | None:
            self.n += 1
            if self.n == 30:
                self.until = at + 20
            return self.until - at if self.n >= 30 and at < self.until else None

    server = Server(Script(), 1.0, header=True)
    ask(server, 400)
    refused = [at for at, _, granted in server.sent if not granted]
    over = refused[0] + 20
    pause = [at for at, _, _ in server.sent if refused[0] + server.latency < at < over]
    assert pause == []
    after = [at for at, _, _ in server.sent if at >= over]
    assert after[1] >= after[0] + server.latency  # alone, until it was granted
    assert min(b - a for a, b in itertools.pairwise(after[1:20])) > 0.01  # and then no stampede


def test_a_late_refusal_of_a_spell_that_is_over_begins_no_other() -> None:
    async def main() -> None:
        pace = Pace(Window(9, 9), LearntRate())
        early, late = await pace.enter(pace.place()), await pace.enter(pace.place())
        pace.refused(early, None)
        pace.leave(early)
        alone = await pace.enter(pace.place())
        assert (alone.alone, alone.sent_at) == (True, 1.0)
        pace.granted(alone)
        pace.leave(alone)
        pace.refused(late, None)
        turn = await pace.enter(pace.place())
        assert (turn.alone, turn.sent_at) == (False, 1.0)

    run_virtually(main())


def test_who_was_refused_goes_before_who_was_not_asked() -> None:
    server = Server(FixedWindow(60, 60), 0.05, header=True)
    ask(server, 150)
    refused = {int(key) for _, key, granted in server.sent if not granted}
    granted = [int(key) for _, key, granted in server.sent if granted]
    assert refused
    for place, key in enumerate(granted):
        assert abs(place - key) <= 16


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_refusals_do_not_use_up_attempts_while_others_are_granted(attempts: int) -> None:
    server = Server(TokenBucket(600, 5), 0.2)
    lines = ask(server, 600, Settings(backoff=Backoff(max_attempts=attempts)))
    assert any(not granted for _, _, granted in server.sent)
    assert not any(line.error for line in lines)


class Closed:
    """Refuses everything."""

    def take(self, at: float) -> float | None:
        return 5.0


def test_a_server_that_only_refuses_ends_the_run() -> None:
    server, lines = Server(Closed()), []

    async def main() -> float:
        with pytest.raises(FatalError, match="nothing was granted for") as stopped:
            await put(server, 100, lines.append)
        assert stopped.value.kind == "rate_limit"
        return now()

    assert 600 <= run_virtually(main()) <= 700
    assert {line.error.kind for line in lines} == {"rate_limit"}
    assert lines[0].error is not None
    assert len(server.sent) < 100


async def put(server: Any, n: int, on_line: Any, settings: Settings | None = None) -> None:
    from starbench.models.adapter import Model

    class Nowhere:
        def append(self, line: Any) -> None:
            pass

    client = ModelClient(Model("virtual", {}, server), settings or Settings(), n)
    await run_trials(trials(n), Numbers(), client, Nowhere(), on_line)


def test_a_trial_refused_as_often_as_attempts_allow_with_nothing_granted_is_an_error() -> None:
    server, lines = Server(Closed()), []

    async def main() -> None:
        await put(server, 3, lines.append, Settings(backoff=Backoff(max_attempts=2, base_s=0.01)))

    run_virtually(main())
    assert [line.attempts for line in lines] == [2, 2, 2]
    assert {line.error.kind for line in lines} == {"rate_limit"}


# Failures --------------------------------------------------------------------------------------------


class Failing(Server):
    """Fails every request sent in ``[since, until)``, or every ``every``-th."""

    since, until, every = 10.0, 12.0, 0

    async def generate(self, prompt: Prompt) -> Any:
        at, n = now(), len(self.sent)
        reply = await super().generate(prompt)
        if self.since <= at < self.until or (self.every and n % self.every == 0):
            raise TransientError("503", kind="server")
        return reply


def under_way(server: Server, at: float) -> int:
    return sum(sent <= at < sent + server.latency for sent, _, _ in server.sent)


def test_a_burst_of_failures_eases_off_and_is_got_over() -> None:
    server = Failing(latency=0.5)
    lines = ask(server, 4000)
    before, during = under_way(server, 9.9), under_way(server, 12.4)
    assert during < before / 2
    assert under_way(server, 18.0) > before / 2
    assert not any(line.error for line in lines)


def test_a_failure_now_and_then_does_not() -> None:
    server = Failing(latency=0.5)
    server.since, server.until, server.every = 0.0, 0.0, 30
    ask(server, 3000)
    assert server.most >= PACING.unwatched


# The window ------------------------------------------------------------------------------------------


def test_a_server_that_bears_it_gets_more_and_more() -> None:
    server = Server(latency=1.0)
    lines = ask(server, 4000)
    assert PACING.unwatched < server.most <= PACING.most
    assert lines[-1].ended < 4000 / PACING.unwatched


def test_a_server_that_only_queues_gets_no_more_than_is_its_due() -> None:
    class Queue(Server):
        """Answers 32 at a time; the others wait."""

        def answers_in(self, prompt: Prompt) -> float:
            return max(1.0, self.under_way / 32)

    server = Queue(latency=1.0)
    ask(server, 6000)
    assert PACING.unwatched <= server.most <= PACING.unwatched + 8


@pytest.mark.parametrize(
    ("pinned", "able", "most"), [(7, None, 7), (None, 5, 5), (90, 20, 20), (200, None, 200)]
)
def test_a_pinned_window_and_a_declared_one_are_held(pinned: int | None, able: int | None, most: int) -> None:
    server = Server(latency=0.1, capabilities=Capabilities(max_in_flight=able))
    ask(server, 2000, Settings(max_in_flight=pinned))
    assert server.most == most


def test_a_pinned_window_is_full_from_the_second_question_on() -> None:
    server = Server(latency=1.0)
    ask(server, 65, Settings(max_in_flight=64))
    assert under_way(server, 1.5) == 64


def test_a_run_begins_with_a_window_that_its_length_can_afford() -> None:
    assert [first_window(n) for n in (1, 400, 1000, 6400, 100_000)] == [4, 4, 10, 64, 64]


def test_a_short_run_doubles_its_window_until_a_limit_is_met() -> None:
    short, long = (Window(4, 512, doubling_up_to(n)) for n in (60, 600))
    for window in (short, long):
        for _ in range(12):
            window.replied(1.0, full=True)
    assert (short.size, long.size) == (16, 4)
    short.halve(1)
    for _ in range(4):
        short.replied(1.0, full=True)
    assert short.size == 10, "half as many, then half a request more for each reply"


def test_sixty_trials_of_a_second_take_six_seconds() -> None:
    lines = ask(Server(latency=1.0), 60)
    assert max(line.ended for line in lines) <= 6.0


def test_batches_are_filled_from_the_start() -> None:
    sizes = []

    class Batching:
        capabilities = Capabilities(max_batch=24)

        async def generate(self, prompt: Prompt) -> str:
            return "<A>"

        async def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            sizes.append(len(prompts))
            await asyncio.sleep(1.0)
            return ["<A>"] * len(prompts)

    ask(Batching(), 241)
    assert sizes[:3] == [1, 24, 24]


# The rate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_minute", [30, 600, 6000])
def test_a_pinned_rate_is_even_and_never_exceeded(per_minute: int) -> None:
    server = Server(latency=0.5)
    ask(server, 300, Settings(rpm=per_minute))
    sent, gap = [at for at, _, _ in server.sent], 60 / per_minute
    gaps = [b - a for a, b in itertools.pairwise(sent)]
    assert min(gaps) >= gap * (1 - 1e-6)
    assert max(gaps[1:]) <= gap * (1 + 1e-6)  # the first trial is waited for


def test_a_pinned_rate_catches_up_with_a_late_timer_but_not_with_a_pause() -> None:
    async def main() -> list[float]:
        pace, sent = Pace(Window(9, 9), PinnedRate(1.0)), []
        for busy in (0.0, 1.1, 0.0, 5.0, 0.0, 0.0):
            await asyncio.sleep(busy)
            turn = await pace.enter(pace.place())
            sent.append(turn.sent_at)
            pace.leave(turn)
        return sent

    assert run_virtually(main()) == pytest.approx([0.0, 1.1, 2.0, 7.0, 8.0, 9.0])


def test_who_gives_up_waiting_leaves_no_gap_and_no_lock() -> None:
    async def main() -> None:
        pace = Pace(Window(1, 1), LearntRate())
        first = await pace.enter(pace.place())
        waiting = [asyncio.create_task(pace.enter(pace.place())) for _ in range(3)]
        await asyncio.sleep(1.0)
        waiting[0].cancel()
        pace.leave(first)  # which admits the second; it is cancelled before it knows
        waiting[1].cancel()
        assert await asyncio.wait_for(waiting[2], 1.0)

    run_virtually(main())
