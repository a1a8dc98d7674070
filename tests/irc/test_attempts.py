import pytest

from labsbot.irc.attempts import Attempts
from labsbot.irc.pace import HEALTHY
from labsbot.irc.runner import ConnectionEnd
from labsbot.settings import Backoff

BROKEN = ConnectionEnd("it broke")
ABSENT = ConnectionEnd("nobody there", absent=True)
STABLE = ConnectionEnd("it broke", online=HEALTHY)
REFUSED = ConnectionEnd("banned", for_good=True)


@pytest.mark.parametrize(
    ("ends", "seconds"),
    [
        ((BROKEN,), 1),
        ((BROKEN, BROKEN, BROKEN), 4),
        ((BROKEN, BROKEN, BROKEN, STABLE), 1),
        ((BROKEN, BROKEN, BROKEN, ABSENT), 2),
        ((BROKEN, BROKEN, ABSENT, ABSENT, BROKEN), 4),
    ],
)
def test_waits_grow_with_failures_unless_the_connection_was_stable_or_nobody_was_there(ends, seconds):
    attempts = Attempts(Backoff(first=1, most=60), servers=1)
    for end in ends:
        attempts.ended(end, registered=end is STABLE)
    assert attempts.wait(chance=1) == seconds


@pytest.mark.parametrize(
    ("ends", "hopeless"),
    [
        ((REFUSED,), False),
        ((REFUSED, REFUSED), True),
        ((REFUSED, BROKEN, REFUSED), False),
        ((STABLE, REFUSED, REFUSED), False),
    ],
)
def test_a_network_is_given_up_when_each_of_its_servers_refuses_us_and_none_ever_let_us_in(ends, hopeless):
    attempts = Attempts(Backoff(), servers=2)
    for end in ends:
        attempts.ended(end, registered=end is STABLE)
    assert attempts.hopeless is hopeless
