"""The listener reads off tones what was put in, and its errors do not grow where the difference does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from planted_sounds import RATE, pair, tone

from starbench.diagnose.audit.questions import claim_of, cue_of
from starbench.diagnose.audit.readouts import difference_jnd, read
from starbench.diagnose.audit.stretches import Stretch, alignment, located, stretches
from starbench.measure.log_mel import MelFrontEnd, mel_power_of_whisper, slaney_filters, whisper_log_mel
from starbench.schema import Item

NOISE = np.random.default_rng(5)


def noisy(samples: np.ndarray) -> np.ndarray:
    return samples + 1e-3 * NOISE.standard_normal((samples.shape[0], 1))


@pytest.mark.parametrize("timbre", ["sine", "sawtooth", "odd", "no f0"])
def test_no_octave_errors_at_any_difference(timbre: str) -> None:
    for pitch_hz in (110.0, 190.0, 290.0):
        heard = [
            read(noisy(tone(pitch_hz * 2.0 ** (cents / 1200.0), timbre=timbre)), RATE, Stretch(0.15, 0.55))
            for cents in (0.0, 100.0, 700.0, 1300.0)
        ]
        for one, cents in zip(heard, (0.0, 100.0, 700.0, 1300.0), strict=True):
            assert one.values["pitch"] == pytest.approx(pitch_hz * 2.0 ** (cents / 1200.0), rel=2e-3)
        steps = [difference_jnd(heard[0], one, "pitch") for one in heard]
        assert steps == sorted(steps)


@pytest.mark.parametrize("cue", ["pitch", "loudness", "duration", "azimuth"])
def test_a_difference_is_heard_in_jnds_and_in_no_other_cue(cue: str) -> None:
    sounds = pair(cue, 4.0, np.random.default_rng(2))
    first, second = (
        read(noisy(tone(**one)), RATE, Stretch(0.15, 0.15 + one["duration_s"])) for one in sounds
    )
    for name in ("pitch", "loudness", "duration", "azimuth"):
        expected = 4.0 if name == cue else 0.0
        assert difference_jnd(first, second, name) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("azimuth_deg", [0.0, 40.0])
def test_distance_is_heard_from_what_comes_from_all_sides(azimuth_deg: float) -> None:
    """Noise of one side, and beside it noise that is another at each ear, as of reverberation."""
    rng = np.random.default_rng(7)
    lag = round(RATE * 6e-4 * np.sin(np.radians(azimuth_deg)))
    one_side = 0.05 * rng.standard_normal(RATE + 20)
    direct = np.stack([one_side[10 : RATE + 10], one_side[10 + lag : RATE + 10 + lag]], axis=1)
    diffuse = 0.05 * rng.standard_normal((RATE, 2))
    heard = [
        read(direct + 10.0 ** (db / 20.0) * diffuse, RATE, Stretch(0.0, 1.0)) for db in (-10.0, -4.0, 2.0)
    ]
    for nearer, farther in pairwise(heard):
        assert difference_jnd(nearer, farther, "distance") == pytest.approx(6.0 / 2.5, abs=0.8)
    assert "distance" not in read(direct[:, [0, 0]], RATE, Stretch(0.0, 1.0)).values
    assert "distance" not in read(direct[:, :1], RATE, Stretch(0.0, 1.0)).values


def test_silence_and_noise_have_no_pitch() -> None:
    assert not stretches(np.zeros((RATE, 1)), RATE)
    noise = 0.05 * NOISE.standard_normal((RATE, 2))
    assert "pitch" not in read(noise, RATE, Stretch(0.2, 0.8)).values
    assert read(np.zeros((RATE, 2)), RATE, Stretch(0.2, 0.8)).values == {}


def test_a_sound_beyond_the_end_is_not_heard() -> None:
    samples = noisy(tone(duration_s=0.4))[: round(0.3 * RATE)]
    assert read(samples, RATE, Stretch(0.15, 0.55)).values == {}


def test_sounds_are_found_and_aligned() -> None:
    two = noisy(np.concatenate([tone(300.0, duration_s=0.3), np.zeros((RATE // 5, 2)), tone(300.0, -40.0)]))
    found = stretches(two, RATE)
    assert [one.start_s for one in found] == pytest.approx([0.15, 0.96], abs=0.03)
    later = np.pad(two, ((RATE // 4, 0), (0, 0)))
    assert alignment(two, RATE, later, RATE)[0] == pytest.approx(0.25, abs=0.01)
    assert alignment(two, RATE, -two, RATE)[0] == 0.0


def test_sounds_are_found_where_time_is_stretched_or_pauses_are_cut() -> None:
    gap = np.zeros((RATE // 2, 2))
    two = noisy(np.concatenate([tone(300.0, duration_s=0.3), gap, tone(300.0, duration_s=0.4), gap]))
    sounds = stretches(two, RATE)
    slower = located(sounds, two, RATE, two, 14_700)
    assert slower is not None
    assert [one.start_s for one in slower] == pytest.approx([0.163, 1.371], abs=0.03)
    assert [one.stop_s for one in slower] == pytest.approx([0.50, 1.817], abs=0.05)
    trimmed = np.concatenate(
        [two[RATE // 10 : round(0.52 * RATE)], two[round(1.02 * RATE) : round(1.8 * RATE)]]
    )
    nearer = located(sounds, two, RATE, trimmed, RATE)
    assert nearer is not None
    assert [one.start_s for one in nearer] == pytest.approx([0.05, 0.66], abs=0.03)
    adjoining = np.concatenate(
        [two[round(0.16 * RATE) : round(0.44 * RATE)], two[round(1.28 * RATE) : round(1.65 * RATE)]]
    )
    assert located(sounds, two, RATE, adjoining, RATE) is None
    assert located(sounds, two, RATE, 0.0 * adjoining, RATE) is not None


def test_a_sound_of_two_strokes_is_one() -> None:
    """Of four strokes, the two loudest are one sound, and no threshold finds the two sounds alone."""
    stroke, loud = tone(duration_s=0.1, level_db=-40.0), tone(duration_s=0.1)
    gap = np.zeros((RATE // 2, 2))
    found = stretches(noisy(np.concatenate([loud, loud, gap, stroke, stroke])), RATE, 2)
    assert [one.start_s for one in found] == pytest.approx([0.15, 1.47], abs=0.04)


def test_a_tone_is_in_the_mel_band_of_its_frequency() -> None:
    filters = slaney_filters(40)
    wave = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    power = MelFrontEnd(filters, padding="constant").power(wave)
    assert (filters.shape, power.shape) == ((201, 40), (40, 101))
    assert power[:, 50].argmax() == filters[25].argmax()


def test_an_inverted_log_mel_spectrogram_has_the_same_one() -> None:
    signal = noisy(tone(440.0))[:, 0]
    front_end = MelFrontEnd(slaney_filters())
    features = whisper_log_mel(front_end.power(signal))
    sound = front_end.sound(mel_power_of_whisper(features), signal.size)
    assert sound.shape == signal.shape
    again = whisper_log_mel(front_end.power(sound))
    strong = features > features.max() - 1.0
    assert np.abs(again - features)[strong].mean() < 0.05
    assert np.sqrt(np.mean(np.square(sound))) == pytest.approx(np.sqrt(np.mean(np.square(signal))), rel=0.1)


@pytest.mark.parametrize(
    ("question", "answer", "sign"),
    [
        ("Which sound has a higher pitch?", "The first sound", -1),
        ("Which tone is lower in pitch?", "The second tone", -1),
        ("Is the second sound higher or lower in pitch than the first?", "Lower than the first", -1),
        ("Is the first sound higher or lower in pitch than the second?", "Lower", 1),
        ("Which sound has a higher pitch?", "Both sounds have the same pitch", 0),
        ("Which sound has a higher pitch?", "Sound 2", 1),
        ("Which sound has a higher pitch?", "A violin", None),
    ],
)
def test_what_an_answer_says_is_read_from_its_words(question: str, answer: str, sign: int | None) -> None:
    item = Item(
        id="1", task="T", question=question, options=(answer, "other"), answer=answer, audio_paths=("a.wav",)
    )
    assert cue_of(item.part, [item]) == "pitch"
    claim = claim_of(item, "pitch", 2)
    assert (None if claim is None else claim.sign) == sign
