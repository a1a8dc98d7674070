"""``check --online`` against real servers: what would keep the bot from writing is said before it has to write."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labsbot import online
from labsbot.service.machine_clock import utc_now
from labsbot.settings import (
    BotPassword,
    Channel,
    FolderSettings,
    Listed,
    MediaWikiSettings,
    Network,
    PageSettings,
    Project,
    Secret,
    Settings,
    Source,
)
from labsbot.settings import Server as Address
from tests.irc.conftest import Real
from tests.irc.conftest import network as network_of
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

pytestmark = pytest.mark.servers
_numbers = itertools.count(1)


@pytest.fixture
def folder_wiki(tmp_path: Path) -> FolderSettings:
    return FolderSettings(tmp_path / "pages", None)


def settings(
    folder: Path,
    wiki: MediaWikiSettings | FolderSettings,
    network: Network | None = None,
    title: str = "Nova Resource:{project}/SAL",
) -> Settings:
    page = PageSettings(title)
    source = Source(Listed((Project("tools"),)))
    nowhere = Network("net", (Address("127.0.0.1", 1),), None, "labsbot", "x", (Channel("#a", None, page),))
    known = network or nowhere
    channels = tuple(replace(channel, page=page, projects=(source,)) for channel in known.channels)
    return Settings(folder / "journal", folder, (replace(known, channels=channels),), wiki, Channel("", None, page))


# --- the wiki -----------------------------------------------------------------------------------------------------


class Account:
    """Labsbot at a wiki, with a bot password of certain grants."""

    def __init__(self, server: MediaWiki, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.title = f"Log {next(_numbers)}"

    def with_grants(self, grants: str) -> MediaWikiSettings:
        name = f"app{next(_numbers)}"
        password = f"{name:a<32}"
        self.server.maintenance("createBotPassword", "--appid", name, "--grants", grants, "Labsbot", password)
        return MediaWikiSettings(self.server.api, BotPassword(f"Labsbot@{name}", Secret(password)))

    async def check(
        self, grants: str = "basic,highvolume,editpage,createeditmovepage", bot_flag: bool = False
    ) -> list[str]:
        """What is wrong with the wiki."""
        wiki = replace(self.with_grants(grants), bot_flag=bot_flag)
        outcomes = await online.check(settings(self.folder, wiki, title=self.title))
        of_wiki = [outcome for name, outcome in outcomes if name == "wiki"]
        assert "lets us in; the log of tools is at http" in of_wiki[0].words
        return [outcome.words for outcome in of_wiki if outcome.failed]


@pytest.fixture
def account(mediawiki: MediaWiki, tmp_path: Path) -> Account:
    return Account(mediawiki, tmp_path)


EDIT = (
    "our account may not edit any page: give it the grant “Edit existing pages”"
    " (Special:BotPasswords, or the OAuth consumer), if the account itself may"
)
CREATE = (
    "our account may not create pages: give it the grant “Create, edit, and move pages”"
    " (Special:BotPasswords, or the OAuth consumer), if the account itself may"
)


@pytest.mark.parametrize("exists", [True, False])
async def test_an_account_that_may_do_all_it_has_to_is_fine(account: Account, exists: bool) -> None:
    if exists:
        account.server.edit_as_person(account.title, "x")
    assert await account.check() == []


async def test_the_grant_that_is_missing_is_named(account: Account) -> None:
    assert await account.check("basic") == [EDIT, CREATE]


async def test_who_edits_well_but_could_not_make_the_next_archive_is_told(account: Account) -> None:
    account.server.edit_as_person(account.title, "x")
    assert await account.check("basic,editpage") == [CREATE]


async def test_a_bot_flag_that_may_not_be_set_is_named(account: Account) -> None:
    (words,) = await account.check(bot_flag=True)
    assert "may not mark its edits as a bot's" in words


async def test_a_protected_page_and_a_protected_archive_are_named(account: Account) -> None:
    server, title = account.server, account.title
    server.edit_as_person(title, "x")
    server.person("Operator").post("protect", title=title, protections="edit=sysop")
    archive = f"{title}/{utc_now().year}"
    server.person("Operator").post("protect", title=archive, protections="create=sysop")
    words = await account.check()
    assert any(
        each.startswith(f"cannot edit {title}: the page is protected (protectedpage): have somebody lower")
        for each in words
    )
    assert any(each.startswith(f"cannot create {archive}: the page is protected (") for each in words)


async def test_a_namespace_for_others_is_named(account: Account) -> None:
    php = "$wgNamespaceProtection[NS_MAIN] = ['protect'];"
    with account.server.setting("namespace", php):
        words = await account.check()
    assert len(words) == 2
    assert all("the page is protected (protectednamespace): choose another namespace" in each for each in words)


@contextmanager
def blocked(server: MediaWiki) -> Iterator[None]:
    server.person("Operator").post("block", user="Labsbot", expiry="never")
    try:
        yield
    finally:
        server.person("Operator").post("unblock", user="Labsbot")


async def test_a_block_is_told_once(account: Account) -> None:
    account.server.edit_as_person(account.title, "x")
    with blocked(account.server):
        assert await account.check() == ["our account is blocked there (blocked): have somebody unblock it"]


async def test_the_wikis_own_code_stands_in_what_is_said_of_a_login(mediawiki: MediaWiki, tmp_path: Path) -> None:
    wiki = MediaWikiSettings(mediawiki.api, BotPassword("Labsbot@labsbot", Secret("0" * 32)))
    outcomes = dict(await online.check(settings(tmp_path, wiki)))
    assert outcomes["wiki"].failed
    assert outcomes["wiki"].words.startswith("it refuses our user name or password (wrongpassword): expected those")


# --- IRC ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "words"),
    [
        ("+k sesame", "(475): it has a key (+k), and ours is missing or wrong"),
        ("+i", "(473): only who is invited gets in (+i)"),
        ("+b *!*@*", "(474): we are banned there (+b)"),
        ("+R", "(477): only who is logged in gets in (+r, +R)"),
        ("+l 1", "(471): it is full (+l)"),
        ("+m", "only those with a rank may speak there (+m), and we have none: have its operators give us voice"),
    ],
)
async def test_a_channel_that_does_not_let_us_in_or_speak_is_named_with_what_to_do(
    inspircd: InspIRCd, folder_wiki: FolderSettings, tmp_path: Path, modes: str, words: str
) -> None:
    closed, opened = f"#closed{next(_numbers)}", f"#open{next(_numbers)}"
    async with await Real(inspircd).person("keeper") as keeper:
        for channel in (closed, opened):
            await keeper.join(channel)
        keeper.send(f"MODE {closed} {modes}")
        await keeper.heard(lambda line: f"MODE {closed}" in line)
        world = network_of(Real(inspircd), closed, opened)
        outcomes = await online.check(settings(tmp_path, folder_wiki, world))
        (failed,) = [outcome.words for _, outcome in outcomes if outcome.failed]
        assert failed.startswith(f"{closed}: ")
        assert words in failed
        # It was in the other one, and has left the network.
        await keeper.heard(lambda line: f" JOIN :{opened}" in line and line.startswith(":labsbot!"))
        await keeper.heard(lambda line: " QUIT " in line and line.startswith(":labsbot!"))


async def test_a_nick_that_is_taken_is_named(inspircd: InspIRCd, folder_wiki: FolderSettings, tmp_path: Path) -> None:
    async with await Real(inspircd).person("labsbot"):
        outcomes = await online.check(settings(tmp_path, folder_wiki, network_of(Real(inspircd), "#taken")))
    ((_, of_network),) = [each for each in outcomes if each[0] == "test"]
    assert not of_network.failed
    assert "the nick labsbot is taken, by labsbot itself if it runs now" in of_network.words
