"""Train the listener on perception suites with seeds of their own, made in memory exactly as ``starbench build`` does.

    python examples/listener/train.py --out examples/listener

makes the sounds with two processes, then trains both variants at once, each with one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from listener import (
    BANDS,
    ENCODER_LAYERS,
    END,
    FILL,
    HOP,
    PROPERTIES,
    RATE_HZ,
    SILENCE,
    UNKNOWN,
    Network,
    features,
    filled,
    option_scores,
    padded,
    read,
    with_noise,
    words,
)
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy, smooth_l1_loss
from training_questions import Question, Sound, another_question, own_question, sounds

from starbench.build.render import render_stimulus
from starbench.execution.processes import available_cpus, map_items
from starbench.plugins import registry
from starbench.schema import Item
from starbench.synthesis import BuildPlan, BuildSpec, Draft, generator

#: Profile, attributes, items: a suite each, its seed SEED and its place in this list.
SUITES = (
    ("default-2", ("pitch",), 6000),
    ("default-2", ("loudness",), 3000),
    ("default-2", ("duration",), 3000),
    ("default-1", ("pitch",), 1500),
    ("default-1", ("loudness",), 1500),
    ("default-1", ("duration",), 1500),
    ("default-2", ("azimuth",), 3000),
    ("default-2", ("distance",), 300),
    ("default-2", ("pitch", "loudness"), 1000),
    ("default-2", ("gap", "tone_order", "am_depth", "am_rate", "tempo", "masked_tone"), 2400),
)
SEED = 911_000
#: Seconds of digital silence at most that are put behind a clip.
TAIL_S = 0.6
QUESTIONS_A_CLIP = 3
#: Of each variant.
STEPS = 4400
#: Until this share of the steps nothing is asked, and until that the smaller differences are left out.
HEARING, EASY = 0.35, 0.6
#: The last share of all steps has internal noise in the loader, this much of what it has in use.
NOISY, NOISE = 0.25, 0.5
#: What differences of PROPERTIES are multiplied by, so that those that are asked about are about 1; NaN: not asked.
DIFFERENCES = np.array([24, 3, 2, 4, *[math.nan] * 4], np.float32)
#: Errors below these count by their square. Small ones of properties matter; differences are often zero, which is what
#: a network says that is asked for their median.
EXACT, ROUGH = 0.05, 0.5


class Example(NamedTuple):
    """One clip as training sees it: frames (float16; one plane, or four if it has two ears), and what is known."""

    seed: int
    item: Item
    frames: np.ndarray
    sounds: list[Sound]


def drafts(attributes: tuple[str, ...], profile: str, seed: int, size: int) -> tuple[Draft, ...]:
    """The items of a perception suite, as ``starbench build`` plans them."""
    plan: BuildPlan = registry.make("tasks", "perception").plan(BuildSpec(attributes, profile, seed, size))
    return plan.drafts


def example(job: tuple[int, Draft]) -> Example:
    seed, draft = job
    audio, stimulus = render_stimulus(draft.clips[0], generator(seed, draft.item.id, "clip", "0"))
    frames = features(audio, audio.channels).astype(np.float16)
    return Example(seed, draft.item, frames, sounds(stimulus.truth))


def examples(share: float, cache: Path | None) -> list[Example]:
    """Render every suite (or a share of each), in a process for each CPU."""
    if cache and cache.is_file():
        return pickle.loads(cache.read_bytes())
    jobs = [
        (SEED + place, draft)
        for place, (profile, attributes, size) in enumerate(SUITES)
        for draft in drafts(attributes, profile, SEED + place, max(12, round(size * share)))
    ]
    made = sorted(map_items(example, jobs, available_cpus()), key=lambda one: (one.seed, one.item.id))
    if cache:
        cache.write_bytes(pickle.dumps(made))
    return made


def vocabulary(made: list[Example]) -> list[str]:
    """Every word of the questions, after the two tokens that are no words."""
    rng = np.random.default_rng(0)
    seen: set[str] = set()
    for one in made:
        for question in (own_question(one.item), another_question(one.item, one.sounds, rng)):
            seen.update(word for text in (question.text, *question.options) for word in words(text))
    return [UNKNOWN, END, *sorted(seen)]


def easy_ones(made: list[Example]) -> list[Example]:
    """Without the smaller half of the levels of each part."""
    levels: dict[tuple[Any, Any], list[float]] = {}
    for one in made:
        if one.item.level is not None and not one.item.catch:
            levels.setdefault((one.item.part, one.item.level_unit), []).append(one.item.level)
    middles = {part: float(np.median(of_part)) for part, of_part in levels.items()}
    return [
        one
        for one in made
        if one.item.catch
        or one.item.level is None
        or one.item.level >= middles[one.item.part, one.item.level_unit]
    ]


def batches(made: list[Example], size: int, rng: np.random.Generator) -> list[list[Example]]:
    """Examples of about the same length together, in random order."""
    lengths = np.array([len(one.frames) for one in made]) * rng.uniform(0.9, 1.1, len(made))
    order = np.argsort(lengths)
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    rng.shuffle(groups)
    return [[made[place] for place in group] for group in groups]


def sounds_of(
    batch: list[Example], channels: int, noise: float, rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """What the network hears, and what it should hear in it."""
    n_planes = 1 if channels == 1 else 4
    tail = int(rng.integers(TAIL_S * RATE_HZ / HOP + 1))
    n_frames = FILL * math.ceil((max(len(one.frames) for one in batch) + tail) / FILL)
    frames = []
    for one in batch:
        heard = one.frames[:, : n_planes * BANDS].astype(np.float32)
        if heard.shape[1] < n_planes * BANDS:
            rest = np.broadcast_to(SILENCE[1:].reshape(-1), (len(heard), 3 * BANDS))
            heard = np.concatenate([heard, rest], axis=1)
        frames.append(filled(heard, n_frames))
    interval, of_frame, of_clip = targets(batch, n_frames // 4)
    facts = {
        "frames": with_noise(np.stack(frames), noise, rng),
        "interval": interval,
        "properties": of_frame,
        "sounds": of_clip,
    }
    return {name: torch.from_numpy(values) for name, values in facts.items()}


def questions_about(
    batch: list[Example], known: dict[str, int], rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """Some questions about each sound, and their answers."""
    texts, answers, contents = [], [], []
    for one in batch:
        for number in range(QUESTIONS_A_CLIP):
            asked = own_question(one.item) if number == 0 else another_question(one.item, one.sounds, rng)
            contents.append(asked.answer)
            asked = shuffled(asked, rng)
            texts.append(read(asked.text, asked.options, known))
            answers.append(asked.answer)
    token_ids, groups = padded(texts)
    return {
        "words": token_ids,
        "groups": groups,
        "answers": torch.tensor(answers),
        "contents": torch.tensor(contents),
    }


def shuffled(asked: Question, rng: np.random.Generator) -> Question:
    order = rng.permutation(len(asked.options))
    options = tuple(asked.options[place] for place in order)
    return Question(asked.text, options, int(np.flatnonzero(order == asked.answer)[0]))


def properties_of(sound: Sound) -> list[float]:
    """In the order of PROPERTIES, each of a size about 1; NaN where unknown."""
    octaves = math.nan if sound.pitch is None else sound.pitch
    azimuth = math.nan if sound.azimuth is None else sound.azimuth
    angles = [2 * math.pi * octaves * each for each in (1, 4)]
    places = [0.5 * part(angle) for angle in angles for part in (math.sin, math.cos)]
    return [octaves, (sound.level - 55) / 15, math.log2(sound.seconds / 0.7), azimuth, *places]


def targets(batch: list[Example], n_frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What should be heard: of each frame (80 ms) the sound (0: none) and its properties; of each clip both sounds'."""
    interval = np.zeros((len(batch), n_frames), np.int64)
    of_frame = np.full((len(batch), n_frames, len(PROPERTIES)), np.nan, np.float32)
    of_clip = np.full((len(batch), 3, len(PROPERTIES)), np.nan, np.float32)
    middles_s = (np.arange(n_frames) + 0.5) * 4 * HOP / RATE_HZ
    for row, one in enumerate(batch):
        if not one.sounds:
            interval[row] = -100
        for number, sound in enumerate(one.sounds):
            during = (middles_s > sound.onset_s) & (middles_s < sound.onset_s + sound.seconds)
            interval[row, during] = number + 1
            of_clip[row, number] = of_frame[row, during] = properties_of(sound)
    of_clip[:, 2] = np.clip((of_clip[:, 1] - of_clip[:, 0]) * DIFFERENCES, -3, 3)
    return interval, of_frame, of_clip


