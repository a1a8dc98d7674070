"""Build and connect all of it, and let it live: the only place that knows every room.

`build` makes a `House` of settings; it runs until it is told to stop, and takes up other settings meanwhile. What
happens is on IRC and on the wiki. Decides nothing about lines, entries or pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labsbot.chat.announcer import Announcer
from labsbot.chat.links import EntryLinks
from labsbot.chat.networks import Networks, RefusedEverywhere
from labsbot.chat.script_announcer import ScriptAnnouncer
from labsbot.delivery import Deliverer
from labsbot.desk.catchup import CatchUp
from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.receipts import Receipts
from labsbot.desk.runs import Runs, Unended
from labsbot.desk.scripts import Scripts
from labsbot.edge.notify import NOBODY, Notifier
from labsbot.journal import Journal, Reading
from labsbot.service import reload, stations, tasks
from labsbot.service.archiving import Archiving
from labsbot.service.changes import tell_changes
from labsbot.service.clocks import Clocks
from labsbot.service.counted import Counted
from labsbot.service.door import Door
from labsbot.service.front_desk import UNNAMED, make_desk
from labsbot.service.hand_edits import HandEdits
from labsbot.service.heartbeat import Heartbeat
from labsbot.service.machine_clock import utc_now
from labsbot.service.outside_clocks import outside_clocks, watch_for
from labsbot.service.reload import Reloads
from labsbot.service.removals import Removals
from labsbot.service.rules import InForce, Rulebook, draw_up
from labsbot.service.submissions import Submissions
from labsbot.service.verbs import Verbs
from labsbot.settings import Settings
from labsbot.web import missing_extra
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker

if TYPE_CHECKING:
    from labsbot.service.metrics import Durations, Figures
    from labsbot.web.server import Web

__all__ = ["House", "RefusedEverywhere", "Reloads", "build", "run"]

log = logging.getLogger("labsbot.service.house")


async def run(
    settings: Settings, stop: asyncio.Event, reloads: Reloads | None = None, notifier: Notifier = NOBODY
) -> None:
    """Run the bot until `stop` is set; then end within ten seconds. `reloads` says when to take up other settings, and
    `notifier` hears how it is.

    Raises JournalFailure (also where another labsbot runs on this journal) and RefusedEverywhere.
    """
    await build(settings, notifier).run(stop, reloads)


def build(settings: Settings, notifier: Notifier = NOBODY) -> House:
    """Open the journal as its one deliverer, and connect everything. Raises JournalFailure."""
    with contextlib.ExitStack() as undo:
        journal = undo.enter_context(contextlib.closing(Journal.open(settings.journal, notifier.taking_long)))
        journal.claim()
        reader = Reader(open_wiki(settings.wiki))
        rules = InForce(draw_up(settings, reader))
        book = rules.book
        counted = Counted(utc_now())
        desk = make_desk(journal, settings, counted.refused)
        lines = IrcLines(desk, book.channels(), book.people.of, book.shapes)
        catch_up = CatchUp(journal.presences, lines.hear, settings.networks)
        clocks = outside_clocks(settings, reader, lambda: rules.book.settings.networks, lambda: networks.ask_time())
        heard_until, watch = catch_up.heard_until, watch_for(clocks)
        networks = Networks(settings.networks, journal.ring, clocks.now, heard_until, settings.state, watch)
        heartbeat = Heartbeat(journal, networks, notifier, time.monotonic, utc_now)
        wiki = open_wiki(settings.wiki, rules.other_log)
        durations = _durations(settings)
        if durations:
            journal.attempts.on_page = durations.on_page
        worker = Worker(wiki, durations.wiki) if durations else Worker(wiki)
        deliverer = Deliverer(journal, wiki, worker, rules.page, utc_now, largest=settings.wiki.largest_edit)
        announcer = Announcer(journal.tellings, networks, time.monotonic)
        script_announcer = ScriptAnnouncer(journal.announcements, networks, time.monotonic, utc_now)
        _announce_by(book, announcer, script_announcer)
        entries = journal.entries
        scripts, runs, receipts = Scripts(entries, utc_now), Runs(entries, journal.runs, utc_now), Receipts(entries)
        submissions = Submissions(scripts, runs)
        submissions.take_up(desk, book)
        unended = Unended(journal.runs, runs, utc_now, timedelta(seconds=settings.during.unknown_after))
        figures = None
        if durations:
            from labsbot.service.metrics import Figures

            rooms = networks, catch_up, clocks, rules.ages, journal, worker
            figures = Figures(*rooms, counted, durations, heartbeat.reasons)
        web = None
        if settings.web and figures and not missing_extra():
            from labsbot.service.by_http import make_web, reading_rules, watched  # who has no `web` need not load it

            seen = watched(heartbeat.reasons, figures.families, counted.requests)
            web = make_web(settings.web, scripts, journal, receipts, seen, settings.journal, reading_rules(book))
        undo.pop_all()
        return House(
            journal,
            rules,
            reader,
            wiki.name,
            worker,
            clocks,
            lines,
            submissions,
            unended,
            receipts,
            catch_up,
            networks,
            deliverer,
            announcer,
            script_announcer,
            counted,
            heartbeat,
            notifier,
            figures,
            web,
        )


def _durations(settings: Settings) -> Durations | None:
    """What measures how long things take; None: nobody wants to know, and need not load what Prometheus brings."""
    if settings.metrics is None and settings.web is None:
        return None
    from labsbot.service.metrics import Durations

    return Durations()


def _announce_by(book: Rulebook, announcer: Announcer, script_announcer: ScriptAnnouncer) -> None:
    links = EntryLinks.by(book.settings.web)
    announcer.take_up(book.settings.operator or UNNAMED.capitalize(), links)
    script_announcer.take_up(book.announced_in, links)


@dataclass(eq=False)
class House:
    """All rooms, connected. It runs once."""

    journal: Journal
    rules: InForce
    reader: Reader
    wiki_name: str
    worker: Worker
    clocks: Clocks
    lines: IrcLines
    submissions: Submissions
    unended: Unended
    receipts: Receipts
    catch_up: CatchUp
    networks: Networks
    deliverer: Deliverer
    announcer: Announcer
    script_announcer: ScriptAnnouncer
    counted: Counted
    heartbeat: Heartbeat
    notifier: Notifier
    figures: Figures | None
    """None: nobody wants to see any."""
    web: Web | None

    async def run(self, stop: asyncio.Event, reloads: Reloads | None = None) -> None:
        """Live until `stop` is set, or until a station ends by itself; then end within ten seconds."""
        with contextlib.ExitStack() as doors:
            doors.callback(self._close)
            tell_changes(self.rules.book.settings, await self.journal.undelivered.pending_by_log())
            await self.catch_up.begin()
            verbs = Verbs(
                self.journal,
                self.networks,
                self.worker,
                self.wiki_name,
                self.counted.started,
                self.submissions,
                Removals(self.journal, self.rules.page),
                Archiving(self.deliverer),
                self.receipts,
                self.rules.ages,
                self.heartbeat.reasons,
                lambda: reloads.flaws if reloads else (),
            )
            async with Door(self.rules.book.settings.journal, verbs.answer).opened():
                self.journal.ring()  # whoever found the door closed has written beside us meanwhile
                self.notifier.ready()
                await self._live(stop, reloads)

    async def reload(self, settings: Settings) -> None:
        """Take up all of these settings that a running bot can, at one moment, and name the rest.

        Raises JournalFailure: nothing has changed.
        """
        taken = reload.take_up(self.rules.book.settings, settings)
        waiting = await self.journal.undelivered.pending_by_log()
        book = draw_up(taken.settings, self.reader, self.rules.book)
        tell_changes(book.settings, waiting)
        # from here on nothing is awaited: no line and no delivery meets a half of it
        desk = make_desk(self.journal, book.settings, self.counted.refused)
        self.lines.take_up(desk, book.channels(), book.people.of, book.shapes)
        self.submissions.take_up(desk, book)
        self.unended.take_up(timedelta(seconds=book.settings.during.unknown_after))
        if self.web and book.settings.web:
            from labsbot.service.by_http import reading_rules

            self.web.take_up(book.settings.web, reading_rules(book))
        self.catch_up.take_up(book.settings.networks)
        self.networks.take_up(book.settings.networks)
        self.clocks.take_up({network.name for network in book.settings.networks})
        _announce_by(book, self.announcer, self.script_announcer)
        self.rules.exchange(book)
        self.journal.ring()
        log.info("the configuration was read again, and holds from now on")
        if taken.restart:
            log.warning("restart labsbot to change: %s", ", ".join(taken.restart))

    async def _live(self, stop: asyncio.Event, reloads: Reloads | None) -> None:
        begun = {**self._stations(), **({"reloads": reloads.run(self.reload)} if reloads else {})}
        running = {name: asyncio.create_task(station, name=name) for name, station in begun.items()}
        first_look = asyncio.create_task(stations.try_wiki(self.wiki_name, self.reader))
        try:
            await tasks.first_end(list(running.values()), stop)
        finally:
            self.notifier.stopping()
            if self.web:
                self.web.stop()
            await stations.end(self.networks, self.deliverer, running)
            await tasks.cancel([first_look])

    def _stations(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What goes on beside each other."""
        settings = self.rules.book.settings
        begun: dict[str, Coroutine[Any, Any, None]] = {
            "networks": self.networks.run(),
            "front desk": stations.front_desk(self.networks, self.catch_up, self.counted.answered),
            "deliverer": self.deliverer.run(),
            "announcer": self.announcer.run(),
            "script announcer": self.script_announcer.run(),
            "receipts": self.receipts.run(),
            "unended": self.unended.run(),
            "clocks": self.clocks.run(),
            "sources": self.rules.ask_sources(),
            "hand edits": self._hand_edits(settings).run(),
            "heartbeat": self.heartbeat.run(),
            "upkeep": self.journal.upkeep.run(self._still_of_use, utc_now),
        }
        if settings.lines:
            from labsbot.service.line_port import LinePort

            begun["line port"] = LinePort(settings.lines, self.submissions.scripts, self.rules).run()
        if self.web:
            begun["web"] = self.web.run()
        if settings.metrics and self.figures:
            from labsbot.service.metrics import MetricsFile

            begun["metrics"] = MetricsFile(settings.metrics, self.figures.families).run()
        return begun

    def _still_of_use(self) -> tuple[timedelta, timedelta]:
        """How long ago what is logged when it is repeated may have been said, and what is corrected accepted."""
        networks = self.rules.book.settings.networks
        longest = max(network.catch_up for network in networks)
        correct = max(channel.correct for network in networks for channel in network.channels)
        return timedelta(seconds=longest), timedelta(seconds=correct)

    def _hand_edits(self, settings: Settings) -> HandEdits:
        return HandEdits(self.journal, Reading(settings.journal), self.reader, self.rules.page, utc_now)

    def _close(self) -> None:
        self.worker.close()
        self.reader.close()
        self.journal.close()
