"""What people are still to be told."""

from __future__ import annotations

from labsbot.journal import Journal
from labsbot.model import Edit, Told
from tests.journal.accepting import accept, accepted
from tests.nouns import NOON, an_entry

EDIT = Edit("Nova Resource:Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", "== 2026-11-22 ==\n* …", "[b:00] alice: …")


async def test_what_was_told_is_not_to_be_told_again_until_there_is_news(journal: Journal) -> None:
    await accepted(journal, "one")
    (telling,) = (await journal.tellings.untold(1, [("libera", "#cloud")])).tellings
    assert (telling.accepted, telling.told) == (NOON, Told.NOTHING)
    await journal.tellings.tell([telling.delivery], Told.LATE)
    assert (await journal.tellings.untold(1, [("libera", "#cloud")])).tellings == ()
    await journal.attempts.begin("b1", "wiki", EDIT.title, [telling.delivery], NOON)
    await journal.attempts.delivered("b1", [telling.delivery], "https://wiki/x", 1, NOON)
    (telling,) = (await journal.tellings.untold(1, [("libera", "#cloud")])).tellings
    await journal.tellings.tell([telling.delivery], Told.LOGGED)
    assert (await journal.tellings.untold(1, [("libera", "#cloud")])).tellings == ()


async def test_what_is_not_late_yet_is_under_way_and_not_to_be_told(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    untold = await journal.tellings.untold(1, [("libera", "#cloud")])
    assert [telling.delivery.entry.message for telling in untold.tellings] == ["one"]
    assert untold.under_way == {("libera", "#cloud", "alice", Told.NOTHING)}
    assert untold.newest == 2


async def test_nothing_is_ever_told_to_a_robot(journal: Journal) -> None:
    await accept(journal, an_entry(), told=Told.NEVER)
    (delivery,) = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, [delivery], NOON)
    await journal.attempts.park("b1", [delivery], "the page is protected", NOON)
    assert (await journal.tellings.untold(1, [("libera", "#cloud")])).tellings == ()
