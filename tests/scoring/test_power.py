"""Power: what is promised is what the tests of a comparison find."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.errors import InputError
from starbench.schema import Item
from starbench.scoring.paired_tests import sign_flips
from starbench.scoring.power import (
    ALPHA,
    POWER,
    discordance,
    items_for,
    items_for_change,
    items_for_independent,
    power,
    smallest_difference,
)
from starbench.scoring.suite_power import suite_power


def found(n_items: int, difference: float, share: float, n: int = 1500) -> float:
    """How often items that differ so are found to, by the test itself."""
    rng = np.random.default_rng([n_items, round(1000 * difference)])
    odds = [(share + difference) / 2, (share - difference) / 2, 1 - share]
    drawn = rng.choice([1.0, -1.0, 0.0], (n, n_items), p=odds)
    return float(np.mean([sign_flips(row) < ALPHA and row.sum() > 0 for row in drawn]))


@pytest.mark.parametrize(
    ("n_items", "difference", "share"), [(20, 0.3, 0.5), (200, 0.1, 0.48), (60, 0.2, 0.2)]
)
def test_power_is_what_the_test_finds(n_items: int, difference: float, share: float) -> None:
    assert power(n_items, difference, share) == pytest.approx(found(n_items, difference, share), abs=0.03)


@pytest.mark.parametrize("difference", [0.05, 0.1, 0.3])
def test_the_fewest_items_are_enough_and_hardly_more(difference: float) -> None:
    share = discordance(0.6, difference)
    n = items_for(difference, share)
    assert n is not None
    assert power(n, difference, share) >= POWER
    assert power(round(0.9 * n), difference, share) < POWER
    smallest = smallest_difference(n, 0.6)
    assert smallest == pytest.approx(difference, abs=0.01)


def test_what_no_number_shows_and_what_is_no_difference() -> None:
    assert items_for(0.0005, 0.5) is None
    assert smallest_difference(5, 0.6) is None
    for points in (0.0, -0.1, 0.41):
        with pytest.raises(InputError, match="points more than 60 % is no accuracy"):
            items_for_independent(points, 0.6)
    with pytest.raises(InputError, match="--factor 1 is hardly a change"):
        items_for_change(1.0)


def test_a_factor_and_its_inverse_are_one_change() -> None:
    assert items_for_change(2.0) == items_for_change(0.5) < items_for_change(1.5)


def comparison(number: int, level: float | None) -> Item:
    return Item(
        id=f"{number}",
        task="T",
        sub_category="pitch",
        question="Which?",
        options=("first", "second", "same"),
        answer="same" if level is None else ("first", "second")[number % 2],
        audio_paths=("a.wav",),
        level=level,
        level_unit=None if level is None else "JND",
        catch=level is None,
    )


def test_a_suite_can_show_less_among_all_and_more_with_more_items() -> None:
    levels = (1.0, 2.0, 4.0, 8.0, None)
    few, many = (suite_power([comparison(n, levels[n % 5]) for n in range(size)], 0.6) for size in (100, 400))
    for one in (few, many):
        whole, part = one.parts
        assert (whole.sub_category, part.sub_category, one.n_tests) == (None, "pitch", 3)
        assert part.unit == "JND"
        assert part.alone is not None
        assert part.among_all is not None
        assert part.alone < part.among_all
        assert part.change_alone is not None
        assert part.change_among_all is not None
        assert 1 < part.change_alone < part.change_among_all
    assert many.parts[1].alone < few.parts[1].alone  # type: ignore[operator]
    assert many.parts[1].change_alone < few.parts[1].change_alone  # type: ignore[operator]
