"""Sounds of random spectra are measured by what both ears have in common, or listed as unmeasured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from starbench.measure.complexes import fundamental_hz
from starbench.measure.interaural import InterauralTransfer
from starbench.synthesis import BuildSpec
from starbench.tasks.perception.task import Perception
from starbench.tasks.spatial.task import Spatial
from starbench.verify import place_claims
from starbench.verify.checks import check
from starbench.verify.claims import Clip, Measurement, Unmeasured, sources
from starbench.verify.findings import judge

RATE = 48_000


def _heard(delay_s: float, level_db: float, seed: int) -> np.ndarray:
    """Noise of a steep random spectrum; the right ear leads by ``delay_s`` and is louder by ``level_db``."""
    rng = np.random.default_rng(seed)
    n = RATE // 2
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    knots = np.geomspace(100, 24_000, 30)
    gain = 10 ** (np.interp(frequency, knots, rng.normal(0, 10, knots.size)) / 20)
    gain *= (np.maximum(frequency, 125) / 1000) ** (rng.choice([-1.2, 1.2]))
    source = np.zeros(n)
    source[2000:-2000] = np.fft.irfft(np.fft.rfft(rng.normal(size=n)) * gain, n)[2000:-2000]
    turn = np.exp(2j * np.pi * frequency * delay_s)
    right = np.fft.irfft(np.fft.rfft(source) * turn, n) * 10 ** (level_db / 20)
    return np.stack([source, right], axis=1) / np.abs(source).max() / 4


def _truth(itd_us: float, ild_db: float, **signal: Any) -> dict[str, Any]:
    sound = {"kind": "gaussian-noise", "duration_s": 0.4, "spectrum": {"gains": [[3.0, 8.0]]}, **signal}
    source = {"signal": sound, "onset_s": 0.045, "duration_s": 0.41, "itd_us": itd_us, "ild_db": ild_db}
    return {"format": "binaural", "channels": ["left", "right"], "room": None, "background": None,
            "sources": [source]}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("delay_us", "level_db"), [(0.0, 0.0), (-420.0, -8.0), (650.0, 12.0)])
def test_differences_do_not_depend_on_the_spectrum(delay_us: float, level_db: float, seed: int) -> None:
    transfer = InterauralTransfer.of(_heard(delay_us * 1e-6, level_db, seed), RATE)
    itd_us, ild_db = transfer.time_difference_us(0.0009), transfer.level_difference_db()
    assert itd_us == pytest.approx(delay_us, abs=2.0)
    assert ild_db == pytest.approx(level_db, abs=0.2)


def test_what_is_drowned_has_no_difference() -> None:
    rng = np.random.default_rng(1)
    quiet = rng.normal(size=(RATE // 4, 2))
    transfer = InterauralTransfer.of(rng.normal(size=(RATE // 2, 2)), RATE, quiet=quiet)
    assert transfer.time_difference_us(0.0009) is None
    assert transfer.level_difference_db() is None


@pytest.mark.parametrize(("ratios_db", "is_drowned"), [((-15.0, -5.0), True), ((-8.0, -5.0), False)])
def test_in_a_room_the_ear_that_hears_less_of_the_direct_sound_decides(
    ratios_db: tuple[float, float], is_drowned: bool
) -> None:
    truth = _truth(400.0, 8.0)
    truth["room"] = {"size_m": [6.0, 5.0, 3.0], "t30_s": 0.4}
    truth["sources"][0] |= {"drr_db": ratios_db, "t30_s": [0.4, 0.4]}
    (source,) = sources(Clip(_heard(400e-6, 8.0, 3).astype(np.float32), RATE, truth))
    (claim,) = place_claims.precedence(source)
    assert (isinstance(claim, Unmeasured) and "drowned" in claim.why) == is_drowned


@pytest.mark.parametrize(
    ("lie", "kind"),
    [
        (lambda itd, ild: (-itd, -ild), "ITD, dry, any spectrum"),
        (lambda itd, ild: (itd + 50, ild), "ITD, dry, any spectrum"),
        (lambda itd, ild: (itd, ild + 3), "ILD, dry, any spectrum"),
    ],
)
def test_a_suite_with_wrong_differences_is_caught(
    lie: Callable[[float, float], tuple[float, float]], kind: str
) -> None:
    def breaches(change: Callable[[float, float], tuple[float, float]]) -> set[str]:
        results = []
        for seed in range(24):
            itd, ild = (600.0, 9.0) if seed % 2 else (250.0, 4.0)
            samples = _heard(itd * 1e-6, ild, seed).astype(np.float32)
            clip = Clip(samples, RATE, _truth(*change(itd, ild)))
            results += [(str(seed), one) for one in check(clip)]
        return {one.claim.split(" (")[0] for one in judge(results)[2]}

    assert kind not in breaches(lambda itd, ild: (itd, ild))
    assert kind in breaches(lie)


def test_pauses_are_listed_by_kind_and_nothing_may_sound_outside() -> None:
    truth = _truth(0.0, 0.0, kind="crackle")
    truth["sources"][0]["received_db_spl"] = [70.0, 70.0]
    samples = _heard(0.0, 0.0, 3).astype(np.float32)
    results = list(check(Clip(samples, RATE, truth)))
    assert Unmeasured("onset, dry", "crackle: is not steady") in results
    truth["sources"][0]["duration_s"] = 0.35
    spans = [
        one
        for one in check(Clip(samples, RATE, truth))
        if isinstance(one, Measurement) and one.kind.startswith("span")
    ]
    assert judge(("a", one) for one in spans)[2]


def test_a_fundamental_without_most_of_its_strong_lines_is_not_halved() -> None:
    time = np.arange(RATE // 2) / RATE
    levels = {1: 0.0, 2: -40.0, 3: -38.0, 4: -5.0, 5: -45.0, 9: -20.0}
    signal = sum(10 ** (db / 20) * np.sin(2 * np.pi * 265.0 * k * time + k) for k, db in levels.items())
    noise = np.random.default_rng(2).normal(size=time.size) * 1e-3
    assert fundamental_hz(np.asarray(signal + noise), RATE) == pytest.approx(265.0, rel=2e-4)


@pytest.mark.parametrize(("task", "attribute"), [(Perception, "azimuth"), (Spatial, "localisation")])
def test_version_2_declares_what_its_truths_mean(task: type, attribute: str) -> None:
    def declared(profile: str) -> dict[str, Any]:
        return dict(task().plan(BuildSpec((attribute,), profile, 1, 8)).declared)

    assert "1.5 kHz" in declared("default-2")["definitions"]["itd_us"]
    assert "definitions" not in declared("default-1")
