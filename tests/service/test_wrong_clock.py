"""The whole bot with a wrong clock, between a real MediaWiki and a real InspIRCd whose clocks are right."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsbot.demo.person import DemoPerson
from tests.irc.conftest import until
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki
from tests.servers.ngircd import NgIRCd
from tests.torture.bot import Bot, set_clock

pytestmark = pytest.mark.servers

CONFIGURATION = """
journal: {folder}/journal.sqlite3
irc:
  net:
    server: {host}:{port}
    tls: false
    nick: labsbot
    backoff: {{first: 100ms, most: 1s}}
    channels: {{"#clock": {{}}}}
{more}
wiki:
  api: {api}
  user: {user}
  password: {{env: LABSBOT_WIKI_PASSWORD}}
page: {{title: "{{project}}/SAL"}}
projects: [{{list: [{project}]}}]
"""
OLD = """
  old:
    server: {host}:{port}
    tls: false
    nick: labsbot
    channels: {{"#clock": {{}}}}
"""
HOUR = timedelta(hours=1)
WRONG = {"3 h behind": 3 * HOUR, "a day ahead": -24 * HOUR}


class Elsewhere(InspIRCd):
    """On another address than the wiki: the clock of another machine, as far as the bot can see."""

    host = "127.0.0.2"


class Liar(Elsewhere):
    """Its clock is three hours ahead."""

    def command(self) -> list[str]:
        return ["/usr/bin/faketime", "-f", "+3h", *super().command()]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[InspIRCd]:
    with Elsewhere() as server:
        yield server


class Place:
    def __init__(self, folder: Path, irc: InspIRCd, wiki: MediaWiki, alice: DemoPerson, more: str = "") -> None:
        """`more`: another network, in the configuration's words."""
        self.wiki = wiki
        self.alice = alice
        self.project = re.sub("[^a-z0-9]", "", folder.name.lower())
        path = folder / "labsbot.yaml"
        path.write_text(
            CONFIGURATION.format(
                folder=folder,
                host=irc.host,
                port=irc.port,
                api=wiki.api,
                user=wiki.bot_user,
                project=self.project,
                more=more,
            )
        )
        self.bot = Bot(path, wiki.bot_password)

    async def start(self, behind: timedelta, clock: Path | None = None) -> None:
        since = len(self.alice.lines)
        await self.bot.start(behind, clock)
        await self.alice.heard(lambda line: re.match(r":labsbot!\S+ JOIN ", line), since=since)

    async def says(self, words: str) -> None:
        """The bot's log says so."""
        await until(lambda: words in self.bot.log.read_text(), f"the log says {words}")

    async def log(self, message: str, by: DemoPerson | None = None) -> tuple[str, datetime]:
        """Log something, as alice unless another is given; the entry's id, and when it was said by it."""
        person = by or self.alice
        since = len(person.lines)
        person.say("#clock", f"!log {self.project} {message}")
        answer = await person.heard(lambda line: f"{person.nick}: Logged at" in line, since=since)
        found = re.search(r"sal-(\d{14})-\w+", answer)
        assert found
        return found[0], datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)

    @property
    def page(self) -> str:
        return self.wiki.text(f"{self.project.capitalize()}/SAL") or ""


@pytest.fixture
async def place(tmp_path: Path, elsewhere: InspIRCd, mediawiki: MediaWiki) -> AsyncIterator[Place]:
    async for each in placed(tmp_path, elsewhere, mediawiki):
        yield each


async def placed(folder: Path, irc: InspIRCd, wiki: MediaWiki, more: str = "") -> AsyncIterator[Place]:
    async with await DemoPerson.connect(irc.host, irc.port, "alice") as alice:
        await alice.join("#clock")
        place = Place(folder, irc, wiki, alice, more)
        try:
            yield place
        finally:
            await place.bot.stop()


@pytest.mark.parametrize("behind", WRONG.values(), ids=WRONG)
async def test_an_entry_stands_under_its_true_day_and_time(place, behind):
    await place.start(behind)
    await place.says("Set the clock.")
    before = datetime.now(UTC).replace(microsecond=0)
    name, said = await place.log("restarted")
    assert before <= said <= datetime.now(UTC)
    assert place.page == (
        f'== {said:%Y-%m-%d} ==\n* <span id="{name}">[[#{name}|{said:%H:%M}]]</span> alice: restarted'
    )


