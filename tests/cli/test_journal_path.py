"""Where the journal is, without looking at the rest of the configuration: the same as by the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.config import load

REST = """
irc: {net: {server: irc.example.org, nick: labsbot, channels: {"#cloud": {}}}}
wiki: {folder: pages}
page: {title: "{project}"}
projects: {list: [journal, tools]}
"""


def said(folder: Path, text: str) -> Path:
    path = folder / "labsbot.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        f"journal: labsbot.sqlite3{REST}",
        f"{REST}journal: /var/lib/labsbot/journal.sqlite3",
        f"{REST}'journal': 'a journal: with signs #1'",
        f"\ufeffjournal: >-\n  in\n  two lines{REST}",
        f"journal: 5{REST}",
        f"journal: ~/x{REST}",
        "{journal: x, " + REST.replace("\n", ", ").strip(", ") + "}",
    ],
)
def test_it_is_where_the_whole_configuration_says(tmp_path: Path, text: str) -> None:
    path = said(tmp_path, text)
    assert journal_path(path) == load(path, {}, None).settings.journal


def test_what_is_wrong_elsewhere_in_the_file_does_not_matter(tmp_path: Path) -> None:
    assert journal_path(said(tmp_path, "journal: x\nirc: {nonsense: [journal, y]}\nwiki: {")) == tmp_path / "x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "journal: is missing"),
        ("journal:", "journal: is missing"),
        ("journal: {path: x}", "journal: is missing"),
        ("irc: {journal: x}\nwiki: [journal, y]", "journal: is missing"),
        ("- journal\n- x", "journal: is missing"),
        ("wiki: {", "this is not YAML"),
        ("wiki: \x00", "this is not YAML"),
    ],
)
def test_where_none_is_named_that_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(NoJournalNamed, match=words):
        journal_path(said(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoJournalNamed, match="cannot be read: no such file or directory"):
        journal_path(tmp_path / "labsbot.yaml")
