"""The log is read in a browser: what stands where, what leads where, and what is there for nobody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from labsbot.model import Changed, ChangeKind, Told, Via
from labsbot.projects.directory import Directory
from labsbot.settings import Project, TrustedProxy
from labsbot.web.pages import calendar_views, log_views, months, pages
from tests.nouns import NOON, a_change, a_directory, a_key, an_acceptance, an_entry, keep
from tests.web.conftest import ALL, DIRECTORY, PAGE, Answer, Place
from tests.web.pages.reading import SVG, alive, elements, parsed, text_of

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def log(place: Place, message: str, said: timedelta = timedelta(0), *projects: str, **given: Any) -> str:
    entry = an_entry(message, NOON + said, **given)
    assert await place.journal.entries.accept(an_acceptance(entry, *projects, now=given.pop("now", NOON)))
    return entry.id


async def change(place: Place, entry_id: str, kind: ChangeKind, text: str = "") -> None:
    made = replace(a_change(kind, text), author="bob", said=NOON + 5 * MINUTE)
    assert await keep(place.journal, Changed(a_key(), entry_id, made, Told.NOTHING, NOON))


async def get(place: Place, path: str, status: int = 200, **headers: str) -> Any:
    """The tree of a page, which is right in all that is the same for all."""
    answer = await place.call("GET", path, token=None, **headers)
    assert answer.status == status, answer
    return tree_of(answer)


def tree_of(answer: Answer) -> Any:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"
    tree = parsed(answer.content)
    assert list(alive(tree)) == []
    return tree


def lines(tree: Any) -> list[str]:
    """What a reader sees of each entry."""
    return [text_of(each).removesuffix(" …") for each in elements(tree, "li") if each.attrib.get("id")]


def links(tree: Any) -> dict[str, str]:
    return {text_of(each): each.attrib["href"] for each in elements(tree, "a")}


def rows(tree: Any) -> list[list[str]]:
    """The first table's cells, without its head."""
    return [[text_of(cell) for cell in each] for each in elements(elements(tree, "tbody")[0], "tr")]


# --- logs -------------------------------------------------------------------------------------------------------------


async def test_a_log_shows_its_newest_entries_below_their_days(place: Place) -> None:
    await log(place, "one", -DAY)
    await log(place, "two", MINUTE, "tools", "bots")
    await log(place, "another's", 2 * MINUTE, "bots")
    tree = await get(place, "/log/tools")
    assert [text_of(each) for each in elements(tree, "h2")] == ["2026-11-22 Sunday", "2026-11-21 Saturday"]
    assert lines(tree) == ["12:01 alice two waiting", "12:00 alice one waiting"]
    assert links(tree)["2026-11-22"] == "/log/tools/2026-11-22"
    assert lines(await get(place, "/log/Tool")) == lines(tree)  # its alias
    both = await get(place, "/all")
    assert lines(both)[:2] == ["12:02 bots alice another's waiting", "12:01 tools bots alice two waiting"]


async def test_an_entry_has_an_address_on_its_day_where_it_is_in_view(place: Place) -> None:
    entry = await log(place, "one")
    tree = await get(place, "/log/tools")
    assert links(tree)["12:00"] == f"/log/tools/2026-11-22#{entry}"
    day = await get(place, "/log/tools/2026-11-22")
    assert [each.attrib["id"] for each in elements(day, "li") if each.attrib.get("id")] == [entry]
    style = (await place.call("GET", "/static/style.css", token=None)).content.decode()
    assert ".entries > li:target" in style


