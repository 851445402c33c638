"""What stands before a model and changes what it gets: separators and recognisers, found and made by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import InputError, NotApplicableError, PluginError, RequestError, StarbenchError
from starbench.models.adapter import finished
from starbench.models.call import in_thread
from starbench.models.resolve import file_versions, refuse_keys
from starbench.plugins import arguments as command_line
from starbench.plugins import registry
from starbench.plugins.source_location import at, explain, line_of, shown_value

Samples = NDArray[np.float64]
#: Kinds of the errors that are made of what a separator or a recogniser does by accident.
SEPARATOR, RECOGNISER = "separator", "recogniser"
#: No sample of a stream is so large by intention: full scale is 1.
_LARGEST = 1e6


@dataclass(frozen=True)
class NamedSeparator:
    """A separator ready to be used, and what identifies it.

    A separator is called with samples of shape (n, channels), full scale 1, their rate in Hz and how many sources
    there are; it returns an array of shape (sources, n, channels): what each source alone puts into every channel. So
    masks and filters act on both ears, and where a sound comes from is kept. The samples are its own: it may change
    them. It may have attributes:
    ``least_channels``, a function from the number of sources to the channels that it needs; ``needs_count``, False if
    it finds out by itself how many sources there are; and then ``most_sources``, the most that it finds. It raises a
    :class:`NotApplicableError` for a clip that it is not for.
    """

    spec: str
    separate: Callable[[Samples, int, int], Samples]
    arguments: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def needs_count(self) -> bool:
        """Whether it has to be told how many sources there are."""
        return bool(getattr(self.separate, "needs_count", True))

    @property
    def most_sources(self) -> int | None:
        """Streams that one which counts by itself returns at most; None: nobody knows."""
        most = getattr(self.separate, "most_sources", None)
        return None if most is None else self._number("most_sources", most)

    def least_channels(self, n_sources: int) -> int:
        """Channels that a clip of so many sources must have."""
        least = getattr(self.separate, "least_channels", None)
        if least is None:
            return 1
        if not callable(least):
            raise self._error("its least_channels is not a function of the number of sources")
        with self._its_errors():
            given = least(n_sources)
        return self._number("least_channels", given)

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:
        """Separate one clip.

        Raises :class:`NotApplicableError` where it cannot be done by this method, an error of our tree that the
        separator raises, or a :class:`RequestError` for anything else that it does or returns.
        """
        channels = samples.shape[1]
        if channels < (least := self.least_channels(n_sources)):
            raise NotApplicableError(
                f"{self.spec} needs {least} channels for {n_sources} sources, and the clip has {channels}"
            )
        with self._its_errors():
            given = self.separate(samples.copy(), rate, n_sources)
            streams = np.asarray(given)
        n_streams = n_sources if self.needs_count else max(len(streams) if streams.ndim else 0, 1)
        expected = (n_streams, *samples.shape)
        if streams.dtype.kind not in "fiub":
            wrong = f"{type(given).__name__} of {streams.dtype}"
        elif streams.shape != expected:
            wrong = f"shape {streams.shape}"
        elif not np.isfinite(streams).all():
            wrong = "numbers that are not finite"
        elif (peak := float(np.abs(streams).max(initial=0.0))) > _LARGEST:
            wrong = f"samples of up to {peak:.3g}, where full scale is 1"
        else:
            return streams.astype(np.float64)
        raise self._error(f"it returned {wrong}; expected are finite real samples of shape {expected}")

    @contextmanager
    def _its_errors(self) -> Iterator[None]:
        try:
            with registry.plugin_errors(lambda error: explain(error, self.separate), StarbenchError):
                yield
        except PluginError as error:
            raise RequestError(f"separator {self.spec!r}: {error}", kind=SEPARATOR) from error

    def _number(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise self._error(f"{name} is {shown_value(value)}, not a whole number from 1")
        return int(value)

    def _error(self, wrong: str) -> RequestError:
        return RequestError(f"separator {self.spec!r}: {wrong}{at(line_of(self.separate))}", kind=SEPARATOR)


@dataclass(frozen=True)
class NamedRecogniser:
    """A recogniser ready to be used, and what identifies it.

    A recogniser is called, sync or async, with samples of shape (n, channels), full scale 1, and their rate in Hz, and
    returns what it recognised as a text. It may have attributes: ``unit``, what that text is made of, ``words`` (the
    default) or ``phones``; ``error_kinds``; and ``close``, a function, sync or async.
    """

    spec: str
    recognise: Callable[[Samples, int], Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """What its texts are made of."""
        return str(getattr(self.recognise, "unit", "words"))

    @property
    def error_kinds(self) -> tuple[str, ...]:
        """Kinds of the errors that it raises by intention."""
        kinds = getattr(self.recognise, "error_kinds", ())
        if not (isinstance(kinds, list | tuple) and all(isinstance(kind, str) for kind in kinds)):
            raise InputError(
                f"recogniser {self.spec!r}: error_kinds is {shown_value(kinds)}, not a list of words"
                f"{at(line_of(self.recognise))}"
            )
        return tuple(kinds)

    async def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip.

        Raises an error of our tree that the recogniser raises, or a :class:`RequestError` for anything else.
        """
        method = self.recognise if inspect.isfunction(self.recognise) else type(self.recognise).__call__
        try:
            with registry.plugin_errors(lambda error: explain(error, self.recognise), StarbenchError):
                if inspect.iscoroutinefunction(method):
                    text = await self.recognise(samples.copy(), rate)
                else:
                    text = await finished(await in_thread(lambda: self.recognise(samples.copy(), rate)))
        except PluginError as error:
            raise RequestError(f"recogniser {self.spec!r}: {error}", kind=RECOGNISER) from error
        if not isinstance(text, str):
            raise RequestError(
                f"recogniser {self.spec!r} returned {type(text).__name__}, not a text"
                f"{at(line_of(self.recognise))}",
                kind=RECOGNISER,
            )
        return text


