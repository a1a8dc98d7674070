"""What somebody asks of the front desk, by whatever way it came. Pure.

An adapter makes it (of a line on IRC: `irc_lines`), the gates look at it, and the desk keeps or refuses it::

    a line ─> irc_lines ─┐
                         ├─> Submission ─> gates ─> desk ─> Receipt | Refusal | Answer | Silence
    a script ─> … ───────┘
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from labsbot.desk.command import Add, Command, Last, Where
from labsbot.desk.late import resolve
from labsbot.desk.relays import Unread
from labsbot.model import Begun, LineKey, Sender, Via, place_of
from labsbot.projects import Known, Lookup
from labsbot.settings import Announced, Channel, PageSettings, Person, Project, Relay, SecretShape

LONGEST_EXAMPLE = 24
"""Characters of a project that serves as an example, if there is such a one."""
EXAMPLE = "tools"
"""The project of the example where any name will do."""


class ProjectDirectory(Protocol):
    """Which projects there are, now."""

    @property
    def in_use(self) -> tuple[str, ...]: ...
    @property
    def open_ended(self) -> bool: ...
    def find(self, name: str) -> Lookup: ...
    def names(self, word: str) -> bool: ...
    @property
    def state(self) -> Hashable:
        """What is the same as long as nothing is answered otherwise."""


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What holds for what is said in one channel."""

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


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who asks."""

    sender: Sender
    """Who sent it, with what proves that."""
    person: Person | None = None
    """What else the sender is called."""
    behind: str | None = None
    """The name that a relay gives, as it can be shown; None: the sender speaks."""
    raw: str | None = None
    """That name as the relay gives it."""
    trusted: bool = False
    """The way by which they came has proven already that they may: no list of people is asked."""

    @property
    def mark(self) -> str:
        """By what they are told from others where there is no account: the hostmask, or the name behind a relay."""
        return self.sender.hostmask if self.behind is None else self.raw or self.behind

    @property
    def name(self) -> str:
        """Who is answered."""
        return self.sender.nick if self.behind is None else self.behind


@dataclass(frozen=True, slots=True)
class Home:
    """Where the log of a project is."""

    place: str
    """As of `Log`."""
    page: PageSettings


Homes = Callable[[str], Home]
"""Where the log of each project is, by its name."""

Asked = Command | Unread
"""What is asked: an entry, a question, or something that cannot be read."""


@dataclass(frozen=True)
class Submission:
    """What somebody asks of the front desk."""

    submitter: Submitter
    network: str
    rules: ChannelRules
    """What holds where it was said."""
    asked: Asked
    key: LineKey | None
    """By what a repetition of it is known; it holds nothing of a secret. None: each one is new."""
    secret: SecretShape | None
    """What its words seem to hold."""
    arrived: datetime
    said: datetime
    """When it was said, by the clock that is believed."""
    replayed: bool = False
    """It is repeated from a history, which seldom says who was logged in."""
    may_be_relayed: bool = False
    """A relay may have said it, and nothing proves who did."""
    via: Via = Via.IRC
    homes: Homes | None = None
    """Where logs are; None: where it was said, all of them."""
    others: tuple[Submission, ...] = ()
    """What is kept with it, or not at all: it counts for all of them."""
    counted: bool = True
    """False: it is among the `others` of another one."""
    begun: Begun | None = None
    """The entry is the beginning of something whose end is to be added to it."""
    announced: tuple[Announced, ...] = ()
    """In which channels entries of which projects are announced."""

    @property
    def channel(self) -> str:
        return self.rules.channel.name

    def home(self, project: str) -> Home:
        """Where the log of a project is to which it goes."""
        if self.homes is not None:
            return self.homes(project)
        return Home(place_of(self.network, self.channel), self.rules.channel.page)

    @cached_property
    def projects(self) -> tuple[Lookup, ...]:
        """The projects that it is for, as they were named. The directory is asked once, and only when a gate wants to
        know."""
        match self.asked:
            case Add(projects=named):
                pass
            case Last(project=str(one)) | Where(project=str(one)):
                named = (one,)
            case Last() | Where():
                named = ()
            case _:
                return ()
        own = self.rules.channel.project
        return tuple(self.rules.directory.find(name) for name in (named or ((own,) if own else ())))

    @cached_property
    def known(self) -> tuple[Project, ...]:
        """Those of its projects that take entries, each once."""
        found = (each.project for each in self.projects if isinstance(each, Known))
        return tuple({project.name: project for project in found}.values())

    @cached_property
    def done(self) -> datetime | str:
        """When what it tells of was done (UTC); where a time was typed that means no moment, why, with what to type."""
        if not isinstance(self.asked, Add) or self.asked.late is None:
            return self.said
        zone = self.home(self.known[0].name).page.time_zone if self.known else self.rules.channel.page.time_zone
        return resolve(self.asked.late, self.said, zone, timedelta(seconds=self.rules.channel.late))
