"""The database: accepts entries, tells what is due, records what happened. The only room with SQL."""

from labsbot.journal.journal import Journal

__all__ = ["Journal"]
