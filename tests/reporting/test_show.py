"""Pictures of items: true to the clip and to where its sources are, and safe with any text."""

from __future__ import annotations

import builtins
import json
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.cli import main
from starbench.reporting.pictures.item import draw, png
from starbench.reporting.pictures.places import item_views, place_words, side, top_view
from starbench.reporting.pictures.signals import SCALE_DB, spectrogram
from starbench.schema import Item
from starbench.suites import suite as suites
from starbench.suites.suite import Suite

RATE = 48_000
ROOM = {"size_m": [6, 5, 3], "rt60_s": 0.4, "listener_m": [2.5, 2.2, 1.5], "facing_deg": 40}


def source(azimuth: float, distance: float = 1.5, elevation: float = 0.0, **fields: Any) -> dict[str, Any]:
    where = {"azimuth_deg": azimuth, "elevation_deg": elevation, "distance_m": distance}
    return {"signal": {"kind": "noise"}, "onset_s": 0.1, "duration_s": 0.2, **where, **fields}


def moving(*points: tuple[float, float, float, float]) -> dict[str, Any]:
    return {"signal": {"kind": "siren"}, "path": {"kind": "arc", "points": [list(p) for p in points]}}


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Suite]:
    """A suite of one item called ``i``, with a clip for each truth."""

    def make(*truths: Any, channels: int = 2, **fields: Any) -> Suite:
        root = tmp_path / "suite"
        (root / "audio").mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(1)
        paths = [f"audio/{k}.wav" for k in range(len(truths))]
        for path in paths:
            soundfile.write(root / path, 0.1 * rng.uniform(-1, 1, (RATE // 2, channels)), RATE)
        item = {"id": "i", "task": "T", "question": "Left or right?", "options": ["left", "right"]}
        item |= {"answer": "right", "audio_paths": paths, "truth": {"clips": list(truths)}, **fields}
        (root / "suite.json").write_text('{"name": "s"}')
        (root / "metadata.jsonl").write_text(json.dumps(item) + "\n")
        return suites.read(root)

    return make


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [found.get_text() for found in figure.findobj(Text) if found.get_text()]


def drawn(suite: Suite) -> Any:
    return draw(suite, suite.items[0])


# Where things are -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("azimuth", "elevation", "where"),
    [
        (0, 0, (0, 2)),
        (90, 0, (2, 0)),
        (180, 0, (0, -2)),
        (270, 0, (-2, 0)),
        (-90, 0, (-2, 0)),
        (90, 60, (1, 0)),
    ],
)
@pytest.mark.parametrize("room", [None, ROOM])
def test_the_front_is_up_and_right_is_right_whichever_way_a_listener_faces(
    azimuth: float, elevation: float, where: tuple[float, float], room: dict[str, Any] | None
) -> None:
    view = top_view({"sources": [source(azimuth, 2, elevation)], "room": room})
    assert view is not None
    assert (view.corners is None) == (room is None)
    assert view.sources[0].track == pytest.approx(np.array([where]), abs=1e-12)


@pytest.mark.parametrize("facing", [0.0, 40.0, 90.0, 250.0])
@pytest.mark.parametrize("azimuth", [0.0, 30.0, 200.0])
def test_walls_lie_around_sources_as_in_the_room_that_is_rendered(facing: float, azimuth: float) -> None:
    from starbench.synth.geometry import to_listener_axes, unit

    view = top_view({"sources": [source(azimuth, 1.3, 20)], "room": ROOM | {"facing_deg": facing}})
    assert view is not None
    assert view.corners is not None
    place = (np.array([2.5, 2.2, 1.5]) + to_listener_axes(1.3 * unit(azimuth, 20.0), -facing))[:2]
    corners = np.array([(0, 0), (6, 0), (6, 5), (0, 5)])
    to_corners = np.linalg.norm(view.corners - view.sources[0].track[0], axis=1)
    assert to_corners == pytest.approx(np.linalg.norm(corners - place, axis=1))
    (ax, ay), (bx, by) = view.corners[1] - view.corners[0], view.corners[2] - view.corners[1]
    assert ax * by - ay * bx == pytest.approx(30)  # counterclockwise, as seen from above: no mirror image


def test_a_path_is_followed_and_what_is_heard_when_is_kept() -> None:
    points = [(0.0, -90.0, 0.0, 1.0), (0.5, 0.0, 0.0, 1.0), (1.0, 90.0, 0.0, 1.0)]
    view = top_view({"sources": [moving(*points), source(0, onset_s=0.5)]})
    assert view is not None
    path, standing = view.sources
    assert path.track == pytest.approx(np.array([(-1, 0), (0, 1), (1, 0)]), abs=1e-12)
    assert path.times.tolist() == [0.0, 0.5, 1.0]
    assert path.sounds_s is None
    assert standing.sounds_s == (0.5, 0.7)
    assert path.is_moving
    there, back = "270° left, ear level, 1.00\u00a0m", "90° right, ear level, 1.00\u00a0m"
    assert place_words(path) == f"from {there} to {back}"
    returning = top_view({"sources": [moving(*points, (1.5, 0.0, 0.0, 1.0), (2.0, -90.0, 0.0, 1.0))]})
    assert returning is not None
    assert place_words(returning.sources[0]) == f"from {there} by way of {back} to {there}"


@pytest.mark.parametrize(
    ("azimuth", "words"),
    [
        (0, "front"),
        (359.5, "front"),
        (45, "front right"),
        (90, "right"),
        (135, "back right"),
        (180, "behind"),
        (-170, "back left"),
        (270, "left"),
        (300, "front left"),
    ],
)
def test_a_side_is_named_as_people_name_it(azimuth: float, words: str) -> None:
    assert side(azimuth) == words


@pytest.mark.parametrize(
    ("planned", "names"),
    [
        ({"sounds": ["ticking", "high buzz"]}, ["ticking", "high buzz"]),
        ({"signal": "bell"}, ["second sound (bell)", "first sound (bell)"]),
        ({"sounds": ["ticking"]}, ["pulses", "complex"]),
        ({"sounds": [1, 2]}, ["pulses", "complex"]),
        ({}, ["pulses", "complex"]),
        ("odd", ["pulses", "complex"]),
    ],
)
def test_sources_are_called_what_the_question_calls_them(planned: Any, names: list[str]) -> None:
    sources = [source(0, onset_s=1.0, signal={"kind": "pulses"}), source(9, signal={"kind": "complex"})]
    fields = {"id": "i", "task": "t", "question": "q", "options": ["a", "b"], "answer": "a"}
    item = Item(**fields, audio_paths=["x"], truth={"clips": [{"sources": sources}], "planned": planned})
    (view,) = item_views(item)
    assert view is not None
    assert [one.name for one in view.sources] == names


@pytest.mark.parametrize(
    "truth",
    [
        {},
        {"sources": []},
        {"sources": "left"},
        {"sources": [{"azimuth_deg": 30}]},
        {"sources": [{"azimuth_deg": 30, "distance_m": None}]},
        {"sources": [{"azimuth_deg": float("nan"), "distance_m": 1}]},
        {"sources": [{"azimuth_deg": 30, "distance_m": 1e300}]},
        {"sources": [{"azimuth_deg": "here", "distance_m": 1}]},
        {"sources": [{"path": {"points": []}}]},
        {"sources": [{"path": {"points": [[0, 1]]}}]},
        {"sources": [source(30)], "room": {"size_m": [1]}},
    ],
)
def test_what_tells_no_place_has_no_view(truth: dict[str, Any], suite: Callable[..., Suite]) -> None:
    assert top_view(truth) is None
    if "nan" not in str(truth):
        assert not [text for text in texts(drawn(suite(truth))) if "From above" in text]


# What is drawn --------------------------------------------------------------------------------------


def test_a_picture_is_a_png_of_1200_pixels_or_more_and_the_same_each_time(
    suite: Callable[..., Suite],
) -> None:
    for truths in ([{}], [{"sources": [source(30)], "room": ROOM}] * 2, [{}] * 3):
        made = suite(*truths)
        one = png(made, made.items[0])
        if len(truths) == 1:
            assert one == png(made, made.items[0])
        width, height = dimensions(one)
        assert width == (1800 if len(truths) == 3 else 1200)
        assert 400 < height < 1600
        assert b"Software" not in one


def dimensions(data: bytes) -> tuple[int, int]:
    """Width and height of a whole PNG: every chunk's checksum is right, and the last is there."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, kinds = 8, []
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(body),)
        kinds.append(kind)
        at += 12 + length
    assert kinds[-1] == b"IEND"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def pixels(figure: Any, text: str) -> tuple[float, float]:
    """Where the middle of a text of the map is drawn, pixels from the picture's bottom left."""
    from matplotlib.text import Text

    (ax,) = [ax for ax in figure.axes if ax.get_title(loc="left").startswith("From above")]
    (found,) = [one for one in ax.findobj(Text) if one.get_text() == text]
    box = found.get_window_extent(figure.canvas.get_renderer())
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


@pytest.mark.parametrize("room", [None, ROOM, ROOM | {"facing_deg": 200}])
def test_a_map_is_no_mirror_image(suite: Callable[..., Suite], room: dict[str, Any] | None) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    places = {"ahead": 0, "to the right": 90, "at the back": 180, "to the left": 270}
    truth = {"sources": [source(azimuth) for azimuth in places.values()], "room": room}
    made = suite(truth)
    item = made.items[0].model_copy(update={"truth": {"clips": [truth], "planned": {"sounds": list(places)}}})
    figure = draw(made, item)
    FigureCanvasAgg(figure).draw()
    names = [pixels(figure, f"{number} {name}") for number, name in enumerate(places, 1)]
    words = [pixels(figure, word) for word in ("front", "right", "behind", "left")]
    # All beside the listener, who is in the middle between the words at the edges.
    x, y = words[0][0], words[1][1]
    for (ahead, right, behind, left), least in ((words, 150.0), (names, 40.0)):
        assert ahead[1] - y > least
        assert y - behind[1] > least
        assert right[0] - x > least
        assert x - left[0] > least
        assert ahead[1] > right[1] > behind[1]
        assert left[0] < ahead[0] < right[0]


def test_no_label_hides_another(suite: Callable[..., Suite]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    sounds = ["fluttering noise", "low buzz", "high buzz", "singing voice", "hiss"]
    truth = {"sources": [source(azimuth, 1.5, azimuth % 7) for azimuth in (80, 83, 83, 95, 10)]}
    made = suite(truth)
    item = made.items[0].model_copy(update={"truth": {"clips": [truth], "planned": {"sounds": sounds}}})
    figure = draw(made, item)
    FigureCanvasAgg(figure).draw()
    labels = [
        one
        for one in figure.findobj(Text)
        if one.get_text()[:1].isdigit() and any(name in one.get_text() for name in sounds)
    ]
    # Without the line that leads from a label to its dot.
    boxes = [Text.get_window_extent(one, figure.canvas.get_renderer()) for one in labels]
    assert len(boxes) == 2 * len(sounds)  # on the map, and below it
    assert not [
        (one.get_text(), other.get_text())
        for k, one in enumerate(labels)
        for n, other in enumerate(labels[:k])
        if boxes[k].overlaps(boxes[n])
    ]


def test_a_source_is_drawn_where_it_is_and_the_picture_changes_when_it_moves(
    suite: Callable[..., Suite],
) -> None:
    pictures = []
    for azimuth, where in ((0.0, (0, 2)), (90.0, (2, 0))):
        made = suite({"sources": [source(azimuth, 2)]})
        dots = [
            line.get_xydata()
            for ax in drawn(made).axes
            if ax.get_title(loc="left").startswith("From above")
            for line in ax.lines
            if line.get_marker() == "o"
        ]
        assert dots == [pytest.approx(np.array([where]), abs=1e-12)]
        pictures.append(png(made, made.items[0]))
    assert pictures[0] != pictures[1]


def test_the_scales_of_two_clips_are_the_same(suite: Callable[..., Suite]) -> None:
    figure = drawn(suite({"sources": [source(0, 1)]}, {"sources": [source(90, 3)]}))
    views = [ax for ax in figure.axes if ax.get_title(loc="left").startswith("From above")]
    assert len(views) == 2
    assert views[0].get_xlim() == views[1].get_xlim()
    waves = [ax for ax in figure.axes if ax.get_ylabel() == "left"]
    assert len({ax.get_ylim() for ax in waves}) == 1
    shown = [
        mesh.get_clim() for ax in figure.axes for mesh in ax.collections if hasattr(mesh, "get_coordinates")
    ]
    assert len(shown) >= 4
    assert set(shown) == {SCALE_DB}  # whatever is in them
    assert any("-110 to -10 in every picture" in text for text in texts(figure))


@pytest.mark.parametrize(
    ("channels", "truth", "names"),
    [
        (1, {}, ["mono"]),
        (2, {}, ["left", "right"]),
        (4, {"channels": ["W", "Y", "Z", "X"]}, ["W", "Y", "Z", "X"]),
        (3, {"channels": ["a"]}, ["channel 1", "channel 2", "channel 3"]),
    ],
)
def test_each_channel_has_its_waveform_under_its_name(
    suite: Callable[..., Suite], channels: int, truth: dict[str, Any], names: list[str]
) -> None:
    labels = [ax.get_ylabel() for ax in drawn(suite(truth, channels=channels)).axes]
    assert labels[:channels] == names
    assert sum("frequency, Hz" in label for label in labels) == min(channels, 2) - (channels > 2)


@pytest.mark.parametrize(("hertz", "amplitude"), [(1000.0, 1.0), (750.0, 0.1), (9000.0, 0.01)])
def test_the_spectrogram_gives_a_tone_its_level_at_its_frequency(hertz: float, amplitude: float) -> None:
    frame = RATE / 2048
    hertz = round(hertz / frame) * frame
    tone = amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)[:, np.newaxis]
    times, frequencies, levels = spectrogram(tone, RATE)
    middle = levels[:, np.argmin(np.abs(times - 0.5))]
    assert frequencies[np.argmax(middle)] == pytest.approx(hertz)
    assert middle.max() == pytest.approx(20 * np.log10(amplitude), abs=0.01)
    assert frequencies[-1] == RATE / 2


def test_no_peak_is_lost_between_pixels(suite: Callable[..., Suite]) -> None:
    made = suite({}, channels=1)
    click = np.zeros(20 * RATE)
    click[777_777] = 0.5
    soundfile.write(made.root / "audio" / "0.wav", click, RATE)
    made = suites.read(made.root)
    ax = next(ax for ax in drawn(made).axes if ax.get_ylabel() == "mono")
    assert ax.collections[0].get_datalim(ax.transData).y1 == pytest.approx(0.5)


# Text from anywhere ---------------------------------------------------------------------------------

HOSTILE = "What is $\\frac{1}{0}$ \\input{/etc/passwd} \x1b[31m \n\t $unclosed _^ 何ですか \u202e"


def test_text_of_a_data_set_is_drawn_as_it_stands(suite: Callable[..., Suite]) -> None:
    named = source(30, signal={"kind": HOSTILE})
    path = moving((0, 0, 0, 1), (1, 90, 0, 1))
    path["path"]["kind"] = HOSTILE
    made = suite(
        {"sources": [named, path], "channels": [HOSTILE, "$x"], "room": ROOM},
        question=HOSTILE * 30,
        options=[HOSTILE, "$b$"],
        answer=HOSTILE,
        level=2,
        level_unit=HOSTILE,
        flags=[HOSTILE],
        **{"sub-category": HOSTILE},
    )
    dimensions(png(made, made.items[0]))  # filterwarnings = error: a missing glyph is no warning either
    figure = drawn(made)
    said = texts(figure)
    assert any("What is $\\frac{1}{0}$ \\input{/etc/passwd}" in text for text in said)
    assert not [text for text in said for c in text if c in "\x1b\t\u202e"]
    from matplotlib.text import Text

    assert not [t for t in figure.findobj(Text) if "$" in t.get_text() and t.get_parse_math()]


def test_a_users_own_style_changes_nothing(suite: Callable[..., Suite]) -> None:
    import matplotlib as mpl

    made = suite({"sources": [source(30)]})
    plain = png(made, made.items[0])
    with mpl.rc_context({"text.usetex": True, "axes.facecolor": "red", "font.size": 30, "savefig.dpi": 5}):
        assert png(made, made.items[0]) == plain
        assert mpl.rcParams["text.usetex"]


# The command ----------------------------------------------------------------------------------------


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["starbench", "show", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out + err

    return run


def test_show_writes_what_it_says(
    suite: Callable[..., Suite],
    here: Callable[..., tuple[int, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = suite({"sources": [source(30)]}, id="../odd id")
    monkeypatch.chdir(tmp_path)
    assert here("../odd id", "--suite", "suite") == (0, "wrote odd-id.png\n")
    assert here("../odd id", "--suite", "suite", "--out", "x.png") == (0, "wrote x.png\n")
    assert Path("x.png").read_bytes() == Path("odd-id.png").read_bytes() == png(made, made.items[0])
    for arguments, said in [
        (("./odd id", "--suite", "suite"), "did you mean '../odd id'?"),
        (("zzz", "--suite", "suite"), "suite has no item 'zzz': there are ../odd id"),
        (("i", "--suite", "nowhere"), "nowhere is not a suite"),
        (("../odd id", "--suite", "suite", "--out", "no/x.png"), "no/x.png cannot be written: No such file"),
    ]:
        code, text = here(*arguments)
        assert code == 2
        assert said in text
        assert text.count("\n") == 1


def test_show_takes_a_data_set_without_truth(
    here: Callable[..., tuple[int, str]], samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starbench.suites.open import open_suite

    opened = open_suite(f"star-bench:{samples}")
    monkeypatch.chdir(tmp_path)
    order = next(item for item in opened.items if item.option_orders)
    for item in (opened.items[0], order):
        code, text = here(item.id, "--suite", f"star-bench:{samples}", "--out", "x.png")
        assert code == 0, text
        dimensions(Path("x.png").read_bytes())
    (right,) = [text for text in texts(draw(opened, order)) if text.startswith("Right answer: ")]
    stated = order.options[order.option_orders.index((1, 2, 3))]  # type: ignore[union-attr]
    assert right.removeprefix("Right answer: ")[:60] == stated[:60]


def test_without_matplotlib_show_says_what_to_install(
    suite: Callable[..., Suite],
    here: Callable[..., tuple[int, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite({})
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "__import__", without)
    assert here("i", "--suite", "suite") == (
        2,
        "starbench: pictures need matplotlib: pip install 'starbench[plots]'\n",
    )
    assert not list(tmp_path.glob("*.png"))


def test_an_item_of_the_perception_task_is_drawn(tmp_path: Path) -> None:
    from starbench.build.build import build
    from starbench.synthesis import BuildSpec

    made = build("perception", BuildSpec(("pitch",), "default", 1, 2), tmp_path / "s")
    dimensions(png(made, made.items[0]))
    assert any(made.items[0].question[:40] in text for text in texts(draw(made, made.items[0])))
