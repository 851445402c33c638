"""Networks whose weights come with a package, and speech models: what they give, and that it is what they compute."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from starbench.adapters.encoders import packaged
from starbench.adapters.encoders.onnx_graph import with_outputs
from starbench.audio import Audio, quantise
from starbench.errors import InputError
from starbench.models.encoder import NamedEncoder, resolve_encoder

RATE, SECONDS = 48_000, 0.8
PACKAGES = {
    "crepe": "torchcrepe",
    "resemblyzer": "resemblyzer",
    "silero": "silero_vad",
    "smart-turn": "pipecat",
}


def tone(f0_hz: float, level: float = 0.1, channels: tuple[float, ...] = (1.0, 0.5)) -> Audio:
    wave = level * np.sin(2 * np.pi * f0_hz * np.arange(round(SECONDS * RATE)) / RATE)
    return Audio(quantise(wave[:, None] * np.array(channels)), RATE)


def encoder(name: str) -> NamedEncoder:
    if find_spec(PACKAGES[name]) is None:
        pytest.skip(f"{PACKAGES[name]} is not installed")
    return resolve_encoder(name)


@pytest.mark.local
@pytest.mark.parametrize("name", PACKAGES)
def test_layers_of_packaged_weights(name: str) -> None:
    one = encoder(name)
    assert one.note
    layers = one.encode(tone(440.0))
    assert one.stage(next(iter(layers))) == "loader"
    assert {one.stage(layer) for layer in layers} == {"loader", "encoder"}
    for frames in layers.values():
        assert frames.ndim == 2
        assert frames.dtype == np.float32
        assert np.isfinite(frames).all()
    again = one.encode(tone(440.0))
    assert all(np.array_equal(layers[layer], again[layer]) for layer in layers)

    twin = one.twin(1)
    assert twin is not None
    random = twin.encode(tone(440.0))
    assert {layer: frames.shape for layer, frames in random.items()} == {
        layer: frames.shape for layer, frames in layers.items()
    }
    loader, *deep = layers
    assert np.array_equal(random[loader], layers[loader])
    assert not any(np.allclose(random[layer], layers[layer]) for layer in deep)

    assert one.delivered is not None
    delivered = one.delivered(tone(440.0))
    assert (delivered.channels, delivered.rate) == (1, 16_000)
    assert delivered.seconds == pytest.approx(SECONDS, abs=0.03)


@pytest.mark.local
def test_crepe_hears_pitch_and_no_level() -> None:
    one = encoder("crepe")
    for f0_hz in (220.0, 440.0, 880.0):
        pitches = one.encode(tone(f0_hz))["pitches"][10:-10].mean(axis=0)
        cents = 1997.3794 + 20.0 * pitches.argmax()
        assert 10.0 * 2 ** (cents / 1200) == pytest.approx(f0_hz, rel=0.02)
    soft, loud = (one.encode(tone(440.0, level))["frames"] for level in (0.02, 0.5))
    assert np.abs(soft - loud)[5:-5].max() < 0.05


@pytest.mark.local
def test_a_shuffled_graph_has_the_same_weights() -> None:
    encoder("silero")
    path = packaged.weights_path("silero_vad", "silero-vad", "data", "silero_vad_16k_sequence.onnx")
    model = path.read_bytes()
    shuffled = with_outputs(model, [], shuffle_seed=1)
    assert with_outputs(model, []) == model
    assert len(shuffled) == len(model)
    assert shuffled != model
    assert sorted(model) == sorted(shuffled)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(InputError, match="pip install Nowhere"):
        packaged.weights_path("no_such_package", "Nowhere", "weights.pt")
    with pytest.raises(InputError, match=r"lacks weights\.pt: pip install numpy"):
        packaged.weights_path("numpy", "numpy", "weights.pt")


def save_speech_model(kind: str, path: Path) -> None:
    import torch
    import transformers

    library: Any = transformers  # its configurations are not typed as they are called
    torch.manual_seed(0)
    if kind == "whisper":
        sizes = {
            f"{part}_{what}": 2 for part in ("encoder", "decoder") for what in ("layers", "attention_heads")
        }
        widths = {
            "d_model": 16,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "num_mel_bins": 16,
            "vocab_size": 100,
        }
        tokens = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 0)
        library.WhisperModel(library.WhisperConfig(**sizes, **widths, **tokens)).save_pretrained(path)
        library.WhisperFeatureExtractor(feature_size=16).save_pretrained(path)
        return
    config = library.HubertConfig(
        hidden_size=16,
        intermediate_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        conv_dim=(8, 8),
        conv_stride=(5, 4),
        conv_kernel=(10, 4),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    library.HubertModel(config).save_pretrained(path)
    library.Wav2Vec2FeatureExtractor().save_pretrained(path)


@pytest.mark.local
@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_speech_models_by_path(kind: str, tmp_path: Path) -> None:
    save_speech_model(kind, tmp_path)
    one = resolve_encoder(f"speech:{tmp_path}")
    layers = one.encode(tone(440.0))
    assert list(layers) == ["input", "tower 1", "tower 2"]
    assert layers["tower 1"].shape[1] == 16
    if kind == "whisper":  # of 30 s, the clip alone
        assert len(layers["input"]) == 100 * SECONDS
        assert len(layers["tower 2"]) == 50 * SECONDS
    twin = one.twin(3)
    assert twin is not None
    assert not np.allclose(twin.encode(tone(440.0))["tower 2"], layers["tower 2"])


@pytest.mark.local
def test_a_speech_model_without_its_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        resolve_encoder(f"speech:{tmp_path}")
