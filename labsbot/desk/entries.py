"""The entry that a submission becomes: who stands there as its author, its id, and the logs it goes to. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from labsbot.desk.command import Add
from labsbot.desk.submission import Submission, Submitter
from labsbot.model import Entry, Log, Owed
from labsbot.people.persons import written
from labsbot.projects import Known
from labsbot.settings import Announced, Author, folded
from labsbot.text.names import as_speaker

UNNAMED = "?"
"""Who stands there whose name is nothing but signs that cannot stand in one."""


def compose(submission: Submission, asked: Add) -> Entry:
    """The entry, still without an id."""
    assert isinstance(submission.done, datetime), "no gate lets any other pass"
    submitter = submission.submitter
    author, user = signed(submitter, submission.rules.channel.page.author)
    return Entry(
        "",
        submission.network,
        submission.channel,
        submitter.name,
        submitter.sender.account,
        author,
        asked.message,
        submission.done,
        user,
        submitter.sender.nick if submitter.behind is not None else None,
        late=asked.late is not None,
        via=submission.via,
        robot=submitter.sender.robot,
    )


def logs_of(submission: Submission) -> tuple[Owed, ...]:
    """The logs in which an entry is to stand, each page once: those of its projects, and those that get copies."""
    channel, directory = submission.rules.channel, submission.rules.directory
    assert isinstance(submission.done, datetime), "no gate lets any other pass"
    named = [project.name for project in submission.known]
    copies = [directory.find(name) for project in named for name in channel.copies.get(project, ())]
    names = [*named, *(copy.project.name for copy in copies if isinstance(copy, Known))]
    # Two projects may share a page; aliases and copies may name one twice.
    by_page: dict[str, Owed] = {}
    for name in names:
        home = submission.home(name)
        local = submission.done.astimezone(home.page.time_zone)
        owed = Owed(Log(home.place, name), local.date(), f"{local:%H:%M}")
        by_page.setdefault(folded(home.page.title_for(name)), owed)
    return tuple(by_page.values())


def announced_in(submission: Submission, owed: Sequence[Owed]) -> tuple[tuple[str, str], ...]:
    """In which channels an entry is to be announced that is owed to these logs, each with its network."""
    named = {each.name for each in submission.known} | {each.log.project for each in owed}
    find = submission.rules.directory.find

    def concerned(announced: Announced) -> bool:
        if announced.private & set(map(folded, named)) - set(map(folded, announced.projects or ())):
            return False
        if announced.projects is None:
            return True
        found = map(find, announced.projects)
        return any(each.project.name in named for each in found if isinstance(each, Known))

    there = [(each.network, each.channel) for each in submission.announced if concerned(each)]
    return tuple(dict.fromkeys(there))


def signed(submitter: Submitter, author: Author) -> tuple[str, str | None]:
    """Who stands on the page as the one who did it, and to which wiki user's page that leads, if to any."""
    if submitter.behind is not None or submitter.trusted:
        return as_speaker(submitter.name) or UNNAMED, None
    name, user = written(submitter.sender, author, submitter.person)
    return as_speaker(name) or UNNAMED, user


def entry_id(
    said: datetime, to_the_millisecond: bool = True, token: Callable[[], str] = lambda: secrets.token_hex(2)
) -> str:
    """A new id for an entry said at `said` (UTC), by which entries of one second are kept in order."""
    part = f"{said.microsecond // 1000:03x}" if to_the_millisecond else ""
    return f"sal-{said:%Y%m%d%H%M%S}-{part}{token()}"
