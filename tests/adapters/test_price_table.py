"""The table of prices: data with a day and a source, found by a model's name."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from starbench.adapters.price_table import lookup
from starbench.schema import Prices

ONE = {"input_per_million": 1.0, "output_per_million": 4.0, "as_of": "2026-11-21", "source": "a bill"}


def stored() -> dict[str, Any]:
    return json.loads(files("starbench.adapters").joinpath("prices.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("vendor", "name", "priced_as"),
    [
        ("openai", "gpt-audio-1.5", "gpt-audio-1.5"),
        ("openai", "gpt-audio", "gpt-audio"),
        ("openai", "gpt-audio-2025-08-28", "gpt-audio"),
        ("openai", "gpt-audio-mini-2025-12-15", "gpt-audio-mini"),
        ("openai", "gpt-audio-2", None),
        ("openai", "gpt-audio-1.55", None),
        ("openai", "gpt-audi", None),
        ("openai", "gemini-2.5-pro", None),
        ("elsewhere", "gpt-audio", None),
        ("gemini", "models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini", "gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"),
        ("gemini", "gemini-3.1-pro-preview", "gemini-3.1-pro"),
        ("gemini", "gemini-3.5-flash-lite", "gemini-3.5-flash-lite"),
        ("gemini", "gemini-3.8-flash-lite", None),
    ],
)
def test_a_version_of_a_model_costs_what_it_does_and_another_model_does_not(
    vendor: str, name: str, priced_as: str | None
) -> None:
    table = stored()
    expected = table[vendor][priced_as][0] if priced_as else None
    found = lookup(vendor, name, date(2026, 11, 21))
    assert found == (Prices.model_validate(expected) if expected else None)


def test_every_price_has_a_day_that_is_over_and_a_source() -> None:
    table = stored()
    for vendor, models in table.items():
        for prices in (Prices.model_validate(row) for rows in models.values() for row in rows):
            assert date(2026, 1, 1) <= prices.as_of <= date(2026, 11, 21)
            assert "." in prices.source
            assert 0 < prices.input_per_million < prices.output_per_million
            assert prices.audio_per_million is None or prices.audio_per_million >= prices.input_per_million
            assert prices.audio_tokens_per_s == (32 if vendor == "gemini" else None)


def test_prices_of_a_model_follow_each_other_and_the_last_has_no_end() -> None:
    table = stored()
    for models in table.values():
        for rows in models.values():
            *ends, last = [row.get("until") for row in rows]
            assert last is None
            assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("day", "given", "made"),
    [
        (date(2026, 11, 21), 0.75, 3.75),
        (date(2026, 12, 31), 0.75, 3.75),
        (date(2027, 1, 1), 1.5, 7.5),
        (date(2028, 6, 1), 1.5, 7.5),
    ],
)
def test_a_price_that_a_vendor_has_announced_holds_from_its_day_on(
    day: date, given: float, made: float
) -> None:
    prices = lookup("gemini", "gemini-3.8-flash", day)
    assert prices is not None
    assert (prices.input_per_million, prices.output_per_million) == (given, made)


def test_a_price_that_has_ended_without_another_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Prices.model_validate({**ONE, "until": "2026-12-31"})
    monkeypatch.setattr("starbench.adapters.price_table._table", lambda: {"v": {"m": [ended]}})
    assert lookup("v", "m", date(2026, 12, 31)) == ended
    assert lookup("v", "m", date(2027, 1, 1)) is None


def test_a_price_holds_today_unless_a_day_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    over, now = ({**ONE, "until": "2001-01-01"}, {**ONE, "source": "the new bill"})
    rows = [Prices.model_validate(row) for row in (over, now)]
    monkeypatch.setattr("starbench.adapters.price_table._table", lambda: {"v": {"m": rows}})
    assert lookup("v", "m") == rows[1]
