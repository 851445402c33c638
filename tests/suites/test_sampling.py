"""``--limit``: small samples lie within large ones, and every one mirrors the whole."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.schema import Item
from starbench.suites.sampling import sample

sizes = st.lists(st.integers(1, 30), min_size=1, max_size=15)
seeds = st.integers(0, 10**6)


def items(strata: list[int]) -> list[Item]:
    """Items of strata of these sizes, of different task, category and sub-category in turn."""
    return [
        Item(
            id=f"{stratum}-{number}",
            task=f"task {stratum % 2}",
            category=f"category {stratum}" if stratum % 3 else "common",
            sub_category=None if stratum % 3 else f"sub {stratum}",
            question="?",
            options=("a", "b"),
            answer="a",
            audio_paths=("x",),
        )
        for stratum, size in enumerate(strata)
        for number in range(size)
    ]


def ids(taken: tuple[Item, ...]) -> set[str]:
    return {item.id for item in taken}


def counts(taken: tuple[Item, ...]) -> Counter[int]:
    return Counter(int(item.id.partition("-")[0]) for item in taken)


@given(strata=sizes, seed=seeds, data=st.data())
def test_no_stratum_is_a_whole_item_away_from_its_share_at_any_limit(strata, seed, data) -> None:
    whole = items(strata)
    limit = data.draw(st.integers(1, len(whole)))
    taken = sample(whole, limit, seed)
    assert len(taken) == len(ids(taken)) == limit
    found = counts(taken)
    for stratum, size in enumerate(strata):
        assert abs(found[stratum] - Fraction(size * limit, len(whole))) < 1


def test_many_small_strata_do_not_starve_while_a_large_one_is_filled() -> None:
    whole = items([50, *[1] * 20])
    assert counts(sample(whole, 35, seed=0))[0] in (24, 25, 26)


@given(strata=st.lists(st.integers(1, 12), min_size=1, max_size=8), seed=seeds)
def test_each_sample_lies_within_every_larger_one(strata, seed) -> None:
    whole = items(strata)
    nested = [ids(sample(whole, limit, seed)) for limit in range(1, len(whole) + 1)]
    assert all(small < large for small, large in itertools.pairwise(nested))


@given(strata=sizes, seed=seeds, data=st.data())
def test_the_order_of_the_items_does_not_matter_and_is_kept(strata, seed, data) -> None:
    whole = items(strata)
    limit = data.draw(st.integers(1, len(whole)))
    shuffled = data.draw(st.permutations(whole))
    taken = sample(shuffled, limit, seed)
    assert ids(taken) == ids(sample(whole, limit, seed))
    assert [item.id for item in taken] == [item.id for item in shuffled if item.id in ids(taken)]


def test_the_seed_decides_and_nothing_else() -> None:
    whole = items([20, 20, 20])
    samples = [frozenset(ids(sample(whole, 9, seed))) for seed in range(20)]
    assert len(set(samples)) == 20
    assert samples == [frozenset(ids(sample(whole, 9, seed))) for seed in range(20)]


def test_the_seed_decides_between_strata_of_one_size_too() -> None:
    whole = items([1] * 10)
    assert {next(iter(ids(sample(whole, 1, seed)))) for seed in range(200)} == {item.id for item in whole}


def test_every_item_is_as_likely_as_any_other() -> None:
    drawn = Counter(identity for seed in range(2000) for identity in ids(sample(items([4, 8]), 3, seed)))
    assert all(400 < n < 600 for n in drawn.values()), drawn


@pytest.mark.parametrize("limit", [None, 12, 13, 10**9])
def test_no_limit_or_a_large_one_takes_all(limit) -> None:
    whole = items([5, 7])
    assert sample(whole, limit, seed=3) == tuple(whole)


def test_the_official_data_set_is_mirrored_within_one_item() -> None:
    official = [143, 96, 72, 51, 120, 120, 120, 120, 64, 45, 484, 416, 283, 113, 106]
    whole = items(official)
    for limit in (1, 10, 50, 100, 500, 1176, 2000, 2352):
        found = counts(sample(whole, limit, seed=0))
        assert all(
            abs(found[stratum] - size * limit / len(whole)) < 1 for stratum, size in enumerate(official)
        ), limit


@pytest.mark.parametrize("limit", [12, 30, 60])
def test_answers_and_levels_of_a_stratum_are_taken_in_turn(limit: int) -> None:
    """A small sample of a balanced suite is balanced: no constant answer gains by it."""
    made = [
        Item(
            id=f"{part}-{answer}-{level}-{copy}", task="T", sub_category=part, question="?",
            options=("first", "second", "same"), answer=answer, audio_paths=("a",), level=float(level),
        )
        for part in ("pitch", "loudness") for answer in ("first", "second", "same")
        for level in range(4) for copy in range(5)
    ]  # fmt: skip
    for seed in range(5):
        taken = sample(made, limit, seed)
        for part in ("pitch", "loudness"):
            answers = Counter(item.answer for item in taken if item.sub_category == part)
            assert max(answers.values()) - min(answers.values()) <= 1
            assert len({item.level for item in taken if item.sub_category == part}) >= min(4, limit // 4)
