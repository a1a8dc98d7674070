"""The database: accepts entries, tells what is due, records what happened. The only room with SQL."""

from labsbot.journal.entries import EntryHistory, EntryPage, EntryQuery, SaidElsewhere
from labsbot.journal.journal import Journal
from labsbot.journal.opening import obstacle
from labsbot.journal.reading import Reading

__all__ = ["EntryHistory", "EntryPage", "EntryQuery", "Journal", "Reading", "SaidElsewhere", "obstacle"]
