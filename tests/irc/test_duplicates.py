"""Another bot with our account, and what only looks like one."""

from __future__ import annotations

from labsbot.irc.duplicates import LINGERING, DuplicateMonitor
from tests.irc.test_session import hear, registered

WE = ":irc.test 900 labsbot labsbot!l@h LabsBot :You are now logged in as LabsBot"


def duplicates(*lines: str) -> dict[str, str]:
    """Who else has our account after these lines."""
    session = registered()
    for line in (WE, *lines):
        hear(session, line)
    return dict(session.duplicates)


def test_who_speaks_or_comes_with_our_account_is_a_duplicate_whatever_the_nick() -> None:
    assert duplicates("@account=labsbot :old!o@h PRIVMSG #ops :Logged at") == {"old": "#ops"}
    assert duplicates(":labsbot_!o@h JOIN #ops LabsBot :the bot") == {"labsbot_": "#ops"}
    assert duplicates(":old!o@h ACCOUNT LabsBot") == {"old": ""}
    assert duplicates(":irc.test 354 labsbot 354 old LabsBot") == {"old": ""}


def test_who_has_another_account_or_none_is_no_duplicate_and_we_ourselves_are_not() -> None:
    assert duplicates("@account=bob :bob!o@h PRIVMSG #ops :x", ":alice!a@h JOIN #ops * :x") == {}
    ours = ("@account=labsbot :labsbot!l@h PRIVMSG #ops :x", ":irc.test 354 labsbot 354 labsbot LabsBot")
    assert duplicates(*ours) == {}
    session = registered()
    hear(session, "@account= :bob!o@h PRIVMSG #ops :x")
    assert session.duplicates == {}, "we have no account"


def test_what_is_repeated_from_a_history_shows_no_duplicate() -> None:
    line = "@account=labsbot;time=2026-11-22T10:00:00Z :old!o@h PRIVMSG #ops :x"
    assert duplicates("BATCH +1 chathistory #ops", line.replace("@", "@batch=1;")) == {}


def test_a_duplicate_who_leaves_logs_out_or_is_out_of_sight_is_none_any_more() -> None:
    came = ":old!o@h JOIN #ops LabsBot :x"
    for gone in (
        ":old!o@h QUIT :x",
        ":old!o@h PART #ops",
        ":old!o@h ACCOUNT *",
        ":alice!a@h KICK #ops old",
        ":alice!a@h KICK #ops labsbot",
    ):
        assert duplicates(came, gone) == {}
    assert duplicates(came, ":old!o@h NICK older") == {"older": "#ops"}


def test_a_duplicate_is_reported_once_when_it_has_been_there_for_longer_than_a_dead_connection() -> None:
    monitor = DuplicateMonitor()
    assert monitor.due({"old": "#ops"}, 100) == []
    assert monitor.due({"old": "#ops"}, 99 + LINGERING) == []
    assert monitor.due({"old": "#ops", "other": ""}, 100 + LINGERING) == ["old"]
    assert monitor.due({"old": "#ops"}, 200 + LINGERING) == []


def test_a_dead_connection_that_goes_in_time_is_not_reported() -> None:
    monitor = DuplicateMonitor()
    monitor.due({"old": "#ops"}, 100)
    monitor.due({}, 200)
    assert monitor.due({"old": "#ops"}, 100 + LINGERING) == []
