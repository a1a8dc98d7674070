"""The process dies at every step of a move, and people edit while nobody is there: no line is lost, none is doubled."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labsbot.journal import Journal
from labsbot.model import Edit, Saved, WikiFailure
from labsbot.wiki.folder import FolderWiki
from tests.delivery import small_worlds
from tests.delivery.archive_world import OLD, PAGE, ArchiveWorld
from tests.delivery.test_states import Fuse, Mortal
from tests.delivery.world import Killed
from tests.journal.bad_days import unsafe_but_fast

pytestmark = pytest.mark.slow


class MortalArchiveWorld(ArchiveWorld):
    """Its pages move in two portions."""

    def __init__(self, folder: Path) -> None:
        self.fuse = Fuse()
        super().__init__(folder, page=PAGE)

    def opened(self) -> Journal:
        journal = super().opened()
        unsafe_but_fast(journal)
        return journal

    def around(self, thing: Any) -> Any:
        return Mortal(thing, self.fuse)

    def restart(self) -> None:
        self.fuse.left = None
        super().restart()

    async def lives(self, steps: int) -> bool:
        """Let it archive for so many steps of ours, and die then. True: it was done before."""
        self.deliverer._archiver._mover._largest = 500
        self.fuse.left = steps
        try:
            await self.pass_time(1000)
        except Killed:
            self.restart()
            self.deliverer._archiver._mover._largest = 500
            return False
        self.fuse.left = None
        return True


def nothing(world: ArchiveWorld) -> None:
    """Nobody edits."""


def a_line_on_the_page(world: ArchiveWorld) -> None:
    """In a day that is on its way, wherever that stands by now."""
    if "2025-12-24-0" in world.page():
        world.write(world.page().replace("2025-12-24-0", "2025-12-24-0\n* 08:30 eve: by_hand"))
    else:
        world.write(world.page(OLD).replace("2025-12-24-0", "2025-12-24-0\n* 08:30 eve: by_hand"), OLD)


def a_line_in_the_archive(world: ArchiveWorld) -> None:
    title = OLD if "2025-12-24-0" in world.page(OLD) else world.title
    world.write(world.page(title).replace("2025-12-24-0", "2025-12-24-0\n* 08:30 eve: by_hand"), title)


def a_line_above(world: ArchiveWorld) -> None:
    world.write(f"* by_hand\n{world.page()}")


def a_day_in_another_place(world: ArchiveWorld) -> None:
    """Somebody moves a day by hand, to another archive."""
    day = "== 2025-12-24 ==\n* 09:00 bob: 2025-12-24-0\n* 08:00 bob: 2025-12-24-1"
    if day in world.page() and day not in world.page(OLD):
        world.write(world.page().replace(f"{day}\n\n", ""))
        world.write(f"{day}\n* by_hand", f"{world.title}/By hand")
    else:
        world.write("* by_hand", f"{world.title}/By hand")


def the_late_edit_arrives(world: ArchiveWorld) -> None:
    world.wiki.posts_late = 0
    for _, edit in world.wiki.on_the_way:
        with contextlib.suppress(WikiFailure):
            FolderWiki.save(world.wiki, edit)
    world.wiki.on_the_way.clear()


def the_late_edit_never_arrives(world: ArchiveWorld) -> None:
    world.wiki.posts_late = 0
    world.wiki.on_the_way.clear()


@pytest.fixture(autouse=True)
def fast_and_strict() -> Iterator[None]:
    """A fault of ours that a guard would hide shows."""
    with small_worlds._fast_and_strict():
        yield


@pytest.mark.parametrize(
    ("act", "stride"),
    [
        (nothing, 17),
        (a_line_on_the_page, 47),
        (a_line_in_the_archive, 53),
        (a_line_above, 71),
        (a_day_in_another_place, 67),
    ],
)
async def test_whenever_it_dies_every_line_stands_once(
    tmp_path: Path, act: Callable[[ArchiveWorld], None], stride: int
) -> None:
    more = ("again",) if act is nothing else ("again", "by_hand")
    for steps in itertools.count(0, stride):
        world = MortalArchiveWorld(tmp_path / str(steps))
        await world.log("hello")
        was_done = await world.lives(steps)
        assert world.before - world.entries() == {}, f"dead at step {steps}, and lost"
        act(world)
        await world.log("again")
        await world.pass_time(1000)
        assert world.is_whole("hello", *more), f"it died at step {steps}"
        assert "2025-12" not in world.page(), f"it died at step {steps}"
        world.journal.close()
        if was_done:
            assert steps > 60
            break


@pytest.mark.parametrize("act", [the_late_edit_arrives, the_late_edit_never_arrives])
async def test_whichever_edit_is_on_its_way_when_it_dies_every_line_stands_once(
    tmp_path: Path, act: Callable[[ArchiveWorld], None]
) -> None:
    for number in range(6):
        world = MortalArchiveWorld(tmp_path / str(number))
        await world.log("hello")
        await world.deliver()
        world.deliverer._archiver._mover._largest = 500
        die_while_one_is_on_its_way(world, number)
        with contextlib.suppress(Killed):
            await world.pass_time(1000)
        world.restart()
        act(world)
        await world.pass_time(1000)
        assert world.is_whole("hello"), f"edit {number}"
        assert "2025-12" not in world.page(), f"edit {number}"
        world.journal.close()


def die_while_one_is_on_its_way(world: MortalArchiveWorld, number: int) -> None:
    """The edit of that number from now on, counted from nought."""
    number += len(world.wiki.edits)
    save = world.wiki.save

    def late(edit: Edit) -> Saved:
        if len(world.wiki.edits) != number:
            return save(edit)
        world.wiki.edits.append(edit)
        world.wiki.on_the_way.append((world.seconds, edit))
        raise Killed

    world.wiki.save = late  # type: ignore[method-assign]
