"""The observer hears where sounds are, favours no side, and is worth what its head is worth.

Questions and sounds are those of the built suites, rendered by the real synthesizer. The full figures, hundreds of
items each, are those of ``benchmarks/observer_suites.py``. Thresholds here are what few items allow.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from starbench.adapters.observer import Observer
from starbench.adapters.observer import head as heads
from starbench.adapters.observer.ears import Ears
from starbench.adapters.observer.templates import Templates
from starbench.audio import Audio, quantise
from starbench.errors import InputError
from starbench.schema import ClipPart, Item, Prompt, TextPart
from starbench.synth.scene import scene
from starbench.synthesis import BuildSpec, generator
from starbench.tasks.perception import Perception
from starbench.tasks.spatial import Spatial

SEED = 7
TASKS: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("azimuth", "elevation", "distance"), Perception),
    **dict.fromkeys(("localisation", "relations", "trajectories"), Spatial),
}


@lru_cache
def items(attribute: str, size: int, head: tuple[tuple[str, str], ...] = ()) -> list[tuple[Item, Audio]]:
    """Items of profile ``default-1`` with their sounds; ``head`` are further parameters of the scenes."""
    plan = TASKS[attribute]().plan(BuildSpec((attribute,), "default-1", SEED, size))
    rendered = []
    for draft in plan.drafts:
        made = scene(rng=generator(SEED, draft.item.id), **{**draft.clips[0].parameters, **dict(head)})
        rendered.append((draft.item, Audio(quantise(made.samples), made.rate)))
    return rendered


def ask(question: str, options: tuple[str, ...], *sounds: Audio, observer: Observer | None = None) -> str:
    """The option that the observer chooses, or its words."""
    lines = "".join(f"<{chr(65 + k)}>: {option}\n" for k, option in enumerate(options))
    clips = [ClipPart.of(lambda sound=sound: sound) for sound in sounds]
    prompt = Prompt(parts=(*clips, TextPart(text=f"{question}\n{lines}")), options=options)
    reply = str((observer or Observer()).generate(prompt))
    return options[ord(reply[1]) - 65] if reply.startswith("<") else reply


def right(given: list[tuple[Item, Audio]], observer: Observer | None = None) -> list[bool]:
    return [
        ask(item.question, item.options, audio, observer=observer) == item.answer for item, audio in given
    ]


def heights(size: int, **head: str) -> list[tuple[Item, Audio]]:
    """Of questions about elevation, those that ask for one sound's."""
    given = items("elevation", size, tuple(head.items()))
    return [(item, audio) for item, audio in given if item.sub_category == "range_elevation"]


def swapped(audio: Audio) -> Audio:
    return Audio(np.ascontiguousarray(audio.pcm[:, ::-1]), audio.rate)


def mono(audio: Audio, channels: int = 1) -> Audio:
    mean = np.rint(audio.pcm.mean(axis=1, keepdims=True)).astype(np.int16)
    return Audio(np.repeat(mean, channels, axis=1), audio.rate)


def sound(kind: str, seed: int, azimuth: float, elevation: float = 0.0) -> Audio:
    """One sound in the open."""
    source = {
        "signal": {"kind": kind, "duration_s": 0.6, "tilt_db_per_octave": -3.0},
        "onset_s": 0.2,
        "at": {"azimuth_deg": azimuth, "elevation_deg": elevation},
        "level_db_spl": 60.0,
    }
    source["signal"] |= {"f0_hz": 190.0} if kind == "complex" else {}
    made = scene(rng=np.random.default_rng(seed), total_s=1.0, sources=[source])
    return Audio(quantise(made.samples), made.rate)


@pytest.mark.parametrize(
    ("attribute", "size", "wrong"),
    [
        ("azimuth", 16, 0),
        ("elevation", 20, 2),
        ("distance", 16, 4),
        ("localisation", 20, 1),
        ("relations", 16, 2),
        ("trajectories", 14, 1),
    ],
)
def test_hears(attribute: str, size: int, wrong: int) -> None:
    assert right(items(attribute, size)).count(False) <= wrong


def test_smooth_spectra_show_the_smallest_elevations() -> None:
    given = [
        (item, audio) for item, audio in items("elevation", 20) if item.sub_category != "range_elevation"
    ]
    assert min(item.level for item, _ in given if item.level) == 1.0
    assert right(given).count(False) <= 1


@pytest.mark.parametrize(("attribute", "size"), [("azimuth", 16), ("trajectories", 14)])
def test_swapped_ears_give_the_mirrored_answer(attribute: str, size: int) -> None:
    mirrored = 0
    for item, audio in items(attribute, size):
        if item.mirror is None:
            continue
        mirrored += 1
        straight = ask(item.question, item.options, audio)
        assert ask(item.question, item.options, swapped(audio)) == item.mirror[straight]
    assert mirrored >= 8


