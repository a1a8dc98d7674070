"""The way to the front desk from IRC: one line comes in, at most one line to say comes out.

Here alone the desk meets IRC: a relay's line is read, a command parsed, a key made by which the line is known again;
and what the desk gives back is addressed to whoever spoke. What needs no desk is answered here: private messages, and
messages of which only a part arrived. ::

    Privmsg ─> relays ─> command ─> Submission ─> desk
    Reply <── in turn <─── addressed <─────────────┘
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from labsbot.desk.answer import About, Answer, Outcome, Receipt, Refusal, Silence
from labsbot.desk.command import Command, asks_for_help, form, parse
from labsbot.desk.copies import Copies
from labsbot.desk.desk import Desk
from labsbot.desk.in_turn import InTurn
from labsbot.desk.private import PrivateMessages
from labsbot.desk.relays import Relayed, Unread, read_relayed
from labsbot.desk.secrets import find_secret, mask_secrets
from labsbot.desk.submission import Asked, ChannelRules, Submission, Submitter
from labsbot.desk.truncated import Truncated
from labsbot.model import CLOCKS_AGREE, Privmsg, Sender
from labsbot.settings import Person, RelayForm, SecretShape
from labsbot.text.irc_names import fold_account


@dataclass(frozen=True, slots=True)
class Reply:
    """One line to say."""

    network: str
    target: str
    """A channel, or a nick."""
    text: str
    about: About = About.NOTE
    speaker: str = ""
    """Who is addressed in the text; empty: the target."""


class IrcLines:
    """Brings the lines of all channels that it was told of to the desk."""

    def __init__(
        self,
        desk: Desk,
        channels: Mapping[tuple[str, str], ChannelRules],
        person: Callable[[Sender], Person | None],
        shapes: Sequence[SecretShape],
    ) -> None:
        """As for `take_up`."""
        self._last_rules: dict[tuple[str, str], ChannelRules] = {}
        """Those of channels that are not configured any more, too: what was heard there before is still dealt with."""
        self.take_up(desk, channels, person, shapes)
        self._copies = Copies()
        self._truncated = Truncated()
        self._private = PrivateMessages()

    def take_up(
        self,
        desk: Desk,
        channels: Mapping[tuple[str, str], ChannelRules],
        person: Callable[[Sender], Person | None],
        shapes: Sequence[SecretShape],
    ) -> None:
        """Let these rules hold from the next line on.

        `channels` by network and name, as configured; `person` knows what else a sender is called; what has one of
        these `shapes` is taken for a secret.
        """
        self._desk = desk
        self._channels = channels
        self._last_rules |= channels
        self._person = person
        self._shapes = shapes

    def hear(self, line: Privmsg) -> InTurn[Reply | None]:
        """Begin to deal with one line; finished, in its turn, it gives what to say, if anything.

        Never raises for what the line holds, but for whatever only a fault of ours explains; a journal that fails is
        told to the sender.
        """
        if line.channel is None:
            return InTurn(partial(self._in_private, line))
        rules = self._last_rules[line.network, line.channel]
        spoken = read(line, rules)
        if spoken.asked is None:
            return InTurn(partial(self._talk, line, spoken))
        # tasks take their first step in the order in which they are made, and with it the desk hands the line over
        outcome = asyncio.create_task(self._desk.submit(self._submission(line, rules, spoken, spoken.asked)))
        return InTurn(partial(self._answer, line, spoken, outcome))

    async def _in_private(self, line: Privmsg) -> Reply | None:
        return self._where_to_say_it(line) if self._private.due(line) else None

    async def _talk(self, line: Privmsg, spoken: Spoken) -> Reply | None:
        rest = self._truncated.talk(line, spoken.text, spoken.behind)
        return addressed(line, spoken.behind, Answer(rest) if rest else Silence())

    async def _answer(self, line: Privmsg, spoken: Spoken, submitted: Awaitable[Outcome]) -> Reply | None:
        outcome = await submitted
        if isinstance(outcome, Receipt) and outcome.change is None:
            part = self._truncated.logged(line, outcome.entry.message, spoken.behind)
            return addressed(line, spoken.behind, Answer(part) if part else outcome)
        return addressed(line, spoken.behind, outcome)

    def _submission(self, line: Privmsg, rules: ChannelRules, spoken: Spoken, asked: Asked) -> Submission:
        secret = find_secret(line.text, self._shapes)
        # whatever is answered, a secret is left out of what its line is known by
        known_by = line if secret is None else replace(line, text=mask_secrets(line.text, self._shapes))
        return Submission(
            Submitter(line.sender, self._person(line.sender), spoken.behind, spoken.raw),
            line.network,
            rules,
            asked,
            self._copies.key(known_by),
            secret,
            line.arrived,
            time_said(line),
            line.replayed,
            spoken.may_be_relayed,
        )

    def _where_to_say_it(self, line: Privmsg) -> Reply:
        bound = all(rules.bound for (network, _), rules in self._channels.items() if network == line.network)
        return Reply(line.network, line.sender.nick, f"Say it in the channel: {form(bound)}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line as it is understood."""

    text: str
    """What was said, without what a relay put before it."""
    behind: str | None = None
    """Who said it, where a relay names somebody."""
    asked: Asked | None = None
    """None: it is nothing to the bot."""
    may_be_relayed: bool = False
    """It is repeated, and somebody may have said it for whom a relay spoke."""
    raw: str | None = None
    """Of whom a relay names, the name as it gives it."""


