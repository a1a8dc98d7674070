"""Small ledgers in a notation of their own: what each says of its lines.

`a` … a line, `+` the bot comes, `-` it goes, `!` the server ends and forgets; a second passes with each blank.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.soak.ledger import Came, Claim, Forgot, Gap, Heard, Said, Verdict, Went, claim, judge

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANNEL = "#ops"


def heard(notation: str, channel: str = CHANNEL) -> list[Heard]:
    events: list[Heard] = []
    at = NOON
    for sign in notation:
        match sign:
            case " ":
                at += timedelta(seconds=1)
            case "+":
                events.append(Came(channel))
            case "-":
                events.append(Went(channel, at))
            case "!":
                events.append(Forgot(at))
            case word:
                events.append(Said(channel, at, word))
    return events


def verdict(notation: str, *pages: str, typed: str = "abcdef", gaps: tuple[Gap, ...] = ()) -> Verdict:
    return judge(heard(notation), set(typed), [list(page) for page in pages], gaps)


def gap(start: float, end: float, channel: str = CHANNEL) -> Gap:
    return Gap(channel, NOON + timedelta(seconds=start), NOON + timedelta(seconds=end))


@pytest.mark.parametrize(
    ("notation", "owed", "forgotten", "doubtful"),
    [
        ("+ a", "a", "", ""),
        ("a + b", "ab", "", ""),
        ("+ a - b + c", "abc", "", ""),
        ("+ a - b", "a", "b", ""),
        ("+ a   - b ! + c", "ac", "b", ""),
        ("+ a   ! + c", "ac", "", ""),
        # what was on its way when the connection ended
        ("+ a   b- ! +", "a", "", "b"),
        ("+ a   b ! +", "a", "", "b"),
        ("+ a   b- +", "ab", "", ""),
        ("+ a   b- +   !", "ab", "", ""),
        # what the server repeats, it repeats at once
        ("a + ! b +", "ab", "", ""),
        ("a ! b +", "b", "a", ""),
    ],
)
def test_what_is_owed_is_what_the_bot_heard_or_the_server_repeated(
    notation: str, owed: str, forgotten: str, doubtful: str
) -> None:
    expected = {Claim.OWED: owed, Claim.FORGOTTEN: forgotten, Claim.DOUBTFUL: doubtful}
    claims = claim(heard(notation))
    assert {each: "".join(sorted(word for word in claims if claims[word] is each)) for each in Claim} == expected


def test_each_channel_has_a_ledger_of_its_own() -> None:
    events = [*heard("+ a"), *heard("b", "#tech"), Forgot(NOON + timedelta(seconds=9))]
    assert claim(events) == {"a": Claim.OWED, "b": Claim.FORGOTTEN}


def test_all_is_well_where_each_line_stands_once_and_in_order() -> None:
    well = verdict("+ a b - c + d", "ac", "bd")
    assert well.wrong == []
    assert well.claims[Claim.OWED] == 4


def test_a_line_that_is_owed_is_missed_even_if_a_gap_was_told() -> None:
    assert verdict("+ a b", "a", gaps=(gap(0, 9),)).missing == ["b"]


def test_a_line_twice_is_doubled_on_one_page_or_on_two() -> None:
    assert verdict("+ a b", "aab").doubled == ["a"]
    assert verdict("+ a b", "a", "ab").doubled == ["a"]


def test_a_line_that_nobody_typed_is_invented() -> None:
    assert verdict("+ a", "ax").invented == ["x"]


def test_a_line_that_only_the_bot_heard_is_welcome() -> None:
    assert verdict("+ a", "ba").wrong == []


def test_a_line_below_one_that_was_said_after_it_is_out_of_order() -> None:
    assert verdict("+ a b c", "acb").disordered == ["b"]
    assert verdict("+ a b c d", "dabc").disordered == ["a", "b", "c"]
    assert verdict("+ a b c", "b", "ac").disordered == []


def test_where_a_line_stands_that_was_for_an_earlier_time_is_not_said_here() -> None:
    late = [replace(each, late=each.word == "c") if isinstance(each, Said) else each for each in heard("+ a b c")]
    assert judge(late, {"a", "b", "c"}, ["cab"], []).wrong == []
    assert judge(late, {"a", "b", "c"}, ["cba"], []).disordered == ["a"]


def test_what_is_lost_must_be_told_of_in_its_channel_and_its_time() -> None:
    lost = "+   -   a   !   + b"
    assert verdict(lost, "b").untold == ["a"]
    assert verdict(lost, "b", gaps=(gap(3, 9),)).wrong == []
    assert verdict(lost, "b", gaps=(gap(3, 9, "#tech"),)).untold == ["a"]
    assert verdict(lost, "b", gaps=(gap(8, 9),)).untold == ["a"]


def test_a_gap_is_told_in_whole_seconds() -> None:
    assert verdict("+   -   a   !   + b", "b", gaps=(gap(7, 9),)).wrong == []


def test_gaps_without_a_loss_are_counted() -> None:
    assert verdict("+   -   a   !   + b", "b", gaps=(gap(3, 9), gap(20, 21))).idle_gaps == 1


def test_a_line_in_doubt_may_be_there_or_not() -> None:
    assert verdict("+ a   b ! + c", "abc").wrong == []
    absent = verdict("+ a   b ! + c", "ac", gaps=(gap(4, 7),))
    assert (absent.wrong, absent.absent[Claim.DOUBTFUL]) == ([], 1)
