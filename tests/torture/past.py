"""A seed comes in; pages with old days come out, and a journal that knows what of them is the bot's own.

So it is when labsbot has run for a year: entries that were delivered long ago, which people still take back or amend by
their ids, and between them lines of people's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from labsbot.journal import Journal
from labsbot.model import Accepted as Kept
from labsbot.model import Entry, Log, Owed, Told, place_of
from tests.servers.mediawiki import BOT, MediaWiki, Person
from tests.torture.people import WORDS, Said
from tests.torture.written import Accepted, wanted

NETWORK = "net"
"""As the configuration calls it."""
DAYS = 2
"""Of each month, so many have entries."""
SIZE = 13_000
"""Bytes of a page, about: more than it may have before its old days move."""
LINE = 110
"""Bytes of a line of it, at least."""
FIRST = 2_000_000
"""Where the numbers of the words by hand begin."""
BY_HAND = 0.2
"""Of all lines, so many are by hand."""


@dataclass(frozen=True, slots=True)
class OldLog:
    """Where something was logged."""

    title: str
    channel: str
    project: str


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an old day: an entry, or something that people wrote."""

    at: datetime
    text: str
    entry: Accepted | None = None


@dataclass
class Past:
    """What happened before the first start."""

    days: Sequence[date]
    said: list[Said] = field(default_factory=list)
    """What people logged."""
    ids: dict[str, list[str]] = field(default_factory=dict)
    """The ids of that, by nick."""
    words: dict[str, str] = field(default_factory=dict)
    """What people put on which page by hand, by words of its own."""


async def make_past(
    wiki: MediaWiki,
    journal: Path,
    logs: Sequence[OldLog],
    above: Mapping[str, tuple[str, str]],
    hostmasks: Mapping[str, str],
    months: int,
    seed: int,
) -> Past:
    """Write old days to the pages of these logs, as the bot and people would have done, and to the journal what is the
    bot's. `above`: by page, what stands above and below its days; `hostmasks`: of those who logged, by nick.
    """
    chance = Random(f"{seed} past")
    past = Past(old_days(datetime.now(UTC).date(), months))
    kept = Journal.open(journal)
    try:
        for title in dict.fromkeys(log.title for log in logs):
            here = [log for log in logs if log.title == title]
            lines = _lines(past, here, list(hostmasks), chance)
            text = _page(above[title], [line for line in lines if line.entry is None])
            wiki.edit_as_person(title, text, summary="a year ago")
            whole = _page(above[title], lines)
            revision = Person(wiki, BOT).edit(title, whole, summary="a year ago")["newrevid"]
            entries = [line.entry for line in sorted(lines, key=lambda line: line.at) if line.entry]
            await _keep(kept, entries, hostmasks, wiki.page_url(title), title, revision)
    finally:
        kept.close()
    return past


def old_days(today: date, months: int) -> list[date]:
    """Some days of each of the months that are over, the newest first."""
    days = []
    first = today.replace(day=1)
    for _ in range(months):
        days += [first - timedelta(days=5 * number) for number in range(1, DAYS + 1)]
        first = (first - timedelta(days=1)).replace(day=1)
    return days


def _lines(past: Past, logs: Sequence[OldLog], nicks: Sequence[str], chance: Random) -> list[_Line]:
    """The newest first, as on a page."""
    title, numbers = logs[0].title, count(FIRST + len(past.words))
    lines = []
    for day in past.days:
        for _ in range(max(4, SIZE // (LINE * len(past.days)))):
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
                milliseconds=chance.randrange(24 * 3600 * 1000)
            )
            if chance.random() < BY_HAND:
                words = f"hand-{next(numbers)}"
                past.words[words] = title
                lines.append(_Line(at, f"* {at:%H:%M} carol: {words} by hand, long ago"))
                continue
            log, nick = chance.choice(logs), chance.choice(nicks)
            message = f"{nick}-old{len(past.said)} {' '.join(chance.choices(WORDS, k=chance.randint(1, 12)))}"
            past.said.append(Said(log.channel, nick, log.project, message))
            entry = _entry(log, nick, message, at, f"{chance.randrange(16**4):04x}")
            past.ids.setdefault(nick, []).append(entry.id)
            lines.append(_Line(at, wanted(entry, ()), entry))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _entry(log: OldLog, nick: str, message: str, at: datetime, token: str) -> Accepted:
    said, accepted = (f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in (at, at + timedelta(seconds=1)))
    entry_id = f"sal-{at:%Y%m%d%H%M%S}-{at.microsecond // 1000:03x}{token}"
    states = {log.project: "delivered"}
    return Accepted(entry_id, log.channel, nick, message, said, accepted, False, 0, f"{at:%Y-%m-%d}", states)


def _page(around: tuple[str, str], lines: Sequence[_Line]) -> str:
    above, below = around
    level = "===" if below else "=="
    parts = [above]
    for day in sorted({f"{line.at:%Y-%m-%d}" for line in lines}, reverse=True):
        there = [line.text for line in lines if f"{line.at:%Y-%m-%d}" == day]
        parts.append("\n".join([f"{level} {day} {level}", *there]))
    return "\n\n".join([*parts, *([below] if below else [])])


async def _keep(
    journal: Journal,
    entries: Sequence[Accepted],
    hostmasks: Mapping[str, str],
    url: str,
    title: str,
    revision: int,
) -> None:
    """Have the journal know that these were accepted, and are on their page."""
    await journal.entries.accept_all([_kept(each, hostmasks[each.nick]) for each in entries])
    batch, now = f"{title} long ago", datetime.now(UTC)
    deliveries = await journal.deliveries.pending()
    await journal.attempts.begin(batch, "the wiki", title, deliveries, now)
    await journal.attempts.delivered(batch, deliveries, url, revision, now)


def _kept(entry: Accepted, hostmask: str) -> Kept:
    said, accepted = datetime.fromisoformat(entry.said), datetime.fromisoformat(entry.accepted)
    log = Log(place_of(NETWORK, entry.channel), entry.projects)
    own = Entry(entry.id, NETWORK, entry.channel, entry.nick, None, entry.nick, entry.message, said)
    return Kept(None, own, (Owed(log, said.date(), f"{said:%H:%M}"),), Told.LOGGED, accepted, hostmask)
