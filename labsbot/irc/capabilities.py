"""Negotiate capabilities: CAP lines of the server go in, what to ask for comes out. Pure.

Rules: IRCv3 *Capability Negotiation* 302.
"""

from __future__ import annotations

import enum

from labsbot.irc.lines import Line

HISTORY = ("draft/chathistory", "chathistory")
ACCOUNTS = ("account-notify", "extended-join")
WANTED = (
    *("server-time", "message-tags", "account-tag", *ACCOUNTS, "multi-prefix"),
    *("batch", "echo-message", "labeled-response", *HISTORY, "draft/multiline"),
)
KNOWN = {*WANTED, "sasl", "sts"}
"""Whatever else a server offers is ignored, so it takes no memory."""


class Step(enum.Enum):
    """What a CAP line changed."""

    NOTHING = "nothing"
    LISTED = "listed"
    """The list of what the server offers is complete."""
    MORE = "more"
    """The server offers something new."""
    SETTLED = "settled"
    """Everything that we asked for has been answered."""
    NO_LOGIN = "no login"
    """The server refuses SASL."""


class Capabilities:
    def __init__(self) -> None:
        self.offered: dict[str, str] = {}
        """What the server offers, with the (often empty) value of each; only what we know."""
        self.agreed: set[str] = set()
        self._new: list[str] = []
        self._asked: list[str] = []

    def hear(self, line: Line) -> Step:
        names = [name for name in line.last.split(" ") if _name(name) in KNOWN] if len(line.params) > 2 else []
        match line.param(1).upper():
            case "LS":
                self.offered.update(_offers(names))
                return Step.NOTHING if line.param(2) == "*" else Step.LISTED
            case "NEW":
                self._new = list(_offers(names))
                self.offered.update(_offers(names))
                return Step.MORE if names else Step.NOTHING
            case "DEL":
                self.agreed.difference_update(names)
                for name in names:
                    self.offered.pop(name, None)
            case "ACK":
                self.agreed.update(name for name in names if not name.startswith("-"))
                self.agreed.difference_update(name[1:] for name in names if name.startswith("-"))
                return self._answered(names)
            case "NAK":
                return Step.NO_LOGIN if "sasl" in names and "sasl" in self._asked else self._answered(names)
        return Step.NOTHING

    def ask(self, login: bool) -> list[str]:
        """The requests for what we want and the server offers: one for everything optional, one for SASL."""
        wanted = [name for name in WANTED if name in self.offered]
        self._asked = wanted + ["sasl"] * login
        return [f"CAP REQ :{names}" for names in (" ".join(wanted), "sasl" * login) if names]

    def ask_for_more(self) -> list[str]:
        """The request for what we want of the new ones."""
        wanted = " ".join(name for name in WANTED if name in self._new)
        return [f"CAP REQ :{wanted}"] if wanted else []

    def _answered(self, names: list[str]) -> Step:
        if not self._asked:
            return Step.NOTHING
        self._asked = [name for name in self._asked if name not in names]
        return Step.NOTHING if self._asked else Step.SETTLED


def _name(word: str) -> str:
    """The name of a capability that is offered, perhaps with a value, or withdrawn."""
    return word.partition("=")[0].removeprefix("-")


def _offers(names: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (offer.partition("=") for offer in names)}
