"""How long a large journal of an older release takes to become one of this release."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

import click

from labsbot.journal import Journal
from tests.journal.old import old_journal


@click.command()
@click.option("--entries", default=1_000_000, show_default=True)
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
def main(entries: int, folder: Path | None) -> None:
    """Fill a journal, upgrade it, and say how long the second took."""
    with tempfile.TemporaryDirectory(prefix="labsbot-upgrade-", dir=folder) as place:
        path = Path(place) / "journal.sqlite3"
        old_journal(path, "0004", entries)
        before = path.stat().st_size
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        started = time.perf_counter()
        Journal.open(path).close()
        took = time.perf_counter() - started
        after = path.stat().st_size
        print(f"{entries} entries, {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after: upgraded in {took:.0f} s")


if __name__ == "__main__":
    main()
