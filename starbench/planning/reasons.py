"""Why an item cannot be asked: a code and its values, and the one sentence of each code.

The sentences are here, and not with other words for people, because errors raised while planning contain them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starbench.schema import Inapplicable

Value = int | float | str

_SENTENCES = {
    "no_global_caption": "no global caption",
    "no_uncut_recording": "no uncut recording",
    "not_two_channels": "clips without two channels",
    "one_channel": "clips of one channel",
    "no_mirror": "no mirror map",
    "mirror_unchanged": "mirroring leaves the answer unchanged",
    "no_caption": "no caption for each clip",
    "no_graded_caption": "no {grade!r} caption for each clip",
    "bandwidth": "the cue lies above the {heard_hz:g} Hz that arrive",
    "channels": "clips of {channels} channels, and the model takes {most}",
    "few_channels": "clips of {channels} channel(s), and the model needs {least}",
    "one_clip": "1 clip, and the model takes {most}",
    "clips": "{clips} clips, and the model takes {most}",
    "clip_length": "a clip longer than the {most_s:g} s that the model takes",
    "joined_length": "clips that are joined to one longer than the {most_s:g} s that the model takes",
    "not_two_ears": "clips of {channels} channels, which are not two ears",
    "unlike_channels": "clips of {channels} channels in one prompt, which cannot be joined",
    "longest_clip": "clips that are joined to one longer than {most_s:g} s",
    "other": "{text}",
}


@dataclass(frozen=True)
class Reason:
    """Why an item cannot be asked, and the options under which it could."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()
    fixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, code: str, **values: Value) -> Reason:
        return cls(code, tuple(values.items()))

    def __str__(self) -> str:
        return sentence(self.code, dict(self.values), self.fixes)

    def record(self, suite: str, condition: str | None, items: int) -> Inapplicable:
        """That ``items`` of a suite cannot be asked for this reason."""
        return Inapplicable(
            suite=suite,
            condition=condition,
            items=items,
            code=self.code,
            values=dict(self.values),
            fixes=self.fixes,
        )


def sentence(code: str, values: Mapping[str, Value], fixes: tuple[str, ...] = ()) -> str:
    """A reason in words, with the options that would help."""
    words = _SENTENCES[code].format(**values)
    return f"{words}: {' or '.join(fixes)}" if fixes else words
