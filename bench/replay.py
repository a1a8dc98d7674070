"""``python -m bench.replay FILE``: years of a real log, typed line after line at the times at which they were said.

Each line waits until the one before is on the wiki, or each day for the one before. The bot's clocks are those of the
lines, so days and nights pass as they did, and old days go to archives as the page grows. What the wiki shows in the
end is compared with what was typed (`replayed`). FILE has a JSON object a line: `message`, and perhaps `day`, `time`
and `nick`; where no day is given, they are typed six a day.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bench import figures, replayed, world
from bench.figures import Figure, Report, quantile
from bench.plot import Curve, Plot
from bench.room import PLACE, Room
from labsbot.model import Privmsg, Sender
from labsbot.settings import ArchiveSettings, PageSettings
from tests.servers.mediawiki import MediaWiki

PROJECT = "replayed"
TITLE = "Log of {project}"
MADE_UP = datetime(2020, 1, 1, 8, tzinfo=UTC)
"""When the first line was typed of those that have no day; the next, two hours later, six a day."""
A_DAY = 6
EVERY = 100
"""Lines between two looks at the memory."""
PART = 1000
"""Lines whose times are compared: the first so many and the last."""
WRONG = 20
"""Of what is wrong, so much is shown."""


@dataclass(frozen=True, slots=True)
class Typed:
    said: datetime
    nick: str
    message: str


class PassingDays:
    """A clock that goes on to each line's time, and never back."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start.timestamp() - time.time()

    def go_to(self, moment: datetime) -> None:
        self._ahead = max(self._ahead, moment.timestamp() - time.time())

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

    def seconds(self) -> float:
        return time.time() + self._ahead


@dataclass(frozen=True, slots=True)
class Replay:
    """What it has come to, so far."""

    kept: list[Typed]
    refused: list[str]
    """What was said of each line that is not kept."""
    seconds: list[float]
    """Of each line, until it was on the wiki; of those that were typed at once, their share of it."""
    memory: list[float]
    """After each hundred lines, in megabytes."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lines", default=0, help="The first so many; 0: all.")
@click.option("--over", default=100_000, show_default=True, help="Bytes of a page from which days move to archives.")
@click.option("--at-once", is_flag=True, help="All lines of a day are typed at once, and waited for in the evening.")
@figures.into_option
def main(file: Path, lines: int, over: int, at_once: bool, into: Path) -> None:
    """Replay a log."""
    busy = figures.busy()
    logging.disable(logging.WARNING)
    typed = read(file)[: lines or None]
    with tempfile.TemporaryDirectory(prefix="labsbot-replay-") as place, MediaWiki(Path(place) / "wiki") as wiki:
        began = time.perf_counter()
        replay = asyncio.run(_replay(Path(place), wiki, typed, over, at_once))
        took = time.perf_counter() - began
        title = TITLE.replace("{project}", PROJECT)
        titles = replayed.titles(wiki.api, title)
        wanted = [replayed.Line(*_read_as(line)) for line in replay.kept]
        wrong = replayed.check(wanted, [replayed.shown(wiki.api, each) for each in titles])
        length = len((wiki.text(title) or "").encode())
    for words in [*wrong[:WRONG], *(f"refused: {why}" for why in replay.refused[:WRONG])]:
        click.echo(words, err=True)
    first, last = replay.seconds[:PART], replay.seconds[-PART:]
    settled = replay.memory[min(PART // EVERY, len(replay.memory) - 1)]
    found = [
        Figure("lines", len(typed)),
        Figure("refused, for what they say", len(replay.refused)),
        Figure("missing, doubled, out of order, under a wrong day", len(wrong), at_most=0),
        Figure("pages in the end, the log's and its archives", len(titles)),
        Figure("the log's own page in the end", length / 1000, "KB"),
        Figure(f"a line, median of the first {len(first)}", quantile(first, 0.5) * 1000, "ms"),
        Figure(f"a line, median of the last {len(last)}", quantile(last, 0.5) * 1000, "ms"),
        Figure("last, times the first", quantile(last, 0.5) / quantile(first, 0.5), at_most=1.2),
        Figure("all of it, with the archives", took, "s"),
        Figure("memory after 1,000 lines, the bench's included", settled, "MB"),
        Figure("growth after that", max(replay.memory[PART // EVERY :], default=settled) - settled, "MB", at_most=5),
    ]
    medians = [
        (float(part), quantile(replay.seconds[part : part + EVERY], 0.5) * 1000)
        for part in range(0, len(replay.seconds), EVERY)
    ]
    plots = [
        Plot("lines", "From a line to the wiki, median of each hundred", "lines", "ms", [Curve("labsbot", medians)]),
        Plot(
            "memory",
            "Memory of the whole process",
            "lines",
            "MB",
            [Curve("resident", [(float(part * EVERY), size) for part, size in enumerate(replay.memory)])],
        ),
    ]
    given = {"lines": len(typed), "over": over, "at_once": at_once, "wiki": wiki.software}
    figures.tell(Report("replay-at-once" if at_once else "replay", given, busy, found, plots), into)


def read(file: Path) -> list[Typed]:
    """The lines in the order in which they were said, each at a moment of its own."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    made_up = _made_up()
    found = [
        (
            datetime.fromisoformat(f"{row['day']}T{row.get('time', '12:00')}+00:00") if "day" in row else next(made_up),
            row.get("nick", "alice").replace(" ", "_"),
            replayed.plain(row["message"]),
        )
        for row in rows
    ]
    found.sort(key=lambda line: line[0])
    minutes = (list(group) for _, group in itertools.groupby(found, key=lambda line: line[0]))
    return [
        Typed(minute + timedelta(milliseconds=500 * number), nick, message)
        for lines in minutes
        for number, (minute, nick, message) in enumerate(lines)
        if message
    ]


