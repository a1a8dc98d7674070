"""What one person hears of their requests, in one line."""

from __future__ import annotations

from dataclasses import replace

from labsbot.chat.words import LONGEST, words
from labsbot.model import Change, ChangeKind, Delivery, DeliveryState, Told
from tests.nouns import NOON, a_delivery

PAGE = "https://wiki/"


def on(project: str, state: DeliveryState = DeliveryState.DELIVERED, cause: str | None = None) -> Delivery:
    url = f"{PAGE}{project}#x" if state is not DeliveryState.PENDING else None
    return replace(a_delivery(project=project), state=state, cause=cause, url=url)


def changed(kind: ChangeKind, delivery: Delivery) -> Delivery:
    made = Change("undo-1", kind, "", "alice", NOON, "libera", "#cloud", "alice")
    return replace(delivery, change=made, changes=(made,))


def said(told: Told, *requests: list[Delivery]) -> str:
    return words(told, requests, "dora")


def test_one_answer_names_each_page_of_several_logs() -> None:
    both = [on("tools"), on("bots")]
    assert said(Told.LOGGED, both) == "Logged at https://wiki/tools#x and https://wiki/bots#x"
    undone = [changed(ChangeKind.STRIKE, each) for each in both]
    assert said(Told.LOGGED, undone) == "Taken back: https://wiki/tools#x and https://wiki/bots#x"


def test_however_many_logs_there_are_it_is_one_line() -> None:
    many = [on(f"{'x' * 60}{number}") for number in range(10)]
    assert said(Told.LOGGED, many) == f"Logged on 10 projects; {'x' * 60}0: https://wiki/{'x' * 60}0#x"
    for number in range(2, 11):
        assert len(said(Told.LOGGED, many[:number]).encode()) <= LONGEST
    assert ", and on " in said(Told.LOGGED, many[:5])


def test_where_one_of_several_pages_refuses_it_both_are_told() -> None:
    request = [on("tools"), on("bots", DeliveryState.PARKED, "the page is protected")]
    entry_id = request[0].entry.id
    assert said(Told.PARKED, request) == (
        "Logged on tools at https://wiki/tools#x; not on bots: the page is protected."
        f" dora has to look (entry {entry_id})."
    )


def test_where_all_of_several_pages_refuse_it_nothing_is_said_to_be_logged() -> None:
    request = [on(each, DeliveryState.PARKED, "it is read-only") for each in ("tools", "bots")]
    assert said(Told.PARKED, request).startswith("Not logged on tools and bots: it is read-only. dora has to look")


def test_what_people_have_edited_is_not_said_to_be_taken_back() -> None:
    left = changed(ChangeKind.STRIKE, on("tools", DeliveryState.LEFT, "people have edited it there meanwhile"))
    assert said(Told.LOGGED, [left]) == "Not taken back: people have edited it there meanwhile: https://wiki/tools#x"
    left = changed(ChangeKind.AMEND, on("tools", DeliveryState.LEFT, "people have edited it there meanwhile"))
    assert said(Told.LOGGED, [left]).startswith("Not amended: ")


def test_a_correction_that_is_late_or_refused_says_so() -> None:
    late = changed(ChangeKind.AMEND, on("tools", DeliveryState.PENDING, "it is read-only"))
    assert said(Told.LATE, [late]) == "Saved, not on the wiki yet: it is read-only."
    parked = changed(ChangeKind.AMEND, on("tools", DeliveryState.PARKED, "a filter refuses it"))
    assert said(Told.PARKED, [parked]).startswith(
        "Kept but not amended: a filter refuses it. dora has to look (entry sal-"
    )


def test_a_late_entry_is_told_with_its_day_and_time() -> None:
    delivery = on("tools")
    late = replace(delivery, entry=replace(delivery.entry, late=True))
    assert said(Told.LOGGED, [late]) == "Logged for 2026-11-22 12:00 UTC at https://wiki/tools#x"
