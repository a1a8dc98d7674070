"""Who may take an entry back, or change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labsbot.desk.corrections import MOST_CHANGES, Corrector, refuse_correction
from labsbot.model import Change, ChangeKind, DeliveryState, Kept, Sender, Via
from labsbot.settings import Words
from tests.nouns import NOON, a_delivery, an_entry

HOUR = timedelta(hours=1)
STRIKE, AMEND = ChangeKind.STRIKE, ChangeKind.AMEND
BOTH = pytest.mark.parametrize("kind", [STRIKE, AMEND])

ALICE = Sender("alice", "al", "host.example", account="Alice")
STRANGER = Sender("alice", "al", "host.example")
"""Who is not logged in to services."""
BRIDGE = Sender("bridge", "b", "bridge.example", account="matrixbot", ranks="@")

BY_ACCOUNT = Kept(an_entry(account="alice"), NOON)
BY_HOSTMASK = Kept(an_entry(), NOON, "alice!al@host.example")
RELAYED = Kept(an_entry(nick="dora", author="dora", relay="bridge", account="matrixbot"), NOON)


def refusal(kept: Kept, sender: Sender, kind: ChangeKind = STRIKE, **given: Any) -> str | None:
    now = given.pop("now", NOON + timedelta(minutes=5))
    fields: dict[str, Any] = {"network": "libera", "channel": "#cloud", "sender": sender}
    return refuse_correction(kind, kept, Corrector(**{**fields, **given}), now, HOUR)


def changed(kept: Kept, *kinds: ChangeKind) -> Kept:
    entry = kept.entry
    return replace(
        kept,
        changes=tuple(
            Change(f"{kind.value}-{n}", kind, "x", "alice", NOON, entry.network, entry.channel, "alice")
            for n, kind in enumerate(kinds)
        ),
    )


@BOTH
def test_an_account_corrects_what_it_has_logged_whatever_its_nick_host_and_channel(kind: ChangeKind) -> None:
    assert refusal(BY_ACCOUNT, ALICE, kind) is None
    moved = Sender("al_away", "x", "elsewhere.example", account="ALICE")
    assert refusal(BY_ACCOUNT, moved, kind, channel="#other") is None


@BOTH
def test_the_same_nick_and_host_are_not_the_account(kind: ChangeKind) -> None:
    said = refusal(BY_ACCOUNT, STRANGER, kind)
    assert said is not None
    assert "NickServ identify" in said
    assert refusal(BY_ACCOUNT, replace(ALICE, account="mallory"), kind) is not None


@BOTH
def test_an_account_is_one_person_on_its_own_network_only(kind: ChangeKind) -> None:
    assert refusal(BY_ACCOUNT, ALICE, kind, network="oftc") is not None
    assert refusal(BY_HOSTMASK, STRANGER, kind, network="oftc") is not None


@BOTH
def test_without_an_account_the_whole_hostmask_has_to_be_as_it_was(kind: ChangeKind) -> None:
    assert refusal(BY_HOSTMASK, STRANGER, kind) is None
    assert refusal(BY_HOSTMASK, replace(STRANGER, nick="Alice"), kind) is None
    assert refusal(BY_HOSTMASK, replace(STRANGER, account="alice"), kind) is None, "they have logged in since"
    for other in (
        replace(STRANGER, nick="alice_"),
        replace(STRANGER, user="x"),
        replace(STRANGER, host="elsewhere.example"),
    ):
        said = refusal(BY_HOSTMASK, other, kind)
        assert said is not None
        assert "Ask an operator" in said


@BOTH
def test_of_nicks_that_differ_in_brackets_it_is_not_said_that_they_are_one(kind: ChangeKind) -> None:
    kept = replace(BY_HOSTMASK, entry=replace(BY_HOSTMASK.entry, nick="al[x]"), hostmask="al[x]!al@host.example")
    assert refusal(kept, replace(STRANGER, nick="al{x}"), kind) is not None


@BOTH
def test_what_was_logged_before_hostmasks_were_kept_is_nobodys(kind: ChangeKind) -> None:
    said = refusal(replace(BY_HOSTMASK, hostmask=None), STRANGER, kind)
    assert said is not None
    assert "nothing proves" in said


@BOTH
def test_a_hostmask_of_which_the_network_told_only_the_nick_proves_nothing(kind: ChangeKind) -> None:
    assert refusal(replace(BY_HOSTMASK, hostmask="alice!@"), Sender("alice"), kind) is not None


@BOTH
def test_a_relayed_entry_is_corrected_by_way_of_the_same_relay_under_the_same_name(kind: ChangeKind) -> None:
    assert refusal(RELAYED, BRIDGE, kind, behind="dora") is None
    assert refusal(RELAYED, replace(BRIDGE, nick="bridge2"), kind, behind="dora") is None
    assert refusal(RELAYED, BRIDGE, kind, behind="Dora") is not None
    assert refusal(RELAYED, BRIDGE, kind, behind="emil") is not None
    assert refusal(RELAYED, replace(BRIDGE, account="otherbot"), kind, behind="dora") is not None


@BOTH
def test_a_native_nick_never_corrects_a_relayed_entry_nor_the_other_way_round(kind: ChangeKind) -> None:
    assert refusal(RELAYED, Sender("dora", "d", "host.example", account="dora"), kind) is not None
    assert refusal(RELAYED, replace(BRIDGE, ranks=""), kind) is not None, "the relay itself has not said it"
    assert refusal(replace(BY_HOSTMASK), BRIDGE, kind, behind="alice") is not None
    own = Kept(an_entry(nick="bridge", account="matrixbot"), NOON)
    assert refusal(own, BRIDGE, kind, behind="bridge") is not None


@pytest.mark.parametrize("rank", "~&@")
@pytest.mark.parametrize("kept", [BY_ACCOUNT, BY_HOSTMASK, RELAYED, replace(BY_HOSTMASK, hostmask=None)])
def test_an_operator_takes_back_what_others_have_logged_in_the_channel(kept: Kept, rank: str) -> None:
    operator = Sender("oskar", "o", "host.example", ranks=f"{rank}+")
    assert refusal(kept, operator) is None


@pytest.mark.parametrize("ranks", ["", "+", "%", "%+"])
def test_lower_ranks_take_back_nothing_of_others(ranks: str) -> None:
    assert refusal(BY_ACCOUNT, Sender("oskar", "o", "host.example", ranks=ranks)) is not None


def test_an_operator_does_not_put_other_words_into_somebodys_mouth() -> None:
    said = refusal(BY_ACCOUNT, Sender("oskar", "o", "host.example", ranks="@"), AMEND)
    assert said is not None
    assert f"!undo {BY_ACCOUNT.entry.id}" in said
    assert refusal(BY_ACCOUNT, replace(ALICE, ranks="@"), AMEND) is None, "it is their own"


def test_operators_of_one_channel_have_no_say_in_another() -> None:
    operator = Sender("oskar", "o", "host.example", ranks="@")
    said = refusal(BY_ACCOUNT, operator, channel="#other")
    assert said is not None
    assert "#other" in said
    assert refusal(BY_ACCOUNT, operator, network="oftc") is not None


def test_nobody_has_the_ranks_of_the_relay_behind_which_they_stand() -> None:
    assert refusal(BY_ACCOUNT, BRIDGE, behind="mallory") is not None


@BOTH
def test_a_robot_corrects_its_own_entries_like_everybody(kind: ChangeKind) -> None:
    robot = Sender("jenkins", "j", "ci.example", account="jenkins-bot", robot=True)
    kept = Kept(an_entry(nick="jenkins", account="jenkins-bot"), NOON)
    assert refusal(kept, robot, kind) is None
    assert refusal(kept, ALICE, kind) is not None
    assert refusal(kept, replace(ALICE, ranks="@")) is None


@BOTH
def test_a_repeated_line_counts_only_where_it_says_who_was_logged_in(kind: ChangeKind) -> None:
    assert refusal(BY_ACCOUNT, ALICE, kind, replayed=True) is None
    for kept in (BY_ACCOUNT, BY_HOSTMASK):
        said = refusal(kept, STRANGER, kind, replayed=True)
        assert said is not None
        assert "say it again" in said
    assert refusal(BY_ACCOUNT, Sender("oskar", "o", "h.example", account="o", ranks="@"), replayed=True) is not None


@BOTH
def test_after_an_hour_nobody_corrects_it_any_more(kind: ChangeKind) -> None:
    assert refusal(BY_ACCOUNT, ALICE, kind, now=NOON + HOUR) is None
    over = NOON + HOUR + timedelta(seconds=1)
    for kept, sender in ((BY_ACCOUNT, ALICE), (BY_HOSTMASK, STRANGER), (BY_ACCOUNT, replace(STRANGER, ranks="@"))):
        said = refusal(kept, sender, kind, now=over)
        assert said is not None
        assert "1 hour" in said
        assert "Edit the page" in said


def test_what_is_taken_back_is_not_taken_back_twice() -> None:
    said = refusal(changed(BY_ACCOUNT, STRIKE), ALICE)
    assert said is not None
    assert "already" in said
    assert "!undo <id or link>" in said


def test_what_is_taken_back_is_not_amended() -> None:
    said = refusal(changed(BY_ACCOUNT, AMEND, STRIKE), ALICE, AMEND)
    assert said is not None
    assert "Log what is right as a new entry" in said


def test_what_was_amended_can_be_amended_again_and_taken_back() -> None:
    assert refusal(changed(BY_ACCOUNT, AMEND), ALICE, AMEND) is None
    assert refusal(changed(BY_ACCOUNT, AMEND, AMEND), ALICE, STRIKE) is None


@BOTH
def test_who_corrects_what_an_operator_has_given_up_hears_so(kind: ChangeKind) -> None:
    waits = a_delivery()
    given_up = replace(waits, state=DeliveryState.DROPPED)
    said = refusal(replace(BY_ACCOUNT, deliveries=(given_up, given_up)), ALICE, kind)
    assert said is not None
    assert "on no page" in said
    assert refusal(replace(BY_ACCOUNT, deliveries=(given_up, waits)), ALICE, kind) is None


def test_an_entry_is_not_changed_without_end_but_can_always_be_taken_back() -> None:
    often = [AMEND] * (MOST_CHANGES - 2)
    assert refusal(changed(BY_ACCOUNT, *often), ALICE, AMEND) is None
    said = refusal(changed(BY_ACCOUNT, *often, AMEND), ALICE, AMEND)
    assert said is not None
    assert "Edit the page" in said
    assert refusal(changed(BY_ACCOUNT, *often, AMEND), ALICE, STRIKE) is None
    assert refusal(changed(BY_ACCOUNT, *often, AMEND, AMEND), ALICE, STRIKE) is not None


def test_a_refusal_says_the_word_that_is_typed_in_this_channel() -> None:
    by = Corrector("libera", "#cloud", ALICE)
    said = refuse_correction(STRIKE, changed(BY_ACCOUNT, STRIKE), by, NOON, HOUR, Words(undo=".undo"))
    assert said is not None
    assert ".undo <id or link>" in said


@BOTH
def test_what_is_removed_is_neither_changed_nor_taken_back_whoever_asks(kind: ChangeKind) -> None:
    kept = changed(BY_ACCOUNT, ChangeKind.REDACT)
    words = f"{kept.entry.id} is removed by an operator. Log what is right as a new entry."
    assert refusal(kept, ALICE, kind) == refusal(kept, ALICE, kind, trusted=True) == words


@BOTH
def test_what_was_read_from_the_wiki_without_an_id_is_for_the_page_to_correct(kind: ChangeKind) -> None:
    delivery = replace(a_delivery(via=Via.WIKI), url="https://wiki.example/SAL#2026-11-22")
    imported = Kept(delivery.entry, NOON, deliveries=(delivery,))
    words = f"{delivery.entry.id} was read from the wiki, where its line has no id. Edit the page."
    assert refusal(imported, ALICE, kind, trusted=True) == words
    marked = replace(delivery, url=f"https://wiki.example/SAL#{delivery.entry.id}")
    assert refusal(replace(imported, deliveries=(marked,)), ALICE, kind, trusted=True) is None
