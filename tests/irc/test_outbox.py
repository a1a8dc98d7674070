import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.irc.counts import Counts
from labsbot.irc.events import Echoed, Send, Unsaid
from labsbot.irc.outbox import IN_TIME, Outbox
from labsbot.irc.pace import NEVER
from labsbot.irc.send_queue import ROOM, Message
from labsbot.irc.sent_messages import LONGEST_QUEUE, SendReceipt
from labsbot.model import Importance
from tests.irc.conftest import seconds


class World:
    """An outbox, and the time; what is written goes to `written`."""

    def __init__(self, receipt=SendReceipt.LABEL, deferred=()):
        self.now = 1000.0
        self.receipt = receipt
        self.counts = Counts()
        self.outbox = Outbox(deferred, self.counts, self.now)
        self.written = []
        self.absent = set()
        """Channels in which we are not."""
        self.became = []
        """What became of each text, where that is certain."""

    def say(self, text, target="#ops", importance=Importance.ANSWER):
        def became(arrived):
            self.became.append((text, arrived))

        return self.outbox.put(Message(target, text, self.now, importance, became))

    def line(self, message):
        return None if message.target in self.absent else f"PRIVMSG {message.target} :{message.text}"

    def write(self):
        while (line := self.outbox.next(self.receipt, self.now, self.line)) is not None:
            self.written.append(line)

    def refuse(self, target="#ops", label="", waits=True):
        self.outbox.refused(Unsaid(target, "no", label), self.now, lambda _: waits)

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
    world = World(SendReceipt.NONE)
    world.outbox.command(Send("JOIN #ops"))
    world.said("one", "two", "three", "four")
    assert world.written == ["JOIN #ops", "PRIVMSG #ops :one", "PRIVMSG #ops :two", "PRIVMSG #ops :three"]
    assert world.outbox.due(world.now) == world.now + 1
    world.now += 1
    world.write()
    assert world.written[-1] == "PRIVMSG #ops :four"
    assert world.outbox.due(world.now) == NEVER


def test_a_channel_is_entered_before_all_that_is_to_be_said():
    world = World(SendReceipt.NONE)
    world.said("one", "two", "three", "four", "five", "six")
    world.outbox.command(Send("JOIN #tech"))
    world.outbox.command(Send("CHATHISTORY LATEST #tech * 50"))
    world.now += 2
    world.write()
    assert world.written[4:] == ["JOIN #tech", "CHATHISTORY LATEST #tech * 50"]
    assert world.rest() == ["five", "six"]


def test_where_nothing_comes_back_what_went_out_was_said():
    world = World(SendReceipt.NONE)
    world.said("one")
    assert world.tally == (1, 0, 0)
    assert world.rest() == []


def test_where_labels_come_back_they_tell_what_arrived_even_if_the_words_were_changed():
    world = World()
    world.said("one")
    world.said("one")
    assert world.written == ["@label=1 PRIVMSG #ops :one", "@label=2 PRIVMSG #ops :one"]
    world.outbox.arrived(Echoed("PRIVMSG #ops :o*e", "1"), world.now)
    world.outbox.arrived(Echoed("PRIVMSG #ops :o*e", "1"), world.now)
    assert world.tally == (1, 0, 0)
    world.outbox.arrived(Echoed(label="2"), world.now)
    assert world.tally == (2, 0, 0)
    assert world.rest() == []


def test_where_words_come_back_each_is_a_receipt_for_one():
    world = World(SendReceipt.ECHO)
    world.said("one")
    world.said("one", "two")
    for line in ("PRIVMSG #ops :one", "PRIVMSG #tech :one", "PRIVMSG #ops :three"):
        world.outbox.arrived(Echoed(line), world.now)
    assert world.tally == (1, 0, 0)
    assert world.rest() == ["one", "two"]


