"""A sender and the rules of a channel or a project come in; whether they may log there goes out, with what would help
where they may not. Pure: it looks nobody up and says nothing.

Accounts and members are compared without regard to ASCII case and otherwise as they are: services tell an account's
name in one spelling, and networks differ in whether ``{`` is ``[``, so that a looser comparison would let in somebody
else. Nicks in hostmasks are typed as people like, and fold as in RFC 1459, section 2.2: ``{}|~`` are ``[]\\^``.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from labsbot.model import Sender
from labsbot.settings import Access, Rule, Who
from labsbot.text.irc_names import fold_account, matches


class Scope(enum.Enum):
    """Whose rules they are: an entry passes the channel's, then the project's."""

    CHANNEL = "channel"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Membership:
    """What can be said about belonging to the project for which a line is meant."""

    project: str
    members: frozenset[str] | None
    """Who belongs to it; None: nobody says."""
    name: str | None
    """What the sender would be called among them; None: that is not known."""


@dataclass(frozen=True, slots=True)
class Allowed:
    pass


@dataclass(frozen=True, slots=True)
class Denied:
    reason: str
    """Why, and what would help, for *Not logged: <reason>*; holds nothing that was typed."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """A repeated line carries too little to tell: it is not logged either."""

    reason: str
    """As of a denial."""


Verdict = Allowed | Denied | Unproven
UNPROVEN = "you said it while I was away, and the network does not repeat who was logged in. Please say it again."
"""The reason of every such verdict; it may serve for whatever else a repeated line does not prove."""


def judge(access: Access, sender: Sender, replayed: bool, membership: Membership, scope: Scope) -> Verdict:
    """Say whether `sender` may log by these rules. A deny wins; an allow that is not empty keeps all others out.

    A `replayed` line never says who had which rank, and seldom who was logged in. Where a rule asks for that and the
    answer matters, the line is Unproven: it may be theirs whom the rule keeps out.
    """
    denied = [_fits(rule, sender, replayed, membership) for rule in access.deny]
    allowed = [_fits(rule, sender, replayed, membership) for rule in access.allow] or [True]
    if True in denied:
        return Denied(access.refusal or f"you may not log {_place(scope, membership)}")
    if True not in allowed and None not in allowed:
        return Denied(access.refusal or _what_would_help(access.allow, sender, membership, scope))
    if None in denied or True not in allowed:
        return Unproven(UNPROVEN)
    return Allowed()


def listed(rules: Sequence[Rule], sender: Sender, replayed: bool = False) -> bool | None:
    """Say whether one of the rules means `sender`. None: a `replayed` line does not tell, and no other rule does.

    Nobody is a member here: these rules are about a channel, whatever the project.
    """
    nowhere = Membership("", None, None)
    fits = [_fits(rule, sender, replayed, nowhere) for rule in rules]
    return True if True in fits else None if None in fits else False


def _fits(rule: Rule, sender: Sender, replayed: bool, membership: Membership) -> bool | None:
    """Whether a rule means the sender; None: a repeated line does not say."""
    match rule.who:
        case Who.HOSTMASK:
            return matches(rule.name, sender.hostmask)
        case Who.OP | Who.VOICE:
            return None if replayed else not _RANKS[rule.who].isdisjoint(sender.ranks)
        case Who.MEMBERS:
            if not membership.members:
                return False
            if membership.name is not None:
                return fold_account(membership.name) in map(fold_account, membership.members)
        case Who.ACCOUNT | Who.REGISTERED:
            if sender.account is not None:
                return rule.who is Who.REGISTERED or fold_account(rule.name) == fold_account(sender.account)
    # it depends on the account, which a line that is said now would have named
    return None if replayed and sender.account is None else False


def _what_would_help(allow: Sequence[Rule], sender: Sender, membership: Membership, scope: Scope) -> str:
    kinds = {rule.who for rule in allow}
    people = [words.format(project=membership.project) for who, words in _PEOPLE.items() if who in kinds]
    if kinds & {Who.ACCOUNT, Who.HOSTMASK}:
        people.append(_NAMED)
    who = " or ".join(people)
    place = "to it" if scope is Scope.PROJECT and Who.MEMBERS in kinds else _place(scope, membership)
    reason = f"only {who} may log {place}"
    if Who.MEMBERS in kinds and membership.members is None:
        reason += ", and its members are not known"
    by_account = kinds & {Who.ACCOUNT, Who.REGISTERED} or (Who.MEMBERS in kinds and membership.members)
    if by_account and sender.account is None:
        return f"{reason}. {_IDENTIFY}"
    return reason if kinds - {Who.ACCOUNT, Who.HOSTMASK} else f"{reason}. {_ASK}"


def _place(scope: Scope, membership: Membership) -> str:
    return "here" if scope is Scope.CHANNEL else f"to {membership.project}"


# Owner, protected, operator; half-operator; voice (https://modern.ircdocs.horse/#channel-membership-prefixes). A
# half-operator cannot give the rank of operator, and does not count as one.
_RANKS = {Who.OP: frozenset("~&@"), Who.VOICE: frozenset("~&@%+")}

_PEOPLE = {
    Who.MEMBERS: "members of {project}",
    Who.OP: "operators of this channel",
    Who.VOICE: "people with voice in this channel",
    Who.REGISTERED: "people who are logged in to services",
}
_NAMED = "people on my list"
_ASK = "Ask my operator to add you."
_IDENTIFY = "You are not logged in to services: type /msg NickServ identify, then say it again."
