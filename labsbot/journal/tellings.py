"""What people have not been told yet in their channels of what became of their entries, and what they were told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sql

from labsbot.journal import questions, rows
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, question, verb
from labsbot.model import Delivery, Telling, Told, Untold

PEOPLE, PORTION = 20, 2000
"""People, and deliveries of theirs, of which the announcer gets to know at once: after a long outage there are many."""


class Tellings(JournalPart):
    """The way back to the channel."""

    @question
    def untold(
        self, connection: sql.Connection, late: int, places: Collection[tuple[str, str]], after: int = 0
    ) -> Untold:
        """What has not been told in these channels yet; of what is pending, that up to the delivery `late` alone.

        What came of one submission, to several logs, is told together: none of it before nothing of it is pending, and
        then all of it. It is that of the first few people whose oldest comes behind `after`, and at most PORTION of it.
        """
        asked = {"late": late, "places": list(places), "after": after, "people": PEOPLE}
        people = connection.execute(st.TO_BE_TOLD, asked).all()
        persons = [tuple(person) for *person, _ in people]
        to_tell = {"late": late, "persons": persons, "most": PORTION + 1}
        tellings = questions.ask(connection, rows.telling, st.TO_TELL, to_tell) if persons else []
        under_way = connection.execute(st.UNDER_WAY, {"persons": persons}) if persons else ()
        return Untold(
            tuple(tellings if len(tellings) <= PORTION else _without_the_last(tellings)),
            frozenset((*person, Told(told)) for *person, told in under_way),
            connection.scalar(st.NEWEST) or 0,
            people[-1].first if len(people) == PEOPLE else None,
        )

    @verb
    def tell(self, connection: sql.Connection, deliveries: Sequence[Delivery], told: Told) -> None:
        """Record what is about to be said in the channel about these."""
        connection.execute(st.UPDATE_THESE, {"numbers": rows.numbers(deliveries), "told": told.value})

    @verb
    def untell(self, connection: sql.Connection, deliveries: Sequence[Delivery], told: Told, before: Told) -> None:
        """What was recorded to be said was not heard, for certain: what they heard `before` is what they know."""
        those = {"numbers": rows.numbers(deliveries), "was": told.value}
        connection.execute(st.UNTELL_THESE, {**those, "told": before.value})


def _without_the_last(tellings: Sequence[Telling]) -> Sequence[Telling]:
    """Without those of the last submission, which may go on beyond what was asked for."""
    last = tellings[-1].delivery.id
    return [each for each in tellings if each.delivery.id != last]
