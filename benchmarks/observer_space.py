"""How well the observer hears space: ``python benchmarks/observer_space.py --n 200 --seeds 11 12``.

Each cell is a kind of question at one difficulty. Scenes are drawn here and rendered by the real
synthesizer; the observer gets the audio and the text, as a model would. Printed are N, accuracy and its
95 % Clopper–Pearson interval. Seeds 1 to 10 and 20,261 were used while the observer was made.

``--head HEAD`` makes the observer listen with another head than the sounds were made with (``--sound-head``):
the same head is an upper bound that nobody without that head can reach. Each is kemar, kemar-large or a SOFA
file. ``--equalised`` equalises both to a diffuse field. ``--hear mono`` gives it the mean of the
ears, ``--hear swap`` the ears exchanged (and asks for the mirrored answer).
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import beta

from starbench.adapters.observer import Observer
from starbench.audio import Audio, quantise
from starbench.errors import StimulusError
from starbench.schema import ClipPart, Prompt, TextPart
from starbench.synth.scene import scene

AZIMUTH_JND, ELEVATION_JND, DISTANCE_JND_DB = 0.97, 3.65, 2.5

_ONE_AFTER_THE_OTHER = "Two sounds are heard one after the other."

Source = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One scene and what is asked of it."""

    parameters: dict[str, Any]
    question: str
    options: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Cell:
    """A kind of trial, and the share of right answers it must reach (None: none is asked)."""

    name: str
    draw: Callable[[np.random.Generator], Trial]
    bar: float | None = None
    lateral: bool = False


# --- what sounds ----------------------------------------------------------------------------------


def signal(kind: str, lasts: float, rng: np.random.Generator) -> Source:
    """A source signal by the name that questions give it."""
    own: dict[str, Source] = {
        "hiss": {"kind": "noise"},
        "ripple": {"kind": "noise", "ripple_db": 5.0},
        "complex": {"kind": "complex", "f0_hz": float(rng.uniform(100, 300))},
        "low buzz": {"kind": "complex", "f0_hz": float(rng.uniform(90, 140))},
        "high buzz": {"kind": "complex", "f0_hz": float(rng.uniform(220, 330))},
        "ticking": {"kind": "pulses", "per_second": float(rng.uniform(5, 9))},
        "siren": {
            "kind": "siren",
            "f0_hz": float(rng.uniform(450, 700)),
            "depth_semitones": float(rng.uniform(3, 6)),
            "per_second": float(rng.uniform(0.8, 2)),
        },
    }
    return {**own[kind], "duration_s": lasts, "tilt_db_per_octave": float(rng.uniform(-6, 0))}


def source(kind: str, lasts: float, onset: float, rng: np.random.Generator, **where: Any) -> Source:
    at = {name: float(value) for name, value in where.items()}
    level = float(rng.uniform(54, 66))
    return {"signal": signal(kind, lasts, rng), "onset_s": onset, "at": at, "level_db_spl": level}


def room(
    rt60: float, places: list[tuple[float, float]], rng: np.random.Generator, *, long: bool
) -> dict[str, Any]:
    """A room that holds places (azimuth, degrees; distance, m) about the listener."""
    bounds = ((7.0, 9.0), (5.0, 6.5), (2.7, 3.3)) if long else ((5.5, 8.5), (4.5, 6.5), (2.6, 3.4))
    while True:
        size = np.array([rng.uniform(*sides) for sides in bounds])
        listener = np.append(rng.uniform(0.8, size[:2] - 0.8), rng.uniform(1.2, 1.7))
        facing = rng.uniform(0, 360)
        azimuth, away = np.array(places).T
        turned = np.radians(facing + azimuth)
        points = listener[:2] + away[:, None] * np.stack([np.cos(turned), -np.sin(turned)], axis=1)
        if np.all((points > 0.35) & (points < size[:2] - 0.35)):
            return {
                "size_m": size.tolist(),
                "rt60_s": rt60,
                "listener_m": listener.tolist(),
                "facing_deg": float(facing),
            }


def finished(sources: list[Source], tail: float, rng: np.random.Generator, **rest: Any) -> dict[str, Any]:
    """A scene of these sources; half of all have a background at 20 dB SNR."""
    ends = max(s["onset_s"] + s["signal"]["duration_s"] for s in sources)
    background = {"background": {"snr_db": 20.0}} if rng.random() < 0.5 else {}
    given = {name: value for name, value in rest.items() if value is not None}
    return {"total_s": ends + tail + 0.2, "sources": sources, **background, **given}


