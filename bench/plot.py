"""Curves come in; a picture of them goes out, as SVG. Pure.

Plain enough for a page of figures: two axes from nothing, some round numbers at each, the curves and their names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 36, 48
NAME = 140
"""Across, for the name of a curve."""
TICKS = 6
"""At each axis, at most."""
COLOURS = ("#2a6fb0", "#c8553d", "#4b8f4b", "#8a5fb0")


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    name: str
    """Of its file."""
    title: str
    across: str
    """What stands at the lower axis."""
    up: str
    curves: Sequence[Curve]


def draw(plot: Plot) -> str:
    """The whole file."""
    points = [point for curve in plot.curves for point in curve.points]
    across = _Scale(max((x for x, _ in points), default=1.0), LEFT, WIDTH - RIGHT)
    up = _Scale(max((y for _, y in points), default=1.0), HEIGHT - BOTTOM, TOP)
    foot = HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif"'
        f' font-size="12"><title>{escape(plot.title)}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    ]
    for value in across.ticks:
        parts.append(_text(across.place(value), foot + 16, _short(value), "middle"))
    for value in up.ticks:
        y = up.place(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y + 4, _short(value), "end"))
    for number, curve in enumerate(plot.curves):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{across.place(x):.1f},{up.place(y):.1f}" for x, y in curve.points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(_text(LEFT + NAME * number, HEIGHT - 10, curve.name, "start", colour))
    parts.append(_text(LEFT, 20, f"{plot.title} ({plot.up})", "start"))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 10, plot.across, "end"))
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Scale:
    """From nothing to what is largest, on so many pixels."""

    def __init__(self, largest: float, begin: float, end: float) -> None:
        step = _round_step(largest / TICKS)
        self.ticks = [step * number for number in range(math.ceil(largest / step) + 1)]
        self._begin = begin
        self._each = (end - begin) / self.ticks[-1]

    def place(self, value: float) -> float:
        return self._begin + value * self._each


def _round_step(least: float) -> float:
    """The first of 1, 2, 5, 10, 20 … (or of tenths) that is as large as that."""
    if least <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * 0.999)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
