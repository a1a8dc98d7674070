"""The front desk: one line from a channel in, an entry in the journal or a refusal out.

A command, the rules of its channel and a directory of projects go in, at most one line of reply comes out; it never
meets the wiki. That an entry was accepted is not said here: the announcer tells what became of it.
"""

from __future__ import annotations

import enum
import hashlib
import logging
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from labsbot.access import UNPROVEN, Denied, Gate, Membership, Unproven, judge, listed, same_name
from labsbot.command import Help, Log, Malformed, Relayed, Reserved, form, parse, relayed
from labsbot.flood import FirstOver, Flood, Pass, key_of
from labsbot.halves import Halves
from labsbot.leaks import found, masked
from labsbot.model import Entry, IdTaken, JournalFailure, LineKey, Privmsg, Sender, Told
from labsbot.people import member_name, written
from labsbot.projects import Found, Known, Retired, Unknown, Unsure
from labsbot.settings import Channel, Limit, Person, Project, Relay, RelayForm, SecretShape

log = logging.getLogger("labsbot.intake")

CLOCKS_AGREE = timedelta(minutes=2)
"""How far the server's clock may be from ours before ours is believed."""
PRIVATE = timedelta(minutes=1)
"""How long a sender of private messages gets no second answer: two programs must not talk for ever."""
LONGEST_ECHOED = 40
"""Characters of a name that nobody knows which are said back."""


class Journal(Protocol):
    """What the front desk asks of the journal."""

    async def accept(
        self, key: LineKey, accepted: Entry, log_day: date, clock: str, told: Told, now: datetime
    ) -> bool: ...
    async def remember(self, key: LineKey, now: datetime) -> bool: ...


class Directory(Protocol):
    """Which projects there are, now."""

    def find(self, name: str) -> Found: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What holds for the lines of one channel."""

    channel: Channel
    directory: Directory
    relays: tuple[Relay, ...] = ()


class About(enum.Enum):
    """What an answer means for the line that it answers."""

    REFUSED = "it is not logged"
    UNPROVEN = "it is not logged, because a repeated line proves too little: of such answers one does for all"
    NOTE = "something is to be said, whether it is logged or not"


@dataclass(frozen=True, slots=True)
class Reply:
    """One line to say."""

    network: str
    target: str
    """A channel, or a nick."""
    text: str
    about: About = About.NOTE


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a line is answered with, before it is addressed."""

    text: str
    about: About = About.NOTE
    private: bool = False


_Command = Log | Help | Malformed | Reserved


