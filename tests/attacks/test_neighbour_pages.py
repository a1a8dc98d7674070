"""Whoever may write into a folder of pages puts something else in the place of a page: no other page suffers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from labsbot.model import Edit, Refused, TooLarge
from labsbot.settings import FolderSettings
from labsbot.wiki import page_files
from labsbot.wiki.folder import FolderWiki


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return tmp_path / "pages"


@pytest.fixture
def wiki(pages: Path) -> FolderWiki:
    made = FolderWiki(FolderSettings(pages, None))
    made.login()
    return made


def logged(wiki: FolderWiki, title: str, text: str) -> None:
    page = wiki.look(title)
    wiki.save(Edit(title, None if page.revision is None else 0, page.revision, page.seen, text, "made"))


def link(path: Path) -> None:
    secret = path.parent.parent / "secret"
    secret.write_text("hunter2")
    path.symlink_to(secret)


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


TRAPS = [(link, "a link"), (link_to_nowhere, "a link"), (fifo, "no regular file"), (folder, "a folder")]


@pytest.mark.parametrize(("trap", "words"), TRAPS)
def test_what_is_no_file_is_refused_for_its_page_alone_and_nothing_of_it_is_copied(
    trap: Callable[[Path], None], words: str, wiki: FolderWiki, pages: Path
) -> None:
    trap(pages / "Tools.wiki")
    for deed in (lambda: wiki.look("Tools"), lambda: wiki.text("Tools"), lambda: wiki.history("Tools")):
        with pytest.raises(Refused, match=f"the page.s file is {words}"):
            deed()
    logged(wiki, "Bots", "well")
    assert wiki.text("Bots") == "well"
    assert wiki.titles("") == ("Bots",)
    ours = [each for each in pages.rglob("*") if each.is_file() and not each.is_symlink()]
    assert not [each for each in ours if "hunter2" in each.read_text()]


@pytest.mark.parametrize(("trap", "words"), TRAPS)
def test_a_save_that_was_cut_off_is_not_completed_through_it(
    trap: Callable[[Path], None], words: str, wiki: FolderWiki, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged(wiki, "Tools", "before")

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(page_files.PageFiles, "_publish", cut_off)
        with pytest.raises(KeyboardInterrupt):
            logged(wiki, "Tools", "after")
    (pages / "Tools.wiki").unlink()
    trap(pages / "Tools.wiki")
    logged(wiki, "Bots", "well")
    with pytest.raises(Refused, match=words):
        wiki.look("Tools")


def test_a_file_larger_than_any_page_is_not_read(wiki: FolderWiki, pages: Path) -> None:
    with (pages / "Tools.wiki").open("wb") as file:
        file.truncate(page_files.LARGEST_FILE + 1)
    with pytest.raises(TooLarge):
        wiki.look("Tools")
    logged(wiki, "Bots", "well")
    assert wiki.titles("") == ("Bots",)


def test_the_largest_page_that_can_be_saved_can_be_read(wiki: FolderWiki) -> None:
    text = "x" * page_files.LARGEST_PAGE
    logged(wiki, "Tools", text)
    assert wiki.text("Tools") == text
