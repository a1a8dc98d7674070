"""Titles, as MediaWiki spells them. What it refuses stands in the contract suite."""

from __future__ import annotations

import unicodedata

import pytest

from labsbot.wiki.titles import spelt


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("nova Resource:tools/SAL", "Nova Resource:Tools/SAL"),
        ("Nova_Resource:Tools__x/SAL_", "Nova Resource:Tools x/SAL"),
        (" Nova Resource : Tools ", "Nova Resource:Tools"),
        (":Main page", "Main page"),
        ("Tools:a:b", "Tools:A:b"),
        ("żółw", "Żółw"),
        ("ßen", "ßen"),
        ("A\u00a0B\u3000C", "A B C"),
        ("A\u200eB\u202e", "AB"),
        (unicodedata.normalize("NFD", "Łódź"), unicodedata.normalize("NFC", "Łódź")),
        ("100%", "100%"),
        ("AT&T", "AT&T"),
        ("a...b/.c", "A...b/.c"),
    ],
)
def test_a_title_is_spelt_as_mediawiki_spells_it(typed: str, title: str) -> None:
    assert spelt(typed) == title
    assert spelt(title) == title
