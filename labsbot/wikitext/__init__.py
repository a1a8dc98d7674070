"""Page text comes in, page text goes out: made inert, put in its place under its day. No I/O, no clock."""

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
from labsbot.wikitext.standing import ids_anchored, ids_standing, line_of

__all__ = [
    "Composed",
    "Corrected",
    "InsertPoint",
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
    "is_dated_by_the_wiki",
    "line_of",
    "render",
    "rewritten",
    "scrubbed",
    "section_at",
    "summary",
    "takes",
    "together",
    "with_changing",
]
