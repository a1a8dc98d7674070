"""The front desk: one line from a channel in, an entry in the journal or a refusal out.

A command, the rules of its channel and a directory of projects go in, at most one line of reply comes out; it never
meets the wiki. That an entry was accepted is not said here: the announcer tells what became of it.
"""

from __future__ import annotations

import enum
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from labsbot.desk import replies
from labsbot.desk.access import UNPROVEN, Denied, Gate, Membership, Unproven, judge, listed
from labsbot.desk.command import (
    Add,
    Amend,
    Ask,
    Command,
    Last,
    Undo,
    Where,
    asks_for_help,
    explain,
    form,
    parse,
)
from labsbot.desk.copies import Copies
from labsbot.desk.flood import FirstOver, Flood, Key, Over, key_of
from labsbot.desk.relays import Relayed, Unread, relayed
from labsbot.desk.secrets import found, masked
from labsbot.desk.truncated import Truncated
from labsbot.model import CLOCKS_AGREE, Entry, IdTaken, JournalFailure, LineKey, Privmsg, Sender, Told
from labsbot.people.persons import member_name, written
from labsbot.projects import Known, Lookup
from labsbot.settings import Channel, PageSettings, Person, Project, Relay, RelayForm, SecretShape
from labsbot.text.irc_names import fold_account
from labsbot.text.names import as_speaker

log = logging.getLogger("labsbot.desk.desk")

PRIVATE = timedelta(minutes=1)
"""How long a sender of private messages gets no second answer: two programs must not talk for ever."""
MOST_PRIVATE = 1000
"""Senders who are answered in private within that time; more are a crowd that somebody sent, and get none."""
HOUR = 3600.0
"""Seconds within which the bytes that somebody's entries take on a page are counted."""
LONGEST_EXAMPLE = 24
"""Characters of a project that serves as an example, if there is such a one."""
EXAMPLE = "tools"
"""The project of the example where any name will do."""


class DeskJournal(Protocol):
    """What the front desk asks of the journal."""

    async def accept(
        self, key: LineKey, accepted: Entry, log_day: date, clock: str, told: Told, now: datetime
    ) -> bool: ...
    async def remember(self, key: LineKey, now: datetime) -> bool: ...


