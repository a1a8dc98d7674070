"""Directories that follow their sources."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.model import Unavailable
from labsbot.projects import Directories, Known, PageLists, ProjectReaders, Retired, UnknownProject, Unsure
from labsbot.refreshed import SourceFailure
from labsbot.settings import AnyName, Listed, Project, ProjectFile, Source, WikiPages
from tests.irc.conftest import until
from tests.nouns import NOON

PAGES = Source(WikiPages("Nova Resource:{project}/SAL"), refresh=0.01)


class World:
    """A wiki and a file with projects, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.state = folder / "state"
        self.pages: list[str] = ["Tools"]
        self.asked = 0
        self.wiki_is_down = False
        self.found_broken = False
        self.file = Source(ProjectFile(folder / "projects"), refresh=0.01)
        self.write("bots")

    def write(self, words: str) -> None:
        path = self.state.parent / "projects.new"
        path.write_text(words)
        path.replace(self.state.parent / "projects")

    async def titles(self, prefix: str) -> tuple[str, ...]:
        self.asked += 1
        if self.wiki_is_down:
            raise Unavailable("it is not answering")
        return tuple(f"{prefix}{name}/SAL" for name in self.pages)

    def load(self, path: Path) -> tuple[Project, ...]:
        words = path.read_text().split()
        if "broken" in words:
            self.found_broken = True
            raise SourceFailure("projects:1:1: nobody understands this")
        return tuple(Project(name, aliases=tuple(aliases)) for name, *aliases in (word.split("=") for word in words))

    def directories(self, *sources: Source) -> Directories:
        doors = ProjectReaders(self.load, PageLists(self.titles, self.titles))
        return Directories(sources, self.state, doors, lambda: self.now)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@contextlib.asynccontextmanager
async def running(directories: Directories) -> AsyncIterator[None]:
    run = asyncio.create_task(directories.run())
    try:
        yield
        assert not run.done()
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run


async def test_a_new_project_becomes_known_without_a_restart(world: World) -> None:
    directories = world.directories(world.file, PAGES)
    directory = directories.directory_for((world.file, PAGES))
    async with running(directories):
        await until(lambda: isinstance(directory.find("tools"), Known), "tools is known")
        await until(lambda: isinstance(directory.find("bots"), Known), "bots is known")
        assert isinstance(directory.find("video"), UnknownProject)
        world.pages.append("Video")
        world.write("bots paws")
        await until(lambda: isinstance(directory.find("video"), Known), "video is known")
        await until(lambda: isinstance(directory.find("paws"), Known), "paws is known")


async def test_a_wiki_that_is_down_makes_no_project_unknown(world: World) -> None:
    directories = world.directories(PAGES)
    directory = directories.directory_for((PAGES,))
    async with running(directories):
        await until(lambda: isinstance(directory.find("tools"), Known), "tools is known")
        world.wiki_is_down = True
        asked = world.asked
        await until(lambda: world.asked > asked + 2, "it was asked in vain")
        assert isinstance(directory.find("tools"), Known)
        world.wiki_is_down = False
        world.pages.clear()
        asked = world.asked
        await until(lambda: world.asked == asked + 1, "it answered that there is nothing")
        assert isinstance(directory.find("tools"), Known)


async def test_a_file_that_is_broken_makes_no_project_unknown(world: World, caplog: pytest.LogCaptureFixture) -> None:
    directories = world.directories(world.file)
    directory = directories.directory_for((world.file,))
    async with running(directories):
        await until(lambda: isinstance(directory.find("bots"), Known), "bots is known")
        world.write("broken")
        await until(lambda: world.found_broken, "the file was read")
        await until(lambda: "serves meanwhile" in caplog.text, "it is told")
        assert isinstance(directory.find("bots"), Known)
        world.write("paws")
        await until(lambda: isinstance(directory.find("bots"), UnknownProject), "the file is read again")


