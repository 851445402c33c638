"""Options of several commands, each declared once.

A parameter is called what the field of :class:`starbench.schema.Setup` or of
:class:`starbench.engine.settings.Settings` is called that it fills, so a new option of a run is a field, a
declaration here, and a parameter of the command or of a group that several commands share.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

CommandT = TypeVar("CommandT", bound=Callable[..., None])


def with_options(*groups: Callable[..., None]) -> Callable[[CommandT], CommandT]:
    """Give a command the options that the groups declare as their parameters; it gets their values as ``**shared``."""

    def extend(command: CommandT) -> CommandT:
        declarations: tuple[Callable[..., None], ...] = (command, *groups)
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for declaration in declarations
            for parameter in inspect.signature(declaration, eval_str=True).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        vars(command)["__signature__"] = inspect.Signature(parameters)
        return command

    return extend


_of_model, _of_suite, _of_presentation, _of_pace, _of_output, _of_judge, _of_selection = (
    partial(typer.Option, rich_help_panel=panel)
    for panel in (
        "Model",
        "Suite and sampling",
        "How it is asked",
        "Pace and budget",
        "Output",
        "Judge",
        "Which ones",
    )
)

ModelSpec = Annotated[
    str,
    _of_model(
        help="adapter:model, e.g. openai:gpt-audio-1.5, random, constant:B, observer; or my_model.py:MyModel"
    ),
]

Suite = Annotated[str, typer.Option(help="A built suite's directory, or task:source, e.g. questions:FILE.")]
Suites = Annotated[
    list[str],
    _of_suite(
        help="A built suite's directory, or task:source (questions:FILE, star-bench:FOLDER). Repeatable."
    ),
]
SkipBad = Annotated[
    bool, _of_suite("--skip-bad", help="Leave damaged items out instead of stopping; the result says so.")
]

Rotations = Annotated[str, _of_presentation(help="default, all, or a number of rotations of each item.")]
TextOnly = Annotated[
    str, _of_presentation(help="refuse, or silent-clip: for models that take no prompt without audio.")
]
Captions = Annotated[
    Path | None,
    _of_presentation("--captions", help="File written by starbench caption, for --condition caption."),
]
AddCondition = Annotated[
    list[str] | None,
    _of_presentation(
        help="Conditions that the run at --out is to have besides its own, separated by commas; only they are asked."
    ),
]
CaptionPrompt = Annotated[
    Path | None, _of_presentation(help="File with what to ask of each clip; default: a dense description.")
]

Timeout = Annotated[float, _of_pace("--timeout", min=0.001, help="Seconds that one attempt may take.")]

CaptionFile = Annotated[Path, _of_output(help="File of captions (JSON lines); one that exists is resumed.")]

Judge = Annotated[
    str | None,
    _of_judge(
        help="Ask this model what each reply chose, as run's --model names it; it is shown how far it agrees with "
        "the reader, and no score changes."
    ),
]
CauseJudge = Annotated[
    str | None,
    _of_judge(help="Ask this model what went wrong in each reply, as run's --model names it."),
]
JudgedReplies = Annotated[
    int | None,
    _of_judge(
        "--limit",
        min=1,
        help="Judge only so many replies: a random sample, and a larger one holds the smaller.",
    ),
]

SuitesOfRuns = Annotated[
    list[str] | None,
    typer.Option(
        help="Where a suite of the runs lies, if it does not lie near them: a directory, or task:source. Repeatable."
    ),
]

Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes; any number gives the same result. Default: the CPUs."),
]


def server(
    base_url: Annotated[
        str | None, _of_model(help="An OpenAI-compatible server, e.g. http://localhost:8000/v1.")
    ] = None,
    model_arg: Annotated[list[str] | None, _of_model(help="key=value for the adapter. Repeatable.")] = None,
) -> None:
    """Where a model is, and its adapter's arguments."""


def canary(
    no_canary: Annotated[
        bool, _of_model("--no-canary", help="Skip the canary; the result records that.")
    ] = False,
    probe: Annotated[
        str, _of_model(help="What a canary probes: basic, or all: long clips and high frequencies too.")
    ] = "basic",
) -> None:
    """How it is found out whether sound reaches the model."""


