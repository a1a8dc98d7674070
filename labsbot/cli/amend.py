"""``labsbot amend``: an operator puts another text in the place of an entry's, whoever logged it."""

from __future__ import annotations

from labsbot.cli.correcting import correction

HELP = """Put TEXT in the place of what an entry says; the page's history keeps the old words.

ID is the entry's, or a link that ends with it. Exit status as of `labsbot log`.

\b
Example:  labsbot amend sal-20261122143001-1967f3a restarted web-2, not web-1
"""
command = correction("amend", "message", "TEXT…", HELP, required=True)
