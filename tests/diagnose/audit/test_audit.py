"""What is left of a cue, for plug-in adapters that say what their front end keeps; items nobody could answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Command
from planted_sounds import write_suite

from starbench.diagnose.audit import audit
from starbench.diagnose.records import read_record
from starbench.errors import InputError, PluginError
from starbench.models.resolve import resolve
from starbench.schema import Setup
from starbench.schema.audit import Audit
from starbench.suites.open import open_suite

Audited = Callable[..., Audit]


@pytest.mark.parametrize(
    ("model", "cue", "clips", "verdict"),
    [
        ("All", "pitch", 1, "kept"),
        ("All", "loudness", 2, "kept"),
        ("All", "duration", 1, "kept"),
        ("All", "azimuth", 1, "kept"),
        ("Mono", "azimuth", 1, "lost"),
        ("Mono", "pitch", 1, "kept"),
        ("Peak", "loudness", 2, "lost"),
        ("Peak", "loudness", 1, "kept"),  # both sounds are in the clip that is normalised
        ("Rms", "loudness", 2, "lost"),
        ("Agc", "loudness", 1, "lost"),
        ("Agc", "pitch", 1, "kept"),
        ("RightEar", "azimuth", 1, "lost"),
        ("Swapped", "azimuth", 1, "reversed"),
        ("Inverted", "azimuth", 1, "kept"),
        ("At4kHz", "pitch", 1, "kept"),
        ("HalfASecond", "pitch", 1, "lost"),
        ("HalfASecond", "pitch", 2, "kept"),
        ("Late", "pitch", 1, "kept"),
        ("Silent", "duration", 1, "lost"),
        ("At44k", "duration", 1, "kept"),  # and every item is heard as its answer says
        ("At44k", "pitch", 1, "kept"),
    ],
)
def test_the_verdict_follows_from_what_is_delivered(
    audited: Audited, model: str, cue: str, clips: int, verdict: str
) -> None:
    record = audited(model, cue, clips)
    row = record.survival(cue)  # type: ignore[arg-type]
    assert row is not None
    assert row.verdict == verdict
    assert row.scope == ("within a clip" if clips == 1 else "between clips")
    sent = record.survival(cue, "sent")  # type: ignore[arg-type]
    assert sent is not None
    assert sent.verdict == "kept"
    assert bool(record.unanswerable) == (verdict in ("lost", "reversed"))


def test_sounds_that_are_not_found_are_no_loss_and_condemn_no_item(audited: Audited) -> None:
    record = audited("Adjoining", "pitch", 1)
    row = record.survival("pitch")
    assert row is not None
    assert (row.verdict, row.pairs) == ("undetermined", 0)
    assert row.not_found == 8
    assert record.unanswerable == ()


def test_only_what_the_listener_cannot_have_missed_condemns_an_item(audited: Audited) -> None:
    """It may miss an azimuth by more than the 8 JND that are not there."""
    assert audited("All", "azimuth", 1, (1, 4)).unanswerable == ()


def test_normalisation_between_clips_is_seen_where_only_differences_within_are_asked(
    audited: Audited,
) -> None:
    record = audited("Peak", "loudness", 1)
    between = record.survival("loudness", scope="between clips")
    assert between is not None
    assert (between.verdict, between.asked) == ("lost", False)


def test_a_side_door_is_named(audited: Audited) -> None:
    """Peak normalisation over a fixed noise floor leaves the level in the background."""
    row = audited("Peak", "loudness", 2).survival("loudness")
    assert row is not None
    assert row.leak is not None
    assert row.leak.cue == "background"
    assert row.leak.correlation.value < -0.9


def test_items_without_the_cue_are_listed_and_no_others(audited: Audited) -> None:
    missing = (1, 4, 7)
    for cue in ("pitch", "loudness", "duration"):
        found = audited("All", cue, 1, missing).unanswerable
        assert {(one.item, one.reason) for one in found} == {(f"item-{n}", "no difference") for n in missing}


def test_a_wrong_answer_is_listed_as_contradicted(audited: Audited, planted: Callable[..., Path]) -> None:
    path = planted("duration") / "metadata.jsonl"
    before = path.read_text()
    lines = [json.loads(line) for line in before.splitlines()]
    lines[3]["answer"] = next(option for option in lines[3]["options"] if option != lines[3]["answer"])
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    try:
        (found,) = audited("All", "duration").unanswerable
    finally:
        path.write_text(before)
    assert (found.item, found.reason) == ("item-3", "contradicted")


@pytest.mark.parametrize(("wrong", "is_doubted"), [((0, 3, 4, 7), True), ((3,), False)])
def test_nobody_is_blamed_where_the_listener_itself_is_no_better_than_a_guess(
    wrong: tuple[int, ...], is_doubted: bool, models_file: Path, tmp_path: Path
) -> None:
    path = write_suite(tmp_path / "suite", "duration") / "metadata.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for number in wrong:
        lines[number]["answer"] = next(
            option for option in lines[number]["options"] if option != lines[number]["answer"]
        )
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    record = audit(open_suite(str(tmp_path / "suite")), resolve(f"{models_file}:Silent", {}))
    row = record.survival("duration")
    assert row is not None
    assert (row.verdict == "not modelled") == is_doubted
    assert bool(record.doubted) == is_doubted
    assert bool(record.unanswerable) != is_doubted


def test_a_level_in_another_unit_than_jnd_condemns_no_item(models_file: Path, tmp_path: Path) -> None:
    path = write_suite(tmp_path / "suite", "duration", missing=(1,)) / "metadata.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line |= {"level": 1.0, "level_unit": "%"}
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    record = audit(open_suite(str(tmp_path / "suite")), resolve(f"{models_file}:All", {}))
    assert record.unanswerable == ()
    assert record.judged == 8


def test_what_is_declared_is_delivered(audited: Audited) -> None:
    record = audited("MonoAt8k", "azimuth")
    assert record.front_end == "declared"
    form = next(form for form in record.forms if form.name == "delivered")
    assert (form.basis, form.rates_hz, form.channels) == ("declared", (8000,), (1,))
    row = record.survival("azimuth")
    assert row is not None
    assert row.verdict == "lost"


def test_where_nothing_is_known_loaders_are_shown_and_condemn_no_item(audited: Audited) -> None:
    record = audited("Unknown", "azimuth")
    assert record.front_end == "sent"
    verdicts = {row.form: row.verdict for row in record.survivals if row.asked}
    assert {name: verdicts[name] for name in ("sent", "mono", "peak normalisation", "16 kHz", "log-mel")} == {
        "sent": "kept",
        "mono": "lost",
        "peak normalisation": "kept",
        "16 kHz": "kept",
        "log-mel": "lost",
    }
    assert record.unanswerable == ()


def test_policies_change_what_is_sent(audited: Audited) -> None:
    with pytest.raises(InputError, match="--channels"):
        audited("Narrow", "azimuth", 2)
    apart = audited("Narrow", "azimuth", 2, setup=Setup(channels="split", clips="concat"))
    joined = audited("Narrow", "azimuth", 2, setup=Setup(channels="mono", clips="concat"))
    for record, verdict in ((apart, "kept"), (joined, "lost")):
        row = record.survival("azimuth", "sent")
        assert row is not None
        assert (row.scope, row.verdict) == ("within a clip", verdict)


def test_noise_near_human_values_gives_a_psychometric_curve(audited: Audited) -> None:
    plain = audited("All", "loudness", 1)
    noisy = audited("All", "loudness", 1, internal_noise="human")
    assert {one.accuracy.value for one in plain.accuracies} == {1.0}
    low, high = (one.accuracy.value for one in noisy.accuracies if one.form == "original")
    assert 0.9 < low < high <= 1.0


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("Wrong", r"returned ndarray.*models\.py:"),
        ("Broken", "ZeroDivisionError"),
        ("Floats", r"samples of float.*models\.py:"),
        ("OneDim", r"shape \(\d+,\)"),
        ("Empty", r"shape \(0, 2\)"),
        ("Rate0", "a rate of 0"),
        ("HalfHz", "a rate of 16000.5"),
    ],
)
def test_an_adapter_that_delivers_no_sound_is_an_error(audited: Audited, model: str, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        audited(model, "pitch")


def test_a_model_that_gets_no_sound_is_not_audited(audited: Audited) -> None:
    with pytest.raises(InputError, match=r"no sound leaves for the model: .* sends text"):
        audited("Writes", "pitch")


def test_few_items_are_audited_with_the_reason_why_little_is_said(
    planted: Callable[..., Path], models_file: Path, command: Command
) -> None:
    done = command("audit", str(planted("pitch")), "--model", f"{models_file}:All", "--limit", "1")
    assert done.code == 0
    assert "undetermined: fewer than 6 pairs" in done.out


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    planted: Callable[..., Path], models_file: Path, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "audit.json"):
        done = command(
            "audit", str(planted("pitch")), "--model", f"{models_file}:Broken", "--json", str(place)
        )
        assert (done.code, "cannot be written" in done.err) == (2, True)


def test_the_command_writes_the_record(
    planted: Callable[..., Path], models_file: Path, tmp_path: Path, command: Command
) -> None:
    file = tmp_path / "audit.json"
    done = command("audit", str(planted("azimuth")), "--model", f"{models_file}:Mono", "--json", str(file))
    assert (done.code, "lost" in done.out) == (0, True)
    row = read_record(Audit, file).survival("azimuth")
    assert row is not None
    assert row.verdict == "lost"
