"""``labsbot health``: is the running bot of use? For monitoring and containers: the exit status is the answer."""

from __future__ import annotations

from pathlib import Path

import click

from labsbot.cli.loading import FAILED, configuration, fail
from labsbot.cli.status import told_by_bot
from labsbot.edge import logs
from labsbot.edge.answers import WrongAnswer, rows, text


@click.command("health")
@configuration
def command(path: Path) -> None:
    """Exit status 0 where the bot runs and is of use, else 1 with the reason, as /readyz tells it; 78 where the
    configuration is wrong.

    \b
    Example:  labsbot health -c /etc/labsbot/labsbot.yaml
    """
    try:
        reasons = [text(each) for each in rows(told_by_bot(path).get("reasons"))]
    except WrongAnswer:
        fail(FAILED, "the bot that runs is of another release: restart it")
    if reasons:
        fail(FAILED, logs.printable(f"not ready: {'; '.join(reasons)}"))
    click.echo("ready")
