"""Entries, deliveries, lines and projects for tests, with everything that does not matter filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from labsbot.desk.desk import Desk, DeskJournal
from labsbot.desk.gates import all_gates
from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.limits import Size
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import (
    CHANGE_WORDS,
    Accepted,
    Change,
    Changed,
    ChangeKind,
    Delivery,
    DeliveryState,
    Entry,
    Kept,
    LastOf,
    LineKey,
    Log,
    Owed,
    Privmsg,
    Sender,
    Told,
    place_of,
)
from labsbot.projects import Directory, Shelf
from labsbot.settings import Person, Project, SecretShape

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_numbers = count(1)


def an_entry(message: str = "restarted the web service", said: datetime = NOON, **given: Any) -> Entry:
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": f"sal-{said:%Y%m%d%H%M%S}-{number:04x}",
        "network": "libera",
        "channel": "#cloud",
        "nick": "alice",
        "account": None,
        "author": "alice",
        "message": message,
        "said": said,
    }
    return Entry(**{**fields, **given})


def a_log(project: str = "tools", channel: str = "#cloud") -> Log:
    return Log(place_of("libera", channel), project)


def an_acceptance(
    entry: Entry,
    *projects: str,
    key: LineKey | None = None,
    told: Told = Told.NOTHING,
    now: datetime = NOON,
    hostmask: str | None = None,
) -> Accepted:
    """That an entry goes to the logs of these projects (none: tools), as its channel writes them."""
    logs = (Log(place_of(entry.network, entry.channel), project) for project in projects or ("tools",))
    owed = tuple(Owed(log, entry.said.date(), f"{entry.said:%H:%M}") for log in logs)
    return Accepted(key or a_key(), entry, owed, told, now, hostmask)


def a_change(kind: ChangeKind, text: str = "", author: str = "alice", said: datetime = NOON) -> Change:
    made = f"{CHANGE_WORDS[kind]}-{said:%Y%m%d%H%M%S}-{next(_numbers):04x}"
    return Change(made, kind, text, author, said, "libera", "#cloud", author)


def a_delivery(
    message: str = "restarted the web service", said: datetime = NOON, project: str = "tools", **given: Any
) -> Delivery:
    entry = an_entry(message, said, **given)
    log = Log(place_of(entry.network, entry.channel), project)
    return Delivery(next(_numbers), entry, log, entry.said.date(), f"{entry.said:%H:%M}", DeliveryState.PENDING)


def a_key(msgid: str | None = None, fingerprint: str | None = None, channel: str = "#cloud") -> LineKey:
    return LineKey("libera", channel, msgid, fingerprint or f"print {next(_numbers)}")


def a_line(text: str, nick: str = "alice", channel: str | None = "#cloud", **given: Any) -> Privmsg:
    sender = given.pop("sender", None) or Sender(nick, "user", "host.example")
    fields: dict[str, Any] = {"arrived": NOON, "server_time": None, "msgid": None}
    return Privmsg("libera", channel, sender, text, **{**fields, **given})


def a_directory(*projects: str | Project) -> Directory:
    known = (project if isinstance(project, Project) else Project(project) for project in projects)
    return Directory([Shelf("list", tuple(known))])


def day(entry: Entry) -> date:
    return entry.said.date()


async def kept(journal: Journal, meant: str | LastOf) -> Kept | None:
    """What the journal knows of an entry."""
    found, _ = await journal.entries.correct(meant, lambda kept: (None, kept))
    return found


async def keep(journal: Journal, changed: Changed) -> bool:
    """Have a change kept, whatever becomes of the entry meanwhile."""
    _, new = await journal.entries.correct(changed.entry_id, lambda _: (changed, None))
    return new


def a_front_desk(
    journal: DeskJournal,
    channels: Mapping[tuple[str, str], ChannelRules],
    wiki: str = "wiki",
    person: Callable[[Sender], Person | None] = lambda sender: None,
    shapes: Sequence[SecretShape] = (),
    size: Size = lambda page, project, entry: len(entry.message.encode()),
    operator: str = "an operator",
) -> IrcLines:
    """The front desk, by its door for lines from IRC."""
    desk = Desk(journal, all_gates(wiki, size, operator), wiki, operator)
    return IrcLines(desk, channels, person, shapes)
