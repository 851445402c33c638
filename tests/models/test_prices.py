"""Prices: those that an adapter declares, or those of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.models.prices import prices_of
from starbench.schema import Prices

ONE = {"input_per_million": 1.0, "output_per_million": 4.0, "as_of": "2026-11-21", "source": "a bill"}


def model(spec: str = "openai:gpt-audio-1.5", **attributes: Any) -> Model:
    return Model(spec, {}, type("Adapter", (), {"generate": lambda self, prompt: "<A>", **attributes})())


def file(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_an_adapter_says_its_own_prices_and_a_file_overrules_it(tmp_path: Path) -> None:
    own = Prices.model_validate({**ONE, "source": "the adapter"})
    assert prices_of(model()) is None
    assert prices_of(model(prices=own)) == own
    assert prices_of(model(prices=own), file(tmp_path, ONE)) == Prices.model_validate(ONE)


@pytest.mark.parametrize("name", ["openai:gpt-audio-1.5", "gpt-audio-1.5"])
def test_a_file_may_name_several_models(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, {"other": {**ONE, "input_per_million": 9.0}, name: ONE})
    assert prices_of(model(), path) == Prices.model_validate(ONE)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([ONE], "must hold a JSON object"),
        ({"other": ONE}, "no price of 'openai:gpt-audio-1.5': there are 'other'"),
        ({**ONE, "input_per_million": -1}, "input_per_million"),
        ({**ONE, "as_of": "yesterday"}, "as_of"),
        ({**ONE, "inputs": 1}, "inputs"),
        ({k: v for k, v in ONE.items() if k != "source"}, "source"),
        ({}, "input_per_million"),
        ({"gpt-audio-1.5": {**ONE, "source": None}}, "source"),
    ],
)
def test_a_file_that_will_not_do_is_one_sentence(tmp_path: Path, content: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=r"--prices .*") as refused:
        prices_of(model(), file(tmp_path, content))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        prices_of(model(), tmp_path / "none.json")


def test_an_adapter_whose_prices_are_none_is_told() -> None:
    with pytest.raises(InputError, match=r"not a starbench\.schema\.Prices"):
        prices_of(model(prices=ONE))
