"""Our own adapters keep the contract."""

from __future__ import annotations

import pytest
from honest_models import verdicts
from llmock.testing import LLMockServer

from starbench.contract import check
from starbench.models.resolve import resolve


@pytest.mark.parametrize(
    "spec", ["constant", "constant:The first", "random", "observer", "separate:ipd-mask+random"]
)
def test_our_baselines_keep_the_contract(spec: str) -> None:
    report = check(resolve(spec))
    assert report.ok, str(report)
    assert report.requests >= 20


@pytest.mark.parametrize(
    ("spec", "path", "arguments"),
    [
        ("openai:m", "/v1", {}),
        ("openai:m", "/v1", {"text_only": "false"}),
        ("gemini:m", "/gemini", {"api_version": "v1beta"}),
    ],
)
def test_our_adapters_of_servers_keep_the_contract(
    spec: str, path: str, arguments: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, f"key-of-{name}")
    with LLMockServer() as server:
        address = server.base_url().removesuffix("/v1") + path
        report = check(resolve(spec, {"base_url": address, **arguments}))
    assert report.ok, str(report)
    found = verdicts(report)
    assert found["unreadable clip"] == found["cancel"] == found["event loop"] == found["usage"] == "pass"
    assert found["text only"] == ("n/a" if arguments.get("text_only") == "false" else "pass")


@pytest.mark.parametrize("checkpoint", ["tiny_qwen2_audio", "tiny_audio_flamingo3"])
def test_our_adapter_of_local_models_keeps_the_contract(
    checkpoint: str, request: pytest.FixtureRequest
) -> None:
    spec = f"transformers:{request.getfixturevalue(checkpoint)}"
    report = check(resolve(spec, {"batch": "4", "max_new_tokens": "12"}))
    assert report.ok, str(report)
    found = verdicts(report)
    assert [found[name] for name in ("choice", "logprobs", "batches", "cancel", "usage")] == ["pass"] * 5
    assert found["three clips"] == ("pass" if checkpoint == "tiny_qwen2_audio" else "n/a")
