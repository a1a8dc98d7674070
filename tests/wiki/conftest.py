"""The two wikis that the room knows, each with somebody else who works on its pages too."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from labsbot.model import Edit, Page, Saved, Wiki
from labsbot.settings import BotPassword, FolderSettings, MediaWikiSettings, Redirects, Secret
from labsbot.wiki import open_wiki
from labsbot.wiki.folder import FolderWiki
from labsbot.wiki.redirects import OtherLog
from tests.servers.mediawiki import RELEASES
from tests.servers.mediawiki import MediaWiki as Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not (item.get_closest_marker("folder_alone") and "servers" in item.keywords)]


@dataclass
class World:
    """A wiki, our access to it, and what other people do there."""

    kind: str
    wiki: Wiki
    again: Wiki
    """The same account once more, as a second bot would use it."""
    write: Callable[[str, str], None]
    """Somebody saves a whole page."""
    delete: Callable[[str], None]
    move: Callable[[str, str], None]
    """Somebody renames a page; no redirect is left."""
    summaries: Callable[[str], list[tuple[str, str]]]
    """Author and summary of each revision, newest first."""
    ruled: Callable[[Redirects, OtherLog], Wiki]
    """The wiki as it is where an operator has said something of redirects."""
    release: str = ""
    """Of MediaWiki."""

    def create(self, title: str, text: str) -> Saved:
        page = self.wiki.look(title)
        return self.wiki.save(Edit(page.title, None, None, page.seen, text, "made"))

    def replace(self, page: Page, number: int, text: str, summary: str = "changed") -> Saved:
        assert page.revision is not None
        return self.wiki.save(Edit(page.title, number, page.revision, page.seen, text, summary))


@pytest.fixture
def title(request: pytest.FixtureRequest) -> str:
    """A page that no other test has used."""
    return f"Nova Resource:Page {next(_numbers)}/SAL"


_numbers = itertools.count(1)


@pytest.fixture
def folder_world(tmp_path: Path) -> World:
    return _folder_world(tmp_path / "pages")


@pytest.fixture(scope="session", params=RELEASES)
def mediawiki(request: pytest.FixtureRequest, mediawikis: Callable[[str], Server]) -> Server:
    """Each release of MediaWiki that is here."""
    return mediawikis(request.param)


@pytest.fixture(scope="session")
def mediawiki_worlds(mediawikis: Callable[[str], Server]) -> Callable[[str], World]:
    """The world of a release; all tests share its two sessions, for to log in takes as long as what many of them do."""
    return functools.cache(lambda release: with_templates(_mediawiki_world(mediawikis(release))))


@pytest.fixture(params=["folder", *(pytest.param(release, marks=pytest.mark.servers) for release in RELEASES)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """The folder, and each release of MediaWiki that is here."""
    if request.param == "folder":
        return with_templates(_folder_world(tmp_path / "pages"))
    worlds: Callable[[str], World] = request.getfixturevalue("mediawiki_worlds")
    return worlds(request.param)


def with_templates(world: World) -> World:
    """Odd pages use them."""
    world.write("Template:Head", "== from a template ==\nx")
    world.write("Template:Echo", "{{{1}}}")
    return world


def _folder_world(folder: Path) -> World:
    def file(title: str) -> Path:
        page = wiki.look(title)
        return folder / f"{page.title.replace('/', '%2F').replace(' ', '_')}.wiki"

    def summaries(title: str) -> list[tuple[str, str]]:
        return [(made.user, made.summary) for made in wiki.history(title)]

    def write(title: str, text: str) -> None:
        file(title).write_text(text)

    def move(title: str, to: str) -> None:
        file(title).rename(file(to))

    wiki = FolderWiki(FolderSettings(folder, None, user="Labsbot"))
    again = open_wiki(FolderSettings(folder, None, user="Labsbot"))

    def ruled(rules: Redirects, other_log: OtherLog) -> Wiki:
        return open_wiki(FolderSettings(folder, None, user="Labsbot", redirects=rules), other_log)

    return World("folder", wiki, again, write, lambda title: file(title).unlink(), move, summaries, ruled)


def _mediawiki_world(server: Server) -> World:
    def delete(title: str) -> None:
        server.person("Operator").post("delete", title=title)

    def move(title: str, to: str) -> None:
        server.person("Operator").post("move", **{"from": title, "to": to, "noredirect": 1})

    def write(title: str, text: str) -> None:
        server.edit_as_person(title, text)

    def summaries(title: str) -> list[tuple[str, str]]:
        return [(made["user"], made["comment"]) for made in server.history(title)]

    def ruled(rules: Redirects, other_log: OtherLog) -> Wiki:
        return open_wiki(replace(settings_of(server), redirects=rules), other_log)

    wiki, again = (open_wiki(settings_of(server)) for _ in range(2))
    return World("mediawiki", wiki, again, write, delete, move, summaries, ruled, server.release)


def settings_of(server: Server, password: str | None = None) -> MediaWikiSettings:
    return MediaWikiSettings(server.api, BotPassword(server.bot_user, Secret(password or server.bot_password)))
