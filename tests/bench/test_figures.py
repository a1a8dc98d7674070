"""What a bench tells: whether a figure is within what is wanted, and a picture that can be read."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.figures import Figure, Report, quantile, tell
from bench.plot import Curve, Plot, draw

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("figure", "wanted"),
    [
        (Figure("edits", 10), ""),
        (Figure("edits", 10, at_most=10), "at most 10"),
        (Figure("edits", 11, at_most=10), "at most 10: MISSED"),
        (Figure("times", 49.5, at_least=50), "at least 50: MISSED"),
        (Figure("each", 1, at_most=1, at_least=1), "at most 1, at least 1"),
    ],
)
def test_what_is_missed_is_said(figure: Figure, wanted: str) -> None:
    assert figure.wanted == wanted


def test_a_report_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = Plot("times", "Times", "entries", "ms", [Curve("labsbot", [(0, 1), (1, 2)])])
    tell(Report("burst", {"entries": 7}, 0.5, [Figure("edits", 11, at_most=10)], [plot]), tmp_path)
    assert "at most 10: MISSED" in capsys.readouterr().out
    written = json.loads((tmp_path / "burst.json").read_text())
    assert written["given"] == {"entries": 7}
    assert written["figures"][0]["value"] == 11
    assert "plots" not in written
    assert (tmp_path / "burst-times.svg").read_text() == draw(plot)


def test_quantiles_are_values_that_were_measured() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(100), 0.99) == 99
    assert quantile([1], 0.99) == 1


def test_the_highest_point_of_a_picture_is_within_its_frame() -> None:
    root = ElementTree.fromstring(draw(Plot("a", "A & b", "entries", "ms", [Curve("<c>", [(0, 0), (997, 0.37)])])))
    points = root.find(f"{SVG}polyline").get("points").split()
    assert points[0] == "64.0,272.0"
    x, y = map(float, points[1].split(","))
    assert 600 < x <= 704
    assert 36 <= y < 100
    assert "<c>" in [text.text for text in root.iter(f"{SVG}text")]


def test_nothing_measured_is_an_empty_frame() -> None:
    assert ElementTree.fromstring(draw(Plot("a", "A", "x", "y", [Curve("c", [])]))).tag == f"{SVG}svg"
