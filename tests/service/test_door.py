"""The socket beside the journal: who may ask, what is answered, and that nobody who asks holds up the bot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from labsbot import __version__
from labsbot.desk.receipts import Receipts
from labsbot.desk.runs import Runs
from labsbot.desk.scripts import Scripts
from labsbot.edge import door, files
from labsbot.edge.door import LARGEST, DoorClosed, NobodyAnswers, address, ask, line
from labsbot.journal import Journal
from labsbot.model import Log
from labsbot.service.archiving import Archiving
from labsbot.service.door import OF_ONE, Door
from labsbot.service.removals import Removals
from labsbot.service.submissions import Peer, Submissions
from labsbot.service.verbs import Verbs
from labsbot.settings import PageSettings
from tests.neighbour import GROUP, as_root, done_by_neighbour, mode, public_folder
from tests.nouns import NOON, an_acceptance, an_entry


class Rooms:
    def online(self) -> Mapping[str, bool]:
        return {"libera": True, "oftc": False}

    def presences(self) -> Mapping[tuple[str, str], bool]:
        return {("libera", "#cloud"): True, ("libera", "#ops"): False}

    failures: Mapping[str, int] = {"readonly": 3}
    reasons: Sequence[str] = ()

    def ages(self) -> Mapping[str, Mapping[str, timedelta | None]]:
        return {"projects": {"ldap h": timedelta(minutes=2), "file p": None}, "people": {}}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(tmp_path / "journal.sqlite3")
    journal.claim()
    yield journal
    journal.close()


def verbs(journal: Journal, rooms: Rooms) -> Verbs:
    submissions = Submissions(Scripts(journal.entries, lambda: NOON), Runs(journal.entries, journal.runs, lambda: NOON))
    removals, archiving = Removals(journal, lambda log: PageSettings()), Archiving(NoArchives())
    ways = submissions, removals, archiving, Receipts(journal.entries)
    return Verbs(journal, rooms, rooms, "wiki.example", NOON, *ways, rooms.ages, lambda: rooms.reasons)


class NoArchives:
    archived: Mapping[str, str | None] = {}

    def archive(self, log: Log) -> None:
        """By the settings, nothing ever is."""


@pytest.fixture
async def path(tmp_path: Path, journal: Journal) -> AsyncIterator[Path]:
    """A journal with an open door."""
    rooms = Rooms()
    async with Door(tmp_path / "journal.sqlite3", verbs(journal, rooms).answer).opened():
        yield tmp_path / "journal.sqlite3"


async def asked(path: Path, verb: str, **given: object) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, verb, **given)


async def let_in(path: Path) -> dict[str, Any]:
    """The answer, as soon as there is room."""
    async with asyncio.timeout(4):  # less than anybody is waited for
        while True:
            with contextlib.suppress(DoorClosed):
                return await asked(path, "status")


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Somebody who speaks to the socket as they like."""
    reader, writer = await asyncio.open_unix_connection(address(path))
    yield reader, writer
    writer.transport.abort()


# --- what can be asked ---


async def test_the_bot_says_how_it_is(path: Path, journal: Journal) -> None:
    for message in ("one", "two", "three"):
        await journal.entries.accept(an_acceptance(an_entry(message)))
    one, two, _ = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", "Tools/SAL", [one], NOON)
    await journal.attempts.postpone("b1", [one], "it is read-only", NOON, "it is read-only (readonly)", NOON)
    await journal.attempts.begin("b2", "wiki", "Tools/SAL", [two], NOON)
    await journal.attempts.park("b2", [two], "the page is protected", NOON)
    assert await asked(path, "status") == {
        "ok": True,
        "version": __version__,
        "pid": os.getpid(),
        "since": "2026-11-22T12:00:00Z",
        "reasons": [],
        "networks": {
            "libera": {"online": True, "channels": {"#cloud": True, "#ops": False}},
            "oftc": {"online": False, "channels": {}},
        },
        "waiting": {
            "number": 2,
            "since": "2026-11-22T12:00:00Z",
            "why": [
                {"cause": None, "number": 1, "next_try": None},
                {"cause": "it is read-only (readonly)", "number": 1, "next_try": "2026-11-22T12:00:00Z"},
            ],
        },
        "parked": {
            "number": 1,
            "since": "2026-11-22T12:00:00Z",
            "why": [{"cause": "the page is protected", "number": 1, "next_try": None}],
        },
        "wiki": {"name": "wiki.example", "last_delivery": None, "failures": {"readonly": 3}},
        "sources": {"projects": {"ldap h": 120, "file p": None}, "people": {}},
    }


