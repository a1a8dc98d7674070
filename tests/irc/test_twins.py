"""Another bot with our account, and what only looks like one."""

from __future__ import annotations

from labsbot.irc.twins import GHOST, TwinWatch
from tests.irc.test_session import hear, registered

WE = ":irc.test 900 labsbot labsbot!l@h LabsBot :You are now logged in as LabsBot"


def twins(*lines: str) -> dict[str, str]:
    """Who else has our account after these lines."""
    session = registered()
    for line in (WE, *lines):
        hear(session, line)
    return dict(session.twins)


def test_who_speaks_or_comes_with_our_account_is_a_twin_whatever_the_nick() -> None:
    assert twins("@account=labsbot :old!o@h PRIVMSG #ops :Logged at") == {"old": "#ops"}
    assert twins(":labsbot_!o@h JOIN #ops LabsBot :the bot") == {"labsbot_": "#ops"}
    assert twins(":old!o@h ACCOUNT LabsBot") == {"old": ""}
    assert twins(":irc.test 354 labsbot 354 old LabsBot") == {"old": ""}


def test_who_has_another_account_or_none_is_none_and_we_ourselves_are_not() -> None:
    assert twins("@account=bob :bob!o@h PRIVMSG #ops :x", ":alice!a@h JOIN #ops * :x") == {}
    assert twins("@account=labsbot :labsbot!l@h PRIVMSG #ops :x", ":irc.test 354 labsbot 354 labsbot LabsBot") == {}
    session = registered()
    hear(session, "@account= :bob!o@h PRIVMSG #ops :x")
    assert session.twins == {}, "we have no account"


def test_what_is_repeated_from_a_history_shows_no_twin() -> None:
    line = "@account=labsbot;time=2026-11-22T10:00:00Z :old!o@h PRIVMSG #ops :x"
    assert twins("BATCH +1 chathistory #ops", line.replace("@", "@batch=1;")) == {}


def test_a_twin_who_leaves_logs_out_or_is_out_of_sight_is_none_any_more() -> None:
    came = ":old!o@h JOIN #ops LabsBot :x"
    for gone in (
        ":old!o@h QUIT :x",
        ":old!o@h PART #ops",
        ":old!o@h ACCOUNT *",
        ":alice!a@h KICK #ops old",
        ":alice!a@h KICK #ops labsbot",
    ):
        assert twins(came, gone) == {}
    assert twins(came, ":old!o@h NICK older") == {"older": "#ops"}


def test_a_twin_is_told_of_once_when_it_has_been_there_for_longer_than_a_ghost() -> None:
    watch = TwinWatch()
    assert watch.look({"old": "#ops"}, 100) == []
    assert watch.look({"old": "#ops"}, 99 + GHOST) == []
    assert watch.look({"old": "#ops", "other": ""}, 100 + GHOST) == ["old"]
    assert watch.look({"old": "#ops"}, 200 + GHOST) == []


def test_a_ghost_that_goes_in_time_is_not_told_of() -> None:
    watch = TwinWatch()
    watch.look({"old": "#ops"}, 100)
    watch.look({}, 200)
    assert watch.look({"old": "#ops"}, 100 + GHOST) == []
