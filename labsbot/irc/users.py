"""Know the accounts and ranks of the users in our channels. Pure.

Joins, parts and changes go in. Only users with an account or a rank are kept, and only while we see them: afterwards
anybody may have the nick. Rules: RFC 2812 (NAMES, MODE), IRCv3 *multi-prefix*, *account-notify*, *extended-join*; WHOX.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from labsbot.irc.duplicates import DuplicateLogins
from labsbot.irc.isupport import Isupport

MOST = 50_000
"""Accounts on a network, and ranks in a channel, that are kept; of more, the oldest are forgotten. That is safe:
whoever has no known rank or account has fewer rights."""
LONGEST_NAME = 100
"""Characters of a nick or an account; networks allow some thirty."""


class ChannelUsers:
    def __init__(self, isupport: Isupport, caps: AbstractSet[str]) -> None:
        """`caps`: the capabilities in force; they are looked up each time."""
        self._isupport = isupport
        self._caps = caps
        self.duplicates = DuplicateLogins(isupport)
        self._accounts: dict[str, str] = {}
        self._ranks: dict[str, dict[str, str]] = {}

    # --- accounts, where lines do not carry them (account-tag)

    @property
    def keeps_accounts(self) -> bool:
        """Whether we have to remember accounts, and are told when they change."""
        return "account-tag" not in self._caps and "account-notify" in self._caps

    def account(self, nick: str) -> str | None:
        return self._accounts.get(self._isupport.fold(nick)) if self.keeps_accounts else None

    def has_account(self, nick: str, account: str, channel: str = "") -> None:
        """Somebody is logged in to an account (``*`` or empty: to none). `channel`: where we saw that."""
        self.duplicates.seen(nick, account, channel)
        if not self.keeps_accounts or account in ("", "*"):
            self._accounts.pop(self._isupport.fold(nick), None)
        else:
            _keep(self._accounts, self._isupport.fold(nick), account)

    # --- ranks, channel by channel

    def ranks(self, nick: str, channel: str) -> str:
        """The prefixes of a nick there, the highest rank first; empty: none."""
        return self._ranks.get(channel, {}).get(self._isupport.fold(nick), "")

    def are_there(self, channel: str, names: Sequence[str]) -> None:
        """Take a line of NAMES; without multi-prefix it tells only the highest rank of each."""
        signs = self._isupport.signs
        for name in names:
            nick = name.lstrip(signs)
            self._give(channel, nick, set(name[: len(name) - len(nick)]))

    def mode(self, channel: str, words: Sequence[str]) -> None:
        """A channel's modes change; `words`: the modes, and then the arguments of those that have one."""
        modes, arguments = words[0] if words else "", list(words[1:])
        set_ = True
        for letter in modes:
            if letter in "+-":
                set_ = letter == "+"
            elif self._isupport.takes_argument(letter, set_) and arguments:
                nick = arguments.pop(0)
                if sign := self._isupport.sign(letter):
                    had = set(self.ranks(nick, channel))
                    self._give(channel, nick, had | {sign} if set_ else had - {sign})

    def _give(self, channel: str, nick: str, signs: set[str]) -> None:
        there = self._ranks.get(channel)
        if there is None:
            return  # we are not in that channel
        if signs:
            _keep(there, self._isupport.fold(nick), "".join(sign for sign in self._isupport.signs if sign in signs))
        else:
            there.pop(self._isupport.fold(nick), None)

    # --- coming and going

    def out_of_sight(self, channel: str) -> None:
        """We left a channel. We no longer see who leaves it, and do not know who is in another channel of ours."""
        self._ranks.pop(channel, None)
        self._accounts.clear()
        self.duplicates.forget()

    def entered(self, channel: str) -> None:
        """We joined a channel; the server lists its users next."""
        self._ranks[channel] = {}

    def joined(self, nick: str, channel: str, account: str | None) -> None:
        """Somebody joined, without a rank until we are told one; `account`: None where the line does not tell it.

        `channel`: empty where it is not one of ours; then the account is ignored.
        """
        self._give(channel, nick, set())
        if account is not None and channel:
            self.has_account(nick, account, channel)

    def parted(self, nick: str, channel: str) -> None:
        self._give(channel, nick, set())
        self.has_account(nick, "")

    def quit(self, nick: str) -> None:
        for channel in self._ranks:
            self._give(channel, nick, set())
        self.has_account(nick, "")

    def renamed(self, old: str, new: str) -> None:
        if self._isupport.same(old, new):
            return
        self.has_account(new, self._accounts.pop(self._isupport.fold(old), ""))
        self.duplicates.renamed(old, new)
        for channel in self._ranks:
            self._give(channel, new, set(self.ranks(old, channel)))
            self._give(channel, old, set())


def _keep(known: dict[str, str], name: str, what: str) -> None:
    if len(name) > LONGEST_NAME or len(what) > LONGEST_NAME:
        known.pop(name, None)
        return
    known[name] = what
    if len(known) > MOST:
        # many at once: finding the first key of a dict takes longer the more keys were deleted before it
        for oldest in list(itertools.islice(known, MOST // 10)):
            del known[oldest]
