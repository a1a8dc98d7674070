"""Connect what takes calls by HTTP with the rooms that it asks; loaded only where `web` is configured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Scripts
from labsbot.journal import Journal
from labsbot.settings import WebSettings
from labsbot.web.app import WebApp
from labsbot.web.entries import Entries
from labsbot.web.health import Readiness
from labsbot.web.server import Web
from labsbot.web.tokens import Tokens


def make_web(
    settings: WebSettings,
    scripts: Scripts,
    journal: Journal,
    receipts: Receipts,
    online: Callable[[], Mapping[str, bool]],
) -> Web:
    entries = Entries(scripts, journal, receipts, settings.url, Tokens(settings.tokens))
    readiness = Readiness(journal, online, time.monotonic)
    return Web(settings.listen, entries, WebApp(entries, readiness, settings.url), readiness)
