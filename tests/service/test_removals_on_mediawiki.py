"""What is removed is on no page of a real MediaWiki, in no file of ours; who may hide the rest is told what to hide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.model import DeliveryState, Entry
from labsbot.service import remains
from tests.delivery.real import Edge, RealWorld, lose
from tests.servers.mediawiki import MediaWiki as Server
from tests.service.test_removals import everywhere, remove

pytestmark = pytest.mark.servers
SECRET = "the <b>pass</b> word [[is]] Tr0ub4dor&3 für {{alle}}"


@pytest.fixture(scope="module")
def edge(mediawiki: Server) -> Iterator[Edge]:
    made = Edge(mediawiki)
    yield made
    made.worker.close()


@pytest.fixture
def world(tmp_path: Path, edge: Edge) -> Iterator[RealWorld]:
    made = RealWorld(tmp_path, edge)
    made.wiki = made.real  # type: ignore[assignment]
    yield made
    made.journal.close()


async def is_gone(world: RealWorld, entry: Entry) -> remains.OnPage:
    (page,) = await remove(world, entry)
    assert everywhere(world.folder) == []
    assert "Tr0ub4dor" not in world.page()
    assert not page.stands
    html = world.server.html(world.title)
    assert f'id="{entry.id}"' in html
    assert "alice: removed by an operator" in html.replace("</a></span>", "").replace("</span>", "")
    return page


async def test_it_leaves_page_and_files_and_the_revisions_are_named(world: RealWorld, hide) -> None:
    (entry,) = await world.logged(SECRET)
    await world.amend(entry, f"{SECRET} correct horse")
    await world.deliver()
    await world.undo(entry, "spoken aloud")
    await world.deliver()
    await world.logged("two", minute=1)
    history = [each["revid"] for each in reversed(world.server.history(world.title))]
    page = await is_gone(world, entry)
    assert page.texts == tuple(history)
    assert page.summaries == tuple(history[:3])
    hide(world.server, page.texts, "content|comment")
    again = await is_gone(world, entry)
    assert (again.texts, again.summaries) == ((), ())


async def test_it_leaves_a_line_that_people_have_edited_and_moved(world: RealWorld) -> None:
    entry, other = await world.logged(SECRET, "two")
    (line,) = [each for each in world.page().splitlines() if entry.id in each]
    world.write(f"{world.page().replace(line, '')}\n\n== Kept ==\n*{line}, by hand: Tr0ub4dor\n* words")
    await is_gone(world, entry)
    assert world.page().endswith("* words")
    assert "two" in world.page()
    assert other.id in world.page()


async def test_what_was_lost_on_its_way_arrives_as_a_stub(world: RealWorld) -> None:
    await world.logged("one")
    entry = await world.log(SECRET, project=world.project)
    world.real.before = lose
    await world.deliverer._next()
    await world.deliverer._next()
    await is_gone(world, entry)
    assert await world.fates(entry) == [DeliveryState.DELIVERED]
    assert world.page().count(entry.id) == 2
