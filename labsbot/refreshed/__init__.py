"""What is asked for again and again in the background, while the last good answer serves. Its public names.

It knows nothing of what is asked: projects and people come with questions of their own.
"""

from labsbot.refreshed.aside import Aside
from labsbot.refreshed.changing import LOOKED_AT, ChangingFile
from labsbot.refreshed.failure import SourceFailure
from labsbot.refreshed.kept import Keep, place
from labsbot.refreshed.refreshed import Refreshed

__all__ = ["LOOKED_AT", "Aside", "ChangingFile", "Keep", "Refreshed", "SourceFailure", "place"]