async def test_a_day_leads_to_the_days_next_to_it_that_have_entries(place: Place) -> None:
    for back in (0, 3, 9):
        await log(place, f"{back}", -back * DAY)
    await log(place, "another's", -2 * DAY, "bots")
    tree = await get(place, "/log/tools/2026-11-19")
    assert links(tree)["← 2026-11-13"] == "/log/tools/2026-11-13"
    assert links(tree)["2026-11-22 →"] == "/log/tools/2026-11-22"
    assert {
        each.attrib["rel"]: each.attrib["href"] for each in elements(tree, "link") if each.attrib["rel"] != "alternate"
    } == {
        "icon": "/static/icon.svg",
        "stylesheet": "/static/style.css",
        "prev": "/log/tools/2026-11-13",
        "next": "/log/tools/2026-11-22",
    }
    assert links(await get(place, "/all/2026-11-19"))["2026-11-20 →"] == "/all/2026-11-20"


async def test_part_of_a_log_leads_back_to_it_and_says_by_which_clock(place: Place) -> None:
    await log(place, "one")
    for path in ("/log/tools/2026-11-22", "/log/tools/2026-11", "/log/tools/2026"):
        tree = await get(place, path)
        assert links(tree)["tools"] == "/log/tools", path
    assert "Times in UTC" in text_of(await get(place, "/log/tools"))


async def test_an_address_with_something_at_its_end_leads_near(place: Place) -> None:
    await log(place, "one")
    for path in ("/log/tools", "/log/tools/2026-11-22", "/log/tools/2026-11"):
        found = await place.call("GET", f"{path}/", token=None)
        assert (found.status, found.headers["location"]) == (308, path)
        assert found.headers["cache-control"] == "no-store"
    main = elements(await get(place, "/log/tools/today", 404), "main")[0]
    assert "“today” is no day of “tools”: days are called so: 20" in text_of(main)
    assert links(main)["tools"] == "/log/tools"
    for path in ("/log/nosuch/", "/log/nosuch/today", "/log//", "/log///evil.example/"):
        assert (await place.call("GET", path, token=None)).status == 404, path


async def test_what_was_changed_about_an_entry_is_said_with_who_when_and_why(place: Place) -> None:
    struck, amended = await log(place, "rebooted db1"), await log(place, "restarted nginx", MINUTE)
    await change(place, struck, ChangeKind.STRIKE, "wrong host, see T1")
    await change(place, amended, ChangeKind.AMEND, "restarted apache")
    tree = await get(place, "/log/tools")
    assert lines(tree) == [
        "12:01 alice restarted apache amended by bob12:01 alice: restarted nginx waiting",
        "12:00 alice rebooted db1 taken back 12:05 by bob: wrong host, see T1 waiting",
    ]
    assert [text_of(each) for each in elements(tree, "s")] == ["rebooted db1"]
    assert links(tree)["T1"] == "https://tasks.example/T1"


async def test_of_what_was_removed_nothing_is_shown_but_that_it_was(place: Place) -> None:
    entry = await log(place, "password: hunter2")
    await change(place, entry, ChangeKind.AMEND, "password: hunter3")
    await change(place, entry, ChangeKind.REDACT)
    for path in ("/", "/log/tools", f"/entry/{entry}", "/all/atom", "/all/feed.json", "/all?format=csv"):
        answer = await place.call("GET", path, token=None)
        assert answer.status == 200
        assert b"hunter" not in answer.content, path
        assert b"removed by an operator" in answer.content, path
    tree = await get(place, "/log/tools")
    assert lines(tree) == ["12:00 alice removed by an operator"]
    assert (await place.call("GET", f"/api/v1/entries/{entry}", token=None)).problem == (410, "redacted")


async def test_a_late_entry_stands_where_it_was_done_and_says_when_it_was_logged(place: Place) -> None:
    its_id = await log(place, "late", -2 * DAY, late=True)
    assert lines(await get(place, "/log/tools/2026-11-20")) == ["12:00 alice late logged 2026-11-22 12:00 waiting"]
    page = text_of(elements(await get(place, f"/entry/{its_id}"), "main")[0])
    assert "said afterwards, of 12:00 by alice: late" in page
    assert "Logged 2026-11-22 12:00, by" in page


