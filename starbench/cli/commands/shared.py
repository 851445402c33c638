"""What the commands that put questions to a model share: the model, how to ask, and what is shown meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from starbench.canary import summary
from starbench.cli.commands.progress import RunProgress
from starbench.cli.exits import BAD_INPUT, INCOMPLETE
from starbench.cli.output import echo
from starbench.engine import settings as engine_settings
from starbench.engine.budget import SPENT
from starbench.engine.settings import Settings
from starbench.errors import FatalError, InputError, StarbenchError
from starbench.models.adapter import Model
from starbench.models.resolve import resolve
from starbench.runs.attempt import NOT_FOUND, AttemptStart, Events
from starbench.runs.load import LoadedRun
from starbench.schema import Canary, Setup
from starbench.text import sentence


class Wording(NamedTuple):
    """What a command that asks a model calls what it asks, and how it is resumed."""

    unit: str = "trials"
    model: str = "--model"
    """The option that names the model."""
    resume: str = "--out {path} resumes the run"


_OF_RUN = Wording()
#: Kinds of errors shown at the end of a run; all are in the journal.
_ERRORS_SHOWN = 3


def names_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Names that were given one by one or separated by commas."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def model_of(options: Mapping[str, Any]) -> Model:
    """The model that ``--model``, ``--model-arg`` and ``--base-url`` name."""
    return resolve(options["model"], arguments_of(options))


def arguments_of(options: Mapping[str, Any]) -> dict[str, str]:
    """What ``--model-arg`` and ``--base-url`` say."""
    arguments = {"base_url": options["base_url"]} if options["base_url"] else {}
    pairs = key_values("--model-arg", options["model_arg"] or ())
    return arguments | {name.replace("-", "_"): value for name, value in pairs}


def key_values(option: str, pairs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Arguments that were given as key=value."""
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"{option} {pair!r} is not key=value")
        yield name, value


def loading_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What ``--map`` and ``--sounds`` say of a table of questions."""
    return {"columns": dict(key_values("--map", options["columns"] or ())), "sounds": options["sounds"]}


def setup_of(options: Mapping[str, Any]) -> Setup:
    """How questions are put: each option that is called as a field of :class:`~starbench.schema.Setup`."""
    fields = {name: options[name] for name in Setup.model_fields if name in options}
    _check_choices(fields, get_type_hints(Setup))
    fields["rate"] = str(fields["rate"] or "native")
    if "conditions" in fields:
        fields["conditions"] = names_in(fields["conditions"])
    return Setup.model_validate(fields)


def settings_of(model: Model, options: Mapping[str, Any]) -> Settings:
    """How hard to push: each option that is called as a field of :class:`Settings`, and the number of attempts."""
    names = {*Settings.__dataclass_fields__, "max_attempts"} & options.keys()
    fields = {name: options[name] for name in names}
    _check_choices(fields, get_type_hints(Settings))
    return engine_settings.settings_of(model, canary=not options["no_canary"], **fields)


def _check_choices(fields: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        kind = kinds.get(name)
        if get_origin(kind) is Literal and value not in get_args(kind):
            known = ", ".join(get_args(kind))
            raise InputError(f"--{name.replace('_', '-')} {value!r} is not one of {known}")


def drive(
    ask: Callable[..., StarbenchError | None],
    path: Path,
    announce: Callable[[AttemptStart], None],
    summarise: Callable[[], int],
    wording: Wording = _OF_RUN,
    *,
    apart: bool = False,
) -> int:
    """Ask, show what comes of it, and summarise what ``path`` holds; returns the exit code.

    ``ask`` is given :class:`Events`; ``apart`` says that each ear is sent as a clip.
    """
    resume = wording.resume.format(path=path)
    try:
        unclosed = _ask(ask, announce, wording.unit, apart=apart)
    except KeyboardInterrupt:
        echo("", err=True)
        echo(f"starbench: interrupted; what is finished is kept, and {resume}", err=True)
        raise
    except FatalError as error:
        if error.kind == NOT_FOUND and not path.exists():
            echo(
                f"starbench: {sentence(str(error))}; nothing was asked and nothing is left behind: correct "
                f"{wording.model} or --base-url and run the command again",
                err=True,
            )
            return BAD_INPUT
        summarise()
        why = f"the server ended the run: {error}; fix it, and"
        if error.kind == SPENT:
            why = f"the budget is spent: {error}; with a larger one,"
        echo(f"starbench: {sentence(why)} {resume}", err=True)
        return INCOMPLETE
    if unclosed is not None:
        echo(f"warning: {sentence(str(unclosed))}; what was answered is kept", err=True)
    return summarise()


def _ask(
    ask: Callable[..., StarbenchError | None],
    announce: Callable[[AttemptStart], None],
    unit: str,
    *,
    apart: bool,
) -> StarbenchError | None:
    waiting = 0
    with closing(RunProgress(unit)) as progress:

        def on_start(start: AttemptStart) -> None:
            nonlocal waiting
            waiting = start.waiting
            announce(start)
            if start.kept_canary is not None:
                echo(summary.kept(start.kept_canary, apart=apart), err=True)
            if not start.canary:
                progress.begin(waiting)

        def on_canary(canary: Canary) -> None:
            for line in summary.lines(canary, apart=apart):
                echo(line, err=True)
            progress.begin(waiting)

        return ask(Events(on_start, on_canary, progress.add, progress.pause))


def say_before(start: AttemptStart, model: Model, what: str, lines: Sequence[str]) -> None:
    """Say what is asked for, what is not as it was when it was begun, and ``lines``."""
    is_elsewhere = start.resumed and start.begun_at != model.server
    for line in (
        what,
        *([f"note: begun at {start.begun_at}, resumed at {model.server}"] if is_elsewhere else []),
        *(
            f"note: {file} changed since it was begun: its answers may differ; give another --out to start anew"
            for file in start.edited
        ),
        *lines,
        *(["canary: finding out whether sound reaches the model …"] if start.canary else []),
    ):
        echo(line, err=True)


def error_lines(data: LoadedRun) -> list[str]:
    """The commonest errors that are left, a line each."""
    errors = Counter(f"{error.kind}: {sentence(error.message)}" for error in data.failures)
    shown = [f"error in {n} trial(s): {what}" for what, n in errors.most_common(_ERRORS_SHOWN)]
    hidden = len(errors) - len(shown)
    return [*shown, f"and {hidden} other error(s), in {data.path}/trials.jsonl"] if hidden > 0 else shown
