import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.irc.counts import Counts
from labsbot.irc.events import Echoed, Unsaid
from labsbot.irc.outbox import IN_TIME, LONGEST_QUEUE, Message, Outbox, Receipt
from tests.irc.conftest import seconds


class World:
    """An outbox, and the time; what is written goes to `written`."""

    def __init__(self, receipt=Receipt.LABEL, left_over=()):
        self.now = 1000.0
        self.receipt = receipt
        self.counts = Counts()
        self.outbox = Outbox(left_over, self.counts, self.now)
        self.written = []

    def say(self, text, target="#ops"):
        self.outbox.put(f"PRIVMSG {target} :{text}", Message(target, text, self.now))

    def write(self):
        while (line := self.outbox.next(self.receipt, self.now)) is not None:
            self.written.append(line)

    def said(self, *texts):
        for text in texts:
            self.say(text)
        self.write()

    @property
    def tally(self):
        return self.counts.said, self.counts.unsaid, self.counts.carried

    def rest(self):
        return [message.text for message in self.outbox.rest(self.now)]

    def next(self):
        """The outbox of the next connection."""
        after = World(self.receipt)
        after.counts, after.now = self.counts, self.now
        after.outbox = Outbox(self.outbox.rest(self.now), self.counts, self.now)
        return after


def test_lines_go_out_in_turn_four_at_once():
    world = World(Receipt.NONE)
    world.outbox.put("JOIN #ops")
    world.said("one", "two", "three", "four")
    assert world.written == ["JOIN #ops", "PRIVMSG #ops :one", "PRIVMSG #ops :two", "PRIVMSG #ops :three"]
    assert world.outbox.due(world.now) == world.now + 1
    world.now += 1
    world.write()
    assert world.written[-1] == "PRIVMSG #ops :four"
    assert world.outbox.due(world.now) is None


def test_a_channel_is_entered_before_all_that_is_to_be_said():
    world = World(Receipt.NONE)
    world.said("one", "two", "three", "four", "five", "six")
    world.outbox.put("JOIN #tech")
    world.outbox.put("CHATHISTORY LATEST #tech * 50")
    world.now += 2
    world.write()
    assert world.written[4:] == ["JOIN #tech", "CHATHISTORY LATEST #tech * 50"]
    assert world.rest() == ["five", "six"]


def test_where_nothing_comes_back_what_went_out_was_said():
    world = World(Receipt.NONE)
    world.said("one")
    assert world.tally == (1, 0, 0)
    assert world.rest() == []


def test_where_labels_come_back_they_tell_what_arrived_even_if_the_words_were_changed():
    world = World()
    world.said("one", "one")
    assert world.written == ["@label=1 PRIVMSG #ops :one", "@label=2 PRIVMSG #ops :one"]
    world.outbox.arrived(Echoed("PRIVMSG #ops :o*e", "1"), world.now)
    world.outbox.arrived(Echoed("PRIVMSG #ops :o*e", "1"), world.now)
    assert world.tally == (1, 0, 0)
    world.outbox.arrived(Echoed(label="2"), world.now)
    assert world.tally == (2, 0, 0)
    assert world.rest() == []


def test_where_words_come_back_each_is_a_receipt_for_one():
    world = World(Receipt.ECHO)
    world.said("one", "one", "two")
    for line in ("PRIVMSG #ops :one", "PRIVMSG #tech :one", "PRIVMSG #ops :three"):
        world.outbox.arrived(Echoed(line), world.now)
    assert world.tally == (1, 0, 0)
    assert world.rest() == ["one", "two"]


@pytest.mark.parametrize("unsaid", [Unsaid("#ops", "no", "2"), Unsaid("#tech", "no")])
def test_what_is_refused_is_not_said_again(unsaid):
    world = World()
    world.said("one")
    world.say("two", "#tech")
    world.write()
    world.outbox.refused(unsaid)
    assert world.tally == (0, 1, 0)
    assert world.rest() == ["one"]


def test_a_refusal_of_what_we_know_nothing_of_is_counted_only():
    world = World()
    world.said("one")
    world.outbox.refused(Unsaid("#elsewhere", "no"))
    world.outbox.refused(Unsaid("#elsewhere", "no", "77"))
    assert world.tally == (0, 2, 0)
    assert world.rest() == ["one"]


