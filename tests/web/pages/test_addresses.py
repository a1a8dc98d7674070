"""Where things are found, and what an address means that somebody typed."""

from __future__ import annotations

from datetime import date

import pytest

from labsbot.web.pages.addresses import LONGEST, Addresses, LogAddress, all_at, log_at

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("tools", LogAddress("tools")),
        ("tools/2026-11-22", LogAddress("tools", day=DAY)),
        ("tools/2026-11", LogAddress("tools", month=date(2026, 11, 1))),
        ("tools/2026", LogAddress("tools", year=date(2026, 1, 1))),
        ("tools/0000", LogAddress("tools", is_date=False)),
        ("2026", LogAddress("2026")),
        ("tools/2026-02-30", LogAddress("tools", is_date=False)),
        ("tools/atom", LogAddress("tools", feed="atom")),
        ("tools/2026-11-22/feed.json", LogAddress("tools", day=DAY, feed="feed.json")),
        ("a/b", LogAddress("a/b")),
        ("a/b/2026-11-22", LogAddress("a/b", day=DAY)),
        ("2026-11-22", LogAddress("2026-11-22")),
        ("atom", LogAddress("atom")),
        ("tools/", LogAddress("tools/")),
    ],
)
def test_only_what_stands_last_behind_a_project_is_a_time_or_a_feed(path: str, meant: LogAddress) -> None:
    assert log_at(path) == meant


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("2026-11-22", LogAddress("", day=DAY)),
        ("atom", LogAddress("", feed="atom")),
        ("2026-11-22/atom", LogAddress("", day=DAY, feed="atom")),
        ("2026", LogAddress("", year=date(2026, 1, 1))),
        ("yesterday", LogAddress("", is_date=False)),
    ],
)
def test_of_all_logs_it_stands_alone(path: str, meant: LogAddress) -> None:
    assert all_at(path) == meant


def test_what_anybody_asks_for_is_not_remembered_where_it_is_long() -> None:
    to, known = Addresses.below("https://b.example/"), Addresses._known_log.cache_info
    before = known().currsize
    for number in range(50):
        to.log(f"{number}{'x' * LONGEST}")
        to.log(None, author=f"{number}{'x' * LONGEST}")
    assert known().currsize == before
    to.log(None, author="somebody")
    assert known().currsize == before + 1


def test_whatever_a_project_is_called_its_address_leads_back_to_it() -> None:
    to = Addresses.below("https://a.example/logs/")
    assert to.log("a/b c?#", DAY, "atom", author="x&y") == "/logs/log/a%2Fb%20c%3F%23/2026-11-22/atom?author=x%26y"
    assert to.log(None) == "/logs/all"
    assert to.entries("a/b c", ("x&y", "z"), False) == (
        "/logs/api/v1/entries?project=a%2Fb+c&author=x%26y&author=z&robots=0"
    )
    assert to.entries(None) == "/logs/api/v1/entries"
    assert to.home == "/logs/"
    assert Addresses.below("https://a.example/").home == "/"
