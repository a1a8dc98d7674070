"""What a bench has measured comes in; a table for people goes out, and JSON and pictures for the documentation.

Nothing is measured here, and nothing judged but whether a figure is within what is wanted.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from bench.plot import Plot, draw

INTO = Path("docs/performance")


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_missed(self) -> bool:
        too_much = self.at_most is not None and self.value > self.at_most
        return too_much or (self.at_least is not None and self.value < self.at_least)

    @property
    def wanted(self) -> str:
        """In words; empty: it is only told."""
        limits = [("at most", self.at_most), ("at least", self.at_least)]
        words = ", ".join(f"{name} {number(limit)}" for name, limit in limits if limit is not None)
        return f"{words}: MISSED" if self.is_missed else words


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one bench."""

    name: str
    given: dict[str, Any]
    """Sizes, seeds, and what else was on the command line."""
    busy: float
    """The load of the machine before it began: so many others wanted a processor."""
    figures: Sequence[Figure]
    plots: Sequence[Plot] = ()


def busy() -> float:
    return round(os.getloadavg()[0], 2)


def number(value: float) -> str:
    """With as many digits as say something."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.2f}"


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which so much of them lies: 0.5 is the median."""
    if part == 0.5:
        return statistics.median(values)
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def tell(report: Report, into: Path) -> None:
    """Print the table; write NAME.json and the pictures into a folder."""
    print(f"\n{report.name} ({', '.join(f'{key} {value}' for key, value in report.given.items())})\n")
    width = max(len(figure.what) for figure in report.figures)
    for figure in report.figures:
        print(
            f"{figure.what:{width}}  {number(figure.value):>12} {figure.unit:4}  {figure.wanted}".rstrip(), flush=True
        )
    into.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    whole = {"machine": machine, **asdict(report)}
    del whole["plots"]  # what was measured one by one is in the pictures
    (into / f"{report.name}.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    for plot in report.plots:
        (into / f"{report.name}-{plot.name}.svg").write_text(draw(plot))


def into_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option that all of them have: where JSON and pictures go."""
    folder = click.Path(file_okay=False, path_type=Path)
    return click.option("--into", type=folder, default=INTO, show_default=True, help="Folder for JSON and pictures.")(
        command
    )
