"""The configuration: a YAML file comes in, frozen settings go out, or the list of everything that is wrong with it.

`load` is the whole of it. Nothing here opens a connection or a journal, or looks at the clock.
"""

from labsbot.config.load import ConfigurationError, Loaded, load
from labsbot.config.tree import Problem

__all__ = ["ConfigurationError", "Loaded", "Problem", "load"]
