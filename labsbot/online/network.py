"""Try a network: does it let us in, and does each of its channels? Each is entered, and left again."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from labsbot import irc
from labsbot.online.outcome import PATIENCE, Outcome
from labsbot.settings import Network


async def try_network(network: Network, state: Path, watch: irc.Watch = irc.NOBODY_WATCHES) -> list[Outcome]:
    """Whether it lets us in, and each of its channels does."""
    closed: dict[str, str] = {}
    patience = PATIENCE + 2 * len(network.channels)
    try:
        async with asyncio.timeout(patience):
            in_it = [Outcome(False, await irc.probe(network, state, watch, closed.__setitem__))]
    except irc.RefusedForGood as refusal:
        return [Outcome(True, _with_advice(refusal.reason, network))]
    except TimeoutError:
        return [Outcome(True, f"no answer within {patience:.0f} s")]
    except OSError as failure:
        return [Outcome(True, _of_connection(str(failure), network))]
    return [*in_it, *(Outcome(True, f"{channel}: {_with_advice(why, network)}") for channel, why in closed.items())]


def _of_connection(why: str, network: Network) -> str:
    """Why there was no session, and what to do about that."""
    if "refused" in why:
        return f"{why}: nothing listens there; see host and port (TLS is often at 6697, plain text at 6667)"
    if why.endswith(": it does not answer"):
        return f"{why}; see host and port, and whether a firewall lets us out"
    if network.tls is None and "clos" in why:
        return f"{why}; that port may be for TLS: leave “tls: false” out"
    return why


def _with_advice(why: str, network: Network) -> str:
    """What a server said when it did not let us in, or a channel, and what to do about that."""
    if why == irc.MODERATED:
        return f"{why}: have its operators give us voice (MODE +v {network.nick}; or for good, by ChanServ)"
    numeric = re.search(r"\(([0-9]{3})\)$", why)
    advice = _ADVICE.get(numeric[1], "") if numeric else ""
    return f"{why}{advice.format(nick=network.nick)}"


_ADVICE = {
    "464": ": see “password” of the network",
    "465": ": have the network's operators lift the ban",
    "904": ": see account and password under “sasl”",
    "405": ": we are in as many channels as the network allows; take some away",
    "471": ": it is full (+l); have its operators raise the limit",
    "473": ": only who is invited gets in (+i); have its operators let us in for good (MODE +I {nick}!*@*)",
    "474": ": we are banned there (+b); have its operators lift the ban, or exempt us (MODE +e {nick}!*@*)",
    "475": ": it has a key (+k), and ours is missing or wrong; say it under “key” of the channel",
    "477": ": only who is logged in gets in (+r, +R); configure “sasl”, or “nickserv”",
    "489": ": only who came by TLS gets in (+z, +S); configure “tls”",
}
"""By the numeric of the refusal (modern.ircdocs.horse, and what servers use beyond it)."""
