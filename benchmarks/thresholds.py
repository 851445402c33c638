"""Simulated listeners whose thresholds are known: do the intervals hold them, and is what cannot be measured said?

    python benchmarks/thresholds.py                    # 200 listeners a cell, every method
    python benchmarks/thresholds.py --listeners 20

A cell is a threshold and a width of "the same" (for comparisons), or a threshold (for the other methods). Each
listener answers 480 items, a quarter of them catch trials. It answers each item once, or at three rotations: with
new noise at each, or with the same noise, as a model without randomness does. Printed for each cell: the share of
95 % intervals that hold the threshold, the bias of its estimate, the ratio of the interval's ends, and the share of
estimates within 20 %, and of all levels with a d′ of at most 4, the share of d′ intervals that hold it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.psychometrics.answers import Answer
from starbench.scoring.psychometrics.sensitivity import choice_d_prime
from starbench.scoring.psychometrics.thresholds import threshold

LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
ITEMS, CATCH = 480, 120
LAPSE = 0.02
COMPARISON = ("the first", "the same", "the second")
THRESHOLDS, CRITERIA = (1.0, 2.0, 4.0, 8.0), (0.0, 1.0, 2.0, 3.0)
FOUR = ("one", "two", "three", "four")
PRESENCE = ("there", "not there")
DECIBELS = (-6.0, 0.0, 6.0, 12.0, 18.0, 24.0)

Listener = Callable[[np.random.Generator], list[Answer]]


class Rotations(NamedTuple):
    """How often each item is put, and whether its noise is new each time."""

    times: int
    is_new: bool
    name: str


ONCE = Rotations(1, True, "once")
SAME = Rotations(3, False, "3 x, same noise")
NEW = Rotations(3, True, "3 x, new noise")


def differences(items: int) -> np.ndarray:
    """The signed difference of every item, 0 in catch trials, a quarter of them."""
    sizes = [sign * level for level in LEVELS for sign in (1, -1)]
    signed = np.resize(sizes, items * (ITEMS - CATCH) // ITEMS)
    return np.concatenate([np.sort(signed), np.zeros(items - signed.size)])


def comparing(theta: float, criterion: float, rotations: Rotations, items: int = ITEMS) -> Listener:
    """A listener that says which of two is greater, or that they are the same."""
    signed = differences(items)

    def answers(rng: np.random.Generator) -> list[Answer]:
        heard = noise(rng, len(signed), rotations) + signed / (theta * 2**0.5)
        chosen = 1 + (heard > criterion).astype(int) - (heard < -criterion)
        chosen = with_lapses(rng, chosen, 3, rotations)
        return [
            Answer(
                f"{item}",
                abs(level) or None,
                COMPARISON,
                COMPARISON[1 + int(np.sign(level))],
                COMPARISON[one],
            )
            for row in chosen
            for item, (level, one) in enumerate(zip(signed.tolist(), row.tolist(), strict=True))
        ]

    return answers


def choosing(theta: float, rotations: Rotations) -> Listener:
    """A listener that chooses among four; halfway from guessing to the best at ``theta``, sd an octave."""
    levels = np.repeat(LEVELS, ITEMS // len(LEVELS))

    def answers(rng: np.random.Generator) -> list[Answer]:
        knows = noise(rng, len(levels), rotations) < np.log2(levels / theta)
        guesses = repeated(rng.integers(0, 4, (rotations.times, len(levels))), rotations)
        chosen = with_lapses(rng, np.where(knows, 0, guesses), 4, rotations)
        return [
            Answer(f"{item}", level, FOUR, FOUR[0], FOUR[one])
            for row in chosen
            for item, (level, one) in enumerate(zip(levels.tolist(), row.tolist(), strict=True))
        ]

    return answers


def detecting(theta: float, criterion: float, rotations: Rotations) -> Listener:
    """A listener that says whether a sound is there: halfway to the best at ``theta``, sd 4 dB."""
    levels = np.concatenate([np.repeat(DECIBELS, (ITEMS - CATCH) // len(DECIBELS)), np.full(CATCH, -np.inf)])
    false_alarms = 1 - ndtr(criterion)

    def answers(rng: np.random.Generator) -> list[Answer]:
        hears = noise(rng, len(levels), rotations) < (levels - theta) / 4
        says = hears | repeated(rng.random((rotations.times, len(levels))) < false_alarms, rotations)
        chosen = with_lapses(rng, 1 - says.astype(int), 2, rotations)
        return [
            Answer(
                f"{item}",
                None if np.isinf(level) else level,
                PRESENCE,
                PRESENCE[int(np.isinf(level))],
                PRESENCE[one],
            )
            for row in chosen
            for item, (level, one) in enumerate(zip(levels.tolist(), row.tolist(), strict=True))
        ]

    return answers


def noise(rng: np.random.Generator, n: int, rotations: Rotations) -> np.ndarray:
    return repeated(rng.standard_normal((rotations.times, n)), rotations)


def repeated(drawn: np.ndarray, rotations: Rotations) -> np.ndarray:
    """The first row everywhere, where noise is the same at each rotation."""
    return drawn if rotations.is_new else np.broadcast_to(drawn[:1], drawn.shape)


def with_lapses(rng: np.random.Generator, chosen: np.ndarray, n: int, rotations: Rotations) -> np.ndarray:
    lapses = repeated(rng.random(chosen.shape) < LAPSE, rotations)
    return np.where(lapses, repeated(rng.integers(0, n, chosen.shape), rotations), chosen)


def guessing(options: tuple[str, ...], listener: Listener) -> Listener:
    """A listener that guesses among all options whatever is played."""
    return lambda rng: [one._replace(chosen=options[rng.integers(len(options))]) for one in listener(rng)]


def fitted(listener: Listener, n: int, seed: int, unit: str = "JND") -> Iterator[Threshold]:
    levels = [float(level) for level in (LEVELS if unit == "JND" else DECIBELS)]
    for number in range(n):
        answers = listener(np.random.default_rng([seed, number]))
        yield threshold("task", "attribute", "audio", unit, levels, answers)


def d_prime_of_comparing(theta: float) -> Callable[[float], float]:
    return lambda level: level / theta


def d_prime_of_choosing(theta: float) -> Callable[[float], float]:
    """Of what :func:`choosing` gets right, lapses included."""

    def d_prime(level: float) -> float:
        right = 0.25 + 0.75 * ndtr(np.log2(level / theta))
        return float(choice_d_prime(np.array((1 - LAPSE) * right + LAPSE / 4), 4))

    return d_prime


def d_prime_of_detecting(theta: float, criterion: float) -> Callable[[float], float]:
    """Of what :func:`detecting` says, lapses included."""

    def d_prime(level: float) -> float:
        rates = 1 - (1 - ndtr((np.array([level, -np.inf]) - theta) / 4)) * ndtr(criterion)
        said, said_of_none = ndtri((1 - LAPSE) * rates + LAPSE / 2)
        return float(said - said_of_none)

    return d_prime


def d_primes_held(rows: list[Threshold], truth: Callable[[float], float]) -> float:
    levels = [level for row in rows for level in row.levels if truth(level.level) <= 4]
    return float(np.mean([one.d_prime_ci[0] <= truth(one.level) <= one.d_prime_ci[1] for one in levels]))


def print_cell(name: str, truth: float, rows: list[Threshold], d_prime: Callable[[float], float]) -> float:
    measured = [row for row in rows if row.threshold is not None and row.threshold_ci is not None]
    is_octaves = rows[0].unit == "JND"
    held = [low <= truth <= high for row in measured for low, high in [row.threshold_ci or (0, 0)]]
    estimates = np.array([row.threshold for row in measured], dtype=float)
    bias = np.exp(np.mean(np.log(estimates / truth))) - 1 if is_octaves else np.mean(estimates - truth)
    ends = [row.threshold_ci for row in measured if row.threshold_ci]
    width = np.median([high / low if is_octaves else high - low for low, high in ends])
    near = (
        np.mean(np.abs(estimates / truth - 1) < 0.2) if is_octaves else np.mean(np.abs(estimates - truth) < 2)
    )
    bias_text = f"{bias:+.1%}" if is_octaves else f"{bias:+.2f} dB"
    print(f"{name:<44} held {np.mean(held):6.1%}  bias {bias_text:>8}  ends {width:5.2f}  near {near:4.0%}  "
          f"measured {len(measured)}/{len(rows)}  d' held {d_primes_held(rows, d_prime):6.1%}", flush=True)  # fmt: skip
    return float(np.mean(held))


def print_statuses(name: str, rows: list[Threshold], expected: ThresholdStatus) -> None:
    counts = Counter(row.status.value for row in rows)
    print(
        f"{name:<44} {expected.value}: {counts[expected.value] / len(rows):6.1%}  {dict(counts)}", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    n, seed = options.listeners, options.seed
    for rotations in (ONCE, SAME, NEW):
        held = [
            print_cell(f"comparison {theta:g} JND, c = {c:g}, {rotations.name}", theta,
                       list(fitted(comparing(theta, c, rotations), n, seed)), d_prime_of_comparing(theta))
            for theta, c in product(THRESHOLDS, CRITERIA)
        ]  # fmt: skip
        print(f"comparison, {rotations.name}: pooled {np.mean(held):.1%}, {min(held):.1%} to {max(held):.1%}")
    for c in CRITERIA:
        for theta, expected in (
            (0.25, ThresholdStatus.BELOW_SMALLEST),
            (128.0, ThresholdStatus.ABOVE_LARGEST),
        ):
            rows = list(fitted(comparing(theta, c, ONCE), n, seed))
            print_statuses(f"comparison {theta:g} JND, c = {c:g}", rows, expected)
    flat = list(fitted(guessing(COMPARISON, comparing(1.0, 1.0, ONCE)), n, seed))
    print_statuses("comparison, guessing", flat, ThresholdStatus.AT_CHANCE)
    for rotations in (ONCE, SAME, NEW):
        for theta in THRESHOLDS:
            rows = list(fitted(choosing(theta, rotations), n, seed))
            name = f"one of four, {theta:g} JND, {rotations.name}"
            print_cell(name, theta, rows, d_prime_of_choosing(theta))
        for theta, c in product((3.0, 9.0), (0.5, 1.5)):
            rows = list(fitted(detecting(theta, c, rotations), n, seed, "dB HL"))
            name = f"there or not, {theta:g} dB, c = {c:g}, {rotations.name}"
            print_cell(name, theta, rows, d_prime_of_detecting(theta, c))
    for name, listener, unit, expected in (
        ("one of four, guessing", guessing(FOUR, choosing(1.0, ONCE)), "JND", ThresholdStatus.AT_CHANCE),
        ("one of four, 0.05 JND", choosing(0.05, ONCE), "JND", ThresholdStatus.BELOW_SMALLEST),
        ("one of four, 128 JND", choosing(128.0, ONCE), "JND", ThresholdStatus.AT_CHANCE),
        ("there or not, 60 dB", detecting(60.0, 0.5, ONCE), "dB HL", ThresholdStatus.AT_CHANCE),
    ):
        print_statuses(name, list(fitted(listener, n, seed, unit)), expected)


if __name__ == "__main__":
    main()
