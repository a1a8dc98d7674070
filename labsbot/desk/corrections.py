"""Decide whether somebody may take an entry back, or change it.

An entry as it was kept and who asks come in; nothing goes out where they may, else a refusal that says what to type.
Pure: which entry is meant was decided before, and what happens to its line on the page is not looked at.

What a person said is known by the account. Where there was none, by the hostmask with which it was said, kept until
corrections are over: a nick alone proves nothing, for anybody may take it later. Operators of a channel may take back
what was logged there, so that they can clean up after others, but not change it: the words would still stand under the
other's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.desk.access import UNPROVEN
from labsbot.desk.command import MOST_READ
from labsbot.model import REDACTED, ChangeKind, DeliveryState, Kept, Sender
from labsbot.settings import USUAL_WORDS, Words
from labsbot.text.durations import in_words
from labsbot.text.irc_names import fold, fold_account

MOST_CHANGES = 20
"""Of one entry: each is an edit of its page. The last one is left for taking it back, whoever used up the others."""
OPERATORS = frozenset("~&@")
"""Ranks that may take back what others said. A half-operator cannot give the rank of operator, and is none of them."""


@dataclass(frozen=True, slots=True)
class Corrector:
    """Who wants to correct an entry, and where they say so."""

    network: str
    channel: str
    """As it is spelt in the configuration."""
    sender: Sender
    """Of the line itself: behind a relay, the relay."""
    behind: str | None = None
    """The name that a relay gives; None: the sender speaks."""
    replayed: bool = False
    """The line is repeated from a history, which never says who had which rank, and seldom who was logged in."""
    trusted: bool = False
    """They may correct every entry, at any time."""
    mark: str = ""
    """As of `Submitter`."""


def refuse_correction(
    kind: ChangeKind, kept: Kept, by: Corrector, now: datetime, within: timedelta, words: Words = USUAL_WORDS
) -> str | None:
    """Why somebody may not do that, in sentences to stand behind *Not taken back:* or *Not amended:*; None: they may.

    `now` is when they said it, `within` how long after its acceptance an entry may be corrected.
    """
    entry = kept.entry
    if by.replayed and by.sender.account is None:
        return UNPROVEN
    if kept.redaction is not None:
        return f"{entry.id} is {REDACTED}. Log what is right as a new entry."
    if kept.is_unmarked:
        return f"{entry.id} was read from the wiki, where its line has no id. Edit the page."
    if kept.struck and kind is ChangeKind.AMEND:
        return f"{entry.id} is taken back already. Log what is right as a new entry."
    if kept.struck:
        ids = f" ({words.last} {MOST_READ} shows ids)" if words.last else ""
        return f"{entry.id} is taken back already. For another entry, type {words.undo} <id or link>{ids}."
    if now - kept.accepted > within and not by.trusted:
        return f"an entry can be corrected for {in_words(within)}, which are over. Edit the page, or log what is right."
    if not by.trusted and not _said_it(kept, by) and (refusal := _not_theirs(kind, kept, by, words)):
        return refusal
    if kept.deliveries and all(each.state is DeliveryState.DROPPED for each in kept.deliveries):
        return f"{entry.id} is on no page: an operator has given it up."  # so nobody would ever hear of it
    asked_for = [each for each in kept.changes if not each.by_hand]
    if len(asked_for) >= MOST_CHANGES - (kind is ChangeKind.AMEND):
        return f"{entry.id} was changed {len(asked_for)} times already. Edit the page."
    return None


def _said_it(kept: Kept, by: Corrector) -> bool:
    """Whether it is proven that the same person said the entry."""
    entry, sender = kept.entry, by.sender
    if entry.network != by.network:
        return False
    if entry.relay is not None or by.behind is not None:
        # the name is somebody's there, not here; a relay is its account, whatever nick it has at the time
        relay = entry.account is not None and _same_account(entry.account, sender.account)
        same_name = by.behind == entry.nick and (kept.hostmask or by.mark) == by.mark
        return entry.relay is not None and same_name and relay
    if entry.account is not None:
        return _same_account(entry.account, sender.account)
    told = bool(sender.user and sender.host)
    return told and kept.hostmask is not None and fold_account(kept.hostmask) == fold_account(sender.hostmask)


def _same_account(account: str, other: str | None) -> bool:
    return other is not None and fold_account(account) == fold_account(other)


def _not_theirs(kind: ChangeKind, kept: Kept, by: Corrector, words: Words) -> str | None:
    """Why somebody may not correct what another has said, or may have; None: they are an operator and may."""
    entry = kept.entry
    here = entry.network == by.network and entry.channel == by.channel
    # who stands behind a relay has none of the relay's ranks
    operator = by.behind is None and not by.replayed and not OPERATORS.isdisjoint(by.sender.ranks)
    if operator and here:
        if kind is ChangeKind.STRIKE:
            return None
        return f"those are another's words. Take them back with {words.undo} {entry.id}, and log what is right."
    if operator:
        return f"it was not logged in {by.channel}, whose operators take back only what was logged there. {_ASK}"
    native = by.behind is None and entry.relay is None
    if native and entry.account is not None and by.sender.account is None:
        return "whoever logged it was logged in to services. If that is you, type /msg NickServ identify first."
    if native and entry.account is None and kept.hostmask is None:
        return f"nothing proves any more who logged it: they were not logged in to services. {_ASK}"
    if native and entry.account is None and fold(entry.nick) == fold(by.sender.nick):
        return f"it was logged from another host, and without a login nothing proves that it was you. {_ASK}"
    return f"somebody else logged it. {_ASK}"


_ASK = "Ask an operator of the channel to take it back, or edit the page."