async def test_people_lead_to_what_they_logged_and_robots_can_be_left_out(place: Place) -> None:
    await log(place, "by alice")
    await log(place, "by a script", MINUTE, author="deploy & co", robot=True)
    tree = await get(place, "/log/tools")
    assert links(tree)["deploy & co"] == "/log/tools?author=deploy+%26+co"
    assert lines(await get(place, "/log/tools?author=deploy+%26+co")) == ["12:01 deploy & co by a script waiting"]
    assert lines(await get(place, "/log/tools?author=&robots=no")) == ["12:00 alice by alice waiting"]
    assert lines(await get(place, "/all/2026-11-22?robots=no&utm_source=x")) == ["12:00 tools alice by alice waiting"]
    for nobody in ("nobody", "%00", "%C0%AF", "x" * 10_000, "%22%3E%3Cscript%3E"):
        none = await get(place, f"/log/tools?author={nobody}")
        assert "There is no such entry here." in text_of(elements(none, "main")[0])


async def test_what_is_older_is_on_the_next_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_views, "NEWEST", 2)
    monkeypatch.setattr(log_views, "OF_A_DAY", 2)
    for minute in range(5):
        await log(place, f"m{minute}", minute * MINUTE)
    for path in ("/log/tools?robots=no", "/all", "/log/tools/2026-11-22"):
        seen: list[str] = []
        following: str | None = path
        while following:
            tree = await get(place, following)
            seen += [line.split()[-2] for line in lines(tree)]
            following = links(tree).get("← older entries")
        assert seen == ["m4", "m3", "m2", "m1", "m0"], path


async def test_every_view_is_there_as_each_format(place: Place) -> None:
    await log(place, "one")
    tree = await get(place, "/log/tools/2026-11-22?robots=no")
    for how, begin in (("text", b"2026-11-22 12:00  tools  alice: one"), ("csv", b"id,day"), ("wikitext", b"== 2026")):
        address = links(tree)[how]
        assert address == f"/log/tools/2026-11-22?robots=no&format={how}"
        assert (await place.call("GET", address, token=None)).content.startswith(begin)


async def test_a_calendar_in_a_format_is_the_list_of_its_days_and_an_entry_is_itself(place: Place) -> None:
    await log(place, "one")
    its_id = (await place.call("GET", "/api/v1/entries", token=None)).json["entries"][0]["id"]
    for when, days in (("2026-11", "from=2026-11-01&to=2026-11-30"), ("2026", "from=2026-01-01&to=2026-12-31")):
        for path, project in (("/log/tools", "project=tools&"), ("/all", "")):
            answer = await place.call("GET", f"{path}/{when}?format=csv", token=None)
            assert answer.status == 303
            address = answer.headers["location"]
            assert address == f"/api/v1/entries?{project}{days}&format=csv"
            assert b"one" in (await place.call("GET", address, token=None)).content
    few = await place.call("GET", "/log/tools/2026-11?format=csv&author=bob&robots=no", token=None)
    assert "author=bob&robots=0&from=" in few.headers["location"]
    assert (await place.call("GET", "/log/tools/2026-11?format=xml", token=None)).status == 400
    found = await place.call("GET", f"/entry/{its_id}?format=text", token=None)
    assert (found.headers["content-type"], b"alice: one" in found.content) == ("text/plain; charset=utf-8", True)
    assert (await place.call("GET", f"/entry/{its_id}?format=xml", token=None)).status == 400


async def test_what_a_range_is_copied_from_is_what_the_page_shows(place: Place) -> None:
    """The script asks for it by the times of the first and the last, to the second."""
    for minute in range(4):
        await log(place, f"m{minute}", minute * MINUTE, robot=minute == 2)
    tree = await get(place, "/log/tools?author=alice&robots=no")
    (address,) = [each.attrib["data-entries"] for each in elements(tree, "form") if "data-entries" in each.attrib]
    times = [each.attrib["datetime"] for each in elements(tree, "time")]
    assert times == ["2026-11-22T12:03:00Z", "2026-11-22T12:01:00Z", "2026-11-22T12:00:00Z"]
    within = f"{address}&from={times[-1]}&to=2026-11-22T12:01:01.000Z&format=text"
    copied = (await place.call("GET", within, token=None)).content.decode()
    assert [each.partition("alice: ")[2] for each in copied.splitlines()] == ["m1 (waiting)", "m0 (waiting)"]


