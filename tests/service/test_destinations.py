"""Whose log a title is, and what a changed configuration does to what waits."""

from __future__ import annotations

import pytest

from labsbot.model import Log
from labsbot.service.destinations import NAMED, Destinations, LogPlace, changes, dumped, loaded, other_log
from tests.nouns import a_directory

TITLE = "Nova Resource:{project}/SAL"
CLOUD, OPS = "libera #cloud", "libera #ops"
NOW = Destinations("https://w.example/api.php", TITLE, {CLOUD: TITLE, OPS: "Server Admin Log"})
FREE = {CLOUD: None, OPS: None}


def called(name: str) -> str | None:
    found = a_directory("tools", "bots", "Łódź").find(name)
    return getattr(getattr(found, "project", None), "name", None)


PLACES = [LogPlace(TITLE, None, called), LogPlace("Server Admin Log", "production", called)]


@pytest.mark.parametrize(
    ("asked", "title", "other"),
    [
        ("Nova Resource:Tools/SAL", "Nova Resource:Bots/SAL", "bots"),
        ("Nova Resource:Tools/SAL", "Nova_Resource:BOTS/SAL", "bots"),
        ("Nova Resource:Tools/SAL", "Nova Resource:łódź/SAL", "Łódź"),
        ("Nova Resource:Tools/SAL", "Server Admin Log", "production"),
        ("Nova Resource:Tools/SAL", "Nova Resource:Toolforge/SAL", None),
        ("Nova Resource:Tools/SAL", "Nova Resource:Tools/SAL", None),
        ("Nova Resource:Tools/SAL", "Nova Resource:/SAL", None),
        ("Nova Resource:Tools/SAL", "/SAL", None),
        ("Server Admin Log", "Nova Resource:Bots/SAL", "bots"),
    ],
)
def test_a_log_is_known_by_its_title_and_its_project(asked: str, title: str, other: str | None) -> None:
    assert other_log(PLACES)(asked, title) == other


def test_one_project_may_have_two_titles() -> None:
    places = [*PLACES, LogPlace("Nova Resource:{project}", None, called)]
    assert other_log(places)("Nova Resource:Tools", "Nova Resource:Tools/SAL") is None


def test_where_nothing_has_changed_nothing_is_said() -> None:
    assert changes({Log(CLOUD, "tools"): 12}, NOW, NOW, FREE) == []
    assert changes({Log(CLOUD, "tools"): 12}, None, NOW, FREE) == []


def test_what_waits_follows_a_changed_title_and_says_how_many() -> None:
    before = Destinations(NOW.wiki, TITLE, {CLOUD: "Logs/{project}", OPS: "Server Admin Log"})
    waiting = {Log(CLOUD, "tools"): 12, Log(CLOUD, "bots"): 1, Log(OPS, "production"): 3}
    assert changes(waiting, before, NOW, FREE) == [
        "1 entry waits for page “Logs/bots”; after this change it goes to “Nova Resource:bots/SAL”",
        "12 entries wait for page “Logs/tools”; after this change they go to “Nova Resource:tools/SAL”",
    ]


def test_a_channel_that_is_configured_no_more_is_named() -> None:
    waiting = {Log("libera #gone", "tools"): 2}
    before = Destinations(NOW.wiki, TITLE, {**NOW.places, "libera #gone": "Gone"})
    (words,) = changes(waiting, before, NOW, FREE)
    assert words == (
        "2 entries wait for page “Gone”, from #gone on libera, which is not configured any more;"
        " after this change they go to “Nova Resource:tools/SAL”"
    )


def test_a_channel_that_has_another_project_now_is_named() -> None:
    (words,) = changes({Log(OPS, "production"): 2}, NOW, NOW, {OPS: "staging"})
    assert words == (
        "2 entries wait for page “Server Admin Log”, from #ops, whose project is staging now and not production;"
        " they go there all the same"
    )


def test_another_wiki_is_named() -> None:
    before = Destinations("/srv/pages", NOW.top, NOW.places)
    (words,) = changes({Log(CLOUD, "tools"): 2}, before, NOW, FREE)
    assert words == "2 entries wait for /srv/pages; now it is https://w.example/api.php where they go"


def test_however_much_has_changed_not_all_of_it_is_told() -> None:
    before = Destinations(NOW.wiki, TITLE, {CLOUD: "Logs/{project}"})
    told = changes({Log(CLOUD, f"p{number}"): 1 for number in range(500)}, before, NOW, FREE)
    assert len(told) == NAMED + 1
    assert told[-1] == f"and so for {500 - NAMED} more pages"


def test_it_is_the_same_after_a_restart() -> None:
    assert loaded(dumped(NOW)) == NOW


@pytest.mark.parametrize("kept", [None, [], {}, {"wiki": 5, "top": "x", "places": {}}, {"wiki": "w", "places": 5}])
def test_what_is_no_such_thing_is_not_believed(kept: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        loaded(kept)
