"""Learn from 005 (RPL_ISUPPORT) how a server compares names, what its modes mean, and what its limits are. Pure.

Tokens that make no sense are ignored: then RFC 1459, or an earlier token, holds. The tokens are described in
modern.ircdocs.horse; CHATHISTORY and MSGREFTYPES in IRCv3 *chathistory*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from irc.features import FeatureSet

from labsbot.irc.lines import LONGEST_OUT
from labsbot.text.irc_names import fold

PAGE = 100
"""Lines of history to ask for at once, if the server allows that many."""
LIST_MODES, MODES_WITH_ARGUMENT, MODES_SET_WITH_ARGUMENT = "beIq", "k", "l"
"""Assumed where the server does not send CHANMODES."""


class Isupport:
    def __init__(self) -> None:
        self._features = FeatureSet()
        self._always = LIST_MODES + MODES_WITH_ARGUMENT
        self._when_set = MODES_SET_WITH_ARGUMENT
        self.casemapping = "rfc1459"
        self.whox = False
        self.page = PAGE
        self.refers_by_msgid = False
        self._most_targets: dict[str, int | None] = {}
        self._most_of_any: int | None = None
        self.longest_line = LONGEST_OUT
        """Bytes of a line, tags not counted, CR and LF counted."""

    def learn(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            name, _, value = token.partition("=")
            if name == "CASEMAPPING" and token != name:
                self._features.load_feature(token)
                self.casemapping = str(self._features.casemapping).lower()
            elif name == "PREFIX" and re.fullmatch(r"\([A-Za-z]+\)[^\w\s]+", value):
                self._features.load_feature(token)
            elif name == "CHANMODES" and value.count(",") >= 3:
                self._features.load_feature(token)
                lists, with_argument, self._when_set, *_ = self._features.chanmodes
                self._always = lists + with_argument
            elif name in ("CHATHISTORY", "draft/CHATHISTORY") and re.fullmatch("[0-9]{1,6}", value):
                self.page = min(int(value) or PAGE, PAGE)
            elif name == "LINELEN" and re.fullmatch("[0-9]{3,5}", value):
                self.longest_line = max(int(value), LONGEST_OUT)
            elif name == "TARGMAX":
                limits = (limit.partition(":") for limit in value.split(",") if ":" in limit)
                self._most_targets = {command.upper(): _limit(number) for command, _, number in limits}
            elif name == "MAXTARGETS":
                self._most_of_any = _limit(value)
            elif name == "WHOX":
                self.whox = True
            elif name == "MSGREFTYPES":
                self.refers_by_msgid = "msgid" in value.split(",")

    def most_targets(self, command: str) -> int | None:
        """How many channels JOIN or PART may name at once; None: no limit is known, as many as fit."""
        return self._most_targets.get(command, self._most_of_any)

    # --- names

    def fold(self, name: str) -> str:
        """A nick or a channel as it is compared on this network."""
        return fold(name, self.casemapping)

    def same(self, one: str, other: str) -> bool:
        return self.fold(one) == self.fold(other)

    # --- modes of channels

    @property
    def signs(self) -> str:
        """The prefixes of nicks, the highest rank first: ``~&@%+``."""
        return "".join(self._features.prefix)

    def sign(self, mode: str) -> str:
        """The prefix of a nick that has this mode; empty: the mode is not one of users."""
        return next((sign for sign, letter in self._features.prefix.items() if letter == mode), "")

    def takes_argument(self, mode: str, set_: bool) -> bool:
        """Whether this mode has an argument in a MODE line; `set_`: it is set, otherwise it is unset."""
        return bool(self.sign(mode)) or mode in self._always or (set_ and mode in self._when_set)


def _limit(number: str) -> int | None:
    return max(int(number), 1) if re.fullmatch("[0-9]{1,6}", number) else None
