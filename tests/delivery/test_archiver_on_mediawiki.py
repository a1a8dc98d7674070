"""Old days move to an archive on a real MediaWiki, and what people do there meanwhile stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labsbot.model import Edit, Unknown
from tests.delivery.archive_world import SETTINGS, log_page
from tests.delivery.real import Edge, RealWorld, lose
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers
YEAR = log_page(days=12)


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


class ArchivingWorld(RealWorld):
    """A log on the real wiki that has grown; time passes as soon as nothing is to be done."""

    def __init__(self, folder: Path, edge: Edge) -> None:
        super().__init__(folder, edge, SETTINGS)
        self.archive = f"{self.title}/2025"

    async def archived(self, text: str = f"Intro.\n\n{YEAR}\n\n[[Category:Old]]") -> str:
        """Write a page, log something, and let it be archived; the page without what was logged."""
        self.write(text)
        await self.logged("hello")

        async def passes(seconds: float | None) -> None:
            if seconds is None or seconds > 1000:
                self.deliverer.stop()
            else:
                self.seconds += seconds

        self.deliverer._rest = passes  # type: ignore[method-assign]
        await self.deliverer.run()
        return self.page()


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
