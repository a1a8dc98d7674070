"""A network's bytes in, what people said on it out, lines of ours back to it; it does not ask what they mean."""

from labsbot.irc.client import Client, RefusedForGood, probe
from labsbot.irc.counts import Counts
from labsbot.irc.sasl import missing_extra as missing_for_login

__all__ = ["Client", "Counts", "RefusedForGood", "missing_for_login", "probe"]
