"""Which line goes first, and which become one while they wait."""

from __future__ import annotations

from labsbot.irc.events import Send
from labsbot.irc.lines import LONGEST_OUT
from labsbot.irc.send_queue import Message, SendQueue
from labsbot.model import Importance


def refusal(nick: str, words: str, target: str = "#ops") -> Message:
    return Message(target, f"{nick}: Not logged: {words}", 0, Importance.REFUSAL)


def answer(nick: str, words: str) -> Message:
    return Message("#ops", f"{nick}: {words}", 0)


def after(*messages: Message) -> list[str]:
    """What waits when these have come."""
    waiting = SendQueue()
    for message in messages:
        waiting.put(message)
    return [message.text for message in waiting.messages()]


def test_refusals_to_one_person_are_one_line_with_the_last_reason() -> None:
    told = [refusal("alice", "there is no project “a”."), refusal("bob", "no."), refusal("alice", "say what you did.")]
    assert after(*told, refusal("alice", "too long.")) == [
        "alice: 3 lines not logged. The last: too long.",
        "bob: Not logged: no.",
    ]


def test_what_several_are_told_in_the_same_words_is_one_line() -> None:
    assert after(*(refusal(nick, "no.") for nick in ("alice", "bob", "carol"))) == [
        "alice, bob, carol: Not logged: no."
    ]
    assert after(answer("alice", "so"), answer("bob", "so"), answer("alice", "so")) == ["alice, bob: so"]


def test_different_answers_and_those_to_different_places_stay_apart() -> None:
    assert len(after(answer("alice", "one"), answer("alice", "two"), answer("bob", "three"))) == 3
    assert len(after(refusal("alice", "no."), refusal("alice", "no.", "#tech"))) == 2
    assert len(after(Message("alice", "one", 0), Message("alice", "two", 0))) == 2
    for recorded in (Importance.OUTCOME, Importance.ANNOUNCEMENT):
        assert len(after(*[Message("#ops", "alice: Logged", 0, recorded)] * 2)) == 2


def test_what_is_said_to_one_person_alone_stays_as_it_is() -> None:
    told = [Message("alice", f"Not logged: {what}", 0, Importance.REFUSAL) for what in ("a key.", "a token.", "a key.")]
    assert after(*told) == ["Not logged: a key.", "Not logged: a token."]


def test_a_line_for_many_is_no_longer_than_a_line_can_be() -> None:
    lines = after(*(refusal(f"somebody{number:020}", "no.") for number in range(100)))
    assert len(lines) == 25
    assert max(map(len, lines)) < LONGEST_OUT / 2


def test_who_asks_for_much_gets_a_few_answers() -> None:
    lines = after(*(answer("mallory", f"answer {number}") for number in range(30)), answer("bob", "here"))
    assert len(lines) == 4
    assert lines[-1] == "bob: here"


def test_the_same_request_does_not_wait_twice_and_a_newer_one_for_history_replaces_the_older() -> None:
    waiting = SendQueue()
    for line in ("JOIN #a", "NICK bot", "JOIN #a"):
        waiting.command(Send(line))
    for moment in (1, 2):
        waiting.command(Send(f"CHATHISTORY AFTER #a timestamp={moment} 50", about="CHATHISTORY #a"))
    assert [waiting.next_command() for _ in range(4)] == [
        "JOIN #a",
        "NICK bot",
        "CHATHISTORY AFTER #a timestamp=2 50",
        None,
    ]
