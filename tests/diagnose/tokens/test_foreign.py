"""Checkpoints with code of their own, by random stand-ins: never executed unless trusted, never from elsewhere."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from cochlear_sounds import tones

from starbench.diagnose.tokens.experiment import measure_foreign
from starbench.diagnose.tokens.foreign import ForeignNextCodeModel, ForeignTokenizer
from starbench.diagnose.tokens.opening import open_tokenizer
from starbench.diagnose.tokens.sounds import MonoSound, SoundSet
from starbench.errors import InputError, PluginError
from starbench.models.encoder import resolve_encoder

pytestmark = pytest.mark.local
#: As WavCoch's: a class of transformers that gives input_ids for (1, 1, n), and imports where version 4 had it.
_CODE = """
import pathlib
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.tokenization_utils import BatchEncoding

pathlib.Path({marker!r}).write_text("executed")


class StandInConfig(PretrainedConfig):
    model_type = "stand-in"

    def __init__(self, vocab_size=64, hop_length=80, bands=20, **others):
        super().__init__(**others)
        self.vocab_size, self.hop_length, self.bands = vocab_size, hop_length, bands


class Tokenizer(PreTrainedModel):
    config_class = StandInConfig

    def __init__(self, config):
        super().__init__(config)
        self.read = torch.nn.Conv1d(1, 6, config.hop_length, config.hop_length)
        self.table = torch.nn.Embedding(config.vocab_size, config.bands)
        self.post_init()

    def forward(self, wav):
        bits = (self.read(wav)[0] > 0).long()
        return BatchEncoding({{"input_ids": (bits.T * 2 ** torch.arange(6)).sum(-1)[None]}})

    def decode(self, ids):
        return self.table(ids).transpose(1, 2)


class Predictor(PreTrainedModel):
    config_class = StandInConfig

    def __init__(self, config):
        super().__init__(config)
        self.table = torch.nn.Embedding(config.vocab_size, config.vocab_size)
        self.post_init()

    def forward(self, ids):
        return {{"logits": self.table(ids)}}
"""


def checkpoint(folder: Path, of: str, **changes: object) -> Path:
    """A folder with code and random weights, as a snapshot of the hub is."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    module = f"modeling_{of.lower()}_{folder.parent.name.replace('-', '_')}"
    (folder / f"{module}.py").write_text(_CODE.format(marker=str(folder / "marker")))
    config = {
        "model_type": "stand-in",
        "architectures": [of],
        "auto_map": {"AutoConfig": f"{module}.StandInConfig", "AutoModel": f"{module}.{of}"},
        "vocab_size": 64,
        **changes,
    }
    (folder / "config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    read, tables = torch.nn.Conv1d(1, 6, 80, 80), torch.nn.Embedding(64, 20 if of == "Tokenizer" else 64)
    weights = {"table.weight": tables.weight.data}
    if of == "Tokenizer":
        weights |= {"read.weight": read.weight.data, "read.bias": read.bias.data}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


SOUNDS = tones(12)[0]


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "wavcoch", "Tokenizer")


@pytest.fixture
def predictor(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "auristream", "Predictor")


def test_no_code_is_executed_unless_it_is_trusted(tokenizer: Path, predictor: Path) -> None:
    for load in (
        lambda: open_tokenizer(tokenizer, is_trusted=False),
        lambda: ForeignNextCodeModel(predictor, is_trusted=False),
        lambda: resolve_encoder(f"tokens:{tokenizer}"),
        lambda: resolve_encoder(f"tokens:{tokenizer}", {"trust_remote_code": "false"}),
    ):
        with pytest.raises(InputError, match="read that code, and if you trust it"):
            load()
    assert not (tokenizer / "marker").exists()
    assert not (predictor / "marker").exists()


