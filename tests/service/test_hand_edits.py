"""What people write on a log's page by hand is read there, a few minutes later, like all else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import EntryQuery, Reading
from labsbot.service.hand_edits import MOST, HandEdits
from labsbot.wiki.reader import Reader
from tests.delivery.archive_world import ArchiveWorld
from tests.nouns import NOON


class Place(ArchiveWorld):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reader = Reader(self.wiki)
        self.hand_edits = self.watching()

    def watching(self) -> HandEdits:
        """By a bot that has just started."""
        reading = Reading(self.folder / "journal")
        return HandEdits(self.journal, reading, self.reader, lambda log: self.settings, self.now)

    def messages(self) -> list[str]:
        """Of what is known, the newest first."""
        return [kept.message for kept in Reading(self.folder / "journal").entries(EntryQuery())]

    def write_below(self, line: str, heading: str = "== 2026-11-22 ==") -> None:
        self.write(self.page().replace(heading, f"{heading}\n{line}"))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    await made.log("logged")
    await made.deliver()
    await made.hand_edits.look()
    yield made
    made.reader.close()
    made.journal.close()


async def test_a_line_that_was_written_by_hand_is_read_like_all_else(place: Place) -> None:
    place.write_below("* 12:30 ann: by hand")
    await place.hand_edits.look()
    assert place.messages()[0] == "by hand"
    place.write(place.page().replace("by hand", "by both hands"))
    await place.hand_edits.look()
    assert place.messages()[0] == "by both hands"
    await place.deliver()
    assert "by both hands" in place.page()


async def test_a_page_that_the_bot_alone_has_saved_is_not_read(place: Place) -> None:
    await place.log("more", NOON + timedelta(minutes=1))
    await place.deliver()
    reads = place.wiki.reads
    await place.hand_edits.look()
    await place.hand_edits.look()
    assert place.wiki.reads == reads


async def test_what_was_written_while_the_bot_was_away_is_found_when_it_is_back(place: Place) -> None:
    place.write_below("* 12:30 ann: meanwhile")
    place.hand_edits = place.watching()
    await place.hand_edits.look()
    assert place.messages()[0] == "meanwhile"


async def test_what_is_too_much_to_be_written_by_hand_is_left_for_an_operator_who_is_told_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.write_below("\n".join(f"* 12:{number % 60:02} ann: a past {number}" for number in range(MOST + 1)))
    await place.hand_edits.look()
    place.write_below("* 12:59 ann: and more")
    await place.hand_edits.look()
    assert place.messages() == ["logged"]
    (told,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert told.endswith("entries that are not known: look at them; `labsbot import tools` takes them in")
