"""What waits to be delivered."""

from __future__ import annotations

from labsbot.journal import Journal
from labsbot.model import Log
from tests.journal.accepting import accepted
from tests.nouns import a_log, an_acceptance, an_entry


async def test_what_waits_is_asked_for_by_place_and_project_together(journal: Journal) -> None:
    for channel, project in (("#cloud", "tools"), ("#cloud", "bots"), ("#cloud", "“ż”'"), ("#tech", "tools")):
        entry = an_entry(f"{channel} {project}", channel=channel)
        assert await journal.entries.accept(an_acceptance(entry, project))
    logs = [a_log("“ż”'"), a_log("tools", "#tech"), Log("oftc #cloud", "bots")]
    assert [each.entry.message for each in await journal.deliveries.pending(logs)] == ["#cloud “ż”'", "#tech tools"]
    assert await journal.deliveries.pending([]) == []


async def test_the_newest_delivery_is_the_one_accepted_last(journal: Journal) -> None:
    assert await journal.deliveries.newest() == 0
    await accepted(journal, "one", "two")
    assert await journal.deliveries.newest() == max(each.number for each in await journal.deliveries.pending())
