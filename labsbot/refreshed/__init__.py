"""What is asked for again and again in the background, while the last good answer serves. Its public names.

It knows nothing of what is asked: projects and people come with questions of their own.
"""

from labsbot.refreshed.changing import LOOKED_AT, ChangingFile
from labsbot.refreshed.failure import SourceFailure
from labsbot.refreshed.kept import Keep, place
from labsbot.refreshed.refreshed import Refreshed
from labsbot.refreshed.thread import OwnThread

__all__ = ["LOOKED_AT", "ChangingFile", "Keep", "OwnThread", "Refreshed", "SourceFailure", "place"]
