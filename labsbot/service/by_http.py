"""Connect what takes calls by HTTP with the rooms that it asks; loaded only where `web` is configured."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Scripts
from labsbot.journal import Journal
from labsbot.service.front_desk import UNNAMED
from labsbot.service.logs import address_of_page, settings_by_log, wiki_for_people
from labsbot.service.machine_clock import utc_now
from labsbot.service.metrics import Families, exposed
from labsbot.service.rules import Rulebook
from labsbot.settings import WebSettings
from labsbot.web.app import WebApp
from labsbot.web.audience import Audiences
from labsbot.web.cached import KnownAnswers
from labsbot.web.entries import Entries
from labsbot.web.health import Health, Watched
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
    watched: Watched,
    path: Path,
    rules: ReadingRules,
) -> Web:
    """`path`: of the journal."""
    audiences = Audiences(Tokens(settings.tokens, settings.private), settings.trusted)
    entries = Entries(scripts, journal.entries, receipts, settings.url, audiences, rules.page_of)
    reader = JournalReader(path, rules)
    known = KnownAnswers(reader.state)
    listing = EntryListing(reader, audiences, known, settings.url, entries.stopping)
    health = Health(watched, audiences)
    pages = LogPages(reader, audiences, known, settings.url, utc_now, entries.stopping)
    app = WebApp(entries, listing, pages, health, settings.url, watched.requests)
    return Web(settings.listen, entries, listing, pages, reader, app, health)


def watched(reasons: Callable[[], Sequence[str]], families: Families, requests: Counter[int]) -> Watched:
    """What there is to be seen of a process of ours."""
    return Watched(reasons, functools.partial(exposed, families), requests)


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
