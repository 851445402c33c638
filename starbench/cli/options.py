"""Options of several commands, each declared once.

A parameter is called what the field of :class:`starbench.schema.Setup` or of
:class:`starbench.engine.settings.Settings` is called that it fills, so a new option of a run is a field, a
declaration here, and a parameter of the command.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

_of_model, _of_suite, _of_presentation, _of_pace, _of_output, _of_judge = (
    partial(typer.Option, rich_help_panel=panel)
    for panel in ("Model", "Suite and sampling", "How it is asked", "Pace and budget", "Output", "Judge")
)

ModelSpec = Annotated[
    str,
    _of_model(
        help="adapter:model, e.g. openai:gpt-audio-1.5, random, constant:B, observer; or my_model.py:MyModel"
    ),
]
BaseUrl = Annotated[str | None, _of_model(help="An OpenAI-compatible server, e.g. http://localhost:8000/v1.")]
ModelArgs = Annotated[list[str] | None, _of_model(help="key=value for the adapter. Repeatable.")]
Probe = Annotated[
    str, _of_model(help="What a canary probes: basic, or all: long clips and high frequencies too.")
]
NoCanary = Annotated[bool, _of_model("--no-canary", help="Skip the canary; the result records that.")]

Suite = Annotated[str, typer.Option(help="A built suite's directory, or task:source (star-bench:ROOT).")]
Suites = Annotated[
    list[str],
    _of_suite(help="A built suite's directory, or task:source (star-bench:FOLDER of its data). Repeatable."),
]
Limit = Annotated[
    int | None,
    _of_suite(
        min=1,
        help="Ask only so many items of each suite: a stratified sample, and a larger one holds the smaller.",
    ),
]
LimitSeed = Annotated[int, _of_suite(min=0, help="Seed of that sample.")]
SkipBad = Annotated[
    bool, _of_suite("--skip-bad", help="Leave damaged items out instead of stopping; the result says so.")
]

Conditions = Annotated[
    list[str],
    _of_presentation(
        "--condition", help="What the model gets, separated by commas (starbench list conditions)."
    ),
]
Protocol = Annotated[
    str | None,
    _of_presentation(
        help="starbench (this project's) or star-bench (the official evaluator's); default: the suite's own."
    ),
]
Rotations = Annotated[str, _of_presentation(help="default, all, or a number of rotations of each item.")]
Rate = Annotated[
    int | None,
    _of_presentation(min=1000, help="Resample every clip to this rate, Hz; default: each clip's own."),
]
TextOnly = Annotated[
    str, _of_presentation(help="refuse, or silent-clip: for models that take no prompt without audio.")
]
Clips = Annotated[
    str, _of_presentation(help="refuse, or concat: where a prompt has more clips than the model takes.")
]
Gap = Annotated[
    float,
    _of_presentation("--gap", min=0.0, max=10.0, help="Seconds of silence between clips joined by concat."),
]
Channels = Annotated[
    str, _of_presentation(help="refuse, split or mono: where a clip has more channels than the model takes.")
]
AnswerMode = Annotated[
    str, _of_presentation(help="text, choice or logprobs: how the letter is got. Never mixed in a table.")
]
Captions = Annotated[
    Path | None,
    _of_presentation("--captions", help="File written by starbench caption, for --condition caption."),
]
CaptionPrompt = Annotated[
    Path | None, _of_presentation(help="File with what to ask of each clip; default: a dense description.")
]

MaxInFlight = Annotated[
    int | None, _of_pace(min=1, help="Requests under way at a time; default: as many as the server takes.")
]
Rpm = Annotated[
    float | None, _of_pace(min=0.001, help="Requests a minute; default: as many as the server grants.")
]
MaxCost = Annotated[
    float | None, _of_pace("--max-cost", min=0.0, help="Stop before the cost exceeds so many US dollars.")
]
MaxTokens = Annotated[int | None, _of_pace(min=1, help="Stop before it uses more tokens than this.")]
Prices = Annotated[
    Path | None, _of_pace(help="JSON file of prices (docs/models.md), instead of the built-in ones.")
]
Timeout = Annotated[float, _of_pace("--timeout", min=0.001, help="Seconds that one attempt may take.")]
MaxAttempts = Annotated[
    int,
    _of_pace(min=1, help="Attempts before a question ends in an error; most rate limits (429) do not count."),
]
Backoff = Annotated[
    float,
    _of_pace(
        min=0.0,
        help="Longest wait before the second attempt, s (random up to it); doubles with each one, up to 60.",
    ),
]
RetryPermanent = Annotated[
    bool,
    _of_pace("--retry-permanent", help="On resuming, ask again what the server refused as a bad request."),
]

RunFolder = Annotated[
    Path | None,
    _of_output(help="Run directory; one that exists is resumed. Default: a dated one below runs/."),
]
CaptionFile = Annotated[Path, _of_output(help="File of captions (JSON lines); one that exists is resumed.")]
Label = Annotated[
    str | None, _of_output("--name", help="What to call the run in tables and on boards, beside the model.")
]
DryRun = Annotated[
    bool, _of_output("--dry-run", help="Show what would be asked, what it would cost, and ask nothing.")
]

Judge = Annotated[
    str | None,
    _of_judge(
        help="Ask this model what each reply chose, as run's --model names it; it is shown how far it agrees with "
        "the reader, and no score changes."
    ),
]
JudgedReplies = Annotated[
    int | None,
    _of_judge(
        "--limit",
        min=1,
        help="Judge only so many replies: a random sample, and a larger one holds the smaller.",
    ),
]

Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes; any number gives the same result. Default: the CPUs."),
]
