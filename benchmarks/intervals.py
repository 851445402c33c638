"""Simulated runs whose true rates are known: how often do 95 % intervals hold them?

    python benchmarks/intervals.py                # 4,000 runs a cell
    python benchmarks/intervals.py --runs 500

Every item is asked at three rotations. Trials are independent, or alike at all rotations of an item (as those of a
model without randomness), or independent within an item while items differ in difficulty (beta-distributed, with
correlation 1/4 between two trials of an item). ACR is that of the same trials. A difference is that of two conditions
over the same items: of equal rates, or of rates 0.1 apart; unless trials are independent, items that are hard under
one condition tend to be hard under the other (correlation 0.5).
Printed for each cell: the share of intervals that hold the truth, and their mean width, in %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from scipy.special import betaincinv, ndtr

from starbench.schema.base import Interval
from starbench.scoring import intervals

ITEMS, RATES = (20, 60, 200, 951), (0.02, 0.1, 0.5, 0.9, 0.98)
ROTATIONS = 3
#: Sum of both parameters of the beta distribution: the correlation of two trials of an item is 1 / (1 + this).
CONCENTRATION = 3.0
CORRELATION = 0.5

#: From ranks of items between 0 and 1, a rate, and a generator: right trials of each item.
Generator = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def independent(ranks: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    return rng.binomial(ROTATIONS, rate, ranks.shape)


def alike(ranks: np.ndarray, rate: float, _: np.random.Generator) -> np.ndarray:
    return ROTATIONS * (ranks < rate)


def unequal(ranks: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    shares = betaincinv(CONCENTRATION * rate, CONCENTRATION * (1 - rate), ranks)
    return rng.binomial(ROTATIONS, shares)


#: Name -> generator, and the rate of items with every trial right.
GENERATORS: dict[str, tuple[Generator, Callable[[float], float]]] = {
    "independent": (independent, lambda rate: rate**ROTATIONS),
    "alike": (alike, lambda rate: rate),
    "unequal": (
        unequal,
        lambda rate: float(
            np.prod([(CONCENTRATION * rate + k) / (CONCENTRATION + k) for k in range(ROTATIONS)])
        ),
    ),
}


def ranks_of_pairs(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    shared, first, second = rng.standard_normal((3, n))
    return tuple(ndtr(CORRELATION**0.5 * shared + (1 - CORRELATION) ** 0.5 * own) for own in (first, second))


def other_rate(rate: float) -> float:
    return rate + 0.1 if rate <= 0.5 else rate - 0.1


def simulated(name: str, n: int, rate: float, rng: np.random.Generator) -> Iterator[tuple[float, Interval]]:
    """True value and interval of AA, ACR, a difference of equal rates, and one of rates 0.1 apart."""
    draw, acr = GENERATORS[name]
    planned = np.full(n, float(ROTATIONS))
    first, second = ranks_of_pairs(n, rng)
    right = draw(first, rate, rng).astype(float)
    yield rate, intervals.rate(right, planned)
    yield acr(rate), intervals.share(float((right == planned).mean()), n)
    for other in (rate, other_rate(rate)):
        yield (
            other - rate,
            intervals.difference(right, planned, draw(second, other, rng).astype(float), planned),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    print(
        "trials       items  rate |     AA          ACR         equal       0.1 apart   (held %, mean width %)"
    )
    for place, (name, n, rate) in enumerate(product(GENERATORS, ITEMS, RATES)):
        rng = np.random.default_rng([options.seed, place])
        cells = zip(*(list(simulated(name, n, rate, rng)) for _ in range(options.runs)), strict=True)
        texts = []
        for cell in cells:
            held = np.mean([low <= truth <= high for truth, (low, high) in cell])
            width = np.mean([high - low for _, (low, high) in cell])
            texts.append(f"{100 * held:5.1f} {100 * width:5.1f}")
        print(f"{name:<12} {n:>5} {rate:>5} | {'   '.join(texts)}", flush=True)


if __name__ == "__main__":
    main()
