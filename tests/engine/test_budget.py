"""Cost is estimated, counted and bounded: a run stops before its budget, not behind it."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pytest_httpserver import HTTPServer
from virtual_server import Questions, Server, now, run_virtually, trials
from werkzeug import Request, Response

from starbench.build.build import build
from starbench.cli import main
from starbench.engine import cost
from starbench.engine.budget import Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize, dollars, estimate, prompt_size
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.errors import FatalError, InputError, TransientError
from starbench.models.adapter import Model
from starbench.runs import journal
from starbench.schema import (
    UNCUT,
    ClipSpec,
    Failure,
    Item,
    JoinedSpec,
    JournalLine,
    Outcome,
    Prices,
    Prompt,
    TextSpec,
    Usage,
)
from starbench.schema import Response as Reply
from starbench.suites.clip_info import ClipInfo
from starbench.synthesis import BuildSpec

PRICES = Prices(
    input_per_million=2.0,
    output_per_million=10.0,
    audio_per_million=30.0,
    audio_tokens_per_s=10.0,
    as_of=date(2026, 11, 21),
    source="test",
)


# Estimates -------------------------------------------------------------------------------------------


def test_a_trial_weighs_its_texts_and_its_sounds() -> None:
    item = Item(
        id="i", task="t", question="?", options=("a", "b"), answer="a", audio_paths=("x.wav", "y.wav"),
        uncut_audio_path="u.wav",
    )  # fmt: skip
    clips = {
        name: ClipInfo("d", 1, 16_000, seconds)
        for name, seconds in (("x.wav", 1.5), ("y.wav", 2.0), ("u.wav", 60.0))
    }
    joined = JoinedSpec(clips=(ClipSpec(clip=0), ClipSpec(clip=1), ClipSpec(clip=0)), gap_s=0.25)
    parts = (TextSpec(text="hear"), ClipSpec(clip=1, transform="left"), TextSpec(text="this:"), joined)
    trial = trials(1)[0].model_copy(update={"parts": (*parts, ClipSpec(clip=UNCUT))})
    assert prompt_size(trial, item, clips) == PromptSize(9, 2.0 + (1.5 + 2.0 + 1.5 + 2 * 0.25) + 60.0)


def test_an_estimate_counts_sound_as_the_vendor_does_or_as_is_stated() -> None:
    load = PromptSize(characters=401, seconds=2.5)
    assert estimate(load, PRICES) == Usage(input_tokens=101 + 25, audio_tokens=25, output_tokens=100)
    assert estimate(load, None, answers=3) == Usage(input_tokens=101 + 80, audio_tokens=80, output_tokens=300)
    unpublished = PRICES.model_copy(update={"audio_tokens_per_s": None})
    assert estimate(load, unpublished).audio_tokens == 80


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(input_tokens=1_000_000, output_tokens=100_000), 2.0 + 1.0),
        (Usage(input_tokens=1_000_000, audio_tokens=400_000), 0.6 * 2.0 + 0.4 * 30.0),
        (Usage(input_tokens=10, audio_tokens=1_000_000), 10 * 30.0 / 1e6),  # never more than the prompt holds
        (Usage(output_tokens=10, reasoning_tokens=9), 10 * 10.0 / 1e6),  # output holds them already
        (Usage(), 0.0),
    ],
)
def test_sound_is_priced_apart_where_it_is_counted_apart(usage: Usage, expected: float) -> None:
    assert dollars(usage, PRICES) == pytest.approx(expected)


def test_sound_without_a_price_of_its_own_costs_what_text_does() -> None:
    prices = PRICES.model_copy(update={"audio_per_million": None})
    assert dollars(Usage(input_tokens=1_000_000, audio_tokens=400_000), prices) == pytest.approx(2.0)


def test_usage_adds_up_to_what_was_reported() -> None:
    assert cost.total([]) is None
    summed = cost.total([Usage(input_tokens=3), Usage(input_tokens=4, output_tokens=1)])
    assert summed == Usage(input_tokens=7, output_tokens=1)


# The budget, on a virtual clock ----------------------------------------------------------------------


class Spender(Server):
    """Reports ``used`` for each reply; the n-th may use something else."""

    used = Usage(input_tokens=90, output_tokens=10)

    async def generate(self, prompt: Prompt) -> Reply:
        reply = await super().generate(prompt)
        return reply.model_copy(update={"usage": self.used})


class Spent(NamedTuple):
    lines: list[Any]
    stopped: FatalError | None
    ended: float


def spend(server: Any, n: int, settings: Settings, budget: Budget | None = None) -> Spent:
    """Put ``n`` trials to ``server`` until its budget is spent."""
    lines: list[Any] = []

    class Nowhere:
        def append(self, line: Any) -> None:
            lines.append(line)

    async def asked() -> Spent:
        stopped = None
        try:
            model = Model("virtual", {}, server)
            await run_trials(
                trials(n), Questions(), ModelClient(model, settings, n), Nowhere(), budget=budget
            )  # type: ignore[arg-type]
        except FatalError as error:
            stopped = error
        return Spent(lines, stopped, now())

    return run_virtually(asked())


def tokens_of(lines: list[Any]) -> int:
    return sum(cost.tokens(line.usage) for line in lines if line.usage)


@pytest.mark.parametrize("most", [1000, 1050, 12_345])
def test_a_run_uses_its_budget_up_and_no_more(most: int) -> None:
    spent = spend(Spender(), 500, Settings(max_tokens=most, max_in_flight=32))
    assert spent.stopped is not None
    assert spent.stopped.kind == "budget"
    assert f"--max-tokens is {most:,} tokens" in str(spent.stopped)
    assert most - 100 < tokens_of(spent.lines) <= most


def test_a_budget_in_dollars_is_kept_too() -> None:
    each = dollars(Spender.used, PRICES)
    spent = spend(Spender(), 500, Settings(max_cost_usd=40.5 * each, prices=PRICES))
    assert len(spent.lines) == 40
    assert "--max-cost is US $" in str(spent.stopped)


def test_a_model_that_thinks_is_found_out_by_its_first_answer() -> None:
    """An estimate ten times too low would let a window full of questions overshoot."""
    server = Spender()
    server.used = Usage(input_tokens=100, output_tokens=1900)
    spent = spend(server, 500, Settings(max_tokens=21_000, max_in_flight=64))
    assert len(spent.lines) == 10


def test_the_dearest_answer_so_far_is_what_the_next_may_cost() -> None:
    class Moody(Spender):
        async def generate(self, prompt: Prompt) -> Reply:
            reply = await super().generate(prompt)
            dear = int(prompt.key) % 5 == 0
            return reply.model_copy(
                update={"usage": Usage(input_tokens=100, output_tokens=900 if dear else 0)}
            )

    spent = spend(Moody(), 500, Settings(max_tokens=10_000, max_in_flight=32))
    assert 9_000 < tokens_of(spent.lines) <= 10_000


def test_what_is_under_way_is_finished_and_journalled() -> None:
    server = Spender(latency=2.0)
    spent = spend(server, 500, Settings(max_tokens=1650, max_in_flight=8))
    assert len(spent.lines) == len(server.sent) == 16
    assert server.under_way == 0


def test_a_budget_that_is_not_reached_changes_nothing() -> None:
    spent = spend(Spender(), 100, Settings(max_tokens=10_000))
    assert spent.stopped is None
    assert len(spent.lines) == 100
    assert spend(Spender(), 100, Settings()).ended == spent.ended


@pytest.mark.parametrize(
    ("used", "each"),
    [
        (None, 100 + cost.ANSWER_TOKENS),
        (Usage(), 100 + cost.ANSWER_TOKENS),
        (Usage(input_tokens=700), 700 + cost.ANSWER_TOKENS),
        (Usage(output_tokens=50), 100 + 50),
    ],
)
def test_what_a_server_does_not_report_is_counted_as_estimated(used: Usage | None, each: int) -> None:
    server = Spender()
    server.used = used  # type: ignore[assignment]
    spent = spend(server, 100, Settings(max_tokens=10 * each + 50))
    assert len(spent.lines) == 10
    assert ("answer(s) by estimate" in str(spent.stopped)) is (used in (None, Usage()))


@pytest.mark.parametrize(
    ("kind", "costs"),
    [
        ("timeout", True),
        ("malformed", True),
        ("adapter", True),
        ("no_logprobs", True),
        ("server", False),
        ("bad_request", False),
    ],
)
def test_a_failure_costs_only_where_the_server_may_have_answered(kind: str, costs: bool) -> None:
    budget = Budget(max_tokens=250)
    budget.count(None, Failure(kind=kind, message="no"), PromptSize(characters=400))
    spent = spend(Spender(), 10, Settings(), budget)
    assert len(spent.lines) == (0 if costs else 2)


def test_sound_that_is_not_told_apart_is_charged_as_the_sound_it_should_be() -> None:
    budget = Budget(max_cost_usd=1.0, prices=PRICES)
    load = PromptSize(characters=400, seconds=1000.0)  # 10,000 tokens of sound at 30 dollars: 0.3 each
    for _ in range(3):
        budget.count(Usage(input_tokens=10_100, output_tokens=0), None, load)
    stopped = spend(Spender(), 1, Settings(), budget).stopped
    assert stopped is None  # a question without sound still fits
    budget.count(Usage(input_tokens=10_100, output_tokens=0), None, load)
    assert spend(Spender(), 1, Settings(), budget).stopped is not None


def test_a_first_reply_that_reports_nothing_to_speak_of_does_not_open_the_window() -> None:
    budget = Budget(max_tokens=1000)
    budget.count(Usage(input_tokens=0, output_tokens=0), None, PromptSize(characters=400))
    assert len(spend(Spender(), 100, Settings(), budget).lines) <= 10


def test_attempts_that_failed_after_the_server_may_have_answered_cost_too() -> None:
    class Slow(Spender):
        tries = 0

        async def generate(self, prompt: Prompt) -> Reply:
            self.tries += 1
            if self.tries <= 3:
                raise TransientError("the reply is not whole JSON", kind="malformed")
            return await super().generate(prompt)

    each = 100 + cost.ANSWER_TOKENS
    spent = spend(Slow(), 100, Settings(max_tokens=3 * each + 250))
    assert len(spent.lines) == 2  # three attempts by estimate, and two answers of 100


def test_what_earlier_sittings_and_the_canary_used_counts() -> None:
    budget = Budget(max_tokens=1000)
    budget.spend(Usage(input_tokens=300, output_tokens=100))
    budget.spend(None)
    budget.count(Usage(input_tokens=90, output_tokens=10), None, PromptSize(characters=400))
    assert len(spend(Spender(), 100, Settings(), budget).lines) == 5


def test_dollars_without_prices_are_refused() -> None:
    with pytest.raises(InputError, match="give --prices FILE"):
        Budget(max_cost_usd=1.0)


# From the command line, over HTTP --------------------------------------------------------------------


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness"), "default", 7, 12), path, lambda *_: None)
    return path


class Ran(NamedTuple):
    code: int
    err: str
    lines: list[JournalLine]


@pytest.fixture
def starbench(
    suite: Path,
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")

    def answer(_: Request) -> Response:
        choice = {
            "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "<A>"}
        }  # fmt: skip
        usage = {"prompt_tokens": 950, "completion_tokens": 50, "total_tokens": 1000}
        reply = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        return Response(json.dumps({**reply, "usage": usage}), mimetype="application/json")

    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(answer)

    def ran(*options: str) -> Ran:
        out = tmp_path / "run"
        given = ["run", "--model", "openai:m", "--base-url", httpserver.url_for("/v1"), "--suite", str(suite)]
        given += ["--out", str(out), "--no-canary", *options]
        monkeypatch.setattr(sys, "argv", ["starbench", *given])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return Ran(int(stop.value.code or 0), capsys.readouterr().err, list(journal.read(out)))

    return ran


def test_a_spent_budget_ends_a_run_in_one_sentence_and_a_larger_one_goes_on(starbench: Any) -> None:
    first = starbench("--max-tokens", "5500")
    assert first.code == 1
    assert len(first.lines) == 5
    sentences = [line for line in first.err.splitlines() if line.startswith("starbench: ")]
    assert len(sentences) == 1
    assert "the budget is spent: --max-tokens is 5,500 tokens: 5,000 tokens are used" in sentences[0]
    assert "the server" not in sentences[0]
    assert "resumes the run" in sentences[0]
    same = starbench("--max-tokens", "5500")
    assert (same.code, len(same.lines)) == (1, 5)
    more = starbench("--max-tokens", "8500")
    assert (more.code, len(more.lines)) == (1, 8)
    rest = starbench()
    assert rest.code == 0
    assert len({line.key for line in rest.lines}) == len(rest.lines)
    assert all(line.outcome is Outcome.ANSWERED for line in rest.lines)


def test_a_budget_in_dollars_goes_by_the_prices_given(starbench: Any, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(PRICES.model_copy(update={"audio_per_million": None}).model_dump_json())
    each = (950 * 2.0 + 50 * 10.0) / 1e6
    ran = starbench("--max-cost", str(3.5 * each), "--prices", str(prices))
    assert (ran.code, len(ran.lines)) == (1, 3)


def test_dollars_without_prices_are_bad_input(starbench: Any, httpserver: HTTPServer) -> None:
    ran = starbench("--max-cost", "1")
    assert ran.code == 2
    assert "--prices" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not httpserver.log
