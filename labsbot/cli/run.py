"""``labsbot run``: the bot as a service."""

from __future__ import annotations

from pathlib import Path

import click

from labsbot.cli.loading import configuration
from labsbot.cli.log_options import log_options
from labsbot.cli.serving import Serves, serve
from labsbot.edge.logs import LogSettings


@click.command("run")
@configuration
@log_options
def command(path: Path, log_settings: LogSettings) -> None:
    """Run the bot until SIGTERM or SIGINT; SIGHUP has it read the configuration again.

    \b
    Example:  labsbot run -c /etc/labsbot/labsbot.yaml
    """
    serve(path, log_settings, True, _bot)


def _bot() -> Serves:
    from labsbot.service import house
    from labsbot.service.extras import missing

    return Serves(house.run, missing=missing, refused=(house.RefusedEverywhere,))
