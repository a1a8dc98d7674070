"""What people know of the bot: whether it is there."""

from __future__ import annotations

import pytest

from tests.torture.people import BELOW, OWN, present

JOINED = [f":labsbot!u@h JOIN :{OWN}", f":labsbot!u@h JOIN :{BELOW}"]


@pytest.mark.parametrize(
    ("lines", "there"),
    [
        ([], False),
        (JOINED[1:], False),
        (JOINED, True),
        ([*JOINED, ":labsbot!u@h PRIVMSG #own-page :alice: Logged at …", ":alice!u@h QUIT :bye"], True),
        ([*JOINED, ":labsbot!u@h QUIT :Connection closed"], False),
        ([*JOINED, ":labsbot!u@h QUIT :Connection closed", JOINED[0]], True),
    ],
)
def test_the_bot_is_there_from_its_joining_until_it_quits(lines: list[str], there: bool) -> None:
    assert present(lines, OWN) is there
