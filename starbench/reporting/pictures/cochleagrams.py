"""The picture of a continuation: a sound's cochleagram, its codes decoded, and its beginning continued by a model."""

from __future__ import annotations

import io
import warnings
from typing import Any

from starbench.diagnose.tokens.continuation import Continuation
from starbench.diagnose.tokens.interface import COCHLEA, FRAME_S
from starbench.errors import InputError
from starbench.reporting.pictures.item import DPI, STYLE
from starbench.text import printable

_WIDTH, _HEIGHT = 9.0, 7.0


def continuation_png(shown: Continuation) -> bytes:
    """Draw three cochleagrams below each other in one scale, as a PNG; the same continuation gives the same bytes.

    Raises :class:`InputError` without matplotlib.
    """
    try:
        import matplotlib as mpl
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'starbench[plots]'") from error
    with style.context("default"), mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # is drawn as a box
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        rows = figure.subplots(3, 1, sharex=True, sharey=True)
        begin = f"first {1000 * shown.prompt_frames * FRAME_S:.0f} ms decoded, then drawn by the model"
        titles = (
            f"Sound held out ({printable(shown.kind)[:40]})",
            "Its codes, decoded",
            f"{begin} (seed {shown.seed})".capitalize(),
        )
        drawn = (shown.original, shown.decoded, shown.continued)
        loudest = max(float(one.max()) for one in drawn)
        for axes, cochleagram, title in zip(rows, drawn, titles, strict=True):
            image = _draw(axes, cochleagram, loudest)
            axes.set_title(title, loc="left")
        rows[2].axvline(1000 * shown.prompt_frames * FRAME_S, color="white", linestyle="--")
        rows[2].set_xlabel("time, ms")
        figure.colorbar(image, ax=rows, label="energy to the power of 0.3")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Any, cochleagram: Any, loudest: float) -> Any:
    n_frames, n_bands = cochleagram.shape
    extent = (0.0, 1000 * n_frames * FRAME_S, 0.0, float(n_bands))
    image = axes.imshow(
        cochleagram.T, origin="lower", aspect="auto", extent=extent, vmin=0.0, vmax=loudest, cmap="magma"
    )
    places = range(4, n_bands, 15)
    axes.set_yticks([k + 0.5 for k in places], [f"{COCHLEA.centres_hz[k]:,.0f}" for k in places])
    axes.set_ylabel("band, Hz")
    return image
