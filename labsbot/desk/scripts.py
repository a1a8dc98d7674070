"""The way to the front desk for whatever is no line on IRC: a script's call comes in; a receipt or a refusal goes out.

Who asks has proven who they are to the way by which they came (a socket's credentials, a token), and that stands in the
place of all lists of people. Everything else holds for them as for people: projects, secrets, limits, the same words.
::

    labsbot log ─> door ─┐
    POST ─────────> web ─┼─> Call ─> Submission ─> desk ─> Receipt | Refusal | KeyReused
    a line port ─────────┘
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from labsbot.desk.answer import Receipt, Refusal, Silence
from labsbot.desk.command import MOST_LOGS, Add, Amend, Undo, visible
from labsbot.desk.desk import Desk
from labsbot.desk.secrets import find_secret
from labsbot.desk.submission import ChannelRules, Home, Submission, Submitter
from labsbot.model import Begun, Kept, LineKey, Repeated, Sender, Via
from labsbot.settings import Limit, SecretShape, folded
from labsbot.text.typed_time import TimeRead, Typed, WallClock, read

LONGEST = 65_536
"""Bytes of a message."""
LONGEST_KEY = 255
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
    begins: bool = False
    """It is the beginning of something, and the end is to be added to the entry."""
    process: str | None = None
    """As of `Begun`."""


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was used before, for something else: nothing was kept."""


class RepeatJournal(Protocol):
    """What is asked of the journal here."""

    async def repeated(self, key: LineKey) -> Repeated | None: ...
    async def entry(self, entry_id: str) -> Kept | None: ...


class Scripts:
    """Brings what scripts ask for to the desk."""

    def __init__(self, journal: RepeatJournal, now: Callable[[], datetime]) -> None:
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
    ) -> None:
        """Let these rules hold from the next call on. What has one of these `shapes` is taken for a secret; an entry
        waits for its end for `quick` seconds."""
        self._desk = desk
        self._rules = rules
        self._home = home
        self._shapes = shapes
        self._quick = timedelta(seconds=quick)

    async def log(self, script: Script, call: Call) -> Receipt | Refusal | KeyReused:
        """Keep an entry, or say why not. A repeated call gets the receipt of the first."""
        asked = _asked(call)
        if isinstance(asked, Refusal):
            return asked
        key = _key(script, call)
        submission = self._submission(script, asked, asked.message, call.author, key)
        if call.begins:
            submission = replace(submission, begun=Begun(submission.arrived + self._quick, call.process))
        outcome = await self._desk.submit(submission)
        if isinstance(outcome, Silence) and key is not None:
            return await self._again(key)
        return _told(outcome)

    async def undo(self, script: Script, entry_id: str, reason: str = "") -> Receipt | Refusal:
        """Take an entry back, whoever logged it."""
        asked = Undo(entry_id, one_line(reason))
        return _told(await self._desk.submit(self._submission(script, asked, reason)))

    async def amend(self, script: Script, entry_id: str, message: str) -> Receipt | Refusal:
        """Put another message in the place of an entry's, whoever logged it."""
        asked = Amend(entry_id, one_line(message))
        if not visible(asked.message):
            return Refusal("the new text is missing.", outcome="Not amended")
        return _told(await self._desk.submit(self._submission(script, asked, message)))

    def _submission(
        self,
        script: Script,
        asked: Add | Undo | Amend,
        text: str,
        author: str | None = None,
        key: LineKey | None = None,
    ) -> Submission:
        now, rules = self._now(), self._rules
        if script.limit is not None:
            rules = replace(rules, channel=replace(rules.channel, limit=script.limit))
        behind = None if author in (None, script.name) else author
        return Submission(
            Submitter(Sender(script.name, account=script.account, robot=True), None, behind, trusted=True),
            "",
            rules,
            asked,
            key,
            find_secret(text, self._shapes),
            now,
            now,
            via=script.via,
            homes=self._home,
        )

    async def _again(self, key: LineKey) -> Receipt | KeyReused:
        first = await self._journal.repeated(key)
        kept = await self._journal.entry(first.entry_id) if first is not None else None
        assert first is not None, "the journal has just said that it knows the key"
        assert kept is not None, "under a script's key only what made an entry is remembered"
        return Receipt(kept.entry) if first.fingerprint == key.fingerprint else KeyReused()


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
    if moment is None or moment.tzinfo is None:
        return (
            "I cannot read this time. Type 14:05, 14:05Z, -15m, -1h30m, 2026-11-21 14:05 or 2026-11-21T14:05:00+01:00."
        )
    return clock_of(moment)


def clock_of(moment: datetime) -> WallClock:
    """A moment, as if somebody had typed it in UTC."""
    utc = moment.astimezone(UTC)
    return WallClock(utc.hour, utc.minute, utc.second, (utc.year, utc.month, utc.day), utc=True)


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
    return Add(projects, message, clock_of(call.at) if isinstance(call.at, datetime) else call.at)


def _refused(reason: str) -> Refusal:
    return Refusal(reason, outcome="Not logged")


def _key(script: Script, call: Call) -> LineKey | None:
    if call.key is None:
        return None
    said = [*sorted(map(folded, call.projects)), call.message, call.author or "", repr(call.at)]
    fingerprint = hashlib.sha256("\0".join(said).encode()).hexdigest()
    return LineKey("", script.account, call.key, fingerprint)


def _told(outcome: object) -> Receipt | Refusal:
    assert isinstance(outcome, Receipt | Refusal), "without a key nothing is a repetition, and nothing asks a question"
    return outcome


_NEVER = re.compile("[\x00\ud800-\udfff]")
