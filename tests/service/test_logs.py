"""What people are told of where the logs are."""

from __future__ import annotations

from pathlib import Path

from labsbot.service.logs import wiki_for_people
from labsbot.settings import BotPassword, FolderSettings, MediaWikiSettings, Secret


def test_people_hear_where_they_can_read_and_not_where_the_bot_keeps_its_files() -> None:
    pages = Path("/var/lib/labsbot/pages")
    assert wiki_for_people(FolderSettings(pages, "https://logs.example.org/pages")) == "https://logs.example.org/pages"
    assert wiki_for_people(FolderSettings(pages, None)) == "the wiki"
    login = BotPassword("Labsbot@labsbot", Secret("x"))
    assert wiki_for_people(MediaWikiSettings("https://wiki.example.org/w/api.php", login)) == "wiki.example.org"
