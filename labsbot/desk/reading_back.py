"""Read the log back: who asks for it comes in; the newest entries, or where something is, go out in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from labsbot.desk import replies
from labsbot.desk.answer import Answer, Silence
from labsbot.desk.command import Last, Where, id_in
from labsbot.desk.submission import Submission
from labsbot.model import Kept, place_of
from labsbot.projects import Known, Retired
from labsbot.text.formatting import cut, plain
from labsbot.text.names import unwaking

LONGEST = 380
"""Bytes of one line of entries: with who asked, the channel and our hostmask that fits into one line of IRC."""


class LogReader(Protocol):
    """What is asked of the journal here."""

    async def last(self, project: str, most: int) -> list[Kept]: ...
    async def last_here(self, place: str, most: int) -> list[Kept]: ...
    async def called(self, entry_id: str) -> Kept | None: ...


class ReadingBack:
    """Knows what the wiki is called for people."""

    def __init__(self, journal: LogReader, wiki: str) -> None:
        self._journal = journal
        self._wiki = wiki

    async def answer(self, submission: Submission, asked: Last | Where) -> Answer | Silence:
        """One line. Raises JournalFailure."""
        if submission.replayed:
            return Silence()  # nobody waits for it any more
        if isinstance(asked, Where) and asked.entry is not None:
            return await self._place_of(submission, id_in(asked.entry))
        project = submission.known[0].name if submission.known else None
        most = asked.number if isinstance(asked, Last) else 1
        if project is None:
            found = await self._journal.last_here(place_of(submission.network, submission.channel), most)
        else:
            found = await self._journal.last(project, most)
        title = submission.rules.title if project is None else submission.rules.channel.page.title_for(project)
        if isinstance(asked, Where):
            return Answer(replies.where(project, _page(found, project), title, self._wiki))
        if not found:
            return Answer(replies.nothing_yet(project, title, self._wiki))
        zone = submission.rules.channel.page.time_zone
        today = submission.said.astimezone(zone).date()

        def clock(said: datetime) -> str:
            local = said.astimezone(zone)
            return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"

        entries = [(_words(clock(each.entry.said), each, project is None), _mark(submission, each)) for each in found]
        return Answer(_in_one_line(entries))

    async def _place_of(self, submission: Submission, entry_id: str) -> Answer:
        """Where an entry stands, in the logs that can be asked for here."""
        find = submission.rules.directory.find
        kept = await self._journal.called(entry_id)
        there = [each for each in kept.deliveries if each.change is None] if kept else []
        there = [each for each in there if isinstance(find(each.log.project), Known | Retired)]
        return Answer(replies.where_entry(entry_id, bool(there), next((each.url for each in there if each.url), None)))


def _page(found: Sequence[Kept], project: str | None) -> str | None:
    """The address of a project's log, if anything is known to stand there."""
    if project is None:
        return None
    urls = (each.url for kept in found for each in kept.deliveries if each.url and each.log.project == project)
    return next((url.partition("#")[0] for url in urls), None)


def _words(clock: str, kept: Kept, with_project: bool) -> str:
    logs = dict.fromkeys(delivery.log.project for delivery in kept.deliveries)
    where = f" {','.join(logs)}" if with_project else ""
    message = " ".join(plain(kept.message).split())
    return f"{clock}{where} {unwaking(kept.entry.author)}: {message}"


def _mark(submission: Submission, kept: Kept) -> str:
    """What stands behind an entry: that it is taken back, or its id, as long as that serves to correct it."""
    if kept.redaction is not None:
        return ""
    if kept.struck:
        return " (taken back)"
    channel = submission.rules.channel
    over = submission.said - kept.accepted > timedelta(seconds=channel.correct)
    return f" ({kept.entry.id})" if (channel.words.undo or channel.words.amend) and not over else ""


def _in_one_line(entries: Sequence[tuple[str, str]]) -> str:
    """The words of the entries, the newest first, each with its mark; each gets its part of the room."""
    room = LONGEST // len(entries) - len(" · ")
    return " · ".join(cut(words, room - len(mark.encode())) + mark for words, mark in entries)
