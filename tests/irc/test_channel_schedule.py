import pytest

from labsbot.irc.channel_schedule import ANSWERING, ChannelSchedule
from labsbot.irc.pace import HEALTHY, NEVER
from labsbot.settings import Backoff


@pytest.fixture
def channels():
    return ChannelSchedule(["#ops", "#tech"], Backoff(first=2, most=60))


def out(name):
    return False


def test_a_join_that_nobody_answers_is_sent_again(channels):
    channels.registered(100)
    assert channels.to_join(out, 100 + ANSWERING - 1) == []
    assert channels.next(out) == 100 + ANSWERING
    assert channels.to_join(out, 100 + ANSWERING) == ["#ops", "#tech"]
    assert channels.next(out) == 100 + 2 * ANSWERING


def test_where_we_are_in_nothing_is_due(channels):
    channels.registered(100)
    assert channels.to_join(lambda name: name == "#ops", 1000) == ["#tech"]
    assert ChannelSchedule([], Backoff()).next(out) == NEVER


def test_a_channel_that_refuses_us_is_asked_less_and_less_often(channels):
    assert [channels.refused("#ops", 100, 1) for _ in range(6)] == [2, 4, 8, 16, 32, 60]
    assert channels.next(out) == 160
    assert channels.refused("#tech", 100, 0) == 1, "never at once"


def test_after_a_long_time_in_a_channel_a_kick_is_a_first_one_again(channels):
    for _ in range(5):
        channels.refused("#ops", 100, 1)
    channels.entered("#ops", 200)
    assert channels.left("#ops", 201, 1) == 60
    channels.entered("#ops", 300)
    assert channels.left("#ops", 301 + HEALTHY, 1) == 2


def test_an_invitation_brings_us_at_once_but_once_a_minute(channels):
    channels.refused("#ops", 100, 1)
    assert channels.invited("#ops", 101)
    assert channels.to_join(out, 101) == ["#ops"]
    assert not channels.invited("#ops", 101 + ANSWERING - 1)
    assert channels.invited("#tech", 102), "another channel"
    assert channels.invited("#ops", 101 + ANSWERING)


def test_a_history_ends_or_is_given_up(channels):
    channels.entered("#ops", 100)
    channels.entered("#tech", 100)
    channels.caught_up("#tech")
    assert channels.all_caught_up() == ["#tech"]
    assert channels.next(lambda name: True) == 100 + ANSWERING
    channels.history_goes_on(110)
    assert channels.history_overdue(100 + ANSWERING) == []
    assert channels.history_overdue(110 + ANSWERING) == ["#ops"]
    assert channels.history_overdue(110 + ANSWERING) == []
    channels.left("#tech", 120, 1)
    assert channels.all_caught_up() == []


def test_a_channel_that_is_added_or_gets_another_key_is_tried_at_once_and_no_other(channels):
    channels.registered(100)
    channels.refused("#ops", 100, 1)
    channels.added("#new", 101)
    channels.rekeyed("#ops", 101)
    assert channels.to_join(out, 101) == ["#ops", "#new"]
    channels.entered("#ops", 102)
    channels.rekeyed("#ops", 103)
    assert channels.to_join(lambda name: name == "#ops", 103) == []


def test_a_channel_that_we_leave_is_heard_until_we_are_out_and_never_joined_again(channels):
    channels.registered(100)
    channels.entered("#ops", 100)
    channels.caught_up("#ops")
    channels.leaving("#ops")
    channels.leaving("#tech")
    assert channels.all_caught_up() == ["#ops"]
    assert channels.to_join(out, 10_000) == []
    channels.removed("#ops")
    channels.removed("#tech")
    assert channels.all_caught_up() == []
    assert channels.next(out) == NEVER