class Intake:
    """Accepts or refuses the lines of all channels that it was told of."""

    def __init__(
        self,
        journal: Journal,
        desks: Mapping[tuple[str, str], Desk],
        wiki: str,
        person: Callable[[Sender], Person | None] = lambda sender: None,
        shapes: Sequence[SecretShape] = (),
        operator: str = "an operator",
    ) -> None:
        """`desks` by network and channel, as configured; `wiki` is its name for people; `person` knows what else a
        sender is called; what has one of these `shapes` is taken for a secret; `operator` is who can help."""
        self._journal = journal
        self._desks = desks
        self._wiki = wiki
        self._person = person
        self._shapes = shapes
        self._operator = operator
        self._flood = Flood()
        self._halves = Halves()
        self._answered: dict[tuple[str, str], datetime] = {}

    async def hear(self, line: Privmsg) -> Reply | None:
        """Deal with one line. Returns what to say, if anything; never raises for what the line holds.

        Raises whatever only a fault of ours explains; a journal that fails is told to the sender.
        """
        if line.channel is None:
            return self._answer_in_private(line)
        desk = self._desks[line.network, line.channel]
        passed_on = _passed_on(line, desk.relays)
        command = parse(passed_on.text if passed_on else line.text, bound=desk.channel.project is not None)
        try:
            ignored = listed(desk.channel.ignore, line.sender, line.replayed)
            if ignored:
                # known again when it is repeated without saying who was logged in
                answer = await self._once(line, None) if command else None
            elif (command is not None and ignored is None) or _may_be_passed_on(line, desk):
                answer = await self._once(line, _refused(UNPROVEN, About.UNPROVEN))
            elif command is not None:
                answer = await self._deal(line, desk, passed_on, command)
            else:
                answer = _answer(self._halves.talk(line))
        except JournalFailure as failure:
            log.error("refused a line of %s in %s: %s", line.sender.nick, line.channel, failure)
            answer = _refused(f"the journal cannot be written. Tell {self._operator}, then say it again.")
        return self._reply(line, passed_on, answer)

    def _reply(self, line: Privmsg, passed_on: Relayed | None, answer: _Answer | None) -> Reply | None:
        if answer is None or line.sender.robot:
            return None
        if answer.private and passed_on is None:
            return Reply(line.network, line.sender.nick, answer.text, answer.about)
        return Reply(line.network, line.channel or "", f"{_speaker(line, passed_on)}: {answer.text}", answer.about)

    async def _deal(self, line: Privmsg, desk: Desk, passed_on: Relayed | None, command: _Command) -> _Answer | None:
        shape = found(line.text, self._shapes)
        if shape is not None:
            log.warning("refused a line of %s in %s: it seems to hold %s", line.sender.nick, line.channel, shape.name)
            return await self._once(line, _Answer(_secret(line.channel, shape), About.REFUSED, private=True))
        if not line.replayed:
            behind = passed_on.name if passed_on else ""
            key = key_of(line.network, desk.channel.name, line.sender, behind)
            match self._flood.take(key, desk.channel.limit, line.arrived):
                case FirstOver(until):
                    return await self._once(line, _flooded(desk.channel.limit, until - line.arrived))
                case Pass():
                    pass
                case _:
                    return await self._once(line, None)
        match command:
            case Log():
                return await self._log(line, desk, passed_on, command)
            case Help() if line.replayed:
                return await self._once(line, None)  # nobody waits for it any more
            case Help():
                return await self._once(line, _Answer(self._help(desk.channel)))
        return await self._once(line, _refused(command.explanation))

    async def _once(self, line: Privmsg, answer: _Answer | None) -> _Answer | None:
        """The answer to a line that makes no entry, unless it was handled before."""
        if found(line.text, self._shapes) is not None:
            # whatever is answered, a secret is left out of what its line is known by
            line = replace(line, text=masked(line.text, self._shapes))
        if not await self._journal.remember(_key(line), line.arrived) or answer is None:
            return None
        log.info("answered %s in %s: %s", line.sender.nick, line.channel, answer.text)
        return answer

    # --- entries

    async def _log(self, line: Privmsg, desk: Desk, passed_on: Relayed | None, command: Log) -> _Answer | None:
        known = desk.directory.find(desk.channel.project or command.project or "")
        if not isinstance(known, Known):
            return await self._once(line, _no_project(known))
        person = self._person(line.sender)
        refusal = _not_allowed(line, desk.channel, known.project, person)
        if refusal is not None:
            return await self._once(line, refusal)
        author, user = written(line.sender, desk.channel.page.author, person)
        if passed_on:
            author, user = passed_on.name, None
        entry = Entry(
            "",
            line.network,
            desk.channel.name,
            _speaker(line, passed_on),
            line.sender.account,
            author,
            known.project.name,
            command.message,
            time_said(line),
            user,
            line.sender.nick if passed_on else None,
        )
        new = await self._accept(line, desk.channel, entry)
        return _answer(self._halves.logged(line, command.message) if new else None)

    async def _accept(self, line: Privmsg, channel: Channel, entry: Entry) -> bool:
        """Keep the entry under an id of its own. False: the line was handled before."""
        local = entry.said.astimezone(channel.page.time_zone)
        told = Told.NEVER if line.sender.robot else Told.NOTHING
        to_the_millisecond = not line.replayed or entry.said.microsecond != 0
        while True:
            kept = replace(entry, id=entry_id(entry.said, to_the_millisecond))
            try:
                new = await self._journal.accept(
                    _key(line), kept, local.date(), local.strftime("%H:%M"), told, line.arrived
                )
            except IdTaken:
                continue
            log.info("accepted %s" if new else "heard again, as %s would be", kept.id)
            return new

    # --- other answers

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


def _passed_on(line: Privmsg, relays: Sequence[Relay]) -> Relayed | None:
    """What a relay says in somebody's name. It is known by its account alone; a nick proves nothing."""
    account = same_name(line.sender.account or "")
    relay = next((relay for relay in relays if same_name(relay.account) == account), None)
    return relayed(line.text, relay.form) if relay else None


def _speaker(line: Privmsg, passed_on: Relayed | None) -> str:
    """Who is answered."""
    return passed_on.name if passed_on else line.sender.nick