# --- months, projects, entries ----------------------------------------------------------------------------------------


async def test_a_month_is_a_calendar_of_the_days_that_have_entries(place: Place) -> None:
    for back in (0, 0, 2, 40, 100):
        await log(place, f"{back}", -back * DAY)
    tree = await get(place, "/log/tools/2026-11")
    assert {text: to for text, to in links(tree).items() if "/log/tools/2026-11-" in to} == {
        "20 1": "/log/tools/2026-11-20",
        "22 2": "/log/tools/2026-11-22",
    }
    assert links(tree)["← 2026-10"] == "/log/tools/2026-10"
    assert "2026-12 →" not in links(tree)
    assert links(await get(place, "/all/2026-10"))["2026-11 →"] == "/all/2026-11"


async def test_a_year_is_a_picture_of_its_days_each_of_which_leads_to_its_page(place: Place) -> None:
    for back in (0, 0, 2, 40, 400):
        await log(place, f"{back}", -back * DAY)
    assert links(await get(place, "/log/tools"))["calendar"] == "/log/tools/2026"
    assert links(await get(place, "/log/tools/2026-11"))["The year 2026"] == "/log/tools/2026"
    tree = await get(place, "/log/tools/2026")
    days = {text_of(each): each.attrib["href"] for each in tree.iter(f"{SVG}a")}
    assert days == {
        "2026-10-13, Tuesday: 1 entry": "/log/tools/2026-10-13",
        "2026-11-20, Friday: 1 entry": "/log/tools/2026-11-20",
        "2026-11-22, Sunday: 2 entries": "/log/tools/2026-11-22",
    }
    assert links(tree)["← 2025"] == "/log/tools/2025"
    assert "2027 →" not in links(tree)
    assert links(await get(place, "/all/2025"))["2026 →"] == "/all/2026"


async def test_what_a_year_shows_stands_in_tables_too(place: Place) -> None:
    for back, minute in ((0, 0), (0, 1), (2, 0), (40, 0)):
        await log(place, f"{back}", -back * DAY + minute * MINUTE)
    tree = await get(place, "/log/tools/2026")
    in_months, in_hours = map(rows, elements(tree, "table"))
    assert in_months == [["2026-10", "1", "1", "2026-10-13: 1"], ["2026-11", "3", "2", "2026-11-22: 2"]]
    assert in_hours == [[f"{hour:02}", "4" if hour == 12 else "0"] for hour in range(24)]
    assert links(tree)["2026-11"] == "/log/tools/2026-11"


async def test_of_a_day_that_is_very_full_its_calendars_say_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(months, "COUNTED", 2)
    monkeypatch.setattr(calendar_views, "OF_HOURS", 2)
    for minute in range(3):
        await log(place, f"{minute}", minute * MINUTE)
    assert "22 2+" in links(await get(place, "/log/tools/2026-11"))
    year = text_of(elements(await get(place, "/log/tools/2026"), "main")[0])
    assert "2 entries or more · The newest entries" in year
    assert "2026-11-22, Sunday: 2 entries or more" in year
    assert "When the newest 2 entries were said" in year


