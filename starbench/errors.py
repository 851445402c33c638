"""Every exception starbench raises on purpose, in one tree.

Adapters raise :class:`TransientError`, :class:`RequestError` or :class:`FatalError`; the runner turns them into
``error`` outcomes, never into letters.
"""

from __future__ import annotations


class StarbenchError(Exception):
    """Base of everything raised on purpose."""


class InputError(StarbenchError):
    """What the user gave cannot work (exit code 2). The message is one sentence that names the fix."""


class SuiteError(InputError):
    """A suite or data set is damaged, inconsistent or missing; ``problems`` has one line for each bad item."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class PluginError(InputError):
    """A plug-in cannot be found or loaded."""


class ConditionError(InputError):
    """A condition applies to no item, or the model cannot take it."""


class StimulusError(InputError):
    """The parameters describe a stimulus that cannot be made without breaking its truth."""


class CanaryError(InputError):
    """No sound reaches the model, so nothing that hearing it would answer can be asked."""


class RunError(InputError):
    """A run directory is in use, or belongs to another run."""


class AudioError(StarbenchError):
    """A clip cannot be decoded, or cannot be encoded without damage."""


class JournalError(StarbenchError):
    """A journal line, or what is made from the journal, could not be made durable."""


class RecordError(JournalError):
    """A record has no form in a file that could be read back."""


class AdapterError(StarbenchError):
    """A request to a model failed.

    The message holds no secret; ``kind`` is a short machine-readable class, such as ``"timeout"`` or ``"quota"``.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class TransientError(AdapterError):
    """A failure that another attempt may overcome.

    ``kind`` is ``timeout``, ``connection``, ``rate_limit``, ``server`` or ``malformed``; another word is recorded and
    treated like ``server``. ``retry_after`` is how long the server asked to wait, s.
    """

    def __init__(self, message: str, *, kind: str, retry_after: float | None = None) -> None:
        super().__init__(message, kind=kind)
        self.retry_after = retry_after


class RequestError(AdapterError):
    """The server refused this one request (400, 413, 422): asking again would change nothing."""

    def __init__(self, message: str, *, kind: str = "bad_request") -> None:
        super().__init__(message, kind=kind)


class NotApplicableError(RequestError):
    """What stands before a model, such as a separator, is not for this clip: nobody was asked, so nobody failed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="not_applicable")


class FatalError(AdapterError):
    """No request of this run can succeed now (``auth``, ``quota``, ``not_found``, or a wait too long)."""