class ProjectDirectory(Protocol):
    """Which projects there are, now."""

    @property
    def in_use(self) -> tuple[str, ...]: ...
    @property
    def open_ended(self) -> bool: ...
    def find(self, name: str) -> Lookup: ...
    def names(self, word: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What holds for the lines of one channel."""

    channel: Channel
    directory: ProjectDirectory
    relays: tuple[Relay, ...] = ()
    nick: str = ""
    """What the bot is called here; empty: it does not listen to that."""

    @property
    def bound(self) -> bool:
        return self.channel.project is not None

    @property
    def title(self) -> str:
        """Of the page, or of the pages, to which is written."""
        return self.channel.page.title_for(self.channel.project or "<project>")

    @property
    def example(self) -> str | None:
        """A project that exists, to be named where it is said what to type; None: none is known."""
        if in_use := self.directory.in_use:
            return next((name for name in in_use if len(name) <= LONGEST_EXAMPLE), in_use[0])
        return EXAMPLE if isinstance(self.directory.find(EXAMPLE), Known) else None


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
    speaker: str = ""
    """Who is addressed in the text; empty: the target."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a line is answered with, before it is addressed."""

    text: str
    about: About = About.NOTE
    private: bool = False


_Command = Command | Unread


@dataclass(frozen=True, slots=True)
class _Said:
    """A line that is said to the bot."""

    line: Privmsg
    desk: ChannelRules
    command: _Command | None
    """None: a repeated line that may be somebody's for whom a relay spoke."""
    key: LineKey
    behind: str | None
    """The name that a relay gives; None: the sender speaks."""

    @property
    def speaker(self) -> str:
        """Who is answered."""
        return self.line.sender.nick if self.behind is None else self.behind


class Desk:
    """Accepts or refuses the lines of all channels that it was told of."""

    def __init__(
        self,
        journal: DeskJournal,
        desks: Mapping[tuple[str, str], ChannelRules],
        wiki: str,
        person: Callable[[Sender], Person | None] = lambda sender: None,
        shapes: Sequence[SecretShape] = (),
        size: Callable[[PageSettings, Entry], int] = lambda page, entry: len(entry.message.encode("utf-8", "replace")),
        operator: str = "an operator",
    ) -> None:
        """`desks` by network and channel, as configured; `wiki` is its name for people; `person` knows what else a
        sender is called; what has one of these `shapes` is taken for a secret; `size` tells the bytes that an entry
        takes on its page; `operator` is who can help."""
        self._journal = journal
        self._desks = desks
        self._wiki = wiki
        self._person = person
        self._shapes = shapes
        self._size = size
        self._operator = operator
        self._lines = Flood()
        self._bytes = Flood()
        self._copies = Copies()
        self._halves = Truncated()
        self._answered: dict[Key, datetime] = {}
        """Who was answered in private, and when; the oldest first."""

    async def hear(self, line: Privmsg) -> Reply | None:
        """Deal with one line. Returns what to say, if anything; never raises for what the line holds.

        Raises whatever only a fault of ours explains; a journal that fails is told to the sender.
        """
        if line.channel is None:
            return self._answer_in_private(line)
        desk = self._desks[line.network, line.channel]
        read = _passed_on(line, desk)
        behind, text = (read.name, read.text) if isinstance(read, Relayed) else (None, line.text)
        command = read if isinstance(read, Unread) else _command(text, desk)
        if command is None and not _may_be_passed_on(line, desk):
            return self._reply(line, behind, _note(self._halves.talk(line, text, behind)))
        # whatever is answered, a secret is left out of what its line is known by
        secret = found(line.text, self._shapes)
        known_by = line if secret is None else replace(line, text=masked(line.text, self._shapes))
        said = _Said(line, desk, command, self._copies.key(known_by), behind)
        try:
            answer = await self._answer(said, secret)
        except JournalFailure as failure:
            log.error("refused a line of %s in %s: %s", line.sender.nick, line.channel, failure)
            answer = _refused(f"the journal cannot be written. Tell {self._operator}, then say it again.")
        return self._reply(line, behind, answer)

    def _reply(self, line: Privmsg, behind: str | None, answer: _Answer | None) -> Reply | None:
        if answer is None or line.sender.robot:
            return None
        if answer.private and behind is None:
            return Reply(line.network, line.sender.nick, answer.text, answer.about)
        speaker = line.sender.nick if behind is None else behind
        return Reply(line.network, line.channel or "", f"{speaker}: {answer.text}", answer.about, speaker)

    async def _answer(self, said: _Said, secret: SecretShape | None) -> _Answer | None:
        line, channel = said.line, said.desk.channel
        ignored = listed(channel.ignore, line.sender, line.replayed)
        if ignored:
            # known again when it is repeated without saying who was logged in
            return await self._once(said, None) if said.command else None
        if said.command is None or ignored is None or _may_be_passed_on(line, said.desk):
            return await self._once(said, _refused(UNPROVEN, About.UNPROVEN))
        if secret is not None:
            log.warning("refused a line of %s in %s: it seems to hold %s", line.sender.nick, line.channel, secret.name)
            words = replies.secret(channel.name, secret)
            return await self._once(said, replace(_refused(words), private=True))
        if (flood := self._flooded(said)) is not None:
            return await self._once(said, flood)
        match said.command:
            case Add():
                return await self._log(said, said.command)
            case Ask() | Last() | Where() if line.replayed:
                return await self._once(said, None)  # nobody waits for it any more
            case Ask() | Undo() | Amend() | Last() | Where():
                return await self._once(said, self._asked(said.desk, said.command))
            case Unread():
                return await self._once(said, _refused(replies.cannot_read(self._operator)))
        words = explain(said.command, said.desk.bound, said.desk.example, channel.words)
        return await self._once(said, _Answer(words, About.REFUSED))

    async def _once(self, said: _Said, answer: _Answer | None) -> _Answer | None:
        """The answer to a line that makes no entry, unless it was handled before."""
        if not await self._journal.remember(said.key, said.line.arrived) or answer is None or not answer.text:
            return None
        log.info("answered %s in %s: %s", said.line.sender.nick, said.line.channel, answer.text)
        return answer

    # --- too much

    def _flooded(self, said: _Said) -> _Answer | None:
        """What somebody who says too many lines hears, one in each flood; None: it is not too many."""
        line, limit = said.line, said.desk.channel.limit
        if line.replayed:
            return None
        for counted in _counted(said):
            most = limit.relay_lines if counted.relay else limit.lines
            match self._lines.take(
                counted.key, most, limit.seconds, line.arrived, who=counted.who, kept=counted.kept(most)
            ):
                case FirstOver() as over:
                    whose = counted.whose(over.shared)
                    return _refused(replies.flooded(over, limit.seconds, whose, over.until - line.arrived))
                case Over():
                    return _SILENCE
        return None

    def _too_large(self, said: _Said, entry: Entry) -> _Answer | None:
        """The same for the bytes that somebody's entries take on the page."""
        line, limit = said.line, said.desk.channel.limit
        if line.replayed:
            return None
        much = self._size(said.desk.channel.page, entry)
        if much > limit.bytes:
            return _refused(replies.too_large(much, limit.bytes))
        for counted in _counted(said):
            most = limit.relay_bytes if counted.relay else limit.bytes
            match self._bytes.take(counted.key, most, HOUR, line.arrived, much, counted.who, counted.kept(most)):
                case FirstOver() as over:
                    whose = counted.whose(over.shared)
                    return _refused(replies.too_many_bytes(over, whose, over.until - line.arrived))
                case Over():
                    return _SILENCE
        return None

    # --- entries

    async def _log(self, said: _Said, command: Add) -> _Answer | None:
        line, desk = said.line, said.desk
        if command.late is not None or len(command.projects) > 1:
            return await self._once(said, _refused("I cannot take late entries, nor one for several logs, yet."))
        known = desk.directory.find(desk.channel.project or command.projects[0])
        if not isinstance(known, Known):
            return await self._once(said, _refused(replies.no_project(known, desk.example)))
        person = self._person(line.sender)
        refusal = _not_allowed(line, desk.channel, known.project, person)
        if refusal is not None:
            return await self._once(said, refusal)
        author, user = written(line.sender, desk.channel.page.author, person)
        if said.behind is not None:
            author, user = said.behind, None
        entry = Entry(
            "",
            line.network,
            desk.channel.name,
            said.speaker,
            line.sender.account,
            as_speaker(author) or UNNAMED,
            known.project.name,
            command.message,
            time_said(line),
            user,
            line.sender.nick if said.behind is not None else None,
        )
        if (too_large := self._too_large(said, entry)) is not None:
            return await self._once(said, too_large)
        new = await self._accept(said, entry)
        return _note(self._halves.logged(line, command.message, said.behind) if new else None)

    async def _accept(self, said: _Said, entry: Entry) -> bool:
        """Keep the entry under an id of its own. False: the line was handled before."""
        line = said.line
        local = entry.said.astimezone(said.desk.channel.page.time_zone)
        told = Told.NEVER if line.sender.robot else Told.NOTHING
        to_the_millisecond = not line.replayed or entry.said.microsecond != 0
        while True:
            kept = replace(entry, id=entry_id(entry.said, to_the_millisecond))
            try:
                new = await self._journal.accept(
                    said.key, kept, local.date(), local.strftime("%H:%M"), told, line.arrived
                )
            except IdTaken:
                continue
            log.info("accepted %s" if new else "heard again, as %s would be", kept.id)
            return new

    # --- other answers

    def _asked(self, desk: ChannelRules, ask: Ask | Undo | Amend | Last | Where) -> _Answer:
        project, directory = desk.channel.project, desk.directory
        match ask:
            case Ask.HELP:
                return _Answer(replies.help_with(project, desk.title, self._wiki, desk.example))
            case Ask.PROJECTS:
                in_use, more = directory.in_use, directory.open_ended
                return _Answer(replies.projects(project, in_use, more, desk.title, self._wiki))
            case Last() | Where():
                return _refused(replies.last(desk.title, self._wiki))
            case Ask.CHANGE | Undo() | Amend():
                return _refused(replies.change(desk.title, self._wiki))

    def _answer_in_private(self, line: Privmsg) -> Reply | None:
        while self._answered:
            oldest = next(iter(self._answered))
            if timedelta(0) <= line.arrived - self._answered[oldest] < PRIVATE:
                break
            del self._answered[oldest]
        # each is answered for themselves, whatever others on the same host say
        sender = key_of(line.network, "", line.sender, _person(line.sender))
        if line.sender.robot or sender in self._answered or len(self._answered) >= MOST_PRIVATE:
            return None
        self._answered[sender] = line.arrived
        bound = all(desk.bound for (network, _), desk in self._desks.items() if network == line.network)
        return Reply(line.network, line.sender.nick, f"Say it in the channel: {form(bound)}")


UNNAMED = "?"
"""Who stands there whose name is nothing but signs that cannot stand in one."""


def _passed_on(line: Privmsg, desk: ChannelRules) -> Relayed | Unread | None:
    """What a relay says in somebody's name. It is known by its account alone; a nick proves nothing."""
    account = fold_account(line.sender.account or "")
    relay = next((relay for relay in desk.relays if fold_account(relay.account) == account), None)
    return relayed(line.text, relay.form, desk.channel.words) if relay else None


def _command(text: str, desk: ChannelRules) -> _Command | None:
    command = parse(text, desk.bound, desk.channel.words, desk.directory.names)
    if command is None and asks_for_help(text, desk.nick, desk.channel.words):
        return Ask.HELP
    return command


def _may_be_passed_on(line: Privmsg, desk: ChannelRules) -> bool:
    """A repeated line that does not say whether a relay has said it, as it looks.

    A script's line is an entry in its own name, too, where no project needs to be named: there it is taken as that.
    """
    if not line.replayed or line.sender.account is not None:
        return False
    forms = {relay.form for relay in desk.relays} - ({RelayForm.DEPLOY} if desk.bound else set())
    words = desk.channel.words
    read = (relayed(line.text, form, words) for form in forms)
    return any(isinstance(each, Relayed) and parse(each.text, desk.bound, words) is not None for each in read)


def _person(sender: Sender) -> str:
    """Which one of those that have an account, or a host, in common: an account is one person, whatever its nick."""
    return "" if sender.account is not None else sender.folded or sender.nick


@dataclass(frozen=True, slots=True)
class _Counted:
    """As whose a line is counted."""

    key: Key
    who: str
    """The one of those counted as this who said it."""
    relay: str | None = None
    """Its nick, where this is all those for whom a relay speaks."""

    def kept(self, most: int) -> int:
        """So much of a limit is there for those behind a relay who have said nothing yet, whatever others do there."""
        return most // 4 if self.relay else 0

    def whose(self, shared: bool) -> replies.Whose:
        if self.relay:
            return replies.Whose.of_relay(self.relay)
        return replies.HOSTS if shared else replies.YOURS


def _counted(said: _Said) -> Iterator[_Counted]:
    """As whose a line is counted: as of who says it, and, if a relay does, as of all those for whom it speaks."""
    network, channel, sender = said.line.network, said.desk.channel.name, said.line.sender
    name = said.behind or ""
    yield _Counted(key_of(network, channel, sender, name), name or _person(sender))
    if said.behind is not None:
        yield _Counted((network, channel, f"relay {sender.account}"), name, sender.nick)


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


def _note(text: str | None) -> _Answer | None:
    return None if text is None else _Answer(text)


def _refused(reason: str, about: About = About.REFUSED) -> _Answer:
    return _Answer(f"Not logged: {reason}", about)


_SILENCE = _Answer("")
"""The sender knows already."""
