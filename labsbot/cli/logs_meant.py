"""Which logs a command is about: projects as they were typed come in, the logs go out, those of a page together."""

from __future__ import annotations

from collections.abc import Sequence

from labsbot.cli.loading import FAILED, fail
from labsbot.cli.spelling import spellings
from labsbot.edge.logs import printable
from labsbot.journal import Reading
from labsbot.model import Log
from labsbot.service.logs import settings_by_log
from labsbot.settings import Settings


def logs_meant(settings: Settings, reading: Reading, projects: Sequence[str]) -> list[list[Log]]:
    """All to which anything was ever logged; only those of these projects, where some are named. Ends the command where
    one is unknown; raises JournalFailure."""
    found = reading.logs()
    there = tuple(dict.fromkeys(log.project for log in found))
    named = {each: spellings(each, settings, there) for each in projects}
    if empty := [each for each, its_logs in named.items() if not its_logs]:
        fail(FAILED, f"nothing was ever logged to {', '.join(map(printable, empty))}")
    wanted = {each for its_logs in named.values() for each in its_logs} or set(there)
    page_of = settings_by_log(settings)
    by_title: dict[str, list[Log]] = {}
    for log in found:
        by_title.setdefault(page_of(log).title_for(log.project), []).append(log)
    return [logs for logs in by_title.values() if any(log.project in wanted for log in logs)]
