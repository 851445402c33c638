"""Options of several commands, each declared once.

A parameter is called what the field of :class:`starbench.schema.Setup` or of
:class:`starbench.engine.settings.Settings` is called that it fills, so a new option of a run is a field, a
declaration here, and a parameter of the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MODEL, SUITE, PRESENTATION, PACE, OUTPUT = (
    "Model",
    "Suite and sampling",
    "How it is asked",
    "Pace and budget",
    "Output",
)

ModelSpec = Annotated[
    str,
    typer.Option(
        help="adapter:model, e.g. openai:gpt-audio-1.5, random, constant:B, observer; or my_model.py:MyModel",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(help="An OpenAI-compatible server, e.g. http://localhost:8000/v1.", rich_help_panel=MODEL),
]
ModelArgs = Annotated[
    list[str] | None, typer.Option(help="key=value for the adapter. Repeatable.", rich_help_panel=MODEL)
]
NoCanary = Annotated[
    bool,
    typer.Option(
        "--no-canary",
        help="Do not find out first whether sound arrives; the result says so.",
        rich_help_panel=MODEL,
    ),
]

Suite = Annotated[
    str,
    typer.Option(help="A built suite's directory, or task:source (star-bench:ROOT).", show_default=False),
]
Suites = Annotated[
    list[str],
    typer.Option(
        help="A built suite's directory, or task:source (star-bench:ROOT). Repeatable.",
        show_default=False,
        rich_help_panel=SUITE,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="A stratified, nested sample of so many items a suite.", rich_help_panel=SUITE),
]
LimitSeed = Annotated[int, typer.Option(min=0, help="Seed of that sample.", rich_help_panel=SUITE)]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave damaged items out instead of stopping; the result says so.",
        rich_help_panel=SUITE,
    ),
]

Conditions = Annotated[
    list[str],
    typer.Option(
        "--condition",
        help="What the model gets, separated by commas (starbench list conditions).",
        rich_help_panel=PRESENTATION,
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(help="starbench or star-bench; default: the suite's own.", rich_help_panel=PRESENTATION),
]
Rotations = Annotated[
    str,
    typer.Option(help="default, all, or a number of rotations of each item.", rich_help_panel=PRESENTATION),
]
Rate = Annotated[
    int | None,
    typer.Option(
        min=1000,
        help="Resample every clip to this rate, Hz; default: each clip's own.",
        rich_help_panel=PRESENTATION,
    ),
]
TextOnly = Annotated[
    str,
    typer.Option(
        help="refuse, or silent-clip: for models that take no prompt without audio.",
        rich_help_panel=PRESENTATION,
    ),
]
Clips = Annotated[
    str,
    typer.Option(
        help="refuse, or concat: where a prompt has more clips than the model takes.",
        rich_help_panel=PRESENTATION,
    ),
]
Gap = Annotated[
    float,
    typer.Option(
        "--gap",
        min=0.0,
        max=10.0,
        help="Seconds of silence between clips joined by concat.",
        rich_help_panel=PRESENTATION,
    ),
]
Channels = Annotated[
    str,
    typer.Option(
        help="refuse, split or mono: where a clip has more channels than the model takes.",
        rich_help_panel=PRESENTATION,
    ),
]
AnswerMode = Annotated[
    str,
    typer.Option(
        help="text, choice or logprobs: how the letter is got. Never mixed in a table.",
        rich_help_panel=PRESENTATION,
    ),
]
Captions = Annotated[
    Path | None,
    typer.Option(
        "--captions",
        help="Captions of the clips by a model (starbench caption), for caption.",
        rich_help_panel=PRESENTATION,
    ),
]
CaptionPrompt = Annotated[
    Path | None,
    typer.Option(
        help="File with what to ask of each clip; default: a dense description.",
        rich_help_panel=PRESENTATION,
    ),
]

MaxInFlight = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Requests under way at a time; default: as many as the server takes.",
        rich_help_panel=PACE,
    ),
]
Rpm = Annotated[
    float | None,
    typer.Option(
        min=0.001, help="Requests a minute; default: as many as the server grants.", rich_help_panel=PACE
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", min=0.0, help="Stop before it has cost so many US dollars.", rich_help_panel=PACE
    ),
]
MaxTokens = Annotated[
    int | None, typer.Option(min=1, help="Stop before it has used so many tokens.", rich_help_panel=PACE)
]
Prices = Annotated[
    Path | None,
    typer.Option(help="JSON file of prices (docs/models.md), in place of the table's.", rich_help_panel=PACE),
]
Timeout = Annotated[
    float,
    typer.Option("--timeout", min=0.001, help="Seconds that one attempt may take.", rich_help_panel=PACE),
]
MaxAttempts = Annotated[int, typer.Option(min=1, help="Attempts at one question.", rich_help_panel=PACE)]
Backoff = Annotated[
    float,
    typer.Option(min=0.0, help="Seconds; doubles with each attempt, with full jitter.", rich_help_panel=PACE),
]
RetryPermanent = Annotated[
    bool,
    typer.Option(
        "--retry-permanent",
        help="On resuming, ask again what the server refused as a bad request.",
        rich_help_panel=PACE,
    ),
]

RunFolder = Annotated[
    Path | None,
    typer.Option(
        help="Run directory; one that exists is resumed. Default: a dated one below runs/.",
        rich_help_panel=OUTPUT,
    ),
]
CaptionFile = Annotated[
    Path,
    typer.Option(
        help="File of captions (JSON lines); one that exists is resumed.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="What to call the run in tables and on boards, beside the model.",
        rich_help_panel=OUTPUT,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Show what would be asked, what it would cost, and ask nothing.",
        rich_help_panel=OUTPUT,
    ),
]

Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes; any number gives the same result. Default: the CPUs."),
]
