"""What the bot accepted, what stands on the wiki and what people saw comes in; everything that is wrong comes out.

It shares no code with the bot: the journal is read as the database that it is, the pages and their history through the
wiki's API, and what must hold is said here in its own words.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

LOST = "lost"
DOUBLED = "doubled"
WRONG_DAY = "under a wrong day"
OUT_OF_ORDER = "out of order"
BY_HAND = "human edits lost or spoilt"
WRONG_PAGE = "on a wrong page"
ALTERED = "other than it was said"
UNSAID = "on a page, said by nobody"
ERASED = "erased by an edit of the bot"
SAVED_TWICE = "attempts saved twice"
TOLD_FALSELY = "told falsely"
TOLD_TWICE = "told twice"
HELD_BACK = "parked for what others said"
KINDS = (
    *(LOST, DOUBLED, WRONG_DAY, OUT_OF_ORDER, BY_HAND, WRONG_PAGE, ALTERED, UNSAID, ERASED, SAVED_TWICE),
    *(TOLD_FALSELY, TOLD_TWICE, HELD_BACK),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry as the journal has it."""

    number: int
    id: str
    channel: str
    nick: str
    project: str
    message: str
    said: str
    log_day: str
    dropped: bool = False
    """An operator gave it up: it is not to come any more."""


@dataclass(frozen=True, slots=True)
class Revision:
    user: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known from outside."""

    accepted: Sequence[Accepted]
    typed: frozenset[tuple[str, str, str, str]]
    """Channel, nick, project and message of each line that people typed."""
    heard: Sequence[tuple[str, str]]
    """Channel and text of each line that the bot said in one."""
    pages: Mapping[str, Sequence[Revision]]
    """The whole history of each page, oldest first."""
    home: Mapping[tuple[str, str], str]
    """To which page a channel and a project belong."""
    archives: Mapping[str, str]
    """Where people move old days of each page."""
    by_hand: Mapping[str, str]
    """What people put on which page, by words of its own."""
    bot: str
    """The bot's account."""
    held_back: Sequence[str] = ()
    """What was parked because a filter refused it, though there was nothing in it to refuse."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class _Standing:
    """An entry's line on a page, as it is now."""

    id: str
    clock: str
    words: str
    title: str
    day: str
    group: int
    """The day's section in which it stands: two headings may name the same day."""


_DAY = re.compile(r"^(=+) (\d{4}-\d\d-\d\d) \1$")
_ENTRY = re.compile(
    r'^\* <span id="(?P<id>sal-[0-9a-f-]+)">\[\[#(?P=id)\|(?P<clock>\d\d:\d\d)\]\]</span> (?P<words>.*)$'
)
_LOGGED = re.compile(
    r"^(?P<nick>\S+): Logged (?:(?P<number>\d+) entries \(.*\)(?:.*; the newest)? )?at (?P<url>\S+)#(?P<id>sal-\S+)$"
)
_LATE = re.compile(r"^(?P<nick>\S+): Saved(?: (?P<number>\d+) entries)?, not on the wiki yet: ")
_BATCH = re.compile(r" \[b:([0-9a-f]+)\]$")


def check(evidence: Evidence) -> list[Finding]:
    """Everything that is wrong; nothing: all was kept, exactly once, in its place, and the truth was told."""
    standing = [each for title in evidence.pages for each in _standing(title, _now(evidence, title))]
    return [
        *_entries(evidence, standing),
        *_order(evidence, standing),
        *_lines(evidence),
        *_by_hand(evidence),
        *_history(evidence),
        *_told(evidence, standing),
        *(Finding(HELD_BACK, words) for words in evidence.held_back),
    ]


def _now(evidence: Evidence, title: str) -> str:
    revisions = evidence.pages[title]
    return revisions[-1].text if revisions else ""


def _standing(title: str, text: str) -> Iterator[_Standing]:
    day, group = "", 0
    for line in text.split("\n"):
        if line.startswith("="):
            heading = _DAY.match(line)
            day, group = heading[2] if heading else "", group + 1
        elif entry := _ENTRY.match(line):
            yield _Standing(entry["id"], entry["clock"], entry["words"], title, day, group)


