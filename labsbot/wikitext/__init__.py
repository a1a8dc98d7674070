"""Page text comes in, page text goes out: made inert, put in its place under its day. No I/O, no clock."""

from labsbot.wikitext.archive import (
    ArchivePlan,
    ArchivePortion,
    DayBlock,
    KeptBlock,
    all_blocks,
    archive_title,
    joined,
    plan_archive,
    without,
)
from labsbot.wikitext.archive_page import (
    SectionText,
    archive_settings,
    is_archive,
    new_archive,
    side_by_side,
    stands_already,
    with_blocks,
    with_list,
)
from labsbot.wikitext.corrections import Corrected, correct
from labsbot.wikitext.days import days_of, heading_for
from labsbot.wikitext.entry import render, rewritten, summary
from labsbot.wikitext.inert import inert, inert_name, inert_summary
from labsbot.wikitext.page import (
    Composed,
    InsertPoint,
    compose,
    create,
    heading_matches,
    is_dated_by_the_wiki,
    section_at,
    takes,
    together,
    with_changing,
)
from labsbot.wikitext.scrubbing import scrubbed
from labsbot.wikitext.standing import ids_anchored, ids_standing, line_of, standing

__all__ = [
    "ArchivePlan",
    "ArchivePortion",
    "Composed",
    "Corrected",
    "DayBlock",
    "InsertPoint",
    "KeptBlock",
    "SectionText",
    "all_blocks",
    "archive_settings",
    "archive_title",
    "compose",
    "correct",
    "create",
    "days_of",
    "heading_for",
    "heading_matches",
    "ids_anchored",
    "ids_standing",
    "inert",
    "inert_name",
    "inert_summary",
    "is_archive",
    "is_dated_by_the_wiki",
    "joined",
    "line_of",
    "new_archive",
    "plan_archive",
    "render",
    "rewritten",
    "scrubbed",
    "section_at",
    "side_by_side",
    "standing",
    "stands_already",
    "summary",
    "takes",
    "together",
    "with_blocks",
    "with_changing",
    "with_list",
    "without",
]
