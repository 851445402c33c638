"""Draws docs/pictures/results.png, accuracy over the size of what is to be heard, from the entries in results/.

Run it as ``python docs/draw_results.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

DOCS = Path(__file__).parent
PANELS = {
    "pitch": "sensitivity_pitch",
    "loudness": "sensitivity_loudness",
    "duration": "sensitivity_duration",
    "tone in noise": "range_masked_tone",
    "gap": "sensitivity_gap",
    "order of two tones": "sensitivity_tone_order",
    "fluctuation": "sensitivity_am_depth",
    "rate of fluctuation": "sensitivity_am_rate",
    "tempo": "sensitivity_tempo",
    "azimuth": "sensitivity_azimuth",
    "elevation": "sensitivity_elevation",
    "distance": "sensitivity_distance",
}
MODELS = {"observer": "#0072b2", "listener-two-channel": "#009e73", "random": "#d55e00"}


def scores(model: str) -> dict:
    """Return the scores of a model on the full default suite of perception."""
    entry = json.loads((DOCS.parent / "results" / f"perception-default-{model}.json").read_text("utf-8"))
    return entry["scores"]


def levels(scored: dict, name: str) -> list[dict]:
    """Return the scores of the sounds that differ, by the size of the difference."""
    (task,) = (task for task in scored["tasks"] if task["condition"] == "audio")
    named = [part for part in task["levels"] if part["name"] == name and not part["catch"]]
    return sorted(named, key=lambda part: part["level"])


def main() -> None:
    """Draw a panel for each attribute; a dotted line is where people hear it, as published."""
    scored = {model: scores(model) for model in MODELS}
    figure, panels = plt.subplots(3, 4, figsize=(10, 6.4), sharey=True, layout="constrained")
    for (title, name), panel in zip(PANELS.items(), panels.flat, strict=True):
        for model, colour in MODELS.items():
            parts = levels(scored[model], name)
            if not parts:  # the cue lies above what the model's front end takes
                continue
            x, aa = [part["level"] for part in parts], [100 * part["aa"] for part in parts]
            low, high = ([100 * part["aa_ci"][end] for part in parts] for end in (0, 1))
            panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
            panel.plot(x, aa, "o-", color=colour, label=model, markersize=4)
        panel.axhline(100 / 3, color="grey", linestyle=":", linewidth=1)
        human = next(row["human"] for row in scored["observer"]["thresholds"] if row["attribute"] == name)
        if human is not None:
            panel.axvline(human["threshold"], color="grey", linestyle="--", linewidth=1)
        panel.set(title=title, xlabel=parts[0]["level_unit"], ylim=(0, 105))
        if x[0] > 0:
            panel.set_xscale("log", base=2)
            panel.set_xticks(x, [f"{value:g}" for value in x], minor=False)
    figure.supylabel("right answers (AA), %")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(MODELS))
    figure.savefig(DOCS / "pictures" / "results.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
