"""Charts: curves are those of the fit, and audiograms lie as in a clinic."""

from __future__ import annotations

import re

import pytest

from starbench.reporting.site.charts import BiasRow, LevelSeries, bias_chart, level_chart
from starbench.reporting.site.facts import ShareRight
from starbench.reporting.site.planes import audiogram

HALF = ShareRight(0.5, (0.3, 0.7), 10, 20, 1 / 3)


def points(chart: str, class_: str) -> list[tuple[float, float]]:
    (found,) = re.findall(f'<polyline points="([^"]+)" class="{class_} s1"', chart)
    pairs = (pair.split(",") for pair in found.split())
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize("unit", ["JND", "dB HL"])
def test_a_curve_runs_from_the_smallest_to_the_largest_level_that_was_measured(unit: str) -> None:
    curve = [k / 60 for k in range(61)]
    series = LevelSeries(0, "one", [(level, HALF) for level in (1.0, 2.0, 8.0)], curve=curve)
    chart = level_chart("a", unit, [series], human=0.25)
    drawn = points(chart, "curve")
    marks = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', chart)]
    assert len(drawn) == 61
    assert (drawn[0][0], drawn[-1][0]) == (marks[0], marks[-1])
    assert [y for _, y in drawn] == sorted((y for _, y in drawn), reverse=True)
    # A third of the way in octaves, a seventh in dB: levels stand on the axis that the curve has.
    fraction = 1 / 3 if unit == "JND" else 1 / 7
    assert marks[1] == pytest.approx(marks[0] + fraction * (marks[-1] - marks[0]), abs=0.2)


def test_points_without_a_fit_are_only_joined() -> None:
    chart = level_chart("a", "JND", [LevelSeries(0, "one", [(1.0, HALF), (2.0, HALF)])])
    assert len(points(chart, "join")) == 2
    assert 'class="curve' not in chart


def cells_of(chart: str) -> dict[tuple[str, str], tuple[float, float, float]]:
    pattern = r'<title>(\S+) Hz, (\S+) dB HL: [^<]+</title><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"'
    return {(f, level): (float(x), float(y), float(w)) for f, level, x, y, w in re.findall(pattern, chart)}


def test_an_audiogram_has_octaves_across_and_what_is_louder_further_down() -> None:
    frequencies, levels = (125.0, 250.0, 500.0, 750.0, 1000.0), (-10.0, 0.0, 20.0)
    chart = audiogram("a", {(f, level): HALF for f in frequencies for level in levels}, "dB HL", people=0.0)
    cells = cells_of(chart)
    x, y = ({key: box[place] for key, box in cells.items()} for place in (0, 1))
    assert y["125", "-10"] < y["125", "0"] < y["125", "20"]
    # 10 dB was not measured: its row is there and empty.
    assert y["125", "20"] - y["125", "0"] == pytest.approx(2 * (y["125", "0"] - y["125", "-10"]))
    assert chart.count("cell empty") == len(frequencies)
    middle = {f: x[f, "0"] + cells[f, "0"][2] / 2 for f in ("125", "250", "500", "750", "1000")}
    assert sorted(middle.values()) == list(middle.values())
    assert middle["250"] - middle["125"] > middle["750"] - middle["500"]
    assert (chart.count(">people<"), chart.count(">chance<")) == (1, 1)


def test_where_levels_are_differences_the_largest_stands_on_top() -> None:
    cells = {(f, level): HALF for f in (250.0, 500.0) for level in (1.0, 4.0, 8.0)}
    chart = audiogram("a", cells, "JND", louder_down=False)
    ys = [float(y) for y in re.findall(r'500 Hz, \d JND: [^<]+</title><rect x="[\d.]+" y="([\d.]+)"', chart)]
    assert len(ys) == 3
    assert "cell empty" not in chart


def test_what_is_chosen_about_as_often_as_it_is_right_has_no_colour() -> None:
    rows = [BiasRow("A", 0.34, (0.3, 0.38), 1 / 3), BiasRow("B", 0.5, (0.45, 0.55), 1 / 3)]
    chart = bias_chart("letters", rows, width=500, left=60)
    assert re.findall('class="mark ([^"]+)"', chart) == ["unclear", "s1"]
    assert chart.count('class="expected"') == 2
    assert "B: chosen 50.0 [45.0, 55.0] %, right 33.3 %" in chart
