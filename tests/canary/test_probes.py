"""The canary by itself: what it may send, how its tests decide, what it does when requests fail."""

from __future__ import annotations

import asyncio
import io
import random
import wave
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starbench.audio import Audio, decode
from starbench.canary.diagnose import diagnose
from starbench.canary.evidence import statistics
from starbench.canary.evidence.prober import ProbeReply
from starbench.canary.evidence.wording import claims_no_audio
from starbench.canary.run import REQUESTS, SENT
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.faint_tones import QUIET_DB, tone_after_mark
from starbench.canary.stimuli.probes import byte_variant
from starbench.errors import FatalError, RequestError, TransientError
from starbench.schema import Canary, Capabilities, ProbeSet, Prompt, Response, Usage

VERDICTS = ("transport", "hearing", "ears", "length", "band")


class Recorded:
    """Asks a function, and keeps what it was asked."""

    def __init__(self, reply: Callable[[Prompt], str | Exception]) -> None:
        self._reply = reply
        self.prompts: list[Prompt] = []
        self.under_way = self.most = 0

    async def __call__(self, prompt: Prompt) -> Response:
        self.prompts.append(prompt)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        reply = self._reply(prompt)
        if isinstance(reply, Exception):
            raise reply
        return Response(text=reply, usage=Usage(input_tokens=100, output_tokens=3))


def sees_everything(prompt: Prompt) -> str:
    """As a model would that hears each sample."""
    heard = " ".join(clip.audio().digest[:12] for clip in prompt.clips)
    if prompt.options:
        return f"<{prompt.letters[int(heard or '0', 16) % len(prompt.letters)]}>"
    return f"I hear {heard}."


def diagnosis(
    reply: Callable[[Prompt], str | Exception],
    capabilities: Capabilities | None = None,
    rate: int | None = None,
    probe: ProbeSet = "all",
) -> tuple[Canary, Recorded]:
    asked = Recorded(reply)
    return asyncio.run(diagnose(asked, capabilities or Capabilities(), rate=rate, probe=probe)), asked


# What may be sent ------------------------------------------------------------------------------------

declared = st.builds(
    Capabilities,
    text_only=st.booleans(),
    max_seconds=st.sampled_from([None, 1.0, 5.0, 30.0, 45.0]),
    rates=st.sampled_from([None, (16_000,), (24_000,), (8_000, 16_000), (44_100, 48_000)]),
    max_channels=st.sampled_from([None, 1, 2]),
    max_in_flight=st.sampled_from([None, 1, 2]),
    max_clips=st.sampled_from([None, 0, 1]),
)


@settings(max_examples=25)
@given(declared)
def test_no_probe_goes_beyond_what_is_declared(capabilities: Capabilities) -> None:
    canary, asked = diagnosis(sees_everything, capabilities)
    clips = [clip.audio() for prompt in asked.prompts for clip in prompt.clips]
    assert all(len(prompt.clips) <= 1 for prompt in asked.prompts)
    assert all(clip.seconds <= (capabilities.max_seconds or 60.0) + 1e-9 for clip in clips)
    assert capabilities.rates is None or {clip.rate for clip in clips} <= set(capabilities.rates)
    assert max((clip.channels for clip in clips), default=1) <= (capabilities.max_channels or 2)
    assert capabilities.text_only or all(prompt.clips for prompt in asked.prompts)
    assert asked.most <= (capabilities.max_in_flight or 8)
    assert canary.requests == len(asked.prompts)
    if capabilities.max_clips == 0:
        assert not asked.prompts
        assert {getattr(canary, name) for name in VERDICTS} == {"unknown"}
    else:
        assert canary.transport == "arrived", canary.evidence


def test_clips_are_sent_at_the_rate_of_the_run() -> None:
    _, asked = diagnosis(sees_everything, Capabilities(), 24_000)
    rates = Counter(clip.audio().rate for prompt in asked.prompts for clip in prompt.clips)
    assert rates[24_000] == rates.total() - 1  # one other, to tell seconds from bytes


