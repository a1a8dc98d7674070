"""What was begun and may end: which of it is under way, and when nothing can be added to it any more."""

from __future__ import annotations

import sqlalchemy as sql

from labsbot.journal import rows
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, news, question
from labsbot.model import Run, RunState


class KeptRuns(JournalPart):
    """Each is an entry that says of something that it was begun."""

    @question
    def run(self, connection: sql.Connection, entry_id: str) -> Run | None:
        """What is known of what an entry was the beginning of; None: it was none, or there is no such entry."""
        found = connection.execute(st.RUN, {"id": entry_id}).one_or_none()
        return found and rows.run(found)

    @question
    def running(self, connection: sql.Connection) -> list[Run]:
        """What was begun and whose entry says nothing of an end, the oldest first: never many."""
        return [rows.run(row) for row in connection.execute(st.RUNNING)]

    @news
    def give_up_run(self, connection: sql.Connection, entry_id: str) -> None:
        """Nothing can be added to this entry any more."""
        entry = connection.execute(st.NUMBER_OF_ID, {"id": entry_id}).scalar_one()
        connection.execute(st.END_RUN[RunState.ENDED], {"of": entry})
        connection.execute(st.DUE_NOW, {"of": entry})
