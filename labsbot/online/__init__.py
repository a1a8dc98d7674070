"""Try what a configuration says: does the wiki let us in and write, does each network, does each channel?

Settings come in, outcomes in words for operators go out. Nothing is written anywhere; each channel is entered, and left
again. ``labsbot check --online`` tries all of it, ``labsbot init`` each answer as it is given.
"""

from labsbot.online.everything import check
from labsbot.online.network import try_network
from labsbot.online.outcome import PATIENCE, Outcome
from labsbot.online.wiki import try_wiki

__all__ = ["PATIENCE", "Outcome", "check", "try_network", "try_wiki"]
