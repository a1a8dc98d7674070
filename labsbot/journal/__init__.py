"""The database: accepts entries, tells what is due, records what happened. The only room with SQL."""

from labsbot.journal.calendar import CountedLogs, Neighbours, ProjectOverview
from labsbot.journal.entries import EntryHistory, EntryPage, EntryQuery, SaidElsewhere, without_logs
from labsbot.journal.journal import Journal
from labsbot.journal.news import News, NewsOfEntry
from labsbot.journal.opening import obstacle
from labsbot.journal.reading import Reading

__all__ = [
    "CountedLogs",
    "EntryHistory",
    "EntryPage",
    "EntryQuery",
    "Journal",
    "Neighbours",
    "News",
    "NewsOfEntry",
    "ProjectOverview",
    "Reading",
    "SaidElsewhere",
    "obstacle",
    "without_logs",
]
