"""Sound in, sound out: what leaves for a model is what lay in the file, and nothing besides."""

from __future__ import annotations

import io
import os
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from starbench.audio import FULL_SCALE, NOISE_DBFS, Audio, decode, quantise, read_header, resample, transform
from starbench.errors import AudioError, InputError

RATE = 16000

pcm = hnp.arrays(np.int16, st.tuples(st.integers(1, 60), st.integers(1, 3)))


def written(path: Path, samples: NDArray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def noise(n: int, channels: int = 1) -> NDArray[np.int16]:
    return np.random.default_rng(7).integers(-FULL_SCALE, FULL_SCALE, (n, channels), dtype=np.int16)


def chunks(riff: bytes) -> list[tuple[bytes, int]]:
    """Name and size of every chunk of a RIFF file, read by hand."""
    assert riff[:4] == b"RIFF"
    assert riff[8:12] == b"WAVE"
    assert struct.unpack("<I", riff[4:8])[0] == len(riff) - 8
    found, at = [], 12
    while at < len(riff):
        size = struct.unpack("<I", riff[at + 4 : at + 8])[0]
        found.append((riff[at : at + 4], size))
        at += 8 + size + size % 2
    return found


# --- what leaves ----------------------------------------------------------------------------------


@given(pcm=pcm, rate=st.sampled_from([8000, 22050, 44100, 48000, 192000]))
def test_a_wav_holds_the_samples_bit_for_bit_and_nothing_else(pcm: NDArray[np.int16], rate: int) -> None:
    data = Audio(pcm, rate).wav
    size = pcm.size * 2
    assert len(data) == 44 + size
    assert chunks(data) == [(b"fmt ", 16), (b"data", size)]
    form, channels, sent_rate, bytes_a_second, block, bits = struct.unpack("<HHIIHH", data[20:36])
    assert (form, channels, sent_rate, bits) == (1, pcm.shape[1], rate, 16)
    assert (block, bytes_a_second) == (2 * channels, 2 * channels * rate)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (channels, rate, len(pcm))
        assert file.readframes(len(pcm)) == pcm.astype("<i2").tobytes()
    read, read_rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    assert read_rate == rate
    assert np.array_equal(read, pcm)


@pytest.mark.parametrize("container", ["wav", "flac", "rf64"])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_sixteen_bit_files_survive_bit_for_bit_in_any_container(tmp_path, container, channels) -> None:
    samples = noise(1001, channels)
    samples[:4] = [[-32768] * channels, [32767] * channels, [0] * channels, [-1] * channels]
    audio = decode(written(tmp_path / f"clip.{container}", samples, 44100))
    assert (audio.rate, audio.channels) == (44100, channels)
    assert np.array_equal(audio.pcm, samples)
    assert decode(audio.wav).wav == audio.wav


def test_tags_and_foreign_chunks_of_a_source_never_leave(tmp_path) -> None:
    path = tmp_path / "secret_answer_is_B.wav"
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        file.title, file.comment, file.artist = "ANSWER-B", "ANSWER-B", "ANSWER-B"
        file.write(noise(500))
    assert b"ANSWER-B" in path.read_bytes(), "the source must have tags, or nothing is shown"
    audio = decode(path)
    assert len(audio.wav) == 44 + 1000
    assert b"ANSWER" not in audio.wav
    assert b"secret" not in audio.wav
    tagged = tmp_path / "tagged.flac"
    with soundfile.SoundFile(tagged, "w", RATE, 1, "PCM_16") as file:
        file.title = "ANSWER-B"
        file.write(noise(500))
    assert decode(tagged).wav == audio.wav


def test_equal_sound_has_one_digest_whatever_the_file(tmp_path) -> None:
    samples = noise(800, 2)
    digests = {decode(written(tmp_path / f"x.{kind}", samples)).digest for kind in ("wav", "flac", "rf64")}
    assert digests == {Audio(samples, RATE).digest}


def test_digests_tell_apart_what_sounds_different() -> None:
    samples = noise(800, 2)
    changed = samples.copy()
    changed[-1, -1] ^= 1
    different = [
        Audio(samples, RATE),
        Audio(samples, RATE + 1),
        Audio(changed, RATE),
        Audio(samples[:-1], RATE),
        Audio(samples.reshape(-1, 1), RATE),
        Audio(np.ascontiguousarray(samples[:, ::-1]), RATE),
    ]
    assert len({audio.digest for audio in different}) == len(different)


def test_samples_cannot_be_changed_behind_the_digest() -> None:
    audio = Audio(noise(10), RATE)
    with pytest.raises(ValueError, match="read-only"):
        audio.pcm[0] = 1


def test_float_view_is_exact() -> None:
    audio = Audio(np.array([[-32768], [16384], [1]], np.int16), RATE)
    assert audio.samples.dtype == np.float32
    assert audio.samples[:, 0].tolist() == [-1.0, 0.5, 1 / 32768]


# --- rounding to 16 bits --------------------------------------------------------------------------


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE", "PCM_24", "PCM_32", "PCM_U8"])
def test_other_encodings_are_rounded_by_no_more_than_half_a_step(tmp_path, subtype) -> None:
    wanted = np.linspace(-0.99, 0.99, 997)[:, None]
    path = written(tmp_path / "x.wav", wanted, subtype=subtype)
    exact = soundfile.read(path, dtype="float64", always_2d=True)[0]
    assert np.abs(decode(path).pcm / FULL_SCALE - exact).max() <= 0.5 / FULL_SCALE


@given(hnp.arrays(np.int16, (20, 1)))
def test_sixteen_bit_values_as_floats_come_back_unchanged(samples: NDArray[np.int16]) -> None:
    assert np.array_equal(quantise(samples / FULL_SCALE), samples)


@pytest.mark.parametrize("peak", [1.0001, -1.0001, 1.5, -40.0, float("inf"), float("-inf"), float("nan")])
def test_samples_that_sixteen_bits_cannot_hold_are_refused_by_name(tmp_path, peak) -> None:
    path = written(tmp_path / "loud.wav", np.array([[0.1], [peak], [0.1]]), subtype="FLOAT")
    with pytest.raises(AudioError, match=r"loud\.wav"):
        decode(path)


@pytest.mark.parametrize(("peak", "code"), [(1.0, 32767), (-1.0, -32768)])
def test_exactly_full_scale_is_held(tmp_path, peak, code) -> None:
    path = written(tmp_path / "full.wav", np.array([[0.0], [peak]]), subtype="FLOAT")
    assert decode(path).pcm[:, 0].tolist() == [0, code]


# --- damaged files --------------------------------------------------------------------------------


def _half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _hungry_flac(path: Path) -> None:
    """A header that asks for 34 GB: highest rate, 8 channels, 3,509 s of them."""
    soundfile.write(path, noise(2000), RATE, format="FLAC")
    data = bytearray(path.read_bytes())
    data[18:26] = ((655350 << 44) | (7 << 41) | (15 << 36) | 2_300_000_000).to_bytes(8, "big")
    path.write_bytes(data)


DAMAGE = {
    "garbage.wav": lambda path: path.write_bytes(b"not a sound" * 99),
    "zeros.wav": lambda path: path.write_bytes(bytes(4096)),
    "nothing.wav": lambda path: path.write_bytes(b""),
    "half.wav": lambda path: (written(path, noise(40_000)), _half(path)),
    "half24.wav": lambda path: (written(path, noise(40_000) / FULL_SCALE, subtype="PCM_24"), _half(path)),
    "half.flac": lambda path: (written(path, noise(40_000)), _half(path)),
    "header.wav": lambda path: (written(path, noise(40_000)), path.write_bytes(path.read_bytes()[:44])),
    "empty.wav": lambda path: written(path, noise(0)),
    "long.wav": lambda path: written(path, noise(601), rate=1),
    "many.wav": lambda path: written(path, noise(1_201_000, 48), rate=2001),
    "fast.wav": lambda path: written(path, noise(9), rate=1_000_001),
    "hungry.flac": _hungry_flac,
    "headless.raw": lambda path: path.write_bytes(bytes(4096)),
    "missing.wav": lambda path: None,
    "folder.wav": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused_by_name(tmp_path, name) -> None:
    DAMAGE[name](tmp_path / name)
    with pytest.raises(AudioError, match=name.replace(".", r"\.")) as refused:
        decode(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_ten_minutes_are_not_too_long_and_more_are_a_matter_of_the_environment(tmp_path, monkeypatch) -> None:
    assert decode(written(tmp_path / "ten.wav", noise(600), rate=1)).seconds == 600
    hour = written(tmp_path / "hour.wav", noise(3600), rate=1)
    with pytest.raises(AudioError, match=r"longer than 600 s: shorten it, or set STARBENCH_MAX_CLIP_SECONDS"):
        decode(hour)
    monkeypatch.setenv("STARBENCH_MAX_CLIP_SECONDS", "3600")
    assert decode(hour).seconds == 3600
    for wrong in ("long", "0", "nan", "inf"):
        monkeypatch.setenv("STARBENCH_MAX_CLIP_SECONDS", wrong)
        with pytest.raises(InputError, match="STARBENCH_MAX_CLIP_SECONDS"):
            decode(hour)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_the_length_of_a_block_changes_nothing(tmp_path, monkeypatch, subtype) -> None:
    path = written(tmp_path / "x.wav", noise(1001, 2) / FULL_SCALE / 2, subtype=subtype)
    whole = decode(path)
    monkeypatch.setattr("starbench.audio._BLOCK", 100)
    assert decode(path).digest == decode(path.read_bytes()).digest == whole.digest


def test_an_mp3_is_decoded_as_in_one_piece(tmp_path, monkeypatch) -> None:
    path = tmp_path / "x.mp3"
    soundfile.write(path, noise(20_000) / FULL_SCALE / 8, RATE, format="MP3")
    with soundfile.SoundFile(path) as file:
        exact = file.read(dtype="float64", always_2d=True)
    monkeypatch.setattr("starbench.audio._BLOCK", 1000)
    assert np.array_equal(decode(path).pcm, quantise(exact))


# --- containers -----------------------------------------------------------------------------------


def encoded(container: str, subtype: str = "PCM_16", rate: int = 48000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, noise(40_000, 2) / FULL_SCALE / 8, rate, format=container, subtype=subtype)
    return buffer.getvalue()


LOSSY = [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
LOSSLESS = [("WAV", "PCM_16"), ("WAVEX", "FLOAT"), ("RF64", "PCM_24"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")]


@pytest.mark.parametrize(("container", "subtype"), LOSSY + LOSSLESS)
def test_a_file_cut_anywhere_is_refused(container, subtype) -> None:
    data = encoded(container, subtype)
    assert decode(data).pcm.shape == (40_000, 2)
    for end in (len(data) - 1, len(data) - 500, len(data) // 2, len(data) // 10):
        with pytest.raises(AudioError):
            decode(data[:end])


@pytest.mark.parametrize("container", ["AIFF", "AU", "W64", "CAF"])
def test_a_container_that_hides_a_cut_is_refused(tmp_path, container) -> None:
    (tmp_path / "x.wav").write_bytes(encoded(container))
    with pytest.raises(AudioError, match=rf"x\.wav: is {container}, .* convert it to WAV or FLAC"):
        decode(tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"frames": 0}, "does not state its length"),
        ({"frames": 1000}, "not what its checksum says"),
        ({"frames": 40_001}, "cut short"),
        ({"frames": 2**36 - 1}, "longer than"),
        ({"rate": 16_000}, "a rate of 16000 Hz, and its sound has 48000 Hz"),
        ({"channels": 1}, "channel"),
        ({"bits": 24}, "checksum"),
        ({"md5": bytes(16)}, "has no checksum"),
        ({"md5": bytes(15) + b"x"}, "not what its checksum says"),
    ],
    ids=str,
)
def test_a_flac_header_that_lies_is_refused(lie, said) -> None:
    data = bytearray(encoded("FLAC"))
    true = {"rate": 48_000, "channels": 2, "bits": 16, "frames": 40_000, "md5": bytes(data[26:42])}
    facts = true | lie
    packed = facts["rate"] << 44 | (facts["channels"] - 1) << 41 | (facts["bits"] - 1) << 36 | facts["frames"]
    data[18:42] = packed.to_bytes(8, "big") + facts["md5"]
    with pytest.raises(AudioError, match=said):
        decode(bytes(data))


@pytest.mark.parametrize("rate", [8000, 22050, 37123, 96000, 44000, 123450])
def test_a_flac_of_any_rate_is_read_and_the_lie_of_another_is_not(rate) -> None:
    data = bytearray(encoded("FLAC", rate=rate))
    assert decode(bytes(data)).rate == rate
    stated = int.from_bytes(data[18:21], "big")
    data[18:21] = (stated & 15 | 11_025 << 4).to_bytes(3, "big")
    with pytest.raises(AudioError, match=f"a rate of 11025 Hz, and its sound has {rate} Hz"):
        decode(bytes(data))


def test_an_ogg_file_is_one_whole_stream() -> None:
    data = encoded("OGG", "VORBIS")
    pages = [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]
    assert len(pages) > 4
    wrong = {
        "missing": data[: pages[2]] + data[pages[3] :],
        "several streams": data + data,
        "its last page is missing": data[: pages[-1]],
        "its last page is not whole": data[: pages[-1] + 30],
        "checksum": data[: pages[-1] + 100] + bytes([data[pages[-1] + 100] ^ 255]) + data[pages[-1] + 101 :],
    }
    for said, damaged in wrong.items():
        with pytest.raises(AudioError, match=said):
            decode(damaged)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.mkdir()])
def test_what_is_no_file_is_refused_at_once(tmp_path, make) -> None:
    make(tmp_path / "x.wav")
    for read in (decode, read_header):
        with pytest.raises(AudioError, match=r"x\.wav cannot be read as sound"):
            read(tmp_path / "x.wav")


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_written_to_a_pipe_claims_any_length_and_is_no_damage(tmp_path, claimed) -> None:
    data = bytearray(Audio(noise(500), RATE).wav)
    data[4:8] = data[40:44] = struct.pack("<I", claimed)
    (tmp_path / "piped.wav").write_bytes(data)
    assert np.array_equal(decode(tmp_path / "piped.wav").pcm, noise(500))


# --- what conditions do ---------------------------------------------------------------------------


@pytest.fixture
def stereo() -> Audio:
    return Audio(noise(4000, 2), 44100)


def test_native_changes_nothing(stereo) -> None:
    assert transform(stereo, "native").wav == stereo.wav


@pytest.mark.parametrize(
    ("how", "ears"),
    [("left", [0]), ("right", [1]), ("swap", [1, 0]), ("left-ear", [0, 0]), ("right-ear", [1, 1])],
)
def test_ears_are_taken_apart_and_swapped_exactly(stereo, how, ears) -> None:
    changed = transform(stereo, how)
    assert np.array_equal(changed.pcm, stereo.pcm[:, ears])
    assert changed.rate == stereo.rate
    assert len(changed.wav) == 44 + 2 * 4000 * len(ears)


def test_swapping_twice_is_nothing(stereo) -> None:
    assert transform(transform(stereo, "swap"), "swap").digest == stereo.digest


@pytest.mark.parametrize("how", ["left", "right", "swap", "left-ear", "right-ear"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_has_not_two_ears_cannot_be_taken_apart(how, channels) -> None:
    with pytest.raises(AudioError, match=f"has {channels}"):
        transform(Audio(noise(10, channels), RATE), how)


def test_mono_is_the_plain_mean_and_cancels_opposite_ears() -> None:
    left = noise(4000)
    left[left == -32768] = 0
    opposite = Audio(np.hstack([left, -left]), RATE)
    assert not transform(opposite, "mono").pcm.any()
    same = Audio(np.hstack([left, left]), RATE)
    assert np.array_equal(transform(same, "mono").pcm, left)
    mixed = transform(Audio(np.array([[32767, 32767], [-32768, -32768], [100, 301]], np.int16), RATE), "mono")
    assert mixed.channels == 1
    assert transform(Audio(np.array([[3, 6, 30]], np.int16), RATE), "mono").pcm.tolist() == [[13]]
    assert mixed.pcm[:2, 0].tolist() == [32767, -32768], "no overflow at full scale"
    assert abs(int(mixed.pcm[2, 0]) - 200.5) <= 0.5


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_keeps_the_form_and_nothing_else(channels) -> None:
    clip = Audio(noise(4321, channels), 22050)
    silent = transform(clip, "silence")
    assert (silent.pcm.shape, silent.rate) == (clip.pcm.shape, clip.rate)
    assert not silent.pcm.any()


@pytest.mark.parametrize("channels", [1, 2])
def test_noise_has_one_level_and_tells_nothing_of_the_clip(channels) -> None:
    loud, quiet = Audio(noise(48000, channels), 48000), Audio(noise(48000, channels) // 99, 48000)
    masked = transform(loud, "noise")
    assert (masked.pcm.shape, masked.rate) == (loud.pcm.shape, loud.rate)
    assert masked.digest == transform(quiet, "noise").digest
    assert 20 * np.log10(np.sqrt(np.mean(masked.samples.astype(float) ** 2))) == pytest.approx(
        NOISE_DBFS, abs=0.1
    )
    assert (masked.pcm == masked.pcm[:, :1]).all(), "no ear differs, so no place is heard"
    spectrum = np.abs(np.fft.rfft(masked.pcm[:, 0].astype(float))) ** 2
    bands = [band.mean() for band in np.array_split(spectrum[1:], 8)]
    assert max(bands) / min(bands) < 1.25, "white"


# --- resampling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "to"), [(48000, 16000), (44100, 16000), (16000, 48000), (44100, 48000)])
@pytest.mark.parametrize("hertz", [125.0, 1000.0, 6000.0])
def test_a_resampled_tone_keeps_frequency_level_phase_and_length(rate, to, hertz) -> None:
    n = rate  # one second
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(n) / rate)
    changed = resample(Audio(quantise(np.stack([tone, -tone], axis=1)), rate), to)
    assert (changed.rate, changed.channels) == (to, 2)
    assert changed.pcm.shape[0] == round(n * to / rate)
    middle = slice(to // 10, -to // 10)  # away from the ends, where any filter rings
    time = np.arange(changed.pcm.shape[0]) / to
    expected = 0.5 * np.sin(2 * np.pi * hertz * time)
    for ear, sign in ((0, 1), (1, -1)):
        error = changed.pcm[middle, ear] / FULL_SCALE - sign * expected[middle]
        assert np.abs(error).max() <= 4 / FULL_SCALE


def test_what_a_lower_rate_cannot_carry_is_gone_not_folded_down() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 11000 * np.arange(48000) / 48000)
    heard = resample(Audio(quantise(tone[:, None]), 48000), 16000).pcm[1600:-1600]
    assert np.abs(heard).max() <= 3


def test_the_same_rate_is_no_resampling() -> None:
    clip = Audio(noise(1000, 2), RATE)
    assert resample(clip, RATE).wav == clip.wav


def test_peaks_that_a_filter_lifts_stay_within_sixteen_bits() -> None:
    square = np.where(np.arange(4800) // 24 % 2, 32767, -32768).astype(np.int16)[:, None]
    changed = resample(Audio(square, 48000), 44100).pcm
    assert changed.min() == -32768
    assert changed.max() == 32767
    assert (np.sign(changed[100:-100].astype(int)).sum()) == pytest.approx(0, abs=100), "no wrap-around"
