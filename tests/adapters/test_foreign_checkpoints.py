"""Separators and recognisers of other projects, from folders as those projects write them, with random weights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import foreign_checkpoints
import numpy as np
import pytest

from starbench.errors import InputError
from starbench.models.processor import resolve_recogniser, resolve_separator

#: These projects warn of what their own code does.
pytestmark = [pytest.mark.local, pytest.mark.filterwarnings("ignore")]

RATE = 8_000
NOISE = 0.1 * np.random.default_rng(0).standard_normal((RATE, 2))


def recognised(spec: str, samples: np.ndarray, rate: int, **arguments: str) -> str:
    return asyncio.run(resolve_recogniser(spec, arguments)(samples, rate))


@pytest.mark.parametrize(
    ("package", "save"),
    [("speechbrain", foreign_checkpoints.save_sepformer), ("espnet2", foreign_checkpoints.save_tcn)],
)
def test_a_separator_of_one_channel_keeps_both_ears(
    package: str, save: Callable[[Path], None], tmp_path: Path
) -> None:
    pytest.importorskip(package)
    save(tmp_path / "net")
    before = {path.name: path.read_bytes() for path in (tmp_path / "net").iterdir()}
    ears = NOISE * [1.0, 0.25]
    streams = resolve_separator(f"checkpoint:{tmp_path / 'net'}")(ears, RATE, 0)
    assert streams.shape == (2, *ears.shape)
    np.testing.assert_allclose(streams.sum(axis=0), ears, atol=1e-4)
    assert np.abs(streams[0] - streams[1]).max() > 1e-3
    again = resolve_separator(f"checkpoint:{tmp_path / 'net'}")(ears, RATE, 0)
    np.testing.assert_array_equal(streams, again)
    assert {path.name: path.read_bytes() for path in (tmp_path / "net").iterdir()} == before


def test_phones_are_read_from_what_espnet_writes(tmp_path: Path) -> None:
    pytest.importorskip("espnet2")
    foreign_checkpoints.save_phone_recogniser(tmp_path / "net")
    phones = recognised(f"powsm:{tmp_path / 'net'}", NOISE, RATE).split()
    assert phones
    assert {f"/{phone}/" for phone in phones} <= set(foreign_checkpoints.PHONES)


def test_words_are_those_that_transformers_finds(tmp_path: Path) -> None:
    import transformers

    foreign_checkpoints.save_whisper(tmp_path / "net")
    spec = f"speech-to-text:{tmp_path / 'net'}"
    words = recognised(spec, np.repeat(NOISE, 2, axis=0), 2 * RATE, max_tokens="5")
    assert len(words.split()) == 5
    assert set(words.split()) <= set(foreign_checkpoints.WORDS)
    processor = transformers.AutoProcessor.from_pretrained(tmp_path / "net")
    model = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / "net")
    inputs = processor(np.repeat(NOISE, 2, axis=0).mean(axis=1), sampling_rate=2 * RATE, return_tensors="pt")
    expected = processor.batch_decode(model.generate(**inputs, max_new_tokens=5), skip_special_tokens=True)
    assert words == expected[0]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        resolve_recogniser(f"speech-to-text:{tmp_path}")
    with pytest.raises(InputError, match="holds neither"):
        resolve_separator(f"checkpoint:{tmp_path}")
    with pytest.raises(InputError, match="lacks the file that ESPnet calls"):
        resolve_recogniser(f"powsm:{tmp_path}")
