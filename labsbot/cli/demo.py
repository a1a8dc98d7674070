"""``labsbot demo``: the scene, with nothing installed."""

from __future__ import annotations

import asyncio

import click

from labsbot.demo import play
from labsbot.edge import signals


@click.command("demo")
@click.option("--once", is_flag=True, help="Play the scene and end.")
@click.option("--heading", is_flag=True, help="The other layout: below a heading of the project's own page.")
def command(once: bool, heading: bool) -> None:
    """The whole of it on loopback, nothing needed: an IRC server, a wiki, people who log, and room for you.

    \b
    Example:  labsbot demo
    """
    asyncio.run(signals.until_ended(lambda stop: play(stop, once=once, heading=heading)))
