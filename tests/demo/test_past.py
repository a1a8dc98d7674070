"""The demo's past is such that it can be read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from labsbot.demo.past import past_days
from labsbot.demo.scene import configuration, past_pages, where_to_read
from labsbot.importing import read_page
from labsbot.settings import PageSettings
from tests.wikitext.world import sections_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("heading", [None, "Server Admin Log"])
def test_each_line_of_it_is_an_entry_of_a_day_before(heading: str | None) -> None:
    for text in past_pages(heading is not None, TODAY).values():
        read = read_page(text, sections_of(text), PageSettings(heading=heading), TODAY)
        lines = [line for line in text.splitlines() if line.startswith("* ") and line[2].isdigit()]
        assert [each.message for each in reversed(read.entries)] == [line.split(": ", 1)[1] for line in lines]
        assert all(each.day < TODAY for each in read.entries)
        assert read.unread == ()


def test_it_is_the_same_at_each_start_and_another_for_each_project() -> None:
    assert past_days("tools", TODAY, 3, "==") == past_days("tools", TODAY, 3, "==")
    assert past_days("tools", TODAY, 3, "==") != past_days("bots", TODAY, 3, "==")


def test_where_it_can_be_read_is_told_without_the_secrets_of_a_wiki(tmp_path: Path) -> None:
    wiki = "wiki: {api: http://127.0.0.1:1/api.php, user: Bot@labsbot, password: {env: NOT_SET}}\n"
    assert "http://127.0.0.1:" in where_to_read(configuration(tmp_path, 1, wiki, heading=False))
