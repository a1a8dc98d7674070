"""What a log's page holds comes in as text; its entries go out, and what of them the journal does not know. Pure."""

from labsbot.importing.comparing import Compared, compare
from labsbot.importing.line import Strike, struck_before
from labsbot.importing.page import PageEntry, PageRead, UnreadLine, read_page
from labsbot.importing.summaries import with_summaries
from labsbot.importing.words import typed as as_typed

__all__ = [
    "Compared",
    "PageEntry",
    "PageRead",
    "Strike",
    "UnreadLine",
    "as_typed",
    "compare",
    "read_page",
    "struck_before",
    "with_summaries",
]
