"""Be on an IRC network: what people say there comes out, lines of ours go in. What messages mean is not asked here."""

from labsbot.irc.attempts import RefusedForGood
from labsbot.irc.client import Client
from labsbot.irc.counts import Counts
from labsbot.irc.listener import NOBODY_WATCHES, Watch
from labsbot.irc.sasl import missing_extra as missing_for_login
from labsbot.irc.visit import MODERATED, probe

__all__ = ["MODERATED", "NOBODY_WATCHES", "Client", "Counts", "RefusedForGood", "Watch", "missing_for_login", "probe"]
