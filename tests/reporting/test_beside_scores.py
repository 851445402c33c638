"""What stands beside a score: the way sound took, ears that were folded, what was changed, what it cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from caption_server import Ran, starbench
from small_model import MODEL, Bench, item

from starbench.canary import arrival, summary
from starbench.errors import InputError
from starbench.reporting.entries import read_entries
from starbench.reporting.leaderboard import board
from starbench.reporting.markdown import board_to_markdown
from starbench.reporting.words import adaptation_sentence
from starbench.runs import directory
from starbench.schema import Canary
from starbench.schema.entry import LeaderboardEntry

#: Plug-ins of one file: what each declares.
EARS = """
from starbench.schema import Capabilities

class Folds:
    capabilities = Capabilities(channels_kept=False)
    def generate(self, prompt):
        return "<A>"

class Keeps(Folds):
    capabilities = Capabilities(channels_kept=True)

class One(Folds):
    capabilities = Capabilities(channels_kept=False, max_channels=1)
    def generate(self, prompt):
        heard = "".join(clip.audio().digest for clip in prompt.clips)
        letters = prompt.letters
        return f"<{letters[int(heard[:2], 16) % len(letters)]}>" if letters else f"sound {heard[:8]}"

class Two(Folds):
    capabilities = Capabilities(max_channels=2, max_clips=2)
