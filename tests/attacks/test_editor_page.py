"""An editor of the wiki who means harm: delivery to a page that holds what should stop it, or deceive it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.model import DeliveryState, Page, Unknown
from labsbot.settings import FolderSettings, Order, PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.attacks.growth import given_up
from tests.delivery.world import FailingWiki, World
from tests.nouns import NOON

MINUTE = timedelta(minutes=1)
PATIENCE = 8.0
"""Seconds of the processor after which a page has held us up for too long; the worst of these takes half a second."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


BLANKS = " " * 9000 + "x"
HURTING = {
    "blanks below the entries": f"== 2026-11-22 ==\n* 10:00 bob: a\n{BLANKS}",
    "tabs and blanks": "== 2026-11-22 ==\n* 10:00 bob: a\n" + "\t " * 9000 + "x",
    "blanks in an entry": f"== 2026-11-22 ==\n* {{{{x|{BLANKS}\n* 10:00 bob: a",
    "a heading of blanks": f"== {BLANKS} ==\n== 2026-11-22 ==\n* 10:00 bob: a",
    "tags that never end": "== 2026-11-22 ==\n* 10:00 bob: a\n" + "".join(f"<a{n}>" for n in range(20_000)),
    "tables that never began": "== 2026-11-22 ==\n* 10:00 bob: a\n" + "{{" * 9000 + "\n|}" * 9000,
    "comments in a heading": "== 2026-11-22 ==\n* 10:00 bob: a\n== " + "<!--" * 9000 + " ==",
    "nowiki that never ends": "== 2026-11-22 ==\n* 10:00 bob: a\n" + "<nowiki>" * 9000,
    "far dates": "== 9999-12-31 ==\n== 0001-01-01 ==\n== December 31 ==\n== 2026-11-22 ==\n* 10:00 bob: a",
    "far months": "== December 9999 ==\n=== 9999-12-31 ===\n== January 0001 ==\n== 2026-11-22 ==\n* 10:00 bob: a",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HURTING.values(), ids=HURTING)
@pytest.mark.parametrize("order", Order)
async def test_no_page_holds_up_or_stops_anybody(world: World, text: str, order: Order) -> None:
    world.settings = PageSettings(order=order)
    world.write(text)
    entry, elsewhere = await world.log("one"), await world.log("two", project="bots")

    with given_up(PATIENCE):
        await world.deliver()

    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert (await world.delivery(elsewhere)).state is DeliveryState.DELIVERED
    assert world.page().count("alice: one") == 1


CAUSE = "its id is on the page, but not in an entry there"
NOT_AN_ENTRY = {
    "a comment": "<!-- {line} -->",
    "a comment of several lines": "<!--\n{line}\n-->",
    "nowiki": "* <nowiki>{line}</nowiki>",
    "pre": "<pre>\n{line}\n</pre>",
    "a table": "{{|\n|-\n| <span id='{id}'>12:00</span> || alice || one\n|}}",
    "an argument": "* {{{{void|{line}}}}}",
    "an argument that names it": "* {{{{void|id={id}}}}}",
    "a template around lines": "{{{{void|\n{line}\n}}}}",
    "a hidden element": "<div class=x style='display : none;'>\n{line}\n</div>",
    "a hidden element on one line": "* <span style=visibility:hidden>{line}</span>",
    "an element hidden by an entity": "* <span style='display&#58;none'>{line}</span>",
    "an element hidden behind a CSS comment": "* <span style='display/**/:none'>{line}</span>",
    "an element hidden by a CSS escape": "* <span style='d\\69splay:none'>{line}</span>",
    "an element without size": "* <span style='font-size:0'>{line}</span>",
    "an attribute of another name": "* <span data-id='{id}'>12:00</span> alice: one",
    "an anchor before a blank": "* <span id='{id}'></span>&nbsp;",
    "an anchor before a category": "* <span id='{id}'></span>[[Category:X]]",
    "an anchor before a switch": "* <span id='{id}'></span>__NOTOC__",
    "a hidden anchor": "* <span id='{id}' hidden>12:00 alice: one</span>",
    "only on inclusion": "<includeonly>\n{line}\n</includeonly>",
    "a comment where all is shown here": "<noinclude>\n<!--\n{line}\n-->\n</noinclude>",
    "a table where all is shown here": "<onlyinclude>\n{{|\n|\n{line}\n|}}\n</onlyinclude>",
    "an item of nothing": "* <span id='{id}'></span>",
    "no item": "<span id='{id}'>12:00</span> alice: one",
    "words": "* see id={id}",
}


@pytest.mark.slow
@pytest.mark.parametrize("made", NOT_AN_ENTRY.values(), ids=NOT_AN_ENTRY)
@pytest.mark.parametrize("below", ["== 2026-11-22 ==", "== Elsewhere =="])
async def test_an_id_that_is_not_in_an_entry_is_no_entry(world: World, made: str, below: str) -> None:
    entry = await world.log("one")
    other = await world.log("two", NOON + MINUTE)
    line = f'* <span id="{entry.id}">12:00</span> alice: one'
    text = made.format(line=line, id=entry.id)
    world.write(f"{below}\n{text}")

    await world.deliver()

    assert ((await world.delivery(entry)).state, (await world.delivery(entry)).cause) == (DeliveryState.PARKED, CAUSE)
    assert (await world.delivery(other)).state is DeliveryState.DELIVERED
    assert world.page().count(entry.id) == text.count(entry.id)
    # Once an operator has looked, and the id is gone, it is logged.
    world.write(world.page().replace(text, ""))
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]


