"""How the documentation is built."""

from labsbot import __version__

project = "labsbot"
copyright = "the labsbot authors"
version = release = __version__
html_theme = "furo"
exclude_patterns = ["_build"]