@pytest.mark.parametrize("unsaid", [("alice", "2"), ("alice", "")])
def test_what_is_refused_for_good_is_not_said_again(unsaid):
    world = World()
    world.said("one")
    world.say("two", "alice")
    world.write()
    target, label = unsaid
    world.refuse(target, label, waits=False)
    assert world.became == [("two", False)]
    assert world.tally == (0, 1, 0)
    assert world.rest() == ["one"]


def test_a_refusal_of_what_we_know_nothing_of_is_counted_only():
    world = World()
    world.said("one")
    world.refuse("#elsewhere")
    world.refuse("#elsewhere", "77")
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
        world.outbox.command(Send("JOIN #ops"))
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
    world = World(SendReceipt.ECHO)
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
    world.said(*(f"more {number}" for number in range(ROOM[Importance.ANSWER])))
    assert len(world.rest()) == LONGEST_QUEUE
    assert world.outbox.due(world.now) == NEVER
    assert world.rest() == []


def test_what_does_not_fit_any_more_is_dropped_and_counted_but_what_became_of_entries_never_is():
    world = World()
    for importance in (Importance.REFUSAL, Importance.ANSWER):
        said = [world.say(f"{importance.name} {number}", importance=importance) for number in range(50)]
        assert said.count(True) == ROOM[importance]
    unsaid = world.tally[1]
    assert unsaid == 100 - ROOM[Importance.REFUSAL] - ROOM[Importance.ANSWER]
    for number in range(ROOM[Importance.OUTCOME]):
        assert not world.outbox.full(Importance.OUTCOME)
        world.say(f"outcome {number}", importance=Importance.OUTCOME)
    assert world.outbox.full(Importance.OUTCOME)
    assert world.say("one more", importance=Importance.OUTCOME)
    assert world.tally[1] == unsaid


def test_what_became_of_entries_goes_first_then_answers_then_refusals_and_announcements_last():
    world = World(SendReceipt.NONE)
    for importance in sorted(set(ROOM), reverse=True):
        world.say(importance.name, importance=importance)
    world.outbox.command(Send("JOIN #ops"))
    world.write()
    world.now += 10
    world.write()
    words = [line.split(" ")[-1] for line in world.written]
    assert words == ["#ops", ":OUTCOME", ":ANSWER", ":REFUSAL", ":ANNOUNCEMENT"]


def test_a_line_of_no_importance_goes_when_nothing_else_waits():
    world = World(SendReceipt.NONE)
    world.say("one")
    assert not world.outbox.take_low_priority(world.now)
    world.write()
    assert world.outbox.take_low_priority(world.now)


def test_what_is_too_much_for_the_next_connection_is_what_matters_least():
    world = World()
    for number in range(LONGEST_QUEUE):
        world.now += 1
        world.say(f"refusal {number}", importance=Importance.REFUSAL)
        world.write()
    world.say("outcome", importance=Importance.OUTCOME)
    rest = world.outbox.rest(world.now)
    assert len(rest) == LONGEST_QUEUE
    assert rest[0].text == "outcome"


def test_what_waits_for_a_channel_in_which_we_are_no_more_is_said_when_we_are_there_again():
    world = World()
    world.say("one")
    world.absent = {"#ops"}
    world.write()
    assert world.written == []
    assert [message.text for message in world.outbox.again("#ops", world.now)] == ["one"]


# --- where we may not speak


def test_a_refused_message_is_tried_again_and_shuts_the_channel_to_nothing_else():
    world = World()
    world.said("bad word", "fine")
    world.refuse(label="1")
    world.outbox.arrived(Echoed(label="2"), world.now)
    assert not world.outbox.muted("#ops")
    assert world.outbox.muted_targets.to_retry(world.outbox.muted_targets.next_retry()) == ["#ops"]
    assert [message.text for message in world.outbox.again("#ops", world.now)] == ["bad word"]
    assert world.tally == (1, 0, 0)


