"""What the model is given: the conditions of a run, and which items each applies to.

A condition turns an item into a :class:`Presentation`, or gives the reason why it does not apply;
a protocol then lays the presentation out. ``caption`` stands for one condition a grade, written
``caption:plain``, ``caption:full``, …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from starbench.errors import ConditionError
from starbench.planning.reasons import Reason
from starbench.schema import Item, Presentation, Transform
from starbench.suites.clip_info import ClipInfo
from starbench.text import suggestion

Clips = Mapping[str, ClipInfo]
_Present = Callable[[Item, Clips], Presentation | Reason]


def _channels(item: Item, clips: Clips) -> set[int]:
    return {clips[path].channels for path in item.audio_paths}


def _scene_caption(item: Item, _: Clips) -> Presentation | Reason:
    scene = item.global_caption
    return Presentation(scene=scene) if scene else Reason.of("no_global_caption")


def _uncut(item: Item, _: Clips) -> Presentation | Reason:
    return Presentation(uncut=True) if item.uncut_audio_path else Reason.of("no_uncut_recording")


def _split(item: Item, clips: Clips) -> Presentation | Reason:
    is_binaural = _channels(item, clips) == {2}
    return Presentation(transforms=("left", "right")) if is_binaural else Reason.of("not_two_channels")


def _mono(item: Item, clips: Clips) -> Presentation | Reason:
    has_one = max(_channels(item, clips)) < 2
    return Reason.of("one_channel") if has_one else Presentation(transforms=("mono",))


def _one_ear(ear: Transform) -> _Present:
    def present(item: Item, clips: Clips) -> Presentation | Reason:
        is_binaural = _channels(item, clips) == {2}
        return Presentation(transforms=(ear,)) if is_binaural else Reason.of("not_two_channels")

    return present


def _swap(item: Item, clips: Clips) -> Presentation | Reason:
    if item.mirror is None or item.answer is None:
        return Reason.of("no_mirror")
    if _channels(item, clips) != {2}:
        return Reason.of("not_two_channels")
    mirrored = item.mirror.get(item.answer)
    if mirrored is None or mirrored == item.answer or mirrored not in item.options:
        return Reason.of("mirror_unchanged")
    return Presentation(transforms=("swap",), mirrored=True)


def _graded_caption(grade: str) -> _Present:
    def present(item: Item, _: Clips) -> Presentation | Reason:
        if grade not in item.captions:
            return Reason.of("no_graded_caption", grade=grade) if grade else Reason.of("no_caption")
        return Presentation(transforms=(), captions=item.captions[grade])

    return present


_PRESENT: dict[str, _Present] = {
    "audio": lambda _item, _clips: Presentation(),
    "audio+caption": _scene_caption,
    "audio+uncut": _uncut,
    "split": _split,
    "mono": _mono,
    "left-ear": _one_ear("left-ear"),
    "right-ear": _one_ear("right-ear"),
    "swap": _swap,
    "question-only": lambda _item, _clips: Presentation(transforms=()),
    "silence": lambda _item, _clips: Presentation(transforms=("silence",)),
    "noise": lambda _item, _clips: Presentation(transforms=("noise",)),
}
CAPTION = "caption"

#: Every name that ``--condition`` takes.
NAMES = (*_PRESENT, CAPTION)


def expand(names: Iterable[str], items: Iterable[Item], grade: str | None = None) -> tuple[str, ...]:
    """Check condition names, and write ``caption`` out as one condition for each grade there is.

    With a ``grade``, as a file of captions brings one, ``caption`` means that grade alone. Raises
    :class:`ConditionError` if a name is unknown.
    """
    grades = sorted({grade for item in items for grade in item.captions}, reverse=True)
    if grade is not None:
        grades = [grade]
    expanded: list[str] = []
    for name in names:
        base = name.partition(":")[0]
        if base not in NAMES or name.endswith(":") or (base != CAPTION and ":" in name):
            raise ConditionError(f"no condition is called {name!r}: {suggestion(name, NAMES)}")
        expanded += [f"{CAPTION}:{grade}" for grade in grades] if name == CAPTION and grades else [name]
    return tuple(dict.fromkeys(expanded))


def is_soundless(condition: str) -> bool:
    """Whether a condition sends no clip."""
    return condition.partition(":")[0] in ("question-only", CAPTION)


def present(condition: str, item: Item, clips: Clips) -> Presentation | Reason:
    """How ``condition`` gives ``item``, or why it does not apply to it."""
    base, _, grade = condition.partition(":")
    return (_graded_caption(grade) if base == CAPTION else _PRESENT[base])(item, clips)