def test_probes_share_one_key_and_say_nothing_of_their_sound() -> None:
    _, asked = diagnosis(sees_everything)
    assert len({prompt.key for prompt in asked.prompts}) == 1
    assert {clip.model_dump()["type"] for prompt in asked.prompts for clip in prompt.clips} == {"clip"}
    assert len({prompt.text for prompt in asked.prompts}) < 10


@pytest.mark.parametrize("text", [None, "<A>", "A bell."])
def test_a_budget_reserves_all_that_a_basic_canary_sends(text: str | None) -> None:
    _, asked = diagnosis(lambda prompt: text or sees_everything(prompt), probe="basic")
    assert len(asked.prompts) <= REQUESTS["basic"] == 40
    clips = [clip.audio() for prompt in asked.prompts for clip in prompt.clips]
    assert sum(clip.seconds for clip in clips) <= SENT["basic"].seconds
    assert sum(len(prompt.text) for prompt in asked.prompts) <= SENT["basic"].characters


def test_it_is_cheap() -> None:
    _, asked = diagnosis(sees_everything)
    assert len(asked.prompts) <= 75
    assert sum(clip.audio().seconds for prompt in asked.prompts for clip in prompt.clips) < 300
    _, asked = diagnosis(lambda _: "<A>")
    assert len(asked.prompts) <= 53
    assert sum(clip.audio().seconds for prompt in asked.prompts for clip in prompt.clips) < 120


def test_luck_is_not_believed_that_does_not_last() -> None:
    def reply(prompt: Prompt) -> str:
        clips = [clip.audio() for clip in prompt.clips]
        if prompt.options or not clips or clips[0].channels != 2:
            # By the bytes: whatever the order of the probes, each has the same luck.
            chance = random.Random(sha256(b"1" + b"".join(clip.wav for clip in clips)).digest())
            return chance.choice(("A bell.", "A train.", "Rain.", "A voice.", "A dog."))
        return sees_everything(prompt)

    canary, _ = diagnosis(reply)
    assert [getattr(canary, name) for name in VERDICTS] == ["unknown"] * 5
    assert "no reply was shown to depend on the sound" in canary.evidence["ears"]


def test_what_is_repeated_is_the_very_same_sound() -> None:
    _, asked = diagnosis(sees_everything)
    repeats = Counter(prompt.digest for prompt in asked.prompts)
    assert sum(n > 1 for n in repeats.values()) >= 15
    sent = {(prompt.digest, *(clip.audio().digest for clip in prompt.clips)) for prompt in asked.prompts}
    assert len(sent) == len(repeats)


@pytest.mark.parametrize("n", [1, 2, 999])
@pytest.mark.parametrize("channels", [1, 2])
def test_other_bytes_are_the_same_sound(n: int, channels: int) -> None:
    plain = Audio(np.arange(-n, n * (channels - 1), dtype=np.int16).reshape(-1, channels), 24_000)
    files = {plain.wav}
    for copy in (1, 2, 3):
        other = byte_variant(plain, copy)
        assert other.digest == plain.digest
        assert int.from_bytes(other.wav[4:8], "little") == len(other.wav) - 8
        assert decode(other.wav).digest == plain.digest
        with wave.open(io.BytesIO(other.wav)) as file:
            assert file.readframes(file.getnframes()) == plain.pcm.tobytes()
        files.add(other.wav)
    assert len(files) == 4
    assert byte_variant(plain, 0) is plain


def test_every_repeat_is_sent_in_bytes_of_its_own() -> None:
    _, asked = diagnosis(sees_everything)
    prompts = [prompt for prompt in asked.prompts if prompt.clips]
    assert len({(prompt.text, prompt.clips[0].audio().wav) for prompt in prompts}) == len(prompts)
    plain = [prompt.digest for prompt in prompts if prompt.clips[0].audio().wav[36:40] == b"data"]
    assert sorted(plain) == sorted({prompt.digest for prompt in prompts})


# Requests that fail ----------------------------------------------------------------------------------


