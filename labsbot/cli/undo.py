"""``labsbot undo``: an operator takes an entry back, whoever logged it."""

from __future__ import annotations

from labsbot.cli.correcting import correction

HELP = """Take an entry back: on the wiki it stays readable, struck, with who, when and REASON.

ID is the entry's, or a link that ends with it. Exit status as of `labsbot log`.

\b
Example:  labsbot undo sal-20261122143001-1967f3a wrong host
"""
command = correction("undo", "reason", "[REASON…]", HELP)
