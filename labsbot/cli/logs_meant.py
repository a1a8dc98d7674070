"""Which logs a command is about: projects as they were typed come in, the logs go out, those of a page together."""

from __future__ import annotations

from collections.abc import Sequence

from labsbot.cli.loading import FAILED, fail
from labsbot.edge.logs import printable
from labsbot.journal import Reading
from labsbot.model import Log
from labsbot.service.logs import settings_by_log
from labsbot.settings import Settings, folded


def logs_meant(settings: Settings, reading: Reading, projects: Sequence[str]) -> list[list[Log]]:
    """All to which anything was ever logged; only those of these projects, where some are named. Ends the command where
    one is unknown; raises JournalFailure."""
    found = reading.logs()
    known = {folded(log.project) for log in found}
    if unknown := [each for each in projects if folded(each) not in known]:
        fail(FAILED, f"nothing was ever logged to {', '.join(map(printable, unknown))}")
    wanted = {folded(each) for each in projects} or known
    page_of = settings_by_log(settings)
    by_title: dict[str, list[Log]] = {}
    for log in found:
        by_title.setdefault(page_of(log).title_for(log.project), []).append(log)
    return [logs for logs in by_title.values() if any(folded(log.project) in wanted for log in logs)]
