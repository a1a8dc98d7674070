"""How long something is, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labsbot.text.durations import in_words


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
