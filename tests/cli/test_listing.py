"""What an operator is shown of an entry that waits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from labsbot.cli import listing
from labsbot.model import Change, ChangeKind, Queued, Telling, Told
from tests.nouns import NOON, a_delivery

SOON = NOON + timedelta(seconds=90)


def queued(message: str = "restarted", **given: Any) -> Queued:
    telling = Telling(a_delivery(message), NOON, Told.NOTHING)
    nothing: dict[str, Any] = {"attempts": 0, "failure": None, "next_try": None, "batch": None, "title": None}
    return Queued(telling, **{**nothing, **given})


def test_programs_get_a_list():
    one = queued(next_try=SOON)
    shown = json.loads(listing.as_json([one, one], lambda each: "Tools/SAL"))
    assert [(each["state"], each["page"], each["next_try"]) for each in shown] == [
        ("waiting", "Tools/SAL", "2026-11-22T12:01:30Z")
    ] * 2


def test_what_somebody_typed_moves_no_terminals_cursor_in_json_either():
    one = queued(message="a \x9b31m \u202e b \x1b[2J")
    shown = listing.as_json([one], lambda each: "Tools/SAL")
    assert all(line.isprintable() for line in shown.split("\n"))
    assert json.loads(shown)[0]["message"] == "a \x9b31m \u202e b \x1b[2J"


def test_a_correction_is_listed_as_what_it_is():
    delivery = a_delivery("restarted")
    made = Change("undo-1", ChangeKind.STRIKE, "wrong host", "bob", NOON, "libera", "#cloud", "bob")
    telling = Telling(replace(delivery, change=made, changes=(made,)), NOON, Told.NOTHING)
    owed = Queued(telling, 0, None, None, None, None)
    words = f"undo-1  pending  tools  bob: takes back {delivery.entry.id} (wrong host)  (not tried yet)"
    assert listing.line(owed) == words
    (found,) = json.loads(listing.as_json([owed], lambda _: "Tools"))
    assert (found["id"], found["entry"], found["change"]) == ("undo-1", delivery.entry.id, "strike")
