"""Absolute range of pitch and loudness, jointly: in which half of a clip a tone is, if there is one."""

from __future__ import annotations

from typing import Any

from starbench import plugins
from starbench.errors import StimulusError
from starbench.synthesis import Draft, Recipe, Synthesizer, generator

from ...design.dealing import Side, deal_rows
from ..profiles import RAMP_S, STAR_BENCH, Profile, Wording, draft
from . import captions

NAME = "range_pitch_loudness"
SYNTHESIZER = "tone-in-half"

# STAR-Bench's grid (its homepage's audiogram_curve.png) and timing (measured on its files).
_FREQUENCIES_HZ = (125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_LEVELS_DB_HL = tuple(float(level) for level in range(-10, 111, 10))
FULL_SIZE = len(_FREQUENCIES_HZ) * len(_LEVELS_DB_HL)
_TONE_S, _TOTAL_S, _EDGE_S = 2.0, 5.0, 0.1
#: The default profile roves where in its half the tone is; 0.45 s still keep it 50 ms off the middle.
_ROVED_EDGE_S = (0.1, 0.45)

_WORDING = Wording(
    "Absolute Perception Range",
    "The audio you just heard is divided into two halves. Does a sound appear in the first half, the "
    "second half, or is it not present at all?",
    ("The first half", "The second half", "It is not present at all"),
)

Cell = tuple[float, float]


def plan_audiogram(n: int, profile: Profile, seed: int) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of the audiogram, and say which cells of the grid are left out and why.

    Profile ``star-bench`` keeps every cell, flagged with what 16 bits do to it, and always has a tone.
    The default leaves out what cannot be made, and a third of its items are catch trials without a tone.

    Parameters
    ----------
    n : int
        How many items; above the number of cells, cells come up again.
    profile : Profile
        Which cells, and whether there are catch trials.
    seed : int
        The suite's seed.

    Returns
    -------
    drafts : list of Draft
        The items.
    dropped : list of str
        One line for each cell left out.
    """
    grid = [(f0_hz, level) for level in _LEVELS_DB_HL for f0_hz in _FREQUENCIES_HZ]
    flags, refused = _try_out(grid, profile)
    rng = generator(seed, NAME, "deal")
    rows = [[cell for cell in flags if cell[0] == f0_hz] for f0_hz in _FREQUENCIES_HZ]
    dealt = deal_rows(rows, n, rng, catch=profile is not STAR_BENCH)
    drafts = [
        _catch(number, cell, profile, seed)
        if side is None
        else _present(number, cell, side, flags[cell], profile, seed)
        for number, (cell, side) in enumerate(dealt)
    ]
    dropped = [f"{NAME}: {f0_hz:g} Hz at {level:g} dB HL: {why}" for (f0_hz, level), why in refused.items()]
    return drafts, dropped


def calibration() -> dict[str, Any]:
    """Ask the synthesizer which level full scale stands for."""
    probe = _synthesizer()(rng=generator(0, NAME, "probe"), half=None, total_s=12 * RAMP_S)
    declared: dict[str, Any] = probe.truth["calibration"]
    return declared


def _synthesizer() -> Synthesizer:
    found: Synthesizer = plugins.load("synthesizers", SYNTHESIZER)
    return found


def _tone(half: int, f0_hz: float, level: float, profile: Profile) -> dict[str, Any]:
    keep = {"keep_impossible": True} if profile is STAR_BENCH else {}
    return {"half": half, "f0_hz": f0_hz, "level_db_hl": level, "duration_s": _TONE_S} | keep


def _try_out(grid: list[Cell], profile: Profile) -> tuple[dict[Cell, tuple[str, ...]], dict[Cell, str]]:
    # What can be made is the synthesizer's to know: each cell is tried on a short clip.
    synthesizer, rng = _synthesizer(), generator(0, NAME, "probe")
    short = {"duration_s": 4 * RAMP_S, "edge_s": RAMP_S, "total_s": 12 * RAMP_S}
    flags: dict[Cell, tuple[str, ...]] = {}
    refused: dict[Cell, str] = {}
    for f0_hz, level in grid:
        parameters = profile.synthesis | _tone(1, f0_hz, level, profile) | short
        try:
            flags[f0_hz, level] = tuple(synthesizer(rng=rng, **parameters).truth["flags"])
        except StimulusError as error:
            refused[f0_hz, level] = str(error)
    return flags, refused


def _present(
    number: int, cell: Cell, side: Side, flags: tuple[str, ...], profile: Profile, seed: int
) -> Draft:
    f0_hz, level = cell
    identifier = f"{NAME}_{number:04d}"
    roved_s = generator(seed, identifier, "plan").uniform(*_ROVED_EDGE_S)
    edge_s = _EDGE_S if profile is STAR_BENCH else round(float(roved_s), 4)
    half = 1 if side == "first" else 2
    tone = _tone(half, f0_hz, level, profile)
    return _draft(
        identifier,
        seed,
        profile=profile,
        side=side,
        recipe=Recipe(SYNTHESIZER, tone | {"edge_s": edge_s, "total_s": _TOTAL_S}),
        caption=captions.full_audiogram(half, tone, edge_s, _TOTAL_S),
        level=level,
        bandwidth_hz=_bandwidth(cell),
        flags=flags,
        truth={"planned": {"half": half, "f0_hz": f0_hz, "level_db_hl": level}},
    )


def _catch(number: int, cell: Cell, profile: Profile, seed: int) -> Draft:
    # It stands in for a cell: where that frequency cannot arrive, it must not be asked either, or
    # "not present" would be right more often than the rest. It has no level, because 0 dB HL is one.
    return _draft(
        f"{NAME}_{number:04d}",
        seed,
        profile=profile,
        side=None,
        recipe=Recipe(SYNTHESIZER, {"half": None, "total_s": _TOTAL_S}),
        caption=captions.full_audiogram(None, None, 0.0, _TOTAL_S),
        bandwidth_hz=_bandwidth(cell),
        catch=True,
        truth={"planned": {"half": None}},
    )


def _bandwidth(cell: Cell) -> float:
    # The ramps widen the line by about the inverse of their length.
    return cell[0] + 1.0 / RAMP_S


def _draft(identifier: str, seed: int, *, caption: str, **fields: Any) -> Draft:
    plain = captions.plain_audiogram(generator(seed, identifier, "caption"))
    return draft(
        identifier=identifier,
        sub_category=NAME,
        wording=_WORDING,
        level_unit="dB HL",
        captions={"plain": (plain,), "full": (caption,)},
        **fields,
    )
