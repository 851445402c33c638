"""Errors of the attributes in human JNDs: stimuli as planned by the default profiles, against what they claim.

Place is compared with an exact render of the claimed place by the full-order oracle, tones with their label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import oracle
from scipy.signal import fftconvolve

from starbench.audio import quantise
from starbench.measure import binaural, spectra, tones
from starbench.plugins import registry
from starbench.synth import scene_spec, signals
from starbench.synth.geometry import unit
from starbench.synth.heads import loading
from starbench.synth.heads.equalisation import BAND_HZ
from starbench.synth.heads.hrtf import Head
from starbench.synth.image_sources import free_field, shoebox_images
from starbench.synth.scene_spec import SceneSpec
from starbench.synth.shoebox import Shoebox
from starbench.synthesis import BuildSpec, Draft, Stimulus, generator
from starbench.tasks.perception import jnd

from . import temporal
from .errors_found import Found
from .rooms import ABOVE_HZ, RATE, Case
from .table import Row, at_most

SEED = 20_263
#: What an error may be, in JNDs: ours. The bar for distance is the one for DRR.
MOST_JND, MOST_DISTANCE_JND = 0.1, 0.12
#: Full scale rms in dB SPL, as the suites state it.
FULL_SCALE_DB_SPL = 100.0
#: Where elevation is heard, Hz, and how far below the strongest ERB band one may be that is compared, dB.
ELEVATION_BAND_HZ, WITHIN_DB = (1000.0, 16_000.0), 50.0
FINE_HZ = 25.0
#: How much of a clip before a sound is compared, s.
BEFORE_S = 0.03


def found(quick: bool) -> dict[str, Found]:
    items = 6 if quick else 36
    return {
        **{name: _tones(name, items) for name in ("pitch", "loudness", "duration")},
        **temporal.found(items),
        **{
            attribute + version: find(profile, count)
            for profile, version in (("default-1", ""), ("default-2", " (version 2)"))
            for attribute, find, count in (
                ("azimuth", _azimuth, items),
                ("elevation", _elevation, items),
                ("distance", _distance, 1 if quick else 6),
            )
        },
    }


def _drafts(attribute: str, count: int, profile: str) -> list[Draft]:
    """As many items as asked, of levels and all else at random, none of them a catch trial."""
    task = registry.load("tasks", "perception")()
    plan = task.plan(BuildSpec((attribute,), profile, SEED, size=4 * count + 40, options={}))
    ladder = f"sensitivity_{attribute}"
    asked = [draft for draft in plan.drafts if draft.item.sub_category == ladder and not draft.item.catch]
    return asked[:count]


def _made(draft: Draft, **changed: Any) -> tuple[Stimulus, dict[str, Any]]:
    """A draft's clip without its background, which is a factor and no error; and what it was made from."""
    (recipe,) = draft.clips
    parameters = {name: value for name, value in recipe.parameters.items() if name != "background"} | changed
    synthesizer = registry.load("synthesizers", recipe.synthesizer)
    return synthesizer(rng=generator(SEED, draft.item.id), **parameters), parameters


# --- tones --------------------------------------------------------------------------------------------


def _tones(attribute: str, items: int) -> Found:
    """Tones found in the 16-bit clip against the label, by the estimators of ``starbench verify``."""
    errors = []
    for draft in _drafts(attribute, items, "default-1"):
        stimulus, parameters = _made(draft)
        samples = quantise(stimulus.samples).astype(np.float32) / 32768.0
        heard = tones.find_tones(tones.mono(samples.reshape(len(samples), -1)), stimulus.rate)
        for tone, asked in zip(heard, parameters["tones"], strict=True):
            level = tone.level + FULL_SCALE_DB_SPL
            errors.append(
                {
                    "pitch": abs(tone.frequency / asked["f0_hz"] - 1.0) / (jnd.ratio("pitch", 1.0) - 1.0),
                    "loudness": abs(level - asked["level_db_spl"]) / jnd.loudness_db(asked["level_db_spl"]),
                    "duration": abs(tone.duration / asked["duration_s"] - 1.0)
                    / (jnd.ratio("duration", 1.0) - 1.0),
                }[attribute]
            )
    return Found({attribute: np.array(errors)}, len(errors))


