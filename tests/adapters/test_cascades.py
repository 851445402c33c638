"""Cascades: what the model behind gets, what it may take, and that its answers and errors are the cascade's."""

from __future__ import annotations

import asyncio
import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_servers import completion, n_questions, served
from pytest_httpserver import HTTPServer
from separable_scenes import RATE, sources, write_suite

import starbench
from starbench.adapters.cascades.separators.checkpoint import for_both_ears
from starbench.audio import Audio, quantise
from starbench.errors import InputError, NotApplicableError, RequestError
from starbench.models.call import AdapterCall
from starbench.models.resolve import recorded_arguments, resolve
from starbench.planning.plan import Request, plan_run
from starbench.runs.load import LoadedRun
from starbench.schema import ClipPart, Prompt, Response, TextPart

INNER = """
    from starbench.errors import FatalError, RequestError, TransientError
    from starbench.schema import Capabilities, Response, Usage

    SEEN = []

    class Plain:
        capabilities = Capabilities(max_clips=5, max_channels=2, max_seconds=9.0, rates=(16000,), max_in_flight=3,
                                    channels_kept=True, answer_modes=("text", "choice"), error_kinds=("server",))
        identity = {"weights": "w@1"}
        def __init__(self, model: str = "", seed: int = 0): self.seed = seed
        def generate(self, prompt):
            SEEN.append(prompt)
            return "<A>"

    class Async(Plain):
        async def generate(self, prompt):
            SEEN.append(prompt)
            return Response(text="I will not.", stop="refused", usage=Usage(input_tokens=3))

    class Batch(Plain):
        capabilities = Capabilities(max_batch=4)
        def generate(self, prompt): raise AssertionError("asked alone")
        def generate_batch(self, prompts):
            SEEN.append(len(prompts))
            fail = RequestError("too long", kind="too_long")
            return [fail if "fail" in p.text else f"<{p.letters[-1]}>" for p in prompts]

    class AsyncBatch(Batch):
        async def generate_batch(self, prompts): return [p.key for p in prompts]

    class Limited(Plain):
        def generate(self, prompt): raise TransientError("busy", kind="rate_limit", retry_after=2.5)

    class Broken(Plain):
        def generate(self, prompt): return 1 / 0

    class SoundOnly(Plain):
        capabilities = Capabilities(text_only=False)

    def halves(samples, rate, n_sources):
        import numpy as np
        return np.stack([samples / n_sources] * n_sources)

    def shapeless(samples, rate, n_sources): return samples
    def failing(samples, rate, n_sources): raise KeyError("no")
    def needy(samples, rate, n_sources): return halves(samples, rate, n_sources)
    needy.least_channels = lambda n_sources: n_sources

    def words(samples, rate): return f"{len(samples)} samples"
    async def later(samples, rate): return "later"
    def wordless(samples, rate): return 3
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "inner.py"
    path.write_text(textwrap.dedent(INNER), "utf-8")
    return str(path)


def seen(model: Any) -> list[Any]:
    return vars(__import__("sys").modules[type(model.adapter._inner.adapter).__module__])["SEEN"]


def clip(samples: np.ndarray) -> Audio:
    return Audio(quantise(samples), RATE)


def ask(*clips: Audio, text: str = "Which?", key: str = "k") -> Prompt:
    parts: list[TextPart | ClipPart] = []
    for number, one in enumerate(clips, 1):
        parts += [TextPart(text=f"Audio {number}:"), ClipPart.of(lambda one=one: one)]
    return Prompt(parts=(*parts, TextPart(text=text)), options=("x", "y"), digest="d", key=key)


def answer(model: Any, *prompts: Prompt) -> list[Any]:
    async def all_of_them() -> list[Any]:
        call = AdapterCall(model.adapter)
        return await asyncio.gather(*map(call, prompts), return_exceptions=True)

    return asyncio.run(all_of_them())


# --- what the model behind gets -------------------------------------------------------------------------


def test_without_a_separator_the_prompt_is_the_same(plugin: str) -> None:
    model, prompt = resolve(f"separate:none+{plugin}:Plain"), ask(clip(sources(0).sum(axis=0)))
    assert [one.text for one in answer(model, prompt)] == ["<A>"]
    assert seen(model)[-1] == prompt
    assert seen(model)[-1].clips[0].audio().digest == prompt.clips[0].audio().digest


def test_streams_stand_where_the_clip_stood_loudest_first_with_both_ears(plugin: str, tmp_path: Path) -> None:
    parts = sources(1) * np.array([0.3, 1.0])[:, None, None]
    write_suite(tmp_path / "suite", [parts])
    model = resolve(f"separate:oracle+{plugin}:Plain", {"separator.stems": str(tmp_path / "suite")})
    prompt = ask(clip(parts.sum(axis=0)))
    answer(model, prompt)
    got = seen(model)[-1]
    assert [part.text if isinstance(part, TextPart) else "clip" for part in got.parts] == [
        "Audio 1:",
        "This recording was separated into 2 streams, one a sound. They follow as 2 clips, the loudest first.",
        "Stream 1 of 2:",
        "clip",
        "Stream 2 of 2:",
        "clip",
        "Which?",
    ]
    for stream, part in zip(got.clips, parts[::-1], strict=True):
        assert stream.audio().channels == 2
        np.testing.assert_allclose(stream.audio().samples, part, atol=2 / 32768)
    assert (got.key, got.options, got.answer_mode) == (prompt.key, prompt.options, prompt.answer_mode)
    assert got.digest != prompt.digest


def test_the_order_of_stems_in_the_suite_tells_nothing(plugin: str, tmp_path: Path) -> None:
    parts = sources(2) * np.array([1.0, 0.4])[:, None, None]
    digests = []
    for name, order in (("a", [0, 1]), ("b", [1, 0])):
        write_suite(tmp_path / name, [parts[order]])
        model = resolve(f"separate:oracle+{plugin}:Plain", {"separator.stems": str(tmp_path / name)})
        answer(model, ask(clip(parts.sum(axis=0))))
        digests.append([one.audio().digest for one in seen(model)[-1].clips])
    assert digests[0] == digests[1]


def test_the_oracle_knows_a_clip_by_its_sound_also_resampled_and_no_other(
    plugin: str, tmp_path: Path
) -> None:
    parts = sources(3)
    write_suite(tmp_path / "suite", [parts])
    model = resolve(f"separate:oracle+{plugin}:Plain", {"separator.stems": str(tmp_path / "suite")})
    whole = clip(parts.sum(axis=0))
    slower = starbench.audio.resample(whole, 12_000)
    other = Audio(whole.pcm[100:], RATE)
    good, missing = answer(model, ask(slower), ask(other))
    assert good.text == "<A>"
    assert [one.audio().rate for one in seen(model)[-1].clips] == [12_000, 12_000]
    assert isinstance(missing, NotApplicableError)
    assert missing.kind == "not_applicable"


def test_separators_need_stems_that_are_there(plugin: str, tmp_path: Path) -> None:
    write_suite(tmp_path / "bare", [sources(0)], stems=False)
    with pytest.raises(InputError, match="keeps no stems"):
        resolve(f"separate:oracle+{plugin}:Plain", {"separator.stems": str(tmp_path / "bare")})


def test_streams_beyond_full_scale_are_made_softer_together(plugin: str, tmp_path: Path) -> None:
    loud = tmp_path / "loud.py"
    loud.write_text(
        "import numpy as np\ndef loud(samples, rate, n):\n    return np.stack([40 * samples, 10 * samples])\n"
    )
    model = resolve(f"separate:{loud}:loud+{plugin}:Plain", {"sources": "2"})
    answer(model, ask(clip(sources(0).sum(axis=0))))
    first, second = (one.audio().samples for one in seen(model)[-1].clips)
    assert np.abs(first).max() == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(second, first / 4, atol=1e-4)


# --- what the cascade may take ----------------------------------------------------------------------------


def test_limits_follow_from_the_model_behind(plugin: str) -> None:
    inner = resolve(f"{plugin}:Plain").capabilities
    own = resolve(f"separate:{plugin}:halves+{plugin}:Plain", {"sources": "2"}).capabilities
    assert own.max_clips == 2
    changed = {"max_clips", "outcomes", "error_kinds"}
    assert own.model_dump(exclude=changed) == inner.model_dump(exclude=changed)
    assert {"server", "not_applicable"} <= set(own.error_kinds)
    assert resolve(f"separate:none+{plugin}:Plain").capabilities.max_clips == 5
    assert resolve(f"separate:ipd-mask+{plugin}:Plain").capabilities.min_channels == 2


def test_captions_need_no_limit_of_sound(plugin: str) -> None:
    own = resolve(f"recognise:{plugin}:words+{plugin}:Plain").capabilities
    assert (own.max_clips, own.max_channels, own.max_seconds, own.rates) == (None, None, None, None)
    assert own.max_in_flight == 3
    with pytest.raises(InputError, match="takes no prompt without sound"):
        resolve(f"recognise:{plugin}:words+{plugin}:SoundOnly")


def test_a_method_of_as_many_sources_as_channels_is_not_applicable_to_three(
    plugin: str, tmp_path: Path
) -> None:
    write_suite(tmp_path / "suite", [sources(0, (-8, 0, 7)), sources(1, (-8, 0, 7), channels=3)])
    model = resolve(f"separate:{plugin}:needy+{plugin}:Plain", {"sources": "3"})
    assert model.capabilities.min_channels == 3
    run = plan_run(
        Request((str(tmp_path / "suite"),)), resolve(f"separate:{plugin}:needy+random", {"sources": "3"})
    ).run
    (reason,) = run.inapplicable
    assert (reason.code, reason.values, reason.items) == ("few_channels", {"channels": 2, "least": 3}, 1)
    (failure,) = answer(model, ask(clip(sources(0).sum(axis=0))))
    assert isinstance(failure, NotApplicableError)


def test_ilrma_is_not_applicable_to_three_sources_in_two_channels(plugin: str) -> None:
    pytest.importorskip("pyroomacoustics")
    model = resolve(f"separate:ilrma+{plugin}:Plain", {"sources": "3"})
    (failure,) = answer(model, ask(clip(sources(0, (-8, 0, 7)).sum(axis=0))))
    assert (type(failure), failure.kind) == (NotApplicableError, "not_applicable")
    assert seen(model) == []


def test_more_streams_than_the_model_takes_clips_are_never_sent(plugin: str) -> None:
    model = resolve(f"separate:ipd-mask+{plugin}:Plain", {"separator.iterations": "1"})
    assert model.capabilities.max_clips == 2
    answer(model, ask(*[clip(sources(seed, (-9, -3, 2, 8)).sum(axis=0)) for seed in (4, 5)]))
    assert len(seen(model)[-1].clips) <= 5


# --- whose answers and errors these are -------------------------------------------------------------------


def test_answers_refusals_and_errors_pass_unchanged(plugin: str) -> None:
    prompt = ask(clip(sources(0).sum(axis=0)))
    (refusal,) = answer(resolve(f"separate:none+{plugin}:Async"), prompt)
    assert (refusal.stop, refusal.text, refusal.usage.input_tokens) == ("refused", "I will not.", 3)
    for name in ("Limited", "Broken"):
        (alone,) = answer(resolve(f"{plugin}:{name}"), prompt)
        for cascade in (f"separate:{plugin}:halves", f"recognise:{plugin}:later"):
            (behind,) = answer(resolve(f"{cascade}+{plugin}:{name}"), prompt)
            assert (type(behind), behind.kind, str(behind)) == (type(alone), alone.kind, str(alone))
            assert getattr(behind, "retry_after", None) == getattr(alone, "retry_after", None)


def test_batches_reach_a_model_that_takes_them_and_one_that_fails_fails_alone(
    plugin: str, tmp_path: Path
) -> None:
    parts = sources(3)
    write_suite(tmp_path / "suite", [parts])
    model = resolve(f"separate:oracle+{plugin}:Batch", {"separator.stems": str(tmp_path / "suite")})
    whole = clip(parts.sum(axis=0))
    other = Audio(whole.pcm[100:], RATE)
    replies = answer(model, ask(whole), ask(whole, text="fail?"), ask(other), ask(whole, text="and?"))
    assert [getattr(one, "text", None) for one in replies] == ["<B>", None, None, "<B>"]
    assert [getattr(one, "kind", None) for one in replies] == [None, "too_long", "not_applicable", None]
    assert seen(model) == [3]
    (reply,) = answer(resolve(f"separate:none+{plugin}:AsyncBatch"), ask(whole, key="mine"))
    assert reply == Response(text="mine")
    assert not hasattr(resolve(f"separate:none+{plugin}:Plain").adapter, "generate_batch")


@pytest.mark.parametrize("name", ["shapeless", "failing"])
def test_a_separator_that_fails_is_an_error_of_its_own(plugin: str, name: str) -> None:
    model = resolve(f"separate:{plugin}:{name}+{plugin}:Plain", {"sources": "2"})
    (failure,) = answer(model, ask(clip(sources(0).sum(axis=0))))
    assert isinstance(failure, RequestError)
    assert failure.kind == "separator"
    assert "inner.py" in str(failure)
    assert seen(model) == []


# --- what a run's record says -----------------------------------------------------------------------------


def test_the_record_names_both_stages_and_their_arguments(
    plugin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"separator.iterations": "3", "seed": "7", "sources": "2"}
    model = resolve(f"separate:ipd-mask+{plugin}:Plain", given)
    record = recorded_arguments(model)
    assert record["separator"] == "ipd-mask"
    assert record["inner_model"] == f"{plugin}:Plain"
    assert json.loads(record["separator_arguments"]) == {"iterations": 3}
    assert json.loads(record["inner_arguments"]) == {"seed": 7, "weights": "w@1"}
    assert record["sources"] == 2
    assert "plugin:inner.py" in model.versions
    other = resolve(f"separate:ipd-mask+{plugin}:Plain", {**given, "separator.iterations": "4"})
    assert recorded_arguments(other) != record
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")
    for argument in ("api_key", "separator.api_key"):
        with pytest.raises(InputError, match="keys are read from the environment only"):
            resolve(f"separate:none+{plugin}:Plain", {argument: "sk-another-secret-1"})
    with pytest.raises(InputError, match="never stored"):
        resolve(f"separate:none+{plugin}:Plain", {"seed": "sk-test-not-a-real-key"})


@pytest.mark.parametrize("spec", ["separate:none", "separate:+random", "separate:none+", "recognise:x"])
def test_both_stages_must_be_named(spec: str) -> None:
    with pytest.raises(InputError, match="name both stages, as"):
        resolve(spec)


def test_unknown_stages_and_arguments_are_refused(plugin: str) -> None:
    for spec, arguments, message in (
        ("separate:nothing+random", {}, "no separator is called 'nothing'"),
        ("separate:none+nothing", {}, "no adapter is called 'nothing'"),
        ("separate:none+random", {"separator.depth": "3"}, "takes no argument 'depth'"),
        ("separate:oracle+random", {}, "needs 'stems': give --model-arg separator.stems="),
        (f"separate:{plugin}:halves+random", {"separator.depth": "3"}, "takes no arguments"),
        ("separate:none+random", {"sources": "0"}, "must be from 1 to"),
    ):
        with pytest.raises(InputError, match=message):
            resolve(spec, arguments)


# --- over real models -------------------------------------------------------------------------------------


def test_the_observer_behind_no_separator_answers_as_alone(tmp_path: Path) -> None:
    suite = starbench.build_suite("perception", tmp_path / "tones", attributes="pitch", size=6, workers=1)
    alone = starbench.run("observer", suite, tmp_path / "alone", canary=False)
    behind = starbench.run("separate:none+observer", suite, tmp_path / "behind", canary=False)
    assert {k: e.response for k, e in alone.ends.items()} == {k: e.response for k, e in behind.ends.items()}
    assert starbench.score(behind).delivered


def test_streams_reach_a_server(httpserver: HTTPServer, tmp_path: Path) -> None:
    suite = str(write_suite(tmp_path / "suite", [sources(seed) for seed in range(2)]))

    def asked(server: HTTPServer, letter: str) -> LoadedRun:
        given = {"base_url": served(server, completion(letter)), "separator.stems": suite}
        return starbench.run(
            "separate:oracle+openai:m", suite, tmp_path / "run", canary=False, model_args=given
        )

    run = asked(httpserver, "<B>")
    assert {end.letter for end in run.ends.values()} == {"B"}
    assert n_questions(httpserver) == len(run.plan)
    body = json.loads(httpserver.log[0][0].get_data())
    content = body["messages"][-1]["content"]
    assert sum(part["type"] == "input_audio" for part in content) == 2
    assert run.run.served_by == httpserver.url_for("/v1")
    recorded = (tmp_path / "run" / "run.json").read_text("utf-8")
    assert '"separator":"oracle"' in recorded.replace(" ", "")
    with HTTPServer(host="127.0.0.1") as elsewhere:  # the same model on another port: nothing is asked again
        again = asked(elsewhere, "<A>")
        assert n_questions(elsewhere) == 0
    assert {end.letter for end in again.ends.values()} == {"B"}


def test_above_what_a_network_hears_each_frame_has_the_mask_of_its_highest_bands() -> None:
    """A network at 8 kHz, of clips at 48 kHz: its first stream is what is above 2 kHz, the second what is below."""
    rng = np.random.default_rng(0)

    def network(wave: np.ndarray) -> np.ndarray:
        high = np.fft.rfft(wave)
        high[: round(len(high) / 2)] = 0.0
        high = np.fft.irfft(high, len(wave))
        return np.stack([high, wave - high])

    noise = rng.standard_normal((48_000, 2)) * [0.1, 0.05]
    upper, lower = (
        np.square(np.abs(np.fft.rfft(stream, axis=0)))
        for stream in for_both_ears(network, 8_000, noise, 48_000)
    )
    whole = np.square(np.abs(np.fft.rfft(noise, axis=0)))
    for low, high in ((2_500, 4_000), (4_500, 20_000)):
        assert (upper[low:high].sum(axis=0) > 0.95 * whole[low:high].sum(axis=0)).all()
        assert (lower[low:high].sum(axis=0) < 0.01 * whole[low:high].sum(axis=0)).all()
    assert (lower[500:1_500].sum(axis=0) > 0.95 * whole[500:1_500].sum(axis=0)).all()


def test_a_separator_that_says_wrong_things_of_itself_is_named_when_it_is_made(
    plugin: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "def wrong(samples, rate, n): pass\nwrong.needs_count, wrong.most_sources = False, 'many'\n"
    )
    with pytest.raises(
        InputError, match=r"most_sources is 'many', not a whole number from 1 \(.*wrong\.py:1\)"
    ):
        resolve(f"separate:{path}:wrong+{plugin}:Plain")