def test_swapped_ears_hear_mirrored_angles_to_a_hundredth_of_a_degree() -> None:
    for _, audio in items("azimuth", 16)[:4]:
        straight, mirrored = Ears(audio), Ears(swapped(audio))
        for burst, other in zip(straight.bursts, mirrored.bursts, strict=True):
            assert mirrored.lateral(other) == pytest.approx(-straight.lateral(burst), abs=0.01)


@pytest.mark.parametrize("channels", [1, 2])
def test_equal_ears_leave_the_side_to_a_coin_that_favours_none(channels: int) -> None:
    options = ("Front-Right (0°-90°)", "Front-Left (270°-360°)")
    sounds = [mono(sound("noise", seed, 45.0), channels) for seed in range(24)]
    chosen = [ask("Which azimuth range is the sound coming from?", options, one) for one in sounds]
    assert 5 <= chosen.count(options[0]) <= 19
    assert chosen == [ask("Which azimuth range is the sound coming from?", options, one) for one in sounds]


def test_equal_ears_leave_directions_of_motion_to_the_coin() -> None:
    options = ("From left to right", "From right to left")
    moving = [audio for item, audio in items("trajectories", 14)]
    chosen = [ask("How does the sound move?", options, mono(audio)) for audio in moving]
    assert 2 <= chosen.count(options[0]) <= 12


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
    given = heights(20)
    assert sum(right(given, Observer(head=other_head))) <= sum(right(given)) - 0.25 * len(given)


def test_heads_are_listened_with_by_name():
    assert Observer(head="kemar").head is heads.load()
    large = Observer(head="kemar-large").head
    np.testing.assert_array_equal(large.directions, heads.load().directions)
    assert np.abs(large.responses - heads.load().responses).max() > 0.05
    given = heights(20, head="kemar-large")
    heard = {head: right(given, Observer(head=head)).count(True) for head in heads.NAMES}
    assert heard["kemar-large"] >= len(given) - 1
    assert heard["kemar"] <= heard["kemar-large"] - 2


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
    given = heights(20, head_equalisation="diffuse-field")
    assert right(given, Observer(head_equalisation="diffuse-field")).count(False) <= 1


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
    audio = sound("noise", 3, 48.0)
    for turn in range(len(options)):
        shown = options[turn:] + options[:turn]
        assert ask(question, shown, audio) in {"Right side", "In front", "Ahead to the right"}


def two_clips(question: str, options: tuple[str, ...], *places: tuple[float, float]) -> str:
    return ask(question, options, *(sound("complex", k, *place) for k, place in enumerate(places)))


def test_compares_two_clips_and_heeds_what_counts_as_the_same():
    azimuth = (
        "Are Audio 1 and Audio 2 at the same azimuth? (Consider differences of less than 45° as the same.)"
    )
    choices = ("Same", "Different", "Unable to determine")
    assert two_clips(azimuth, choices, (20.0, 0.0), (50.0, 0.0)) == "Same"
    assert two_clips(azimuth, choices, (20.0, 0.0), (80.0, 0.0)) == "Different"
    assert two_clips(azimuth, choices, (350.0, 0.0), (20.0, 0.0)) == "Same"
    height = (
        "Which audio has the higher elevation angle? (Consider differences of less than 45° as the same.)"
    )
    stated = (
        "Audio 1 is higher",
        "Audio 2 is higher",
        "Both are at the same elevation",
        "Unable to determine",
    )
    low, high = (10.0, -20.0), (10.0, 60.0)
    assert two_clips(height, stated, low, high) == stated[1]
    assert two_clips(height, stated, high, low) == stated[0]
    assert two_clips(height, stated, low, (10.0, 10.0)) == stated[2]


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which of the two sounds is further to the right?", ("The violin", "The drum")),
        ("How far away is the hiss?", ("Three", "Four")),
        ("What colour is the hiss?", ("Red", "Blue")),
    ],
)
def test_declines_what_it_does_not_understand(question, options):
    assert ask(question, options, sound("noise", 5, 30.0)) == "Unable to determine."


@pytest.mark.parametrize(
    "pcm", [np.zeros((48_000, 2)), np.full((10, 2), 300), np.zeros((0, 2)), np.full((9, 4), 5)]
)
@pytest.mark.parametrize("attribute", ["azimuth", "distance", "trajectories", "relations"])
def test_never_raises_on_odd_sound(pcm, attribute):
    item, _ = items(attribute, 16 if attribute != "trajectories" else 14)[0]
    answer = ask(item.question, item.options, Audio(pcm.astype(np.int16), 48_000))
    assert answer in (*item.options, "Unable to determine.")
