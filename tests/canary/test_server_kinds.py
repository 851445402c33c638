"""What the canary says of servers that differ in what becomes of the sound, who replies, what is counted.

Real HTTP, through the real ``openai`` adapter. The servers know none of the canary's questions.
"""

from __future__ import annotations

from typing import get_args

import pytest
from canary_minds import (
    Mind,
    binaural,
    binaural_power,
    by_bytes,
    by_presence,
    by_text,
    chatty,
    coarse,
    constant,
    denying,
    hash_letters,
    hash_sentences,
    hashes,
    listener,
    one_of,
    power,
    reads_base64,
    sampling,
    text_model,
    tossed,
    transcriber,
    weak,
)
from canary_servers import (
    Behaviour,
    Way,
    always_100,
    by_chance,
    claiming_audio,
    cut,
    dropped,
    float_average,
    integer_average,
    left_only,
    mixed,
    of_bytes,
    of_kilobytes,
    of_padded,
    of_quarters,
    of_seconds,
    of_seconds_sent,
    of_slow_seconds,
    of_text,
    of_text_and_no_audio,
    of_words,
    only_bytes,
    placeholder,
    refusing_more_chunks,
    resampled,
    right_only,
    scaled_sum,
    whole,
)
from diagnosed import Verdicts, diagnosed, verdicts

from starbench.schema import ProbeSet

#: Sound arrives whole, at a mind that makes nothing of which tone is higher; and at one that hears it.
ARRIVES = Verdicts("arrived", "not heard", "kept", "whole", "kept")
HEARD = ARRIVES._replace(hearing="heard")

HONEST = {
    "a hash of the sound": (Behaviour(), ARRIVES),
    "counted by the second": (Behaviour(usage=of_seconds), ARRIVES),
    "only the text is counted": (Behaviour(usage=of_text), ARRIVES),
    "always 100 tokens": (Behaviour(usage=always_100), ARRIVES),
    "tokens by chance": (Behaviour(usage=by_chance), ARRIVES),
    "eight sentences": (Behaviour(mind=hash_sentences(2)), ARRIVES),
    "nothing but letters": (Behaviour(mind=hash_letters(2)), ARRIVES),
    "a listener": (Behaviour(mind=listener, usage=of_slow_seconds), HEARD),
    "a listener padded to 30 s": (Behaviour(mind=listener, usage=of_padded), HEARD),
    "a listener, text counted": (Behaviour(mind=listener, usage=of_text_and_no_audio), HEARD),
    "a chatty listener": (Behaviour(mind=chatty(listener), usage=of_seconds), HEARD),
    "a binaural listener": (Behaviour(mind=binaural, usage=of_seconds), HEARD),
    "a chatty binaural listener": (Behaviour(mind=chatty(binaural)), HEARD),
    "both ears, described as one": (Behaviour(mind=binaural_power), HEARD),
}

MUTANTS = {
    "averages": (Behaviour(float_average), ARRIVES._replace(ears="folded")),
    "averages in integers": (Behaviour(integer_average, listener, of_seconds), HEARD._replace(ears="folded")),
    "sums over root two": (Behaviour(scaled_sum, hashes(), of_text), ARRIVES._replace(ears="folded")),
    "averages, eight sentences": (
        Behaviour(float_average, hash_sentences(1)),
        ARRIVES._replace(ears="folded"),
    ),
    "averages, a chatty listener": (
        Behaviour(float_average, chatty(listener), of_seconds),
        HEARD._replace(ears="folded"),
    ),
    "averages, a binaural listener": (Behaviour(float_average, binaural), HEARD._replace(ears="folded")),
    "left ear": (Behaviour(left_only, hashes(), by_chance), ARRIVES._replace(ears="folded")),
    "right ear": (Behaviour(right_only, listener), HEARD._replace(ears="folded")),
    "first 30 s": (Behaviour(cut(30)), ARRIVES._replace(length="cut")),
    "first 30 s, counted": (Behaviour(cut(30), listener, of_seconds), HEARD._replace(length="cut")),
    "first 30 s, counted whole": (
        Behaviour(cut(30), listener, of_seconds_sent),
        HEARD._replace(length="cut"),
    ),
    "first 12 s": (Behaviour(cut(12), chatty(listener)), HEARD._replace(length="cut")),
    "last 30 s": (Behaviour(cut(30, from_end=True), listener), HEARD._replace(length="cut")),
    "16 kHz": (Behaviour(resampled(16_000)), ARRIVES._replace(band="narrowed")),
    "16 kHz, a listener": (Behaviour(resampled(16_000), listener), HEARD._replace(band="narrowed")),
    "8 kHz": (Behaviour(resampled(8_000), listener, of_padded), HEARD._replace(band="narrowed")),
    "24 kHz": (Behaviour(resampled(24_000)), ARRIVES._replace(band="narrowed")),
    "every third sample": (Behaviour(resampled(16_000, filtered=False)), ARRIVES._replace(band="narrowed")),
}

