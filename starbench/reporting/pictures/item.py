"""The picture of an item: waveform and spectrogram of its clips, and from above where the sources are.

Everything that a data set says is drawn as plain text, whatever it looks like. The same item gives the
same bytes.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starbench.errors import InputError
from starbench.reporting.pictures.place_map import draw_map, map_height, shared_reach
from starbench.reporting.pictures.places import clip_truths, item_views
from starbench.reporting.pictures.signals import Signals, draw_signals, loudest
from starbench.schema import Item
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
#: Inches: the picture's width for up to two clips, and a further clip's; margins.
_WIDTH, _FURTHER = 12.0, 6.0
_FOOT, _BETWEEN = 0.9, 0.75
#: Inches: what stands above the question, a line of it, and everything between it and the pictures.
_TOP, _QUESTION_LINE, _BELOW_QUESTION = 0.15, 0.21, 0.7
_LEFT, _RIGHT = 0.85, 0.85
STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}


def png(suite: Suite, item: Item) -> bytes:
    """Draw an item of ``suite`` as a PNG, 1200 pixels wide or more.

    Raises :class:`InputError` without matplotlib, and :class:`AudioError` if a clip changed since it was read.
    """
    try:
        import matplotlib as mpl
        from matplotlib import style
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'starbench[plots]'") from error
    # A user's own matplotlibrc could turn LaTeX on, which would run what a data set is named.
    with style.context("default"), mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # is drawn as a box
        buffer = io.BytesIO()
        draw(suite, item).savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def draw(suite: Suite, item: Item) -> Figure:
    """The figure of an item: a column a clip, or the view from above beside a single one."""
    from matplotlib.figure import Figure

    truths, views, store = clip_truths(item), item_views(item), ClipStore(suite)
    audio = [store.get(path) for path in item.audio_paths]
    clips = [
        Signals.of(clip, channel_names(truth, clip.channels))
        for clip, truth in zip(audio, truths, strict=True)
    ]
    peak, reach = loudest(clips), shared_reach([view for view in views if view is not None])
    signals, below = max(sum(clip.rows) for clip in clips), map_height(views)
    beside = len(clips) == 1
    width = max(_WIDTH, _FURTHER * len(clips))
    question = _wrapped(item.question, int(width * 9.4), 3)
    heading = _TOP + _QUESTION_LINE * (question.count("\n") + 1) + _BELOW_QUESTION
    between = _BETWEEN if below else 0.0
    whole = (max(signals, below) if beside else signals + between + below) + heading + _FOOT
    figure = Figure(figsize=(width, whole))
    _write_words(figure, suite, item, question, width, whole)
    right = 1 - (0.3 if beside and below else _RIGHT) / width
    margins = {"left": _LEFT / width, "right": right, "top": 1 - heading / whole, "bottom": _FOOT / whole}
    if beside:
        ratios = [1.5, 1.0] if below else [1.0]
        places = figure.add_gridspec(1, len(ratios), width_ratios=ratios, wspace=0.3, **margins)
    else:
        ratios = [signals, below] if below else [signals]
        gaps = {"wspace": 0.34, "hspace": _BETWEEN * len(ratios) / sum(ratios)}
        places = figure.add_gridspec(len(ratios), len(clips), height_ratios=ratios, **gaps, **margins)
    for number, (clip, view) in enumerate(zip(clips, views, strict=True)):
        title = "" if beside else f"Clip {number + 1}: "
        draw_signals(figure, places[number], clip, peak, view=view, title=title)
        if view is not None:
            draw_map(figure, places[len(clips) + number], view, reach, below)
    return figure


def channel_names(truth: Mapping[str, Any], n_channels: int) -> list[str]:
    """What the channels of a clip are called."""
    names = truth.get("channels")
    if isinstance(names, list) and len(names) == n_channels and all(isinstance(n, str) for n in names):
        return [printable(name)[:20] for name in names]
    usual: dict[int, list[str]] = {1: ["mono"], 2: ["left", "right"]}
    return usual.get(n_channels, [f"channel {k + 1}" for k in range(n_channels)])


def _write_words(
    figure: Figure, suite: Suite, item: Item, question: str, width: float, height: float
) -> None:
    inset = 0.25 / width
    figure.text(inset, 1 - _TOP / height, question, va="top", size=12, weight="bold", parse_math=False)
    below = 1 - (_TOP + 0.1 + _QUESTION_LINE * (question.count("\n") + 1)) / height
    answer = _wrapped(f"Right answer: {item.right_option}", int(width * 10), 1)
    figure.text(inset, below, answer, va="top", size=11, parse_math=False)
    level = None if item.level is None else f"level {item.level:g} {item.level_unit or ''}".strip()
    parts = (item.id, suite.name, item.sub_category, level, item.catch and "catch trial", *item.flags)
    foot = _wrapped("  ·  ".join(part for part in parts if part), int(width * 13), 1)
    figure.text(inset, 0.12 / height, foot, va="bottom", size=8, color="0.35", parse_math=False)


def _wrapped(text: str, across: int, lines: int) -> str:
    return "\n".join(textwrap.wrap(printable(text), across, max_lines=lines, placeholder=" …"))
