"""The listener hears the sounds of every item, as they are and in each form."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from starbench.audio import Audio
from starbench.execution.processes import available_cpus
from starbench.schema import Item
from starbench.schema.audit import Cue, Scope

from .delivery import Delivered, Planned, PlannedItem, delivered
from .forms import FormOfSound
from .questions import StatedDifference, claim_of, cue_of
from .readouts import Heard, difference_jnd, read
from .stretches import Stretch, located, stretches

#: Name of the audio of the suite itself, before anything is sent.
ORIGINAL = "original"

#: About so many items are heard in forms that some loader would make: they condemn none, and take long.
_MOST_ASSUMED = 48

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FormFacts:
    """What one clip is in one form."""

    rate: int
    channels: int
    seconds: float


@dataclass(frozen=True)
class AuditedItem:
    """One item: what it is about, what its answer says, and what is heard of its sounds, in order, in each form."""

    item: Item
    cue: Cue | None
    claim: StatedDifference | None
    scope: Scope
    """Of the sounds that it compares."""
    heard: Mapping[str, Sequence[Heard]]
    facts: Mapping[str, Sequence[FormFacts]]

    def is_found(self, form: str) -> bool:
        """Whether it is known where its sounds are in a form, or would be if any of them were left."""
        return all(sound.is_found for sound in self.heard.get(form, ()))

    def difference(self, form: str, cue: str) -> float:
        """By how much the second sound has more, JND; NaN where that is not heard. Of one sound: from the middle."""
        sounds = self.heard.get(form, ())
        if self.claim is not None and self.claim.of_one:
            return difference_jnd(Heard({cue: 0.0}), sounds[0], cue) if sounds else float("nan")
        return difference_jnd(sounds[0], sounds[1], cue) if len(sounds) > 1 else float("nan")


def listen(planned: Planned, forms: Sequence[FormOfSound], on_item: Progress) -> list[AuditedItem]:
    """Hear every item; those of one part are taken to hold the same number of sounds."""
    parts = defaultdict(list)
    for one in planned.items:
        parts[one.item.part].append(one)
    known = [form for form in forms if form.basis != "assumed"]
    step = max(1, len(planned.items) // _MOST_ASSUMED)
    tasks = []
    for part, members in parts.items():
        cue = cue_of(part, [one.item for one in members])
        in_a_clip = _sounds_in_a_clip(members, planned)
        tasks += [
            partial(_hear, planned, one, known if number % step else forms, cue, in_a_clip)
            for number, one in enumerate(members)
        ]
    heard = []
    with ThreadPoolExecutor(available_cpus()) as pool:
        for done, one in enumerate(pool.map(lambda task: task(), tasks), 1):
            on_item(done, len(tasks))
            heard.append(one)
    return heard


def _sounds_in_a_clip(members: Sequence[PlannedItem], planned: Planned) -> int:
    """Two if most items of a part have one clip with two sounds apart; else one."""
    if any(len(one.item.audio_paths) > 1 for one in members):
        return 1
    clips = (planned.original.get(one.item.audio_paths[0]) for one in members)
    counts = Counter(len(stretches(clip.samples, clip.rate)) for clip in clips)
    return 2 if counts[2] > sum(counts.values()) / 2 else 1


def _hear(
    planned: Planned, one: PlannedItem, forms: Sequence[FormOfSound], cue: Cue | None, in_a_clip: int
) -> AuditedItem:
    item = one.item
    originals = [planned.original.get(path) for path in item.audio_paths]
    sounds = [
        (clip, stretch)
        for clip, audio in enumerate(originals)
        for stretch in stretches(audio.samples, audio.rate, in_a_clip)
    ]
    known: dict[tuple[str, Stretch], Heard] = {}

    def values(audio: Audio, stretch: Stretch) -> Heard:
        key = (audio.digest, stretch)
        if key not in known:
            known[key] = read(audio.samples, audio.rate, stretch)
        return known[key]

    heard = {ORIGINAL: [values(originals[clip], stretch) for clip, stretch in sounds]}
    facts = {ORIGINAL: [_facts(audio) for audio in originals]}
    parts: set[int] = set()
    for form in forms:
        clips = delivered(one, planned.store, form.make)
        heard[form.name] = _heard(sounds, clips, values)
        facts[form.name] = [_facts(clip.audio) for clip in clips.values()]
        parts |= {clip.part for clip in clips.values()}
    n_sounds = max(in_a_clip, len(originals))
    is_one_clip = len(originals) == 1 or len(parts) == 1
    scope: Scope = "within a clip" if is_one_clip and n_sounds > 1 else "between clips"
    claim = None if cue is None else claim_of(item, cue, n_sounds)
    return AuditedItem(item, cue, claim, scope, heard, facts)


def _heard(
    sounds: Sequence[tuple[int, Stretch]],
    clips: Mapping[int, Delivered],
    values: Callable[[Audio, Stretch], Heard],
) -> list[Heard]:
    """What is heard of each sound in one form; those that were sent in one clip are looked for together."""
    heard = [Heard()] * len(sounds)
    together = defaultdict(list)
    for place, (number, stretch) in enumerate(sounds):
        if number in clips:
            clip = clips[number]
            together[clip.part, id(clip.audio)].append((place, clip, stretch.shifted(clip.starts_s)))
    for group in together.values():
        places, (clip, *_), expected = zip(*group, strict=True)
        found = _located(clip, expected)
        for place, stretch in zip(places, found or expected, strict=True):
            heard[place] = values(clip.audio, stretch) if found else Heard(is_found=False)
    return heard


def _located(clip: Delivered, sounds: tuple[Stretch, ...]) -> tuple[Stretch, ...] | None:
    if clip.audio is clip.sent:
        return sounds
    return located(sounds, clip.sent.samples, clip.sent.rate, clip.audio.samples, clip.audio.rate)


def _facts(audio: Audio) -> FormFacts:
    return FormFacts(audio.rate, audio.channels, audio.seconds)
