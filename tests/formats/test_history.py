"""All about one entry: its versions, and what became of it in each of its logs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labsbot.formats import history_as_json, history_as_text, view
from labsbot.formats.history import TitleOf
from labsbot.model import Change, ChangeKind, Delivery, DeliveryState, Kept, Queued, Telling, Told, Via
from labsbot.settings import PageSettings
from tests.nouns import NOON, a_change, a_delivery

SOON = NOON + timedelta(seconds=90)
TITLE: TitleOf = lambda each: f"{each.telling.delivery.log.project}/SAL"  # noqa: E731


def queued(delivery: Delivery, **given: Any) -> Queued:
    nothing: dict[str, Any] = {"attempts": 0, "failure": None, "next_try": None, "batch": None, "title": None}
    return Queued(Telling(delivery, NOON, Told.NOTHING), **{**nothing, **given})


def told(*owed: Queued, changes: tuple[Change, ...] = ()) -> str:
    deliveries = tuple(each.telling.delivery for each in owed)
    kept = Kept(deliveries[0].entry, NOON, None, changes, deliveries)
    return history_as_text(view(kept, lambda log: PageSettings()), owed, TITLE)


def of_log(text: str, part: int = 1) -> dict[str, str]:
    """The facts of the entry (0), or of one of its deliveries (1, 2 …)."""
    lines = text.split("\n\n")[part].splitlines()
    return {name: fact.strip() for name, fact in (line.split(":", 1) for line in lines)}


@pytest.mark.parametrize(
    ("state", "next_try", "words"),
    [
        (DeliveryState.PENDING, None, "as soon as labsbot runs"),
        (DeliveryState.PENDING, SOON, "about 2026-11-22 12:01:30 UTC, or as soon as the wiki answers"),
        (DeliveryState.PARKED, None, "by `labsbot queue retry`"),
        (DeliveryState.PARKED, SOON, "about 2026-11-22 12:01:30 UTC, or at once by `labsbot queue retry`"),
        (DeliveryState.DELIVERED, None, "never: nothing is left to do"),
        (DeliveryState.DROPPED, None, "never: nothing is left to do"),
    ],
)
def test_when_it_is_tried_again_is_said(state: DeliveryState, next_try: Any, words: str) -> None:
    assert of_log(told(queued(replace(a_delivery(), state=state), next_try=next_try)))["next try"] == words


def test_an_attempt_under_way_is_named() -> None:
    shown = of_log(told(queued(a_delivery(), attempts=3, batch="7f3a")))
    assert (shown["attempts"], shown["page"]) == ("3, one under way (7f3a)", "tools/SAL")


def test_each_log_has_its_own_state_cause_and_address() -> None:
    there = replace(a_delivery(), state=DeliveryState.DELIVERED, url="https://wiki.example/Tools#sal-1")
    parked = replace(there, state=DeliveryState.PARKED, url=None, cause="the page is protected")
    text = told(queued(there), queued(replace(parked, log=replace(there.log, project="bots"))))
    tools, bots = of_log(text), of_log(text, 2)
    assert (tools["log"], tools["state"], tools["cause"], tools["address"]) == (
        *("tools", "delivered", "none"),
        "https://wiki.example/Tools#sal-1",
    )
    assert (bots["log"], bots["state"], bots["cause"], bots["address"]) == (
        *("bots", "parked", "the page is protected", "none yet"),
    )
    assert of_log(text, 0)["project"] == "tools, bots"
    assert of_log(text, 0)["state"] == "parked"


def test_what_was_changed_is_told_with_who_did_it_and_whether_it_came_to_something() -> None:
    own = replace(a_delivery("at first"), state=DeliveryState.DELIVERED)
    amend, undo = a_change(ChangeKind.AMEND, "then", "bob"), a_change(ChangeKind.STRIKE, "wrong host", "carol")
    amended, struck = replace(own, change=amend), replace(own, change=undo, state=DeliveryState.LEFT)
    text = told(queued(own), queued(amended), queued(struck), changes=(amend, undo))
    entry = of_log(text, 0)
    assert entry["message"] == "then"
    assert entry["at first"] == "at first"
    assert entry["amended"] == f"2026-11-22 12:00:00 UTC by bob ({amend.id}): then"
    assert entry["taken back"] == f"2026-11-22 12:00:00 UTC by carol ({undo.id} – it came to nothing): wrong host"
    assert [of_log(text, part)["log"] for part in (1, 2, 3)] == [
        "tools",
        f"tools, amended ({amend.id})",
        f"tools, taken back ({undo.id})",
    ]


@pytest.mark.parametrize(
    ("came", "by"), [({}, "irc, #cloud on libera"), ({"network": "", "channel": "", "via": Via.COMMAND}, "command")]
)
def test_by_which_way_it_came_is_said(came: dict[str, Any], by: str) -> None:
    assert of_log(told(queued(a_delivery(**came))), 0)["by"] == by


def test_nothing_that_was_typed_begins_a_line_of_its_own_or_moves_the_cursor() -> None:
    text = told(queued(a_delivery("a\nstate: delivered\x1b[2J\u202e")))
    assert all(line.isprintable() for line in text.split("\n"))
    assert of_log(text, 0)["state"] == "waiting"


def test_programs_get_the_entry_with_its_deliveries() -> None:
    owed = queued(a_delivery(), next_try=SOON)
    kept = Kept(owed.telling.delivery.entry, NOON, None, (), (owed.telling.delivery,))
    shown = json.loads(history_as_json(view(kept, lambda log: PageSettings()), [owed], TITLE))
    assert (shown["id"], shown["state"], len(shown["versions"])) == (kept.entry.id, "waiting", 1)
    (delivery,) = shown["deliveries"]
    assert (delivery["state"], delivery["page"], delivery["next_try"]) == (
        *("waiting", "tools/SAL"),
        "2026-11-22T12:01:30Z",
    )


def test_what_is_removed_says_who_did_it_and_nothing_else() -> None:
    delivery = a_delivery("removed by an operator")
    redaction = replace(a_change(ChangeKind.REDACT), author="root")
    amend = a_change(ChangeKind.AMEND, "removed by an operator")
    text = told(queued(delivery), changes=(amend, redaction))
    facts = of_log(text, 0)
    assert (facts["state"], facts["message"]) == ("redacted", "removed by an operator")
    assert "at first" not in facts
    assert facts["amended"] == f"2026-11-22 12:00:00 UTC by alice ({amend.id})"
    assert facts["removed"] == f"2026-11-22 12:00:00 UTC by root ({redaction.id})"


def test_that_a_stub_waits_for_what_is_on_its_way_is_said() -> None:
    redaction = a_change(ChangeKind.REDACT)
    delivery = replace(a_delivery(), changes=(redaction,))
    facts = of_log(told(queued(delivery, due=SOON), changes=(redaction,)))
    assert facts["next try"] == "at 2026-11-22 12:01:30 UTC: until then its text may still be on its way to the wiki"


def test_of_what_was_read_from_the_wiki_the_time_is_that_of_its_page() -> None:
    entry = of_log(told(queued(a_delivery(via=Via.WIKI, time_written="~12:00"))), 0)
    assert entry["said"] == "2026-11-22 12:00 UTC, as far as its page says (~12:00)"
