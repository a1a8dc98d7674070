"""What is special to a folder of pages: files that people read and write, and a disk that fails."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from labsbot.model import Conflict, Edit, Refused, Unavailable, Unknown, WikiFailure
from labsbot.settings import FolderSettings
from labsbot.wiki import page_files
from labsbot.wiki.folder import FolderWiki

TITLE = "Nova Resource:Tools/SAL"
MEGABYTE = 1024 * 1024
TEXT = "Intro\n\n== 2026-11-22 ==\n* one\n\n== 2026-11-21 ==\n* two"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return tmp_path / "pages"


@pytest.fixture
def wiki(pages: Path) -> FolderWiki:
    return FolderWiki(FolderSettings(pages, None))


@pytest.fixture
def file(wiki: FolderWiki, pages: Path) -> Path:
    """The file of a page that we made."""
    page = wiki.look(TITLE)
    wiki.save(Edit(page.title, None, None, page.seen, TEXT, "made"))
    return pages / "Nova_Resource:Tools%2FSAL.wiki"


def edit(wiki: FolderWiki, text: str = "== 2026-11-22 ==\n* three", summary: str = "[b:7f3a] x") -> Edit:
    page = wiki.look(TITLE)
    return Edit(TITLE, 1, page.revision, page.seen, text, summary)


def test_a_page_is_a_file_that_people_can_read(file: Path) -> None:
    assert file.read_text() == f"{TEXT}\n"


def test_a_page_without_an_address_is_read_as_a_file(wiki: FolderWiki, file: Path) -> None:
    url = urlsplit(wiki.look(TITLE).url)
    assert (url.scheme, Path(unquote(url.path))) == ("file", file)


def test_a_page_with_an_address_is_read_there(pages: Path, file: Path) -> None:
    wiki = FolderWiki(FolderSettings(pages, "https://example.org/pages/"))
    assert wiki.look(TITLE).url == "https://example.org/pages/Nova_Resource:Tools%252FSAL.wiki"


def test_each_title_has_a_file_of_its_own(wiki: FolderWiki, pages: Path) -> None:
    titles = [
        "A/B",
        "A%2FB/",
        "A",
        "A.wiki",
        ".a",
        ".history",
        "…",
        "Ż" * 127,
        f"{'Ż' * 126}Z",
        "X" * 255,
        "Lock",
        "Log",
    ]
    for title in titles:
        page = wiki.look(title) if "%2F" not in title else wiki.look("A%/2FB")
        wiki.save(Edit(page.title, None, None, page.seen, f"this is {page.title}", "x"))
    made = list(pages.glob("*.wiki"))
    assert len(made) == len(titles)
    assert len({path.read_text() for path in made}) == len(titles)
    assert all(path.parent == pages for path in made)


def test_a_page_edited_by_hand_is_a_revision_of_somebody_else(wiki: FolderWiki, file: Path) -> None:
    before = wiki.look(TITLE).revision
    file.write_text(TEXT.replace("* one", "* by hand"))
    after = wiki.look(TITLE)
    assert after.revision != before
    assert wiki.section(after, 1) == "== 2026-11-22 ==\n* by hand"
    assert [made.user for made in wiki.history(TITLE)] == ["", "labsbot"]


def test_an_edit_by_hand_is_never_overwritten(wiki: FolderWiki, file: Path) -> None:
    ours = edit(wiki)
    file.write_text(TEXT.replace("* one", "* by hand"))
    with pytest.raises(Conflict):
        wiki.save(ours)
    assert file.read_text() == TEXT.replace("* one", "* by hand")


def test_a_newline_more_at_the_end_is_no_revision(wiki: FolderWiki, file: Path) -> None:
    before = wiki.look(TITLE).revision
    file.write_text(f"{TEXT}\n\n\n")
    assert wiki.look(TITLE).revision == before


def test_a_file_that_is_not_utf_8_is_refused_and_left_as_it_is(wiki: FolderWiki, file: Path) -> None:
    last = edit(wiki)
    file.write_bytes(b"caf\xe9\n\n== 2026-11-22 ==\n* one")
    for verb in (lambda: wiki.look(TITLE), lambda: wiki.save(last)):
        with pytest.raises(Refused, match="the page's file is not UTF-8"):
            verb()
    assert file.read_bytes() == b"caf\xe9\n\n== 2026-11-22 ==\n* one"


def test_old_revisions_are_let_go_and_no_longer_serve_as_base(wiki: FolderWiki, file: Path) -> None:
    old = edit(wiki)
    for number in range(page_files.KEPT_TEXTS + 1):
        wiki.save(edit(wiki, f"== 2026-11-22 ==\n* {number}"))
    with pytest.raises(Conflict):
        wiki.save(old)
    kept = [path for path in (file.parent / ".history" / file.stem).iterdir() if path.name != "log"]
    assert len(kept) == page_files.KEPT_TEXTS
    assert len(wiki.history(TITLE)) == page_files.KEPT_TEXTS + 2


def test_a_history_longer_than_one_block_is_read_backwards(wiki: FolderWiki, file: Path) -> None:
    first = edit(wiki, summary="[b:first] x")
    wiki.save(first)
    for number in range(30):
        wiki.save(edit(wiki, f"== 2026-11-22 ==\n* {number}", "ż" * 400))
    assert [made.revision for made in wiki.history(TITLE)] == list(range(32, 0, -1))
    assert wiki.find("first", first)


def test_of_a_history_of_years_only_the_end_is_read(wiki: FolderWiki, pages: Path, file: Path) -> None:
    log = pages / ".history" / file.stem / "log"
    with log.open("r+b") as written:
        made = written.read()
        written.seek(0)
        written.write(made.rjust(MEGABYTE, b"\n"))
    ours = edit(wiki)
    tracemalloc.start()
    wiki.save(ours)
    assert wiki.find("7f3a", ours)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MEGABYTE / 2


def test_two_processes_lose_nothing_of_each_other(pages: Path, file: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_ten, args=(pages, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
        assert writer.exitcode == 0
    lines = file.read_text().splitlines()
    assert sorted(line for line in lines if line[:3] in ("* a", "* b")) == sorted(
        f"* {name}{number}" for name in "ab" for number in range(10)
    )


def _write_ten(pages: Path, name: str) -> None:
    wiki = FolderWiki(FolderSettings(pages, None))
    for number in range(10):
        while True:
            page = wiki.look(TITLE)
            try:
                text = f"{wiki.section(page, 1)}\n* {name}{number}"
                wiki.save(Edit(TITLE, 1, page.revision, page.seen, text, "x"))
            except Conflict:
                continue
            break


# --- the disk -----------------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The machine is off: nothing that comes later is done."""


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """``power["left"]`` steps reach the disk, then the power goes; each step is done wholly or not at all."""
    left: dict[str, Any] = {"left": -1, "cut": PowerCut()}

    def counted(step: Any) -> Any:
        def run(*arguments: Any, **options: Any) -> Any:
            if left["left"] == 0:
                raise left["cut"]
            left["left"] -= 1
            return step(*arguments, **options)

        return run

    for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync"), (Path, "mkdir")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    yield left
    left["left"] = -1


