"""The data types, one concept a file. Everything that crosses a border is one of these."""

from starbench.schema.adaptation import Adaptation, Inapplicable, MissingCaptions
from starbench.schema.base import Frozen
from starbench.schema.canary import Canary, ProbeSet
from starbench.schema.capabilities import AnswerMode, Capabilities
from starbench.schema.item import Item
from starbench.schema.presentation import Presentation
from starbench.schema.prices import Prices
from starbench.schema.prompt import ClipPart, Prompt, TextPart
from starbench.schema.response import DroppedText, Failure, Outcome, Reading, Response, Stop, Usage
from starbench.schema.run import Identity, Run, SuiteIdentity
from starbench.schema.setup import ChannelPolicy, ClipPolicy, Setup
from starbench.schema.trial import UNCUT, ClipSpec, JoinedSpec, JournalLine, TextSpec, Transform, Trial

__all__ = [
    "UNCUT",
    "Adaptation",
    "AnswerMode",
    "Canary",
    "Capabilities",
    "ChannelPolicy",
    "ClipPart",
    "ClipPolicy",
    "ClipSpec",
    "DroppedText",
    "Failure",
    "Frozen",
    "Identity",
    "Inapplicable",
    "Item",
    "JoinedSpec",
    "JournalLine",
    "MissingCaptions",
    "Outcome",
    "Presentation",
    "Prices",
    "ProbeSet",
    "Prompt",
    "Reading",
    "Response",
    "Run",
    "Setup",
    "Stop",
    "SuiteIdentity",
    "TextPart",
    "TextSpec",
    "Transform",
    "Trial",
    "Usage",
]
