"""An editor who makes the bot write with its own rights where they may not, by a redirect at a log's title."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.model import DeliveryState
from labsbot.service.destinations import LogPlace, other_log
from labsbot.settings import PageSettings
from tests.delivery.real import Edge, RealWorld, lose
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers
TITLE = PageSettings().title


@pytest.fixture(scope="module")
def edge(mediawiki: Server) -> Iterator[Edge]:
    made = Edge(mediawiki)
    yield made
    made.worker.close()


@pytest.fixture
def world(tmp_path: Path, edge: Edge) -> Iterator[RealWorld]:
    made = RealWorld(tmp_path, edge)
    projects = {made.project.capitalize(): made.project, "Bots": "bots"}
    edge.wiki._other_log = other_log([LogPlace(TITLE, None, projects.get)])
    yield made
    made.journal.close()


async def is_kept_off(world: RealWorld, target: str, why: str | None) -> None:
    """The entry is parked, and the page that it leads to is as it was. None: nothing of that page is said."""
    before = world.page(target)
    (entry,) = await world.logged("one")
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.PARKED
    leads_to = f"{world.server.page_url(target)}, {why}" if why else "the log of another project"
    assert delivery.cause == f"the page redirects to {leads_to}"
    assert world.page(target) == before


@pytest.mark.parametrize("target", ["Main Page", "Template:Infobox", "Nova Resource Talk:Docs"])
async def test_a_log_that_leads_to_another_namespace(world: RealWorld, target: str) -> None:
    world.write("What people read first.", target)
    world.write(f"#REDIRECT [[{target}]]")
    await is_kept_off(world, target, "in another namespace")


async def test_a_log_that_leads_to_another_projects_log(world: RealWorld) -> None:
    world.write("== 2026-11-20 ==\n* 09:00 bob: theirs", "Nova Resource:Bots/SAL")
    world.write("#REDIRECT [[Nova Resource:Bots/SAL]]")
    await is_kept_off(world, "Nova Resource:Bots/SAL", None)


async def test_a_log_that_leads_to_another_projects_log_by_a_detour(world: RealWorld) -> None:
    world.write("#REDIRECT [[Nova Resource:Bots/SAL]]", f"{world.title}/Detour")
    world.write(f"#REDIRECT [[{world.title}/Detour]]")
    await is_kept_off(world, "Nova Resource:Bots/SAL", None)


async def test_a_log_that_leads_to_a_page_which_not_everybody_may_edit(world: RealWorld) -> None:
    target = f"{world.title}/Rules"
    world.write("Rules that not everybody may change.", target)
    world.operator("protect", title=target, protections="edit=autoconfirmed")
    world.write(f"#REDIRECT [[{target}]]")
    await is_kept_off(world, target, "which is protected")


async def test_a_log_that_was_protected_with_its_redirect_may_lead_to_what_is_protected_as_well(
    world: RealWorld,
) -> None:
    target = f"{world.title} New"
    world.write("The new log.", target)
    world.write(f"#REDIRECT [[{target}]]")
    for title in (target, world.title):
        world.operator("protect", title=title, protections="edit=autoconfirmed")
    await world.logged("one")
    assert world.order_on_page(target) == ["one"]


@pytest.mark.parametrize("archive", ["Archive 1", "2025"])
async def test_a_log_moved_to_an_archive_by_hand_begins_again_and_the_archive_stays_as_it_is(
    world: RealWorld, archive: str
) -> None:
    await world.logged("one")
    world.move(f"{world.title}/{archive}", redirect=True)
    before = world.page(f"{world.title}/{archive}")
    await world.logged("two", minute=1)
    await world.logged("three", minute=2)
    assert world.order_on_page() == ["three", "two"]
    assert world.page(f"{world.title}/{archive}") == before


async def test_an_answer_that_is_lost_while_the_fresh_page_is_made_does_not_log_twice(world: RealWorld) -> None:
    await world.logged("one")
    world.move(f"{world.title}/2025", redirect=True)
    world.real.after = lose
    await world.logged("two", minute=1)
    assert world.order_on_page() == ["two"]
    assert world.order_on_page(f"{world.title}/2025") == ["one"]
