"""What people do to lines of the bot on a real MediaWiki is found; what the bot writes is not taken for theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.journal import EntryQuery, Reading
from labsbot.model import TAKEN_OUT
from labsbot.service.hand_edits import HandEdits
from labsbot.wiki.reader import Reader
from tests.delivery.real import Edge, RealWorld
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers


@pytest.fixture
def world(tmp_path: Path, mediawiki: Server) -> Iterator[RealWorld]:
    edge = Edge(mediawiki)
    made = RealWorld(tmp_path, edge)
    yield made
    made.journal.close()
    edge.worker.close()


async def test_readers_see_lines_as_people_have_left_them(world: RealWorld) -> None:
    reading, reader = Reading(world.folder / "journal"), Reader(world.real)
    hand_edits = HandEdits(world.journal, reading, reader, lambda log: world.settings, world.now)
    await world.logged("one", "two", "three")
    await hand_edits.look()
    three, two, one = [line for line in world.page().splitlines() if line.startswith("*")]
    struck = three.replace("three", "<s>three</s>")
    world.write(world.page().replace(f"{three}\n", f"{struck}\n* 13:00 ann: by hand\n").replace("two", "zwei"))
    await hand_edits.look()
    found = {each.message: each.struck for each in reading.entries(EntryQuery())}
    assert found == {"by hand": False, "three": True, "zwei": False, "one": False}
    world.write(world.page().replace(one, ""))
    await hand_edits.look()
    assert TAKEN_OUT in [each.message for each in reading.entries(EntryQuery())]
    await world.logged("four", minute=5)  # of which the page's newest revision is
    before = list(reading.entries(EntryQuery()))
    await hand_edits.look()
    assert list(reading.entries(EntryQuery())) == before
    assert two.split(": ")[0] in world.page()
    reader.close()