async def test_a_restart_while_the_wiki_is_down_makes_no_project_unknown(world: World) -> None:
    before = world.directories(PAGES)
    async with running(before):
        await until(lambda: before.ages()["pages Nova Resource:{project}/SAL"] is not None, "the wiki was asked")
    world.wiki_is_down = True
    world.now += timedelta(hours=2)
    after = world.directories(PAGES)
    after.load()
    asked = world.asked
    async with running(after):
        await until(lambda: world.asked > asked, "the wiki was asked again")
        assert isinstance(after.directory_for((PAGES,)).find("Tools"), Known)
        assert after.ages() == {"pages Nova Resource:{project}/SAL": timedelta(hours=2)}


async def test_before_the_first_answer_nobody_is_told_that_a_project_is_unknown(world: World) -> None:
    world.wiki_is_down = True
    directories = world.directories(PAGES)
    directory = directories.directory_for((PAGES,))
    assert directory.find("tools") == Unsure("tools", "pages Nova Resource:{project}/SAL: it has not answered yet")
    assert directories.ages() == {"pages Nova Resource:{project}/SAL": None}
    async with running(directories):
        await until(
            lambda: (
                directory.find("tools") == Unsure("tools", "pages Nova Resource:{project}/SAL: it is not answering")
            ),
            "why is told",
        )


async def test_another_question_is_not_answered_by_what_was_kept(world: World) -> None:
    async with running(world.directories(PAGES)):
        await until(lambda: list(world.state.glob("projects-*.json")), "the answer is kept")
    other = Source(WikiPages("Project:{project}"))
    directories = world.directories(other)
    directories.load()
    assert isinstance(directories.directory_for((other,)).find("tools"), Unsure)


async def test_sources_that_ask_the_same_are_asked_once(world: World) -> None:
    labs = Source(PAGES.origin, prefix="labs.", refresh=PAGES.refresh)
    directories = world.directories(PAGES, labs, PAGES)
    world.wiki_is_down = True
    assert list(directories.ages()) == ["pages Nova Resource:{project}/SAL"]
    async with running(directories):
        await until(lambda: world.asked, "it was asked")
        assert world.asked == 1
        world.wiki_is_down = False
        directory = directories.directory_for((labs,))
        await until(lambda: isinstance(directory.find("labs.tools"), Known), "it answered")
    assert isinstance(directory.find("tools"), UnknownProject)
    assert isinstance(directories.directory_for((PAGES,)).find("tools"), Known)


async def test_what_stands_in_the_configuration_is_known_at_once(world: World) -> None:
    listed = Source(Listed((Project("tools"), Project("paws", retired="use jupyter"))))
    fits = Source(AnyName(re.compile("x-[a-z]+")))
    directories = world.directories(listed, fits)
    directory = directories.directory_for((listed, fits))
    assert directory.find("Tools") == Known(Project("tools"))
    assert directory.find("paws") == Retired("paws", "use jupyter")
    assert directory.find("X-ray") == Known(Project("x-ray"))
    assert directory.find("tool") == UnknownProject("tool", ("tools",))
    assert directories.ages() == {}
    async with running(directories):
        await asyncio.sleep(0)
    assert directories.directory_for((fits,)).find("tools") == UnknownProject("tools", ())


async def test_what_does_not_count_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    world.write("bots=robots")
    world.pages += ["a b,c", "Robots"]
    directories = world.directories(world.file, PAGES)
    directory = directories.directory_for((world.file, PAGES))
    async with running(directories):
        await until(lambda: isinstance(directory.find("bots"), Known), "bots is known")
        for name in ("Video", "More"):
            world.pages.append(name)
            await until(lambda name=name: isinstance(directory.find(name), Known), f"{name} is known")  # type: ignore[misc]
    assert caplog.messages == [
        "pages Nova Resource:{project}/SAL: 2 projects, 1 left out (such as “a_b,c”: expected one word, without blanks"
        " and commas)",
        "earlier projects are called so, these 1 do not count: Robots of pages Nova Resource:{project}/SAL",
    ]


async def test_prefixes_are_offered_where_they_were_forgotten(world: World) -> None:
    world.pages = ["FooBar"]
    tools = Source(PAGES.origin, prefix="tools.", refresh=0.01)
    directories = world.directories(tools)
    directory = directories.directory_for((tools,))
    async with running(directories):
        await until(lambda: directory.find("foobar") == UnknownProject("foobar", ("tools.FooBar",)), "it is offered")
