"""Another user of the machine, who may look at every folder that is open to all, tries to hold the bot up or use it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from labsbot.edge import door, files
from labsbot.irc.sts import Policies
from labsbot.journal import Journal, Reading
from labsbot.model import Edit, JournalFailure
from labsbot.refreshed.kept import Keep
from labsbot.service.door import Door
from labsbot.service.metrics import FOR_ALL
from labsbot.service.submissions import Peer
from labsbot.settings import FolderSettings, Server, Tls
from labsbot.wiki.folder import FolderWiki
from tests.neighbour import GROUP, as_root, done_by_neighbour, mode, public_folder
from tests.nouns import NOON

pytestmark = as_root


@pytest.fixture
def folder() -> Iterator[Path]:
    before = os.umask(0)  # the least careful there is
    with public_folder() as public:
        yield public
    os.umask(before)


def opened(path: Path) -> Callable[[], str]:
    """Open a file to read it, and lock it as whoever may read can."""

    def deed() -> str:
        descriptor = os.open(path, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return "locked"

    return deed


def at_work(folder: Path) -> Journal:
    """A bot's journal in a folder that a group may read."""
    folder.chmod(0o750)
    os.chown(folder, -1, GROUP)
    journal = Journal.open(folder / "journal.sqlite3")
    journal.claim()
    return journal


async def nothing(asked: Mapping[str, object], peer: Peer) -> Mapping[str, object]:
    return {}


async def test_nobody_else_can_open_lock_or_ask_what_belongs_to_the_journal(folder: Path) -> None:
    path = folder / "journal.sqlite3"
    journal = Journal.open(path)
    journal.claim()
    async with Door(path, nothing).opened():
        names = {f"journal.sqlite3{end}" for end in ("", "-wal", "-shm", ".lock", ".sock")}
        assert set(os.listdir(folder)) == names
        for name in names - {"journal.sqlite3.sock"}:
            assert done_by_neighbour(opened(folder / name)).startswith("PermissionError"), name
        assert done_by_neighbour(lambda: door.ask(path, "wake")).startswith("MayNotAsk")
    journal.close()


async def test_what_an_older_release_left_open_is_closed_at_the_next_start(folder: Path) -> None:
    path = folder / "journal.sqlite3"
    first = Journal.open(path)  # as one that was killed: its files stay
    first.claim()
    for name in os.listdir(folder):
        (folder / name).chmod(0o644)
    os.close(first._lock or -1)
    second = Journal.open(path)
    second.claim()
    assert {name: oct(mode(folder / name)) for name in os.listdir(folder) if mode(folder / name) != 0o600} == {}
    second.close()


def test_what_was_kept_in_the_state_folder_is_for_us_alone_whoever_wrote_it(folder: Path) -> None:
    keep: Keep[int] = Keep(folder / "names.json", lambda number: number, int)
    keep.write(1, NOON)
    policies = Policies(folder / "sts.json")
    policies.keep(Server("irc.example.org", 6697), 3600, NOON)
    assert [oct(mode(folder / name)) for name in ("names.json", "sts.json")] == ["0o600"] * 2
    for name in ("names.json", "sts.json"):
        (folder / name).chmod(0o644)  # as an older release left it
    assert keep.read() == (1, NOON)
    assert Policies(folder / "sts.json").route(Server("irc.example.org", 6667), None, Tls(), NOON).tls
    assert [oct(mode(folder / name)) for name in ("names.json", "sts.json")] == ["0o600"] * 2


async def test_nobody_else_can_hold_up_a_folder_of_pages_but_everybody_reads_them(folder: Path) -> None:
    pages = folder / "pages"
    pages.mkdir(0o755)
    (pages / ".history").mkdir(0o755)  # as an older release made it
    wiki = FolderWiki(FolderSettings(pages, None))
    page = wiki.look("Tools/SAL")
    wiki.save(Edit(page.title, None, None, page.seen, "text", "made"))
    assert done_by_neighbour(opened(pages / ".history" / "lock")).startswith("PermissionError")
    assert done_by_neighbour(lambda: (pages / "Tools%2FSAL.wiki").read_text()) == "text\n"


@pytest.mark.parametrize("name", [".labsbot.prom.new", "labsbot.prom"])
async def test_a_link_that_lies_where_a_file_is_written_is_not_written_through(folder: Path, name: str) -> None:
    victim = folder / "victim"
    victim.write_text("as it was")
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    assert done_by_neighbour(lambda: (shared / name).symlink_to(victim)) == "None"
    files.replace(shared / "labsbot.prom", "figures", permissions=FOR_ALL, durable=False)
    assert victim.read_text() == "as it was"
    assert (shared / "labsbot.prom").read_text() == "figures"
    assert not (shared / "labsbot.prom").is_symlink()


async def test_a_lock_that_is_a_link_is_no_way_to_another_file(folder: Path) -> None:
    victim = folder / "victim"
    victim.write_text("as it was")
    path = folder / "journal.sqlite3"
    journal = Journal.open(path)
    (folder / "journal.sqlite3.lock").symlink_to(victim)
    with pytest.raises(Exception, match="cannot lock the journal"):
        journal.claim()
    assert victim.read_text() == "as it was"
    journal.close()


async def test_a_group_that_may_read_cannot_keep_the_bot_from_starting(folder: Path) -> None:
    at_work(folder).close()
    lock = folder / "journal.sqlite3.lock"
    assert done_by_neighbour(opened(lock), GROUP).startswith("PermissionError")
    lock.chmod(0o640)  # as an older release left it
    at_work(folder).close()
    assert done_by_neighbour(opened(lock), GROUP).startswith("PermissionError")
    assert done_by_neighbour(opened(folder / "journal.sqlite3"), GROUP) == "locked"  # SQLite has other locks than that


async def test_who_holds_the_lock_is_not_called_a_labsbot_for_its_word_alone(folder: Path) -> None:
    at_work(folder).close()  # a process that lives, and has it open no more
    with (folder / "journal.sqlite3.lock").open("rb") as lock:
        (folder / "journal.sqlite3.lock").write_text(f"{os.getppid()}\n")
        fcntl.flock(lock, fcntl.LOCK_EX)
        journal = Journal.open(folder / "journal.sqlite3")
        with pytest.raises(JournalFailure, match="somebody holds its lock"):
            journal.claim()
        journal.close()


async def test_a_journal_has_one_deliverer_by_whatever_name_it_is_called(folder: Path) -> None:
    journal = at_work(folder)
    (folder / "other").mkdir()
    link = folder / "other" / "link.sqlite3"
    link.symlink_to(folder / "journal.sqlite3")
    second = Journal.open(link)
    with pytest.raises(JournalFailure, match=f"another labsbot .process {os.getpid()}. is running on {link}"):
        second.claim()
    async with Door(folder / "journal.sqlite3", nothing).opened():
        assert await asyncio.to_thread(door.ask, link, "wake")
    second.close()
    journal.close()
    assert os.listdir(folder / "other") == ["link.sqlite3"]


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".lock"])
async def test_a_fifo_that_lies_where_a_file_of_the_journal_is_expected_is_named(folder: Path, end: str) -> None:
    path = folder / "journal.sqlite3"
    at_work(folder).close()
    folder.joinpath(f"{path.name}{end}").unlink(missing_ok=True)
    os.mkfifo(f"{path}{end}")
    with pytest.raises(JournalFailure, match=f"{path}{end}( is|: it is) no regular file"):
        at_work(folder)
    if not end:
        with pytest.raises(JournalFailure, match="it is no regular file"):
            Reading(path).queue()
