"""What the bot accepted, what stands on the wiki and what people saw comes in; everything that is wrong comes out.

It shares no code with the bot: the journal is read as the database that it is, the pages and their history through the
wiki's API, and what must hold is said here in its own words.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from tests.torture.written import AMEND, DELIVERED, DROPPED, LEFT, STRIKE, Accepted, Correction, steps, wanted

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
NOT_TO_BE = "taken back or amended, and was not to be"
UNDONE = "taken back or amended, and not so on the page"
LEFT_BEHIND = "old, and left on the page"
UNLISTED = "archives that do not say what they are, or are not listed once"
KINDS = (
    *(LOST, DOUBLED, WRONG_DAY, OUT_OF_ORDER, BY_HAND, WRONG_PAGE, ALTERED, UNSAID, ERASED, SAVED_TWICE),
    *(TOLD_FALSELY, TOLD_TWICE, HELD_BACK, NOT_TO_BE, UNDONE, LEFT_BEHIND, UNLISTED),
)


WHOLE = ".000"
"""The thousandths of a time that names none."""
LATE = timedelta(minutes=1)
"""By no more the time of an entry that was logged afterwards differs from what was typed."""


@dataclass(frozen=True, slots=True)
class Revision:
    user: str
    summary: str
    text: str
    number: int = 0
    """Those of all pages are counted together."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known from outside."""

    accepted: Sequence[Accepted]
    typed: frozenset[tuple[str, str, str, str, int]]
    """Channel, nick, projects, message and minutes too late of each ``!log`` that people typed."""
    regretted: Sequence[tuple[str, str, str, str | None, str]]
    """Channel, nick, kind, id (None: their last entry) and text of each ``!undo`` and ``!amend`` that they typed."""
    heard: Sequence[tuple[str, str]]
    """Channel and text of each line that the bot said in one."""
    pages: Mapping[str, Sequence[Revision]]
    """The whole history of each page, oldest first."""
    home: Mapping[tuple[str, str], str]
    """To which page a channel and a project belong."""
    archives: Mapping[str, Sequence[str]]
    """Where old days of each page went: those that the bot has made, and those to which people move days."""
    by_hand: Mapping[str, str]
    """What people put on which page, by words of its own."""
    removed: Set[tuple[str, str]]
    """Titles, and the ids of entries that people took out there for good."""
    bot: str
    """The bot's account."""
    held_back: Sequence[str] = ()
    """What was parked because a filter refused it, though there was nothing in it to refuse."""
    receipts: Sequence[tuple[str, str, str | None, str, bool]] = ()
    """Of what programs asked for: the entry's id, their name, the kind of a change, the text, and whether they were
    told that it is on the wiki."""
    answered_wrong: Sequence[str] = ()
    """What programs were answered and should not have been."""
    until: Mapping[str, str] = field(default_factory=dict)
    """By page, the day before which all is to be in archives at the end."""
    kept: Set[tuple[str, str]] = frozenset()
    """Pages, and old days that the bot has kept there for a reason that it told."""
    category: str = ""
    """The line by which pages that the bot makes are in their category; empty: none is."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class _Standing:
    """An entry's line on a page, as it is now."""

    id: str
    line: str
    title: str
    day: str
    group: int
    """The day's section in which it stands: two headings may name the same day."""


LOG_HEADING = re.compile(r"^== Server Admin Log ==")
LARGEST_EDIT = 16_000
"""Bytes of the largest edit that the bot makes here, at least."""
_DAY = re.compile(r"^(=+) (\d{4}-\d\d-\d\d) \1$")
_ENTRY = re.compile(r'^\* <span id="(?P<id>sal-[0-9a-f-]+)">\[\[#(?P=id)\|\d\d:\d\d\]\]</span> ')
_DONE = re.compile(r"^(?P<nick>\S+): (?P<done>Logged|Taken back|Amended)\b(?: (?P<number>\d+) entries)?(?P<rest>.*)$")
_LEFT = re.compile(r"^(?P<nick>\S+): Not (?:taken back|amended)(?: on [^:]+)?: people have [^:]+: (?P<rest>\S+)$")
_ADDRESS = re.compile(r"(?P<url>http\S+)#(?P<id>sal-[0-9a-f-]+)")
_LATE = re.compile(r"^(?P<nick>\S+): Saved(?: (?P<number>\d+) entries)?, not on the wiki yet: ")
_LIST = re.compile(r'^<span id="sal-archives">Archives:</span> ')
_LISTED = re.compile(r"\[\[:([^\[\]|]+)\|")
_KINDS = {"Taken back": STRIKE, "Amended": AMEND}
_BATCH = re.compile(r" \[b:([0-9a-f]+)\]$")