def _entries(evidence: Evidence, standing: Iterable[_Standing]) -> Iterator[Finding]:
    """Each accepted entry stands exactly once, on its page or in that page's archive, under its day, as it was said."""
    places: dict[str, list[_Standing]] = {}
    for each in standing:
        places.setdefault(each.id, []).append(each)
    for entry in evidence.accepted:
        found = places.pop(entry.id, [])
        words = f"{entry.id} {entry.nick}: {entry.message}"
        if entry.dropped:
            if found:
                yield Finding(UNSAID, f"{words}: given up, and on {found[0].title}")
            continue
        if not found:
            yield Finding(LOST, words)
        if len(found) > 1:
            yield Finding(DOUBLED, f"{words}: on {' and '.join(each.title for each in found)}")
        home = evidence.home[entry.channel, entry.project]
        for each in found:
            if each.day != entry.log_day or entry.log_day != entry.said[:10]:
                yield Finding(WRONG_DAY, f"{words}: said {entry.said}, log day {entry.log_day}, under {each.day!r}")
            if each.title not in (home, evidence.archives[home]):
                yield Finding(WRONG_PAGE, f"{words}: on {each.title}, not {home}")
            if (each.clock, each.words) != (entry.said[11:16], f"{entry.nick}: {entry.message}"):
                yield Finding(ALTERED, f"{words}: stands as {each.clock} {each.words}")
        if (entry.channel, entry.nick, entry.project, entry.message) not in evidence.typed:
            yield Finding(UNSAID, f"{words}: accepted, and nobody typed it")
    for unknown in places.values():
        yield Finding(UNSAID, f"{unknown[0].id}: on {unknown[0].title}, and never accepted")


def _order(evidence: Evidence, standing: Iterable[_Standing]) -> Iterator[Finding]:
    """The newest first: entries in their day, by the millisecond in which they were said, and days on a page."""
    said = {entry.id: entry.said[:23] for entry in evidence.accepted}
    groups: dict[tuple[str, int], list[str]] = {}
    for each in standing:
        if each.id in said:
            groups.setdefault((each.title, each.group), []).append(each.id)
    for (title, _), ids in groups.items():
        for upper, lower in pairwise(ids):
            if said[upper] < said[lower]:
                yield Finding(OUT_OF_ORDER, f"{title}: {upper} above {lower}")
    for title in evidence.archives:
        days = [heading[2] for heading in map(_DAY.match, _now(evidence, title).split("\n")) if heading]
        for upper_day, lower_day in pairwise(days):
            if upper_day <= lower_day:
                yield Finding(OUT_OF_ORDER, f"{title}: {upper_day} above {lower_day}")


def _lines(evidence: Evidence) -> Iterator[Finding]:
    """Each line of a page is an entry, a day, or what people put there: at the beginning, or with words of theirs."""
    for title in evidence.pages:
        first = evidence.pages[title][0].text.split("\n") if evidence.pages[title] else []
        for line in _now(evidence, title).split("\n"):
            ours = not line or _ENTRY.match(line) or _DAY.match(line)
            if not ours and line not in first and not any(words in evidence.by_hand for words in _hands(line)):
                yield Finding(UNSAID, f"{title}: {line}")


def _hands(line: str) -> list[str]:
    return re.findall(r"\bhand-\d+\b", line)


def _by_hand(evidence: Evidence) -> Iterator[Finding]:
    """What people put on a page stands there, or in its archive; each line of it once; what was there at first too."""
    for title, archive in evidence.archives.items():
        lines = Counter(f"{_now(evidence, title)}\n{_now(evidence, archive)}".split("\n"))
        there = {words for line in lines for words in _hands(line)}
        for words, where in evidence.by_hand.items():
            if where == title and words not in there:
                yield Finding(BY_HAND, f"{title}: {words} is gone")
        for line, number in lines.items():
            if number > 1 and _hands(line):
                yield Finding(BY_HAND, f"{title}: stands {number} times: {line}")
        first = evidence.pages[title][0] if evidence.pages[title] else None
        if first and first.user != evidence.bot:
            for line in first.text.split("\n"):
                if line not in lines:
                    yield Finding(BY_HAND, f"{title}: what stood there at first is gone: {line}")


