"""Local models: what they are given, what they say, and that a batch says what singles say."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sound_prompts import ask, clip, noise, question, refusal, tone
from tiny_lalms import build_audio_flamingo3, build_qwen2_audio

from starbench.adapters.transformers import decoding
from starbench.adapters.transformers.model import Transformers
from starbench.errors import AdapterError, AudioError, InputError, RequestError
from starbench.schema import ClipPart, Prompt, Response, TextPart

MODES = ("text", "choice", "logprobs")
#: Chat templates: one leaves the system turn out, the other refuses it.
USERS_ONLY = "{% for m in messages if m.role == 'user' %}U:{{ m.content[0].text }}{% endfor %}"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('No system role!') }}{% endif %}U"


@pytest.fixture(scope="module", params=["tiny_qwen2_audio", "tiny_audio_flamingo3"])
def either(request: pytest.FixtureRequest) -> Iterator[Transformers]:
    """Both architectures, one after the other, up to three prompts in a pass."""
    model = Transformers(request.getfixturevalue(request.param), device="cpu", batch=3, max_new_tokens=12)
    yield model
    model.close()


@pytest.fixture(scope="module")
def qwen(tiny_qwen2_audio: str) -> Iterator[Transformers]:
    model = Transformers(tiny_qwen2_audio, device="cpu", max_new_tokens=12)
    yield model
    model.close()


# What is heard ------------------------------------------------------------------------------------------


def test_sound_changes_what_is_said_and_how_likely_each_letter_is(either: Transformers) -> None:
    sounds = [tone(), noise(), tone(2000.0)]
    texts = {ask(either, question(sound)).text for sound in sounds}
    assert len(texts) > 1
    scores = [ask(either, question(sound, answer_mode="logprobs")).letter_logprobs for sound in sounds]
    assert len({tuple((score or {}).values()) for score in scores}) == 3


def test_the_same_prompt_is_answered_the_same_twice(either: Transformers) -> None:
    assert ask(either, question(tone())) == ask(either, question(tone()))


def test_parts_are_given_in_their_order(qwen: Transformers) -> None:
    first, second = clip(tone()), clip(noise())
    words = TextPart(text="One."), TextPart(text="Two.")
    orders: list[tuple[TextPart | ClipPart, ...]] = [
        (words[0], first, words[1], second),
        (words[0], second, words[1], first),
        (words[0], words[1], first, second),
        (first, words[0], second, words[1]),
    ]
    given = [Prompt(parts=parts, options=("x", "y"), answer_mode="logprobs") for parts in orders]
    scores = [tuple((ask(qwen, prompt).letter_logprobs or {}).values()) for prompt in given]
    assert len(set(scores)) == len(orders)


def test_a_system_turn_is_given_only_on_request(qwen: Transformers, tiny_qwen2_audio: str) -> None:
    brief = Transformers(tiny_qwen2_audio, device="cpu", max_new_tokens=12, system="Be brief.")
    prompt = question(tone())
    with_turn, without = ask(brief, prompt).usage, ask(qwen, prompt).usage
    brief.close()
    tokens = 1 + len("system\nBe brief.") + 1 + 1  # a byte a token, and each special token
    assert with_turn is not None
    assert without is not None
    assert with_turn.input_tokens == (without.input_tokens or 0) + tokens


@pytest.mark.parametrize(
    ("template", "system", "sentence"),
    [
        # A template of ours that writes the user's turns alone.
        (
            "{% for m in messages if m.role == 'user' %}U:{{ m.content[0].text }}{% endfor %}",
            "Be brief.",
            "no system turn",
        ),
        (
            "{% if messages[0].role == 'system' %}{{ raise_exception('No system role!') }}{% endif %}U",
            "Be brief.",
            "No system role!",
        ),
        (None, "Now<|im_end|>", "takes for a command"),
    ],
    ids=["dropped", "refused", "a command"],
)
def test_a_system_turn_that_would_be_lost_is_refused_before_the_first_question(
    tiny_qwen2_audio: str, tmp_path: Path, template: str | None, system: str, sentence: str
) -> None:
    checkpoint = Path(shutil.copytree(tiny_qwen2_audio, tmp_path / "copy"))
    if template is not None:
        (checkpoint / "chat_template.jinja").write_text(template, "utf-8")
    adapter = Transformers(str(checkpoint), device="cpu", system=system)
    with pytest.raises(InputError) as refused:
        asyncio.run(adapter.check())
    adapter.close()
    assert str(refused.value).startswith(f"system={system}: ")
    assert sentence in str(refused.value)
    plain = Transformers(str(checkpoint), device="cpu")
    asyncio.run(plain.check())
    plain.close()


# Batches ------------------------------------------------------------------------------------------------


def mixed(mode: str) -> list[Prompt]:
    """Lengths, sounds and numbers of options that differ, and one without sound."""
    sounds: list[list[Any]] = [[tone()], [noise(1.3)], [], [tone(700.0, 2.0)], [noise(0.2)]]
    texts = ["Which?", "A much longer question than the others: which of these is it?", "Guess.", "Y?", "Z"]
    return [
        question(*sound, text=text, options="ABCDEF"[: 2 + i], answer_mode=mode, key=str(i))
        for i, (sound, text) in enumerate(zip(sounds, texts, strict=True))
    ]


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_answers_as_its_prompts_do_alone(either: Transformers, mode: str) -> None:
    prompts = mixed(mode)
    together = asyncio.run(either.generate_batch(prompts))
    for prompt, answer in zip(prompts, together, strict=True):
        alone = ask(either, prompt)
        assert isinstance(answer, Response)
        assert answer.model_copy(update={"letter_logprobs": alone.letter_logprobs}) == alone
        assert answer.letter_logprobs == pytest.approx(alone.letter_logprobs, abs=1e-4)
    assert len({str(answer) for answer in together}) > 1


def test_clips_of_several_prompts_of_a_batch_are_not_mixed_up(tiny_qwen2_audio: str) -> None:
    model = Transformers(tiny_qwen2_audio, device="cpu", batch=8)
    a, b, c = tone(), noise(), tone(3000.0, 1.0)
    sounds = [[a, b], [c], [b, a, c], [a]]
    prompts = [question(*given, answer_mode="logprobs") for given in sounds]
    together = asyncio.run(model.generate_batch(prompts))
    alone = [ask(model, prompt) for prompt in prompts]
    model.close()
    for one, other in zip(together, alone, strict=True):
        assert isinstance(one, Response)
        assert one.letter_logprobs == pytest.approx(other.letter_logprobs, abs=1e-4)


def test_a_batch_of_all_modes_answers_each_in_its_own(either: Transformers) -> None:
    prompts = [question(tone(), answer_mode=mode) for mode in MODES]
    text, choice, logprobs = asyncio.run(either.generate_batch(prompts))
    assert [text, choice, logprobs] == [ask(either, prompt) for prompt in prompts]
    assert isinstance(text, Response)
    assert isinstance(choice, Response)
    assert isinstance(logprobs, Response)
    assert len(text.text or "") > len("<A>") == len(choice.text or "")
    assert text.letter_logprobs is choice.letter_logprobs is None is not logprobs.letter_logprobs


def test_what_one_prompt_of_a_batch_has_wrong_is_its_own_error(qwen: Transformers) -> None:
    broken = ClipPart.of(lambda: (_ for _ in ()).throw(AudioError("a clip changed on disk")))
    prompts = [question(tone()), question(tone(rate=8000)[:, [0, 0]]), question(broken), question(noise())]
    answers = asyncio.run(qwen.generate_batch(prompts))
    assert [type(answer) for answer in answers] == [Response, RequestError, RequestError, Response]
    assert isinstance(answers[2], AdapterError)
    assert answers[2].kind == "audio"
    assert answers[0] == ask(qwen, prompts[0])
    assert answers[3] == ask(qwen, prompts[3])


def test_what_the_processor_finds_wrong_with_one_prompt_is_its_own_error(
    tiny_audio_flamingo3: str,
) -> None:
    """Its limits set aside, the model's own processor takes no two clips: their neighbours still pass."""
    model = Transformers(tiny_audio_flamingo3, device="cpu", batch=4, max_clips=2)
    prompts = [question(tone()), question(noise()), question(tone(), noise()), question(tone(900.0))]
    answers = asyncio.run(model.generate_batch(prompts))
    model.close()
    assert [type(answer) for answer in answers] == [Response, Response, RequestError, Response]
    assert "must match 1:1" in str(answers[2])


