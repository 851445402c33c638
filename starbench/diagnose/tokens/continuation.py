"""What a model of codes makes of the rest of a clip of which it knows the beginning, as cochleagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starbench.diagnose.tokens.interface import FRAME_S, Floats, cochleagram_of
from starbench.diagnose.tokens.sounds import MonoSound

if TYPE_CHECKING:
    from starbench.diagnose.tokens.network import CochlearTokenizer
    from starbench.diagnose.tokens.next_code import CodeLanguageModel

#: Of the beginning and of what follows, s; a shorter clip is halved.
_PART_S = 0.6
#: Kinds of sound that are continued.
_MOST = 4


@dataclass(frozen=True, eq=False)
class Continuation:
    """Cochleagrams of shape (frames, bands): the sound, its codes decoded, and its beginning continued."""

    kind: str
    original: Floats
    decoded: Floats
    continued: Floats
    prompt_frames: int
    seed: int


def continuations(
    tokenizer: CochlearTokenizer, model: CodeLanguageModel, sounds: Sequence[MonoSound], seed: int
) -> tuple[Continuation, ...]:
    """Continue the first clip of each kind; kinds in the order in which they occur."""
    first: dict[str, MonoSound] = {}
    for sound in sounds:
        first.setdefault(sound.kind, sound)
    return tuple(_continued(tokenizer, model, sound, seed) for sound in list(first.values())[:_MOST])


def _continued(
    tokenizer: CochlearTokenizer, model: CodeLanguageModel, sound: MonoSound, seed: int
) -> Continuation:
    codes = tokenizer.codes(sound.samples)[: 2 * round(_PART_S / FRAME_S)]
    prompt = max(1, codes.size // 2)
    return Continuation(
        kind=sound.kind,
        original=cochleagram_of(sound.samples)[: codes.size],
        decoded=tokenizer.decoded(codes),
        continued=tokenizer.decoded(model.continued(codes[:prompt], codes.size - prompt, seed)),
        prompt_frames=prompt,
        seed=seed,
    )