async def test_the_first_page_shows_projects_with_their_newest_entry_and_how_much_happened(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = await get(place, "/")
    assert "Nothing has been logged yet." in text_of(elements(empty, "main")[0])
    monkeypatch.setattr(pages, "MOST_PROJECTS", 2)
    await log(place, "old", -9 * DAY, "a/b & c")
    await log(place, "one", -DAY)
    await log(place, "two <b>", timedelta(0))
    await log(place, "three", MINUTE, "bots")
    place.web._pages._now = lambda: NOON
    tree = await get(place, "/")
    assert rows(tree) == [
        ["bots", "1 entry in 30 days", "2026-11-22 12:01 alice: three"],
        ["tools", "2 entries in 30 days", "2026-11-22 12:00 alice: two <b>"],
    ]
    assert len(list(tree.iter(f"{SVG}path"))) == 2
    assert links(tree)["a/b & c"] == "/log/a%2Fb%20%26%20c"
    assert lines(await get(place, "/log/a%2Fb%20%26%20c")) == ["12:00 alice old waiting"]


async def test_an_entrys_own_page_says_all_about_it(place: Place) -> None:
    entry = await log(place, "rebooted db1", timedelta(0), "tools", "bots")
    await place.deliver(entry)
    await change(place, entry, ChangeKind.STRIKE, "wrong host")
    tree = await get(place, f"/entry/{entry}")
    main = text_of(elements(tree, "main")[0])
    assert "tools: delivered, on the wiki" in main
    assert "bots: delivered, on the wiki" in main
    assert "said 12:00 by alice: rebooted db1" in main
    assert "taken back 12:05 by bob: wrong host" in main
    assert "Logged 12:00, by IRC, in #cloud on libera." in main
    assert links(tree)["on the wiki"] == f"https://wiki.example/SAL#{entry}"
    assert links(tree)["Among the entries of 2026-11-22"] == f"/log/tools/2026-11-22#{entry}"


async def test_a_page_says_what_is_kept_and_whom_to_ask(place: Place) -> None:
    main = text_of(elements(await get(place, "/about"), "main")[0])
    assert "ask Olga" in main
    assert "time zone UTC" in main


# --- what is kept by readers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/log/tools",
        "/log/tools/2026-11-22",
        "/log/tools/2026-11",
        "/log/tools/2026",
        "/all",
        "/entry/ID",
        "/about",
    ],
)
async def test_what_a_reader_has_is_not_sent_again(place: Place, path: str) -> None:
    path = path.replace("ID", await log(place, "one"))
    first = await place.call("GET", path, token=None)
    again = await place.call("GET", path, token=None, If_None_Match=first.headers["etag"])
    assert (first.status, again.status, again.content) == (200, 304, b"")


DAYS_SHOWN = ("/log/tools/2026-11-22", "/all/2026-11-22", "/log/tools/2026-11-22/atom", "/all/2026-11-22?format=json")


async def test_a_day_that_a_reader_has_is_not_made_anew_for_what_happens_on_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for back in (9, 0, -1):
        await log(place, f"{back}", -back * DAY)
    other = await log(place, "other", -9 * DAY)
    had = {path: (await place.call("GET", path, token=None)).headers["etag"] for path in DAYS_SHOWN}
    monkeypatch.setattr(log_views.LogViews, "show", None)
    for happens in (
        lambda: log(place, "again", -9 * DAY),
        lambda: log(place, "earlier", -20 * DAY, "new"),
        lambda: log(place, "later", 2 * DAY),
        lambda: change(place, other, ChangeKind.AMEND, "it says something else"),
        lambda: place.deliver(other),
    ):
        await happens()
        for path, tag in had.items():
            assert (await place.call("GET", path, token=None, If_None_Match=tag)).status == 304, path