# Letters ------------------------------------------------------------------------------------------------


def test_letters_are_scored_by_their_probability_and_the_best_is_the_answer(either: Transformers) -> None:
    for sound in (tone(), noise()):
        answer = ask(either, question(sound, options="ABC", answer_mode="logprobs"))
        scores = answer.letter_logprobs or {}
        assert list(scores) == ["A", "B", "C"]
        assert answer.text == f"<{max(scores, key=lambda letter: scores[letter])}>"
        assert 0 < sum(np.exp(score) for score in scores.values()) < 1


def test_letters_are_those_of_a_pass_of_the_bare_model(tiny_qwen2_audio: str) -> None:
    """Without the adapter: the model's forward pass, and a softmax in numpy."""
    letters = "ABCDEFGH"
    adapter = Transformers(tiny_qwen2_audio, device="cpu")
    chosen = set()
    for sound in (tone(), noise(), tone(2000.0)):
        asked = [question(sound, options=letters, answer_mode=mode) for mode in ("logprobs", "choice")]
        scored, choice = (ask(adapter, prompt) for prompt in asked)
        probabilities, ids = _bare_pass(tiny_qwen2_audio, sound, letters)
        for letter, (plain, spaced) in zip(letters, ids, strict=True):
            expected = np.log(probabilities[plain] + probabilities[spaced])
            assert (scored.letter_logprobs or {})[letter] == pytest.approx(expected, abs=1e-5)
        best = int(np.argmax([probabilities[list(pair)].max() for pair in ids]))
        assert choice.text == f"<{letters[best]}>"
        chosen |= {scored.text, choice.text}
    adapter.close()
    assert len(chosen) > 1