@pytest.mark.parametrize("receipt", list(SendReceipt))
def test_where_two_messages_are_refused_all_wait_until_the_modes_change(receipt):
    world = World(receipt)
    world.said("one", "two", "three", "four", "five")
    for label in range(1, 5):
        world.refuse(label=str(label) if receipt is SendReceipt.LABEL else "")
    assert world.outbox.muted("#ops")
    world.say("six")
    world.now += 100
    world.write()
    assert len(world.written) == 4
    assert world.outbox.targets == set()
    assert world.outbox.muted_targets.modes_changed("#ops")
    assert world.outbox.targets == {"#ops"}
    waited = {message.text for message in world.outbox.again("#ops", world.now)}
    assert waited == {"one", "two", "three", "four", "five", "six"}


@pytest.mark.parametrize("importance", [Importance.OUTCOME, Importance.ANNOUNCEMENT])
def test_what_is_recorded_does_not_wait_there_but_is_told_anew_by_who_said_it(importance):
    world = World()
    for text in ("one", "two", "three", "four", "five"):
        world.say(text, importance=importance)
    world.write()
    world.refuse(label="1")
    assert world.became == [("one", False)]
    world.refuse(label="2")
    assert world.became == [("one", False), ("two", False), ("five", False)]
    world.say("six", importance=importance)
    assert world.became[-1] == ("six", False)
    assert world.rest() == ["three", "four"]


def test_a_shut_channel_is_tried_ever_more_seldom():
    world = World()
    waits = []
    for number in range(6):
        for text in "ab":
            world.say(f"{text} {number}")
        world.now += 2
        world.write()
        labels = list(world.outbox._sent._by_label)
        for label in labels:
            world.refuse(label=label)
        waits.append(world.outbox.muted_targets.next_retry() - world.now)
        world.now = world.outbox.muted_targets.next_retry()
        assert world.outbox.muted_targets.to_retry(world.now) == ["#ops"]
        world.outbox.again("#ops", world.now)
    assert waits == [10, 20, 40, 80, 120, 120]


def test_what_waits_there_for_too_long_is_given_up():
    world = World()
    world.said("one")
    world.refuse(label="1")
    world.now += IN_TIME + 1
    assert world.outbox.expire(world.now) == 1
    assert world.tally == (0, 1, 0)
    assert world.became == [("one", False)]


def test_where_no_receipts_come_what_is_not_refused_in_time_has_arrived():
    world = World(SendReceipt.NONE)
    world.said("one", "two")
    world.refuse()
    world.outbox.settle(world.outbox.next_settled())
    assert world.became == [("one", True)], "what is refused is what came last"


OUTCOMES = st.lists(st.sampled_from(["say", "write", "echo", "refuse", "wait", "lose", "again"]), max_size=60)


@given(OUTCOMES, st.sampled_from(list(SendReceipt)))
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
                elif receipt is not SendReceipt.NONE:
                    world.refuse(label=label, waits=False)
            case "wait":
                world.now += 100
            case "lose":
                world = world.next()
            case "again":
                for message in world.outbox.again("#ops", world.now):
                    world.outbox.put(message)
    left = len(world.rest())  # what has waited too long is given up now
    said, unsaid, _ = world.tally
    assert said + unsaid + left == asked


def test_what_waits_for_a_channel_that_is_ours_no_longer_is_given_up_and_told():
    world = World()
    world.said(*(f"first {number}" for number in range(5)))  # from here on lines wait for their turn
    world.say("to the left one", "#left", Importance.OUTCOME)
    world.say("to us", "#ops", Importance.OUTCOME)
    world.outbox.defer(Message("#left", "of before", world.now))
    world.outbox.give_up("#left")
    assert world.became == [("to the left one", False)]
    world.now += 60
    world.write()
    assert {line.split(" ", 1)[1] for line in world.written[4:]} == {"PRIVMSG #ops :first 4", "PRIVMSG #ops :to us"}
    assert world.outbox.targets == set()