async def test_a_day_that_a_reader_has_is_made_anew_for_whatever_happens_to_it(place: Place) -> None:
    """And for what is between it and the days that were next to it."""
    one, two = await log(place, "one"), await log(place, "two", MINUTE, "tools", "bots")
    tags: dict[str, str] = {}

    async def seen() -> int:
        """How many of its pages are others now; those who have one already and who have none see the same."""
        anew = 0
        for path in DAYS_SHOWN:
            asked = await place.call("GET", path, token=None, If_None_Match=tags.get(path, '"none"'))
            tag = (await place.call("GET", path, token=None)).headers["etag"]
            assert asked.status == (304 if tags.get(path) == tag else 200), path
            anew += asked.status == 200
            tags[path] = tag
        return anew

    assert await seen() == len(DAYS_SHOWN)
    assert await seen() == 0
    for happens, anew in (
        (lambda: log(place, "late", -MINUTE, late=True), True),
        (lambda: change(place, one, ChangeKind.AMEND, "it says something else"), True),
        (lambda: place.deliver(one), True),
        (lambda: _park(place, two), True),
        (lambda: place.journal.undelivered.drop([two]), True),
        (lambda: change(place, one, ChangeKind.REDACT), True),
        (lambda: place.journal.erasures.erase([one], {}), False),
        (lambda: log(place, "the first of a day that is nearer", 3 * DAY), True),
        (lambda: log(place, "nearer still", DAY), True),
        (lambda: log(place, "between", 2 * DAY), False),
        (lambda: log(place, "before", -DAY, "bots"), True),
    ):
        await happens()
        assert (await seen() > 0) is anew
    place.rules = replace(place.rules, page_of=lambda _: replace(PAGE, time_zone=ZoneInfo("Asia/Tokyo")))
    place.take_up()
    assert await seen() > 0


async def test_a_day_is_made_anew_where_another_becomes_its_neighbour_for_who_may_not_see_all(place: Place) -> None:
    place.take_up(private=("secret",))
    for back, project in ((4, "tools"), (2, "secret"), (0, "tools")):
        await log(place, f"{back}", -back * DAY, project)
    had = {
        path: (await place.call("GET", path, token=None)).headers["etag"]
        for path in ("/all/2026-11-18", "/all/2026-11-22", "/log/tools/2026-11-22")
    }
    await log(place, "now seen", -2 * DAY, "tools")
    for path, tag in had.items():
        assert (await place.call("GET", path, token=None, If_None_Match=tag)).status == 200, path


@dataclass
class Sourced:
    """A directory whose sources answer again and again."""

    directory: Directory

    def __getattr__(self, name: str) -> Any:
        return getattr(self.directory, name)


async def test_what_a_reader_has_is_made_anew_where_a_name_is_another_projects(place: Place) -> None:
    """A source of projects has answered otherwise; nothing was committed."""
    sourced = Sourced(DIRECTORY)
    place.rules = replace(place.rules, directory=sourced)
    place.take_up()
    await log(place, "one")
    paths = ("/log/Tool", "/log/Tool/2026-11-22", "/search?q=project:Tool", "/api/v1/entries?project=Tool")
    had = {path: (await place.call("GET", path, token=None)).headers["etag"] for path in paths}

    for path, tag in had.items():
        assert (await place.call("GET", path, token=None, If_None_Match=tag)).status == 304, path
    sourced.directory = a_directory("tools", Project("bots", ("tool",)))
    for path, tag in had.items():
        assert (await place.call("GET", path, token=None, If_None_Match=tag)).status != 304, path


async def _park(place: Place, entry_id: str) -> None:
    due = [each for each in await place.journal.deliveries.pending() if each.id == entry_id]
    await place.journal.attempts.begin("park", "wiki", "Tools/SAL", due, NOON)
    await place.journal.attempts.park("park", due, "the page is protected", NOON)


async def test_what_pages_need_besides_is_ours_and_small(place: Place) -> None:
    kinds = {"style.css": "text/css", "script.js": "text/javascript", "icon.svg": "image/svg+xml"}
    for path, kind in {
        **{f"/static/{name}": kind for name, kind in kinds.items()},
        "/robots.txt": "text/plain",
    }.items():
        answer = await place.call("GET", path, token=None)
        assert answer.headers["content-type"].startswith(kind)
        assert len(answer.content) < 7000
        assert b"http" not in answer.content.replace(b'xmlns="http://www.w3.org/2000/svg"', b"")


