"""The way to the front desk for whatever is no line on IRC: a script's call comes in; a receipt or a refusal goes out.

Who asks has proven who they are to the way by which they came (a socket's credentials, a token), and that stands in the
place of all lists of people. Everything else holds for them as for people: projects, secrets, limits, the same words.
::

    labsbot log ─> door ─┐
    POST ─────────> web ─┼─> Call ─> Submission ─> desk ─> Receipt | Refusal | KeyReused
    a line port ─────────┘
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from labsbot.desk.answer import Receipt, Refusal, RefusalCause, Silence
from labsbot.desk.command import MOST_LOGS, Add, Amend, Undo, id_in
from labsbot.desk.desk import IN_A_ROW, Desk
from labsbot.desk.secrets import find_secret
from labsbot.desk.submission import ChannelRules, Home, Submission, Submitter
from labsbot.model import Begun, Kept, LineKey, Repeated, Sender, Via
from labsbot.projects import Known, VisibleDirectory
from labsbot.settings import Announced, Limit, SecretShape, folded
from labsbot.text.digests import digest
from labsbot.text.typed_time import TimeRead, Typed, WallClock, read
from labsbot.text.typed_words import visible

LONGEST = 65_536
"""Bytes of a message."""
LONGEST_KEY = 255
LONGEST_AUTHOR = 200
"""Characters."""
BETWEEN_LINES = " · "
"""Several lines become one."""


@dataclass(frozen=True, slots=True)
class Script:
    """Who asks, as the way by which they came has proven it."""

    name: str
    """Who stands on the page, unless the call names another."""
    account: str
    """By what they are counted, and their keys kept apart: ``user root``, ``token deploy``."""
    via: Via
    limit: Limit | None = None
    """Their own; None: that of the configuration's top."""
    projects: frozenset[str] | None = None
    """To whose logs they may log; None: to all."""
    any_author: bool = True
    """They may log in any name."""
    hidden: frozenset[str] = frozenset()
    """Projects (`folded`) of which they know nothing."""
    announced: Announced | None = None
    """Where what they log is announced, beside what is announced anyway."""