# --- directions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sound:
    """One source of a clip: what was claimed, what is heard of it (n, 2), its dry wave, and its truth."""

    at: scene_spec.Place
    head: Head
    ild_band_hz: tuple[float, float] | None
    room: Shoebox | None
    heard: np.ndarray
    dry: np.ndarray
    truth: dict[str, Any]

    def exact(self, azimuth_deg: float = 0.0, elevation_deg: float = 0.0) -> np.ndarray:
        """The dry wave at the ears from the claimed direction, or so many degrees beside it.

        It lies where it lies in what is heard, (n, 2), so that frames of estimators cut both alike.
        """
        direction = unit(self.at.azimuth_deg + azimuth_deg, self.at.elevation_deg + elevation_deg)
        ears = oracle.oracle_brir(self.head, free_field(direction * self.at.distance_m), RATE)
        before = round(BEFORE_S * RATE) - ears.lead
        wave = np.pad(fftconvolve(ears.direct, self.dry[None], axes=1).T, ((before, 0), (0, 0)))[
            : len(self.heard)
        ]
        return np.pad(wave, ((0, len(self.heard) - len(wave)), (0, 0)))


def _sounds(draft: Draft) -> Iterator[Sound]:
    stimulus, parameters = _made(draft, dither=False)
    spec: SceneSpec = scene_spec.parse_scene(parameters)
    samples = stimulus.samples.astype(np.float64)
    rng = generator(SEED, draft.item.id)  # the sources' random numbers come first, in their order
    head = loading.load(spec.head, RATE, spec.head_equalisation)
    band_hz = BAND_HZ if spec.head_equalisation else None  # of the label of ILD
    room = None if spec.room is None else Shoebox(**dict(spec.room))
    for source, truth in zip(spec.sources, stimulus.truth["sources"], strict=True):
        dry = signals.make_signal(source.signal, spec.rate, rng).wave
        assert source.at is not None
        start, stop = truth["onset_s"] - BEFORE_S, truth["onset_s"] + truth["duration_s"] + 0.05
        heard = samples[round(start * RATE) : round(stop * RATE)]
        yield Sound(source.at, head, band_hz, room, heard, dry, truth)


def _azimuth(profile: str, items: int) -> Found:
    """In the open, ITD and ILD of the clip; in rooms, those of the direct sound used, as labelled.

    Each is compared with the exact render of the claimed place, and divided by what one JND changes: the median over
    the sounds, since the level of a band may hardly change at some place.
    """
    itd, ild, itd_room, ild_room, jnds = [], [], [], [], []
    half = jnd.angle_deg("azimuth", 0.5)
    for sound in (one for draft in _drafts("azimuth", items, profile) for one in _sounds(draft)):
        beside = [_ears(sound.exact(azimuth_deg=side)) for side in (-half, half)]
        jnds.append([abs(b - a) for a, b in zip(*beside, strict=True)])
        if sound.room is None:
            exact, got = _ears(sound.exact()), _ears(sound.heard)
            itd.append(abs(got[0] - exact[0]))
            ild.append(abs(got[1] - exact[1]))
            continue
        direction = unit(sound.at.azimuth_deg, sound.at.elevation_deg)
        direct = oracle.oracle_brir(sound.head, free_field(direction), RATE)
        left, right = _levels_db(direct.direct, sound.ild_band_hz)
        itd_room.append(abs(sound.truth["itd_us"] - oracle.itd_us(direct)))
        ild_room.append(abs(sound.truth["ild_db"] - (right - left)))
    itd_jnd, ild_jnd = np.median(jnds, axis=0)
    errors = {"ITD, dry": np.array(itd) / itd_jnd, "ILD, dry": np.array(ild) / ild_jnd}
    errors |= {"ITD, room": np.array(itd_room) / itd_jnd, "ILD, room": np.array(ild_room) / ild_jnd}
    return Found(errors, len(itd) + len(itd_room))


