"""A record holds what its fields say, and nothing that JSON cannot hold."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from starbench.schema import Capabilities, Item, JournalLine, Outcome, Prices, Response, Usage
from starbench.schema.base import Facts
from starbench.schema.response import MOST_TOKENS

ITEM: dict[str, Any] = {
    "id": "i", "task": "t", "question": "q", "options": ["a", "b"], "answer": "a", "audio_paths": ["a.wav"],
}  # fmt: skip
PRICES: dict[str, Any] = {
    "input_per_million": 1, "output_per_million": 2.5, "as_of": "2026-01-01", "source": "s",
}  # fmt: skip
LINE: dict[str, Any] = {
    "suite": "s", "item_id": "i", "rotation": 0, "condition": "audio", "protocol": "starbench",
    "outcome": Outcome.ANSWERED, "letter": "A", "answer_letter": "A", "correct": True, "response": "<A>",
    "attempts": 1, "latency_s": 0.5, "model": "m", "request_digest": "0", "at": "2026-01-01",
}  # fmt: skip
FACTS: TypeAdapter[dict[str, Any]] = TypeAdapter(Facts)


def deep(levels: int) -> Any:
    nested: Any = 0
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize("from_json", [False, True])
@pytest.mark.parametrize(
    ("record", "fields", "changed"),
    [
        *(
            (Item, ITEM, changed)
            for changed in (
                {"level": float("nan")},
                {"level": float("inf")},
                {"level": "-3"},
                {"level": True},
                {"level": 10**400},
                {"abstain": True},
                {"abstain": "1"},
                {"abstain": 1.0},
                {"rotations": True},
                {"catch": "yes"},
                {"catch": 1},
                {"bandwidth_hz": float("inf")},
                {"truth": {"hz": float("nan")}},
                {"truth": {"hz": [{"deep": float("-inf")}]}},
                {"truth": {"hz": deep(900)}},
                {"option_orders": [[True], None]},
            )
        ),
        *(
            (Prices, PRICES, {"input_per_million": price})
            for price in ("5", True, float("nan"), float("inf"), -1, 1e300, 10**400, None)
        ),
        (Prices, PRICES, {"audio_per_million": "5"}),
        (Prices, PRICES, {"audio_tokens_per_s": float("inf")}),
        (Capabilities, {}, {"max_clips": True}),
        (Capabilities, {}, {"max_seconds": float("inf")}),
        (Usage, {}, {"input_tokens": True}),
        (Response, {"text": "<A>"}, {"letter_logprobs": {"A": float("-inf")}}),
        (Response, {"text": "<A>"}, {"letter_logprobs": {"A": 5.0}}),
        (Response, {"text": "<A>"}, {"letter_logprobs": {"A": True}}),
        (Response, {"text": "<A>"}, {"usage": {"input_tokens": MOST_TOKENS + 1}}),
        (JournalLine, LINE, {"latency_s": float("inf")}),
        (JournalLine, LINE, {"letter_logprobs": {"A": float("nan")}}),
        (JournalLine, LINE, {"attempts": True}),
    ],
)
def test_what_is_no_number_of_that_kind_is_refused(
    record: Any, fields: dict[str, Any], changed: dict[str, Any], from_json: bool
) -> None:
    assert record.model_validate(fields)
    field = next(iter(changed))
    whole = {**fields, **changed}
    with pytest.raises(ValidationError) as refused:
        _ = record.model_validate_json(json.dumps(whole)) if from_json else record.model_validate(whole)
    # Lists too deep are refused by the parser already, which names no field.
    assert {place for error in refused.value.errors() for place in error["loc"][:1]} <= {field}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(
    facts=st.dictionaries(st.text(max_size=3), JSON, max_size=3), levels=st.sampled_from([0, 50, 170, 250])
)
def test_facts_are_what_is_read_back_of_them(facts: dict[str, Any], levels: int) -> None:
    checked = None
    with suppress(ValidationError):
        checked = Item(**ITEM, truth={**facts, "deep": deep(levels)})
    if checked is None:
        return
    assert Item.model_validate_json(checked.model_dump_json()) == checked
    assert Item.model_validate(json.loads(json.dumps(checked.model_dump(), allow_nan=False))) == checked


def test_facts_are_kept_up_to_numbers_that_no_float_holds() -> None:
    facts = {"n": 10**300, "x": 1e-320, "deep": deep(100)}
    assert FACTS.validate_python(facts) == facts
    with pytest.raises(ValidationError, match="too large"):
        FACTS.validate_python({"n": 10**400})


def test_facts_that_are_kept_can_stand_in_records_within_records() -> None:
    kept = 0
    for levels in range(150, 260):
        with suppress(ValidationError):
            facts = FACTS.validate_python({"deep": deep(levels)})
            within = '{"record": ' * 15 + json.dumps(facts) + "}" * 15
            assert from_json(within)
            kept += 1
    assert 0 < kept < 110, "some are too deep"
