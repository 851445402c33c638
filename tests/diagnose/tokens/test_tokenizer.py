"""A tokenizer learns, is the same after a round trip through the disk, and from the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cochlear_sounds import tones

from starbench.diagnose.tokens import interface, store
from starbench.diagnose.tokens.interface import HOP, bits_of, cochleagram_of
from starbench.diagnose.tokens.measure import codes_used, reconstruction
from starbench.diagnose.tokens.next_code import NextCodeTraining, train_next_code
from starbench.diagnose.tokens.sounds import MonoSound
from starbench.diagnose.tokens.training import Training, train
from starbench.errors import InputError

pytestmark = pytest.mark.local
SOUNDS, _ = tones(120)
HELD_OUT = [MonoSound("tones", samples, True) for samples in tones(24, seed=1)[0]]
SMALL = Training(steps=120, batch=8, segment_frames=50, width=64, bits=7)


def small(**changes: int) -> Training:
    return Training(**{**SMALL.__dict__, **changes})


@pytest.fixture(scope="module")
def trained():
    return train(SOUNDS, SMALL)


def weights(tokenizer) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in tokenizer.network.state_dict().items()}


def same(one, other) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_it_comes_back_from_the_disk_bit_for_bit(trained, tmp_path: Path) -> None:
    codes = [trained.codes(sound) for sound in SOUNDS]
    model = train_next_code(codes, 2**7, NextCodeTraining(steps=3, layers=1, width=16, heads=2, context=32))
    store.save(tmp_path / "tokens", trained, model)
    read, again = store.load_tokenizer(tmp_path / "tokens"), store.load_next_code(tmp_path / "tokens")
    assert same(trained, read)
    assert again is not None
    for sound in HELD_OUT:
        assert np.array_equal(trained.codes(sound.samples), read.codes(sound.samples))
        ours = trained.codes(sound.samples)
        assert np.array_equal(trained.decoded(ours), read.decoded(ours))
        assert np.array_equal(model.log_probabilities(ours), again.log_probabilities(ours))
    assert {path.suffix for path in (tmp_path / "tokens").iterdir()} == {".json", ".safetensors"}


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before() -> None:
    import torch

    first = train(SOUNDS, small(steps=8))
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert same(train(SOUNDS, small(steps=8)), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not same(train(SOUNDS, small(steps=2)), train(SOUNDS, small(steps=2, seed=1)))


def test_training_gives_more_of_the_cochleagram_back(trained) -> None:
    (early,), (late,) = (
        reconstruction(one, HELD_OUT, 0) for one in (train(SOUNDS, small(steps=15)), trained)
    )
    assert early.interval[1] < 0.1 < late.interval[0]
    assert late.r2 < 1
    assert late.clips == len(HELD_OUT)


def test_r2_is_one_for_a_perfect_decoder_and_zero_for_the_mean() -> None:
    class Perfect:
        def codes(self, samples):
            self.samples = samples
            return np.zeros(1, np.int64)

        def decoded(self, codes):
            return cochleagram_of(self.samples)

    class Mean(Perfect):
        def decoded(self, codes):
            everything = np.concatenate([cochleagram_of(one.samples) for one in HELD_OUT])
            return np.tile(everything.mean(axis=0), (len(cochleagram_of(self.samples)), 1))

    assert reconstruction(Perfect(), HELD_OUT, 0)[0].r2 == 1
    assert reconstruction(Mean(), HELD_OUT, 0)[0].r2 == pytest.approx(0, abs=1e-5)


def test_what_comes_later_changes_no_code_but_within_half_a_window(trained) -> None:
    sound, cut = SOUNDS[0].copy(), 4_000
    before = trained.codes(sound)
    sound[cut:] = 0.1 * np.random.default_rng(0).standard_normal(sound.size - cut)
    after = trained.codes(sound)
    untouched = (cut - 501) // HOP - 1
    assert np.array_equal(before[:untouched], after[:untouched])
    assert not np.array_equal(before, after)


def test_frames_of_codes_and_of_the_cochleagram_are_the_same_moments(trained) -> None:
    for samples in (SOUNDS[0], SOUNDS[0][:4_001], SOUNDS[0][:30]):
        codes = trained.codes(samples)
        assert codes.size == len(cochleagram_of(samples)) == len(trained.decoded(codes))


def test_bits_are_those_of_the_quantizer() -> None:
    from vector_quantize_pytorch import LFQ

    quantizer = LFQ(codebook_size=8192, dim=13).eval()
    codes = np.array([0, 1, 4096, 5461, 8191])
    import torch

    assert np.array_equal(bits_of(codes, 13), quantizer.indices_to_codes(torch.from_numpy(codes)[None])[0])


def test_codes_used_are_counted_by_hand() -> None:
    found = codes_used([np.array([0, 0, 1, 1]), np.array([2, 2, 3, 3])], 8)
    assert (found.used, found.frames, found.size) == (4, 8, 8)
    assert found.perplexity == pytest.approx(4)


@pytest.mark.parametrize("damage", ["swapped", "truncated", "missing"])
def test_damaged_weights_are_refused(trained, tmp_path: Path, damage: str) -> None:
    store.save(tmp_path, trained)
    path = tmp_path / "tokenizer.safetensors"
    if damage == "swapped":
        store.save(tmp_path / "other", train(SOUNDS, small(steps=1)))
        path.write_bytes((tmp_path / "other" / "tokenizer.safetensors").read_bytes())
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.unlink()
    with pytest.raises(InputError, match=r"tokenizer\.safetensors"):
        store.load_tokenizer(tmp_path)


def test_a_sound_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="no sound lasts"):
        train([SOUNDS[0][:800]], SMALL)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "_NEEDED", ("torch", "no_such_package"))
    with pytest.raises(InputError, match=r"starbench\[tokens\]"):
        interface.require()