def _history(evidence: Evidence) -> Iterator[Finding]:
    """No edit of the bot ever took a line away or put an entry there twice, and no attempt was saved twice."""
    batches: Counter[str] = Counter()
    for title, revisions in evidence.pages.items():
        before: Counter[str] = Counter()
        for revision in revisions:
            lines = Counter(line for line in revision.text.split("\n") if line.strip())
            if revision.user == evidence.bot:
                batches.update(_BATCH.findall(revision.summary))
                for line in before - lines:
                    yield Finding(ERASED, f"{title}: {line!r} by “{revision.summary[:60]}”")
                for line, number in lines.items():
                    if number > 1 and number > before[line] and _ENTRY.match(line):
                        yield Finding(DOUBLED, f"{title}: {line!r} by “{revision.summary[:60]}”")
            before = lines
    for batch, number in batches.items():
        if number > 1:
            yield Finding(SAVED_TWICE, f"{batch}: {number} times")


def _told(evidence: Evidence, standing: Iterable[_Standing]) -> Iterator[Finding]:
    """Each address leads to an entry of whom it was told to, and nobody heard the same of an entry twice."""
    accepted = {entry.id: entry for entry in evidence.accepted}
    where = {each.id: each.title for each in standing}
    addresses: Counter[str] = Counter()
    logged: Counter[tuple[str, str]] = Counter()
    late: Counter[tuple[str, str]] = Counter()
    for channel, text in evidence.heard:
        if told := _LOGGED.match(text):
            addresses[told["id"]] += 1
            logged[channel, told["nick"]] += int(told["number"] or 1)
            title = unquote(urlsplit(told["url"]).path).removeprefix("/wiki/").replace("_", " ")
            entry = accepted.get(told["id"])
            stands = where.get(told["id"])
            # Somebody may have moved it to the archive since.
            if entry is None or stands not in (title, evidence.archives.get(title)) or stands is None:
                yield Finding(TOLD_FALSELY, f"{text}: it stands on {stands}")
            elif (channel, told["nick"]) != (entry.channel, entry.nick):
                yield Finding(TOLD_FALSELY, f"in {channel}: {text}: it was said in {entry.channel} by {entry.nick}")
        elif waits := _LATE.match(text):
            late[channel, waits["nick"]] += int(waits["number"] or 1)
    said = Counter((entry.channel, entry.nick) for entry in evidence.accepted)
    for address, number in addresses.items():
        if number > 1:
            yield Finding(TOLD_TWICE, f"{address}: {number} times")
    for counts in (logged, late):
        for (channel, nick), number in counts.items():
            if number > said[channel, nick]:
                yield Finding(
                    TOLD_TWICE, f"{nick} in {channel} heard of {number} entries and said {said[channel, nick]}"
                )


# --- reading it -----------------------------------------------------------------------------------------------------


def read_journal(path: Path) -> list[Accepted]:
    columns = "entry.number, id, channel, nick, project, message, said, log_day, state = 'dropped'"
    asked = f"SELECT {columns} FROM entry, delivery"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        rows = journal.execute(f"{asked} WHERE delivery.entry = entry.number ORDER BY entry.number").fetchall()
    return [Accepted(*row) for row in rows]


def read_history(api: str, title: str) -> list[Revision]:
    """The whole history of a page, oldest first; empty: there is no such page."""
    asked: dict[str, Any] = {
        "action": "query",
        "format": "json",
        "formatversion": 2,
        "titles": title,
        "prop": "revisions",
        "rvprop": "user|comment|content",
        "rvslots": "main",
        "rvdir": "newer",
        "rvlimit": 50,
    }
    revisions: list[Revision] = []
    more: dict[str, Any] = {}
    while True:
        answer = requests.get(api, params={**asked, **more}, timeout=60).json()
        for found in answer["query"]["pages"][0].get("revisions", []):
            revisions.append(Revision(found["user"], found["comment"], found["slots"]["main"]["content"]))
        more = answer.get("continue", {})
        if not more:
            return revisions