def _may_be_passed_on(line: Privmsg, desk: Desk) -> bool:
    """A repeated line that does not say whether a relay has said it, as it looks.

    A script's line is an entry in its own name, too, where no project needs to be named: there it is taken as that.
    """
    if not line.replayed or line.sender.account is not None:
        return False
    forms = {relay.form for relay in desk.relays} - ({RelayForm.DEPLOY} if desk.channel.project else set())
    return any(relayed(line.text, form) for form in forms)


def _not_allowed(line: Privmsg, channel: Channel, project: Project, person: Person | None) -> _Answer | None:
    """The first of the two gates that is closed: the channel's, then the project's."""
    membership = Membership(project.name, project.members, member_name(line.sender, person))
    for gate, access in ((Gate.CHANNEL, channel.access), (Gate.PROJECT, project.access)):
        match judge(access, line.sender, line.replayed, membership, gate):
            case Denied(reason):
                return _refused(reason)
            case Unproven(reason):
                return _refused(reason, About.UNPROVEN)
    return None


def time_said(line: Privmsg) -> datetime:
    """When a line was said (UTC): by the server's clock, unless that is far from ours (IRCv3 server-time).

    A line that is repeated may have been said any time before.
    """
    if line.server_time is None:
        return line.arrived
    ahead = line.server_time - line.arrived
    believed = ahead <= CLOCKS_AGREE and (line.replayed or -ahead <= CLOCKS_AGREE)
    return line.server_time if believed else line.arrived


def entry_id(
    said: datetime, to_the_millisecond: bool = True, token: Callable[[], str] = lambda: secrets.token_hex(2)
) -> str:
    """A new id for an entry said at `said` (UTC), by which entries of one second are kept in order."""
    part = f"{said.microsecond // 1000:03x}" if to_the_millisecond else ""
    return f"sal-{said:%Y%m%d%H%M%S}-{part}{token()}"


def _key(line: Privmsg) -> LineKey:
    assert line.channel is not None
    # the server's clock, right or wrong: that is what a copy of the line will carry
    second = f"{line.server_time or line.arrived:%Y-%m-%dT%H:%M:%S}"
    fingerprint = hashlib.sha256("\0".join((line.sender.nick.casefold(), second, line.text)).encode()).hexdigest()
    return LineKey(line.network, line.channel, line.msgid, fingerprint)


# --- words ------------------------------------------------------------------------------------------------------------


def _answer(text: str | None) -> _Answer | None:
    return None if text is None else _Answer(text)


def _refused(reason: str, about: About = About.REFUSED) -> _Answer:
    return _Answer(f"Not logged: {reason}", about)


def _no_project(found: Retired | Unknown | Unsure) -> _Answer:
    if isinstance(found, Retired):
        return _refused(f"{found.name} is retired: {found.hint}")
    name = found.name if len(found.name) <= LONGEST_ECHOED else f"{found.name[:LONGEST_ECHOED]}…"
    if isinstance(found, Unsure):
        return _refused(f"I cannot tell yet whether there is a project “{name}”: {found.cause}. Say it again later.")
    if found.nearest:
        return _refused(f"there is no project “{name}”. Did you mean {' or '.join(found.nearest)}?")
    return _refused(f"there is no project “{name}”. Type {form(bound=False)}")


def _flooded(limit: Limit, wait: timedelta) -> _Answer:
    lines = "1 line" if limit.lines == 1 else f"{limit.lines} lines"
    return _refused(
        f"more than {lines} in {_exactly(limit.seconds)} are too many here. Go on in"
        f" {_at_most(wait.total_seconds())}; until then I take nothing from you here, and do not say so again."
    )


_UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def _exactly(seconds: float) -> str:
    size, unit = next((each for each in _UNITS if seconds % each[0] == 0), _UNITS[-1])
    return f"{seconds / size:g} {unit}"


def _at_most(seconds: float) -> str:
    """Rounded up: who came a little early would be refused."""
    size, unit = next((each for each in _UNITS if seconds > 2 * each[0]), _UNITS[-1])
    return f"{math.ceil(seconds / size)} {unit}"


def _secret(channel: str | None, shape: SecretShape) -> str:
    return (
        f"Not logged: what you said in {channel} seems to hold {shape.name}. I keep nothing of it, but others have"
        " read it there: change it. Without it, say it again."
    )