def _bare_pass(path: str, sound: Any, letters: str) -> tuple[Any, list[tuple[int, int]]]:
    """Probabilities of the next token, and the two tokens of each letter."""
    import torch
    from transformers import AutoProcessor, Qwen2AudioForConditionalGeneration

    processor = AutoProcessor.from_pretrained(path)
    model = Qwen2AudioForConditionalGeneration.from_pretrained(path).eval()
    text = (
        "<|im_start|>user\nAudio 1:<|audio_bos|><|AUDIO|><|audio_eos|>Which is it?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    heard = clip(sound).audio().samples[:, 0]
    inputs = processor(text=[text], audio=[heard], sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**inputs).logits[0, -1].double().numpy()
    exponents = np.exp(logits - logits.max())
    to_id = processor.tokenizer.convert_tokens_to_ids
    return exponents / exponents.sum(), [(to_id(letter), to_id(f"Ġ{letter}")) for letter in letters]


def test_letters_that_are_no_single_tokens_are_not_offered_and_refused(tmp_path: Path) -> None:
    model = Transformers(build_qwen2_audio(tmp_path, single_letters=False), device="cpu", max_new_tokens=4)
    assert model.capabilities.answer_modes == ("text",)
    assert ask(model, question(tone())).text
    error = refusal(model, question(tone(), answer_mode="logprobs"))
    model.close()
    assert error.kind == "letters"
    assert "--answer-mode text" in str(error)


@pytest.mark.parametrize("mode", ["choice", "logprobs"])
def test_a_prompt_without_options_has_no_letter_to_give(qwen: Transformers, mode: str) -> None:
    error = refusal(qwen, question(tone(), options="", answer_mode=mode))
    assert error.kind == "letters"
    assert "no options" in str(error)


# How a reply ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [build_qwen2_audio, build_audio_flamingo3])
@pytest.mark.parametrize("says", ["<B>", "I cannot listen to audio.", ""])
def test_a_reply_that_ends_by_itself_is_whole(build: Any, says: str, tmp_path: Path) -> None:
    model = Transformers(build(tmp_path, says=says), device="cpu")
    answer = ask(model, question(tone()))
    model.close()
    assert (answer.text, answer.stop, answer.finish_reason) == (says, "end", "stop")
    assert answer.usage is not None
    assert answer.usage.output_tokens == (2 if says else 1)  # all of it is one token, and the end another


def test_a_reply_as_long_as_may_be_is_cut(qwen: Transformers) -> None:
    answer = ask(qwen, question(tone()))
    assert (answer.stop, answer.finish_reason) == ("length", "length")
    assert answer.usage is not None
    assert answer.usage.output_tokens == 12


def test_rows_of_a_batch_end_each_for_itself(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    """A token that only the first row writes is made an end: it ends there, the other at its limit."""
    original = Transformers(tiny_qwen2_audio, device="cpu", max_new_tokens=8)
    engine = original._ready()
    prompts = [question(tone()), question(tone(), noise(1.0))]
    written = [_tokens(engine, prompt) for prompt in prompts]
    usual = engine.model.generation_config.eos_token_id
    original.close()
    end = next(token for token in written[0][1:] if token not in written[1])
    shutil.copytree(tiny_qwen2_audio, tmp_path / "ending")
    _set(tmp_path / "ending" / "generation_config.json", eos_token_id=[usual, end])
    ending = Transformers(str(tmp_path / "ending"), device="cpu", max_new_tokens=8, batch=2)
    short, long = asyncio.run(ending.generate_batch(prompts))
    ending.close()
    assert isinstance(short, Response)
    assert isinstance(long, Response)
    assert (short.stop, long.stop) == ("end", "length")
    assert short.usage is not None
    assert long.usage is not None
    assert short.usage.output_tokens == written[0].index(end) + 1
    assert long.usage.output_tokens == 8


def _tokens(engine: Any, prompt: Prompt) -> list[int]:
    inputs = engine.encoder.inputs([engine.encoder.chat(prompt)])
    out = engine.model.generate(**inputs, max_new_tokens=8, do_sample=False)
    found: list[int] = out[0, inputs["input_ids"].shape[1] :].tolist()
    return found


def _set(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


def test_usage_counts_what_was_given_heard_and_written(either: Transformers) -> None:
    """A byte a token; two mel frames of 10 ms to a position of the encoder, two of these to a token."""
    longer, shorter = (ask(either, question(noise(s))).usage for s in (2.0, 1.0))
    silent = ask(either, question()).usage
    assert longer is not None
    assert shorter is not None
    assert silent is not None
    assert (longer.audio_tokens, shorter.audio_tokens, silent.audio_tokens) == (50, 25, 0)
    assert (longer.input_tokens or 0) - (shorter.input_tokens or 0) == 25


# Decoding -----------------------------------------------------------------------------------------------


def test_what_a_checkpoint_suggests_for_chatting_is_not_used(tiny_qwen2_audio: str, tmp_path: Path) -> None:
    shutil.copytree(tiny_qwen2_audio, tmp_path / "chatty")
    suggestions = {
        "do_sample": True,
        "temperature": 5.0,
        "top_p": 0.9,
        "repetition_penalty": 5.0,
        "no_repeat_ngram_size": 2,
    }
    _set(tmp_path / "chatty" / "generation_config.json", **suggestions)
    answers = [_texts(tiny_qwen2_audio), _texts(str(tmp_path / "chatty"))]
    assert answers[0] == answers[1]


def _texts(path: str, sounds: Sequence[Any] = (tone(), noise()), **arguments: Any) -> list[str | None]:
    model = Transformers(path, **{"device": "cpu", "max_new_tokens": 12, **arguments})
    prompts = [question(sound, key=str(i)) for i, sound in enumerate(sounds)]
    answers = asyncio.run(model.generate_batch(prompts))
    model.close()
    return [answer.text for answer in answers if isinstance(answer, Response)]


def test_draws_follow_from_seed_and_prompt_and_disturb_no_one_elses(tiny_qwen2_audio: str) -> None:
    import torch

    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    drawn = _texts(tiny_qwen2_audio, temperature=1.0)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert drawn == _texts(tiny_qwen2_audio, temperature=1.0, batch=2)
    assert drawn[:1] == _texts(tiny_qwen2_audio, (tone(),), temperature=1.0)
    assert drawn != _texts(tiny_qwen2_audio, temperature=1.0, seed=1)
    assert drawn != _texts(tiny_qwen2_audio)
    same = _texts(tiny_qwen2_audio, (tone(), tone()), temperature=1.0)
    assert same[0] != same[1]
    assert _texts(tiny_qwen2_audio, temperature=0.0) == _texts(tiny_qwen2_audio)


def test_draws_are_from_the_whole_distribution(qwen: Transformers) -> None:
    """The library's own defaults would keep the 50 most probable tokens."""
    drawing = decoding.configuration(qwen._ready().model.generation_config, 8, 0.7)
    assert (drawing.do_sample, drawing.temperature, drawing.top_k, drawing.top_p) == (True, 0.7, 0, 1.0)
