"""``python -m bench.ping``: how soon the bot answers its IRC server while the wiki is frozen and people type on."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import click

from bench import world
from labsbot.demo.person import DemoPerson
from tests.servers.breakable import BreakableServer
from tests.servers.mediawiki import MediaWiki

PATIENCE = 10.0


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="How long the wiki is frozen.")
@click.option("--rate", default=20.0, show_default=True, help="Lines a second, and PINGs a second.")
def main(seconds: float, rate: float) -> None:
    """Measure PING to PONG, at the server's own end, with the wiki stopped in the middle of an edit."""
    with tempfile.TemporaryDirectory(prefix="labsbot-ping-") as place, MediaWiki(Path(place) / "wiki") as wiki:
        times = sorted(asyncio.run(_frozen(Path(place), wiki, seconds, rate)))
    print(f"PING to PONG, median           {statistics.median(times) * 1000:8.2f} ms    ({len(times)} PINGs)")
    print(f"PING to PONG, p99              {times[int(len(times) * 0.99)] * 1000:8.2f} ms    (at most 50)")


async def _frozen(folder: Path, wiki: MediaWiki, seconds: float, rate: float) -> list[float]:
    server = BreakableServer()
    await server.start()
    path = world.configuration(folder, server.port, wiki.port, wiki.bot_user, ["tools"], None)
    times = []
    with world.bot(path, wiki.bot_password):
        async with await DemoPerson.connect("127.0.0.1", server.port, "bencher") as bencher:
            await bencher.join(world.CHANNEL)
            await bencher.heard(lambda line: "labsbot" in line and (" JOIN " in line or " 353 " in line))
            bencher.say(world.CHANNEL, "!log tools before")
            await bencher.heard(lambda line: "bencher: Logged at " in line)
            with wiki.frozen():
                for number in range(int(seconds * rate)):
                    bencher.say(world.CHANNEL, f"!log tools during, {number}")
                    times.append(await _ping(server, number))
                    await asyncio.sleep(1 / rate)
    await server.close()
    return times


async def _ping(server: BreakableServer, number: int) -> float:
    """Seconds until the bot's PONG to a PING of ours is there."""
    bot = server.guest("labsbot")
    started = time.perf_counter()
    bot.send(f"PING :bench{number}")
    while not any(line.startswith("PONG") and line.endswith(f"bench{number}") for line in bot.received):
        if time.perf_counter() - started > PATIENCE:
            raise TimeoutError("the bot does not answer a PING")
        await asyncio.sleep(0.0005)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