@dataclass(frozen=True, slots=True)
class Call:
    """An entry that is asked for."""

    projects: Sequence[str]
    message: str
    author: str | None = None
    """In whose name; None: the script's own."""
    at: Typed | datetime | None = None
    """When it was done; None: now."""
    key: str | None = None
    """By what a repetition of the call is known; None: there is none."""
    there: tuple[str, ChannelRules] | None = None
    """The network, and what holds as if there it was said: in a channel, or, with an empty network, in none, but in the
    words of those who ask. None: in none."""
    begins: bool = False
    """It is the beginning of something, and the end is to be added to the entry."""
    process: str | None = None
    """As of `Begun`."""


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was used before, for something else: nothing was kept."""

    text = "Not logged: the key was used before, for another entry. Take a new key for each."


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """It is not for this script: nothing was kept."""

    text: str
    """Why, in sentences."""


class ScriptsJournal(Protocol):
    """What is asked of the journal here."""

    async def repeated(self, key: LineKey) -> Repeated | None: ...
    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]: ...


class Scripts:
    """Brings what scripts ask for to the desk."""

    def __init__(self, journal: ScriptsJournal, now: Callable[[], datetime]) -> None:
        """Rules come by `take_up`. `now` is the machine's clock (UTC)."""
        self._journal = journal
        self._now = now

    def take_up(
        self,
        desk: Desk,
        rules: ChannelRules,
        home: Callable[[str], Home],
        shapes: Sequence[SecretShape],
        quick: float,
        announced: Sequence[Announced] = (),
    ) -> None:
        """Let these rules hold from the next call on. What has one of these `shapes` is taken for a secret; an entry
        waits for its end for `quick` seconds; `announced` is what of all scripts is."""
        self._desk = desk
        self._rules = rules
        self._home = home
        self._shapes = shapes
        self._quick = timedelta(seconds=quick)
        self._announced = tuple(announced)

    async def log(self, script: Script, call: Call) -> Receipt | Refusal | KeyReused | NotTheirs:
        """Keep an entry, or say why not. A repeated call gets the receipt of the first."""
        key = _key(script, call.key, [call])
        now = self._now()
        submission = self._entry(script, call, key, now, now)
        if not isinstance(submission, Submission):
            return submission
        if call.begins:
            submission = replace(submission, begun=Begun(submission.arrived + self._quick, call.process))
        outcome = await self._desk.submit(submission)
        if isinstance(outcome, Silence) and key is not None:
            return await self._again(key)
        return _told(outcome)

    async def log_all(
        self, script: Script, calls: Sequence[Call], key: str | None = None
    ) -> tuple[Receipt, ...] | Refusal | KeyReused | NotTheirs:
        """Keep all of these entries, in their order, or none of them; the calls have no keys of their own."""
        first = _key(script, key, calls)
        now, submissions = self._now(), []
        for number, call in enumerate(calls):
            if number % IN_A_ROW == IN_A_ROW - 1:
                await asyncio.sleep(0)
            # what was said at one moment is ordered by the milliseconds of its id
            said = now - timedelta(milliseconds=len(calls) - 1 - number)
            made = self._entry(script, call, _of_list(first, number), now, said)
            if isinstance(made, Refusal):
                return replace(made, reason=f"entry {number + 1}: {made.reason}")
            if not isinstance(made, Submission):
                return made
            submissions.append(made)
        outcome = await self._desk.submit_all(submissions)
        if isinstance(outcome, Silence) and first is not None:
            return await self._all_again(first, len(calls))
        return outcome if isinstance(outcome, tuple) else _refusal(outcome)

    async def undo(self, script: Script, entry_id: str, reason: str = "") -> Receipt | Refusal | NotTheirs:
        """Take an entry back, whoever logged it."""
        if refused := await self.not_theirs(script, entry_id, "Not taken back"):
            return refused
        asked = Undo(entry_id, one_line(reason))
        if len(asked.reason.encode()) > LONGEST:
            return Refusal(
                f"the reason is too long, at most {LONGEST} bytes.", RefusalCause.LIMIT, outcome="Not taken back"
            )
        now = self._now()
        return _told(await self._desk.submit(self._submission(script, asked, reason, now, now)))

    async def amend(self, script: Script, entry_id: str, message: str) -> Receipt | Refusal | NotTheirs:
        """Put another message in the place of an entry's, whoever logged it."""
        if refused := await self.not_theirs(script, entry_id, "Not amended"):
            return refused
        asked = Amend(entry_id, one_line(message))
        if not visible(asked.message):
            return Refusal("the new text is missing.", RefusalCause.FORM, outcome="Not amended")
        if len(asked.message.encode()) > LONGEST:
            return Refusal(f"the text is too long, at most {LONGEST} bytes.", RefusalCause.LIMIT, outcome="Not amended")
        now = self._now()
        return _told(await self._desk.submit(self._submission(script, asked, message, now, now)))

    def _entry(
        self, script: Script, call: Call, key: LineKey | None, now: datetime, said: datetime
    ) -> Submission | Refusal | NotTheirs:
        asked = _asked(call)
        if isinstance(asked, Refusal):
            return asked
        if call.author not in (None, script.name) and not script.any_author:
            return NotTheirs(f"Not logged: you log as {script.name}, and in no other name.")
        submission = self._submission(script, asked, asked.message, now, said, call, key)
        if script.projects is not None and not {each.name for each in submission.known} <= self._allowed(script):
            return NotTheirs(f"Not logged: you may log to {_listed(script.projects)}, and to no other project.")
        return submission

    def _allowed(self, script: Script) -> set[str]:
        """The names of the projects to whose logs a script may log, as they are spelt."""
        found = map(self._rules.directory.find, script.projects or ())
        return {each.project.name for each in found if isinstance(each, Known)}

    async def not_theirs(self, script: Script, entry_id: str, outcome: str) -> NotTheirs | None:
        """Why they may not correct an entry, which is why nothing came of it; None: they may."""
        if script.projects is None and not script.hidden:
            return None
        found = await self._journal.kept([id_in(entry_id)])
        if all(self.may_correct(script, kept) for kept in found):
            return None
        logs = "yours" if script.projects is None else f"those of {_listed(script.projects)}"
        return NotTheirs(f"{outcome}: it is not yours, nor are all its logs {logs}.")

    def may_see(self, script: Script, kept: Kept) -> bool:
        """Whether an entry is theirs, or stands in one of their logs."""
        if kept.entry.account == script.account:
            return True
        return any(self._is_theirs(script, each.log.project) for each in kept.deliveries)

    def may_correct(self, script: Script, kept: Kept) -> bool:
        """Whether an entry is theirs, or stands in no logs but theirs."""
        if kept.entry.account == script.account:
            return True
        return all(self._is_theirs(script, each.log.project) for each in kept.deliveries)

    def _is_theirs(self, script: Script, project: str) -> bool:
        if script.projects is None:
            return folded(project) not in script.hidden
        return project in self._allowed(script)

    def _submission(
        self,
        script: Script,
        asked: Add | Undo | Amend,
        text: str,
        now: datetime,
        said: datetime,
        call: Call | None = None,
        key: LineKey | None = None,
    ) -> Submission:
        author = call.author if call else None
        network, rules = (call and call.there) or ("", self._rules)
        if script.hidden:
            rules = replace(rules, directory=VisibleDirectory(rules.directory, script.hidden))
        if script.limit is not None:
            rules = replace(rules, channel=replace(rules.channel, limit=script.limit))
        behind = None if author in (None, script.name) else author
        return Submission(
            Submitter(Sender(script.name, account=script.account, robot=True), None, behind, trusted=True),
            network,
            rules,
            asked,
            key,
            find_secret(_all_of(asked, text, author), self._shapes),
            now,
            said,
            via=script.via,
            homes=self._home if not network else None,
            announced=self._announced + ((script.announced,) if script.announced else ()),
        )

    async def _again(self, key: LineKey) -> Receipt | KeyReused:
        first = await self._journal.repeated(key)
        assert first is not None, "the journal has just said that it knows the key"
        (kept,) = await self._journal.kept([first.entry_id])
        return Receipt(kept.entry) if first.fingerprint == key.fingerprint else KeyReused()

    async def _all_again(self, first: LineKey, number: int) -> tuple[Receipt, ...] | KeyReused:
        found = await self._again(first)
        if isinstance(found, KeyReused):
            return found
        keys = [key for each in range(1, number) if (key := _of_list(first, each)) is not None]
        others = [await self._again(key) for key in keys]
        return (found, *(each for each in others if isinstance(each, Receipt)))


