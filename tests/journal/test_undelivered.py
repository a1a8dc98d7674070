"""What an operator decides about what is not on the wiki."""

from __future__ import annotations

import pytest

from labsbot.journal import Journal
from labsbot.model import DeliveryState, Edit, NotDue
from tests.journal.accepting import accepted
from tests.nouns import NOON

EDIT = Edit("Nova Resource:Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", "== 2026-11-22 ==\n* …", "[b:00] alice: …")


async def test_a_parked_entry_is_retried_or_dropped_and_nothing_else_is(journal: Journal) -> None:
    waiting, stuck, hopeless = await accepted(journal, "waiting", "stuck", "hopeless")
    _, *parked = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, parked, NOON)
    await journal.attempts.park("b1", parked, "the page is protected", NOON)
    assert [telling.delivery.cause for telling in await journal.undelivered.queue()] == [
        None,
        *["the page is protected"] * 2,
    ]
    assert await journal.undelivered.retry([stuck.id, waiting.id, "sal-unheard-of"]) == [stuck.id]
    assert await journal.undelivered.drop([hopeless.id]) == [hopeless.id]
    assert [telling.delivery.entry for telling in await journal.undelivered.queue()] == [waiting, stuck]
    found = await journal.undelivered.find(hopeless.id)
    assert found is not None
    assert found.delivery.state is DeliveryState.DROPPED
    assert await journal.undelivered.find("sal-unheard-of") is None


async def test_an_entry_that_waits_is_dropped_but_not_while_an_attempt_carries_it(journal: Journal) -> None:
    waits, carried = await accepted(journal, "waits", "carried")
    first, second = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, [second], NOON)
    assert await journal.undelivered.drop([waits.id, carried.id]) == [waits.id]
    assert await journal.deliveries.pending() == []
    await journal.attempts.postpone("b1", [second], None, NOON)
    assert await journal.deliveries.pending() == [second]
    with pytest.raises(NotDue):
        await journal.attempts.begin("b2", "wiki", "Another page", [first, second], NOON)
    assert await journal.attempts.open_attempts() == []
    assert await journal.attempts.begin("b2", "wiki", "Another page", [second], NOON) == 1
