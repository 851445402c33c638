"""The observer hears where sounds are, favours no side, and is worth what its head is worth.

Scenes and questions are those of ``benchmarks/observer_space.py``, rendered by the real synthesizer; the full
figures, hundreds of trials a cell, are that script's. Thresholds here are what few trials allow.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from starbench.adapters.observer import Observer
from starbench.adapters.observer import head as heads
from starbench.adapters.observer.ears import Ears
from starbench.adapters.observer.templates import Templates
from starbench.audio import Audio
from starbench.errors import InputError
from starbench.schema import ClipPart, Prompt, TextPart

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "observer_space.py"
_spec = importlib.util.spec_from_file_location("observer_space", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
bench = importlib.util.module_from_spec(_spec)
sys.modules["observer_space"] = bench
_spec.loader.exec_module(bench)

CELLS = {cell.name: cell for cell in bench.CELLS}
SEED = 7


def share_right(name: str, n: int, how: str = "plain", observer: Observer | None = None) -> float:
    return float(np.mean(bench.answered(CELLS[name], n, SEED, observer or Observer(), how)))


@pytest.mark.parametrize(
    ("name", "n", "least"),
    [
        ("azimuth 0 JND, hiss, open", 8, 1.0),
        ("azimuth 1 JND, complex, open", 16, 1.0),
        ("azimuth 2 JND, hiss, room", 12, 11 / 12),
        ("quadrant, hiss", 16, 1.0),
        ("quadrant, complex", 12, 11 / 12),
        ("elevation 0 JND, complex", 10, 0.8),
        ("elevation 8 JND, hiss", 14, 13 / 14),
        ("elevation 8 JND, ripple", 20, 0.7),
        ("below, level, above, complex", 16, 15 / 16),
        ("distance 4 JND, hiss, room", 14, 12 / 14),
        ("near, medium, far, hiss", 20, 0.7),
        ("trajectory of 7, open", 21, 20 / 21),
        ("trajectory of 7, room", 12, 11 / 12),
        ("further side, two unlike, open", 12, 11 / 12),
        ("further side, two alike, room", 10, 0.8),
        ("further side, three, open", 12, 10 / 12),
    ],
)
def test_hears(name, n, least):
    assert share_right(name, n) >= least


@pytest.mark.parametrize("name", ["azimuth 1 JND, hiss, open", "quadrant, hiss", "trajectory of 7, open"])
def test_swapped_ears_give_the_mirrored_answer(name):
    observer = Observer()
    for trial, audio in bench.trials(CELLS[name], 8, SEED):
        straight = bench.ask(observer, trial, audio)
        swapped = bench.ask(observer, trial, bench.heard(audio, "swap"))
        assert swapped == bench.mirrored(straight, trial.options)


def test_swapped_ears_hear_mirrored_angles_to_a_hundredth_of_a_degree():
    for _, audio in bench.trials(CELLS["azimuth 4 JND, complex, room"], 3, SEED):
        straight, swapped = Ears(audio), Ears(bench.heard(audio, "swap"))
        for ears, mirrored in zip(straight.bursts, swapped.bursts, strict=True):
            assert swapped.lateral(mirrored) == pytest.approx(-straight.lateral(ears), abs=0.01)


def quadrants(channels: int, n: int = 24) -> list[str]:
    """Answers to one kind of scene, always from the front right, with both ears alike."""
    observer, answers = Observer(), []
    for trial, audio in bench.trials(CELLS["quadrant, hiss"], n, SEED):
        fold = np.rint(audio.pcm.mean(axis=1, keepdims=True)).astype(np.int16)
        answers.append(bench.ask(observer, trial, Audio(np.repeat(fold, channels, axis=1), audio.rate)))
    return answers


@pytest.mark.parametrize("channels", [1, 2])
def test_equal_ears_leave_the_side_to_a_coin_that_favours_none(channels):
    answers = quadrants(channels)
    on_the_left = sum("Left" in answer for answer in answers)
    assert len(answers) == 24
    assert 5 <= on_the_left <= 19
    assert answers == quadrants(channels)


def test_equal_ears_leave_relations_and_directions_of_motion_to_the_coin():
    for name in ("further side, two alike, open", "trajectory of 7, open"):
        observer, chosen = Observer(), []
        for trial, audio in bench.trials(CELLS[name], 14, SEED):
            options = trial.options[:2]
            asked = bench.Trial(trial.parameters, trial.question, options, options[0])
            chosen.append(options.index(bench.ask(observer, asked, bench.heard(audio, "mono"))))
        assert 2 <= sum(chosen) <= 12, name


@pytest.fixture
def other_head(tmp_path: Path) -> str:
    """The embedded head with its ears grown: the same responses in two thirds of the time, as SOFA."""
    own = heads.load()
    path = tmp_path / "other.sofa"
    azimuth = np.degrees(np.arctan2(own.directions[:, 1], own.directions[:, 0]))
    elevation = np.degrees(np.arcsin(np.clip(own.directions[:, 2], -1, 1)))
    with h5py.File(path, "w") as file:
        file["Data.IR"] = own.responses
        file["Data.SamplingRate"] = np.array([own.rate * 1.35])
        file["SourcePosition"] = np.stack([azimuth, elevation, np.full(azimuth.size, 1.4)], axis=1)
        file["SourcePosition"].attrs["Type"] = b"spherical"
        file["ReceiverPosition"] = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])[:, :, None]
    return str(path)


def test_another_head_hears_elevation_worse(other_head):
    name = "below, level, above, complex"
    assert share_right(name, 16, observer=Observer(head=other_head)) <= share_right(name, 16) - 0.25


def test_heads_are_listened_with_by_name():
    assert Observer(head="kemar").head is heads.load()
    large = Observer(head="kemar-large").head
    np.testing.assert_array_equal(large.directions, heads.load().directions)
    assert np.abs(large.responses - heads.load().responses).max() > 0.05
    name = "below, level, above, hiss"
    heard = {
        head: bench.answered(CELLS[name], 9, SEED, Observer(head=head), head="kemar-large")
        for head in heads.NAMES
    }
    assert sum(heard["kemar-large"]) >= 8
    assert sum(heard["kemar"]) <= sum(heard["kemar-large"]) - 2


def test_an_equalised_head_has_no_colour_and_the_same_differences():
    with pytest.raises(InputError, match="no head_equalisation 'free-field': there is diffuse-field"):
        Observer(head_equalisation="free-field")
    frequencies = np.geomspace(250.0, 15_000.0, 40)
    equalised = Observer(head_equalisation="diffuse-field").head
    own, plain = Templates(equalised, frequencies), Templates(heads.load(), frequencies)
    even = heads.unit(137.5 * np.arange(400), np.degrees(np.arcsin(np.linspace(-0.6, 0.99, 400))))
    colour, before = (10 * np.log10((t.at(even).left + t.at(even).right).mean(axis=0)) for t in (own, plain))
    assert np.ptp(before) > 15
    assert np.ptp(colour) < 2
    np.testing.assert_allclose(own.at(even).relation, plain.at(even).relation, atol=2e-3)
    name = "below, level, above, hiss"
    listener = Observer(head_equalisation="diffuse-field")
    assert sum(bench.answered(CELLS[name], 9, SEED, listener, head_equalisation="diffuse-field")) >= 8


def test_a_head_is_read_from_sofa_as_from_the_asset(tmp_path, other_head):
    own, other = heads.load(), heads.load(other_head)
    assert np.allclose(own.directions, other.directions, atol=1e-9)
    assert np.array_equal(own.responses, other.responses)
    for broken in ("missing.sofa", "text.sofa"):
        (tmp_path / "text.sofa").write_text("no head")
        with pytest.raises(InputError, match=broken):
            Observer(head=str(tmp_path / broken))


def test_templates_pass_through_the_measurements_and_are_smooth_between():
    ears = Templates(heads.load(), np.array([500.0, 2000.0, 6000.0]))
    around = ears.at(heads.unit(np.arange(0.0, 360.0, 1.0)))
    itd_us = -np.angle(around.cross[:, 0]) / (2 * np.pi * 500e-6)
    assert itd_us[90] == pytest.approx(-itd_us[270], abs=1e-3)
    assert 600 < itd_us[90] < 900
    assert np.all(np.diff(itd_us[:60]) > 0)
    measured = ears.at(heads.load().directions[:50])
    again = ears.at(heads.load().directions[:50] + 1e-9)
    assert np.allclose(measured.left, again.left, rtol=1e-4)


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which direction is the hiss coming from?", ("Directly ahead", "Left side", "Right side")),
        ("Where do you hear the hiss?", ("Left side", "Directly ahead", "Right side")),
        ("Is the hiss in front of you or behind you?", ("In front", "Behind")),
        (
            "From which of these directions does the hiss come?",
            ("Ahead to the right", "Left", "Right", "Ahead to the left"),
        ),
    ],
)
def test_understands_wordings_whatever_the_order_of_options(question, options):
    rng = np.random.default_rng(3)
    heard = bench.source("hiss", 0.5, 0.2, rng, azimuth_deg=48.0)
    audio = bench.render(bench.Trial(bench.finished([heard], 0.0, rng), question, options, ""), rng)
    expected = {"Right side", "In front", "Ahead to the right"}
    for turn in range(len(options)):
        shown = options[turn:] + options[:turn]
        assert bench.ask(Observer(), bench.Trial({}, question, shown, ""), audio) in expected


def two_clips(question: str, options: tuple[str, ...], *places: dict[str, float]) -> str:
    rng = np.random.default_rng(4)
    clips = []
    for place in places:
        heard = bench.source("complex", 0.6, 0.2, rng, **place)
        audio = bench.render(bench.Trial(bench.finished([heard], 0.0, rng), question, options, ""), rng)
        clips.append(ClipPart.of(lambda audio=audio: audio))
    reply = Observer().generate(Prompt(parts=(*clips, TextPart(text=question)), options=options))
    return options[ord(str(reply)[1]) - 65]


def test_compares_two_clips_and_heeds_what_counts_as_the_same():
    azimuth = (
        "Are Audio 1 and Audio 2 at the same azimuth? (Consider differences of less than 45° as the same.)"
    )
    choices = ("Same", "Different", "Unable to determine")
    assert two_clips(azimuth, choices, {"azimuth_deg": 20.0}, {"azimuth_deg": 50.0}) == "Same"
    assert two_clips(azimuth, choices, {"azimuth_deg": 20.0}, {"azimuth_deg": 80.0}) == "Different"
    assert two_clips(azimuth, choices, {"azimuth_deg": 350.0}, {"azimuth_deg": 20.0}) == "Same"
    height = (
        "Which audio has the higher elevation angle? (Consider differences of less than 45° as the same.)"
    )
    stated = (
        "Audio 1 is higher",
        "Audio 2 is higher",
        "Both are at the same elevation",
        "Unable to determine",
    )
    low, high = {"azimuth_deg": 10.0, "elevation_deg": -20.0}, {"azimuth_deg": 10.0, "elevation_deg": 60.0}
    assert two_clips(height, stated, low, high) == stated[1]
    assert two_clips(height, stated, high, low) == stated[0]
    assert two_clips(height, stated, low, {**low, "elevation_deg": 10.0}) == stated[2]


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which of the two sounds is further to the right?", ("The violin", "The drum")),
        ("How far away is the hiss?", ("Three", "Four")),
        ("What colour is the hiss?", ("Red", "Blue")),
    ],
)
def test_declines_what_it_does_not_understand(question, options):
    rng = np.random.default_rng(5)
    heard = bench.source("hiss", 0.5, 0.2, rng, azimuth_deg=30.0)
    audio = bench.render(bench.Trial(bench.finished([heard], 0.0, rng), question, options, ""), rng)
    assert bench.ask(Observer(), bench.Trial({}, question, options, ""), audio) == "Unable to determine."


@pytest.mark.parametrize(
    "pcm", [np.zeros((48_000, 2)), np.full((10, 2), 300), np.zeros((0, 2)), np.full((9, 4), 5)]
)
@pytest.mark.parametrize(
    "name",
    ["quadrant, hiss", "near, medium, far, hiss", "trajectory of 7, open", "further side, three, open"],
)
def test_never_raises_on_odd_sound(pcm, name):
    trial, _ = next(bench.trials(CELLS[name], 1, SEED))
    answer = bench.ask(Observer(), trial, Audio(pcm.astype(np.int16), 48_000))
    assert answer in (*trial.options, "Unable to determine.")
