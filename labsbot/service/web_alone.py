"""What is asked by HTTP as a process of its own, beside the bot or without one: settings in, it serves until stopped.

It reads the journal and writes into it through a desk of its own, as every command does, and wakes the bot. What the
bot does with that is seen in the journal, which is looked at as long as somebody waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Scripts
from labsbot.edge import door
from labsbot.edge.notify import NOBODY, Notifier
from labsbot.journal import Journal, Reading
from labsbot.model import BotStatus, JournalFailure
from labsbot.service import reload, tasks
from labsbot.service.by_http import make_web, reading_rules, watched
from labsbot.service.counted import Counted
from labsbot.service.front_desk import make_desk
from labsbot.service.heartbeat import seen_from_beside
from labsbot.service.machine_clock import utc_now
from labsbot.service.metrics import WebFigures
from labsbot.service.reload import Reloads
from labsbot.service.rules import Rulebook, draw_up
from labsbot.settings import Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.web_alone")

LOOK = 1.0
"""Seconds between two looks at what became of what callers wait for."""
LOOK_AT_THE_BOT = 5.0
"""Seconds between two looks at how the bot is."""
REFRESH = 60.0
"""Seconds between two looks at what the bot has kept of its sources of projects."""
ENDING = 8.0
"""Seconds for answers that are under way at the end."""


async def run(settings: Settings, stop: asyncio.Event, reloads: Reloads, notifier: Notifier = NOBODY) -> None:
    """Serve until `stop` is set; then end within ten seconds. Raises JournalFailure: there is none, or we may not."""
    with (
        contextlib.closing(Journal.join(settings.journal)) as journal,
        contextlib.closing(Reader(open_wiki(settings.wiki))) as reader,
    ):
        await WebAlone(settings, journal, reader, notifier).run(stop, reloads)


class WebAlone:
    """The rooms that this process has, connected. It runs once."""

    def __init__(self, settings: Settings, journal: Journal, reader: Reader, notifier: Notifier) -> None:
        assert settings.web is not None, "there is something to serve"
        self._journal = journal
        self._reader = reader
        self._notifier = notifier
        self._counted = Counted(utc_now())
        self._book = draw_up(settings, reader)
        self._desk = make_desk(journal, settings, self._counted.refused)
        self._scripts = Scripts(journal.entries, utc_now)
        self._receipts = Receipts(journal.entries)
        self._reading = Reading(settings.journal)
        self._bot: BotStatus | None = None
        self._unread = ""
        """Why the journal could not be read when that was tried last."""
        figures = WebFigures(self._counted, self._reading.backlog, self._reasons)
        seen = watched(self._reasons, figures.families, self._counted.requests)
        rooms = self._scripts, journal, self._receipts, seen, settings.journal
        self._web = make_web(settings.web, *rooms, reading_rules(self._book))
        self._take_up(self._book)

    async def run(self, stop: asyncio.Event, reloads: Reloads) -> None:
        serving = asyncio.create_task(self._web.run(), name="web")
        beside = [
            asyncio.create_task(each)
            for each in (
                self._receipts.run(),
                self._wake_the_bot(),
                self._look(),
                self._look_at_the_bot(),
                self._refresh(),
                reloads.run(self._reload),
            )
        ]
        self._notifier.ready()
        try:
            await tasks.first_end([serving, *beside], stop)
        finally:
            self._notifier.stopping()
            self._web.stop()
            await asyncio.wait([serving], timeout=ENDING)
            await tasks.cancel([serving, *beside])

    async def _wake_the_bot(self) -> None:
        """Whatever is logged here is for the bot to deliver; where none runs, for the next one."""
        news = self._journal.listen()
        while True:
            await news.wait()
            news.clear()
            with contextlib.suppress(door.NobodyAnswers, door.DoorClosed):
                await asyncio.to_thread(door.ask, self._book.settings.journal, "wake")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self._receipts.look()

    async def _look_at_the_bot(self) -> None:
        """How it is stands in the journal; that we have seen so is the sign that we live."""
        while True:
            if self._journal.failure is not None:  # whoever hears that we are not of use has us write nothing more
                with contextlib.suppress(JournalFailure):
                    await self._journal.try_to_write()
            try:
                self._bot, self._unread = await asyncio.to_thread(self._reading.bot_status), ""
            except JournalFailure as failure:
                self._unread = f"the journal cannot be read: {failure}"
            self._notifier.status("; ".join(self._reasons()) or "the bot is of use")
            self._notifier.alive()
            await asyncio.sleep(min(LOOK_AT_THE_BOT, (self._notifier.watchdog or LOOK_AT_THE_BOT) / 3))

    def _reasons(self) -> tuple[str, ...]:
        """Why we are not of use: what is logged here is of no use without a bot that brings it to the wiki."""
        if self._unread:
            return (self._unread,)
        failure = self._journal.failure
        ours = () if failure is None else (f"the journal cannot be written: {failure}",)
        return (*ours, *seen_from_beside(self._bot, utc_now()))

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            self._take_up(await asyncio.to_thread(draw_up, self._book.settings, self._reader))

    async def _reload(self, wanted: Settings) -> None:
        taken = reload.take_up(self._book.settings, wanted)
        book = await asyncio.to_thread(draw_up, taken.settings, self._reader)
        self._desk = make_desk(self._journal, taken.settings, self._counted.refused)
        self._take_up(book)
        log.info("the configuration was read again, and holds from now on")
        if fixed := [each for each in taken.restart if each.startswith(("web", "journal", "state", "wiki"))]:
            log.warning("restart labsbot web to change: %s", ", ".join(fixed))

    def _take_up(self, book: Rulebook) -> None:
        self._book = book
        settings = book.settings
        quick, announced = settings.during.quick, book.announced
        self._scripts.take_up(self._desk, book.for_scripts(), book.home, book.shapes, quick, announced)
        if settings.web is not None:
            self._web.take_up(settings.web, reading_rules(book))
