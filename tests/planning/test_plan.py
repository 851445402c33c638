"""What is decided and said before anything is asked, and shown after."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from starbench.build.build import build
from starbench.cli.commands.run import evaluate
from starbench.engine.settings import Settings
from starbench.errors import ConditionError, InputError, PluginError
from starbench.models.adapter import Model
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.reporting.entries import entries_of
from starbench.reporting.leaderboard import board
from starbench.reporting.markdown import board_to_markdown
from starbench.reporting.scores import show
from starbench.reporting.words import notes
from starbench.runs.load import load
from starbench.schema import Adaptation, Capabilities, Outcome, Prompt, Response, Setup, Usage
from starbench.schema.caption import CaptionHeader, CaptionIdentity, CaptionLine
from starbench.scoring.run import score
from starbench.suites import captions
from starbench.suites.open import open_suite
from starbench.synthesis import BuildSpec

SPEC = BuildSpec(("pitch", "loudness", "duration"), "default", 5, 12)


class Guess:
    """Always B, three tokens a reply."""

    def __init__(self, server: str | None = None, **capabilities: object) -> None:
        self.capabilities = Capabilities.model_validate(capabilities)
        self.server = server

    async def generate(self, prompt: Prompt) -> Response:
        usage = Usage(input_tokens=2, output_tokens=1)
        return Response(text="<B>", served_model="guess-1", usage=usage)


def model(**capabilities: object) -> Model:
    return Model("guess", {}, Guess(**capabilities))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", SPEC, path)
    return str(path)


def ready(
    built: str, asked: Model, *conditions: str, captions: Path | None = None, **setup: object
) -> RunPlan:
    return plan_run(Request((built,), Setup(conditions=conditions or ("audio",), **setup), captions), asked)  # type: ignore[arg-type]


def test_a_model_that_reads_some_rates_gets_the_highest_and_it_is_recorded(built: str) -> None:
    evaluation = ready(built, model(rates=(16_000, 24_000)))
    assert evaluation.run.identity.setup.rate == "24000"
    assert evaluation.run.adaptations == (Adaptation(kind="resampled", rate_hz=24_000),)
    clip = evaluation.questions.prompt(evaluation.trials[0]).clips[0].audio()
    assert clip.rate == 24_000


def test_a_rate_that_suits_every_clip_changes_nothing(built: str) -> None:
    assert ready(built, model(rates=(16_000, 48_000))).run.identity.setup.rate == "native"


def test_a_rate_the_model_does_not_read_is_refused(built: str) -> None:
    with pytest.raises(InputError, match="--rate 8000"):
        ready(built, model(rates=(16_000,)), rate="8000")


def test_the_silent_clip_comes_at_the_rate_of_the_others(built: str) -> None:
    evaluation = ready(
        built, model(text_only=False, rates=(24_000,)), "question-only", text_only="silent-clip"
    )
    clip = evaluation.questions.prompt(evaluation.trials[0]).clips[0].audio()
    assert (clip.rate, clip.channels, clip.seconds) == (24_000, 1, 0.5)
    assert not clip.pcm.any()
    assert any(change.kind == "silent-clip" for change in evaluation.run.adaptations)


def test_conditions_without_sound_are_refused_to_a_model_that_needs_it(built: str) -> None:
    with pytest.raises(ConditionError, match="--text-only silent-clip"):
        ready(built, model(text_only=False), "audio", "caption")


def test_folded_channels_are_noted(built: str) -> None:
    assert "mixes all channels" in " ".join(notes(ready(built, model(channels_kept=False)).run))
    assert notes(ready(built, model(channels_kept=True)).run) == []


def test_cues_that_cannot_arrive_are_not_asked_and_answers_stay_balanced(tmp_path: Path) -> None:
    build("perception", BuildSpec(SPEC.attributes, "default", 5, 240), tmp_path / "suite")
    evaluation = ready(str(tmp_path / "suite"), model(front_end_hz=8_000))
    assert sum(one.items for one in evaluation.run.inapplicable) > 0
    assert all(one.values == {"heard_hz": 4000.0} for one in evaluation.run.inapplicable)
    assert all(item.bandwidth_hz <= 4_000 for item in evaluation.items.values())
    answers = [i.answer for i in evaluation.items.values() if i.sub_category == "range_pitch_loudness"]
    counts = [answers.count(answer) for answer in set(answers)]
    assert max(counts) - min(counts) <= 1


def test_a_prompt_asked_alike_of_two_items_has_one_digest_and_two_keys(built: str) -> None:
    evaluation = ready(built, model(), "question-only")
    prompts = [evaluation.questions.prompt(trial) for trial in evaluation.trials]
    assert len({prompt.key for prompt in prompts}) == len(prompts)
    assert len({prompt.digest for prompt in prompts}) < len(prompts) / 2
    assert {prompt.text for prompt in prompts if prompt.digest == prompts[0].digest} == {prompts[0].text}


def captions_file(path: Path, built: str, *, but: str) -> Path:
    """Captions by model ``a:b`` of every clip but one, which it refused to describe."""
    identity = CaptionIdentity(model="a:b", model_args={}, prompt_version="own", prompt="What is it?")
    header = CaptionHeader(identity=identity, suites={}, versions={}, created="2026-11-21T00:00:00+00:00")
    lines = [
        CaptionLine(
            clip=clip,
            outcome=Outcome.REFUSED if clip == but else Outcome.ANSWERED,
            text=None if clip == but else f"A sound that begins with {clip[:6]}.",
            attempts=1,
            latency_s=0.1,
            request_digest="0" * 64,
            at="2026-11-21T00:00:00+00:00",
        )
        for clip in sorted({clip.digest for clip in open_suite(built).clips.values()})
    ]
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in (header, *lines)), "utf-8")
    return path


def test_captions_of_a_file_stand_in_for_clips_and_are_part_of_what_a_run_is(
    built: str, tmp_path: Path
) -> None:
    suite = open_suite(built)
    refused = suite.items[0]
    withheld = suite.clips[refused.audio_paths[0]].digest
    file = captions_file(tmp_path / "captions.jsonl", built, but=withheld)
    evaluation = ready(built, model(), "audio", "caption", captions=file)
    assert evaluation.run.identity.setup.conditions == ("audio", "caption:by-a-b"), (
        "no grade of the suite's own"
    )
    assert evaluation.run.identity.setup.captions == captions.read(file).digest
    assert evaluation.run.identity.suites[0].digest == suite.digest
    assert any("captions by a:b" in note for note in notes(evaluation.run))
    assert any(re.search("1 of .* clips have no caption by a:b: refused", n) for n in notes(evaluation.run))
    asked = {trial.item_id for trial in evaluation.trials if trial.condition == "caption:by-a-b"}
    assert refused.id not in asked
    for trial in evaluation.trials:
        if trial.condition == "caption:by-a-b":
            told = evaluation.questions.prompt(trial).text
            paths = evaluation.items[trial.suite, trial.item_id].audio_paths
            assert all(f"begins with {suite.clips[path].digest[:6]}" in told for path in paths)
    changed = tmp_path / "changed.jsonl"
    changed.write_text(file.read_text("utf-8").replace("A sound that", "A noise that"), "utf-8")
    other = ready(built, model(), "audio", "caption", captions=changed)
    assert other.run.identity.setup.captions != evaluation.run.identity.setup.captions


def test_captions_that_nobody_asked_for_are_refused(built: str, tmp_path: Path) -> None:
    file = captions_file(tmp_path / "captions.jsonl", built, but="")
    for names in (("audio",), ("caption:plain",)):
        with pytest.raises(InputError, match=r"--captions .* add --condition caption"):
            ready(built, model(), *names, captions=file)


@pytest.mark.parametrize("spec", ["mine.py:Wrong:data", "mine.py:Broken:data"])
def test_a_task_plug_in_gets_its_argument_and_its_faults_are_sentences(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(
        "class Wrong:\n    def load(self, source, *, skip_bad=False):\n        return source\n"
        "class Broken:\n    def load(self, source, *, skip_bad=False):\n        raise KeyError(source)\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match=r"returned str|KeyError: 'data'"):
        open_suite(spec)


def test_what_was_served_and_used_and_where_it_goes_on_is_told(
    built: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Model("guess", {}, Guess(server="http://one"))
    evaluation = ready(built, asked)
    assert evaluate(evaluation, asked, tmp_path / "run", Settings(canary=False)) == 0
    scores = score(load(tmp_path / "run"))
    assert scores.served_as == ("guess-1",)
    assert scores.usage == Usage(input_tokens=72, output_tokens=36)
    (entry,) = entries_of(load(tmp_path / "run"), scores)
    assert entry.usage == scores.usage
    capsys.readouterr()
    moved = Model("guess", {}, Guess(server="http://two"))
    assert evaluate(ready(built, moved), moved, tmp_path / "run", Settings(canary=False)) == 0
    assert "begun at http://one, resumed at http://two" in capsys.readouterr().err


def test_extensions_and_official_figures_are_shown_for_what_they_are(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def shown(name: str, **setup: object) -> tuple[str, str]:
        asked = model()
        evaluation = plan_run(
            Request((f"star-bench:{samples}",), Setup(conditions=("audio", "silence"), **setup)),  # type: ignore[arg-type]
            asked,
        )
        evaluate(evaluation, asked, tmp_path / name, Settings(canary=False))
        scores = score(load(tmp_path / name))
        capsys.readouterr()
        show(scores, load(tmp_path / name))
        return capsys.readouterr().out, board_to_markdown(board(entries_of(load(tmp_path / name), scores)))

    whole, on_board = shown("whole")
    assert "silence (extension)" in whole
    assert "audio (extension)" not in whole
    assert "silence (extension)" in on_board
    assert "as the official evaluator prints them" in whole
    for name, request in {"few": {"limit": 9}, "turned": {"rotations": "1"}}.items():
        assert "official evaluator" not in shown(name, **request)[0]


def test_a_hostile_name_moves_no_cursor(
    built: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    for path in Path(built).iterdir():
        if path.name != "suite.json":
            (folder / path.name).symlink_to(path) if path.is_file() else None
    (folder / "audio").mkdir()
    for path in (Path(built) / "audio").iterdir():
        (folder / "audio" / path.name).write_bytes(path.read_bytes())
    (folder / "metadata.jsonl").unlink()
    text = (Path(built) / "metadata.jsonl").read_text("utf-8")
    (folder / "metadata.jsonl").write_text(text.replace("sensitivity_pitch", "pitch\\u001b[31m"), "utf-8")
    (folder / "suite.json").write_text('{"name": "../a\\u001b[2J/b"}')
    asked = model()
    assert evaluate(ready(str(folder), asked), asked, tmp_path / "run", Settings(canary=False)) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert [path.name for path in (tmp_path / "run").glob("entry-*")] == ["entry-a-2J-b.json"]