async def test_whoever_wrote_into_the_journal_wakes_all_who_listen(path: Path, journal: Journal) -> None:
    news = journal.listen()
    assert await asked(path, "wake") == {"ok": True}
    assert news.is_set()


async def test_entries_are_dropped_and_the_ids_that_were_are_told(path: Path, journal: Journal) -> None:
    entry = an_entry("one")
    await journal.entries.accept(an_acceptance(entry))
    assert (await asked(path, "drop", ids=[entry.id, "sal-x"]))["done"] == [entry.id]
    assert (await asked(path, "retry", ids=["sal-x"]))["done"] == []


@pytest.mark.parametrize("ids", [None, "sal-x", [], [1], [""], ["x\ny"], ["x"] * 1001, {"a": 1}])
async def test_ids_that_are_none_are_refused_with_what_is_expected(path: Path, ids: object) -> None:
    with pytest.raises(DoorClosed, match="expected “ids”: a list of 1 to 1000 ids"):
        await asked(path, "drop", ids=ids)


@pytest.mark.parametrize("verb", ["", "reboot", "status\n", "x" * 1000])
async def test_an_unknown_verb_is_answered_with_those_there_are(path: Path, verb: str) -> None:
    with pytest.raises(DoorClosed, match="unknown verb, expected one of status, wake, retry, drop"):
        await asked(path, verb)


# --- whatever else comes ---

GARBAGE = [
    b"\n",
    b"\xff\xfe\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"[]\n",
    b'"status"\n',
    b"{\n",
    b"[" * 60_000 + b"\n",
    b'{"verb": NaN}\n',
    b"x" * (LARGEST + 1) + b"\n",
    b"x" * (4 * LARGEST),
    b"",
]


@pytest.mark.parametrize("sent", GARBAGE)
async def test_garbage_is_answered_in_one_line(path: Path, sent: bytes) -> None:
    async with connected(path) as (reader, writer), asyncio.timeout(10):
        writer.write(sent)
        with contextlib.suppress(OSError):
            writer.write_eof()
        answer = json.loads(await reader.readline())
        assert not answer["ok"]
        assert answer["error"].startswith("expected one line of JSON")
    assert (await asked(path, "status"))["ok"]


@pytest.mark.slow
async def test_who_says_nothing_is_sent_away_and_others_are_answered_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.service.door.PATIENCE", 0.5)
    async with connected(path) as (reader, _), asyncio.timeout(10):
        assert (await asked(path, "status"))["ok"]
        assert "nothing was asked" in json.loads(await reader.readline())["error"]
        assert await reader.read() == b""


async def test_those_who_never_read_their_answer_keep_no_place(tmp_path: Path) -> None:
    async def long(_: Mapping[str, Any], peer: Peer) -> Mapping[str, object]:
        return {"long": "x" * 60_000}

    journal = tmp_path / "journal"
    journal.touch()
    async with Door(journal, long).opened(), contextlib.AsyncExitStack() as mute:
        for _ in range(OF_ONE):
            one = mute.enter_context(socket.socket(socket.AF_UNIX))
            one.connect(str(address(journal)))
            one.send(line({"verb": "status"}))
        assert (await let_in(journal))["ok"]


async def test_the_one_too_many_is_sent_away_at_once(path: Path) -> None:
    async with contextlib.AsyncExitStack() as all_of_them, asyncio.timeout(10):
        for _ in range(OF_ONE):
            await all_of_them.enter_async_context(connected(path))
        with pytest.raises(DoorClosed, match=f"{OF_ONE} are asking already: try again"):
            await asked(path, "status")
    assert (await let_in(path))["ok"]


@as_root
async def test_whoever_keeps_half_of_all_places_keeps_nobody_else_out() -> None:
    with public_folder() as folder:
        journal = folder / "journal"
        journal.touch()
        os.chown(journal, -1, GROUP)
        journal.chmod(0o660)
        folder.chmod(0o2755)
        os.chown(folder, -1, GROUP)
        async with Door(journal, nothing).opened(), contextlib.AsyncExitStack() as all_of_them, asyncio.timeout(20):
            for _ in range(OF_ONE):
                await all_of_them.enter_async_context(connected(journal))
            told = await asyncio.to_thread(done_by_neighbour, lambda: ask(journal, "wake"), GROUP)
        assert told == "{'ok': True}", told


async def test_a_deed_that_takes_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsbot.service.door.PATIENCE", 0.2)
    monkeypatch.setattr("labsbot.service.door.LONGEST_WAIT", 0.1)

    async def never(_: Mapping[str, Any], peer: Peer) -> Mapping[str, object]:
        await asyncio.Event().wait()
        return {}

    (tmp_path / "journal").touch()
    async with Door(tmp_path / "journal", never).opened():
        with pytest.raises(DoorClosed, match="not done within"):
            await asked(tmp_path / "journal", "status")


