"""What was measured, drawn: six small pictures for ``docs/validation.md``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import oracle

from . import heads, movement, pulses, reverberation
from .rooms import RATE, Compared

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe & Ito's colours, which the colour-blind can distinguish; ours, the reference's, and two more.
BLUE, VERMILION, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7F7F7F"
MARKERS = ("o", "s", "^")
STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#E5E5E5",
    "legend.frameon": False,
    "legend.fontsize": 8,
}


@contextmanager
def _picture(path: Path, columns: int, rows: int = 1, height: float = 3.3) -> Iterator[np.ndarray]:
    """Axes (rows, columns), written to a file afterwards; the user's own style has no say."""
    import matplotlib as mpl
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context("default"), mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.0, height), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure.subplots(rows, columns, squeeze=False)
        figure.savefig(path, metadata={"Software": None})


def _bar(axes: Axes, *levels: float, told: str | None = None) -> None:
    for k, level in enumerate(levels):
        axes.axhline(level, color="black", linestyle=(0, (4, 3)), linewidth=0.9, label=None if k else told)


def _frequency_axis(axes: Axes, ticks: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick // 1000}k" if tick >= 1000 else str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("frequency (Hz)")


def draw_rooms(compared: list[Compared], path: Path) -> None:
    """Errors of binaural room responses: ILD over frequency, DRR and T30 by room."""
    sizes = list(dict.fromkeys(one.case.room.size_m for one in compared))
    edges = oracle.erb_edges_hz()
    centres = np.sqrt(edges[1:] * edges[:-1])
    ild = np.array([one.ild_db for one in compared])
    with _picture(path, 3) as ((left, middle, right),):
        low, half, high = np.quantile(ild, [0.05, 0.5, 0.95], axis=0)
        left.fill_between(centres, low, high, color=BLUE, alpha=0.25, linewidth=0, label="90 % of positions")
        left.plot(centres, half, color=BLUE, label="median")
        left.plot(centres, np.median(np.abs(ild), axis=0), color=VERMILION, label="median size")
        _bar(left, -0.5, 0.5, told="bar for the median size")
        _frequency_axis(left, (100, 300, 1000, 3000, 10_000))
        left.set(ylabel="ILD, ours − oracle (dB)", ylim=(-0.9, 1.6), title="ILD in ERB bands")
        left.legend(loc="upper left")
        for axes, name, scale, bar, unit in (
            (middle, "drr_db", 1.0, 0.3, "DRR, ours − oracle (dB)"),
            (right, "t30_part", 100.0, 3.0, "T30, ours over oracle − 1 (%)"),
        ):
            for k, size in enumerate(sizes):
                errors = scale * np.array(
                    [getattr(one, name) for one in compared if one.case.room.size_m == size]
                )
                across = (
                    k + np.linspace(-0.25, 0.25, len(errors)) if len(errors) > 1 else np.array([float(k)])
                )
                axes.plot(
                    across,
                    errors[:, 0],
                    MARKERS[0],
                    color=BLUE,
                    markersize=4,
                    label="left ear" if not k else None,
                )
                axes.plot(
                    across,
                    errors[:, 1],
                    MARKERS[1],
                    color=VERMILION,
                    markersize=4,
                    label="right ear" if not k else None,
                )
            _bar(axes, -bar, bar, told="bar")
            axes.set_xticks(
                range(len(sizes)), ["×".join(f"{side:g}" for side in size) + "\nm" for size in sizes]
            )
            axes.set(ylabel=unit, ylim=(-1.9 * bar, 1.9 * bar), title=unit.split(",")[0] + ", every position")
            axes.legend(loc="upper left", ncols=3, columnspacing=0.8, handletextpad=0.3)


def draw_decays(compared: list[Compared], path: Path) -> None:
    """Schroeder's curves of one position of each room, ours on the oracle's."""
    firsts = {one.case.room.size_m: one for one in reversed(compared)}
    with _picture(path, len(firsts)) as (row,):
        for axes, (size, one) in zip(row, reversed(firsts.items()), strict=True):
            for response, ear, colour, line, width, told in (
                (one.exact, 0, GREY, "-", 3.0, "oracle"),
                (one.exact, 1, GREY, "-", 3.0, None),
                (one.ours, 0, BLUE, "-", 1.0, "ours, left ear"),
                (one.ours, 1, VERMILION, "--", 1.0, "ours, right ear"),
            ):
                power = np.square(response.direct[ear] + response.rest[ear])
                level = 10.0 * np.log10(np.maximum(np.cumsum(power[::-1])[::-1] / power.sum(), 1e-12))
                time = (np.arange(power.size) - response.lead) / RATE
                kept = slice(None, None, 32)
                axes.plot(time[kept], level[kept], color=colour, linestyle=line, linewidth=width, label=told)
            axes.set(
                title=" × ".join(f"{side:g}" for side in size) + f" m, RT60 {one.case.room.rt60_s:g} s asked",
                xlabel="time after the direct sound (s)",
                xlim=(-0.02, 1.05 * one.case.room.rt60_s),
                ylim=(-65, 3),
            )
        row[0].set_ylabel("energy still to come (dB)")
        row[0].legend(loc="lower left")


def draw_pulses(errors: dict[str, pulses.Errors], path: Path) -> None:
    """Error of microphones and ambisonics over frequency."""
    edges, _ = pulses.frequencies()
    centres = (edges[1:] + edges[:-1]) / 2000.0
    with _picture(path, 1, height=3.0) as ((axes,),):
        for (name, found), colour in zip(errors.items(), (BLUE, VERMILION), strict=True):
            bands = found.bands_db.reshape(-1, centres.size)
            axes.plot(centres, np.median(bands, axis=0), color=colour, label=f"{name}, median")
            axes.plot(
                centres,
                bands.max(axis=0),
                color=colour,
                linestyle=":",
                label=f"{name}, worst channel and position",
            )
        _bar(axes, -75.0, told="bar, for the whole band")
        axes.set(
            xlabel="frequency (kHz)",
            ylabel="error over exact phase sums (dB)",
            xlim=(0, 21.6),
            ylim=(-115, -50),
        )
        axes.legend(loc="upper left", ncols=2)


def draw_doppler(found: movement.Pass, path: Path) -> None:
    """Frequency heard of a pass, and its error."""
    with _picture(path, 2) as ((left, right),):
        left.plot(found.heard_s, found.theory_hz, color=GREY, linewidth=4, label="retarded-time theory")
        left.plot(found.heard_s, found.heard_hz["mono"], color=BLUE, linewidth=1.2, label="one microphone")
        left.plot(found.heard_s, found.ears_hz[0], "--", color=VERMILION, linewidth=1.2, label="left ear")
        left.set(
            xlabel="time heard (s)",
            ylabel="frequency (Hz)",
            title=f"1 kHz at {movement.SPEED_M_S:g} m/s, passing {movement.CLOSEST_M:g} m away",
        )
        left.legend(loc="lower left")
        own = np.abs(found.ears_hz / found.own_hz - 1.0).max(axis=0)
        common = np.abs(found.heard_hz["binaural"] / found.theory_hz - 1.0)
        ears = np.abs(found.ears_hz / found.theory_hz - 1.0).max(axis=0)
        mono = np.abs(found.heard_hz["mono"] / found.theory_hz - 1.0)
        for error, colour, line, told in (
            (ears, GREY, "-", "ears, by theory for the head's middle"),
            (common, PURPLE, "-", "both ears' common phase"),
            (own, VERMILION, "-", "ears, by theory with their own delays"),
            (mono, BLUE, "-", "one microphone"),
        ):
            right.semilogy(
                found.heard_s, 100.0 * np.maximum(error, 1e-12), line, color=colour, linewidth=1.2, label=told
            )
        _bar(right, 0.05, told="bar")
        right.set(
            xlabel="time heard (s)", ylabel="error of frequency (%)", ylim=(1e-7, 1e3), title="its error"
        )
        right.legend(loc="upper right", ncols=1)


def draw_head(found: heads.Curve, path: Path) -> None:
    """Differences between the ears over azimuth."""
    with _picture(path, 2) as ((left, right),):
        lateral = np.arcsin(np.sin(np.radians(found.azimuth_deg)))
        sphere = 0.0875 / movement.C * 1e6
        left.plot(found.azimuth_deg, found.itd_us, color=BLUE, label="KEMAR, below 1.5 kHz")
        left.plot(
            found.azimuth_deg,
            3.0 * sphere * np.sin(lateral),
            ":",
            color=GREY,
            label="sphere of 8.75 cm, low frequencies",
        )
        left.plot(
            found.azimuth_deg,
            sphere * (lateral + np.sin(lateral)),
            "--",
            color=GREY,
            label="sphere of 8.75 cm, high frequencies",
        )
        left.set(ylabel="ITD, right ear leads (µs)", title="time", ylim=(-850, 1250))
        left.legend(loc="upper right")
        for (name, values), colour, line in zip(
            found.ild_db.items(), (BLUE, VERMILION, GREEN), ("-", "--", "-."), strict=True
        ):
            right.plot(found.azimuth_deg, values, line, color=colour, label=name)
        right.set(ylabel="ILD, right ear louder (dB)", title="level", ylim=(-25, 37))
        right.legend(loc="upper right", ncols=3)
        for axes in (left, right):
            axes.set_xticks(range(0, 361, 45))
            axes.set(xlabel="azimuth, clockwise from the front (degrees)", xlim=(0, 360))


def draw_reverberation(swept: reverberation.Swept, path: Path) -> None:
    """T30 realised, and CPU time, over the reverberation time asked."""
    with _picture(path, 2) as ((left, right),):
        left.plot([0, 1.3], [0, 1.3], color=GREY, linewidth=1.0, label="as asked")
        for size, realised, colour, marker in zip(
            reverberation.SIZES_M, swept.t30_s, (BLUE, VERMILION, GREEN), MARKERS, strict=True
        ):
            told = " × ".join(f"{side:g}" for side in size) + " m"
            left.plot(
                swept.rt60_s, realised, marker + "-", color=colour, markersize=4, linewidth=1.0, label=told
            )
        left.set(xlabel="RT60 asked (s)", ylabel="T30 realised (s)", xlim=(0, 1.3), ylim=(0, None))
        left.set_title("labels carry what is realised")
        left.legend(loc="upper left")
        for (name, cost), colour, marker in zip(
            swept.cpu_s.items(), (BLUE, VERMILION, GREEN), MARKERS, strict=True
        ):
            right.loglog(
                swept.rt60_s,
                1000.0 * cost,
                marker + "-",
                color=colour,
                markersize=4,
                linewidth=1.0,
                label=name,
            )
        cube = (
            1000.0 * min(cost[-1] for cost in swept.cpu_s.values()) * (swept.rt60_s / swept.rt60_s[-1]) ** 3
        )
        right.loglog(swept.rt60_s, cube, ":", color=GREY, label="RT60³, as the images grow")
        right.set_xticks(swept.rt60_s, [f"{rt60_s:g}" for rt60_s in swept.rt60_s])
        ticks = [
            tick for tick in (3, 10, 30, 100, 300, 1000) if tick < 2e3 * max(map(max, swept.cpu_s.values()))
        ]
        right.set_yticks(ticks, [str(tick) for tick in ticks])
        right.minorticks_off()
        size = " × ".join(f"{side:g}" for side in reverberation.SIZES_M[reverberation.TIMED])
        right.set(
            xlabel="RT60 asked (s)", ylabel="CPU time (ms)", title=f"a response in {size} m, images and all"
        )
        right.legend(loc="upper left")
