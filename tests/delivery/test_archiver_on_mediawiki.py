"""Old days move to an archive on a real MediaWiki, and what people do there meanwhile stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labsbot.model import Edit, Unknown
from tests.delivery.archive_world import SETTINGS, log_page
from tests.delivery.real import YEAR, ArchivingWorld, Edge, lose
from tests.servers.extensions import DISALLOW, LOADED, Filters
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def edge(mediawiki: Server) -> Iterator[Edge]:
    made = Edge(mediawiki)
    yield made
    made.worker.close()


@pytest.fixture
def world(tmp_path: Path, edge: Edge) -> Iterator[ArchivingWorld]:
    made = ArchivingWorld(tmp_path, edge)
    yield made
    made.journal.close()


@pytest.mark.each_release
async def test_a_year_moves_and_the_page_lists_its_archive(world: ArchivingWorld) -> None:
    page = await world.archived()
    assert page.startswith(f'Intro.\n\n<span id="sal-archives">Archives:</span> [[:{world.archive}|2025]]\n\n== 2026')
    assert page.endswith("\n\n[[Category:Old]]")
    assert "2025-12" not in page
    assert world.page(world.archive) == f"Archive of [[:{world.title}]].\n\n[[Category:SAL]]\n\n{YEAR}"


async def test_portions_are_put_above_each_other(world: ArchivingWorld) -> None:
    world.deliverer._archiver._mover._largest = 500
    page = await world.archived()
    assert "2025-12" not in page
    assert world.page(world.archive).endswith(f"[[Category:SAL]]\n\n{YEAR}")


async def test_below_a_heading_days_leave_one_by_one_where_much_is_left(world: ArchivingWorld) -> None:
    world.settings = replace(SETTINGS, heading="Server Admin Log", level=3)
    world.deliverer._archiver._mover._largest = 700
    days = log_page(days=12, level="===")
    below = "== Instances ==\n* db1\n" + "x" * 700
    page = await world.archived(f"About.\n\n== Server Admin Log ==\nWords.\n\n{days}\n\n{below}")
    assert "2025-12" not in page
    assert page.startswith("About.\n\n== Server Admin Log ==\nWords.\n\n<span")
    assert page.endswith(f"\n\n{below}")
    assert world.page(world.archive).endswith(days)


@pytest.mark.parametrize("what", ["archived from", "archives:", "archived to"])
async def test_an_answer_that_is_lost_doubles_nothing(world: ArchivingWorld, what: str) -> None:
    def after(edit: Edit) -> None:
        if edit.summary.startswith(what):
            lose(edit)
        world.real.after = after

    world.real.after = after
    page = await world.archived()
    world.real.after = lambda edit: None
    assert "2025-12" not in page
    assert world.page(world.archive).endswith(YEAR)


@pytest.mark.parametrize("what", ["archived from", "archives:", "archived to"])
async def test_an_edit_that_never_arrives_is_sent_again_when_it_can_come_no_more(
    world: ArchivingWorld, what: str
) -> None:
    lost: list[Edit] = []

    def before(edit: Edit) -> None:
        if edit.summary.startswith(what) and not lost:
            lost.append(edit)
            world.real.before = before
            raise Unknown("it is not answering")
        world.real.before = before

    world.real.before = before
    page = await world.archived()
    world.real.before = lambda edit: None
    assert lost
    assert "2025-12" not in page
    assert world.page(world.archive).endswith(YEAR)


async def test_what_people_write_on_both_pages_meanwhile_stays(world: ArchivingWorld) -> None:
    def before(edit: Edit) -> None:
        if edit.summary.startswith("archived to"):
            world.write(world.page().replace("2025-12-24-0", "2025-12-24-0\n* 08:30 eve: on_the_page"))
            text = world.page(world.archive).replace("2025-12-23-0", "2025-12-23-0\n* 08:30 eve: in_the_archive")
            world.write(text, world.archive)
        else:
            world.real.before = before

    world.real.before = before
    page = await world.archived()
    assert "2025-12" not in page
    assert world.order_on_page(world.archive).count("on_the_page") == 1
    assert world.order_on_page(world.archive).count("in_the_archive") == 1
    assert len(world.order_on_page(world.archive)) == 24 + 2


# --- a filter against blanking ------------------------------------------------------------------------------------


FEW = log_page(days=4, lines=6)


@pytest.fixture
def filters(mediawiki: Server) -> Iterator[Filters]:
    with mediawiki.setting("extensions", LOADED):
        made = Filters(mediawiki)
        yield made
        made.remove_all()


@pytest.mark.slow
async def test_where_a_filter_refuses_that_much_is_removed_the_days_leave_one_by_one(
    world: ArchivingWorld, filters: Filters
) -> None:
    filters.add("edit_delta < -400", **DISALLOW)
    page = await world.archived(FEW)
    assert "2025-12" not in page
    assert sum(edit.summary.startswith("archived to") for edit in world.real.sent) == 1 + 4
    assert world.page(world.archive).endswith(FEW)


@pytest.mark.slow
async def test_while_a_filter_refuses_that_anything_is_removed_the_days_stand_on_both_pages_and_it_is_told(
    world: ArchivingWorld, filters: Filters, caplog: pytest.LogCaptureFixture
) -> None:
    filters.add("edit_delta < 0", **DISALLOW)
    page = await world.archived(FEW)
    assert FEW in page
    assert world.page(world.archive).endswith(FEW)
    both = f"2025-12-28 to 2025-12-31 stands on {world.title!r} and in {world.archive!r}"
    assert f"{both}: a filter of the wiki refuses it (abusefilter-disallowed); tried again within 1 hour" in caplog.text

    filters.remove_all()
    await world.pass_time(8000)
    assert "2025-12" not in world.page()
    assert world.page(world.archive).endswith(FEW)