async def test_an_ordinary_day_weighs_less_than_30_kb(place: Place) -> None:
    for minute in range(50):
        message = f"finished sync-world of tools-web-{minute}: T{minute} and a few words more (duration: 03m 12s)"
        await log(place, message, minute * MINUTE)
    assert len((await place.call("GET", "/log/tools/2026-11-22", token=None)).content) < 30_000


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Place]:
    """A place where bots is private, and whoever has our socket is believed."""
    made = Place(tmp_path, private=("bots",), trusted=TrustedProxy((), socket=True))
    async with made.open():
        yield made


PATHS = (
    *("/", "/all", "/all/2026-11-22", "/all/2026-11", "/all/2026"),
    *("/log/tools", "/log/tools/2026-11-22", "/log/tools/2026-11", "/log/tools/2026"),
)


async def test_a_private_project_leaves_no_trace(guarded: Place) -> None:
    await log(guarded, "old secret", -DAY, "bots")
    secret = await log(guarded, "secret", timedelta(0), "bots")
    both = await log(guarded, "both", MINUTE, "tools", "bots")
    guarded.web._pages._now = lambda: NOON
    for path in (*PATHS, f"/entry/{both}"):
        answer = await guarded.call("GET", path, token=None, X_Remote_User="mallory")
        assert answer.status == 200, path
        text = answer.content.decode()
        assert re.search(r"secret|\bbots\b|2026-11-21", text) is None, path
    assert "1 entry in 30 days" in (await guarded.call("GET", "/", token=None)).content.decode()
    calendar = links(await get(guarded, "/all/2026-11"))
    assert {text for text, to in calendar.items() if "-11-" in to} == {"22 1"}
    year = await get(guarded, "/all/2026")
    assert [text_of(each) for each in year.iter(f"{SVG}a")] == ["2026-11-22, Sunday: 1 entry"]
    assert ["12", "1"] in rows(elements(year, "table")[1])
    for path in ("/log/bots", "/log/bots/2026-11-22", f"/entry/{secret}", "/all/2026-11-21"):
        hidden = await guarded.call("GET", path, token=None)
        nothing = await guarded.call("GET", path.replace("bots", "nope").replace(secret, "sal-1"), token=None)
        assert hidden.status == nothing.status == 404
        assert hidden.content.replace(b"bots", b"nope") == nothing.content


async def test_what_is_private_is_shown_by_a_proxy_that_is_believed(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "web.sock", private=("bots",), trusted=TrustedProxy((), socket=True))
    async with place.open():
        await log(place, "secret", timedelta(0), "bots")
        await asyncio.wait_for(place.web.listening.wait(), 10)
        for named, seen in (("X-Remote-User: alice\r\n", True), ("", False)):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "web.sock")
            writer.write(f"GET /all HTTP/1.1\r\nHost: x\r\n{named}Connection: close\r\n\r\n".encode())
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            assert (b"secret" in answer) is seen
            assert (b"cache-control: private, no-cache" in answer) is seen


async def test_a_login_of_a_proxy_that_is_passed_on_is_no_token(place: Place) -> None:
    await log(place, "one")
    for login in ("Basic YTpi", f"Bearer {ALL}", "nonsense"):
        assert len(lines(await get(place, "/log/tools", Authorization=login))) == 1


# --- what is not there ------------------------------------------------------------------------------------------------


async def test_a_project_that_is_none_is_answered_with_the_nearest(place: Place) -> None:
    tree = await get(place, "/log/tols", 404)
    assert "Did you mean tools?" in text_of(elements(tree, "main")[0])
    assert links(tree)["tools"] == "/log/tools"
    assert "Nothing has been logged for “bots” so far." in text_of(
        elements(await get(place, "/log/bots", 404), "main")[0]
    )