def check(evidence: Evidence) -> list[Finding]:
    """Everything that is wrong; nothing: all was kept, exactly once, in its place, and the truth was told."""
    standing = [each for title in evidence.pages for each in _standing(title, _now(evidence, title))]
    history = History.of(evidence)
    return [
        *_entries(evidence, standing),
        *_corrections(evidence, history),
        *_order(evidence, standing),
        *_lines(evidence),
        *_by_hand(evidence),
        *_archives(evidence),
        *history.findings,
        *_told(evidence, history),
        *_receipts(evidence, history),
        *(Finding(TOLD_FALSELY, words) for words in evidence.answered_wrong),
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
            yield _Standing(entry["id"], line, title, day, group)


def _entries(evidence: Evidence, standing: Iterable[_Standing]) -> Iterator[Finding]:
    """Each accepted entry stands exactly once on each of its pages, or in that page's archive, under its day, as it was
    said or changed; unless people took it out, or have made something else of its line."""
    places: dict[str, list[_Standing]] = {}
    for each in standing:
        places.setdefault(each.id, []).append(each)
    for entry in evidence.accepted:
        found = places.pop(entry.id, [])
        words = f"{entry.id} {entry.nick}: {entry.message}"
        homes: dict[str, list[str]] = {}
        for project in entry.states:
            homes.setdefault(evidence.home[entry.channel, project], []).append(project)
        for home, projects in homes.items():
            there = [each for each in found if each.title in (home, *evidence.archives[home])]
            found = [each for each in found if each not in there]
            if all(entry.states[project] == DROPPED for project in projects):
                if there:
                    yield Finding(UNSAID, f"{words}: given up, and on {home}")
            elif (home, entry.id) in evidence.removed:
                if there:
                    yield Finding(BY_HAND, f"{words}: taken out by hand, and on {there[0].title} again")
            elif not there:
                yield Finding(LOST, f"{words}: not on {home}")
            if len(there) > 1:
                yield Finding(DOUBLED, f"{words}: on {' and '.join(each.title for each in there)}")
            for each in there:
                if each.day != entry.log_day or entry.log_day != entry.said[:10]:
                    yield Finding(WRONG_DAY, f"{words}: said {entry.said}, log day {entry.log_day}, under {each.day!r}")
                by_hand = any(hand in evidence.by_hand for hand in _hands(each.line))
                if not by_hand and each.line != (right := wanted(entry, projects)):
                    yield Finding(ALTERED, f"{words}: stands as {each.line}, not {right}")
        for each in found:
            yield Finding(WRONG_PAGE, f"{words}: on {each.title}")
        yield from _as_typed(evidence, entry)
    for unknown in places.values():
        yield Finding(UNSAID, f"{unknown[0].id}: on {unknown[0].title}, and never accepted")


def _receipts(evidence: Evidence, history: History) -> Iterator[Finding]:
    """Each receipt is true, and one thing that was asked for is one entry, however often it was asked for."""
    accepted = {entry.id: entry for entry in evidence.accepted}
    for entry_id, nick, kind, text, on_wiki in evidence.receipts:
        words = f"{nick} has a receipt of {entry_id}: {kind or 'entry'}: {text}"
        entry = accepted.get(entry_id)
        if entry is None:
            yield Finding(LOST, words)
            continue
        found = [number for number, each in enumerate(entry.corrections, 1) if (each.kind, each.text) == (kind, text)]
        steps_of_it = [0] if kind is None and (entry.nick, entry.message) == (nick, text) else found
        # What was done by a call that was hung up on has a receipt of its own, with another reason.
        taken_back = kind == STRIKE and any(each.kind == STRIKE for each in entry.corrections)
        if not steps_of_it and not taken_back:
            yield Finding(TOLD_FALSELY, f"{words}: there is no such thing")
        elif on_wiki and steps_of_it:
            for project in entry.states:
                home = evidence.home[entry.channel, project]
                if history.written.get((home, entry_id), -1) < min(steps_of_it):
                    yield Finding(TOLD_FALSELY, f"{words}: never on {home}")
    said = Counter((entry.channel, entry.nick, entry.projects, entry.message) for entry in evidence.accepted)
    for what, number in said.items():
        if number > 1:
            yield Finding(DOUBLED, f"{' '.join(what)}: accepted {number} times")


def _as_typed(evidence: Evidence, entry: Accepted) -> Iterator[Finding]:
    words = f"{entry.id} {entry.nick}: {entry.message}"
    typed = [each for each in evidence.typed if each[:4] == (entry.channel, entry.nick, entry.projects, entry.message)]
    if not typed:
        yield Finding(UNSAID, f"{words}: accepted, and nobody typed it")
    for *_, ago in typed:
        before = datetime.fromisoformat(entry.accepted) - datetime.fromisoformat(entry.said)
        if entry.late != bool(ago) or (ago and abs(before - timedelta(minutes=ago)) > LATE):
            yield Finding(WRONG_DAY, f"{words}: logged {ago} minutes late, at {entry.accepted} for {entry.said}")


def _corrections(evidence: Evidence, history: History) -> Iterator[Finding]:
    """Nothing is changed but what was to be, by whom it may be; and what was changed was so on each page."""
    plain = Counter(each[:2] for each in evidence.regretted if each[2:] == (STRIKE, None, ""))
    for entry in evidence.accepted:
        for number, each in enumerate(entry.corrections, 1):
            words = f"{each.id} of {entry.id} by {each.nick}: {each.text}"
            asked = (each.channel, each.nick, each.kind, entry.id, each.text)
            last = asked not in evidence.regretted
            if last and (*asked[:3], None, each.text) not in evidence.regretted:
                yield Finding(NOT_TO_BE, f"{words}: nobody asked for that")
            elif last and entry.id != (meant := _last_of(evidence, each)):
                yield Finding(NOT_TO_BE, f"{words}: their last entry was {meant}")
            if last and each.kind == STRIKE:
                plain[each.channel, each.nick] -= 1
            if each.nick != entry.nick:
                yield Finding(NOT_TO_BE, f"{words}: it is {entry.nick}'s")
            is_done = set(each.states.values()) != {LEFT}
            if each.kind == STRIKE and is_done and number < len(entry.corrections):
                yield Finding(NOT_TO_BE, f"{words}: changed once more when it was taken back")
            for project, state in each.states.items():
                home = evidence.home[entry.channel, project]
                if state == DELIVERED and history.written.get((home, entry.id), 0) < number:
                    yield Finding(UNDONE, f"{words}: never on {home}")
    for (channel, nick), number in plain.items():
        if number < 0:
            yield Finding(NOT_TO_BE, f"{nick} in {channel}: {-number} more taken back than they asked for")


def _last_of(evidence: Evidence, correction: Correction) -> str | None:
    """The entry that somebody had last when they asked for a change of their last one."""
    theirs = [
        (entry.sequence, entry.id)
        for entry in evidence.accepted
        if (entry.channel, entry.nick) == (correction.channel, correction.nick) and entry.sequence < correction.sequence
    ]
    return max(theirs, default=(0, None))[1]


def _order(evidence: Evidence, standing: Iterable[_Standing]) -> Iterator[Finding]:
    """The newest first: entries in their day, by the millisecond in which they were said, and days on a page."""
    said = {entry.id: entry.said[:23] for entry in evidence.accepted}
    groups: dict[tuple[str, int], list[str]] = {}
    for each in standing:
        if each.id in said:
            groups.setdefault((each.title, each.group), []).append(each.id)
    for (title, _), ids in groups.items():
        for upper, lower in pairwise(ids):
            # What a history repeats has whole seconds: within its own, it may stand anywhere.
            known = 19 if WHOLE in (said[upper][19:], said[lower][19:]) else 23
            if said[upper][:known] < said[lower][:known]:
                yield Finding(OUT_OF_ORDER, f"{title}: {upper} above {lower}")
    for title in [*evidence.archives, *_made(evidence)]:
        days = [heading[2] for heading in map(_DAY.match, _now(evidence, title).split("\n")) if heading]
        for upper_day, lower_day in pairwise(days):
            if upper_day <= lower_day:
                yield Finding(OUT_OF_ORDER, f"{title}: {upper_day} above {lower_day}")


def _lines(evidence: Evidence) -> Iterator[Finding]:
    """Each line of a page is an entry, a day, or what people put there: at the beginning, or with words of theirs."""
    for title in evidence.pages:
        first = evidence.pages[title][0].text.split("\n") if evidence.pages[title] else []
        for line in _now(evidence, title).split("\n"):
            ours = not line or _ENTRY.match(line) or _DAY.match(line) or _LIST.match(line)
            if not ours and line not in first and not any(words in evidence.by_hand for words in _hands(line)):
                yield Finding(UNSAID, f"{title}: {line}")


def _hands(line: str) -> list[str]:
    return re.findall(r"\bhand-\d+\b", line)


def _by_hand(evidence: Evidence) -> Iterator[Finding]:
    """What people put on a page stands there, or in an archive; each line of it once; what was there at first too."""
    for title, archives in evidence.archives.items():
        lines = Counter("\n".join(_now(evidence, each) for each in (title, *archives)).split("\n"))
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


def _made(evidence: Evidence) -> Iterator[str]:
    """The archives that the bot has made."""
    for archives in evidence.archives.values():
        for title in archives:
            revisions = evidence.pages[title]
            if revisions and revisions[0].user == evidence.bot:
                yield title


def _archives(evidence: Evidence) -> Iterator[Finding]:
    """Each archive that the bot has made says of which page it is, is in the category, and is listed there once; and
    whatever is old is in one, but what was kept for a reason."""
    made = set(_made(evidence))
    for home, archives in evidence.archives.items():
        lines = _now(evidence, home).split("\n")
        listed = [title for line in lines if _LIST.match(line) for title in _LISTED.findall(line)]
        there = made.intersection(archives)
        # below its heading a log's list is a part of the log's own section, which may be larger than any edit
        may_lack = any(map(LOG_HEADING.match, lines)) and len(_now(evidence, home).encode()) > LARGEST_EDIT
        is_whole = sorted(listed) == sorted(there) or may_lack
        is_right = len(set(listed)) == len(listed) and there.issuperset(listed)
        if not (is_whole and is_right) or sum(map(bool, map(_LIST.match, lines))) > 1:
            yield Finding(UNLISTED, f"{home}: lists {listed}, and has {sorted(there)}")
        for title in there:
            archived = _now(evidence, title).split("\n")
            for line in _saying(evidence, home):
                if archived.count(line) != 1:
                    yield Finding(UNLISTED, f"{title}: says {archived.count(line)} times {line}")
        for day in (heading[2] for heading in map(_DAY.match, lines) if heading):
            if day < evidence.until.get(home, "") and (home, day) not in evidence.kept:
                yield Finding(LEFT_BEHIND, f"{home}: {day}")


def _saying(evidence: Evidence, home: str) -> list[str]:
    """What stands above the days of each archive."""
    return [f"Archive of [[:{home}]].", *([evidence.category] if evidence.category else [])]


@dataclass(frozen=True, slots=True)
class History:
    """What the revisions of all pages tell; of archives, as of the page whose they are."""

    findings: Sequence[Finding]
    written: Mapping[tuple[str, str], int]
    """By page and entry, the furthest change of it with which the bot ever wrote its line (0: none)."""
    touched: Set[tuple[str, str]]
    """Pages, and entries of which people have changed or taken out the line."""
    stood: Set[tuple[str, str]]
    """Pages, archives by their own titles, and entries that ever stood there."""
    home: Mapping[str, str]
    """By the title of an archive, the page whose it is."""

    @classmethod
    def of(cls, evidence: Evidence) -> History:
        """No edit of the bot ever took a line away but with a day that stands in an archive, put an entry anywhere
        twice, or took back what was changed about one; and no attempt was saved twice."""
        findings: list[Finding] = []
        written: dict[tuple[str, str], int] = {}
        touched: set[tuple[str, str]] = set()
        stood: set[tuple[str, str]] = set()
        batches: Counter[str] = Counter()
        forms = {entry.id: steps(entry) for entry in evidence.accepted}
        home_of = {archive: home for home, archives in evidence.archives.items() for archive in archives}
        past = {home: _Past.of(evidence, home) for home in evidence.archives}
        for title, revisions in evidence.pages.items():
            home = home_of.get(title, title)
            before = Revision("", "", "")
            here: dict[str, int] = {}
            """As `written`, on this page alone."""
            for revision in revisions:
                gone, new = _changed(before.text, revision.text)
                stood |= {(title, entry) for entry in new if entry}
                if revision.user != evidence.bot:
                    touched |= {(home, entry) for entry in gone if entry}
                    before = revision
                    continue
                by = f"by “{revision.summary[:60]}”"
                batches.update(_BATCH.findall(revision.summary))
                moved = past[home].moved(before, revision, title != home) if home in past else Counter[str]()
                for entry, old_lines in gone.items():
                    of = forms.get(entry, {})
                    old, later = [of.get(line, -1) for line in old_lines], [of.get(x, -1) for x in new.get(entry, [])]
                    if not (len(old) == len(later) == 1 and 0 <= old[0] < later[0]):
                        erased = Counter(old_lines) - moved
                        findings += [Finding(ERASED, f"{title}: {line!r} {by}") for line in erased.elements()]
                for entry, new_lines in new.items():
                    for line in new_lines:
                        copied = title != home and home in past and past[home].stood(line, revision.number)
                        step = forms.get(entry, {}).get(line, -1)
                        if entry and step < here.get(entry, 0) and not copied:
                            findings.append(Finding(ALTERED, f"{title}: {line!r} {by}"))
                        if entry:
                            here[entry] = max(step, here.get(entry, 0))
                        elif title != home and not (copied or _DAY.match(line) or line in _saying(evidence, home)):
                            findings.append(Finding(UNSAID, f"{title}: {line!r} {by}"))
                for line, number in _counted(revision.text).items():
                    if number > 1 and number > _counted(before.text)[line] and _ENTRY.match(line):
                        findings.append(Finding(DOUBLED, f"{title}: {line!r} {by}"))
                before = revision
            for entry, step in here.items():
                written[home, entry] = max(step, written.get((home, entry), 0))
        for batch, number in batches.items():
            if number > 1:
                findings.append(Finding(SAVED_TWICE, f"{batch}: {number} times"))
        return cls(findings, written, touched, stood, home_of)


_Block = tuple[str, ...]
"""The lines of a day, its heading first; without blank ones."""


@dataclass(frozen=True, slots=True)
class _Past:
    """How a page with its archives ever was."""

    lines: Mapping[str, int]
    """All that ever stood on the page itself, with the first revision in which it did."""
    blocks: Mapping[_Block, int]
    """The same of days."""
    archives: Sequence[Sequence[Revision]]
    """Of each of its archives, the history."""
    bot: str

    @classmethod
    def of(cls, evidence: Evidence, home: str) -> _Past:
        lines: dict[str, int] = {}
        blocks: dict[_Block, int] = {}
        for revision in evidence.pages[home]:
            for line in _counted(revision.text):
                lines.setdefault(line, revision.number)
            for block in _blocks(revision.text):
                blocks.setdefault(block, revision.number)
        return cls(lines, blocks, [evidence.pages[title] for title in evidence.archives[home]], evidence.bot)

    def stood(self, line: str, number: int) -> bool:
        """Whether a line stood on the page itself before that revision of any page."""
        return line in self.lines and self.lines[line] < number

    def moved(self, before: Revision, after: Revision, is_archive: bool) -> Counter[str]:
        """What an edit may take away: on the page, days that stand in an archive, each line of them, and the list that
        grows; in an archive, a day as it was copied, for the same day as it is on the page by now."""
        gone = _counted(before.text) - _counted(after.text)
        old, new = Counter(_blocks(before.text)), Counter(_blocks(after.text))
        moved: Counter[str] = Counter()
        for block in old - new:
            if is_archive:
                now = [each for each in new - old if each[0] == block[0]]
                if all(self._was(each, after.number) for each in (block, *now)) and now:
                    moved.update(block)
            elif block[0] in gone:
                moved.update(line for line in block if self._stands_in_archive(block[0], line, after.number))
        lists = [line for line in gone if _LIST.match(line)]
        longer = [line for line in _counted(after.text) if _LIST.match(line)]
        if len(lists) == len(longer) == 1 and set(_LISTED.findall(lists[0])) < set(_LISTED.findall(longer[0])):
            moved.update(lists)
        return moved

    def _was(self, block: _Block, number: int) -> bool:
        return block in self.blocks and self.blocks[block] < number

    def _stands_in_archive(self, heading: str, line: str, number: int) -> bool:
        """Under that heading, in what an archive was just before that revision; as it is, or as people have changed it
        there since it was copied, or taken it out. Where the bot has done so, that is found there."""
        entry = _ENTRY.match(line)
        for revisions in self.archives:
            before = [each for each in revisions if each.number < number]
            held = [place for place, each in enumerate(before) if _holds(each.text, heading, line)]
            if not held:
                continue
            since = before[held[-1] + 1 :]
            if not since or since[0].user != self.bot or (entry and entry["id"] in since[-1].text):
                return True
        return False


def _holds(text: str, heading: str, line: str) -> bool:
    return any(block[0] == heading and line in block for block in _blocks(text))


@lru_cache(maxsize=4096)
def _blocks(text: str) -> tuple[_Block, ...]:
    """The days of a page; a line with a category is the page's, wherever it stands."""
    blocks: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if line.startswith("="):
            inside = _DAY.match(line) is not None
            blocks += [[]] if inside else []
        if inside and line.strip() and not line.startswith("[[Category:"):
            blocks[-1].append(line)
    return tuple(tuple(block) for block in blocks)


@lru_cache(maxsize=64)
def _counted(text: str) -> Counter[str]:
    """The lines of a text that are not blank."""
    return Counter(line for line in text.split("\n") if line.strip())


def _changed(before: str, after: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Which lines went, and which came, by the entry that stands in them."""
    old, new = _counted(before), _counted(after)
    return _by_entry(old - new), _by_entry(new - old)


def _by_entry(lines: Iterable[str]) -> dict[str, list[str]]:
    """Lines by the entry that stands in them; those of people by none."""
    found: dict[str, list[str]] = {}
    for line in lines:
        entry = _ENTRY.match(line)
        found.setdefault(entry["id"] if entry else "", []).append(line)
    return found


def _told(evidence: Evidence, history: History) -> Iterator[Finding]:
    """Each address leads to an entry of whom it was told to, what is told of it is so, and nobody heard it twice."""
    accepted = {entry.id: entry for entry in evidence.accepted}
    addresses: Counter[tuple[str, str, str]] = Counter()
    heard: Counter[tuple[str, str, str]] = Counter()
    for channel, text in evidence.heard:
        if waits := _LATE.match(text):
            heard[channel, waits["nick"], "late"] += int(waits["number"] or 1)
        told = _DONE.match(text) or _LEFT.match(text)
        if told is None:
            continue
        done = told.groupdict().get("done")
        partly = "; not on " in text
        if done:
            # What is still to be told of the other log is told once more.
            heard[channel, told["nick"], done] += 0 if partly else int(told["number"] or 1)
        for where in _ADDRESS.finditer(told["rest"]):
            if not partly:
                addresses[done or "", where[0], where["id"]] += 1
            title = unquote(urlsplit(where["url"]).path).removeprefix("/wiki/").replace("_", " ")
            wrong = _wrong(accepted.get(where["id"]), title, (channel, told["nick"]), done, history)
            if wrong:
                yield Finding(TOLD_FALSELY, f"in {channel}: {text}: {wrong}")
    for (done, address, entry_id), number in addresses.items():
        of = accepted.get(entry_id)
        asked = sum(not done or each.kind == _KINDS.get(done) for each in of.corrections) if of else 0
        if number > max(asked, 1):
            yield Finding(TOLD_TWICE, f"{done}: {address}: {number} times")
    said: Counter[tuple[str, str, str]] = Counter()
    for entry in evidence.accepted:
        said.update([(entry.channel, entry.nick, "Logged"), (entry.channel, entry.nick, "late")])
        for each in entry.corrections:
            done = {STRIKE: "Taken back", AMEND: "Amended"}[each.kind]
            said.update([(each.channel, each.nick, done), (each.channel, each.nick, "late")])
    for what, number in heard.items():
        if number > said[what]:
            yield Finding(TOLD_TWICE, f"{' '.join(what)}: heard of {number}, and asked for {said[what]}")


def _wrong(entry: Accepted | None, title: str, to: tuple[str, str], done: str | None, history: History) -> str | None:
    """What is not true of what somebody was told: that this was done on that page, or (None) that people kept it."""
    if entry is None or (title, entry.id) not in history.stood:
        return f"it was never on {title}"
    here = history.home.get(title, title), entry.id
    if here not in history.written:
        return f"it was written to {title} by somebody else"
    if done is None:
        return None if here in history.touched else "nobody has touched it there"
    if done == "Logged":
        return None if to == (entry.channel, entry.nick) else f"it was said in {entry.channel} by {entry.nick}"
    theirs = [
        number
        for number, each in enumerate(entry.corrections, 1)
        if (each.channel, each.nick, each.kind) == (*to, _KINDS[done])
    ]
    if not theirs:
        return "they have not asked for that"
    return None if min(theirs) <= history.written[here] else "it was never so on the page"


# --- reading it -----------------------------------------------------------------------------------------------------


def read_journal(path: Path) -> list[Accepted]:
    columns = "id, channel, nick, message, said, accepted, late, sequence, number"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        # what people have written on the pages themselves is read there by the bot, to be found; nobody said it to it
        rows = journal.execute(f"SELECT {columns} FROM entry WHERE via != 'wiki' ORDER BY number").fetchall()
        owed = journal.execute("SELECT entry, change, project, state, log_day FROM delivery ORDER BY number").fetchall()
        made = "id, kind, text, channel, nick, said, sequence"
        asked = f"SELECT entry, number, {made} FROM change WHERE NOT by_hand ORDER BY number"
        changed = journal.execute(asked).fetchall()
    states: dict[tuple[int, int | None], dict[str, str]] = {}
    days = {entry: day for entry, _, _, _, day in owed}
    corrections: dict[int, list[Correction]] = {}
    for entry, change, project, state, _ in owed:
        states.setdefault((entry, change), {})[project] = state
    for entry, number, *given in changed:
        of_it: list[Any] = [*given, states.get((entry, number), {})]
        corrections.setdefault(entry, []).append(Correction(*of_it))
    whole: list[list[Any]] = [
        [*given, bool(late), sequence, days[number], states[number, None], tuple(corrections.get(number, ()))]
        for *given, late, sequence, number in rows
    ]
    return [Accepted(*each) for each in whole]


def read_history(api: str, title: str) -> list[Revision]:
    """The whole history of a page, oldest first; empty: there is no such page."""
    asked: dict[str, Any] = {
        "action": "query",
        "format": "json",
        "formatversion": 2,
        "titles": title,
        "prop": "revisions",
        "rvprop": "ids|user|comment|content",
        "rvslots": "main",
        "rvdir": "newer",
        "rvlimit": 50,
    }
    revisions: list[Revision] = []
    more: dict[str, Any] = {}
    while True:
        answer = requests.get(api, params={**asked, **more}, timeout=60).json()
        for found in answer["query"]["pages"][0].get("revisions", []):
            text = found["slots"]["main"]["content"]
            revisions.append(Revision(found["user"], found["comment"], text, found["revid"]))
        more = answer.get("continue", {})
        if not more:
            return revisions


def read_titles(api: str, title: str) -> list[str]:
    """The pages below a page, but redirects."""
    namespace, _, name = title.partition(":")
    asked: dict[str, Any] = {"action": "query", "format": "json", "formatversion": 2}
    found = requests.get(api, params={**asked, "meta": "siteinfo", "siprop": "namespaces"}, timeout=60).json()
    spaces = found["query"]["namespaces"].values()
    asked |= {
        "list": "allpages",
        "apnamespace": next(space["id"] for space in spaces if space["name"] == namespace),
        "apprefix": f"{name}/",
        "apfilterredir": "nonredirects",
        "aplimit": 500,
    }
    listed = requests.get(api, params=asked, timeout=60).json()["query"]["allpages"]
    return [page["title"] for page in listed]
