"""What probes read of a sound from each layer of a tokenizer: how much of an attribute is lost on the way to bits."""

from __future__ import annotations

from starbench.diagnose.probe import prepare, probe
from starbench.diagnose.probe.prepared import Progress, ignore
from starbench.diagnose.tokens.interface import LAYERS
from starbench.models.encoder import NamedEncoder
from starbench.schema.tokens import Kept
from starbench.suites.suite import Suite


def kept(
    encoder: NamedEncoder, suite: Suite, count: int, seed: int, on_progress: Progress = ignore
) -> tuple[Kept, ...]:
    """Probe the layers of a tokenizer's encoder by ``count`` single sounds of the suite's task.

    Of each layer, the linear probe whose pooling was best on the validation clips. Raises :class:`InputError`
    if the task makes no such sounds.
    """
    prepared = prepare(suite, (), count, seed, on_progress)
    found = probe(encoder, prepared, on_progress=on_progress)
    units = {one.name: one.unit for one in found.attributes}
    rows = [
        (attribute, layer.name, found.best(attribute, layer=layer.name, family="linear"))
        for attribute in units
        for layer in found.layers
        if layer.name in LAYERS
    ]
    return tuple(
        Kept(
            attribute=attribute,
            unit=units[attribute],
            layer=layer,
            r2=row.r2,
            r2_interval=row.r2_interval,
            jnd=row.jnd,
            jnd_interval=row.jnd_interval or (None, None),
        )
        for attribute, layer, row in rows
        if row is not None and row.r2 is not None and row.r2_interval is not None
    )