def resolve_separator(
    spec: str, arguments: Mapping[str, str] | None = None, option: str = ""
) -> NamedSeparator:
    """Find and make the separator that ``spec`` names: as :func:`_made`."""
    return NamedSeparator(spec, *_made("separators", spec, arguments or {}, option))


def resolve_recogniser(
    spec: str, arguments: Mapping[str, str] | None = None, option: str = ""
) -> NamedRecogniser:
    """Find and make the recogniser that ``spec`` names: as :func:`_made`."""
    return NamedRecogniser(spec, *_made("recognisers", spec, arguments or {}, option))


def _made(
    kind: registry.Kind, spec: str, arguments: Mapping[str, str], option: str
) -> tuple[Callable[..., Any], dict[str, Any], dict[str, str]]:
    """The callable that ``spec`` names, its arguments as they are recorded, and digests of its file.

    ``spec`` is ``name``, ``name:model`` (its first argument), ``file.py:object`` or ``package.module:object``. A
    function is the callable itself; a class is made with the arguments first. ``option`` is what is typed before an
    argument's name, empty where none can be given.

    Raises :class:`InputError` if it cannot be found or made, or an argument is a key.
    """
    name, model = registry.split(kind, spec)
    typed = {"model": model, **arguments} if model else dict(arguments)
    for argument, value in typed.items():
        refuse_keys(argument, value, option)
    with chdir("."):
        factory = registry.load(kind, name)
    versions = file_versions(name)
    if inspect.isfunction(factory):
        if typed:
            raise InputError(
                f"{kind[:-1]} {spec!r} is a function and takes no arguments: write a class that does"
            )
        return factory, {}, versions
    values = command_line.typed(factory, typed, spec, kind=kind[:-1], option=option)
    with registry.plugin_errors(
        lambda error: f"{kind[:-1]} {spec!r} cannot be made: {explain(error, factory)}", StarbenchError
    ):
        made = factory(**values)
    if not callable(made):
        raise PluginError(f"{kind[:-1]} {spec!r} cannot be called with samples{at(line_of(type(made)))}")
    return made, command_line.recorded(values, typed), versions