async def test_an_id_in_a_comment_is_noticed_where_the_page_is_known_from_the_last_edit(world: World) -> None:
    """An editor has it from the channel, where it was said when the entry was parked."""
    world.wiki.unwelcome = "casino"
    entry = await world.log("casino")
    await world.deliver()
    world.wiki.unwelcome = None
    world.write(f"{world.page()}\n\n== Notes ==\n<!-- <span id={entry.id}> -->")
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()

    await world.journal.undelivered.retry([entry.id])
    await world.deliver()

    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, CAUSE)


@pytest.mark.parametrize("moved", ["* {{void|ID}}", "<!-- id=ID -->"])
async def test_hidden_history_and_an_id_elsewhere_are_not_believed(world: World, moved: str) -> None:
    entry = await world.log("one")
    world.wiki.answers_lost = 1
    world.wiki.finding_fails.extend([Unknown("the wiki hides who changed the page just then")] * 1000)
    world.wiki.finding = lambda looks: world.write(moved.replace("ID", entry.id))
    await world.deliver()

    assert (await world.delivery(entry)).state is DeliveryState.PARKED


async def test_what_an_edit_found_on_the_page_is_not_what_it_brought(world: World) -> None:
    """The text that it sent holds an editor's comment, with the id of somebody who still waits."""
    world.wiki.unwelcome = "casino"
    parked = await world.log("casino")
    await world.deliver()
    world.wiki.unwelcome = None
    world.write(f"== 2026-11-22 ==\n<!-- <span id={parked.id}> -->\n* 10:00 bob: a")
    late = await world.log("two", NOON + MINUTE)
    world.wiki.posts_late = 1

    def arrives(looks: int) -> None:
        if looks == 2:
            FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])

    world.wiki.finding = arrives
    await world.deliver()
    assert (await world.delivery(late)).state is DeliveryState.DELIVERED
    assert world.wiki.on_the_way == []

    await world.journal.undelivered.retry([parked.id])
    await world.deliver()

    assert ((await world.delivery(parked)).state, (await world.delivery(parked)).cause) == (DeliveryState.PARKED, CAUSE)


DATED_BY_THE_WIKI = [
    "== {{CURRENTYEAR}}-{{CURRENTMONTH}}-{{CURRENTDAY2}} ==",
    "== {{#time:Y-m-d}} ==",
    "== {{Day}} ==",
    "== 2026-11-{{Day}}<!-- c --> ==",
    "== <choose>2026-11-22</choose> ==",
    "== -{en:2026-11-22; zh:x}- ==",
    "== 2026-11-22 <!--\n--> ==",
]


class DatingWiki(FailingWiki):
    """Its reader sees a day in each heading that is not all words."""

    def look(self, title: str, together: Sequence[str] = ()) -> Page:
        page = super().look(title, together)
        text = self.text(title)
        lines = {section.number: text[section.offset :].partition("\n")[0] for section in page.sections}
        sections = (
            replace(section, heading="2026-11-22") if re.search("[{<]", lines[section.number]) else section
            for section in page.sections
        )
        return replace(page, sections=tuple(sections))


@pytest.mark.slow
@pytest.mark.parametrize("heading", DATED_BY_THE_WIKI)
@pytest.mark.parametrize("order", Order)
async def test_under_a_date_that_the_wiki_makes_stands_no_entry(tmp_path: Path, heading: str, order: Order) -> None:
    world = World(tmp_path, PageSettings(order=order))
    world.wiki = DatingWiki(FolderSettings(tmp_path / "pages", None))
    world.restart()
    others = f"{heading}\n* 09:00 bob: a\n\n{heading}\n* 08:00 bob: b"
    world.write(f"intro\n\n{others}")

    entries = [await world.log("one"), await world.log("two", NOON + MINUTE)]
    await world.deliver()
    entries.append(await world.log("three", NOON + 2 * MINUTE))
    await world.deliver()

    assert {(await world.delivery(entry)).state for entry in entries} == {DeliveryState.DELIVERED}
    assert others in world.page()
    ours = world.page().replace(others, "").partition("== 2026-11-22 ==\n")[2]
    assert all(entry.id in ours for entry in entries)
    world.journal.close()


async def test_a_day_beside_one_that_the_wiki_dates_stands_by_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.wiki = DatingWiki(FolderSettings(tmp_path / "pages", None))
    world.restart()
    made = "\n\n".join(f"== {{{{Day|{number}}}}} ==\n* 09:00 bob: a" for number in range(30))
    world.write(f"{made}\n\n== 2026-11-20 ==\n* 09:00 bob: b")
    await world.log("one")
    await world.log("two", NOON + timedelta(days=1))
    await world.deliver()

    assert re.findall(r"== 2026-11-\d\d ==|one|two", world.page()) == [
        *("== 2026-11-23 ==", "two", "== 2026-11-22 ==", "one", "== 2026-11-20 ==")
    ]
    assert made in world.page()
    assert world.wiki.reads < 5
    world.journal.close()