#: Replies that now and then have nothing to do with the sound: what cannot be told apart is left open.
NOISY = {
    "whole": (whole, ARRIVES),
    "averages": (float_average, ARRIVES._replace(ears="folded")),
    "left ear": (left_only, ARRIVES._replace(ears="folded")),
    "first 30 s": (cut(30), ARRIVES._replace(length="cut")),
    "16 kHz": (resampled(16_000), ARRIVES._replace(band="narrowed")),
}

DROPPED = Verdicts("dropped", "not heard")
DROPPED_UNHEARD = Verdicts("dropped", "unknown")
SORRY = constant("I'm sorry, but I can't hear any audio. Please upload the file.")
LEIDER = constant("Leider wurde keine Aufnahme mitgeschickt.")
BAOQIAN = constant("抱歉，我没有收到任何录音，请重新上传。")
SEVERAL = one_of(
    "No recording came through on my end.",
    "There is nothing to listen to in your message.",
    "As a text-only assistant I have no ears.",
)

DROPPERS = {
    "a text model": (Behaviour(dropped, text_model), DROPPED),
    "a text model, text counted": (Behaviour(dropped, text_model, of_text), DROPPED),
    "a text model, no audio counted": (Behaviour(dropped, text_model, of_text_and_no_audio), DROPPED),
    "a text model, always 100 tokens": (Behaviour(dropped, text_model, always_100), DROPPED),
    "a text model, tokens by chance": (Behaviour(dropped, text_model, by_chance), DROPPED),
    "a text model, bytes counted": (Behaviour(dropped, text_model, of_bytes), DROPPED),
    "a text model, kilobytes counted": (Behaviour(dropped, text_model, of_kilobytes), DROPPED),
    "a text model, audio claimed": (Behaviour(dropped, text_model, claiming_audio), DROPPED),
    "letters by the text": (Behaviour(dropped, by_text, of_text), DROPPED),
    "letters by the text, words counted": (Behaviour(dropped, by_text, of_words), DROPPED),
    "letters by chance": (Behaviour(dropped, tossed, of_text), DROPPED),
    "a note in its place": (Behaviour(placeholder("[audio omitted]"), text_model, of_text), DROPPED),
    "a note, uncounted": (Behaviour(placeholder("(a file was attached)"), text_model), DROPPED),
    "sorry": (Behaviour(dropped, SORRY), DROPPED_UNHEARD),
    "leider": (Behaviour(dropped, LEIDER, by_chance), DROPPED_UNHEARD),
    "抱歉": (Behaviour(dropped, BAOQIAN, of_bytes), DROPPED_UNHEARD),
    "sorry in several ways": (Behaviour(dropped, SEVERAL, always_100), DROPPED_UNHEARD),
}

NOT_KNOWN = {
    "letters by the text, nothing counted": (Behaviour(dropped, by_text), Verdicts("unknown", "not heard")),
    "letters by chance, nothing counted": (Behaviour(dropped, tossed), Verdicts("unknown", "not heard")),
    "letters by the text, always 100 tokens": (
        Behaviour(dropped, by_text, always_100),
        Verdicts("unknown", "not heard"),
    ),
    "letters by the text, bytes counted": (
        Behaviour(dropped, by_text, of_bytes),
        Verdicts("unknown", "not heard"),
    ),
    "one letter, nothing counted": (Behaviour(dropped, constant("<A>")), Verdicts("unknown", "not heard")),
    "seconds counted, text answered": (
        Behaviour(whole, text_model, of_seconds),
        Verdicts("unknown", "not heard"),
    ),
    "seconds counted, sound dropped": (
        Behaviour(dropped, text_model, of_seconds_sent),
        Verdicts("unknown", "not heard"),
    ),
    "seconds counted, letters by chance": (
        Behaviour(dropped, tossed, of_seconds_sent),
        Verdicts("unknown", "not heard"),
    ),
    "replies by the bytes": (Behaviour(only_bytes, by_bytes), Verdicts("unknown", "not heard")),
    "replies by the bytes, text counted": (
        Behaviour(only_bytes, by_bytes, of_text),
        Verdicts("unknown", "not heard"),
    ),
    "replies by the bytes, plain WAVs alone": (
        Behaviour(only_bytes, by_bytes, fails=refusing_more_chunks),
        Verdicts("unknown", "not heard"),
    ),
    "base64 as text": (Behaviour(only_bytes, reads_base64, of_bytes), Verdicts("unknown", "not heard")),
    "one reply to every sound": (Behaviour(whole, by_presence), Verdicts("unknown", "not heard")),
    "one reply to every sound, text counted": (
        Behaviour(whole, by_presence, of_text),
        Verdicts("unknown", "not heard"),
    ),
    "one reply to every sound, tokens by chance": (
        Behaviour(whole, by_presence, by_chance),
        Verdicts("unknown", "not heard"),
    ),
    "no speech": (Behaviour(whole, transcriber, of_text), Verdicts("unknown", "unknown")),
    "padded, text answered": (Behaviour(whole, by_text, of_padded), Verdicts("unknown", "not heard")),
    "a stub": (Behaviour(dropped, constant("<A>"), of_quarters), Verdicts("unknown", "not heard")),
}