def _levels_db(responses: np.ndarray, band_hz: tuple[float, float] | None) -> np.ndarray:
    """Energy of responses (2, n) in a band, or all of it, dB."""
    hertz = np.fft.rfftfreq(responses.shape[1], 1.0 / RATE)
    low_hz, high_hz = band_hz or (-1.0, RATE)
    within = (hertz >= low_hz) & (hertz <= high_hz)
    return 10.0 * np.log10(np.sum(np.abs(np.fft.rfft(responses, axis=1)[:, within]) ** 2, axis=1))


def _ears(samples: np.ndarray) -> tuple[float, float]:
    """ITD, µs, and ILD, dB, of a stretch (n, 2), by the estimators of ``starbench verify``."""
    return binaural.time_difference_us(samples, RATE), binaural.level_difference_db(samples, RATE)


def _elevation(profile: str, items: int) -> Found:
    """Levels in ERB bands of both ears, 1 to 16 kHz, of the clip against the exact render.

    Their error, less its mean (loudness is no cue), is divided by what one JND changes there: as rms over
    bands, and as the shift of elevation that fits it best.
    """
    rms, shift = [], []
    half = jnd.angle_deg("elevation", 0.5)
    for sound in (one for draft in _drafts("elevation", items, profile) for one in _sounds(draft)):
        exact = _erb_levels_db(sound.exact())
        audible = exact > exact.max() - WITHIN_DB
        below, above = (_erb_levels_db(sound.exact(elevation_deg=side))[audible] for side in (-half, half))
        one_jnd = _without_mean(above - below)
        error = _without_mean((_erb_levels_db(sound.heard) - exact)[audible])
        rms.append(np.linalg.norm(error) / np.linalg.norm(one_jnd))
        shift.append(abs(error @ one_jnd) / (one_jnd @ one_jnd))
    return Found({"shift that fits best": np.array(shift), "ERB spectrum, rms": np.array(rms)}, len(rms))


def _erb_levels_db(samples: np.ndarray) -> np.ndarray:
    centres = spectra.band_centres(FINE_HZ, *ELEVATION_BAND_HZ)
    both = spectra.cross_spectra(samples.astype(np.float32), RATE, centres)
    starts, _ = spectra.erb_bands(centres)
    power = np.add.reduceat(np.stack([both.left, both.right]), starts, axis=1)
    return 10.0 * np.log10(np.maximum(power, 1e-30))


def _without_mean(values: np.ndarray) -> np.ndarray:
    return values - values.mean()


# --- distance -----------------------------------------------------------------------------------------


def _distance(profile: str, items: int) -> Found:
    """DRR of each ear as labelled against the full-order oracle's at the claimed place, over 2.5 dB."""
    one_jnd = float(jnd.TABLE["distance"]["direct_to_reverberant_db"])
    errors, pairs = [], []
    for draft in _drafts("distance", items, profile):
        off = []
        for sound in _sounds(draft):
            assert sound.room is not None
            direction = unit(sound.at.azimuth_deg, sound.at.elevation_deg)
            images = shoebox_images(sound.room, direction * sound.at.distance_m)
            case = Case(sound.room, *dict(sound.at).values(), images)
            exact = oracle.drr_db(oracle.oracle_brir(sound.head, case.images, RATE, case.octaves), ABOVE_HZ)
            off.append((np.array(sound.truth["drr_db"]) - exact) / one_jnd)
        errors += off
        pairs.append(np.abs(off[1] - off[0]).max())
    return Found(
        {"DRR": np.abs(errors).max(axis=1), "DRR, difference of a pair": np.array(pairs)}, len(errors)
    )


def rows(attributes: dict[str, Found]) -> list[Row]:
    lines = []
    for name, one in attributes.items():
        for cue, errors in one.errors.items():
            if not len(errors):
                continue
            what = f"error of {name}" + ("" if cue == name else f": {cue}")
            median = f" (median {np.median(errors):.2g})"
            cases = f"{len(errors)} {'items' if 'pair' in cue else 'sounds'}"
            most = MOST_DISTANCE_JND if name == "distance" else MOST_JND
            lines.append(at_most(what, errors.max(), most, "JND", cases, more=median))
    return lines