def test_what_a_connection_left_is_said_on_the_next_in_its_order():
    world = World()
    world.said("one", "two", "three", "four", "five")
    world.outbox.arrived(Echoed(label="2"), world.now)
    after = world.next()
    assert after.outbox.targets == {"#ops"}
    assert [message.text for message in after.outbox.again("#ops", after.now)] == ["one", "three", "four", "five"]
    assert after.outbox.targets == set()
    assert after.tally == (1, 0, 4)


def test_other_lines_are_of_one_connection_only():
    world = World()
    for _ in range(9):
        world.outbox.put("JOIN #ops")
    assert world.rest() == []


def test_our_own_words_in_a_history_are_a_receipt():
    world = World()
    world.said("one", "two")
    world.say("three")
    world.now += 60
    after = world.next()
    for text in ("one", "three"):
        # what was never sent cannot have arrived
        after.outbox.arrived(Echoed(f"PRIVMSG #ops :{text}", ago=seconds(59)), after.now)
    assert [message.text for message in after.outbox.again("#ops", after.now)] == ["two", "three"]
    assert after.tally == (1, 0, 2)


def test_the_same_words_of_long_ago_are_no_receipt():
    world = World()
    world.said("one")
    after = world.next()
    after.outbox.arrived(Echoed("PRIVMSG #ops :one", ago=seconds(3000)), after.now)
    assert after.outbox.targets == {"#ops"}


def test_a_history_is_no_receipt_for_what_is_on_its_way_now():
    world = World(Receipt.ECHO)
    world.said("one")
    world.outbox.arrived(Echoed("PRIVMSG #ops :one", ago=seconds(1)), world.now)
    assert world.tally == (0, 0, 0)


def test_what_nobody_waits_for_any_more_is_given_up_and_counted():
    world = World()
    world.said("sent")
    world.now += IN_TIME / 2
    world.said("later")
    assert world.outbox.expire(world.now + IN_TIME / 2 + 1) == 1
    assert world.tally == (0, 1, 0)
    after = world.next()
    after.now += IN_TIME + 1
    assert after.outbox.again("#ops", after.now) == []
    assert after.tally == (0, 2, 0)


def test_neither_an_endless_wait_for_receipts_nor_for_a_connection_fills_the_memory():
    world = World()
    for number in range(LONGEST_QUEUE * 3):
        world.now += 1
        world.said(str(number))
    assert world.tally == (0, LONGEST_QUEUE * 2, 0)
    world.said(*(f"more {number}" for number in range(50)))
    assert len(world.rest()) == LONGEST_QUEUE
    assert world.outbox.empty
    assert world.rest() == []


def test_a_full_box_says_so():
    world = World()
    for _ in range(LONGEST_QUEUE):
        assert not world.outbox.full
        world.say("word")
    assert world.outbox.full


OUTCOMES = st.lists(st.sampled_from(["say", "write", "echo", "refuse", "wait", "lose", "again"]), max_size=60)


@given(OUTCOMES, st.sampled_from(list(Receipt)))
def test_each_message_is_said_or_unsaid_in_the_end_and_only_once(outcomes, receipt):
    world, asked = World(receipt), 0
    for outcome in outcomes:
        match outcome:
            case "say":
                world.say(f"word {asked}")
                asked += 1
            case "write":
                world.write()
            case "echo" | "refuse" if world.written:
                line = world.written.pop(0)
                label = line.partition("=")[2].partition(" ")[0] if line.startswith("@") else ""
                if outcome == "echo":
                    world.outbox.arrived(Echoed(line[line.index("PRIVMSG") :], label), world.now)
                elif receipt is not Receipt.NONE:
                    world.outbox.refused(Unsaid("#ops", "no", label))
            case "wait":
                world.now += 100
            case "lose":
                world = world.next()
            case "again":
                for message in world.outbox.again("#ops", world.now):
                    world.outbox.put(f"PRIVMSG #ops :{message.text}", message)
    said, unsaid, _ = world.tally
    assert said + unsaid + len(world.rest()) == asked
