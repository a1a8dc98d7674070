"""``python -m labsbot`` is the same as ``labsbot``."""

from labsbot.cli.main import main

main()
