"""Several sittings, one budget: all that was ever used counts, and a canary is held where it still fits."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canary_minds import Heard, listener
from canary_servers import Behaviour, Count, dropped, of_seconds, serving, uncounted
from caption_server import CaptionServer, Ran, completion, describe, starbench, suite
from pytest_httpserver import HTTPServer
from werkzeug import Response

from starbench.build.build import build
from starbench.canary.run import REQUESTS, SENT, reservation, usage_of
from starbench.engine.cost import ANSWER_TOKENS, dollars, estimate, tokens
from starbench.reporting.entries import read_entries
from starbench.reporting.leaderboard import board
from starbench.reporting.markdown import board_to_markdown
from starbench.runs import directory
from starbench.schema import Canary, Prices, ProbeSet, Setup, Usage
from starbench.schema.caption import CaptionIdentity
from starbench.suites import captions
from starbench.synthesis import BuildSpec

PRICES = {
    "input_per_million": 2.0,
    "output_per_million": 10.0,
    "as_of": "2026-11-01",
    "source": "a price list",
}
#: Three clips.
TONES = ((400, 600), (600, 1000))

Command = Callable[..., Ran]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    for name in [name for name in os.environ if "proxy" in name.lower() or name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")
    return lambda *arguments: starbench(monkeypatch, capfd, *arguments)


@pytest.fixture
def server(command: Command, httpserver: HTTPServer) -> CaptionServer:
    return CaptionServer(httpserver)


@pytest.fixture
def caption(server: CaptionServer, command: Command, tmp_path: Path) -> Command:
    """Caption a suite of tones into one file, with a canary."""
    tones = suite(tmp_path / "tones", TONES)

    def run(*options: str | Path, of: Path = tones, model: str = "openai:m") -> Ran:
        given = ("caption", "--model", model, "--suite", of, "--out", tmp_path / "c.jsonl")
        return command(*given, "--base-url", server.url, "--max-attempts", "1", "--backoff", "0", *options)

    return run


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def ask(command: Command, questions: Path, tmp_path: Path) -> Command:
    """Run two questions, with a canary, into one directory."""
    (tmp_path / "prices.json").write_text(json.dumps(PRICES))

    def run(url: str, *options: str) -> Ran:
        given = ("run", "--model", "openai:m", "--base-url", url, "--suite", questions, "--limit", "2")
        return command(*given, "--out", tmp_path / "run", "--max-attempts", "1", "--backoff", "0", *options)

    return run


def used(said: str) -> int:
    """Tokens that a refusal says are used."""
    found = re.search(r"([\d,]+) tokens are used", said)
    assert found is not None, said
    return int(found[1].replace(",", ""))


class Meter:
    """Counts what a server reports."""

    def __init__(self, usage: Count = of_seconds) -> None:
        self.tokens = 0
        self._usage = usage

    def __call__(self, sent: Heard, got: Heard, size: int, chance: random.Random) -> dict[str, Any] | None:
        usage = self._usage(sent, got, size, chance)
        self.tokens += usage["total_tokens"] if usage else 0
        return usage


# What a canary may take ------------------------------------------------------------------------------


@pytest.mark.parametrize("probe", REQUESTS)
def test_all_its_answers_are_reserved(probe: ProbeSet) -> None:
    assert tokens(estimate(reservation(probe))) >= tokens(estimate(SENT[probe], answers=REQUESTS[probe]))


def test_a_run_holds_none_that_does_not_fit_with_its_answers(ask: Command) -> None:
    behaviour = Behaviour(mind=listener, usage=of_seconds)
    with serving(behaviour) as url:
        # Texts and sounds alone are some 5,300 tokens.
        ran = ask(url, "--max-tokens", "6000")
        assert ran.code == 1
        assert "--no-canary leaves it out" in ran.err
        assert not behaviour.asked
        assert ask(url, "--max-tokens", "30000").code == 0
        assert len(behaviour.asked) <= REQUESTS["basic"] + 2


def test_a_captioner_holds_none_that_does_not_fit(server: CaptionServer, caption: Command) -> None:
    ran = caption("--max-tokens", "6000")
    assert ran.code == 1
    assert "the budget is spent: --max-tokens is 6,000 tokens: 0 tokens are used" in ran.err
    assert "--no-canary leaves it out" in ran.err
    assert not server.asked
    assert caption("--max-tokens", "30000").code == 0


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(input_tokens=9), 9),
        (None, tokens(estimate(reservation("basic")))),
        (Usage(reasoning_tokens=3), tokens(estimate(reservation("basic")))),
    ],
)
def test_what_none_reported_is_estimated_by_its_probes(usage: Usage | None, expected: int) -> None:
    verdicts: Any = dict.fromkeys(("transport", "hearing", "ears", "length", "band"), "unknown")
    held = Canary(**verdicts, requests=REQUESTS["basic"], usage=usage, probe="basic", at="now")
    assert tokens(usage_of(held, None)) == pytest.approx(expected, abs=2)
    none = held.model_copy(update={"requests": 0, "usage": None})
    assert tokens(usage_of(none, None)) == 0


# Every canary counts ---------------------------------------------------------------------------------


def test_a_run_counts_the_canaries_of_all_its_sittings(ask: Command, tmp_path: Path) -> None:
    meter = Meter()
    asked = 0
    for way in (dropped, dropped):
        behaviour = Behaviour(way, listener, meter)
        with serving(behaviour) as url:
            assert ask(url).code == 2
        asked += len(behaviour.asked)
    behaviour = Behaviour(mind=listener, usage=meter)
    with serving(behaviour) as url:
        before = meter.tokens
        refused = ask(url, "--max-tokens", str(before + 1000))
        assert (refused.code, used(refused.err)) == (1, before)
        assert not behaviour.asked
        assert ask(url).code == 0
    (entry,) = read_entries([tmp_path / "run"])
    assert entry.usage is not None
    assert tokens(entry.usage) == meter.tokens
    assert entry.canary is not None
    assert entry.canary.transport == "arrived"
    n_trials = sum(row.n_trials for row in entry.scores.headlines) if entry.scores else 0
    assert entry.canary.requests == asked + len(behaviour.asked) - n_trials


def test_a_canary_that_no_server_counts_is_counted_by_estimate(ask: Command, tmp_path: Path) -> None:
    with serving(Behaviour(dropped, listener, uncounted)) as url:
        assert ask(url).code == 2
        refused = ask(url, "--max-tokens", "100")
    canary = directory.read_canary(tmp_path / "run")
    assert canary is not None
    assert used(refused.err) == tokens(usage_of(canary, None)) > 40 * ANSWER_TOKENS


def test_captions_count_the_canaries_of_all_their_sittings(
    server: CaptionServer, caption: Command, tmp_path: Path
) -> None:
    server.caption = server.answer = lambda _: "I cannot hear anything: no audio was attached."
    assert caption().code == 2
    server.caption = describe
    # Each reply reports twelve tokens.
    refused = caption("--max-tokens", str(12 * len(server.asked) + 1000))
    assert (refused.code, used(refused.err)) == (1, 12 * len(server.asked))
    assert caption().code == 0
    n = len(server.asked)
    header = captions.read(tmp_path / "c.jsonl").header
    assert header.canary is not None
    assert header.canary.transport == "arrived"
    assert header.canary.requests == n - 3
    more = suite(tmp_path / "more", [(400, 3000)], name="more")
    refused = caption("--max-tokens", str(12 * n), "--no-canary", of=more)
    assert (refused.code, used(refused.err)) == (1, 12 * n)
    assert len(server.asked) == n


# Every caption counts --------------------------------------------------------------------------------


def test_captions_count_replies_without_a_count_and_failures_that_are_charged(
    server: CaptionServer, caption: Command, tmp_path: Path
) -> None:
    unreported = completion("a tone")
    del unreported["usage"]
    garbage = Response("<html>", content_type="application/json")
    replies = iter([garbage, garbage, unreported])
    server.caption = lambda asked: next(replies, None) or describe(asked)
    one_by_one = ("--no-canary", "--max-in-flight", "1")
    assert caption(*one_by_one).code == 1
    kinds = [line.error and line.error.kind for line in captions.lines(tmp_path / "c.jsonl")]
    assert kinds == ["malformed", "malformed", None]
    assert caption(*one_by_one).code == 0
    refused = caption(*one_by_one, "--max-tokens", "400", of=suite(tmp_path / "n", [(400, 3000)], name="n"))
    assert refused.code == 1
    # Three by estimate (an answer and 0.2 s at the least), though later lines took the place of two.
    assert used(refused.err) > 3 * ANSWER_TOKENS
    assert "answer(s) by estimate" in refused.err


def test_captions_of_other_suites_count_as_they_were_reported(
    server: CaptionServer, caption: Command, tmp_path: Path
) -> None:
    assert caption("--no-canary").code == 0
    other = suite(tmp_path / "other", [(2000, 3000)], name="other")
    refused = caption("--no-canary", "--max-tokens", "40", of=other)
    assert (refused.code, used(refused.err)) == (1, 36)


def test_dollars_without_a_price_are_refused_before_anything_is_written(
    server: CaptionServer, caption: Command, tmp_path: Path
) -> None:
    ran = caption("--max-cost", "5")
    assert ran.code == 2
    assert ran.err == ("starbench: --max-cost 5: no price of model 'openai:m' is known; give --prices FILE\n")
    assert not server.asked
    assert not (tmp_path / "c.jsonl").exists()


# What is left, before it is asked --------------------------------------------------------------------


def test_a_dry_run_holds_the_estimate_against_what_is_left(ask: Command, tmp_path: Path) -> None:
    with serving(Behaviour(mind=listener, usage=of_seconds)) as url:
        assert ask(url, "--no-canary").code == 0
        (entry,) = read_entries([tmp_path / "run"])
        trials = tmp_path / "run" / "trials.jsonl"
        lines = trials.read_text().splitlines(keepends=True)
        trials.write_text("".join(lines[:-1]))
        spent = sum(json.loads(line)["usage"]["input_tokens"] + 7 for line in lines[:-1])
        assert entry.usage is not None
        dry = ("--no-canary", "--dry-run", "--prices", str(tmp_path / "prices.json"), "--max-tokens")
        enough, short = ask(url, *dry, str(spent + 2000)), ask(url, *dry, str(spent + 10))
        assert f"--max-tokens {spent + 2000:,}, less {spent:,} used, covers the estimate" in enough.out
        assert f"--max-tokens {spent + 10:,}, less {spent:,} used, is less than the estimate" in short.out
        asked = ask(url, "--no-canary", "--max-tokens", str(spent + 10))
        assert (asked.code, used(asked.err)) == (1, spent)
        dry = ("--no-canary", "--dry-run", "--prices", str(tmp_path / "prices.json"), "--max-cost")
        paid = sum(
            dollars(Usage.model_validate(json.loads(line)["usage"]), Prices.model_validate(PRICES))
            for line in lines[:-1]
        )
        said = ask(url, *dry, f"{paid * 1.01:.6f}").out
        assert f", less {paid:,.4f} used, is less than the estimate" in said
        assert ", less" not in ask(url, "--dry-run", "--max-tokens", "9", "--out", str(tmp_path / "new")).out


# What it cost ----------------------------------------------------------------------------------------


def test_what_a_run_cost_stands_in_its_entry_beside_the_scores_and_on_the_board(
    ask: Command, command: Command, tmp_path: Path
) -> None:
    with serving(Behaviour(mind=listener, usage=of_seconds)) as url:
        ran = ask(url, "--prices", str(tmp_path / "prices.json"))
        (entry,) = read_entries([tmp_path / "run"])
        assert entry.usage is not None
        cost = (2.0 * (entry.usage.input_tokens or 0) + 10.0 * (entry.usage.output_tokens or 0)) / 1e6
        assert entry.cost_usd == pytest.approx(cost)
        assert cost > 0.005
        assert f"cost: US $ {cost:.4f} by the prices of 2026-11-01\n" in ran.out
        assert json.loads(command("score", tmp_path / "run", "--json").out)["cost_usd"] == entry.cost_usd
        made = board([entry])
        assert made.tables[0].run_by_us
        assert made.tables[0].rows[0].cost_usd == entry.cost_usd
        text = board_to_markdown(made)
        assert "| canary | US $ |" in text
        assert f"| {cost:.2f} |" in text
        assert "what the whole run cost" in text
        without = board_to_markdown(board([entry.model_copy(update={"cost_usd": None})]))
        assert "US $" not in without


@pytest.mark.parametrize("silent", ["a reply", "the canary", "the price list"])
def test_a_cost_is_not_known_where_a_part_of_it_is_not(ask: Command, tmp_path: Path, silent: str) -> None:
    def usage(sent: Heard, got: Heard, size: int, chance: random.Random) -> dict[str, Any] | None:
        is_probe = "Audio:" not in sent.text
        if (silent == "the canary" and is_probe) or (silent == "a reply" and not is_probe):
            return None
        return of_seconds(sent, got, size, chance)

    priced = () if silent == "the price list" else ("--prices", str(tmp_path / "prices.json"))
    with serving(Behaviour(mind=listener, usage=usage)) as url:
        ran = ask(url, *priced)
    assert ran.code == 0
    (entry,) = read_entries([tmp_path / "run"])
    assert entry.usage is not None
    assert entry.cost_usd is None
    assert "cost:" not in ran.out


# The rate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "hz"), [("native", None), ("16000", 16000)])
def test_a_recorded_rate_is_a_number_or_none(rate: str, hz: int | None) -> None:
    run = Setup(rate=rate)
    asked = CaptionIdentity(model="m", model_args={}, prompt_version="own", prompt="?", rate=rate)
    assert run.rate_hz == asked.rate_hz == hz
    assert "rate_hz" not in run.model_dump()