def test_a_save_is_whole_or_never_was_wherever_the_power_goes(
    wiki: FolderWiki, pages: Path, file: Path, power: dict[str, Any]
) -> None:
    after = TEXT.replace("* one", "* three")
    outcomes = set()
    for steps in range(100):
        ours = edit(wiki, "== 2026-11-22 ==\n* three", f"[b:cut{steps}] x")
        revisions = len(wiki.history(TITLE))
        power["left"] = steps
        try:
            wiki.save(ours)
        except PowerCut:
            power["left"] = -1
        else:
            break
        again = FolderWiki(FolderSettings(pages, None))
        saved = again.find(f"cut{steps}", ours) is not None
        assert again.text(TITLE) == (after if saved else TEXT), f"cut after {steps} steps"
        assert len(again.history(TITLE)) == revisions + saved
        assert not (pages / ".history" / "pending").exists()
        outcomes.add(saved)
        if saved:
            wiki.save(edit(wiki, "== 2026-11-22 ==\n* one"))
    else:
        pytest.fail("the save never came to its end")
    assert outcomes == {True, False}


def test_a_disk_that_fails_on_the_way_never_says_unavailable_of_what_was_saved(
    wiki: FolderWiki, file: Path, power: dict[str, Any]
) -> None:
    power["cut"] = OSError(errno.ENOSPC, "No space left on device")
    failures = set()
    for steps in range(100):
        ours = edit(wiki, f"== 2026-11-22 ==\n* {steps}", f"[b:full{steps}] x")
        power["left"] = steps
        failure = _failure_of(wiki, ours)
        power["left"] = -1
        if failure is None:
            break
        assert failure.cause == "its disk is full"
        saved = wiki.find(f"full{steps}", ours) is not None
        assert saved == (f"* {steps}" in wiki.text(TITLE))
        failures.add((type(failure), saved))
    assert failures == {(Unavailable, False), (Unknown, False), (Unknown, True)}


