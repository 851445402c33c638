"""What a manifest declares of people and of the ideal listener."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites.references import references
from starbench.suites.suite import Suite


def declaring(**declared: Any) -> Suite:
    item = Item(
        id="1", task="T", sub_category="sensitivity_pitch", question="?", options=("a", "b"), answer="a",
        audio_paths=("x",), level=1.0, level_unit="JND",
    )  # fmt: skip
    return Suite("s", Path("/s"), (item,), {}, "starbench", declared=declared)


def test_a_jnd_with_a_source_is_one_jnd_of_the_attributes_of_that_name() -> None:
    entry = {"weber_fraction": 0.002, "source": "Somebody 1977", "of": "pure tone", "basis": "seen"}
    declared = references(declaring(jnd={"version": 2, "ladder": [1.0], "pitch": entry, "itch": entry}))
    (name, human), *others = declared.human.items()
    assert others == []
    assert (name, human.threshold, human.unit) == ("sensitivity_pitch", 1.0, "JND")
    assert (human.source, human.of, human.basis) == ("Somebody 1977", "pure tone", "seen")


def test_thresholds_in_other_units_and_ideal_listeners_are_stated() -> None:
    declared = references(
        declaring(
            human_thresholds={"masked_tone": {"threshold": -4.5, "unit": "dB", "source": "Somebody 1950"}},
            ideal_d_prime={"masked_tone": {"-6.0": 0.8, "0": 1.6}},
        )
    )
    assert declared.human["masked_tone"].threshold == -4.5
    assert dict(declared.ideal_d_prime["masked_tone"]) == {-6.0: 0.8, 0.0: 1.6}
    assert json.loads(declared.model_dump_json())["ideal_d_prime"] == {
        "masked_tone": [[-6.0, 0.8], [0.0, 1.6]]
    }


@pytest.mark.parametrize(
    "declared",
    [
        {"jnd": {"pitch": {"source": 3}}},
        {"jnd": ["pitch"]},
        {"human_thresholds": {"x": {"threshold": "low", "unit": "dB", "source": "y"}}},
        {"human_thresholds": {"x": 3.0}},
        {"ideal_d_prime": {"x": {"loud": 1.0}}},
        {"ideal_d_prime": {"x": [1.0]}},
        {"ideal_d_prime": {"x": {"1.0": float("inf")}}},
    ],
)
def test_what_cannot_be_read_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(SuiteError, match=r"/s/suite\.json: declared .* cannot be read"):
        references(declaring(**declared))