def _all_of(asked: Add | Undo | Amend, text: str, author: str | None) -> str:
    """Whatever of a call would stand somewhere: a secret may be in a name as well."""
    names = asked.projects if isinstance(asked, Add) else ()
    return "\n".join((text, author or "", *names))


def one_line(text: str) -> str:
    """Several lines become one, and what no page can hold is left out."""
    lines = (line.strip() for line in _NEVER.sub("", text).splitlines())
    return BETWEEN_LINES.join(filter(visible, lines))


def typed_time(words: str) -> Typed | str:
    """A time as somebody types it, or RFC 3339; else why it is none, with what to type."""
    found = read(words.split(), for_project=True)
    if isinstance(found, TimeRead) and found.words == len(words.split()):
        return found.typed
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        moment = None
    typed = None if moment is None or moment.tzinfo is None else _clock_of(moment)
    return UNREADABLE_TIME if typed is None else typed


UNREADABLE_TIME = (
    "I cannot read this time. Type 14:05, 14:05Z, -15m, -1h30m, 2026-11-21 14:05 or 2026-11-21T14:05:00+01:00."
)


def _clock_of(moment: datetime) -> WallClock | None:
    """A moment, as if somebody had typed it in UTC; None: there the calendar has ended."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return None
    day = utc.year, utc.month, utc.day
    return WallClock(utc.hour, utc.minute, utc.second, day, utc=True, microsecond=utc.microsecond)


def _asked(call: Call) -> Add | Refusal:
    message = one_line(call.message)
    projects = tuple({folded(name): name for name in map(str.strip, call.projects)}.values())
    if not projects or not all(map(visible, projects)):
        return _refused("the project is missing.")
    if len(projects) > MOST_LOGS:
        return _refused(f"one message goes to {MOST_LOGS} logs at most.")
    if not visible(message):
        return _refused("the message is missing.")
    if len(message.encode()) > LONGEST:
        return _refused(f"the message is too long: {len(message.encode())} bytes, at most {LONGEST}.")
    if call.key is not None and not 0 < len(call.key) <= LONGEST_KEY:
        return _refused(f"the key has {len(call.key)} characters, expected 1 to {LONGEST_KEY}.")
    if call.author is not None and not visible(call.author):
        return _refused("the author's name is empty.")
    if len(call.author or "") > LONGEST_AUTHOR:
        return _refused(
            f"the author's name is too long: {len(call.author or '')} characters, at most {LONGEST_AUTHOR}."
        )
    at = _clock_of(call.at) if isinstance(call.at, datetime) else call.at
    if at is None and call.at is not None:
        return _refused(UNREADABLE_TIME)
    return Add(projects, message, at)


def _refused(reason: str) -> Refusal:
    return Refusal(reason, RefusalCause.FORM, outcome="Not logged")


def _key(script: Script, key: str | None, calls: Sequence[Call]) -> LineKey | None:
    """By what one call, or several together, are known again."""
    if key is None:
        return None
    fingerprint = hashlib.sha256(json.dumps([_said(call) for call in calls]).encode()).hexdigest()
    # by a digest, for people make keys of words of the message, and that can be redacted
    return LineKey("", script.account, digest(key), fingerprint)


def _said(call: Call) -> tuple[list[str], str, str]:
    # not the time: a call whose answer was lost may be made again with the time at which it was made first
    return sorted(map(folded, call.projects)), call.message, call.author or ""


def _of_list(first: LineKey | None, number: int) -> LineKey | None:
    """The key of one in a list; that of the first is the list's own. A line break stands in no digest."""
    return first and (first if number == 0 else replace(first, msgid=f"{first.msgid}\n{number}"))


def _listed(projects: Iterable[str]) -> str:
    return ", ".join(sorted(projects))


def _told(outcome: object) -> Receipt | Refusal:
    return outcome if isinstance(outcome, Receipt) else _refusal(outcome)


def _refusal(outcome: object) -> Refusal:
    assert isinstance(outcome, Refusal), "without a key nothing is a repetition, and nothing asks a question"
    return outcome


_NEVER = re.compile("[\x00\ud800-\udfff]")
