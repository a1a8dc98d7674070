"""Connect what takes calls by HTTP with the rooms that it asks; loaded only where `web` is configured."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping

from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Scripts
from labsbot.journal import Journal, Reading
from labsbot.service.front_desk import UNNAMED
from labsbot.service.logs import address_of_page, settings_by_log, wiki_for_people
from labsbot.service.machine_clock import utc_now
from labsbot.service.rules import Rulebook
from labsbot.settings import WebSettings
from labsbot.web.app import WebApp
from labsbot.web.audience import Audiences
from labsbot.web.entries import Entries
from labsbot.web.health import Readiness
from labsbot.web.listing import EntryListing
from labsbot.web.pages.pages import LogPages
from labsbot.web.reading import JournalReader, ReadingRules
from labsbot.web.server import Web
from labsbot.web.tokens import Tokens


def make_web(
    settings: WebSettings,
    scripts: Scripts,
    journal: Journal,
    receipts: Receipts,
    online: Callable[[], Mapping[str, bool]],
    reading: Reading,
    rules: ReadingRules,
) -> Web:
    audiences = Audiences(Tokens(settings.tokens, settings.private), settings.trusted)
    entries = Entries(scripts, journal, receipts, settings.url, audiences, rules.page_of)
    reader = JournalReader(reading, rules)
    listing = EntryListing(reader, audiences, settings.url, entries.stopping)
    readiness = Readiness(journal, online, time.monotonic)
    pages = LogPages(reader, audiences, settings.url, utc_now)
    app = WebApp(entries, listing, pages, readiness, settings.url)
    return Web(settings.listen, entries, listing, pages, reader, app, readiness)


def reading_rules(book: Rulebook) -> ReadingRules:
    """How the log is read by these rules."""
    settings = book.settings
    return ReadingRules(
        book.for_scripts().directory,
        settings_by_log(settings),
        settings.top.page.time_zone,
        settings.operator or UNNAMED,
        wiki_for_people(settings.wiki),
        functools.partial(address_of_page, settings.wiki),
    )
