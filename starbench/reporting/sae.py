"""Sparse autoencoders in the terminal: no figure without the dictionary's size, its tokens, its FVU and a null."""

from __future__ import annotations

from rich.console import Console

from starbench.reporting.tables import (
    Column,
    Table,
    new_console,
    number,
    percent,
    say,
    show_table,
    with_interval,
)
from starbench.schema.sae import (
    LayerReport,
    SaeDomains,
    SaeErasure,
    SaeReport,
    SaeSource,
    SaeStability,
    SaeTraining,
    SharedFeatures,
    Spread,
)
from starbench.text import printable

_MEASURES = {
    "overlap": "frames they fire on (IoU)",
    "cosine": "direction (cosine)",
    "matched": "direction, one partner each",
}
_CAVEAT = (
    "features depend on seed, size, tokens and data: a share is no property of the encoder alone, and few tokens say "
    "nothing of dictionaries that were trained longer"
)


def show_training(training: SaeTraining) -> None:
    """Print what was trained."""
    console = new_console()
    show_table(
        console,
        Table(
            f"dictionaries of {printable(training.encoder)}, {len(training.seeds)} seeds each",
            (
                Column("layer", lambda one: printable(one.layer), is_text=True),
                Column("of width", lambda one: one.dim),
                Column("features", lambda one: one.width),
                Column("k", lambda one: one.k),
                Column("tokens", lambda one: f"{one.tokens:,}"),
                Column("different", lambda one: f"{one.unique_tokens:,}"),
            ),
            training.layers,
        ),
    )
    _say_source(console, training.source, training.note)


def show(report: SaeReport) -> None:
    """Print the tables of every layer."""
    console = new_console()
    for layer in report.layers:
        what = f"{printable(report.encoder)}, {printable(layer.layer)}: {setting(layer)}"
        _show_quality(console, layer, what)
        if layer.stability is not None:
            _show_stability(console, layer.stability, what)
        else:
            say(console, "stability: it takes two dictionaries with features that fire")
        if layer.domains is not None:
            _show_domains(console, layer.domains, what)
        for erasure in layer.erasures:
            _show_erasure(console, erasure, what)
    _say_source(console, report.source, report.note)
    say(console, _CAVEAT)


def setting(layer: LayerReport) -> str:
    """What stands beside every figure of a layer."""
    fvu = sum(one.fvu for one in layer.quality) / len(layer.quality)
    tokens = "tokens not stated" if layer.tokens is None else f"{layer.tokens:,} tokens"
    frames = f"{layer.frames:,} {'held-out ' if layer.held_out else ''}frames of {layer.clips} clips"
    return f"{layer.width} features of {layer.dim}, k {layer.k}, {tokens}, FVU {fvu:.3f}; on {frames}"


def _show_quality(console: Console, layer: LayerReport, what: str) -> None:
    show_table(
        console,
        Table(
            what,
            (
                Column("seed" if layer.held_out else "file", lambda one: printable(one.name), is_text=True),
                Column("FVU", lambda one: number(one.fvu, one.fvu_ci, 3)),
                Column("features a frame", lambda one: f"{one.l0:.1f}"),
                Column("dead, %", lambda one: percent(one.dead)),
                Column(
                    "threshold", lambda one: "k largest" if one.threshold is None else f"{one.threshold:.3g}"
                ),
            ),
            layer.quality,
        ),
    )


def _show_stability(console: Console, stability: SaeStability, what: str) -> None:
    show_table(
        console,
        Table(
            f"live features that another seed has too, by chance in brackets: mean over pairs (least–greatest); {what}",
            (
                Column("measure", lambda row: row[0], is_text=True),
                Column("best, mean", lambda row: _beside(row[1].mean, row[1].null)),
                *(
                    Column(f"> {shared.above:g}, %", lambda row, place=place: _shared(row[1].shared[place]))  # type: ignore[misc]
                    for place, shared in enumerate(stability.overlap.shared)
                ),
            ),
            [(name, getattr(stability, key)) for key, name in _MEASURES.items()],
        ),
    )
    say(console, f"best IoU weighted by how often a feature fires: {stability.overlap_by_firing.mean:.3f}")


def _show_domains(console: Console, domains: SaeDomains, what: str) -> None:
    show_table(
        console,
        Table(
            f"features by domain, % of live ones; special: over {percent(domains.special_above)} % of "
            f"the firing; {what}",
            (
                Column("domain", lambda one: printable(one.domain), is_text=True),
                Column("clips", lambda one: one.n_clips),
                Column("fire most here", lambda one: _range(one.share)),
                Column("special", lambda one: _range(one.special)),
                Column("special by chance", lambda one: percent(one.special_null.mean)),
            ),
            domains.domains,
        ),
    )


def _show_erasure(console: Console, erasure: SaeErasure, what: str) -> None:
    show_table(
        console,
        Table(
            f"{printable(erasure.concept)} read by a linear probe, % right, as features of dictionary "
            f"{printable(erasure.dictionary)} are removed (chance {percent(erasure.chance)}); {what}",
            (
                Column("removed, %", lambda one: f"{100 * one.removed:g}", is_text=True),
                Column("frozen probe", lambda one: with_interval(one.frozen, one.frozen_ci)),
                Column("refit probe", lambda one: with_interval(one.refit, one.refit_ci)),
                Column("at random: frozen", lambda one: percent(one.random_frozen), rank=1),
                Column("refit", lambda one: percent(one.random_refit), rank=1),
            ),
            erasure.points,
        ),
    )
    means = ", ".join(f"{side.replace('_', ' ')} {percent(value)}" for side, value in erasure.auc.items())
    needed = ", ".join(f"{side} {_needed(share)}" for side, share in erasure.needed.items())
    say(console, f"mean over the curve: {means}; down to chance after: {needed}")
    say(
        console,
        f"LEACE: refit {with_interval(erasure.leace, erasure.leace_ci)}, frozen {percent(erasure.leace_frozen)}; "
        f"{erasure.examples} examples of {erasure.clips} clips, {erasure.folds} folds",
    )


def _needed(share: float | None) -> str:
    """The share of features after which a concept is not read; few clips may not show that it ever was."""
    if share is None:
        return "never"
    return f"{100 * share:g} %" if share else "nothing (it is not clearly read to begin with)"


def _say_source(console: Console, source: SaeSource, note: str) -> None:
    domains = ", ".join(f"{printable(name)} {count}" for name, count in source.domains.items())
    suite = "" if source.suite is None else f" of {printable(source.suite)}"
    say(
        console,
        f"sounds: {source.stimuli} single ones{suite}, {source.recordings} recordings, {source.seconds:,.0f} s; "
        f"clips by domain: {domains}",
    )
    if note:
        say(console, f"encoder: {printable(note)}")


def _range(spread: Spread) -> str:
    return f"{100 * spread.mean:.1f} ({100 * spread.least:.1f}–{100 * spread.greatest:.1f})"


def _shared(shared: SharedFeatures) -> str:
    return f"{_range(shared.share)} [{percent(shared.null.mean)}]"


def _beside(value: Spread, null: Spread) -> str:
    return f"{value.mean:.3f} ({value.least:.3f}–{value.greatest:.3f}) [{null.mean:.3f}]"
