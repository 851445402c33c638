"""The layers of a tokenizer as probes get them, and that no layer tells more than the one before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cochlear_sounds import tones

from starbench.audio import Audio, quantise
from starbench.diagnose.tokens import store
from starbench.diagnose.tokens.training import Training, train
from starbench.errors import InputError
from starbench.models.encoder import NamedEncoder, resolve_encoder

pytestmark = pytest.mark.local
LAYERS = ("cochleagram", "decoded tokens", "bits")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    how = Training(steps=80, batch=6, segment_frames=50, learning_rate=3e-3, width=32, bits=7)
    path = tmp_path_factory.mktemp("tokens")
    store.save(path, train(tones(40)[0], how))
    return path


@pytest.fixture(scope="module")
def encoder(folder: Path) -> NamedEncoder:
    return resolve_encoder(f"tokens:{folder}")


def clip(*channels: np.ndarray, rate: int = 16_000) -> Audio:
    return Audio(quantise(np.stack(channels, axis=1)), rate)


def test_channels_stand_side_by_side(encoder: NamedEncoder) -> None:
    left, right = tones(2, seed=5)[0]
    both, swapped = encoder.encode(clip(left, right)), encoder.encode(clip(right, left))
    assert tuple(both) == LAYERS
    assert {name: array.shape for name, array in both.items()} == {
        "cochleagram": (120, 128),
        "decoded tokens": (120, 128),
        "bits": (120, 14),
    }
    for name, array in both.items():
        half = array.shape[1] // 2
        assert np.array_equal(array, np.roll(swapped[name], half, axis=1))
    assert set(np.unique(both["bits"])) == {-1.0, 1.0}
    assert [encoder.stage(layer) for layer in LAYERS] == ["loader", "encoder", "encoder"]


def test_any_rate_is_heard_at_16_khz(encoder: NamedEncoder) -> None:
    sound = tones(1, seed=5)[0][0]
    layers = encoder.encode(clip(np.repeat(sound, 3), rate=48_000))
    assert {len(array) for array in layers.values()} == {120}
    assert encoder.delivered is not None
    assert encoder.delivered(clip(np.repeat(sound, 3), rate=48_000)).rate == 16_000


def explained(features: np.ndarray, target: np.ndarray) -> float:
    """R² on the last third of clips of a kernel ridge regression on the others, at the best of several penalties."""
    n = len(target) * 2 // 3
    mean, deviation = features[:n].mean(axis=0), features[:n].std(axis=0)
    x = ((features - mean) / np.where(deviation > 1e-6, deviation, np.inf)) / np.sqrt(features.shape[1])
    kernel = np.exp(-np.square(x[:, None] - x[None, :n]).sum(axis=2))
    y, found = target - target[:n].mean(), []
    for penalty in (1e-3, 1e-2, 1e-1, 1.0):
        weights = np.linalg.solve(kernel[:n] + penalty * np.eye(n), y[:n])
        found.append(
            1 - np.square(y[n:] - kernel[n:] @ weights).sum() / np.square(y[n:] - y[n:].mean()).sum()
        )
    return max(found)


def test_probes_read_no_more_from_tokens_than_from_the_cochleagram(encoder: NamedEncoder) -> None:
    sounds, drawn = tones(180, seed=7)
    pooled: dict[str, list[np.ndarray]] = {}
    for sound in sounds:
        for name, array in encoder.encode(clip(sound)).items():
            pooled.setdefault(name, []).append(np.concatenate([array.mean(0), array.std(0), array.max(0)]))
    features = {name: np.array(rows, dtype=np.float64) for name, rows in pooled.items()}
    # Level is what so few codes lose most. Of pitch and duration no less need be read: a probe of few clips reads them
    # better where level is quantised, though codes tell nothing that the cochleagram does not.
    r2 = {name: explained(features[name], drawn["level"]) for name in LAYERS}
    assert r2["cochleagram"] > 0.75, r2
    assert r2["decoded tokens"] < r2["cochleagram"] - 0.1, r2
    assert r2["bits"] < r2["cochleagram"] - 0.1, r2


def test_a_random_twin_is_another_network_of_the_same_shape(encoder: NamedEncoder) -> None:
    sound = clip(tones(1, seed=5)[0][0])
    twins = [encoder.twin(seed) for seed in (0, 0, 1)]
    layers = [twin.encode(sound) for twin in twins if twin is not None]
    assert np.array_equal(layers[0]["bits"], layers[1]["bits"])
    assert not np.array_equal(layers[0]["bits"], layers[2]["bits"])
    assert not np.array_equal(layers[0]["bits"], encoder.encode(sound)["bits"])
    assert np.array_equal(layers[0]["cochleagram"], encoder.encode(sound)["cochleagram"])


def test_any_codec_is_a_function(tmp_path: Path) -> None:
    (tmp_path / "codec.py").write_text(
        "import io, soundfile\n"
        "from starbench.measure.cochlea import cochleagram\n"
        "def encode(audio):\n"
        "    coded = io.BytesIO()\n"
        "    soundfile.write(coded, audio.samples, audio.rate, format='OGG', subtype='VORBIS')\n"
        "    coded.seek(0)\n"
        "    decoded, rate = soundfile.read(coded, always_2d=True)\n"
        "    return {'cochleagram': cochleagram(audio.samples, audio.rate), 'decoded': cochleagram(decoded, rate)}\n"
    )
    layers = resolve_encoder(f"{tmp_path / 'codec.py'}:encode").encode(clip(tones(1)[0][0]))
    assert layers["decoded"].shape == layers["cochleagram"].shape
    assert 0 < np.abs(layers["decoded"] - layers["cochleagram"]).mean() < 0.05


@pytest.mark.parametrize("content", [None, {}])
def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path, content: dict | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no tokenizer"):
        resolve_encoder(f"tokens:{tmp_path}")
