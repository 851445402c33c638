"""Draws docs/pictures/results.png, accuracy over the size of a difference, from the entries in results/.

Run it as ``python docs/draw_results.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

DOCS = Path(__file__).parent
ATTRIBUTES = ("pitch", "loudness", "duration", "azimuth", "elevation", "distance")
MODELS = {"observer": "#0072b2", "random": "#d55e00"}


def levels(model: str, attribute: str) -> list[dict]:
    """Return the scores of pairs that differ, by the size of the difference in JNDs."""
    entry = json.loads((DOCS.parent / "results" / f"perception-default-{model}.json").read_text("utf-8"))
    (task,) = (task for task in entry["scores"]["tasks"] if task["condition"] == "audio")
    named = [part for part in task["levels"] if part["name"] == f"sensitivity_{attribute}"]
    return sorted((part for part in named if part["level"]), key=lambda part: part["level"])


def main() -> None:
    """Draw a panel for each attribute."""
    figure, panels = plt.subplots(2, 3, figsize=(9, 4.6), sharex=True, sharey=True, layout="constrained")
    for attribute, panel in zip(ATTRIBUTES, panels.flat, strict=True):
        for model, colour in MODELS.items():
            parts = levels(model, attribute)
            x, aa = [part["level"] for part in parts], [100 * part["aa"] for part in parts]
            low, high = ([100 * part["aa_ci"][end] for part in parts] for end in (0, 1))
            panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
            panel.plot(x, aa, "o-", color=colour, label=model)
        panel.axhline(100 / 3, color="grey", linestyle=":", label="chance")
        panel.set(title=attribute, xscale="log", ylim=(0, 105))
        panel.set_xticks([1, 2, 4, 8, 16, 32], [1, 2, 4, 8, 16, 32], minor=False)
        panel.minorticks_off()
    figure.supxlabel("difference between the two sounds, JNDs")
    figure.supylabel("right answers (AA), %")
    panels[1, 2].legend(loc="center right", fontsize="small")
    figure.savefig(DOCS / "pictures" / "results.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