async def test_a_deed_that_fails_unexpectedly_is_logged_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fault(_: Mapping[str, Any], peer: Peer) -> Mapping[str, object]:
        raise RuntimeError("a fault of ours")

    (tmp_path / "journal").touch()
    async with Door(tmp_path / "journal", fault).opened():
        for _ in range(2):
            with pytest.raises(DoorClosed):
                await asked(tmp_path / "journal", "status")
    assert "a question at the socket failed unexpectedly" in caplog.messages


async def test_who_asked_for_what_stands_in_the_log(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "labsbot")
    await asked(path, "wake")
    await asked(path, "status")
    (words,) = caplog.messages
    assert words.startswith(f"asked to wake by process {os.getpid()} of user {files.user_name(os.geteuid())}")


async def test_whoever_is_asking_when_the_bot_ends_does_not_hold_it_up(tmp_path: Path, journal: Journal) -> None:
    rooms = Rooms()
    opened = Door(tmp_path / "journal.sqlite3", verbs(journal, rooms).answer).opened()
    async with asyncio.timeout(3), opened, contextlib.AsyncExitStack() as waiting:
        await waiting.enter_async_context(connected(tmp_path / "journal.sqlite3"))
        assert (await asked(tmp_path / "journal.sqlite3", "status"))["ok"]
        waiting.pop_all()
    assert not address(tmp_path / "journal.sqlite3").exists()


# --- where it lies, and who may open it ---


async def nothing(_: Mapping[str, Any], peer: Peer) -> Mapping[str, object]:
    return {}


def test_nobody_is_there(tmp_path: Path) -> None:
    for journal in (tmp_path / "journal", tmp_path / "no such folder" / "journal"):
        with pytest.raises(NobodyAnswers):
            ask(journal, "status")


async def test_a_socket_left_behind_by_a_killed_bot_is_replaced(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.touch()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(address(journal)))
    with pytest.raises(NobodyAnswers):
        ask(journal, "wake")
    async with Door(journal, nothing).opened():
        assert (await asked(journal, "wake"))["ok"]
    assert os.listdir(tmp_path) == ["journal"]


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
async def test_what_is_no_socket_is_left_alone_and_the_bot_goes_on_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    journal, victim = tmp_path / "journal", tmp_path / "victim"
    journal.touch()
    victim.write_text("as it was")
    place = address(journal)
    if kind == "link":
        place.symlink_to(victim)
    elif kind == "folder":
        place.mkdir()
    else:
        place.touch()
    before = place.lstat()
    async with Door(journal, nothing).opened():
        assert f"cannot make the socket {place}: something else lies there; " in caplog.text
    assert place.lstat() == before
    assert victim.read_text() == "as it was"


async def test_a_long_way_to_the_journal_is_no_hindrance_and_a_long_name_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = tmp_path / ("a folder with a very long name " * 5) / "journal"
    journal.parent.mkdir()
    journal.touch()
    async with Door(journal, nothing).opened():
        assert (await asked(journal, "wake"))["ok"]
    journal = tmp_path / ("j" * 100)
    journal.touch()
    async with Door(journal, nothing).opened():
        assert "its name is too long, expected a shorter one; `labsbot status` cannot ask" in caplog.text
        with pytest.raises((NobodyAnswers, DoorClosed)):
            await asked(journal, "wake")


async def test_the_socket_is_for_us_and_our_group(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.touch(0o600)
    before = os.umask(0)
    async with Door(journal, nothing).opened():
        assert oct(mode(address(journal))) == "0o660"
        assert stat.S_ISSOCK(address(journal).lstat().st_mode)
    os.umask(before)


@as_root
async def test_a_group_that_may_write_the_journal_may_ask_and_one_that_may_only_read_it_may_not() -> None:
    with public_folder() as folder:
        journal = folder / "journal"
        journal.touch()
        os.chown(journal, -1, GROUP)
        folder.chmod(0o2755)
        os.chown(folder, -1, GROUP)
        for permissions, outcome in ((0o640, "MayNotAsk: user nobody may not speak"), (0o660, "{'ok': True}")):
            journal.chmod(permissions)
            async with Door(journal, nothing).opened():
                told = await asyncio.to_thread(done_by_neighbour, lambda: ask(journal, "wake"), GROUP)
            assert told.startswith(outcome), told


def test_who_asks_needs_neither_the_database_nor_what_checks_a_configuration() -> None:
    heavy = "{'sqlalchemy', 'pydantic', 'alembic', 'mwclient', 'asyncio'}"
    program = f"import sys, {door.__name__}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
