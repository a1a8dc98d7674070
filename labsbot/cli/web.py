"""``labsbot web``: what is asked by HTTP, as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labsbot.cli.loading import FAILED, MISCONFIGURED, configuration, fail
from labsbot.cli.log_options import log_options
from labsbot.cli.serving import Serves, serve
from labsbot.edge.logs import LogSettings

if TYPE_CHECKING:
    import asyncio

    from labsbot.edge.notify import Notifier
    from labsbot.service.reload import Reloads
    from labsbot.settings import Settings


@click.command("web")
@configuration
@log_options
def command(path: Path, log_settings: LogSettings) -> None:
    """Serve the log to readers and programs until SIGTERM or SIGINT; SIGHUP has it read the configuration again.

    \b
    Example:  labsbot web -c /etc/labsbot/labsbot.yaml

    It reads and writes the journal beside the bot, which brings to the wiki what is logged here, also where that runs
    later only. While this process has the port, `labsbot run` leaves it alone.
    """
    serve(path, log_settings, False, _web)


def _web() -> Serves:
    from labsbot.web import missing_extra

    def check(settings: Settings) -> None:
        if settings.web is None:
            fail(MISCONFIGURED, "there is no “web” in the configuration, so there is nothing to serve")
        if words := missing_extra():
            fail(FAILED, words)

    async def run(settings: Settings, stop: asyncio.Event, reloads: Reloads, notifier: Notifier) -> None:
        from labsbot.service import web_alone  # what it needs is there: that was checked

        await web_alone.run(settings, stop, reloads, notifier)

    return Serves(run, check)
