"""The front desk: one line from a channel in, an entry in the journal or a refusal out.

A command and a directory of projects go in, at most one line of reply comes out; it never meets the wiki. That an entry
was accepted is not said here: the announcer tells what became of it.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from labsbot.command import Help, Log, Malformed, Reserved, form, parse
from labsbot.model import Entry, IdTaken, JournalFailure, LineKey, Privmsg, Told
from labsbot.projects import Directory, Known, Retired, Unknown
from labsbot.settings import Channel

log = logging.getLogger("labsbot.intake")

CLOCKS_AGREE = timedelta(minutes=2)
"""How far the server's clock may be from ours before ours is believed."""
PRIVATE = timedelta(minutes=1)
"""How long a sender of private messages gets no second answer: two programs must not talk for ever."""


class Journal(Protocol):
    """What the front desk asks of the journal."""

    async def accept(
        self, key: LineKey, accepted: Entry, log_day: date, clock: str, told: Told, now: datetime
    ) -> bool: ...
    async def remember(self, key: LineKey, now: datetime) -> bool: ...


LONGEST_ECHOED = 40
"""Characters of a name that nobody knows which are said back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One line to say."""

    network: str
    target: str
    """A channel, or a nick."""
    text: str


class Intake:
    """Accepts or refuses the lines of all channels that it was told of."""

    def __init__(
        self,
        journal: Journal,
        directory: Directory,
        channels: Mapping[tuple[str, str], Channel],
        wiki: str,
    ) -> None:
        """`channels` by network and channel, as configured; `wiki` is its name for people."""
        self._journal = journal
        self._directory = directory
        self._channels = channels
        self._wiki = wiki
        self._answered: dict[tuple[str, str], datetime] = {}

    async def hear(self, line: Privmsg) -> Reply | None:
        """Deal with one line. Returns what to say, if anything; never raises for what the line holds.

        Raises whatever only a fault of ours explains; a journal that fails is told to the sender.
        """
        if line.channel is None:
            return self._answer_in_private(line)
        channel = self._channels[line.network, line.channel]
        command = parse(line.text, bound=channel.project is not None)
        if command is None:
            return None
        try:
            said = await self._deal(line, channel, command)
        except JournalFailure as failure:
            log.error("refused a line of %s in %s: %s", line.sender.nick, line.channel, failure)
            said = "Not logged: the journal cannot be written. Tell an operator, then say it again."
        if said is None or line.sender.robot:
            return None
        return Reply(line.network, line.channel, f"{line.sender.nick}: {said}")

    async def _deal(self, line: Privmsg, channel: Channel, command: Log | Help | Malformed | Reserved) -> str | None:
        answer: str | None
        match command:
            case Log(project, message):
                found = self._directory.find(channel.project or project or "")
                if isinstance(found, Known):
                    await self._accept(line, channel, found.name, message)
                    return None
                answer = _no_project(found)
            case Help() if line.replayed:
                answer = None  # nobody waits for it any more
            case Help():
                answer = self._help(channel)
            case Malformed() | Reserved():
                answer = f"Not logged: {command.explanation}"
        if not await self._journal.remember(_key(line), line.arrived) or answer is None:
            return None
        log.info("answered %s in %s: %s", line.sender.nick, line.channel, answer)
        return answer

    async def _accept(self, line: Privmsg, channel: Channel, project: str, message: str) -> None:
        said = time_said(line)
        local = said.astimezone(channel.page.time_zone)
        told = Told.NEVER if line.sender.robot else Told.NOTHING
        while True:
            entry = Entry(
                entry_id(said),
                line.network,
                channel.name,
                line.sender.nick,
                line.sender.account,
                line.sender.nick,
                project,
                message,
                said,
            )
            try:
                new = await self._journal.accept(
                    _key(line), entry, local.date(), local.strftime("%H:%M"), told, line.arrived
                )
            except IdTaken:
                continue
            log.info("accepted %s" if new else "heard again, as %s would be", entry.id)
            return

    def _help(self, channel: Channel) -> str:
        title = channel.page.title_for(channel.project or "<project>")
        return f"{form(channel.project is not None)}. It is written to “{title}” on {self._wiki}."

    def _answer_in_private(self, line: Privmsg) -> Reply | None:
        since = line.arrived - PRIVATE
        self._answered = {sender: at for sender, at in self._answered.items() if at > since}
        sender = (line.network, line.sender.nick.casefold())
        if line.sender.robot or sender in self._answered:
            return None
        self._answered[sender] = line.arrived
        return Reply(line.network, line.sender.nick, f"Say it in the channel: {form(bound=False)}")


def time_said(line: Privmsg) -> datetime:
    """When a line was said (UTC): by the server's clock, unless that is far from ours (IRCv3 server-time).

    A line that is repeated may have been said any time before.
    """
    if line.server_time is None:
        return line.arrived
    ahead = line.server_time - line.arrived
    believed = ahead <= CLOCKS_AGREE and (line.replayed or -ahead <= CLOCKS_AGREE)
    return line.server_time if believed else line.arrived


def entry_id(said: datetime, token: Callable[[], str] = lambda: secrets.token_hex(2)) -> str:
    """A new id for an entry said at `said` (UTC)."""
    return f"sal-{said:%Y%m%d%H%M%S}-{token()}"


def _key(line: Privmsg) -> LineKey:
    assert line.channel is not None
    # the server's clock, right or wrong: that is what a copy of the line will carry
    second = f"{line.server_time or line.arrived:%Y-%m-%dT%H:%M:%S}"
    fingerprint = hashlib.sha256("\0".join((line.sender.nick.casefold(), second, line.text)).encode()).hexdigest()
    return LineKey(line.network, line.channel, line.msgid, fingerprint)


def _no_project(found: Retired | Unknown) -> str:
    if isinstance(found, Retired):
        return f"Not logged: {found.name} is retired: {found.hint}"
    name = found.name if len(found.name) <= LONGEST_ECHOED else f"{found.name[:LONGEST_ECHOED]}…"
    if found.nearest:
        return f"Not logged: there is no project “{name}”. Did you mean {' or '.join(found.nearest)}?"
    return f"Not logged: there is no project “{name}”. Type {form(bound=False)}"