# --- cells ----------------------------------------------------------------------------------------


def azimuth_pair(kind: str, jnds: float, rt60: float | None, rng: np.random.Generator) -> Trial:
    options = ("To the left of the first", "To the right of the first", "In the same place")
    lasts, onset, apart = rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.3), jnds * AZIMUTH_JND
    middle, side = rng.uniform(-10, 10), rng.choice([-1, 1])
    places = [middle - side * apart / 2, middle + side * apart / 2]
    space = None if rt60 is None else room(rt60, [(p, 1.5) for p in (-30, 0, 30)], rng, long=False)
    gap = (rt60 or 0.0) + rng.uniform(0.2, 0.4)
    first = source(kind, lasts, onset, rng, azimuth_deg=places[0])
    second = {**first, "onset_s": onset + lasts + gap, "at": {"azimuth_deg": float(places[1])}}
    answer = options[2] if jnds == 0 else options[(side + 1) // 2]
    return Trial(
        finished([first, second], rt60 or 0.0, rng, room=space),
        f"{_ONE_AFTER_THE_OTHER} Is the second sound to the left of the first, to the right of it, or in the "
        "same place?",
        options,
        answer,
    )


def quadrant(kind: str, rng: np.random.Generator) -> Trial:
    options = (
        "Front-Right (0°-90°)",
        "Back-Right (90°-180°)",
        "Back-Left (180°-270°)",
        "Front-Left (270°-360°)",
    )
    which = int(rng.integers(4))
    heard = source(kind, rng.uniform(0.4, 0.8), 0.2, rng, azimuth_deg=90 * which + rng.uniform(5, 85))
    return Trial(
        finished([heard], 0.0, rng),
        "Given that 0° is directly in front and the angle increases clockwise, which azimuth range is the "
        "sound most likely coming from?",
        options,
        options[which],
    )


def elevation_pair(kind: str, jnds: float, rng: np.random.Generator) -> Trial:
    options = ("Lower than the first", "Higher than the first", "At the same height")
    lasts, apart, side = rng.uniform(0.4, 0.8), jnds * ELEVATION_JND, int(rng.choice([-1, 1]))
    middle, azimuth = rng.uniform(-8.5, 35), rng.uniform(-10, 10)
    heard = [
        source(
            kind,
            lasts,
            0.2 + k * (lasts + 0.3),
            rng,
            azimuth_deg=azimuth,
            elevation_deg=middle + sign * apart / 2,
        )
        for k, sign in enumerate((-side, side))
    ]
    return Trial(
        finished(heard, 0.0, rng),
        f"{_ONE_AFTER_THE_OTHER} Is the second sound lower than the first, higher, or at the same height?",
        options,
        options[2] if jnds == 0 else options[(side + 1) // 2],
    )


def height(kind: str, rng: np.random.Generator) -> Trial:
    options = ("Above ear level", "Below ear level", "At ear level")
    which = int(rng.integers(3))
    elevation = (rng.uniform(25, 75), rng.uniform(-40, -20), 0.0)[which]
    place = {"azimuth_deg": rng.uniform(-45, 45), "elevation_deg": elevation}
    return Trial(
        finished([source(kind, rng.uniform(0.4, 0.8), 0.2, rng, **place)], 0.0, rng),
        "Where does the sound seem to be coming from in terms of elevation, relative to ear level?",
        options,
        options[which],
    )


def distance_pair(kind: str, jnds: float, rng: np.random.Generator) -> Trial:
    options = ("Nearer than the first", "Farther away than the first", "At the same distance")
    middle, ratio = 1.8 * (3 / 1.8) ** rng.random(), 10 ** (jnds * DISTANCE_JND_DB / 20)
    azimuth, side, rt60 = rng.uniform(-45, 45), int(rng.choice([-1, 1])), float(rng.choice([0.3, 0.5]))
    lasts, onset = rng.uniform(0.7, 1.0), rng.uniform(0.1, 0.3)
    heard = [
        source(kind, lasts, onset + k * (lasts + rt60 + 0.2), rng, azimuth_deg=azimuth, distance_m=away)
        for k, away in enumerate((middle * ratio ** (-side / 2), middle * ratio ** (side / 2)))
    ]
    heard[1]["signal"] = heard[0]["signal"]
    space = room(rt60, [(azimuth, 0.5), (azimuth, 5.4)], rng, long=True)
    return Trial(
        finished(heard, rt60, rng, room=space),
        f"{_ONE_AFTER_THE_OTHER} Is the second sound nearer than the first, farther away, or at the same "
        "distance?",
        options,
        options[2] if jnds == 0 else options[(side + 1) // 2],
    )


def distance_range(kind: str, rng: np.random.Generator) -> Trial:
    options = (
        "Near (within about 1.5 meters)",
        "Medium (around 1.5-3.5 meters)",
        "Far (more than 3.5 meters)",
    )
    which = int(rng.integers(3))
    away, azimuth = rng.uniform(*((1.0, 1.25), (2.1, 2.6), (4.5, 6.0))[which]), rng.uniform(-45, 45)
    space = room(0.4, [(azimuth, 0.5), (azimuth, 6.0)], rng, long=True)
    heard = source(
        kind, rng.uniform(0.7, 1.0), rng.uniform(0.1, 0.3), rng, azimuth_deg=azimuth, distance_m=away
    )
    return Trial(
        finished([heard], 0.4, rng, room=space),
        "How far away does the sound seem to be?",
        options,
        options[which],
    )


_PATHS = (
    "It moves from left to right",
    "It moves from right to left",
    "It comes closer",
    "It moves away",
    "It moves to the other side and back again",
    "It circles around you",
    "It stays in one place",
)


def trajectory(rt60: float | None, rng: np.random.Generator) -> Trial:
    which, lasts, away = int(rng.integers(7)), rng.uniform(2.4, 3.2), rng.uniform(1.2, 1.8)
    left, right, still = rng.uniform(65, 90), rng.uniform(65, 90), rng.uniform(65, 90) * rng.choice([-1, 1])
    way, ahead = rng.choice([-1, 1]), rng.uniform(0, 60) * rng.choice([-1, 1])
    near, far = rng.uniform(1.0, 1.2), rng.uniform(2.2, 2.8)
    if rng.random() < 0.5:
        reach = rng.uniform(2.6, 3.2) * near
        across = {"kind": "pass-by", "closest_m": near, "speed_m_s": 2 * reach / lasts, "ahead": True}
        rightwards, leftwards = (
            {**across, "heading": f"{a}-to-{b}"} for a, b in (("left", "right"), ("right", "left"))
        )
    else:
        rightwards = {"kind": "arc", "from_deg": -left, "to_deg": right, "distance_m": away}
        leftwards = {"kind": "arc", "from_deg": right, "to_deg": -left, "distance_m": away}
    path = (
        rightwards,
        leftwards,
        {"kind": "approach", "azimuth_deg": ahead, "from_m": far, "to_m": near},
        {"kind": "recede", "azimuth_deg": ahead, "from_m": near, "to_m": far},
        {"kind": "there-and-back", "from_deg": -way * left, "to_deg": way * right, "distance_m": away},
        {"kind": "circle", "start_deg": rng.uniform(0, 360), "turns": float(way), "distance_m": away},
        {"kind": "still", "at": {"azimuth_deg": still, "distance_m": away}},
    )[which]
    kind = str(rng.choice(["hiss", "low buzz", "high buzz", "siren"]))
    heard = {"signal": signal(kind, lasts, rng), "onset_s": 0.2, "path": path, "level_db_spl": 62.0}
    space = None if rt60 is None else _wide(rt60, rng)
    return Trial(
        finished([heard], rt60 or 0.0, rng, room=space),
        f"How does the {kind} move?",
        _PATHS,
        _PATHS[which],
    )


def _wide(rt60: float, rng: np.random.Generator) -> dict[str, Any]:
    """A room in which the listener has 4 m to both sides and ahead."""
    size = [float(rng.uniform(*sides)) for sides in ((8.5, 10.5), (5.5, 7.0), (2.8, 3.4))]
    listener = [size[0] / 2 + float(rng.uniform(-0.2, 0.2)), 2.1, float(rng.uniform(1.2, 1.7))]
    return {"size_m": size, "rt60_s": rt60, "listener_m": listener, "facing_deg": 270.0}


def further_side(kinds: tuple[str, ...], rt60: float | None, rng: np.random.Generator) -> Trial:
    count, lasts = len(kinds), rng.uniform(0.8, 1.2)
    apart = 10.0 if count == 2 else 15.0
    places = rng.permutation(
        np.sort(rng.uniform(-80, 80 - (count - 1) * apart, count)) + apart * np.arange(count)
    )
    together, side = rng.random() < 0.5, str(rng.choice(["left", "right"]))
    slot = 0.0 if together else lasts + (rt60 or 0.0) + rng.uniform(0.2, 0.4)
    heard = [
        source(kind, lasts, 0.2 + k * slot, rng, azimuth_deg=place)
        for k, (kind, place) in enumerate(zip(kinds, places, strict=True))
    ]
    space = None if rt60 is None else room(rt60, [(a, 1.5) for a in range(0, 360, 30)], rng, long=False)
    extreme = int(np.argmax(places) if side == "right" else np.argmin(places))
    options = tuple(f"The {kind}" for kind in kinds)
    asked = "Which of the two sounds is further" if count == 2 else "Which of the three sounds is furthest"
    return Trial(
        finished(heard, rt60 or 0.0, rng, room=space), f"{asked} to the {side}?", options, options[extreme]
    )


def either(*draws: Callable[[np.random.Generator], Trial]) -> Callable[[np.random.Generator], Trial]:
    """Each of several kinds of trial as often."""
    return lambda rng: draws[int(rng.integers(len(draws)))](rng)


_UNLIKE = [(a, b) for a in ("hiss", "ticking") for b in ("low buzz", "high buzz")]
_THREE = [(a, "low buzz", "high buzz") for a in ("hiss", "ticking")]

CELLS = (
    *(
        Cell(f"azimuth {jnds} JND, {kind}, open", partial(azimuth_pair, kind, jnds, None), bar, lateral=True)
        for kind in ("hiss", "complex")
        for jnds, bar in ((0, None), (1, 0.99), (2, 0.99))
    ),
    *(
        Cell(f"azimuth {jnds} JND, {kind}, room", partial(azimuth_pair, kind, jnds, 0.4), bar, lateral=True)
        for kind in ("hiss", "complex")
        for jnds, bar in ((0, None), (1, None), (2, 0.97), (4, 0.97))
    ),
    *(Cell(f"quadrant, {kind}", partial(quadrant, kind), 0.97, lateral=True) for kind in ("hiss", "complex")),
    *(
        Cell(f"elevation {jnds} JND, {kind}", partial(elevation_pair, kind, jnds), bar)
        for kind, eight in (("hiss", 0.97), ("complex", 0.97), ("ripple", 0.85))
        for jnds, bar in ((0, None), (4, None), (8, eight))
    ),
    *(
        Cell(f"below, level, above, {kind}", partial(height, kind), 0.95)
        for kind in ("hiss", "complex", "ripple")
    ),
    *(
        Cell(f"distance {jnds} JND, {kind}, room", partial(distance_pair, kind, jnds), bar)
        for kind in ("hiss", "complex")
        for jnds, bar in ((0, None), (2, None), (4, 0.95))
    ),
    Cell("near, medium, far, hiss", partial(distance_range, "hiss"), 0.85),
    Cell("near, medium, far, complex", partial(distance_range, "complex")),
    Cell("trajectory of 7, open", partial(trajectory, None), 0.97, lateral=True),
    Cell("trajectory of 7, room", partial(trajectory, 0.4), 0.97, lateral=True),
    *(
        Cell(
            f"further side, {name}, {where}",
            either(*(partial(further_side, k, rt60) for k in kinds)),
            bar,
            lateral=True,
        )
        for name, kinds, bar in (
            ("two unlike", _UNLIKE, 0.97),
            ("two alike", [("low buzz", "high buzz")], 0.90),
            ("three", _THREE, 0.90),
        )
        for where, rt60 in (("open", None), ("room", 0.4))
    ),
)


# --- running them ---------------------------------------------------------------------------------

_MIRRORED = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


def mirrored(text: str, options: tuple[str, ...] = ()) -> str:
    """A text with left and right exchanged; of options, the one that begins so (its degrees differ)."""
    flipped = re.sub(r"[Ll]eft|[Rr]ight", lambda found: _MIRRORED[found[0]], text)
    words = flipped.partition(" (")[0]
    return next((option for option in options if option.partition(" (")[0] == words), flipped)


def render(trial: Trial, rng: np.random.Generator) -> Audio:
    made = scene(rng=rng, **trial.parameters)
    return Audio(quantise(made.samples), made.rate)


def trials(cell: Cell, n: int, seed: int, **parameters: Any) -> Iterator[tuple[Trial, Audio]]:
    """Draw and render ``n`` trials of a cell with further parameters of the scene; what would clip is drawn anew."""
    made, number = 0, 0
    while made < n:
        rng = np.random.default_rng([seed, number, *cell.name.encode()])
        number += 1
        try:
            drawn = cell.draw(rng)
            trial = replace(drawn, parameters={**drawn.parameters, **parameters})
            audio = render(trial, rng)
        except StimulusError:
            continue
        made += 1
        yield trial, audio


def heard(audio: Audio, how: str) -> Audio:
    """The clip as it is, with the ears exchanged, or mixed to mono."""
    if how == "swap":
        return Audio(np.ascontiguousarray(audio.pcm[:, ::-1]), audio.rate)
    if how == "mono":
        return Audio(np.rint(audio.pcm.mean(axis=1, keepdims=True)).astype(np.int16), audio.rate)
    return audio


def ask(observer: Observer, trial: Trial, audio: Audio) -> str:
    """The option that the observer chooses, or its words."""
    lines = "".join(f"<{chr(65 + k)}>: {option}\n" for k, option in enumerate(trial.options))
    parts = (ClipPart.of(lambda: audio), TextPart(text=f"{trial.question}\n{lines}"))
    reply = str(observer.generate(Prompt(parts=parts, options=trial.options)))
    return trial.options[ord(reply[1]) - 65] if reply.startswith("<") else reply


def answered(
    cell: Cell, n: int, seed: int, observer: Observer, how: str = "plain", **scene_parameters: Any
) -> list[bool]:
    """Whether each of ``n`` trials was answered rightly."""
    found = []
    for trial, audio in trials(cell, n, seed, **scene_parameters):
        asked = swapped(trial) if how == "swap" else trial
        found.append(ask(observer, asked, heard(audio, how)) == asked.answer)
    return found


def swapped(trial: Trial) -> Trial:
    """What is right, or is asked, once the ears are exchanged."""
    question = mirrored(trial.question) if trial.question.startswith("Which of the") else trial.question
    answer = trial.answer if question != trial.question else mirrored(trial.answer, trial.options)
    return replace(trial, question=question, answer=answer)


def interval(right: int, n: int) -> tuple[float, float]:
    """95 % Clopper–Pearson interval."""
    low = beta.ppf(0.025, right, n - right + 1) if right else 0.0
    return float(low), float(beta.ppf(0.975, right + 1, n - right)) if right < n else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11])
    parser.add_argument("--head", default="kemar", help="head that the observer listens with")
    parser.add_argument("--sound-head", default="kemar", help="head that the sounds are made with")
    parser.add_argument("--equalised", action="store_true", help="equalise both heads to a diffuse field")
    parser.add_argument("--hear", choices=("plain", "swap", "mono"), default="plain")
    parser.add_argument("--cells", default="", help="only cells whose name has this in it")
    asked = parser.parse_args()
    equalisation = "diffuse-field" if asked.equalised else ""
    observer = Observer(head=asked.head, head_equalisation=equalisation)
    sounds = {"head": asked.sound_head, "head_equalisation": equalisation or None}
    missed, started = 0, time.process_time()
    print(
        f"sounds made with {asked.sound_head}, heard with {asked.head}, equalisation {equalisation or 'none'}\n"
    )
    print("| cell | N | accuracy | 95 % interval | bar |\n|---|---|---|---|---|")
    for cell in CELLS:
        if asked.cells not in cell.name:
            continue
        share = -(-asked.n // len(asked.seeds))
        right = [
            ok for seed in asked.seeds for ok in answered(cell, share, seed, observer, asked.hear, **sounds)
        ]
        low, high = interval(sum(right), len(right))
        wanted = cell.bar if asked.hear != "mono" and asked.head == asked.sound_head else None
        missed += wanted is not None and np.mean(right) < wanted
        bar = (
            "" if wanted is None else f"{100 * wanted:.0f} %" + (" MISSED" if np.mean(right) < wanted else "")
        )
        print(
            f"| {cell.name} | {len(right)} | {100 * np.mean(right):.1f} % "
            f"| {100 * low:.1f}–{100 * high:.1f} | {bar} |",
            flush=True,
        )
    print(f"\n{time.process_time() - started:.0f} s CPU, {missed} bars missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
