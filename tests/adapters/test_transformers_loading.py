"""Local models: what is loaded and how, what is refused and in which words, and what is declared."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sound_prompts import question, tone

from starbench.adapters.transformers import limits
from starbench.adapters.transformers.model import Transformers
from starbench.errors import InputError
from starbench.models.resolve import resolve
from starbench.schema import Capabilities, Outcome


def copy(checkpoint: str, to: Path) -> Path:
    return Path(shutil.copytree(checkpoint, to / "copy"))


def change(path: Path, **values: Any) -> None:
    """Set keys of a JSON file; a key set to None is taken out."""
    kept = json.loads(path.read_text("utf-8")) | values
    path.write_text(json.dumps({k: v for k, v in kept.items() if v is not None}), "utf-8")


def refusal(model: str | Path, **arguments: Any) -> str:
    """Why it is refused when it is made, in one line."""
    with pytest.raises(InputError) as caught:
        Transformers(str(model), **arguments)
    said = str(caught.value)
    assert "\n" not in said
    return said


def refused_weights(model: Path) -> str:
    """Why its weights are refused, before anything is asked."""
    adapter = Transformers(str(model), device="cpu")
    with pytest.raises(InputError) as caught:
        asyncio.run(adapter.check())
    adapter.close()
    return str(caught.value)


# What is declared ---------------------------------------------------------------------------------------


def test_the_models_declare_what_they_take(tiny_qwen2_audio: str, tiny_audio_flamingo3: str) -> None:
    usual = Capabilities(
        rates=(16_000,),
        front_end_hz=16_000,
        max_channels=1,
        channels_kept=False,
        answer_modes=("text", "choice", "logprobs"),
        max_batch=4,
        max_in_flight=8,
        outcomes=tuple(outcome for outcome in Outcome if outcome != "blocked"),
        error_kinds=("bad_request", "audio", "dropped", "letters", "memory", "nan"),
    )
    for path, clips, seconds in ((tiny_qwen2_audio, None, 30.0), (tiny_audio_flamingo3, 1, 600.0)):
        declared = Transformers(path, device="cpu", batch=4).capabilities
        assert declared == usual.model_copy(update={"max_clips": clips, "max_seconds": seconds})


def test_the_rate_is_the_front_ends_own(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    checkpoint = copy(tiny_qwen2_audio, tmp_path)
    stated = json.loads((checkpoint / "processor_config.json").read_text("utf-8"))
    front = stated["feature_extractor"] | {"sampling_rate": 24_000}
    change(checkpoint / "processor_config.json", feature_extractor=front)
    declared = Transformers(str(checkpoint), device="cpu").capabilities
    assert (declared.rates, declared.front_end_hz) == ((24_000,), 24_000)


def test_who_knows_better_than_the_table_says_so(tiny_qwen2_audio: str) -> None:
    declared = resolve(
        f"transformers:{tiny_qwen2_audio}", {"max_clips": "2", "max_seconds": "10", "device": "cpu"}
    ).capabilities
    assert (declared.max_clips, declared.max_seconds) == (2, 10.0)


SECOND = 16_000


def _whisper(**options: Any) -> Any:
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor(feature_size=16)
    return lambda samples: extractor(
        samples, sampling_rate=SECOND, return_tensors="np", return_attention_mask=True, **options
    )["attention_mask"].sum()


def _own(name: str, key: str) -> Any:
    import transformers

    extractor = getattr(transformers, name)()
    return lambda samples: extractor([samples], return_tensors="pt")[key].sum()


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        ("qwen2_audio", _whisper),
        ("qwen3_omni_moe", lambda: _whisper(truncation=False, padding=True)),
        ("voxtral", lambda: _whisper(truncation=False, padding=True, pad_to_multiple_of=30 * SECOND)),
        ("gemma3n", lambda: _own("Gemma3nAudioFeatureExtractor", "input_features_mask")),
        ("gemma4", lambda: _own("Gemma4AudioFeatureExtractor", "input_features_mask")),
        ("phi4_multimodal", lambda: _own("Phi4MultimodalFeatureExtractor", "audio_embed_sizes")),
    ],
)
def test_the_table_says_what_the_librarys_front_ends_do_to_a_long_clip(kind: str, heard: Any) -> None:
    """Whether 31 s give more than 30 s do, in the front end itself."""
    front = heard()
    thirty, more = (int(front(np.full(n * SECOND, 0.1, np.float32))) for n in (30, 31))
    cuts = more == thirty

    class Processor:
        class feature_extractor:
            chunk_length = 30

    assert limits.limits_of(kind, Processor)[1] == (30.0 if cuts else None)


def test_an_architecture_that_is_not_listed_is_taken_to_cut() -> None:
    class Processor:
        class feature_extractor:
            chunk_length = 12

    assert limits.limits_of("new_model", Processor) == (None, 12.0)
    assert limits.limits_of("new_model", object()) == (None, None)


# What is refused ----------------------------------------------------------------------------------------


def test_a_model_that_does_not_exist_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be loaded" in refusal(tmp_path / "nowhere")
    assert "cannot be loaded" in refusal(tmp_path)  # a directory without a checkpoint
    assert "cannot be loaded" in refusal("no/such/name")
    assert "cannot be loaded" in refusal("")


ELSEWHERE = """
import time
time.sleep = lambda _: None  # the client's patience with a bad line, not ours
from starbench.adapters.transformers.model import Transformers
from starbench.errors import InputError
try:
    Transformers("Qwen/Qwen2-Audio-7B-Instruct")
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_hub_that_cannot_be_reached_is_one_sentence(offline: str, tmp_path: Path) -> None:
    """A process of its own: the client of the hub reads its settings when it is imported."""
    settings = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": offline}
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        capture_output=True,
        text=True,
        env=os.environ | settings,
        timeout=120,
        check=True,
    )
    (said,) = done.stdout.splitlines()
    assert said.startswith("model 'Qwen/Qwen2-Audio-7B-Instruct' cannot be loaded")


