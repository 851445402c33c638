"""The questions of an adaptive run: made as they are needed, kept as a suite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starbench.build.build import with_clips
from starbench.build.render import RenderJob, render_item
from starbench.schema import Item
from starbench.storage.atomic import write_lines
from starbench.storage.json_lines import append_lines, cut_torn_line
from starbench.suites import suite as suites
from starbench.suites.clip_info import ClipInfo
from starbench.suites.metadata import FORMAT_VERSION, metadata_line
from starbench.suites.suite import AUDIO, MANIFEST, METADATA, Suite
from starbench.synthesis import Draft


@dataclass(frozen=True)
class Stimuli:
    """The questions that are made so far; their sounds lie in the folder of ``suite``."""

    suite: Suite
    seed: int

    @classmethod
    def open(cls, folder: Path, name: str, spec: Mapping[str, Any]) -> Stimuli:
        """Read the questions in ``folder``, which is made if need be; ``spec`` says how they are made.

        Raises :class:`OSError` if it cannot be written, :class:`SuiteError` if it is damaged.
        """
        (folder / AUDIO).mkdir(parents=True, exist_ok=True)
        metadata = folder / METADATA
        cut_torn_line(metadata)
        # It grows, so it states no digest of its own.
        manifest = {
            "format_version": FORMAT_VERSION,
            "name": name,
            "profile": spec["profile"],
            "default_protocol": "starbench",
            "spec": dict(spec),
        }
        write_lines(folder / MANIFEST, [json.dumps(manifest, indent=2)])
        suite = Suite(name, folder, (), {}, "starbench", spec["profile"], spec=dict(spec))
        if metadata.exists() and metadata.stat().st_size:
            suite = suites.read(folder)
        return cls(suite, spec["seed"])

    def render(self, drafts: Iterable[Draft]) -> Stimuli:
        """Make questions and keep them; returns these alone. Raises what :func:`render_item` does."""
        items: list[Item] = []
        clips: dict[str, ClipInfo] = {}
        for draft in drafts:
            rendered = render_item(RenderJob.of(draft), self.seed, self.suite.root)
            items.append(with_clips(draft.item, rendered))
            clips |= {c.path: ClipInfo(c.digest, c.channels, c.rate, c.seconds) for c in rendered.files}
        # Their sounds are on disk by now: a question on record is whole.
        append_lines(self.suite.root / METADATA, map(metadata_line, items))
        return Stimuli(self._with(items, clips), self.seed)

    def __add__(self, others: Stimuli) -> Stimuli:
        items = (*self.suite.items, *others.suite.items)
        return Stimuli(self._with(items, {**self.suite.clips, **others.suite.clips}), self.seed)

    def _with(self, items: Iterable[Item], clips: Mapping[str, ClipInfo]) -> Suite:
        one = self.suite
        return Suite(
            one.name, one.root, tuple(items), clips, one.default_protocol, one.profile, spec=one.spec
        )
