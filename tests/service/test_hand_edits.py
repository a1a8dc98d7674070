"""What people write on a log's page by hand is read there, a few minutes later, like all else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import EntryQuery, Reading
from labsbot.model import TAKEN_OUT, ChangeKind, Kept
from labsbot.service.hand_edits import MOST, HandEdits
from labsbot.text.search import SearchWords, Term
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

    def line(self, message: str) -> str:
        """The line on the page that says so."""
        return next(each for each in self.page().splitlines() if message in each)

    async def replace(self, old: str, new: str) -> list[str]:
        """Somebody does that on the page; what readers see then."""
        self.write(self.page().replace(old, new))
        await self.hand_edits.look()
        return self.messages()

    def messages(self) -> list[str]:
        """Of what is known, the newest first."""
        return [kept.message for kept in Reading(self.folder / "journal").entries(EntryQuery())]

    def newest(self) -> Kept:
        return next(Reading(self.folder / "journal").entries(EntryQuery()))

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


async def test_readers_see_what_people_have_made_of_a_line_of_the_bot(place: Place) -> None:
    assert await place.replace("logged", "said") == ["said", *place.messages()[1:]]
    kept = next(Reading(place.folder / "journal").entries(EntryQuery()))
    assert [(each.kind, each.by_hand) for each in kept.changes] == [(ChangeKind.AMEND, True)]
    line = place.line("said")
    head, _, said = line.rpartition(" ")
    await place.replace(line, f"{head} <s>{said}</s>")
    assert place.newest().struck
    await place.replace(f"<s>{said}</s>", said)
    assert not place.newest().struck
    assert (await place.replace("said", "logged"))[0] == "logged"
    changes = place.newest().changes
    place.write_below("* 12:30 ann: something else")
    await place.hand_edits.look()
    assert place.messages()[1] == "logged"
    assert Reading(place.folder / "journal").of_ids([kept.entry.id])[0].changes == changes
    # it is theirs no more: whoever logged it may amend it
    await place.amend(kept.entry, "amended")
    await place.deliver()
    assert place.line("amended")


@pytest.mark.parametrize("struck", ["<s>logged</s> no, that was eve", "<del>logged</del> <small>wrong --Bob</small>"])
async def test_a_line_that_people_have_struck_with_a_remark_behind_it_is_struck(place: Place, struck: str) -> None:
    line = place.line("logged")
    place.write(place.page().replace(line, line.replace("alice: logged", f"alice: {struck}")))
    await place.hand_edits.look()
    kept = place.newest()
    (strike,) = kept.changes
    assert kept.message == "logged"
    assert strike.kind is ChangeKind.STRIKE
    assert strike.text == struck.rpartition("</s>")[2].rpartition("</del>")[2].strip()
    place.write_below("* 12:30 ann: more")
    await place.hand_edits.look()
    assert Reading(place.folder / "journal").of_ids([kept.entry.id])[0].changes == kept.changes


@pytest.mark.parametrize("words", ["<nowiki><s>logged</s></nowiki> is html", "&lt;s&gt;logged&lt;/s&gt; no"])
async def test_what_only_looks_like_a_strike_is_none(place: Place, words: str) -> None:
    line = place.line("logged")
    place.write(place.page().replace(line, line.replace("alice: logged", f"alice: {words}")))
    await place.hand_edits.look()
    assert not place.newest().struck


async def test_a_mark_with_a_time_that_there_is_not_ends_nothing(place: Place) -> None:
    line = place.line("logged")
    mark = '<small id="undo-99999999999999-ab">taken back 12:00 by bob</small>'
    place.write(place.page().replace(line, f"{line} {mark}"))
    await place.hand_edits.look()
    assert place.newest().struck


async def test_a_part_of_a_line_that_people_have_struck_is_what_it_says_now(place: Place) -> None:
    line = place.line("logged")
    place.write(place.page().replace(line, line.replace("alice: logged", "alice: <s>lo</s> gged")))
    await place.hand_edits.look()
    assert place.newest().message == "<s>lo</s> gged"


async def test_what_people_have_taken_out_is_read_nowhere_until_it_is_back(place: Place) -> None:
    entry, line = place.newest().entry, place.line("logged")
    assert TAKEN_OUT in await place.replace(f"{line}\n", "")
    reading = Reading(place.folder / "journal")
    history = reading.find(entry.id)
    assert history is not None
    assert "logged" not in repr(history.kept)
    found = SearchWords((Term("logged"),))
    assert list(reading.entries(EntryQuery(words=found))) == []
    assert "logged" in await place.replace("== 2026-11-21 ==", f"{line}\n\n== 2026-11-21 ==")
    assert [each.entry.id for each in reading.entries(EntryQuery(words=found))] == [entry.id]
    # what is redacted stays away, whoever puts it back
    await place.redact(entry)
    await place.deliver()
    await place.replace(place.line(entry.id), line)
    assert "logged" not in " ".join(place.messages())


async def test_what_people_have_taken_to_an_archive_or_what_is_too_much_is_not_taken_out(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    line = place.line("logged")
    place.write(f"This is an archive of [[{place.title}]].\n\n== 2026-11-22 ==\n{line}\n", f"{place.title}/2026")
    assert "logged" in await place.replace(f"{line}\n", "")
    place.write_below("\n".join(f"* 12:{number % 60:02} ann: a past {number}" for number in range(MOST)))
    await place.hand_edits.look()
    place.write_below("* 12:59 ann: one more")
    await place.hand_edits.look()
    before = place.messages()
    assert await place.replace(place.page(), "We have moved.") == before
    assert "lacks" in caplog.text


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


@pytest.mark.parametrize("days", [0, 1, 30])
async def test_what_was_written_before_the_bot_wrote_there_again_is_found_when_it_is_back(
    place: Place, days: int
) -> None:
    place.wall += timedelta(days=days)
    place.write_below("* 12:30 ann: meanwhile")
    place.write(place.page().replace(place.line("logged"), ""))
    await place.log("more", NOON + timedelta(minutes=1))
    await place.deliver()
    place.hand_edits = place.watching()
    await place.hand_edits.look()
    assert place.messages()[:3] == ["meanwhile", "more", TAKEN_OUT]


async def test_of_a_page_that_is_new_what_people_write_there_at_once_is_found(place: Place) -> None:
    await place.log("first", project="new")
    await place.deliver()
    title = "Nova Resource:New/SAL"
    place.write(place.page(title) + "\n* 12:30 ann: by hand", title)
    await place.log("second", NOON + timedelta(minutes=1), project="new")
    await place.deliver()
    await place.hand_edits.look()
    assert "by hand" in place.messages()


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
