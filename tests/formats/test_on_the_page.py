"""What is read back as wikitext is what the bot has written to the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.formats import EntryFormat, view, written
from labsbot.journal import EntryQuery, Reading
from labsbot.settings import PageSettings
from tests.delivery.world import World
from tests.nouns import NOON

SETTINGS = PageSettings(level=3, date="%B %-d, %Y", entry="{{safesubst:x|{id}|{time}|{author}|{message}}}")


@pytest.fixture(params=[PageSettings(), SETTINGS], ids=["usual", "configured"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    made = World(tmp_path, request.param)
    yield made
    made.journal.close()


async def test_lines_days_and_order_are_those_of_the_page(world: World) -> None:
    messages = (
        "one",
        "see [[Page]] and https://x.example",
        "{{template}} '''x''' <b>",
        "== no heading ==",
        "two\nlines",
    )
    entries = [
        await world.log(each, NOON - timedelta(hours=5 * n), author=f"nick{n}") for n, each in enumerate(messages)
    ]
    await world.deliver()
    await world.amend(entries[0], "one, amended")
    await world.undo(entries[3], "wrong host")
    given_up = await world.log("given up")
    await world.journal.undelivered.drop([given_up.id])
    await world.deliver()
    kept = Reading(world.folder / "journal").entries(EntryQuery())
    shown = "".join(written(EntryFormat.WIKITEXT, (view(each, world.settings_for) for each in kept)))
    assert shown.strip() == world.page().strip()
    assert shown.count("\n* ") == len(messages)