"""


def canary(**verdicts: Any) -> Canary:
    found = {"transport": "arrived", "hearing": "heard", "ears": "folded", "length": "whole", "band": "kept"}
    return Canary.model_validate({**found, **verdicts, "requests": 9, "at": "now"})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    (tmp_path / "small.py").write_text(MODEL)
    (tmp_path / "ears.py").write_text(EARS)
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path, capsys)


@pytest.fixture
def command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    return lambda *arguments: starbench(monkeypatch, capsys, *arguments)


def shown(*runs: Path) -> str:
    return board_to_markdown(board(read_entries(runs)))


def headings(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("## ")]


def row(markdown: str, condition: str = "audio") -> list[str]:
    cells = (line.split(" | ") for line in markdown.splitlines() if line.startswith("| "))
    return next(found for found in cells if found[1] == condition)


# --- folded ears ----------------------------------------------------------------------------------


def test_declared_folding_stands_beside_the_score_without_a_canary(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "bell"))
    code, said = bench.run(suite, "--condition", "audio,question-only", model="ears.py:Folds", out="folds")
    assert code == 0
    assert f"{summary.NOT_HELD}; {arrival.FOLDED}" in " ".join(said.split())
    made = shown(bench.folder / "folds")
    assert "‡" in row(made)[0]
    assert "‡" not in row(made, "question-only")[0], "no sound, no ears"
    assert f"‡ {arrival.FOLDED}, by its declaration." in made
    code, said = bench.run(suite, model="ears.py:Keeps", out="keeps")
    assert arrival.FOLDED not in said
    assert "‡" not in shown(bench.folder / "keeps")


def test_ears_that_were_split_are_not_called_folded(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "bell"))
    code, said = bench.run(suite, "--channels", "split", model="ears.py:One")
    assert code == 0
    assert bench.notes() == [arrival.APART]
    assert arrival.FOLDED not in said
    run = bench.folder / "run"
    directory.write_canary(run, canary())
    assert "‡" not in shown(run)
    code, said = bench.command(suite, "--channels", "split", model="ears.py:One", out="proven")
    assert "canary: ears sent as separate clips (not probed: the model is declared" in said
    assert "two tones not heard, ears sent as separate clips" in " ".join(said.split())
    assert "ears folded" not in said
    assert row(shown(bench.folder / "proven"))[-1].endswith("/split |")
    code, said = bench.command(suite, "--channels", "mono", model="ears.py:One", out="mono")
    assert "ears folded" in said
    assert arrival.FOLDED in bench.notes("mono")


def test_compare_tells_of_each_run_how_sound_got_there(bench: Bench, command: Callable[..., Ran]) -> None:
    suite = bench.suite("s", item("one", "bell"))
    for out, model in (("a", "Folds"), ("b", "Keeps"), ("c", "Keeps")):
        assert bench.run(suite, model=f"ears.py:{model}", out=out)[0] == 0
    directory.write_canary(bench.folder / "b", canary())
    ran = command("compare", "a", "b", "c", "--json", "c.json")
    assert ran.code == 0, ran.err
    lines = {
        "a": f"{summary.NOT_HELD}; {arrival.FOLDED}",
        "b": summary.line(canary()),
        "c": summary.NOT_HELD,
    }
    assert "ears folded" in lines["b"]
    assert json.loads((bench.folder / "c.json").read_text())["sound"] == lines
    for run, line in lines.items():
        assert ran.out.splitlines().count(f"{run}: {line}") == 1


# --- what was changed, and what a policy left alone -------------------------------------------------


def test_a_rate_that_was_asked_for_is_told_and_names_the_table(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap"))
    told = "all clips resampled to 8000 Hz, as --rate asks"
    assert f"adapted: {told}\n" in bench.run(suite, "--rate", "8000", "--dry-run")[1]
    assert f"note: {told}\n" in bench.run(suite, "--rate", "8000", out="low")[1]
    assert bench.run(suite, out="own")[0] == 0
    (entry,) = read_entries([bench.folder / "low"])
    assert list(map(adaptation_sentence, entry.adaptations)) == [told]
    found = headings(shown(bench.folder / "low", bench.folder / "own"))
    assert len(set(found)) == 2
    assert ["rate: 8000 Hz" in title for title in sorted(found)] == [False, True]


def test_a_rate_that_the_clips_have_changes_nothing(bench: Bench) -> None:
    root = bench.folder / bench.suite("s", item("one", "tap"))
    (root / "audio" / "high.wav").unlink()
    assert bench.run("s", "--rate", "16000")[0] == 0
    assert bench.changes() == []
    assert bench.record()["identity"]["setup"]["rate"] == "16000"


@pytest.mark.parametrize(
    ("model", "options", "note"),
    [
        ("Two", ("--channels", "mono"), "--channels mono changed nothing: the model takes 2 channels, and "
         "nothing asked has more (condition mono sends them so)"),
        ("Keeps", ("--channels", "split"), "--channels split changed nothing: the model declares no limit of "
         "channels (condition split sends them so)"),
        ("Two", ("--clips", "concat"), "--clips concat changed nothing: the model takes 2 clips, and nothing "
         "asked has more"),
    ],
)  # fmt: skip
def test_a_policy_without_effect_is_told_and_names_no_table(
    bench: Bench, model: str, options: tuple[str, str], note: str
) -> None:
    suite = bench.suite("s", item("one", "bell", "horn"))
    assert bench.run(suite, *options, model=f"ears.py:{model}")[0] == 0
    assert bench.notes() == [f"the policy {note}"]
    name = options[0].removeprefix("--")
    assert bench.record()["identity"]["setup"][name] == options[1]
    assert headings(shown(bench.folder / "run")) == ["## s, protocol starbench"]
    assert bench.run(suite, model=f"ears.py:{model}", out="plain")[0] == 0
    found = headings(shown(bench.folder / "run", bench.folder / "plain"))
    assert len(set(found)) == 2, "tables that differ in the policy alone have headings that tell it"
    assert any(f"asked with --{name} {options[1]}" in title for title in found)


def test_a_policy_with_effect_names_its_table(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "bell", "horn"))
    options = ("--channels", "mono", "--clips", "concat")
    assert bench.run(suite, *options)[0] == 0
    assert bench.notes() == []
    assert headings(shown(bench.folder / "run")) == [
        "## s, protocol starbench, clips: concat, 0.5 s apart, channels: mono"
    ]


def test_what_a_run_cost_stands_in_its_row(bench: Bench) -> None:
    assert bench.run(bench.suite("s", item("one", "tap")))[0] == 0
    (entry,) = read_entries([bench.folder / "run"])
    assert "US $" not in board_to_markdown(board([entry]))
    made = board([entry.model_copy(update={"cost_usd": 1.234})])
    assert made.tables[0].run_by_us
    assert made.tables[0].rows[0].cost_usd == 1.234
    assert row(board_to_markdown(made))[-1] == "1.23 |"


# --- nothing asked --------------------------------------------------------------------------------


def test_a_run_that_the_canary_stopped_has_no_score_and_no_row(
    bench: Bench, command: Callable[..., Ran]
) -> None:
    assert bench.run(bench.suite("s", item("one", "tap")))[0] == 0
    run = bench.folder / "run"
    for path in (run / "trials.jsonl", *run.glob("entry-*")):
        path.unlink()
    (run / "trials.jsonl").touch()
    directory.write_canary(run, canary(transport="dropped"))
    why = "no trial was asked: the canary found that no sound reaches the model"
    for options in ((), ("--json",)):
        ran = command("score", run, *options)
        assert (ran.code, ran.out) == (1, "")
        assert why in ran.err
    assert not list(run.glob("entry-*"))
    with pytest.raises(InputError, match=why):
        read_entries([run])
    assert command("leaderboard", run).code == 2
    (run / "canary.json").unlink()
    assert "no trial was asked yet" in command("score", run).err


# --- captions of another model ----------------------------------------------------------------------


def captioned(bench: Bench, command: Callable[..., Ran], *options: str) -> str:
    suite = bench.suite("s", item("one", "bell"))
    given = ("--model", "ears.py:One", "--suite", suite, "--out", "c.jsonl", "--channels", "split")
    assert command("caption", *given, *options).code == 0
    return suite


@pytest.mark.parametrize(
    ("options", "cell"), [((), "/split"), (("--no-canary",), "none held")], ids=["held", "none"]
)
def test_the_captioners_canary_and_adaptations_reach_the_row(
    bench: Bench, command: Callable[..., Ran], options: tuple[str, ...], cell: str
) -> None:
    suite = captioned(bench, command, *options)
    asked = ("--condition", "audio,caption", "--captions", "c.jsonl")
    code, said = bench.run(suite, *asked, model="ears.py:Keeps")
    assert code == 0
    change = "1 of 1 clips: clips of two channels split into left ear and right ear"
    (entry,) = read_entries([bench.folder / "run"])
    assert f"captions by ears.py:One: {change}" in entry.notes
    assert entry.captioner is not None
    assert [adaptation_sentence(one, "clips") for one in entry.captioner.adaptations] == [change]
    assert (entry.captioner.canary is None) == bool(options)
    assert "captions by ears.py:One (" in said
    assert "ears folded" not in said
    made = shown(bench.folder / "run")
    name = f"caption:{entry.captioner.grade}"
    assert row(made, name)[-1].startswith("captioner: ")
    assert row(made, name)[-1].endswith(f"{cell} |")
    assert row(made)[-1] == "– |"
    assert ("†" in row(made, name)[0], "†" in row(made)[0]) == (True, False)
    assert f"† captions by ears.py:One: {change}." in made
    ran = command("compare", "run", "--json", "c.json")
    assert f"run, {name}: captions by ears.py:One (" in ran.out
    assert LeaderboardEntry.model_validate_json(entry.model_dump_json()) == entry


# --- why nothing applies ----------------------------------------------------------------------------


def test_reasons_that_an_option_mends_come_first(bench: Bench) -> None:
    # Two horns are too long however they are sent; a bell is not, once it is of one channel.
    suite = bench.suite("s", item("a", "horn"), item("b", "horn"), item("c", "bell"))
    code, said = bench.run(suite, "--model-arg", "max_seconds=0.035")
    assert code == 2
    assert "(clips of 2 channels, and the model takes 1: --channels mono)" in " ".join(said.split())


def test_captions_that_were_all_refused_are_the_reason(bench: Bench, command: Callable[..., Ran]) -> None:
    suite = captioned(bench, command, "--no-canary")
    header, line = (bench.folder / "c.jsonl").read_text().splitlines()
    refused = {**json.loads(line), "outcome": "refused", "text": None, "response": "I cannot."}
    (bench.folder / "c.jsonl").write_text(f"{header}\n{json.dumps(refused)}\n")
    asked = ("--condition", "audio,caption", "--captions", "c.jsonl")
    code, said = bench.run(suite, *asked, model="ears.py:Keeps")
    assert code == 2
    assert "applies to no item (ears.py:One gave no caption of any clip: 1 refused)" in " ".join(said.split())
