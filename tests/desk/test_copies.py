"""Which lines are one, and which only say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from labsbot.desk.copies import Copies
from labsbot.model import Sender
from tests.nouns import NOON, a_line

LATER = timedelta(milliseconds=300)
LINE = a_line("!log tools x", server_time=NOON)


def test_of_lines_that_are_said_now_each_is_one_of_its_own() -> None:
    copies = Copies()
    first, second, third = (copies.key(replace(LINE, arrived=NOON + n * LATER)) for n in range(3))
    assert len({first, second, third}) == 3


def test_each_copy_that_a_history_repeats_is_the_first_line() -> None:
    copies = Copies()
    live = [copies.key(LINE), copies.key(LINE)]
    repeated = replace(LINE, replayed=True, arrived=NOON + timedelta(hours=1))
    for known in (copies, Copies()):
        assert [known.key(repeated) for _ in range(2)] == [live[0]] * 2


def test_a_live_line_after_a_start_is_the_first_again() -> None:
    assert Copies().key(LINE) == Copies().key(LINE)


def test_what_comes_again_with_its_old_time_is_a_copy_although_the_network_does_not_say_so() -> None:
    copies = Copies()
    assert copies.key(LINE) == copies.key(replace(LINE, arrived=NOON + timedelta(seconds=20)))


def test_a_message_id_says_by_itself_which_line_it_is() -> None:
    copies = Copies()
    with_id = replace(LINE, msgid="m1")
    assert copies.key(with_id) == copies.key(with_id)
    assert copies.key(replace(LINE, msgid="m2")).msgid == "m2"


def test_channels_and_networks_are_counted_alone() -> None:
    copies = Copies()
    copies.key(LINE)
    assert " " not in copies.key(replace(LINE, channel="#other")).fingerprint
    assert " " not in copies.key(replace(LINE, network="other")).fingerprint


def test_nicks_are_compared_as_the_network_does() -> None:
    def of(nick: str, folded: str) -> str:
        return Copies().key(replace(LINE, sender=Sender(nick, folded=folded))).fingerprint

    assert of("Bob[m]", "bob{m}") == of("bob{m}", "bob{m}")
    assert of("straße", "straße") != of("strasse", "strasse"), "two people on a network that folds ASCII only"


def test_nothing_is_remembered_for_longer_than_two_seconds() -> None:
    copies = Copies()
    for number in range(1000):
        copies.key(replace(LINE, text=f"!log tools {number}", arrived=NOON + number * LATER))
    assert len(copies) <= 8
    copies.key(replace(LINE, arrived=NOON - timedelta(hours=1)))
    assert len(copies) == 1, "the clock was set back"
