"""Reading beside the deliverer: the same verbs, and a session that has ended is begun anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.model import ClockReading, Edit, LoggedOut, Unavailable
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from labsbot.wiki.reader import Reader
from tests.nouns import NOON


class Forgetful(FolderWiki):
    """A wiki that knows us only after a login."""

    known = False
    lets_in = True

    def login(self) -> None:
        if not self.lets_in:
            raise Unavailable("it is not answering")
        self.known = True

    def text(self, title: str) -> str:
        if not self.known:
            raise LoggedOut("our session has ended")
        return super().text(title)


@pytest.fixture
def wiki(tmp_path: Path) -> Forgetful:
    wiki = Forgetful(FolderSettings(tmp_path / "pages", None))
    for title in ("Nova Resource:Tools", "Nova Resource:Bots"):
        wiki.save(Edit(title, None, None, "", f"{title}\n[[Category:Projects]]", "new"))
    return wiki


@pytest.fixture
async def reader(wiki: Forgetful) -> AsyncIterator[Reader]:
    reader = Reader(wiki)
    yield reader
    reader.close()


async def test_it_reads_pages_and_lists_of_pages(reader: Reader, wiki: Forgetful) -> None:
    wiki.login()
    assert (await reader.text("Nova Resource:Tools")).startswith("Nova Resource:Tools")
    assert sorted(await reader.titles("Nova Resource:")) == ["Nova Resource:Bots", "Nova Resource:Tools"]
    assert sorted(await reader.category("Projects")) == ["Nova Resource:Bots", "Nova Resource:Tools"]


async def test_a_session_that_has_ended_is_begun_anew(reader: Reader, wiki: Forgetful) -> None:
    assert await reader.text("Nova Resource:Tools")
    assert wiki.known


async def test_a_wiki_that_does_not_let_us_in_is_a_failure(reader: Reader, wiki: Forgetful) -> None:
    wiki.lets_in = False
    with pytest.raises(Unavailable):
        await reader.text("Nova Resource:Tools")


async def test_the_wikis_clock_is_read_between_two_moments_of_ours_without_a_login(
    reader: Reader, wiki: Forgetful, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = iter((10.0, 10.5, 11.0)).__next__
    assert await reader.clock(steady) is None, "a folder has no clock of its own"
    monkeypatch.setattr(wiki, "time", lambda: NOON)
    assert await reader.clock(steady) == ClockReading(10.5, 11.0, NOON)
    assert not wiki.known