def _made_up() -> Iterator[datetime]:
    return (MADE_UP + timedelta(days=number // A_DAY, hours=2 * (number % A_DAY)) for number in itertools.count())


async def _replay(folder: Path, wiki: MediaWiki, typed: Sequence[Typed], over: int, at_once: bool) -> Replay:
    days = PassingDays(typed[0].said)
    page = PageSettings(title=TITLE, archive=ArchiveSettings(over=over))
    room = Room(folder, wiki, [PROJECT], page, days.now, days.seconds)
    replay = Replay([], [], [], [])
    async with room.open():
        with click.progressbar(length=len(typed), label="replay") as bar:
            for _, of_day in itertools.groupby(typed, key=lambda line: line.said.date()):
                lines = list(of_day)
                await room.until_archived()  # so that the last delivery of the day before is over, too
                days.go_to(lines[0].said)
                await room.until_archived()
                for together in [lines] if at_once else [[line] for line in lines]:
                    await _type(room, days, replay, together)
                    bar.update(len(together))
                    if len(replay.kept) // EVERY >= len(replay.memory):
                        replay.memory.append(world.resident(os.getpid()))
    return replay


async def _type(room: Room, days: PassingDays, replay: Replay, lines: Sequence[Typed]) -> None:
    """Type these, and wait until all are on the wiki."""
    began, before = time.perf_counter(), len(replay.kept)
    for line in lines:
        days.go_to(line.said)
        number = len(replay.kept) + len(replay.refused)
        sender = Sender(line.nick, "user", f"{line.nick}.example")
        text = f"!log {PROJECT} {line.message}"
        reply = await room.hear(Privmsg(*PLACE, sender, text, line.said, None, f"m{number}"))
        if reply is None:
            replay.kept.append(line)
        else:
            replay.refused.append(f"{line.message}: {reply.text}")
    await room.until_delivered(len(replay.kept))
    kept = len(replay.kept) - before
    replay.seconds.extend([(time.perf_counter() - began) / max(kept, 1)] * kept)


def _read_as(line: Typed) -> tuple[str, str, str, str]:
    return f"{line.said:%Y-%m-%d}", f"{line.said:%H:%M}", line.nick, line.message


if __name__ == "__main__":
    main()