async def test_a_day_without_entries_is_answered_with_those_next_to_it(place: Place) -> None:
    await log(place, "one", -DAY)
    tree = await get(place, "/log/tools/2026-11-22", 404)
    assert links(tree)["2026-11-21, the nearest day before with entries"] == "/log/tools/2026-11-21"
    assert links(tree)["tools: the newest entries"] == "/log/tools"
    assert "Nothing was logged in 2025-01." in text_of(elements(await get(place, "/all/2025-01", 404), "main")[0])


@pytest.mark.parametrize(
    "path",
    [
        *("/nosuch", "//", "/log/", "/log", "/static/x", "/static/..%2f..%2fsetup.cfg", "/entry/nosuch", "/entry/%00"),
        *(
            "/log/tools/2026-02-30",
            "/log/tools/2026-13",
            "/all/2026-02-30",
            "/all/yesterday",
            "/all/0000-00",
            "/all/2025",
        ),
        *("/log/%00", "/log/%C0%AF", "/log/%FF/2026-11-22", f"/log/{'x' * 10_000}", "/log/tools/2026-11-22/x"),
        *("/log/%F0%9F%98%80", "/log/<script>", "/all/0001-01", "/all/9999-12", "/all/9999-12-31", "/all/0001-01-01"),
        *("/log/tools/0001-01-01", "/log/tools/9999-12", "/log/tools/0001", "/all/9999", "/all/0000"),
    ],
)
async def test_what_is_not_there_is_a_page_that_helps(place: Place, path: str) -> None:
    await log(place, "one")
    tree = await get(place, quote(path, safe="/%"), 404)
    assert links(tree)["Projects"] == "/"


@pytest.mark.parametrize("query", ["cursor=x", "format=xml", "robots=maybe", "author=a&robots=no&robots=no"])
async def test_what_is_wrong_with_an_address_is_told(place: Place, query: str) -> None:
    await log(place, "one")
    assert text_of(elements(await get(place, f"/log/tools?{query}", 400), "h1")[0]) == "That did not work"


async def test_whoever_does_what_cannot_be_done_to_a_page_is_told(place: Place) -> None:
    answer = await place.call("POST", "/log/tools", {"x": 1})
    assert answer.status == 405
    assert "Allow" in {name.title() for name in answer.headers}
    tree_of(answer)


async def test_headers_that_ask_for_other_things_are_passed_over(place: Place) -> None:
    await log(place, "one")
    asked: list[dict[str, Any]] = [{"Range": "bytes=0-5"}, {"Accept": "nonsense/*;q=9"}, {"Accept_Language": "\u00ff"}]
    for headers in asked:
        assert len(lines(await get(place, "/log/tools", **headers))) == 1


async def test_below_a_path_everything_leads_there(tmp_path: Path) -> None:
    place = Place(tmp_path)
    given = (
        place.web._reader,
        place.web._pages.audiences,
        place.web._pages._known,
        "https://a.example/logs/",
        lambda: NOON,
        asyncio.Event(),
    )
    place.web._pages.__init__(*given)  # type: ignore[misc]
    async with place.open():
        await log(place, "one")
        for path in ("/", "/log/tools", "/log/tools/2026-11", "/about"):
            tree = await get(place, path)
            assert all(each.startswith("/logs/") for each in links(tree).values() if not each.startswith("#")), path


async def test_a_time_that_was_read_from_the_wiki_is_no_more_exact_than_it_stands_there(place: Place) -> None:
    entry_id = await log(place, "x", via=Via.WIKI, time_written="~12:00", network="", channel="")
    tree = await get(place, "/log/tools")
    (line,) = [each for each in elements(tree, "li") if each.attrib.get("id") == entry_id]
    (at, *_) = elements(line, "time")
    assert (text_of(at), at.attrib["datetime"]) == ("~12:00", "2026-11-22T12:00Z")
    assert "Read from the wiki" in text_of(await get(place, f"/entry/{entry_id}"))
