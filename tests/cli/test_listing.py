"""What an operator is shown of an entry that waits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labsbot.cli import listing
from labsbot.model import Change, ChangeKind, DeliveryState, Queued, Telling, Told
from tests.nouns import NOON, a_delivery

SOON = NOON + timedelta(seconds=90)


def queued(state: DeliveryState = DeliveryState.PENDING, **given: Any) -> Queued:
    telling = Telling(replace(a_delivery(), state=state), NOON, Told.NOTHING)
    nothing: dict[str, Any] = {"attempts": 0, "failure": None, "next_try": None, "batch": None, "title": None}
    return Queued(telling, **{**nothing, **given})


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
def test_when_it_is_tried_again_is_said(state, next_try, words):
    assert dict(listing.facts(queued(state, next_try=next_try), lambda each: "Tools/SAL"))["next try"] == words


def test_an_attempt_under_way_is_named():
    shown = dict(listing.facts(queued(attempts=3, batch="7f3a"), lambda each: "Tools/SAL"))
    assert (shown["attempts"], shown["page"]) == ("3, one under way (7f3a)", "Tools/SAL")


def test_programs_get_one_as_an_object_and_several_as_a_list():
    one = queued(next_try=SOON)
    shown = json.loads(listing.as_json(one, lambda each: "Tools/SAL"))
    assert (shown["state"], shown["page"], shown["next_try"]) == ("waiting", "Tools/SAL", "2026-11-22T12:01:30Z")
    assert json.loads(listing.as_json([one, one], lambda each: "Tools/SAL")) == [shown, shown]


def test_a_correction_is_listed_as_what_it_is():
    delivery = a_delivery("restarted")
    made = Change("undo-1", ChangeKind.STRIKE, "wrong host", "bob", NOON, "libera", "#cloud", "bob")
    telling = Telling(replace(delivery, change=made, changes=(made,)), NOON, Told.NOTHING)
    owed = Queued(telling, 0, None, None, None, None)
    words = f"undo-1  pending  tools  bob: takes back {delivery.entry.id} (wrong host)  (not tried yet)"
    assert listing.line(owed) == words
    found = json.loads(listing.as_json(owed, lambda _: "Tools"))
    assert (found["id"], found["entry"], found["change"]) == ("undo-1", delivery.entry.id, "strike")
