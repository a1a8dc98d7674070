"""What a channel hears of what scripts have logged, in one line that does nobody any harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labsbot.chat.announcements import announcement, is_news, is_there
from labsbot.chat.words import LONGEST
from labsbot.desk.command import parse
from labsbot.irc.lines import sayable
from labsbot.model import ChangeKind, Delivery, DeliveryState, Kept, Log
from labsbot.settings import USUAL_WORDS
from tests.nouns import NOON, a_change, an_entry

URL = "https://wiki/SAL"


def kept(
    message: str = "restarted web",
    minute: int = 0,
    projects: tuple[str, ...] = ("tools",),
    state: DeliveryState = DeliveryState.DELIVERED,
    **given: Any,
) -> Kept:
    entry = an_entry(message, NOON + timedelta(minutes=minute), **{"author": "deploy", "id": f"sal-{minute}", **given})
    url = f"{URL}#{entry.id}" if state is DeliveryState.DELIVERED else None
    owed = (
        Delivery(1, entry, Log("", project), entry.said.date(), f"{entry.said:%H:%M}", state, url=url)
        for project in projects
    )
    return Kept(entry, NOON, deliveries=tuple(owed))


def said(*entries: Kept) -> str:
    """Without what keeps clients from waking people."""
    return announcement(entries).replace("\N{ZERO WIDTH SPACE}", "")


def test_of_one_entry_its_words_are_said_and_where_it_stands() -> None:
    assert said(kept()) == "Logged on tools by deploy: “restarted web” https://wiki/SAL#sal-0"


def test_what_is_not_on_the_wiki_yet_is_said_to_be_kept() -> None:
    late = kept(state=DeliveryState.PENDING)
    assert said(late) == "Saved on tools by deploy, not on the wiki yet: “restarted web”"
    assert not is_there(late)


def test_many_entries_are_one_line() -> None:
    pile = [kept(minute=minute, author=author) for minute, author in enumerate(("deploy", "ci", "deploy", "cron"))]
    assert said(*pile) == (
        "Logged 4 entries (12:00–12:03) on tools by deploy and 2 others, the newest: https://wiki/SAL#sal-3"
    )
    waiting = [replace(each, deliveries=kept(state=DeliveryState.PENDING).deliveries) for each in pile[:2]]
    assert said(*waiting) == "Saved 2 entries (12:00) on tools by deploy and 1 other, not on the wiki yet"


def test_several_logs_are_named_as_far_as_there_is_room() -> None:
    assert said(kept(projects=("tools", "bots"))).startswith("Logged on tools and bots by deploy: ")
    assert said(kept(projects=tuple("abcde"))).startswith("Logged on a, b, c and 2 others by deploy: ")


def test_what_was_logged_afterwards_says_for_when() -> None:
    assert said(kept(late=True)).startswith("Logged on tools for 2026-11-22 12:00 UTC by deploy: ")


def test_what_it_says_by_now_is_said() -> None:
    amended = replace(kept(), changes=(a_change(ChangeKind.AMEND, "restarted web → done after 3 s"),))
    assert "“restarted web → done after 3 s”" in said(amended)


def test_what_was_taken_back_or_given_up_is_no_news() -> None:
    assert is_news(kept())
    assert not is_news(replace(kept(), changes=(a_change(ChangeKind.STRIKE),)))
    assert not is_news(replace(kept(), changes=(a_change(ChangeKind.REDACT),)))
    assert not is_news(kept(state=DeliveryState.DROPPED))


@pytest.mark.parametrize("text", ["!log tools x", "labsbot: !log tools x", "x" * 5000, "\x02bold\x07\n!log", "“"])
@pytest.mark.parametrize("author", ["deploy", "!log", "ü" * 200])
@pytest.mark.parametrize("project", ["tools", "!log", "é" * 250])
@pytest.mark.parametrize("entries", [1, 3])
def test_whatever_a_script_says_it_is_one_line_that_no_bot_takes_for_a_command(
    text: str, author: str, project: str, entries: int
) -> None:
    line = sayable(announcement([kept(text, minute, (project,), author=author) for minute in range(entries)]))
    assert line.startswith("Logged ")
    assert parse(line, False, USUAL_WORDS, lambda name: True) is None
    _, _, behind_a_name = line.partition(": ")  # as one relay may read what another bot says
    assert behind_a_name.startswith(("“", "http"))
    assert len(line.encode()) <= LONGEST


def test_an_address_is_said_whole_or_not_at_all() -> None:
    far = kept("x" * 400)
    (owed,) = far.deliveries
    for length in (10, 200, 300):
        line = announcement([replace(far, deliveries=(replace(owed, url="https://" + "y" * length),))])
        assert ("https" in line) == ("y" * length in line)
        assert ("https" in line) == (length < 300)


def test_nobody_is_woken_who_has_logged() -> None:
    assert "alice" not in announcement([kept(author="alice")])