PROBE_SETS = get_args(ProbeSet)
#: Replies of so few kinds that 40 requests decide less.
OPEN_IN_BASIC = {
    "nothing but letters": {"ears": "unknown"},
    "both ears, described as one": {"ears": "unknown"},
}


def of_probes(name: str, expected: Verdicts, probe: ProbeSet) -> Verdicts:
    return expected if probe == "all" else expected.basic._replace(**OPEN_IN_BASIC.get(name, {}))


@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_way_is_found_to_be_one(name: str, probe: ProbeSet) -> None:
    behaviour, expected = HONEST[name]
    canary = diagnosed(behaviour, probe=probe)
    assert verdicts(canary) == of_probes(name, expected, probe), canary.evidence


@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("name", MUTANTS)
def test_what_a_way_takes_from_the_sound_is_named_and_nothing_else(name: str, probe: ProbeSet) -> None:
    behaviour, expected = MUTANTS[name]
    canary = diagnosed(behaviour, probe=probe)
    assert verdicts(canary) == of_probes(name, expected, probe), canary.evidence


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("mind", [listener, hashes()], ids=["listener", "hash"])
@pytest.mark.parametrize("name", NOISY)
def test_noise_costs_certainty_and_never_truth(name: str, mind: Mind, probe: ProbeSet) -> None:
    way, expected = NOISY[name]
    canary = diagnosed(Behaviour(way, sampling(mind, 0.1), of_text, seed=3), probe=probe)
    assert canary.transport == "arrived"
    for verdict, truth in zip(verdicts(canary)[2:], expected[2:], strict=True):
        assert verdict in (truth, "unknown"), canary.evidence
    assert probe == "basic" or verdicts(canary).count("unknown") <= 3


@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("name", DROPPERS)
def test_dropped_sound_is_found(name: str, probe: ProbeSet) -> None:
    behaviour, expected = DROPPERS[name]
    canary = diagnosed(behaviour, probe=probe)
    assert verdicts(canary) == of_probes(name, expected, probe), canary.evidence


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mind", [weak, denying(listener, 0.8)], ids=["weak", "denying"])
def test_who_hears_now_and_then_is_never_said_to_get_nothing(mind: Mind, seed: int, probe: ProbeSet) -> None:
    canary = diagnosed(Behaviour(mind=mind, usage=of_text, seed=seed), probe=probe)
    assert canary.transport != "dropped", canary.evidence


def test_ears_that_are_never_told_apart_are_not_folded() -> None:
    canary = diagnosed(Behaviour(mind=power))
    assert verdicts(canary) == Verdicts("arrived", "unknown", "unknown", "whole", "kept"), canary.evidence
    assert "not described as silence" in canary.evidence["ears"]
    folded = diagnosed(Behaviour(float_average, power))
    assert folded.ears == "folded", folded.evidence


IS_HEARD = "a pitch that exists only between the ears, and in no mix of them, is heard"
NOT_EXCLUDED = "so an unequal mix of the ears is not excluded"


@pytest.mark.parametrize(("mind", "probe"), [(binaural, "basic"), (binaural, "all"), (binaural_power, "all")])
def test_a_pitch_between_the_ears_proves_two_of_them(mind: Mind, probe: ProbeSet) -> None:
    canary = diagnosed(Behaviour(mind=mind), probe=probe)
    assert canary.ears == "kept", canary.evidence
    assert f"{IS_HEARD}, 12 of 12 right" in canary.evidence["ears"]
    assert NOT_EXCLUDED not in canary.evidence["ears"]


