"""The whole bot with logging by HTTP, as a process: what is answered is true, and the end waits for nobody."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labsbot.demo.person import DemoPerson
from labsbot.service import extras
from labsbot.service.reload import take_up
from labsbot.settings import Server, WebSettings, WebToken
from labsbot.text.digests import digest
from tests.cli.test_log import CONFIGURATION
from tests.cli.test_main import Running
from tests.servers.breakable import BreakableServer
from tests.service.test_reload import RUNNING, answer

WEB = """\
web:
  listen: unix:web.sock
  url: https://logs.example/
  tokens: {{{name}: {{sha256: {hash}, projects: all}}}}
"""
ENTRY = {"project": "tools", "message": "restarted the web service"}


class BotWithWeb:
    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.path = folder / "labsbot.yaml"
        self.port = port
        self._plain = CONFIGURATION.format(folder=folder, port=port)
        self.write("deploy", "one")

    def write(self, name: str, token: str) -> None:
        self.path.write_text(self._plain + WEB.format(name=name, hash=digest(token)))

    async def post(self, token: str, content: object = ENTRY, wait: int = 0) -> tuple[int, Any]:
        return await self.call("POST", content, Authorization=f"Bearer {token}", Prefer=f"wait={wait}")

    async def call(
        self, method: str, content: object = None, path: str = "/api/v1/entries", **headers: str
    ) -> tuple[int, Any]:
        reader, writer = await asyncio.open_unix_connection(self.folder / "web.sock")
        body = "" if content is None else json.dumps(content)
        named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\n{named}Connection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head, _, answer = (await asyncio.wait_for(reader.read(), 40)).decode().partition("\r\n\r\n")
        writer.close()
        return int(head.split(" ")[1]), json.loads(answer)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[tuple[BotWithWeb, Running]]:
    server = BreakableServer({})
    await server.start()
    place = BotWithWeb(tmp_path, server.port)
    running = Running(place.path)
    await running.logged("takes calls on")
    await running.logged("lets us in")
    await running.logged("joined #cloud")
    yield place, running
    running.process.terminate()
    await running.exit_status()
    await server.close()


@pytest.mark.slow
async def test_people_are_told_the_readers_page_of_an_entry_and_correct_it_by_that(
    bot: tuple[BotWithWeb, Running],
) -> None:
    place, _ = bot
    async with await DemoPerson.connect("127.0.0.1", place.port, "alice") as alice:
        await alice.join("#cloud")
        logged = await answer(alice, "!log tools one")
        assert (link := re.fullmatch(r"Logged at (https://logs\.example/entry/sal-\S+)", logged))
        assert await answer(alice, f"!undo {link[1]}") == f"Taken back: {link[1]}"


@pytest.mark.slow
async def test_what_is_said_to_be_on_the_wiki_is_there(bot: tuple[BotWithWeb, Running]) -> None:
    place, _ = bot
    status, told = await place.post("one", wait=20)
    page = (place.folder / "pages" / "Nova_Resource:Tools%2FSAL.wiki").read_text()
    assert (status, told["state"]) == (201, "delivered")
    assert told["url"].endswith(f"#{told['id']}")
    assert f"deploy: {ENTRY['message']}" in page
    assert told["id"] in page
    status, several = await place.post("one", [ENTRY, {"projects": ["tools", "bots"], "message": "x"}], wait=20)
    assert (status, [each["state"] for each in several["entries"]]) == (201, ["delivered", "delivered"])


@pytest.mark.slow
async def test_a_reload_takes_up_other_tokens(bot: tuple[BotWithWeb, Running]) -> None:
    place, running = bot
    place.write("other", "two")
    running.process.send_signal(signal.SIGHUP)
    await running.logged("the configuration was read again")
    assert (await place.post("one"))[0] == 401
    assert (await place.post("two"))[1]["author"] == "other"


@pytest.mark.slow
async def test_it_ends_in_time_and_whoever_waits_is_answered(tmp_path: Path) -> None:
    server = BreakableServer({})
    await server.start()
    place = BotWithWeb(tmp_path, server.port)
    (tmp_path / "pages").write_text("this is no folder, so nothing gets there")
    running = Running(place.path)
    await running.logged("takes calls on")
    waiting = asyncio.create_task(place.post("one", wait=30))
    await running.logged("accepted sal-")
    begun = time.monotonic()
    running.process.terminate()
    assert (await waiting)[0] == 202
    assert await running.exit_status() == 0
    assert time.monotonic() - begun < 10
    assert not (tmp_path / "web.sock").exists()
    await server.close()


def test_what_needs_a_restart_is_named_and_tokens_do_not() -> None:
    web = WebSettings(Server("127.0.0.1", 80), "https://a/", (WebToken("a", "0" * 64),))
    running = replace(RUNNING, web=web)
    other = replace(web, listen=Server("127.0.0.1", 81), url="https://b/", tokens=())
    taken = take_up(running, replace(running, web=other))
    assert (taken.settings.web, taken.restart) == (replace(web, tokens=()), ("web.listen", "web.url"))
    assert take_up(RUNNING, running).restart == ("web",)
    assert take_up(running, RUNNING).settings.web == web


def test_what_is_not_installed_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running = replace(RUNNING, web=WebSettings(Server("127.0.0.1", 80), "https://a/"))
    assert extras.missing(running) == []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "uvicorn" else object())
    (words,) = extras.missing(running)
    assert words.endswith("nothing is served by HTTP: install labsbot with its extra “web” (pip install '.[web]')")
    assert extras.missing(RUNNING) == []


def test_who_takes_nothing_by_http_loads_none_of_it() -> None:
    code = "import sys, labsbot.service.house; print({'starlette', 'uvicorn', 'h11'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
