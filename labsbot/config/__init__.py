"""The configuration: a YAML file comes in, frozen settings go out, or the list of everything that is wrong with it.

`load` is the whole of it; `load_projects` and `load_people` read the files that it names, by the same rules. Nothing
here opens a connection or a journal, or looks at the clock.
"""

from labsbot.config.lists import load_people, load_projects
from labsbot.config.load import Loaded, load
from labsbot.config.problems import ConfigurationError, Problem

__all__ = ["ConfigurationError", "Loaded", "Problem", "load", "load_people", "load_projects"]
