"""Since when and until when each channel was heard: what the bot was not there for is known by that after a restart."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sql

from labsbot.journal.schema import presence
from labsbot.journal.transactions import JournalPart, question, verb
from labsbot.model import Presence


class Presences(JournalPart):
    """By network and channel."""

    @question
    def presences(self, connection: sql.Connection) -> dict[tuple[str, str], Presence]:
        """What was heard of each channel, by network and channel."""
        rows = connection.execute(presence.select())
        return {(row.network, row.channel): Presence(row.since, row.until) for row in rows}

    @verb
    def heard(self, connection: sql.Connection, network: str, channel: str, heard: Presence) -> None:
        """Keep what was heard of a channel until now."""
        times = dataclasses.asdict(heard)
        kept = connection.execute(
            presence.update().where(presence.c.network == network, presence.c.channel == channel).values(times)
        )
        if not kept.rowcount:
            connection.execute(presence.insert().values(network=network, channel=channel, **times))
