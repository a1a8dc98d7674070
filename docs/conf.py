"""How the documentation is built."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from labsbot import __version__

project = "labsbot"
copyright = "the labsbot authors"
version = release = __version__
extensions = ["release.reference"]
html_theme = "furo"
smartquotes = False  # they would make one dash of the two before an option
exclude_patterns = ["_build"]