def test_a_wrong_key_costs_one_request() -> None:
    asked = Recorded(lambda _: FatalError("no such key", kind="auth"))
    with pytest.raises(FatalError, match="no such key"):
        asyncio.run(diagnose(asked, Capabilities()))
    assert len(asked.prompts) == 1


def test_a_key_that_is_withdrawn_stops_it() -> None:
    asked = Recorded(lambda prompt: FatalError("gone", kind="auth") if len(asked.prompts) > 9 else "<A>")
    with pytest.raises(FatalError, match="gone"):
        asyncio.run(diagnose(asked, Capabilities()))
    assert len(asked.prompts) < 20


def test_a_server_that_is_down_is_not_asked_on_and_on() -> None:
    canary, asked = diagnosis(lambda _: TransientError("bad gateway", kind="server"))
    assert len(asked.prompts) == 1
    assert {getattr(canary, name) for name in VERDICTS} == {"unknown"}
    assert "no probe was answered" in canary.evidence["transport"]
    assert "bad gateway" in canary.evidence["lost"]


def test_a_server_that_refuses_every_probe_is_not_asked_on_and_on() -> None:
    canary, asked = diagnosis(lambda _: RequestError("no audio here"))
    assert len(asked.prompts) < 12
    assert canary.transport == "unknown"


@pytest.mark.parametrize(
    ("verdict", "refused"),
    [
        ("ears", lambda clip: clip.channels == 2),
        ("length", lambda clip: clip.seconds > 30),
        ("band", lambda clip: clip.rate > 24_000),
    ],
)
def test_a_kind_of_clip_that_is_refused_is_not_sent_on_and_on(
    verdict: str, refused: Callable[[Audio], bool]
) -> None:
    def reply(prompt: Prompt) -> str | Exception:
        if any(refused(clip.audio()) for clip in prompt.clips):
            return RequestError("not this one")
        return sees_everything(prompt)

    canary, asked = diagnosis(reply)
    assert [name for name in VERDICTS if getattr(canary, name) == "unknown"] == [verdict]
    assert "answered" in canary.evidence[verdict]
    assert len(asked.prompts) <= 70


def test_usage_is_the_sum_over_all_probes() -> None:
    canary, _ = diagnosis(sees_everything)
    assert canary.usage == Usage(input_tokens=100 * canary.requests, output_tokens=3 * canary.requests)


def test_a_key_in_an_error_is_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret-indeed")
    canary, _ = diagnosis(lambda _: RequestError("bad key sk-very-secret-indeed\x1b[31m"))
    assert "sk-very" not in canary.model_dump_json()
    assert "\x1b" not in canary.evidence["lost"]


def test_empty_and_cut_replies_are_no_letters() -> None:
    canary, _ = diagnosis(lambda _: "")
    assert (canary.transport, canary.hearing) == ("unknown", "unknown")
    assert "only 0 of 12 replies chose an option" in canary.evidence["hearing"]


# How it decides --------------------------------------------------------------------------------------


def answers(*texts: str) -> list[ProbeReply]:
    return [ProbeReply(text, None, None) for text in texts]


def test_the_p_value_of_dealing_replies_anew_is_exact() -> None:
    # Three inputs, two replies each, alike within: 1 of 6!/(2!^3 3!) = 15 ways to pair them.
    groups = [answers("a b c d", "a b c d"), answers("e f g", "e f g"), answers("h", "h")]
    assert statistics.dependence([groups]) == pytest.approx(1 / 15, abs=0.01)
    assert statistics.dependence([groups, groups]) == pytest.approx(1 / 15**2, abs=0.003)
    assert statistics.dependence([[answers("x", "x"), answers("x", "x")]]) == 1.0
    assert statistics.dependence([[answers("x"), answers("y")]]) == 1.0


def test_the_order_of_words_is_heard() -> None:
    one, other = answers("low at the left, high at the right", "high at the left, low at the right")
    assert statistics.distance(one, other) > 0.2
    assert statistics.distance(one, one) == 0.0
    assert statistics.distance(*answers("低い音が左", "低い音が右")) == pytest.approx(0.2)


