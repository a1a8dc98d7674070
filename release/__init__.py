"""What is done to give labsbot away: man pages, completions, the versions that were tested, wheel and sdist."""