async def test_a_line_from_a_network_that_tells_no_times_gets_the_believed_one(tmp_path, elsewhere, mediawiki):
    with NgIRCd() as old:
        async with await DemoPerson.connect(old.host, old.port, "bob") as bob:
            await bob.join("#clock")
            async for place in placed(tmp_path, elsewhere, mediawiki, OLD.format(host=old.host, port=old.port)):
                await place.start(3 * HOUR)
                await bob.heard(lambda line: re.match(r":labsbot!\S+ JOIN ", line))
                await place.says("Set the clock.")
                before = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
                _, said = await place.log("restarted", bob)
                assert before <= said <= datetime.now(UTC)


async def test_a_network_that_lies_alone_moves_no_entry(tmp_path, mediawiki):
    with Liar() as liar:
        async for place in placed(tmp_path, liar, mediawiki):
            await place.start(timedelta(0))
            await place.says("this machine's clock is 3 h behind net; it is used all the same")
            before = datetime.now(UTC).replace(microsecond=0)
            _, said = await place.log("restarted")
            assert before <= said <= datetime.now(UTC)


async def test_the_clocks_of_one_machine_are_one_clock_and_do_not_overrule_ours(tmp_path, inspircd, mediawiki):
    async for place in placed(tmp_path, inspircd, mediawiki):
        await place.start(3 * HOUR)
        await place.says("it is used all the same")
        _, said = await place.log("restarted")
        assert abs(datetime.now(UTC) - 3 * HOUR - said) < timedelta(minutes=1)
        assert "Set the clock." not in place.bot.log.read_text()


async def test_a_clock_that_is_set_wrong_and_right_again_while_the_bot_runs_moves_no_entry(place, tmp_path):
    clock = tmp_path / "clock"
    set_clock(clock, timedelta(0))
    await place.start(timedelta(0), clock)
    for message, behind, words in (
        ("right", timedelta(0), "joined #clock"),
        ("wrong", 3 * HOUR, "Set the clock."),
        ("right again", timedelta(0), "this machine's clock is used: it agrees with"),
    ):
        set_clock(clock, behind)
        await place.says(words)
        before = datetime.now(UTC).replace(microsecond=0)
        _, said = await place.log(message)
        assert before <= said <= datetime.now(UTC)


@pytest.mark.parametrize("behind", [3 * HOUR, -3 * HOUR], ids=["behind", "ahead"])
async def test_each_stands_once_and_in_its_order_when_another_clock_is_believed_in_between(place, behind):
    place.alice.send("MODE #clock +H 50:1h")
    with place.wiki.frozen():
        await place.start(behind)
        place.alice.say("#clock", f"!log {place.project} by a wrong clock")
        await place.says("accepted")
    await place.says("Set the clock.")
    await place.alice.heard(lambda line: "alice: Logged" in line)
    true, _ = await place.log("by the true one")
    assert "of the history of #clock" not in place.bot.log.read_text()
    await place.bot.kill()
    await place.start(timedelta(0))
    await place.says("of the history of #clock")
    last, _ = await place.log("by our own")
    lines = re.findall(r'^\* <span id="(sal-\S+)">.* alice: (.*)$', place.page, re.MULTILINE)
    assert [words for _, words in sorted(lines)] == (
        ["by a wrong clock", "by the true one", "by our own"]
        if behind > timedelta(0)
        else ["by the true one", "by our own", "by a wrong clock"]
    )
    assert lines == sorted(lines, reverse=True)
    assert {true, last} < {name for name, _ in lines}


async def test_check_says_so_too(place):
    await place.start(timedelta(0))
    place.bot.configuration.with_name("other.yaml").write_text(
        place.bot.configuration.read_text().replace("nick: labsbot", "nick: visitor")
    )
    asked = ("check", "-c", str(place.bot.configuration.with_name("other.yaml")), "--online")
    status, words = await place.bot.command(*asked)
    assert (status, words.splitlines()[-1]) == (0, "clock: it agrees with net and the wiki")
    status, words = await place.bot.command(*asked, behind=-3 * HOUR)
    assert status == 1
    assert "clock: this machine's clock is 3 h ahead of net and the wiki, which agree: entries get their time." in words
