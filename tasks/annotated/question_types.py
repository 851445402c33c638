"""Types of questions about annotated clips: what they need, and which sounds of a clip they can name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from .scenes import SHORTEST_FRAMES, Scene, Track

#: What a clip can carry: left from right, front from behind, near from far.
SIDE, BEHIND, DISTANCE = "side", "behind", "distance"


@dataclass(frozen=True, kw_only=True)
class AnnotatedQuestion:
    """A question that a clip answers. Answers are balanced within each ``stratum``, which names what it is about."""

    scene: Scene
    options: tuple[str, ...]
    answer: str
    about: tuple[Track, ...] = ()
    stratum: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """What the wordings leave open, except the name of the sound."""
    mirror: Mapping[str, str] | None = None


#: A question, or the reason why it is left out.
Outcome = AnnotatedQuestion | str


@dataclass(frozen=True, kw_only=True, eq=False)
class SeldQuestion:
    """A type of question.

    ``name`` is the sub-category. In ``wordings``, which have one meaning, ``{the}`` is the name of the sound.
    ``outcomes`` are the questions about a clip, and in place of each one that is left out its reason. A clip must
    carry what the type ``needs``; one that carries what it ``excludes`` is asked something better. ``sufficient``
    are the floors of listeners who lack something and still hear what is asked about.
    """

    name: str
    category: str
    wordings: tuple[str, ...]
    outcomes: Callable[[Scene], Iterator[Outcome]]
    needs: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    bandwidth_hz: float | None = None
    sufficient: tuple[str, ...] = ()

    def fits(self, carried: frozenset[str]) -> bool:
        """Whether clips that carry this can be asked."""
        return self.needs <= carried and not self.excludes & carried

    def needed_hz(self, behind_hz: float | None) -> float | None:
        """The band that a sound needs, where front and behind need ``behind_hz``."""
        return behind_hz if behind_hz and BEHIND in self.needs else self.bandwidth_hz


def about_one(question: Callable[[Scene, Track], Outcome]) -> Callable[[Scene], Iterator[Outcome]]:
    """Ask about each sound of a clip that has its name, and its time, for itself."""

    def outcomes(scene: Scene) -> Iterator[Outcome]:
        yield from ("several sources of one class" for _ in scene.mixed)
        for track in scene.tracks:
            if track.sound in scene.mixed:
                continue
            if len(track.activities) < SHORTEST_FRAMES:
                yield "heard for less than 0.5 s"
            elif scene.frames_alone(track) < len(track.activities):
                yield "another sound at the same time"
            else:
                yield question(scene, track)

    return outcomes


def about_two(question: Callable[[Scene, Track, Track], Outcome]) -> Callable[[Scene], Iterator[Outcome]]:
    """Compare the two sounds of a clip that has two, of different classes, each of them heard alone for a while."""

    def outcomes(scene: Scene) -> Iterator[Outcome]:
        if len(scene.tracks) < 2:
            return
        if scene.mixed:
            yield "several sources of one class"
        elif len(scene.tracks) > 2:
            yield "more than two sounds"
        elif min(map(scene.frames_alone, scene.tracks)) < SHORTEST_FRAMES:
            yield "one of the sounds is alone for less than 0.5 s"
        else:
            yield question(scene, *scene.tracks)

    return outcomes
