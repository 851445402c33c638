"""The learned listener: it learns, its weights round-trip, and the weights that stand here answer a fresh suite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Command
from scipy.stats import binom

from starbench.audio import Audio, quantise
from starbench.build.build import build
from starbench.diagnose.probe import prepare, probe
from starbench.models.encoder import resolve_encoder
from starbench.planning.trials import materialise, plan_trials
from starbench.protocols.starbench import Starbench
from starbench.schema import Prompt
from starbench.suites.clip_store import ClipStore
from starbench.synthesis import BuildSpec

pytestmark = pytest.mark.local

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "listener"
SPEC = f"{FOLDER / 'listener.py'}:Listener"


@pytest.fixture(scope="module")
def listener() -> Iterator[Any]:
    sys.path.insert(0, str(FOLDER))
    import listener

    yield listener
    sys.path.remove(str(FOLDER))


def asked(
    attributes: tuple[str, ...], size: int, out: Path, rotations: str = "default"
) -> list[tuple[Prompt, str, Any]]:
    """Prompts of a suite that nobody was trained on, the right letter of each, and its item."""
    suite = build("perception", BuildSpec(attributes, "default", 424242, size), out, workers=1)
    store, items = ClipStore(suite, 16_000), {item.id: item for item in suite.items}
    trials = plan_trials(suite.name, suite.items, suite.clips, Starbench(), ("audio",), rotations).trials
    return [
        (materialise(one, items[one.item_id], store), one.answer_letter, items[one.item_id]) for one in trials
    ]


def letters(model: Any, prompts: list[Prompt]) -> list[str]:
    return [response.text.strip("<>") for response in model.generate_batch(prompts)]


def test_fifty_steps_lower_the_loss_and_the_weights_are_read_back(listener: Any, tmp_path: Path) -> None:
    import torch
    import train

    made = [train.example((7, draft)) for draft in train.drafts(("loudness",), "default-1", 7, 96)]
    trained = train.train(made, 1, steps=50, hearing=0.0, log=lambda _: None)
    assert np.mean(trained.losses[-10:]) < np.mean(trained.losses[:10])
    train.save(trained, tmp_path / "weights.safetensors")
    again = listener.Listener(1, file=str(tmp_path / "weights.safetensors"))
    assert list(again.vocabulary) == trained.vocabulary
    for name, value in trained.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], value, atol=2e-3, rtol=2e-3)


def test_training_asks_for_pitch_and_for_its_place_in_an_octave_and_in_three_semitones(listener: Any) -> None:
    import train

    def asked_of(semitones: float) -> dict[str, float]:
        sound = train.Sound(0.0, 0.7, semitones / 12, 70.0, None)
        return dict(zip(listener.PROPERTIES, train.properties_of(sound), strict=True))

    low, third_higher, octave_higher = asked_of(1.0), asked_of(4.0), asked_of(13.0)
    octave, third = ("octave sine", "octave cosine"), ("third sine", "third cosine")
    assert octave_higher["pitch"] - low["pitch"] == pytest.approx(1)
    assert [octave_higher[name] for name in octave] == pytest.approx([low[name] for name in octave])
    assert [third_higher[name] for name in third] == pytest.approx([low[name] for name in third])
    assert third_higher["octave sine"] != pytest.approx(low["octave sine"], abs=0.1)
    assert (low["level"], low["duration"], np.isnan(low["azimuth"])) == (1, 0, True)


@pytest.mark.parametrize("attribute", ["pitch", "loudness", "duration"])
def test_the_shipped_weights_answer_a_fresh_suite(listener: Any, attribute: str, tmp_path: Path) -> None:
    """By guessing, so many right answers would have a probability below one in a hundred thousand."""
    trials = asked((attribute,), 48, tmp_path / "suite", rotations="1")
    replies = letters(listener.Listener(1), [prompt for prompt, _, _ in trials])
    n_right = sum(reply == letter for (_, letter, _), reply in zip(trials, replies, strict=True))
    assert binom.sf(n_right - 1, len(trials), 1 / 3) < 1e-5, f"{n_right} of {len(trials)}"


@pytest.mark.slow
def test_the_largest_azimuths_are_answered_by_two_channels_and_not_by_one(
    listener: Any, tmp_path: Path
) -> None:
    trials = asked(("azimuth",), 240, tmp_path / "suite", rotations="1")
    largest = [one for one in trials if one[2].level == max(item.level or 0 for _, _, item in trials)]
    chance = []
    for channels in (1, 2):
        replies = letters(listener.Listener(channels), [prompt for prompt, _, _ in largest])
        n_right = sum(reply == letter for (_, letter, _), reply in zip(largest, replies, strict=True))
        chance.append(binom.sf(n_right - 1, len(largest), 1 / 3))
    assert chance[1] < 1e-3 < chance[0]


def test_the_order_of_the_options_does_not_matter(listener: Any, tmp_path: Path) -> None:
    trials = asked(("loudness",), 12, tmp_path / "suite")
    replies = letters(listener.Listener(1), [prompt for prompt, _, _ in trials])
    chosen: dict[str, set[str]] = {}
    for (prompt, _, item), reply in zip(trials, replies, strict=True):
        chosen.setdefault(item.id, set()).add(prompt.options[ord(reply) - ord("A")])
    assert all(len(of_item) == 1 for of_item in chosen.values())


def test_the_level_reaches_the_network_and_the_ears_only_the_variant_that_keeps_them(listener: Any) -> None:
    rng = np.random.default_rng(3)
    noise = 0.05 * rng.standard_normal((16_000, 1))
    left = Audio(quantise(np.hstack([noise, 0.2 * noise])), 16_000)
    right = Audio(quantise(np.hstack([0.2 * noise, noise])), 16_000)
    soft, loud = (Audio(quantise(gain * noise), 16_000) for gain in (1.0, 2.0))
    step = (listener.features(loud, 1) - listener.features(soft, 1)).mean()
    assert 40 * step == pytest.approx(20 * np.log10(2), abs=0.1)
    mono, two = listener.Listener(1, noise=0.0), listener.Listener(2, noise=0.0)
    assert mono.delivered(left).channels == 1
    assert two.delivered(left).channels == 2
    top = "projector"
    apart = [np.abs(model.encode(left)[top] - model.encode(right)[top]).max() for model in (mono, two)]
    assert 10 * apart[0] < apart[1]


def test_it_is_an_encoder_with_a_stage_for_each_layer_and_a_random_twin(listener: Any) -> None:
    encoder = resolve_encoder(SPEC, {"channels": "1"})
    audio = Audio(quantise(0.1 * np.random.default_rng(1).standard_normal((24_000, 1))), 16_000)
    layers = encoder.encode(audio)
    stages = [encoder.stage(name) for name in layers]
    assert stages == sorted(stages, key=["loader", "encoder", "projector", "language model"].index)
    assert set(stages) == {"loader", "encoder", "projector", "language model"}
    twin = encoder.twin(1)
    assert twin is not None
    np.testing.assert_array_equal(twin.encode(audio)["log-mel"], layers["log-mel"])
    assert np.abs(twin.encode(audio)["projector"] - layers["projector"]).max() > 0.1


def test_it_keeps_the_contract_of_a_model(command: Command) -> None:
    assert command("check-model", SPEC).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2])
def test_where_it_loses_azimuth_is_found(channels: int, tmp_path: Path) -> None:
    """What mixes to mono loses azimuth in the loader; what does not, does not. Level is in the tower of both."""
    suite = build("perception", BuildSpec(("pitch",), "default", 424242, 8), tmp_path, workers=1)
    prepared = prepare(suite, ("loudness", "azimuth"), 240, 5)
    record = probe(resolve_encoder(SPEC, {"channels": str(channels)}), prepared)
    found = {verdict.attribute: verdict for verdict in record.verdicts}
    tower = next(stage for stage in found["loudness"].stages if stage.stage == "encoder")
    assert tower.state != "lost"
    assert tower.significant
    assert (found["azimuth"].where == "loader") == (channels == 1)
