from labsbot.irc.keepalive import Keepalive
from labsbot.settings import Ping


def test_a_silent_server_is_pinged_once_and_then_given_up():
    keepalive = Keepalive(Ping(after=60, give_up=120), now=0)
    keepalive.heard(100)
    assert not keepalive.ping(159)
    assert keepalive.next("") == 160
    assert keepalive.ping(160)
    assert not keepalive.ping(161)
    assert keepalive.next("") == 220
    assert keepalive.lost("", 219) is None
    assert keepalive.lost("", 220) == "nothing received for 120 s"
    keepalive.heard(219)
    assert keepalive.lost("", 220) is None
    assert keepalive.next("") == 279


def test_a_server_that_talks_and_does_not_let_us_in_is_given_up_too():
    keepalive = Keepalive(Ping(after=60, give_up=120), now=0)
    keepalive.heard(119)
    assert keepalive.lost("registering", 119) is None
    assert keepalive.next("registering") == 120
    assert keepalive.lost("registering", 120) == "registering took longer than 120 s"
    assert keepalive.lost("", 120) is None
