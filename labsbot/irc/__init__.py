"""A network's bytes in, what people said on it out, lines of ours back to it; it does not ask what they mean."""

from labsbot.irc.client import Client, RefusedForGood, probe
from labsbot.irc.counts import Counts
from labsbot.irc.sasl import missing_extra as missing_for_login
from labsbot.irc.stay import NOBODY_WATCHES, Watch

__all__ = ["NOBODY_WATCHES", "Client", "Counts", "RefusedForGood", "Watch", "missing_for_login", "probe"]
