"""The canary in a run: first thing, written down, shown beside the scores; a stop where no sound arrives."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from canary_minds import Heard, by_text, constant, listener
from canary_servers import Behaviour, dropped, of_seconds, of_text, serving
from llmock.pytest_plugin import LLMock

from starbench.build.build import build
from starbench.canary import summary
from starbench.cli import main
from starbench.cli.exits import BAD_INPUT, DONE, INCOMPLETE
from starbench.reporting.entries import read_entries
from starbench.runs import directory, journal
from starbench.schema import Canary
from starbench.schema.entry import LeaderboardEntry
from starbench.synthesis import BuildSpec

VERDICTS = ("transport", "hearing", "ears", "length", "band")
ALL_UNKNOWN = dict.fromkeys(VERDICTS, "unknown")


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    path: Path

    @property
    def canary(self) -> Canary | None:
        return directory.read_canary(self.path)

    @property
    def verdicts(self) -> dict[str, str]:
        assert self.canary is not None
        return {name: getattr(self.canary, name) for name in VERDICTS}

    @property
    def entry(self) -> LeaderboardEntry:
        return read_entries([self.path])[0]

    @property
    def asked(self) -> int:
        return len({line.key for line in journal.read(self.path)})


Runs = Callable[..., Ran]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def starbench(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runs:
    def run(*options: str, model: str = "openai:m", url: str | None = None) -> Ran:
        path = tmp_path / "run"
        given = ["run", "--model", model, "--suite", str(suite), "--out", str(path), "--limit", "1"]
        given += ["--backoff", "0.02", "--max-attempts", "2", *(["--base-url", url] if url else []), *options]
        monkeypatch.setattr(sys, "argv", ["starbench", *given])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err, path)

    return run


def is_probe(heard: Heard) -> bool:
    return "Audio:" not in heard.text


# Models that are none --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["random", "constant:B"])
def test_a_baseline_reads_unknown_and_runs(starbench: Runs, model: str) -> None:
    ran = starbench(model=model)
    assert ran.code == DONE
    assert ran.verdicts == {**ALL_UNKNOWN, "hearing": "not heard"}
    assert ran.asked > 0


def test_the_observer_hears(starbench: Runs) -> None:
    ran = starbench(model="observer")
    assert ran.code == DONE
    assert ran.verdicts == {**ALL_UNKNOWN, "transport": "arrived", "hearing": "heard", "ears": "kept"}
    assert "canary: sound arrived, two tones heard, ears kept" in ran.out


def test_llmock_is_unknown_all_over_and_runs(llmock: LLMock, starbench: Runs) -> None:
    ran = starbench(url=llmock.base_url())
    assert ran.code == DONE
    assert ran.verdicts == ALL_UNKNOWN


def test_llmock_that_says_one_letter_is_unknown_and_runs(llmock: LLMock, starbench: Runs) -> None:
    llmock.reply("<A>", times=None)
    ran = starbench(url=llmock.base_url())
    assert ran.code == DONE
    assert ran.verdicts == {**ALL_UNKNOWN, "hearing": "not heard"}


# Sound that does not arrive --------------------------------------------------------------------------


def test_dropped_sound_stops_the_run_before_anything_is_asked(starbench: Runs) -> None:
    behaviour = Behaviour(dropped, by_text, of_text)
    with serving(behaviour) as url:
        ran = starbench(url=url)
    assert ran.code == BAD_INPUT
    assert ran.asked == 0
    assert all(is_probe(heard) for heard in behaviour.asked)
    complaint = [line for line in ran.err.splitlines() if line.startswith("starbench: ")]
    assert len(complaint) == 1
    assert "no sound reaches model 'openai:m': the token counts are the same" in complaint[0]
    assert complaint[0].endswith("; fix the way to it, or --no-canary asks all the same")
    assert ran.verdicts["transport"] == "dropped"
    assert "canary: sound dropped (" in ran.err
    assert not list(ran.path.glob("entry-*.json"))


def test_no_canary_asks_all_the_same_and_says_so(starbench: Runs) -> None:
    behaviour = Behaviour(dropped, constant("<A>"), of_text)
    with serving(behaviour) as url:
        ran = starbench("--no-canary", url=url)
    assert ran.code == DONE
    assert not any(is_probe(heard) for heard in behaviour.asked)
    assert ran.canary is None
    assert summary.NOT_HELD in ran.out
    assert summary.NOT_HELD in ran.entry.notes
    assert ran.entry.canary is None


def test_a_run_that_was_stopped_goes_on_once_sound_arrives(starbench: Runs) -> None:
    with serving(Behaviour(dropped, by_text, of_text)) as url:
        assert starbench(url=url).code == BAD_INPUT
    with serving(Behaviour(mind=listener)) as url:
        ran = starbench(url=url)
    assert ran.code == DONE
    assert ran.verdicts["transport"] == "arrived"


def test_without_sound_to_send_no_canary_is_held(starbench: Runs) -> None:
    behaviour = Behaviour(dropped, constant("<A>"), of_text)
    with serving(behaviour) as url:
        ran = starbench("--condition", "question-only,caption:plain", url=url)
    assert ran.code == DONE
    assert not any(heard.clips for heard in behaviour.asked)
    assert ran.canary is None
    assert not any("canary" in note for note in ran.entry.notes)
    assert "canary" not in ran.out


# The record ------------------------------------------------------------------------------------------


def test_verdicts_and_their_tokens_stand_in_the_entry_and_beside_the_scores(starbench: Runs) -> None:
    with serving(Behaviour(mind=listener, usage=of_seconds)) as url:
        ran = starbench(url=url)
    assert ran.code == DONE
    assert ran.canary is not None
    assert ran.entry.canary == ran.canary
    assert summary.line(ran.canary) in ran.out
    assert ran.canary.usage is not None
    assert ran.entry.usage is not None
    spent = sum(line.usage.input_tokens or 0 for line in journal.read(ran.path) if line.usage)
    assert spent > 0
    assert ran.entry.usage.input_tokens == spent + (ran.canary.usage.input_tokens or 0)


def test_a_board_shows_what_the_canary_found(starbench: Runs, tmp_path: Path, monkeypatch: Any) -> None:
    with serving(Behaviour(mind=listener, usage=of_seconds)) as url:
        starbench(url=url)
    given = ["starbench", "leaderboard", str(tmp_path / "run"), "--out", str(tmp_path / "board")]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit):
        main()
    row = json.loads((tmp_path / "board" / "leaderboard.json").read_text("utf-8"))["tables"][0]["rows"][0]
    assert row["canary"] == "arrived/heard/kept"
    assert "| arrived/heard/kept |" in (tmp_path / "board" / "leaderboard.md").read_text("utf-8")


def lose_a_trial(ran: Ran) -> None:
    trials = ran.path / journal.NAME
    trials.write_bytes(b"".join(trials.read_bytes().splitlines(keepends=True)[:-1]))


def amend(ran: Ran, **fields: Any) -> None:
    record = json.loads((ran.path / "canary.json").read_text("utf-8"))
    (ran.path / "canary.json").write_text(json.dumps(record | fields), "utf-8")


def hours_ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def test_no_canary_is_run_where_nothing_waits(starbench: Runs) -> None:
    behaviour = Behaviour(mind=listener)
    with serving(behaviour) as url:
        starbench(url=url)
        asked = len(behaviour.asked)
        assert starbench(url=url).code == DONE
    assert len(behaviour.asked) == asked


@pytest.mark.parametrize(("hours", "age"), [(0.5, "30 min"), (23.0, "23 h")])
def test_a_conclusive_canary_is_kept_for_a_day(starbench: Runs, hours: float, age: str) -> None:
    behaviour = Behaviour(mind=listener)
    with serving(behaviour) as url:
        first = starbench(url=url)
        lose_a_trial(first)
        amend(first, at=hours_ago(hours))
        behaviour.asked.clear()
        ran = starbench("--max-tokens", "100000", url=url)
    assert ran.code == DONE
    assert [is_probe(heard) for heard in behaviour.asked] == [False]
    assert f"the canary of {age} ago still counts, no probe is sent" in ran.err
    assert "canary: sound arrived, two tones heard, ears kept" in ran.err
    assert ran.canary is not None
    assert ran.canary.unproven == 0


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ((), {"at": hours_ago(25)}),
        ((), {"transport": "unknown"}),
        ((), {"served_by": "http://127.0.0.1:1"}),
        (("--probe", "all"), {}),
    ],
    ids=["old", "inconclusive", "another server", "more is to be probed"],
)
def test_any_other_canary_is_run_again(
    starbench: Runs, options: tuple[str, ...], fields: dict[str, str]
) -> None:
    behaviour = Behaviour(mind=listener)
    with serving(behaviour) as url:
        first = starbench(url=url)
        assert first.canary is not None
        requests_before = first.canary.requests
        lose_a_trial(first)
        amend(first, **fields)
        behaviour.asked.clear()
        ran = starbench(*options, url=url)
    probes = sum(map(is_probe, behaviour.asked))
    assert probes >= 24
    assert probes <= 40 or options
    assert "still counts" not in ran.err
    assert ran.canary is not None
    assert ran.canary.requests == requests_before + probes
    assert ran.canary.transport == "arrived"


def test_a_canary_of_an_edited_model_is_run_again(
    starbench: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "hears.py"
    file.write_text(HEARS, "utf-8")
    first = starbench(model="hears.py:Hears")
    assert first.verdicts["transport"] == "arrived"
    for edit, is_kept in (("", True), ("# edited", False)):
        lose_a_trial(first)
        file.write_text(HEARS + edit, "utf-8")
        ran = starbench(model="hears.py:Hears")
        assert ran.code == DONE
        assert ("still counts" in ran.err) == is_kept


#: Hears every sample.
HEARS = """
class Hears:
    def generate(self, prompt):
        sound = " ".join(clip.audio().digest[:12] for clip in prompt.clips)
        return f"<{prompt.letters[int(sound[:8] or '0', 16) % len(prompt.letters)]}>" if prompt.options else sound