def read(line: Privmsg, rules: ChannelRules) -> Spoken:
    """Who says what, and what of it is asked of the bot."""
    passed_on = _passed_on(line, rules)
    if isinstance(passed_on, Unread):
        return Spoken(line.text, asked=passed_on)
    if isinstance(passed_on, Relayed):
        return Spoken(passed_on.text, passed_on.name, _command(passed_on.text, rules), raw=passed_on.raw)
    perhaps = _perhaps_passed_on(line, rules)
    return Spoken(line.text, None, _command(line.text, rules) or perhaps, perhaps is not None)


def addressed(line: Privmsg, behind: str | None, outcome: Outcome) -> Reply | None:
    """What is said to whoever spoke; to a robot, nothing. That an entry was kept is told when it is on the wiki."""
    if line.sender.robot:
        return None
    network, speaker = line.network, line.sender.nick if behind is None else behind
    match outcome:
        case Refusal(private=True) as refusal if behind is None:
            return Reply(network, speaker, refusal.text, refusal.about)
        case Refusal() as refusal:
            return Reply(network, line.channel or "", f"{speaker}: {refusal.text}", refusal.about, speaker)
        case Answer(text):
            return Reply(network, line.channel or "", f"{speaker}: {text}", About.NOTE, speaker)
    return None


def time_said(line: Privmsg) -> datetime:
    """When a line was said (UTC): by the server's clock, unless that is far from ours (IRCv3 server-time).

    A line that is repeated may have been said any time before.
    """
    if line.server_time is None:
        return line.arrived
    ahead = line.server_time - line.arrived
    believed = ahead <= CLOCKS_AGREE and (line.replayed or -ahead <= CLOCKS_AGREE)
    return line.server_time if believed else line.arrived


def _passed_on(line: Privmsg, rules: ChannelRules) -> Relayed | Unread | None:
    """What a relay says in somebody's name. It is known by its account alone; a nick proves nothing."""
    account = fold_account(line.sender.account or "")
    relay = next((relay for relay in rules.relays if fold_account(relay.account) == account), None)
    return read_relayed(line.text, relay.form, rules.channel.words) if relay else None


def _perhaps_passed_on(line: Privmsg, rules: ChannelRules) -> Command | None:
    """What a repeated line asks that does not say whether a relay has said it, as it looks.

    A script's line is an entry in its own name, too, where no project needs to be named: there it is taken as that.
    """
    if not line.replayed or line.sender.account is not None:
        return None
    forms = {relay.form for relay in rules.relays} - ({RelayForm.DEPLOY} if rules.bound else set())
    words = rules.channel.words
    texts = (each.text for form in forms if isinstance(each := read_relayed(line.text, form, words), Relayed))
    return next((command for text in texts if (command := _parsed(text, rules)) is not None), None)


def _command(text: str, rules: ChannelRules) -> Command | None:
    return _parsed(text, rules) or asks_for_help(text, rules.nick, rules.channel.words)


def _parsed(text: str, rules: ChannelRules) -> Command | None:
    return parse(text, rules.bound, rules.channel.words, rules.directory.names)
