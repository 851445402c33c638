"""How much a Gemini model thinks is told as its family understands it, or refused before a run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from starbench.adapters.gemini import Gemini
from starbench.adapters.gemini.thinking import FAMILIES
from starbench.errors import InputError
from starbench.models.resolve import resolve
from starbench.schema import Prompt, TextPart

NOWHERE = "http://127.0.0.1:1"


pytestmark = pytest.mark.usefixtures("environment")
REPLY = {"candidates": [{"content": {"parts": [{"text": "<A>"}]}, "finishReason": "STOP"}]}
LEVELS = {"minimal", "low", "medium", "high"}


@pytest.mark.parametrize(
    ("model", "thinking", "config"),
    [
        ("gemini-3.8-flash", "minimal", {"thinking_level": "MINIMAL"}),
        ("gemini-3.1-pro-preview", "medium", {"thinking_level": "MEDIUM"}),
        ("models/gemini-3.5-flash-lite", "high", {"thinking_level": "HIGH"}),
        ("gemini-2.5-flash", "off", {"thinking_budget": 0}),
        ("gemini-2.5-flash", "0", {"thinking_budget": 0}),
        ("gemini-2.5-pro", "dynamic", {"thinking_budget": -1}),
        ("gemini-2.5-pro", "-1", {"thinking_budget": -1}),
        ("gemini-2.5-pro-preview-06-05", "128", {"thinking_budget": 128}),
        ("gemini-2.5-flash-lite", "24576", {"thinking_budget": 24576}),
        ("gemini-9-aurora", "low", {"thinking_level": "LOW"}),
        ("gemini-9-aurora", "300", {"thinking_budget": 300}),
        ("gemini-9-aurora", "off", {"thinking_budget": 0}),
    ],
)
def test_thinking_is_told_as_the_family_understands_it(
    httpserver: HTTPServer, model: str, thinking: str, config: dict[str, Any]
) -> None:
    path = f"/v1/models/{model.removeprefix('models/')}:generateContent"
    httpserver.expect_request(path).respond_with_json(REPLY)
    arguments = {"base_url": httpserver.url_for("/"), "thinking": thinking}
    adapter = resolve(f"gemini:{model}", arguments).adapter
    assert isinstance(adapter, Gemini)

    async def ask() -> None:
        await adapter.generate(Prompt(parts=(TextPart(text="?"),)))
        await adapter.close()

    asyncio.run(ask())
    assert httpserver.log[0][0].get_json()["generationConfig"] == {"thinkingConfig": config}


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-3.8-flash", "off"),
        ("gemini-3.8-flash", "dynamic"),
        ("gemini-3.8-flash", "0"),
        ("gemini-3.1-pro-preview", "minimal"),
        ("gemini-3-pro-preview", "medium"),
        ("gemini-3.7-flash", "minimal"),
        ("gemini-2.5-pro", "low"),
        ("models/gemini-2.5-pro", "low"),
        ("gemini-2.5-pro", "127"),
        ("gemini-2.5-pro", "32769"),
        ("gemini-2.5-pro", "0"),
        ("gemini-2.5-flash-lite", "511"),
        ("gemini-2.5-flash", "24577"),
    ],
)
def test_a_setting_of_the_wrong_family_is_refused(model: str, thinking: str) -> None:
    with pytest.raises(InputError, match=f"thinking={thinking}: {model} takes"):
        resolve(f"gemini:{model}", {"base_url": NOWHERE, "thinking": thinking})


def test_the_table_of_families_is_sound() -> None:
    assert len({family.prefix for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert bool(family.levels) != bool(family.budgets), family
        assert set(family.levels) <= LEVELS
        assert family.budgets or not family.may_be_off