def selection(
    task: Annotated[str | None, _of_selection(help="Items of this task.")] = None,
    category: Annotated[str | None, _of_selection(help="Items of this category.")] = None,
    sub_category: Annotated[str | None, _of_selection(help="Items of this sub-category.")] = None,
    level: Annotated[float | None, _of_selection(help="Items of this level.")] = None,
    wrong: Annotated[
        bool, _of_selection("--wrong", help="Wrong answers, and all else that is not right; of a run.")
    ] = False,
    right: Annotated[bool, _of_selection("--right", help="Right answers; of a run.")] = False,
    outcome: Annotated[
        str | None, _of_selection(help="Trials that ended so, e.g. refused, unparsed, error; of a run.")
    ] = None,
    condition: Annotated[str | None, _of_selection(help="Trials under this condition; of a run.")] = None,
    text: Annotated[
        str,
        _of_selection(help="Words that all occur in the id, the question, the options, or the reply."),
    ] = "",
) -> None:
    """Which items or trials are looked at: all filters hold together."""


def loading(
    columns: Annotated[
        list[str] | None,
        _of_suite(
            "--map",
            help="Of a table of questions: NAME=COLUMN, where its names are not the usual ones. Repeatable.",
        ),
    ] = None,
    sounds: Annotated[
        Path | None,
        _of_suite(
            help="Of a table of questions: folder, zip or tar of its sounds; default: the table's folder."
        ),
    ] = None,
) -> None:
    """What a table of questions does not say of itself."""


def sampling(
    limit: Annotated[
        int | None,
        _of_suite(
            min=1,
            help="Ask only so many items of each suite: a stratified sample, and a larger one holds the smaller.",
        ),
    ] = None,
    limit_seed: Annotated[int, _of_suite(min=0, help="Seed of that sample.")] = 0,
    skip_bad: SkipBad = False,
) -> None:
    """Which items of a suite are asked about."""


def delivery(
    rate: Annotated[
        int | None,
        _of_presentation(min=1000, help="Resample every clip to this rate, Hz; default: each clip's own."),
    ] = None,
    clips: Annotated[
        str, _of_presentation(help="refuse, or concat: where a prompt has more clips than the model takes.")
    ] = "refuse",
    gap_s: Annotated[
        float,
        _of_presentation(
            "--gap", min=0.0, max=10.0, help="Seconds of silence between clips joined by concat."
        ),
    ] = 0.5,
    channels: Annotated[
        str,
        _of_presentation(help="refuse, split or mono: where a clip has more channels than the model takes."),
    ] = "refuse",
) -> None:
    """What is done to the clips for the model."""


def questions(
    conditions: Annotated[
        list[str],
        _of_presentation(
            "--condition", help="What the model gets, separated by commas (starbench list conditions)."
        ),
    ] = ["audio"],  # noqa: B006 - typer wants a list
    protocol: Annotated[
        str | None,
        _of_presentation(
            help="starbench (this project's), official (that of the benchmark itself), or a name of "
            "starbench list protocols; default: the suite's own."
        ),
    ] = None,
    answer_mode: Annotated[
        str, _of_presentation(help="text, choice or logprobs: how the letter is got. Never mixed in a table.")
    ] = "text",
) -> None:
    """How a question is put."""


def pace(
    max_in_flight: Annotated[
        int | None,
        _of_pace(min=1, help="Requests under way at a time; default: as many as the server takes."),
    ] = None,
    rpm: Annotated[
        float | None, _of_pace(min=0.001, help="Requests a minute; default: as many as the server grants.")
    ] = None,
    max_cost_usd: Annotated[
        float | None, _of_pace("--max-cost", min=0.0, help="Stop before the cost exceeds so many US dollars.")
    ] = None,
    max_tokens: Annotated[
        int | None, _of_pace(min=1, help="Stop before it uses more tokens than this.")
    ] = None,
    prices: Annotated[
        Path | None, _of_pace(help="JSON file of prices (docs/models.md), instead of the built-in ones.")
    ] = None,
    timeout_s: Timeout = 600.0,
    max_attempts: Annotated[
        int,
        _of_pace(
            min=1, help="Attempts before a question ends in an error; most rate limits (429) do not count."
        ),
    ] = 6,
    backoff: Annotated[
        float,
        _of_pace(
            min=0.0,
            help="Longest wait before the second attempt, s (random up to it); doubles with each one, up to 60.",
        ),
    ] = 1.0,
    retry_permanent: Annotated[
        bool,
        _of_pace(
            "--retry-permanent", help="On resuming, ask again what the server refused as a bad request."
        ),
    ] = False,
) -> None:
    """How hard to push, and what it may cost."""


def run_output(
    out: Annotated[
        Path | None,
        _of_output(help="Run directory; one that exists is resumed. Default: a dated one below runs/."),
    ] = None,
    label: Annotated[
        str | None,
        _of_output("--name", help="What to call the run in tables and on boards, beside the model."),
    ] = None,
    dry_run: Annotated[
        bool, _of_output("--dry-run", help="Show what would be asked, what it would cost, and ask nothing.")
    ] = False,
) -> None:
    """Where a run is written, or that it is only shown."""
