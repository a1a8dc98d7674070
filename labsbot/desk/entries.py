"""The entry that a submission becomes: who stands there as its author, and its id. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from labsbot.desk.command import Log as LogCommand
from labsbot.desk.submission import Submission, Submitter
from labsbot.model import Entry
from labsbot.people.persons import written
from labsbot.settings import Author
from labsbot.text.names import as_speaker

UNNAMED = "?"
"""Who stands there whose name is nothing but signs that cannot stand in one."""


def compose(submission: Submission, asked: LogCommand) -> Entry:
    """The entry, still without an id."""
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
        submission.said,
        user,
        submitter.sender.nick if submitter.behind is not None else None,
    )


def signed(submitter: Submitter, author: Author) -> tuple[str, str | None]:
    """Who stands on the page as the one who did it, and to which wiki user's page that leads, if to any."""
    if submitter.behind is not None:
        return as_speaker(submitter.behind) or UNNAMED, None
    name, user = written(submitter.sender, author, submitter.person)
    return as_speaker(name) or UNNAMED, user


def entry_id(
    said: datetime, to_the_millisecond: bool = True, token: Callable[[], str] = lambda: secrets.token_hex(2)
) -> str:
    """A new id for an entry said at `said` (UTC), by which entries of one second are kept in order."""
    part = f"{said.microsecond // 1000:03x}" if to_the_millisecond else ""
    return f"sal-{said:%Y%m%d%H%M%S}-{part}{token()}"
