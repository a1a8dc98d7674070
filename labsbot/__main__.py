"""``python -m labsbot`` is the same as ``labsbot``."""

from labsbot.cli import main

main()
