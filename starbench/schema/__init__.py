"""The data types, one concept a file. Everything that crosses a border is one of these."""

from starbench.schema.base import Frozen
from starbench.schema.capabilities import Capabilities
from starbench.schema.item import MAX_OPTIONS, Item
from starbench.schema.prompt import ClipPart, Prompt, TextPart
from starbench.schema.response import Failure, Outcome, Reading, Response, Stop, Usage
from starbench.schema.run import Identity, Run, SuiteIdentity
from starbench.schema.trial import UNCUT, ClipSpec, JournalLine, TextSpec, Transform, Trial

__all__ = [
    "MAX_OPTIONS",
    "UNCUT",
    "Capabilities",
    "ClipPart",
    "ClipSpec",
    "Failure",
    "Frozen",
    "Identity",
    "Item",
    "JournalLine",
    "Outcome",
    "Prompt",
    "Reading",
    "Response",
    "Run",
    "Stop",
    "SuiteIdentity",
    "TextPart",
    "TextSpec",
    "Transform",
    "Trial",
    "Usage",
]
