"""An audiogram of pitch and loudness together: in which half of a clip a tone is, or that there is none."""

from __future__ import annotations

from typing import Any

from starbench.errors import StimulusError
from starbench.plugins import registry
from starbench.synthesis import Draft, Recipe, Synthesizer, generator

from ...design.counterbalancing import INTERVALS, Interval, counterbalance_grid, design_generator
from ...design.plans import PartPlan
from ...design.question import Question
from ..captions import full_audiogram, plain_caption
from ..profiles import RAMP_S, STAR_BENCH, Profile
from ..wording import IDENTIFICATION, TASK, Wording

NAME = "range_pitch_loudness"
CUE_FEATURES = ("tones", "half", "ramp", "rms", "peak")
SYNTHESIZER = "tone-in-half"

# STAR-Bench's grid (its homepage's audiogram_curve.png) and timing (measured on its files).
FREQUENCIES_HZ = (125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_LEVELS_DB_HL = tuple(float(level) for level in range(-10, 111, 10))
FULL_SIZE = len(FREQUENCIES_HZ) * len(_LEVELS_DB_HL)
_TONE_S, _TOTAL_S, _EDGE_S = 2.0, 5.0, 0.1
#: The default profile roves the tone's distance from the clip's edge; 0.45 s keep it 50 ms off the middle.
_ROVED_EDGE_S = (0.1, 0.45)

_WORDING = Wording(
    "The audio you just heard is divided into two halves. Does a sound appear in the first half, the "
    "second half, or is it not present at all?",
    ("The first half", "The second half", "It is not present at all"),
)

#: Frequency, Hz, and level, dB.
GridPoint = tuple[float, float]


def plan_audiogram(n: int, profile: Profile, seed: int) -> PartPlan:
    """Plan ``n`` items of the audiogram; points of the grid that cannot be synthesized are left out.

    Profile ``star-bench`` keeps every point, flagged with what 16 bits do to it, and always has a tone. In
    the default profile a third of the items are catch trials without a tone. If ``n`` exceeds the number of
    points, points repeat.
    """
    grid = [(f0_hz, level) for level in _LEVELS_DB_HL for f0_hz in FREQUENCIES_HZ]
    flags, refusals = _try_out(grid, profile)
    rows = [[point for point in flags if point[0] == f0_hz] for f0_hz in FREQUENCIES_HZ]
    assignments = counterbalance_grid(
        rows, n, design_generator(seed, NAME), catch_trials=profile is not STAR_BENCH
    )
    drafts = [
        _item(f"{NAME}_{number:04d}", point, interval, flags[point], profile, seed)
        for number, (point, interval) in enumerate(assignments)
    ]
    dropped = [f"{NAME}: {f0_hz:g} Hz at {level:g} dB HL: {why}" for (f0_hz, level), why in refusals.items()]
    return PartPlan(drafts, dropped)


def calibration() -> dict[str, Any]:
    """The level that full scale stands for, from the synthesizer."""
    probe = _synthesizer()(rng=generator(0, NAME, "probe"), half=None, total_s=12 * RAMP_S)
    return dict(probe.truth["calibration"])


def _synthesizer() -> Synthesizer:
    synthesizer: Synthesizer = registry.load("synthesizers", SYNTHESIZER)
    return synthesizer


def _tone(half: int, point: GridPoint, profile: Profile) -> dict[str, Any]:
    f0_hz, level = point
    keep = {"keep_impossible": True} if profile is STAR_BENCH else {}
    return {"half": half, "f0_hz": f0_hz, "level_db_hl": level, "duration_s": _TONE_S} | keep


def _try_out(
    grid: list[GridPoint], profile: Profile
) -> tuple[dict[GridPoint, tuple[str, ...]], dict[GridPoint, str]]:
    """Flags of the points that the synthesizer renders, and its reasons for the others, from short clips."""
    synthesizer, rng = _synthesizer(), generator(0, NAME, "probe")
    short = {"duration_s": 4 * RAMP_S, "edge_s": RAMP_S, "total_s": 12 * RAMP_S}
    flags: dict[GridPoint, tuple[str, ...]] = {}
    refusals: dict[GridPoint, str] = {}
    for point in grid:
        parameters = {**profile.synthesis, **_tone(1, point, profile), **short}
        try:
            flags[point] = tuple(synthesizer(rng=rng, **parameters).truth["flags"])
        except StimulusError as error:
            refusals[point] = str(error)
    return flags, refusals


def which_half(
    name: str,
    wording: Wording,
    interval: Interval | None,
    point: GridPoint,
    unit: str,
    *,
    abstention: bool = False,
) -> Question:
    """Ask in which half the tone of this point is; None: in neither."""
    f0_hz, level = point
    return Question(
        task=TASK,
        category=IDENTIFICATION,
        sub_category=name,
        text=wording.text,
        options=wording.options,
        answer=wording.answer(interval),
        # The ramps widen the spectral line by about the inverse of their length. A catch trial has the
        # bandwidth of the point whose place it takes: where that frequency is lost, it must be left out too,
        # or "not present" would be right more often than the other answers.
        bandwidth_hz=f0_hz + 1.0 / RAMP_S,
        # A catch trial has no level, because 0 dB is one.
        level=None if interval is None else level,
        level_unit=unit,
        is_catch=interval is None,
        offers_abstention=abstention,
    )


def _item(
    identifier: str,
    point: GridPoint,
    interval: Interval | None,
    flags: tuple[str, ...],
    profile: Profile,
    seed: int,
) -> Draft:
    roved_s = generator(seed, identifier, "plan").uniform(*_ROVED_EDGE_S)
    edge_s = _EDGE_S if profile is STAR_BENCH else round(float(roved_s), 4)
    tone: dict[str, Any] = {"half": None}
    if interval is not None:
        tone = _tone(1 + INTERVALS.index(interval), point, profile) | {"edge_s": edge_s}
    question = which_half(NAME, _WORDING, interval, point, "dB HL", abstention=profile.offers_abstention)
    plain = plain_caption("a tone or none", generator(seed, identifier, "caption"))
    return question.draft(
        identifier,
        [Recipe(SYNTHESIZER, {**profile.synthesis, **tone, "total_s": _TOTAL_S})],
        captions={"plain": (plain,), "full": (full_audiogram(tone, _TOTAL_S),)},
        truth={"planned": {name: tone[name] for name in ("half", "f0_hz", "level_db_hl") if name in tone}},
        flags=() if interval is None else flags,
    )