def _failure_of(wiki: FolderWiki, ours: Edit) -> WikiFailure | None:
    try:
        wiki.save(ours)
    except WikiFailure as failure:
        return failure
    return None


def test_an_emptied_page_that_somebody_began_anew_is_not_the_one_we_saw(wiki: FolderWiki, file: Path) -> None:
    file.write_text("")
    page = wiki.look(TITLE)
    ours = Edit(TITLE, 0, page.revision, page.seen, "== 2026-11-22 ==\n* x", "x")
    file.write_text("== Notice ==\nRead.")
    with pytest.raises(Conflict):
        wiki.save(ours)
    assert wiki.text(TITLE) == "== Notice ==\nRead."


def test_a_hand_edit_after_a_power_cut_is_kept(
    wiki: FolderWiki, pages: Path, file: Path, power: dict[str, Any]
) -> None:
    ours = edit(wiki)
    power["left"] = 8  # the marker is written
    with pytest.raises(PowerCut):
        wiki.save(ours)
    power["left"] = -1
    assert (pages / ".history" / "pending").exists()
    file.write_text("by hand")
    again = FolderWiki(FolderSettings(pages, None))
    assert again.text(TITLE) == "by hand"
    assert again.find("7f3a", ours) is None


def test_a_torn_line_of_the_log_is_taken_for_none(wiki: FolderWiki, pages: Path, file: Path) -> None:
    log = pages / ".history" / file.stem / "log"
    with log.open("a") as torn:
        torn.write('{"revision": 2, "tit')
    wiki.save(edit(wiki))
    assert [json.loads(line)["revision"] for line in log.read_text().splitlines()] == [1, 2]


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "its disk is full"),
        (errno.EROFS, "its folder cannot be written"),
        (errno.EIO, "its folder cannot be read or written"),
    ],
)
def test_a_disk_that_fails_is_unavailable(
    wiki: FolderWiki, file: Path, monkeypatch: pytest.MonkeyPatch, number: int, cause: str
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    ours = edit(wiki)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unavailable) as caught:
        wiki.save(ours)
    assert caught.value.cause == cause
    monkeypatch.undo()
    assert wiki.text(TITLE) == TEXT


def test_a_folder_that_is_a_file_is_said_so_at_the_login(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("not a folder")
    with pytest.raises(Unavailable, match="cannot be"):
        FolderWiki(FolderSettings(tmp_path / "pages", None)).login()


def test_a_title_that_is_not_spelt_as_the_wiki_spells_it_is_not_written(wiki: FolderWiki) -> None:
    for title in ("nova Resource:x", "a#b", "../x"):
        with pytest.raises(Refused):
            wiki.save(Edit(title, None, None, "", "x", "x"))


def test_every_failure_is_one_that_the_model_names(wiki: FolderWiki, file: Path) -> None:
    page = wiki.look(TITLE)
    for section, base in ((9, page.revision), (1, 99), (1, None)):
        with pytest.raises(WikiFailure):
            wiki.save(Edit(TITLE, section, base, page.seen, "x", "x"))


def test_a_folder_has_no_clock_of_its_own(tmp_path):
    assert FolderWiki(FolderSettings(tmp_path, None)).time() is None