def test_code_that_is_trusted_gives_codes_and_a_cochleagram(tokenizer: Path) -> None:
    loaded = open_tokenizer(tokenizer, is_trusted=True)
    assert (tokenizer / "marker").exists()
    codes = loaded.codes(SOUNDS[0])
    assert codes.size == SOUNDS[0].size // 80
    assert (loaded.bits, codes.max() < 64) == (6, True)
    decoded = loaded.decoded(codes)
    assert decoded is not None
    assert decoded.shape == (codes.size, 20)


@pytest.mark.parametrize("name", ["TuKoResearch/WavCochV8192", "somebody/else"])
def test_a_name_of_the_hub_is_no_folder(name: str) -> None:
    with pytest.raises(InputError, match="never from a hub"):
        open_tokenizer(Path(name), is_trusted=True)
    with pytest.raises(InputError, match="there is no folder"):
        ForeignNextCodeModel(Path(name), is_trusted=True)


def test_code_that_lies_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    auto_map = {"AutoModel": "TuKoResearch/AuriStream-base--modeling_auristream.AuriStream"}
    folder = checkpoint(tmp_path / "elsewhere", "Tokenizer", auto_map=auto_map)
    with pytest.raises(InputError, match="code that is not in the folder"):
        open_tokenizer(folder, is_trusted=True)
    assert not (folder / "marker").exists()


def test_pickled_weights_are_not_read(tokenizer: Path) -> None:
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(tokenizer / "model.safetensors"), tokenizer / "pytorch_model.bin")
    (tokenizer / "model.safetensors").unlink()
    with pytest.raises(PluginError, match="failed"):
        open_tokenizer(tokenizer, is_trusted=True)


def test_weights_that_are_missing_are_no_random_numbers(tokenizer: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(tokenizer / "model.safetensors")
    del weights["table.weight"]
    save_file(weights, tokenizer / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="lacks 1 of its weights"):
        open_tokenizer(tokenizer, is_trusted=True)


def test_codes_beyond_what_the_configuration_says_are_an_error(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "wrong", "Tokenizer", vocab_size=64)
    loaded = ForeignTokenizer(folder, is_trusted=True)
    loaded.size = 2
    with pytest.raises(PluginError, match="input_ids are not numbers from 0 to 1"):
        loaded.codes(SOUNDS[0])


def test_the_next_code_is_told_as_its_logits_say(predictor: Path) -> None:
    from safetensors.numpy import load_file

    codes = np.array([3, 1, 4, 1, 5])
    table = load_file(predictor / "model.safetensors")["table.weight"].astype(np.float64)
    expected = [table[a, b] - np.log(np.exp(table[a]).sum()) for a, b in itertools.pairwise(codes)]
    found = ForeignNextCodeModel(predictor, is_trusted=True).log_probabilities(codes)
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_checkpoint_is_measured_on_the_same_sounds(tokenizer: Path, predictor: Path) -> None:
    sounds = SoundSet(tuple(MonoSound("tones", one, k % 4 == 0) for k, one in enumerate(SOUNDS)), ())
    record = measure_foreign(tokenizer, predictor, sounds, 0, is_trusted=True)
    assert (record.kind, record.bits, record.bands, record.codes_per_second) == ("foreign", 6, 20, 200)
    assert record.reconstruction == ()  # its bands are not ours
    assert record.next_code is not None
    assert record.next_code.uniform == 64
    assert (
        record.next_code.bits_gained_interval[1] < 0
    )  # random weights tell codes worse than their shares do


def test_its_layers_can_be_probed(tokenizer: Path) -> None:
    from starbench.audio import Audio, quantise

    encoder = resolve_encoder(f"tokens:{tokenizer}", {"trust_remote_code": "true"})
    layers = encoder.encode(Audio(quantise(SOUNDS[0][:, None]), 16_000))
    assert {name: array.shape[1] for name, array in layers.items()} == {
        "cochleagram": 64,
        "decoded tokens": 20,
        "bits": 6,
    }
    assert encoder.random_twin is None
