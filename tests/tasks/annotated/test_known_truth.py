"""Recordings with known truth, in both conventions of azimuth: every answer, mirror and caption is what truth says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import annotated_scenes as scenes
import pytest

from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite

EVERY = scenes.recordings()
#: Format, whether azimuth is clockwise, rate, head that ambisonics is decoded to.
KINDS = {
    "foa": ("foa", False, 24_000, None),
    "foa clockwise": ("foa", True, 24_000, None),
    "decoded": ("foa", False, 24_000, "kemar"),
    "binaural": ("binaural", True, 48_000, None),
    "binaural at 24 kHz": ("binaural", False, 24_000, None),
    "stereo": ("stereo", False, 24_000, None),
    "pair": ("array", False, 24_000, None),
}
SLOW = ("binaural", "binaural at 24 kHz", "decoded", "stereo", "foa clockwise")
SECTOR = ("foa", "foa clockwise", "binaural")


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in KINDS],
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def suite(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    form, clockwise, rate, head = KINDS[kind]
    root = tmp_path_factory.mktemp("annotated")
    scenes.write(root, EVERY, form, clockwise=clockwise, rate=rate, decode=head)
    return open_suite(f"annotated:{root}")


def events_of(item: Item) -> list[scenes.Event]:
    return scenes.window(EVERY[item.truth["recording"]], item.truth["start_s"])


def test_every_answer_and_every_mirrored_answer_is_what_the_truth_says(suite: Suite, kind: str) -> None:
    asked = Counter(str(item.sub_category) for item in suite.items)
    where = "sector" if kind in SECTOR else "direction"
    assert set(asked) == {where, "near_far", "nearer", "further_side", "path", "how_many"}
    assert min(asked.values()) >= 3, asked
    assert len(suite.items) > 70
    for item in suite.items:
        events = events_of(item)
        name = str(item.sub_category)
        assert item.answer == scenes.answer(name, item.question, events), item.id
        mirrored = scenes.answer(name, item.question, scenes.mirrored(events))
        assert (item.mirror or {}).get(str(item.answer), item.answer) == mirrored, item.id


def test_a_sound_that_its_name_does_not_tell_is_not_asked_about(suite: Suite) -> None:
    for item in suite.items:
        if item.sub_category != "how_many":
            sounds = [(one.sound, one.source) for one in events_of(item)]
            assert len({sound for sound, _ in sounds}) == len(set(sounds)), item.id


def test_captions_say_what_the_truth_says_and_plain_ones_do_not(suite: Suite) -> None:
    for item in suite.items:
        (full,), (plain,) = item.captions["full"], item.captions["plain"]
        events, start = events_of(item), round(item.truth["start_s"] * 10)
        facts = list(scenes.caption_facts(full))
        assert len(facts) == len({(one.sound, one.source) for one in events})
        for one in events:
            name = scenes.CLASSES[one.sound]
            times = f"from {(one.start - start) / 10:.1f} to {(one.stop - start) / 10:.1f} s"
            places = [place for said, heard, place in facts if said == name and times in heard]
            assert any(_fits(place, one) for place in places), (full, one)
            if item.sub_category != "how_many":
                assert (name in plain) == (scenes.WORDS[one.sound] in f"{item.question}{item.options}")
        busy = Counter(frame for one in events for frame in range(one.start, one.stop))
        assert full.endswith(f"Sounds at the same time, at most: {max(busy.values())}.")
        assert not any(word in plain for word in ("left", "right", "front", "behind", "near", "far", "moves"))


def _fits(place: str, one: scenes.Event) -> bool:
    """Whether a caption's words name the places of an event, to the whole degree that annotation has."""
    stops = (
        [(one.start, "first "), (one.stop - 1, ", last ")] if one.to_deg is not None else [(one.start, "")]
    )
    return all(
        any(f"{before}{_words(scenes.Event.azimuth_in(one, frame) + off)}" in place for off in (-0.5, 0, 0.5))
        for frame, before in stops
    )


def _words(azimuth_deg: float) -> str:
    signed = round((azimuth_deg + 180) % 360 - 180)
    side = "right" if signed > 0 else "left"
    return "straight in front" if signed == 0 else f"{abs(signed)} degrees to the {side} of the front"


def test_what_a_format_does_not_carry_is_listed(suite: Suite, kind: str) -> None:
    assert suite.licence == "CC BY 4.0"
    sides = suite.spec["sides"]
    assert sides["compared_frames"] > 500
    assert sides["agreeing"] > 0.97 * sides["compared_frames"]
    if kind in ("decoded", "stereo", "pair"):
        assert suite.declared["not_asked"] == {"sector": ["behind"]}
    else:
        assert not suite.declared["not_asked"]
    if kind == "binaural at 24 kHz":
        assert suite.spec["left_out"]["sector"]["the sound reaches less than 12 kHz"] > 40
    if kind == "decoded":
        assert {clip.channels for clip in suite.clips.values()} == {2}
        assert suite.declared["decoding"]["head"]["name"]
        assert suite.items[0].truth["clips"][0]["gain_db"] == -12.0


def test_the_wrong_convention_is_noticed(tmp_path: Path) -> None:
    some = {name: EVERY[name] for name in list(EVERY)[8:20]}
    for form in ("foa", "binaural", "stereo", "array"):
        root = tmp_path / form
        scenes.write(root, some, form, clockwise=True)
        described = (root / "annotated.toml").read_text().replace('"clockwise"', '"counter-clockwise"')
        (root / "annotated.toml").write_text(described)
        with pytest.raises(Exception, match=r"problem\(s\) in the data") as caught:
            open_suite(f"annotated:{root}")
        assert any(
            "on the other side than annotated: correct 'azimuth'" in one for one in caught.value.problems
        )
