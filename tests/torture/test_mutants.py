"""Without one of its safeguards the bot loses or doubles entries, or people's edits, and the checker finds it.

Each scene aims at one safeguard, and leaves nothing to luck; the bot as it is comes through all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from labsbot.demo.person import DemoPerson
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki
from tests.torture.bot import behind
from tests.torture.checker import (
    BY_HAND,
    DOUBLED,
    ERASED,
    LEFT_BEHIND,
    LOST,
    OUT_OF_ORDER,
    TOLD_FALSELY,
    UNDONE,
    UNLISTED,
    Finding,
    check,
)
from tests.torture.editor import Change, Way, archive_newest, line, note
from tests.torture.ordeal import COPYING, HOME, World, asked_until, come_to_rest, give_past, world
from tests.torture.people import OWN, Typist
from tests.torture.plan import LATEST, Fault, Moment, Step

pytestmark = pytest.mark.servers

Deed = Callable[[], Awaitable[None]]

MOVED = 60.0
"""Seconds in which old days must have moved."""
PROJECT = "web"
TITLE = HOME[OWN, PROJECT]


class Scene:
    """A world with one person who logs, and edits that can be spoilt one by one."""

    def __init__(self, around: World, person: DemoPerson) -> None:
        self.around = around
        self.alice = person
        self.typist = Typist(person, seed=0, pause=0)
        around.typists.append(self.typist)
        around.proxy.plan = lambda save: self.steps.pop(0) if save and self.steps else Step()
        self.steps: list[Step] = []
        """What becomes of the next edits."""

    async def log(self) -> None:
        """Log something and wait for its address."""
        since = len(self.alice.lines)
        self.say()
        await self.alice.heard(lambda line: f" :{self.alice.nick}: Logged " in line, since=since)

    async def regret(self, done: str, ask: Callable[[str], None]) -> None:
        """Take something back or amend it, and wait until that is done."""
        since = len(self.alice.lines)
        ask(OWN)
        await self.alice.heard(lambda line: f" :{self.alice.nick}: {done}: " in line, since=since)

    def say(self) -> None:
        self.typist.say(OWN, PROJECT, "something")

    def during_an_edit(self, deeds: Mapping[Moment, Deed]) -> asyncio.Event:
        """Have something done once, each at its moment of the next edit; the event is set when all of it was."""
        left = dict(deeds)
        done = asyncio.Event()

        async def meanwhile(now: Moment) -> None:
            if deed := left.pop(now, None):
                await deed()
            if not left:
                done.set()

        self.around.proxy.meanwhile = meanwhile
        return done

    async def live_again(self, behind: timedelta = timedelta(0)) -> None:
        """The bot dies and is started again, with its clock so far behind."""
        await self.around.bot.kill()
        await self.around.start(behind)
        await self.around.ready()

    async def has_old_days(self) -> None:
        """The page has days of a month that is over."""
        await self.around.bot.kill()
        await give_past(self.around, [TITLE], months=1, seed=0)
        await self.around.start()
        await self.around.ready()

    async def some_days_moved(self) -> None:
        """Return when it is over with the first of them, whatever came of it."""
        async with asyncio.timeout(MOVED):
            await asked_until(lambda: self.around.moved("TRUE") > 0)

    async def by_hand(self, way: Way) -> None:
        """Somebody edits the page."""
        await asyncio.to_thread(self.around.editor.change, TITLE, way)

    async def found(self) -> list[Finding]:
        """Let the bot come to rest; what the checker finds."""
        await come_to_rest(self.around)
        return check(await asyncio.to_thread(self.around.evidence))


@contextlib.asynccontextmanager
async def a_scene(folder: Path, irc: InspIRCd, mutant: str = "none") -> AsyncIterator[Scene]:
    with MediaWiki(folder / "wiki") as wiki:
        async with (
            world(folder, wiki, irc, lambda save: Step(), mutant=mutant) as around,
            await DemoPerson.connect("127.0.0.1", irc.port, "alice") as alice,
        ):
            await alice.join(OWN)
            scene = Scene(around, alice)
            await scene.live_again()
            yield scene


async def a_lost_answer(scene: Scene) -> None:
    """The wiki saves an edit, its answer is lost, and somebody archives the day before the bot looks again."""
    await scene.log()
    scene.steps = [Step(Fault.UNANSWERED)]
    scene.during_an_edit({Moment.EDIT_SAVED: lambda: scene.by_hand(archive_newest)})
    await scene.log()


async def a_death(scene: Scene) -> None:
    """The bot dies when the wiki has saved an edit, and somebody archives the day before it is started again."""
    await scene.log()

    async def die() -> None:
        await scene.around.bot.kill()
        await scene.by_hand(archive_newest)

    dead = scene.during_an_edit({Moment.EDIT_SAVED: die})
    scene.say()
    await dead.wait()
    await scene.live_again()


async def a_late_edit(scene: Scene) -> None:
    """An edit hangs on its way; it reaches the wiki after the bot has looked for it in vain and sent it again."""
    await scene.log()
    scene.steps = [Step(Fault.LANDS_LATE, 1.0)]
    await scene.log()
    await scene.log()
    await scene.around.proxy.settle()


async def a_late_day(scene: Scene, seconds: float = LATEST) -> None:
    """An edit that begins a day hangs on its way for so long, and somebody writes above it meanwhile.

    Where it was sent again by then, MediaWiki merges both: around the blank line above the day it finds two places.
    """
    await scene.live_again(behind(days=1))
    await scene.log()
    await scene.by_hand(note)
    await scene.live_again()
    scene.steps = [Step(Fault.LANDS_LATE, seconds)]
    scene.during_an_edit({Moment.EDIT_BEGUN: lambda: scene.by_hand(remark)})
    await scene.log()
    await scene.around.proxy.settle()


async def a_regret(scene: Scene) -> None:
    """Somebody takes an entry back while the wiki is read-only; another is amended and taken back on the wiki."""
    await scene.log()

    def plan(save: bool) -> Step:
        regretted = scene.around.ids("change")
        return Step(Fault.READONLY) if save and not regretted else Step()

    scene.around.proxy.plan = plan
    scene.say()
    await scene.regret("Taken back", scene.typist.undo)
    await scene.log()
    await scene.regret("Amended", partial(scene.typist.amend, reference=None, words="something else"))
    await scene.regret("Taken back", scene.typist.undo)


async def a_lost_copy(scene: Scene) -> None:
    """The wiki saves what copies old days to their archive, and its answer is lost."""
    around = scene.around
    around.proxy.plan = lambda save: Step(Fault.UNANSWERED) if save and COPYING in around.moving() else Step()
    await scene.has_old_days()
    await scene.log()
    await scene.some_days_moved()


async def a_death_in_a_move(scene: Scene) -> None:
    """The bot dies when the wiki has saved its first edit for days that move."""
    dead = asyncio.Event()

    async def die(now: Moment) -> None:
        if now is Moment.EDIT_SAVED and scene.around.moving() and not dead.is_set():
            dead.set()
            await scene.around.kill()

    scene.around.proxy.meanwhile = die
    await scene.has_old_days()
    await scene.log()
    await dead.wait()
    await scene.live_again()
    await scene.some_days_moved()


def remark(text: str, words: str, chance: Random) -> Change:
    """One more line below what stands above the first heading."""
    above, heading, below = text.partition("\n\n== ")
    return Change(f"{above}\nAs for {words}, mind them.{heading}{below}")


async def a_busy_second(scene: Scene) -> None:
    """Somebody edits the same day in the very second in which the bot did; then the bot edits it again."""

    async def a_second_begins() -> None:
        await asyncio.sleep(1 - time.time() % 1)

    await scene.log()
    for _ in range(5):
        scene.during_an_edit({Moment.EDIT_BEGUN: a_second_begins, Moment.EDIT_SAVED: lambda: scene.by_hand(line)})
        await scene.log()
        newest, before = (await asyncio.to_thread(scene.around.wiki.history, TITLE))[:2]
        if newest["timestamp"] == before["timestamp"]:
            await scene.log()
            return
    raise AssertionError("this machine is too slow for two edits in one second")


async def test_the_bot_as_it_is_comes_through_all_of_it(tmp_path: Path, inspircd: InspIRCd) -> None:
    async with a_scene(tmp_path, inspircd) as stage:
        for scene in (a_death_in_a_move, a_late_day, a_lost_answer, a_death, a_late_edit, a_busy_second, a_regret):
            await scene(stage)
        assert await stage.found() == []


@pytest.mark.parametrize(
    ("mutant", "scene", "kinds"),
    [
        ("no-look-up", a_lost_answer, {DOUBLED}),
        ("no-look-up", a_death, {DOUBLED}),
        ("no-patience", partial(a_late_day, seconds=4.0), {DOUBLED, OUT_OF_ORDER}),
        ("no-intent", a_lost_answer, {DOUBLED}),
        ("no-intent", a_death, {DOUBLED}),
        ("no-struck", a_regret, {LOST, UNDONE, TOLD_FALSELY}),
        ("base-timestamp", a_busy_second, {BY_HAND, ERASED}),
        ("no-look-up", a_lost_copy, {DOUBLED, BY_HAND, LEFT_BEHIND, UNLISTED}),
        ("no-copy-first", a_death_in_a_move, {LOST, BY_HAND, ERASED}),
    ],
)
async def test_the_torture_finds_a_mutant(
    mutant: str, scene: Callable[[Scene], Awaitable[None]], kinds: set[str], tmp_path: Path, inspircd: InspIRCd
) -> None:
    async with a_scene(tmp_path, inspircd, mutant) as stage:
        await scene(stage)
        assert {finding.kind for finding in await stage.found()} == kinds


async def test_the_time_of_the_base_beside_its_revision_harms_no_edit_of_a_section(
    tmp_path: Path, inspircd: InspIRCd
) -> None:
    """MediaWiki forgives an account its conflicts with itself only where a whole page is edited; we never do."""
    async with a_scene(tmp_path, inspircd, "base-timestamp-too") as stage:
        await a_late_edit(stage)
        await a_busy_second(stage)
        assert await stage.found() == []