def test_letters_count_before_words() -> None:
    one, other = ProbeReply("It is <A>, I think", "A", None), ProbeReply("<A>", "A", None)
    assert statistics.distance(one, other) == 0.0
    assert statistics.distance(one, ProbeReply("It is <B>, I think", "B", None)) == 1.0


def test_rank_sums_are_exact() -> None:
    assert statistics.greater([1.0], [0.0] * 17) == pytest.approx(1 / 18)
    assert statistics.greater([1.0, 1.0], [0.0] * 4) == pytest.approx(1 / comb(6, 2))
    assert statistics.greater([0.0], [0.0, 0.0]) == 1.0
    assert statistics.smaller([0.0, 0.0, 0.0], [1.0] * 6) == pytest.approx(1 / comb(9, 3))
    # One wild repeat is no reason to see nothing.
    assert statistics.greater([0.1, 0.1, 0.1], [0.0] * 12 + [1.0]) < 0.02


def test_coins_and_flips() -> None:
    assert statistics.at_least(12, 12) == pytest.approx(2**-12)
    assert statistics.at_least(9, 12) == pytest.approx((220 + 66 + 12 + 1) / 4096)
    assert statistics.sign_flips([2, 2, 2, 2, 2, 2]) == pytest.approx(1 / 64)
    assert statistics.sign_flips([2, 2, 0, -2]) == pytest.approx(1 / 2)
    assert statistics.sign_flips([]) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't hear any audio.",
        "Please upload the file again.",
        "It looks like the recording didn't come through.",
        "I only see text in your message.",
        "Audio input is not supported by this model.",
        "Leider wurde keine Aufnahme mitgeschickt.",
        "Je n'ai reçu aucun fichier audio.",
        "No he recibido ningún audio.",
        "Извините, я не вижу аудиофайла.",
        "抱歉，我没有收到任何录音。",
        "音声が見つかりません。",
        "오디오 파일을 들을 수 없습니다.",
    ],
)
def test_a_denial_is_one_in_any_language(text: str) -> None:
    assert claims_no_audio(text)


@pytest.mark.parametrize(
    "text",
    [
        "A low tone is heard in both ears.",
        "A dog barks twice, with no speech.",
        "Two notes alternate; nothing else is heard.",
        "<A>",
        "Unable to determine.",
        "Hello! This is a mock response from gpt.",
    ],
)
def test_a_description_is_no_denial(text: str) -> None:
    assert not claims_no_audio(text)


def test_tones_that_a_filter_takes_leave_nothing_of_16_bits() -> None:
    from scipy.signal import resample_poly

    def left_of(hz: float, rate: int) -> float:
        clip = tone_after_mark(48_000, QUIET_DB, hz).clip
        assert clip is not None
        heard = resample_poly(clip.pcm[:, 0].astype(float), rate // 8000, 6)
        return float(np.abs(np.rint(heard))[int(0.6 * rate) :].max())

    assert left_of(1000.0, 16_000) > 80
    assert left_of(6000.0, 16_000) > 80
    assert left_of(10_000.0, 16_000) == 0
    assert left_of(18_000.0, 24_000) == 0
    assert left_of(6000.0, 8_000) == 0


def test_images_share_every_third_sample() -> None:
    one, other = (tone_after_mark(48_000, -12.0, hz, shaped=False).clip for hz in (6000.0, 10_000.0))
    assert one is not None
    assert other is not None
    assert (one.pcm != other.pcm).any()
    at = round(0.7 * 48_000) % 3
    assert np.array_equal(one.pcm[at::3], other.pcm[at::3])


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_sounds_are_unlike_each_other_and_never_clip(rate: int) -> None:
    clips = [palette.audio(rate, make(2.0, rate)) for make in palette.PALETTE.values()]
    assert len({clip.digest for clip in clips}) == len(palette.PALETTE)
    assert {clip.seconds for clip in clips} == {2.0}
    assert all(300 < abs(clip.pcm).max() < 32_767 for clip in clips)
