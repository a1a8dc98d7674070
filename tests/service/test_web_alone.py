"""``labsbot web`` as a process of its own: beside the bot, and without one."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.journal import Journal
from tests.cli.test_main import Running
from tests.servers.breakable import BreakableServer
from tests.service.test_by_http import ENTRY, BotWithWeb

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.fixture
async def server() -> AsyncIterator[BreakableServer]:
    made = BreakableServer({})
    await made.start()
    yield made
    await made.close()


async def messages(place: BotWithWeb) -> list[str]:
    status, told = await place.call("GET")
    assert status == 200
    return [each["message"] for each in told["entries"]]


async def test_without_a_bot_what_is_logged_is_kept_and_can_be_read(tmp_path: Path) -> None:
    place = BotWithWeb(tmp_path, 1)
    Journal.open(tmp_path / "journal.sqlite3").close()
    web = Running(place.path, command="web")
    await web.logged("takes calls on")
    assert await messages(place) == []
    assert await place.call("GET", path="/readyz") == (
        503,
        {"status": "not ready", "reasons": ["no bot has run here yet"]},
    )
    place.write("other", "two")
    web.process.send_signal(signal.SIGHUP)
    await web.logged("the configuration was read again")
    assert (await place.post("one"))[0] == 401
    waiting = asyncio.create_task(place.post("two", wait=30))
    await web.logged("accepted sal-")
    assert await messages(place) == [ENTRY["message"]]
    begun = time.monotonic()
    web.process.terminate()
    assert (await waiting)[0] == 202
    assert await web.exit_status() == 0
    assert time.monotonic() - begun < 10
    assert not (tmp_path / "web.sock").exists()


async def test_beside_the_bot_what_is_logged_is_brought_to_the_wiki_and_the_caller_is_told(
    tmp_path: Path, server: BreakableServer
) -> None:
    place = BotWithWeb(tmp_path, server.port)
    Journal.open(tmp_path / "journal.sqlite3").close()
    web = Running(place.path, command="web")
    await web.logged("takes calls on")
    bot = Running(place.path)
    await bot.logged("cannot listen on")
    await bot.logged("lets us in")
    async with asyncio.timeout(20):
        while (await place.call("GET", path="/readyz"))[0] != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    status, told = await place.post("one", wait=20)
    assert (status, told["state"]) == (201, "delivered")
    assert f"deploy: {ENTRY['message']}" in (tmp_path / "pages" / "Nova_Resource:Tools%2FSAL.wiki").read_text()
    bot.process.terminate()
    assert await bot.exit_status() == 0
    assert await messages(place) == [ENTRY["message"]]
    web.process.terminate()
    assert await web.exit_status() == 0


def test_where_nothing_is_configured_or_kept_it_says_so_and_ends(tmp_path: Path) -> None:
    place = BotWithWeb(tmp_path, 1)
    ended = labsbot_web(place.path)
    assert ended == (1, f"there is no journal at {tmp_path}/journal.sqlite3: `labsbot run` makes it")
    place.path.write_text(place.path.read_text().partition("web:\n")[0])
    assert labsbot_web(place.path) == (78, "there is no “web” in the configuration, so there is nothing to serve")


def labsbot_web(path: Path) -> tuple[int, str]:
    web = Running(path, command="web")
    status = web.process.wait(20)
    return status, web.last_line().removeprefix("labsbot: ")
