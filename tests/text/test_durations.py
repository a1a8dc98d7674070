"""How long something is, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labsbot.text.durations import briefly, in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (0.9, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (60, "1 minute"),
        (5400, "90 minutes"),
        (3600, "1 hour"),
        (36 * 3600, "36 hours"),
        (7 * 86400, "7 days"),
    ],
)
def test_a_span_is_said_in_the_largest_unit_of_which_it_is_a_whole_number(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than 1 s"),
        (0.9, "less than 1 s"),
        (1, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (182, "3 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "1 d"),
        (97200, "1 d 3 h"),
    ],
)
def test_how_long_something_took_is_said_briefly(seconds: float, words: str) -> None:
    assert briefly(timedelta(seconds=seconds)) == words