"""


def test_long_clips_and_high_frequencies_are_probed_on_request(starbench: Runs) -> None:
    with serving(Behaviour(mind=listener)) as url:
        ran = starbench("--probe", "all", url=url)
    assert list(ran.verdicts.values()) == ["arrived", "heard", "kept", "whole", "kept"]
    assert "long clips whole, high frequencies kept" in ran.out


def test_another_set_of_probes_is_refused(starbench: Runs) -> None:
    ran = starbench("--probe", "some", model="random")
    assert ran.code == BAD_INPUT
    assert "--probe 'some' is not one of basic, all" in ran.err


def test_a_damaged_record_is_named(starbench: Runs) -> None:
    ran = starbench(model="random")
    (ran.path / "canary.json").write_text("{", "utf-8")
    again = starbench(model="random")
    assert again.code == BAD_INPUT
    assert "canary.json is not JSON" in again.err


def test_a_budget_that_it_would_break_is_kept(starbench: Runs) -> None:
    behaviour = Behaviour(mind=listener, usage=of_seconds)
    with serving(behaviour) as url:
        ran = starbench("--max-tokens", "5000", url=url)
        assert ran.code == INCOMPLETE
        assert "--no-canary leaves it out" in ran.err
        assert not behaviour.asked
        assert starbench("--max-tokens", "5000", "--no-canary", url=url).code == DONE


# Requests that fail ----------------------------------------------------------------------------------


def test_a_wrong_key_costs_one_request(llmock: LLMock, starbench: Runs) -> None:
    llmock.fail(401, times=None)
    ran = starbench(url=llmock.base_url())
    assert ran.code == INCOMPLETE
    assert len(llmock.requests) == 1
    assert ran.canary is None


def test_faults_are_waited_out(llmock: LLMock, starbench: Runs) -> None:
    llmock.fail(503, times=1).reply("<A>", times=None)
    ran = starbench(url=llmock.base_url())
    assert ran.code == DONE
    assert ran.verdicts == {**ALL_UNKNOWN, "hearing": "not heard"}


def test_probes_that_are_refused_are_counted(starbench: Runs) -> None:
    def refuses_stereo(heard: Heard) -> str | None:
        return "mono only, sk-test-not-a-real-key" if any(x.shape[1] == 2 for x, _ in heard.clips) else None

    with serving(Behaviour(mind=listener, fails=refuses_stereo)) as url:
        ran = starbench(url=url)
    assert ran.code == DONE
    assert ran.canary is not None
    assert ran.verdicts["ears"] == "unknown"
    assert "probes got no reply" in ran.canary.evidence["lost"]
    assert "sk-test" not in (ran.path / "canary.json").read_text("utf-8")


def test_trials_that_were_asked_without_a_canary_are_not_vouched_for(starbench: Runs) -> None:
    with serving(Behaviour(mind=listener)) as url:
        ran = starbench("--no-canary", url=url)
        lines = (ran.path / journal.NAME).read_bytes().splitlines(keepends=True)
        (ran.path / journal.NAME).write_bytes(b"".join(lines[:2]))
        ran = starbench(url=url)
    assert ran.canary is not None
    assert ran.canary.unproven == 2
    assert "2 trials were asked without one" in ran.out
    assert ran.entry.canary == ran.canary


def test_a_later_sitting_without_a_canary_is_not_vouched_for(starbench: Runs) -> None:
    with serving(Behaviour(mind=listener)) as url:
        ran = starbench(url=url)
        lines = (ran.path / journal.NAME).read_bytes().splitlines(keepends=True)
        (ran.path / journal.NAME).write_bytes(b"".join(lines[:-1]))
        assert starbench("--no-canary", url=url).canary is not None
        ran = starbench(url=url)
    assert ran.canary is not None
    assert ran.canary.unproven == 1