@pytest.mark.parametrize("mind", [listener, hashes()], ids=["listener", "hash"])
def test_who_does_not_hear_it_keeps_the_verdict_and_what_it_leaves_open(mind: Mind) -> None:
    canary = diagnosed(Behaviour(mind=mind), probe="basic")
    assert canary.ears == "kept"
    assert IS_HEARD not in canary.evidence["ears"]
    assert NOT_EXCLUDED in canary.evidence["ears"]


@pytest.mark.parametrize(
    "way",
    [float_average, integer_average, scaled_sum, left_only, right_only]
    + [mixed(*weights) for weights in ((0.8, 0.4), (0.4, 0.9), (1.0, -1.0), (1.0, -0.5))],
)
def test_no_mix_of_the_ears_passes_for_two(way: Way) -> None:
    for mind in (binaural, binaural_power):
        canary = diagnosed(Behaviour(way, mind))
        assert IS_HEARD not in canary.evidence["ears"]
        assert canary.ears != "kept" or NOT_EXCLUDED in canary.evidence["ears"]


def test_a_run_of_one_channel_asks_for_no_pitch_between_the_ears() -> None:
    behaviour = Behaviour(mind=binaural)
    canary = diagnosed(behaviour, probe="basic", two_channels=False)
    assert (canary.ears, canary.requests) == ("kept", 24)
    assert "between the ears" not in canary.evidence["ears"]
    assert not any("faint tone" in heard.text for heard in behaviour.asked)


def test_who_calls_all_high_tones_alike_is_not_narrowed() -> None:
    canary = diagnosed(Behaviour(mind=coarse))
    assert verdicts(canary) == Verdicts("arrived", "unknown", "kept", "whole", "unknown"), canary.evidence


@pytest.mark.parametrize("seed", range(3))
def test_chat_hides_no_samples_that_are_left_out(seed: int) -> None:
    canary = diagnosed(Behaviour(resampled(16_000, filtered=False), chatty(listener), seed=seed))
    assert canary.band in ("narrowed", "unknown"), canary.evidence


@pytest.mark.parametrize("seed", range(4))
def test_chat_makes_no_whole_of_the_last_30_s(seed: int) -> None:
    canary = diagnosed(Behaviour(cut(30, from_end=True), chatty(listener), seed=seed))
    assert canary.length in ("cut", "unknown"), canary.evidence


def test_a_reader_of_plain_files_alone_is_believed_by_what_it_gets_right() -> None:
    canary = diagnosed(Behaviour(mind=listener, fails=refusing_more_chunks))
    assert (canary.transport, canary.hearing, canary.ears) == ("arrived", "heard", "kept"), canary.evidence
    assert "other bytes is refused" in canary.evidence["length"]
    deaf = diagnosed(Behaviour(fails=refusing_more_chunks))
    assert deaf.transport == "unknown", deaf.evidence
    assert "other bytes is refused" in deaf.evidence["transport"]


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBE_SETS)
@pytest.mark.parametrize("name", NOT_KNOWN)
def test_what_proves_nothing_is_unknown(name: str, probe: ProbeSet) -> None:
    behaviour, expected = NOT_KNOWN[name]
    canary = diagnosed(behaviour, probe=probe)
    assert verdicts(canary) == of_probes(name, expected, probe), canary.evidence


def test_the_evidence_names_figures() -> None:
    canary = diagnosed(Behaviour(dropped, text_model, of_text))
    assert "the token counts are the same with and without sound" in canary.evidence["transport"]
    assert "all 4 questions that need no sound are answered rightly" in canary.evidence["transport"]
    assert "6 of 12 right" in canary.evidence["hearing"]
    cut_short = diagnosed(Behaviour(cut(30), listener, of_seconds))
    assert "the last 5 s of 36 s changes no reply" in cut_short.evidence["length"]


def test_counts_tell_where_a_clip_is_cut_when_replies_do_not() -> None:
    def about_the_beginning(heard: object, chance: object) -> str:
        return listener(cut(0.4)(heard), chance)  # type: ignore[arg-type]

    canary = diagnosed(Behaviour(cut(30), about_the_beginning, of_seconds))
    assert canary.length == "cut"
    assert "no more tokens than 30 s would" in canary.evidence["length"]
