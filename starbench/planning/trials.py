"""From items to trials: item × rotation × condition, each one prompt with one right letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from itertools import permutations
from math import factorial

from starbench.errors import InputError, StarbenchError
from starbench.planning.conditions import present
from starbench.planning.reasons import Reason
from starbench.plugins.registry import plugin_errors
from starbench.plugins.source_location import explain
from starbench.protocols import Protocol
from starbench.schema import AnswerMode, ClipPart, Item, Presentation, Prompt, TextPart, TextSpec, Trial
from starbench.suites.clip_info import ClipInfo
from starbench.suites.clip_store import ClipStore


@dataclass(frozen=True)
class TrialPlan:
    """The trials of a run over one suite, and (condition, reason) -> items left without any."""

    trials: tuple[Trial, ...]
    inapplicable: Mapping[tuple[str, Reason], int]


def plan_trials(
    suite: str,
    items: Sequence[Item],
    clips: Mapping[str, ClipInfo],
    protocol: Protocol,
    conditions: Iterable[str],
    rotations: str = "default",
) -> TrialPlan:
    """Make every trial, in the order of the items.

    ``conditions`` are as :func:`starbench.planning.conditions.expand` writes them; ``rotations`` is ``default``
    (the protocol's), ``all`` or a number.
    """
    trials: list[Trial] = []
    inapplicable: Counter[tuple[str, Reason]] = Counter()
    conditions = tuple(conditions)
    for item in items:
        of_item = tuple(_rotations(item, protocol, rotations))
        for condition in conditions:
            presentation = present(condition, item, clips)
            if isinstance(presentation, Reason):
                inapplicable[condition, presentation] += 1
                continue
            trials += [
                _trial(suite, item, protocol, condition, presentation, rotation) for rotation in of_item
            ]
    return TrialPlan(tuple(trials), inapplicable)


def most_rotations(item: Item) -> int:
    """How many rotations an item has: of its options, or orders of its clips."""
    return len(item.options) if item.option_orders is None else factorial(len(item.audio_paths))


def _rotations(item: Item, protocol: Protocol, rotations: str) -> Iterator[int]:
    possible = most_rotations(item)
    if rotations == "default":
        n_rotations = protocol.rotations(item)
    elif rotations == "all":
        n_rotations = possible
    elif rotations.isdecimal() and int(rotations) > 0:
        n_rotations = int(rotations)
    else:
        raise InputError(f"--rotations {rotations!r} is not 'default', 'all' or a number above 0")
    yield from range(min(n_rotations, possible))


def _trial(
    suite: str, item: Item, protocol: Protocol, condition: str, presentation: Presentation, rotation: int
) -> Trial:
    contents, order = arrange(item, rotation)
    right = contents.index(right_option(item, order, mirrored=presentation.mirrored))
    options = tuple(item.options[i] for i in contents)
    with plugin_errors(
        lambda error: (
            f"protocol {protocol.name!r} cannot lay out item {item.id!r}: " + explain(error, type(protocol))
        ),
        StarbenchError,
    ):
        parts = protocol.parts(item, presentation, options, order)
    return Trial(
        suite=suite,
        item_id=item.id,
        rotation=rotation,
        condition=condition,
        protocol=protocol.name,
        options=options,
        contents=contents,
        clip_order=order,
        answer_letter=chr(ord("A") + right),
        parts=parts,
        extension=protocol.is_extension(item, condition),
    )


def arrange(item: Item, rotation: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Option contents and clip order at one rotation: an item rotates the one or permutes the other.

    Options move ``rotation`` places to the right; clip orders run through all permutations in
    lexicographic order (both as the official evaluator has them). Both begin at the item's own offset.
    """
    n_options, n_clips = len(item.options), len(item.audio_paths)
    if item.option_orders is None:
        places = item.rotation_offset + rotation
        return tuple((i - places) % n_options for i in range(n_options)), tuple(range(n_clips))
    orders = list(permutations(range(n_clips)))
    return tuple(range(n_options)), orders[(item.rotation_offset + rotation) % len(orders)]


def right_option(item: Item, order: tuple[int, ...], *, mirrored: bool = False) -> int:
    """Index, in the item's own order, of the option that is right where clips are heard in this order."""
    if item.option_orders is not None:
        # Where each clip of the true order is now heard, counted from 1 as the options count.
        places = tuple(order.index(clip) + 1 for clip in range(len(order)))
        return item.option_orders.index(places)
    answer = item.answer or ""
    if mirrored and item.mirror is not None:
        answer = item.mirror[answer]
    return item.options.index(answer)


def materialise(
    trial: Trial,
    item: Item,
    store: ClipStore,
    *,
    silent_clip: ClipPart | None = None,
    answer_mode: AnswerMode = "text",
) -> Prompt:
    """The prompt of a trial, its sounds still to be decoded.

    ``silent_clip`` is sent with a prompt that has no clip, for models that take none without (a recorded policy).
    """
    parts: list[TextPart | ClipPart] = []
    content: list[str] = []
    for part in trial.parts:
        if isinstance(part, TextSpec):
            parts.append(_text_part(part.text))
            content += ("text\0", part.text)
        else:
            parts.append(ClipPart.of(partial(store.part, part, item)))
            content += ("clip\0", store.part_fingerprint(part, item))
    if silent_clip is not None and not any(isinstance(part, ClipPart) for part in parts):
        parts.insert(0, silent_clip)
        content.append("silent clip")
    if answer_mode != "text":
        content += ("answer mode\0", answer_mode)
    digest = sha256("".join(content).encode()).hexdigest()
    key = sha256("\0".join([digest, *map(str, trial.key)]).encode()).hexdigest()
    # Every part is of our own making: checking it again would cost more than all the rest.
    return Prompt.model_construct(
        parts=tuple(parts), options=trial.options, answer_mode=answer_mode, digest=digest, key=key
    )


@lru_cache(maxsize=4096)
def _text_part(text: str) -> TextPart:
    return TextPart(text=text)
