"""What an adapter chose by itself is part of a run's identity: a run is not resumed with anything else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import gemini_server
import pytest
from chat_servers import completion, n_questions, served
from pytest_httpserver import HTTPServer
from scripted_servers import Ran, Runs, all_answered
from tiny_lalms import build_qwen2_audio

from starbench.adapters.openai import OpenAI
from starbench.adapters.openai.dialects import dialects
from starbench.adapters.transformers.model import Transformers
from starbench.errors import PluginError
from starbench.models.resolve import as_model, recorded_arguments
from starbench.redact import BLANK


def told(ran: Ran) -> Any:
    return json.loads((ran.path / "run.json").read_text("utf-8"))["identity"]["model_args"]


class Adapter:
    """A model that says of itself what a test gives it to say."""

    def __init__(self, identity: Any) -> None:
        self.identity = identity

    def generate(self, prompt: object) -> str:
        return "<A>"


# What the core makes of it ------------------------------------------------------------------------------


def test_an_identity_stands_beside_the_arguments() -> None:
    model = as_model(Adapter({"weights": "m@1"}), "m", {"seed": 3})
    assert recorded_arguments(model) == {"seed": 3, "weights": "m@1"}


@pytest.mark.parametrize("identity", [None, {}])
def test_an_adapter_need_not_have_one(identity: Any) -> None:
    assert recorded_arguments(as_model(Adapter(identity), "m", {"seed": 3})) == {"seed": 3}


@pytest.mark.parametrize("identity", ["m@1", ["m"], {"layers": 3}, {3: "m"}])
def test_one_of_another_form_is_refused_in_one_sentence(identity: Any) -> None:
    with pytest.raises(PluginError, match="its identity is not a dict of str") as refused:
        recorded_arguments(as_model(Adapter(identity), "m"))
    assert "\n" not in str(refused.value)


def test_no_key_gets_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-marker-123456")
    model = as_model(Adapter({"at": "https://host/?sk-marker-123456"}), "m")
    assert model.identity == {"at": f"https://host/?{BLANK}"}


# Dialects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", dialects())
def test_an_openai_adapter_says_its_dialect(environment: None, name: str) -> None:
    assert OpenAI("m", "http://127.0.0.1:1/v1", dialect=name).identity == {"dialect": name}


def test_a_run_is_not_resumed_in_another_dialect(
    httpserver: HTTPServer, starbench: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = served(httpserver, completion())
    ran = starbench(url)
    assert all_answered(ran)
    assert told(ran) == {"model": "m", "dialect": "compatible"}
    before = n_questions(httpserver)
    monkeypatch.setattr("starbench.adapters.openai.adapter.by_address", lambda _: dialects()["vllm"])
    again = starbench(url)
    assert again.code == 2
    assert "model_args was" in again.err
    assert n_questions(httpserver) == before


def test_a_dialect_that_is_named_is_the_one_that_is_found(httpserver: HTTPServer, starbench: Runs) -> None:
    url = served(httpserver, completion())
    starbench(url)
    assert starbench(url, "--model-arg", "dialect=compatible").code == 0


# System messages ----------------------------------------------------------------------------------------


def test_a_gemini_run_is_not_resumed_with_another_system_instruction(
    httpserver: HTTPServer, starbench_gemini: Runs
) -> None:
    url = gemini_server.served(httpserver, gemini_server.ANSWER)
    ran = starbench_gemini(url, "--model-arg", "system=Listen.")
    assert all_answered(ran)
    assert told(ran)["system"] == "Listen."
    for other in ((), ("--model-arg", "system=Listen closely.")):
        again = starbench_gemini(url, *other)
        assert again.code == 2
        assert "model_args was" in again.err


# Weights ------------------------------------------------------------------------------------------------


def checkpoint(path: str | Path, **arguments: Any) -> str:
    adapter = Transformers(str(path), device="cpu", **arguments)
    adapter.close()
    return adapter.identity["checkpoint"]


def test_a_local_run_is_not_resumed_with_other_weights(
    starbench: Runs, tiny_qwen2_audio: str, tmp_path: Path
) -> None:
    path = Path(shutil.copytree(tiny_qwen2_audio, tmp_path / "model"))
    options = ("--model-arg", "device=cpu", "--model-arg", "max_new_tokens=2", "--rate", "16000")
    first = starbench(None, *options, model=f"transformers:{path}")
    assert first.lines
    assert told(first)["checkpoint"] == first.lines[0].served_model == checkpoint(path)
    shutil.rmtree(path)
    build_qwen2_audio(path, seed=1)
    again = starbench(None, *options, model=f"transformers:{path}")
    assert again.code == 2
    assert "model_args was" in again.err


def test_code_is_part_of_a_model_where_it_is_executed(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    path = Path(shutil.copytree(tiny_qwen2_audio, tmp_path / "model"))
    names = {}
    for code in ("LAYERS = 1", "LAYERS = 2"):
        (path / "modeling.py").write_text(code, "utf-8")
        names[code] = [checkpoint(path, trust_remote_code=trusted) for trusted in (False, True)]
    (plain, trusted), (plain_still, changed) = names.values()
    assert plain == plain_still
    assert len({plain, trusted, changed}) == 3