@pytest.mark.parametrize("missing", ["torch", "transformers", "jinja2"])
def test_a_missing_package_is_named_with_what_installs_it(
    missing: str, tiny_qwen2_audio: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    said = refusal(tiny_qwen2_audio)
    assert f"need {missing}," in said
    assert "pip install 'starbench[local]'" in said


CODE = """
from pathlib import Path
Path({mark!r}).write_text("executed")
from transformers import PretrainedConfig
class Config(PretrainedConfig):
    model_type = "foreign"
"""


def _foreign(checkpoint: Path, mark: Path) -> None:
    """Make a checkpoint that only its own code can load; running that code leaves a mark."""
    (checkpoint / "configuration.py").write_text(CODE.format(mark=str(mark)), "utf-8")
    auto = {"AutoConfig": "configuration.Config", "AutoModelForCausalLM": "configuration.Model"}
    change(checkpoint / "config.json", model_type="foreign", auto_map=auto)


def test_code_that_comes_with_a_checkpoint_is_not_executed(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    checkpoint, mark = copy(tiny_qwen2_audio, tmp_path), tmp_path / "mark"
    _foreign(checkpoint, mark)
    said = refusal(checkpoint, device="cpu")
    assert "--model-arg trust_remote_code=true" in said
    assert not mark.exists()


def test_code_that_comes_with_a_checkpoint_is_executed_on_request(
    tiny_qwen2_audio: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    checkpoint, mark = copy(tiny_qwen2_audio, tmp_path), tmp_path / "mark"
    _foreign(checkpoint, mark)
    adapter = Transformers(str(checkpoint), device="cpu", trust_remote_code=True)
    adapter.close()
    assert mark.read_text() == "executed"


def test_code_of_a_processor_is_not_executed_either(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    checkpoint, mark = copy(tiny_qwen2_audio, tmp_path), tmp_path / "mark"
    (checkpoint / "processing.py").write_text(CODE.format(mark=str(mark)), "utf-8")
    change(checkpoint / "processor_config.json", auto_map={"AutoProcessor": "processing.Processor"})
    adapter = Transformers(str(checkpoint), device="cpu")  # the library knows this one by itself
    adapter.close()
    change(
        checkpoint / "processor_config.json",
        processor_class="Foreign",
        auto_map={"AutoProcessor": "processing.Foreign"},
    )
    assert "trust_remote_code" in refusal(checkpoint, device="cpu")
    assert not mark.exists()


def test_a_model_without_ears_is_refused(tmp_path: Path, tiny_qwen2_audio: str) -> None:
    from transformers import AutoProcessor, Qwen2Config, Qwen2ForCausalLM

    tokenizer = AutoProcessor.from_pretrained(tiny_qwen2_audio).tokenizer
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert "has no processor for sound" in refusal(tmp_path)


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path, tiny_audio_flamingo3: str) -> None:
    checkpoint = copy(tiny_audio_flamingo3, tmp_path)
    (checkpoint / "chat_template.jinja").unlink()
    assert "no chat template" in refusal(checkpoint)


def test_missing_weights_are_refused_and_not_made_up(tmp_path: Path, tiny_qwen2_audio: str) -> None:
    from safetensors.torch import load_file, save_file

    checkpoint = copy(tiny_qwen2_audio, tmp_path)
    weights = load_file(checkpoint / "model.safetensors")
    lost = next(name for name in weights if "projector" in name and name.endswith("weight"))
    del weights[lost]
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    said = refused_weights(checkpoint)
    assert "lacks 1 of its weights" in said
    assert "projector" in said


@pytest.mark.parametrize("damage", ["cut", "garbage", "absent"])
def test_damaged_weights_are_one_sentence(damage: str, tmp_path: Path, tiny_qwen2_audio: str) -> None:
    checkpoint = copy(tiny_qwen2_audio, tmp_path)
    weights = checkpoint / "model.safetensors"
    if damage == "absent":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:5000] if damage == "cut" else b"no weights at all" * 9)
    assert "cannot be loaded" in refused_weights(checkpoint)


def test_pickled_weights_are_not_read(tmp_path: Path, tiny_qwen2_audio: str) -> None:
    import torch
    from safetensors.torch import load_file

    checkpoint = copy(tiny_qwen2_audio, tmp_path)
    torch.save(load_file(checkpoint / "model.safetensors"), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()
    assert "safetensors" in refused_weights(checkpoint)


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("device", "gpu", "device=gpu"),
        ("device", "cuda:77", "device=cuda:77"),
        ("batch", 0, "batch=0: must be at least 1"),
        ("max_new_tokens", 0, "max_new_tokens=0"),
        ("temperature", -1.0, "temperature=-1"),
        ("max_clips", -1, "max_clips=-1"),
        ("max_seconds", 0.0, "max_seconds=0: must be more than 0"),
    ],
)
def test_an_unusable_argument_is_named(argument: str, value: Any, said: str, tiny_qwen2_audio: str) -> None:
    assert said in refusal(tiny_qwen2_audio, **{argument: value})