def loss_of(
    network: Network, batch: dict[str, Any], end: int, hints: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """What is minimised, its parts, and whether each answer to an item's own question was right."""
    layers = network.encode(batch["frames"])
    tokens = layers["projector"]
    frames = network.norm(layers[f"encoder {ENCODER_LAYERS}"])
    interval = cross_entropy(
        network.interval(frames).float().flatten(0, 1), batch["interval"].flatten(), ignore_index=-100
    )
    heard = torch.stack([head(tokens[:, place]) for place, head in enumerate(network.sounds)], dim=1)
    of_sounds = batch["sounds"]
    parts = [
        interval,
        mean_error(network.properties(frames), batch["properties"], EXACT),
        mean_error(heard[:, :2], of_sounds[:, :2], EXACT)
        + 2 * mean_error(heard[:, 2], of_sounds[:, 2], ROUGH),
    ]
    loss = hints * (interval + 2 * parts[1] + 4 * parts[2])
    if "words" not in batch:
        return loss, torch.stack(parts).detach(), None
    scores, states = network.answer(
        tokens.repeat_interleave(QUESTIONS_A_CLIP, dim=0), batch["words"], batch["groups"]
    )
    options = option_scores(scores.float(), batch["words"], batch["groups"], end)
    is_read = (batch["groups"] == 0) & (batch["words"] == end)
    content = cross_entropy(network.content(states[is_read]).float(), batch["contents"])
    parts += [content, cross_entropy(options, batch["answers"])]
    is_right = options.argmax(dim=1) == batch["answers"]
    return loss + hints * content + parts[-1], torch.stack(parts).detach(), is_right[::QUESTIONS_A_CLIP]


def mean_error(told: torch.Tensor, truth: torch.Tensor, beta: float) -> torch.Tensor:
    """Mean error where the truth is known; errors below ``beta`` count by their square."""
    known = ~truth.isnan()
    return smooth_l1_loss(told.float()[known], truth[known], beta=beta) if known.any() else torch.zeros(())


class Trained(NamedTuple):
    network: Network
    vocabulary: list[str]
    losses: list[float]
    """Of the answers, of each step at which there were any; else of all."""


def train(
    made: list[Example],
    channels: int,
    *,
    steps: int,
    size: int = 32,
    rate: float = 1.8e-3,
    hearing: float = HEARING,
    easy: float = EASY,
    noise: float = 0.0,
    start: Network | None = None,
    log: Any = print,
) -> Trained:
    """Train one variant for so many steps; in the first share ``hearing`` of them nothing is asked."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    texts = vocabulary(made)
    known = {word: number for number, word in enumerate(texts)}
    network = start or Network(channels, len(texts))
    optimizer = torch.optim.AdamW(network.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01)
    large = easy_ones(made)
    began, losses, right, step, done = time.monotonic(), [], [], 0, 0.0
    while done < 1:
        for chosen in batches(made if done >= easy else large, size, rng):
            done = step / steps
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = (
                    rate * min(1.0, (step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
                )
            batch = sounds_of(chosen, channels, noise, rng)
            if done >= hearing:
                batch |= questions_about(chosen, known, rng)
            with torch.autocast("cpu", torch.bfloat16):
                loss, parts, is_right = loss_of(network, batch, known[END], hints=0.7 * (1 - done) + 0.2)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses.append(parts.numpy())
            if is_right is not None:
                right += zip((one.item.sub_category for one in chosen), is_right.tolist(), strict=True)
            step += 1
            if step % 200 == 0:
                log(summary(step, time.monotonic() - began, losses[-50:], right[-200 * size :]))
    return Trained(
        network.eval(), texts, [float(parts[-1]) for parts in losses if len(parts) == len(losses[-1])]
    )


def with_internal_noise(
    first: Trained, made: list[Example], channels: int, steps: int, log: Any = print
) -> Trained:
    """Train further with the noise that the loader has in use, at a lower rate."""
    return train(
        made,
        channels,
        steps=steps,
        rate=8e-4,
        hearing=0.0,
        easy=0.0,
        noise=NOISE,
        start=first.network.train(),
        log=log,
    )


def summary(step: int, seconds: float, losses: list[np.ndarray], right: list[tuple[str | None, bool]]) -> str:
    by_part: dict[str, list[bool]] = {}
    for part, ok in right:
        by_part.setdefault(str(part).replace("sensitivity_", ""), []).append(ok)
    losses = [parts for parts in losses if len(parts) == len(losses[-1])]
    shares = " ".join(f"{part} {np.mean(oks):.2f}" for part, oks in sorted(by_part.items()))
    return f"step {step}, {seconds:.0f} s, losses {np.round(np.mean(losses, axis=0), 3).tolist()}: {shares}"


def save(trained: Trained, path: Path) -> None:
    """Write the weights as float16, and the vocabulary."""
    weights = {name: value.half().contiguous() for name, value in trained.network.state_dict().items()}
    save_file(weights, path, {"vocabulary": json.dumps(trained.vocabulary)})


def train_variant(channels: int, cache: Path, out: Path, steps: int) -> str:
    """Train one variant on the sounds in ``cache``, with one thread, and write its weights."""
    torch.set_num_threads(1)
    made = examples(1.0, cache)

    def log(text: str) -> None:
        print(f"{channels}: {text}", flush=True)

    noisy = round(steps * NOISY)
    first = train(made, channels, steps=steps - noisy, log=log)
    trained = with_internal_noise(first, made, channels, noisy, log)
    path = out / f"listener-{channels}.safetensors"
    save(trained, path)
    return f"{path}: {path.stat().st_size / 1e6:.2f} MB, {time.process_time():.0f} s of one core"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--cache", type=Path, help="file that keeps the sounds (1.3 GB)")
    parser.add_argument("--share", type=float, default=1.0, help="of the items of each suite")
    parser.add_argument("--steps", type=int, default=STEPS, help="of training; both variants train at once")
    parser.add_argument("--channels", type=int, choices=(1, 2), nargs="+", default=(1, 2))
    given = parser.parse_args()
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        cache = given.cache or Path(folder) / "sounds.pickle"
        print(f"{len(examples(given.share, cache))} sounds after {time.monotonic() - began:.0f} s")
        one = partial(train_variant, cache=cache, out=given.out, steps=given.steps)
        for written in map_items(one, given.channels, len(given.channels)):
            print(f"{written} after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
