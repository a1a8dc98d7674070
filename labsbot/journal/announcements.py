"""What scripts have logged and a channel is still to hear of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sql

from labsbot.journal import questions
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, question, verb
from labsbot.model import Kept, ToAnnounce


class Announcements(JournalPart):
    """By network and channel."""

    @question
    def to_announce(
        self, connection: sql.Connection, network: str, channel: str, late: datetime, most: int
    ) -> ToAnnounce:
        """What is to be announced in a channel: what nothing is owed for any more, and what has waited since `late`."""
        asked = {"on": network, "there": channel, "late": late}
        entries = questions.kept(connection, st.ENTRIES_TO_ANNOUNCE, {**asked, "most": most})
        return ToAnnounce(tuple(entries), connection.scalar(st.NEXT_TO_ANNOUNCE, asked))

    @verb
    def announced(self, connection: sql.Connection, network: str, channel: str, entries: Sequence[Kept]) -> None:
        """Record that these entries are about to be announced in a channel, or that nobody needs it any more."""
        connection.execute(st.ANNOUNCED, {"on": network, "there": channel, "ids": _ids(entries)})

    @verb
    def not_announced(self, connection: sql.Connection, network: str, channel: str, entries: Sequence[Kept]) -> None:
        """What was recorded to be announced was not heard, for certain: it is still to be announced."""
        connection.execute(st.NOT_ANNOUNCED, {"on": network, "there": channel, "ids": _ids(entries)})


def _ids(entries: Iterable[Kept]) -> list[str]:
    return [each.entry.id for each in entries]