def test_an_unknown_dtype_is_bad_input(tiny_qwen2_audio: str) -> None:
    with pytest.raises(InputError, match="dtype"):
        resolve(f"transformers:{tiny_qwen2_audio}", {"dtype": "int4"})


# What is loaded -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16"])
def test_the_weights_have_the_type_asked_for(dtype: Any, tiny_qwen2_audio: str) -> None:
    import torch

    adapter = Transformers(tiny_qwen2_audio, device="cpu", dtype=dtype, max_new_tokens=2)
    assert adapter._ready().model.dtype == (torch.bfloat16 if dtype == "bfloat16" else torch.float32)
    answer = asyncio.run(adapter.generate(question(tone(), answer_mode="logprobs")))
    adapter.close()
    assert answer.letter_logprobs is not None


def test_a_model_with_a_voice_is_loaded_without_it() -> None:
    from starbench.adapters.transformers.loading import Checkpoint, model_class

    class Config:
        model_type = "qwen2_5_omni"
        architectures = ("Qwen2_5OmniModel",)

    checkpoint = Checkpoint("x", None, False, Config, None, 16_000)
    assert model_class(checkpoint).__name__ == "Qwen2_5OmniThinkerForConditionalGeneration"


def test_what_answered_is_told_apart_by_its_weights(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    from tiny_lalms import build_qwen2_audio

    same, other = copy(tiny_qwen2_audio, tmp_path), tmp_path / "elsewhere" / "copy"
    build_qwen2_audio(other, seed=1)
    names = [_served(str(path)) for path in (tiny_qwen2_audio, same, other)]
    assert [name.partition("@")[0] for name in names] == [Path(tiny_qwen2_audio).name, "copy", "copy"]
    digests = [name.partition("@")[2] for name in names]
    assert digests[0] == digests[1] != digests[2]


def _served(path: str) -> str:
    adapter = Transformers(path, device="cpu", max_new_tokens=1)
    served = asyncio.run(adapter.generate(question(tone()))).served_model
    adapter.close()
    assert served is not None
    return served


ASKED = """
import asyncio, sys
sys.path.append(sys.argv[2])
from sound_prompts import question, tone
from starbench.adapters.transformers.model import Transformers
adapter = Transformers(sys.argv[1], device="cpu", max_new_tokens=2, temperature=0.7)
asyncio.run(adapter.generate(question(tone())))
adapter.close()
"""


def test_the_library_keeps_quiet(tiny_qwen2_audio: str) -> None:
    """Even where it is told to talk: progress bars and log lines would garble ours."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASKED, tiny_qwen2_audio, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        env=os.environ | {"TRANSFORMERS_VERBOSITY": "info"},
        timeout=120,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_the_librarys_settings_are_put_back(tiny_qwen2_audio: str) -> None:
    from transformers.utils import logging as theirs

    theirs.set_verbosity_info()
    try:
        adapter = Transformers(tiny_qwen2_audio, device="cpu", max_new_tokens=2)
        asyncio.run(adapter.generate(question(tone())))
        adapter.close()
        assert theirs.get_verbosity() == logging.INFO
        assert theirs.is_progress_bar_enabled()
    finally:
        theirs.set_verbosity_warning()
