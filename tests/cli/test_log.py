"""``labsbot log``, ``undo`` and ``amend`` as processes of their own, with a bot and without: receipts that are true."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.cli import submitting
from labsbot.cli.loading import much_is_loaded
from labsbot.edge import files
from labsbot.journal import Journal
from labsbot.model import Delivery, DeliveryState, Via
from tests.cli.test_main import Running, labsbot
from tests.neighbour import as_root, done_by_neighbour, public_folder
from tests.nouns import an_acceptance, an_entry
from tests.servers.breakable import BreakableServer

pytestmark = pytest.mark.processes

CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    channels: {{"#cloud": {{}}}}
wiki: {{folder: {folder}/pages, url: "https://wiki.example/wiki/"}}
projects: [{{list: {{tools: {{}}, bots: {{}}, paws: {{retired: "use jupyter"}}}}}}]
"""
PAGE = "Nova_Resource:Tools%2FSAL.wiki"
US = files.user_name(os.geteuid())


class Place:
    """A folder with a configuration; whoever runs a command there names no file."""

    def __init__(self, folder: Path, port: int = 1) -> None:
        self.folder = folder
        self.configuration = folder / "labsbot.yaml"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=port))

    def run(self, *words: str | bytes, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
        here = {**os.environ, "LABSBOT_CONFIG": str(self.configuration), **environ}
        return subprocess.run(
            [sys.executable, "-m", "labsbot", *words],
            input=stdin,
            env=here,
            capture_output=True,
            timeout=60,
            check=False,
        )

    async def told(self, *words: str | bytes, stdin: bytes = b"", **environ: str) -> tuple[int, str, str]:
        """Exit status, standard output and standard error, without the ends of their lines."""
        done = await asyncio.to_thread(lambda: self.run(*words, stdin=stdin, **environ))
        return done.returncode, done.stdout.decode().strip(), done.stderr.decode().strip()

    async def kept(self) -> list[Delivery]:
        """All that is owed, whatever became of it."""
        journal = Journal.join(self.folder / "journal.sqlite3")
        found = [each.delivery for each in await journal.undelivered.queue()]
        journal.close()
        return found

    def shows(self, words: str) -> bool:
        """Whether that stands on any page."""
        return any(words in page.read_text() for page in (self.folder / "pages").glob("*.wiki"))

    def page(self, title: str = PAGE) -> str:
        return (self.folder / "pages" / title).read_text()


@pytest.fixture
def at_rest(tmp_path: Path) -> Place:
    """Where a bot has run, and runs no more."""
    Journal.open(tmp_path / "journal.sqlite3").close()
    return Place(tmp_path)


@pytest.fixture
async def alive(tmp_path: Path) -> AsyncIterator[tuple[Place, Running]]:
    """Where a bot runs."""
    server = BreakableServer({})
    await server.start()
    place = Place(tmp_path, server.port)
    bot = Running(place.configuration)
    await bot.logged("lets us in")
    yield place, bot
    bot.process.send_signal(signal.SIGCONT)
    bot.process.terminate()
    await bot.exit_status()
    await server.close()


# --- with a bot ---


@pytest.mark.slow
async def test_it_prints_where_it_stands_and_nothing_else(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    status, out, err = await place.told("log", "tools", "restarted", "the web service")
    assert (status, err) == (0, "")
    assert out.startswith("https://wiki.example/wiki/Nova_Resource:Tools%252FSAL.wiki#sal-")
    assert f"{US}: restarted the web service" in place.page()
    status, out, _ = await place.told("log", "tools,bots", "x")
    assert (status, len(out.splitlines())) == (0, 2)


@pytest.mark.slow
async def test_what_is_refused_says_so_in_the_channels_words(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    assert await place.told("log", "paws", "x") == (1, "", "labsbot: Not logged: paws is retired: use jupyter")
    status, out, err = await place.told("log", "--json", "tols", "x")
    refused = {"refused": "Not logged: there is no project “tols”. Did you mean tools?"}
    assert (status, json.loads(out), err) == (1, refused, "")


@pytest.mark.slow
async def test_an_entry_is_amended_and_taken_back(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    _, url, _ = await place.told("log", "tools", "restarted web-1")
    entry_id = url.partition("#")[2]
    assert (await place.told("amend", entry_id, "restarted web-2", "--json"))[0] == 2
    assert (await place.told("amend", entry_id, "restarted web-2", "--hard"))[:2] == (0, url)
    assert f"{US}: restarted web-2 --hard" in place.page()
    assert (await place.told("undo", url, "wrong", "host"))[:2] == (0, url)
    assert "<s" in place.page()
    assert "wrong host" in place.page()
    assert (await place.told("undo", entry_id))[0] == 1


@pytest.mark.slow
async def test_what_the_wiki_has_not_in_time_is_kept_and_its_id_told(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    (place.folder / "pages").rename(place.folder / "away")
    (place.folder / "pages").write_text("no folder")
    status, out, err = await place.told("log", "--timeout", "1", "tools", "x")
    assert status == 75
    assert out.startswith("sal-")
    assert err.startswith("labsbot: kept, not on the wiki yet")
    assert (await place.told("log", "--no-wait", "tools", "x"))[0] == 0


@pytest.mark.slow
async def test_the_same_call_with_the_same_key_prints_the_same(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    first = await place.told("log", "--key", "k", "tools", "x")
    assert first == await place.told("log", "--key", "k", "tools", "x")
    assert (await place.told("log", "--key", "k", "tools", "y"))[0] == 1


@pytest.mark.slow
async def test_in_whose_name_it_is_logged(alive: tuple[Place, Running]) -> None:
    place, _ = alive
    await place.told("log", "--as", "alice", "tools", "by its option")
    await place.told("log", "tools", "by sudo", SUDO_USER="carol")
    assert f"alice (via {US}): by its option" in place.page()
    assert (f"carol (via {US}): by sudo" in place.page()) == (os.geteuid() == 0)


@pytest.mark.slow
async def test_a_bot_that_hangs_holds_up_no_deploy(alive: tuple[Place, Running]) -> None:
    place, bot = alive
    bot.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    status, out, err = await place.told("log", "--best-effort", "tools", "x")
    assert (status, out, err) == (0, "", "labsbot: not done in time; it goes on without")
    assert time.monotonic() - begun < 20  # not the promise itself: machines that test are slow


@pytest.mark.slow
async def test_what_was_written_beside_the_bot_is_delivered_at_once(alive: tuple[Place, Running]) -> None:
    """As where somebody found nobody at the door, because the bot had just begun to start."""
    place, _ = alive
    journal = Journal.join(place.folder / "journal.sqlite3")
    entry = an_entry("beside", network="", channel="")
    await journal.entries.accept(an_acceptance(entry))
    journal.close()
    assert submitting._woken(place.folder / "journal.sqlite3")
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(place.shows, "beside"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


# --- without one ---


async def test_where_no_bot_runs_it_is_kept_for_the_next_one(at_rest: Place) -> None:
    status, out, err = await at_rest.told("log", "tools,bots", "x")
    assert (status, err) == (75, "labsbot: kept; no bot answers, and the next one brings it to the wiki")
    kept = await at_rest.kept()
    assert {each.id for each in kept} == {out}
    assert {(each.log.project, each.state) for each in kept} == {
        ("tools", DeliveryState.PENDING),
        ("bots", DeliveryState.PENDING),
    }
    assert (kept[0].entry.via, kept[0].entry.account) == (Via.COMMAND, f"user {US}")
    assert (await at_rest.told("undo", out, "no"))[0] == 75
    assert (await at_rest.kept())[0].changes[0].text == "no"


async def test_the_same_rules_hold_without_a_bot(at_rest: Place) -> None:
    assert (await at_rest.told("log", "paws", "x"))[0] == 1
    assert (await at_rest.told("log", "tools", "password=hunter2345"))[0] == 1
    assert (await at_rest.told("log", "--best-effort", "paws", "x"))[:2] == (0, "")
    status, _, err = await at_rest.told("log", "--key", "", "tools", "x")  # of a variable that is not set
    assert (status, err) == (1, "labsbot: Not logged: the key has 0 characters, expected 1 to 255.")
    assert await at_rest.kept() == []


async def test_where_there_is_no_journal_nothing_is_made(tmp_path: Path) -> None:
    place = Place(tmp_path)
    status, out, err = await place.told("log", "tools", "x")
    assert (status, out) == (1, "")
    assert err == f"labsbot: there is no journal at {tmp_path}/journal.sqlite3: `labsbot run` makes it"
    assert os.listdir(tmp_path) == ["labsbot.yaml"]
    assert (await place.told("log", "tools", "x", LABSBOT_CONFIG=str(tmp_path / "none")))[0] == 78


@as_root
def test_whoever_may_neither_ask_nor_write_is_told_so() -> None:
    with public_folder() as folder:
        Journal.open(folder / "journal.sqlite3").close()
        place = Place(folder)
        assert labsbot("log", "-c", place.configuration, "paws", "x").exit_code == 1  # loads what nobody else can read
        told = done_by_neighbour(lambda: labsbot("log", "-c", place.configuration, "tools", "x").stderr)
        assert "cannot write the journal" in told


# --- what is typed ---


async def test_standard_input_is_the_message_several_lines_in_one(at_rest: Place) -> None:
    await at_rest.told("log", "tools", "-", stdin="moved the db\n  rebooted wëb-1\n".encode())
    assert [each.entry.message for each in await at_rest.kept()] == ["moved the db · rebooted wëb-1"]
    status, _, err = await at_rest.told("log", "tools", "-", stdin=b"x" * 65_537)
    assert (status, err) == (1, "labsbot: Not logged: standard input holds more than 65536 bytes.")


async def test_what_is_no_utf_8_is_kept_as_far_as_it_is(at_rest: Place) -> None:
    await at_rest.told(b"log", b"tools", b"caf\xe9")
    await at_rest.told("log", "tools", "-", stdin=b"th\xe9")
    assert [each.entry.message for each in await at_rest.kept()] == ["caf�", "th�"]


@pytest.mark.parametrize("option", ["--json", "--as=alice", "--no-wait"])
async def test_an_option_behind_the_project_is_no_text_unless_that_is_said(at_rest: Place, option: str) -> None:
    status, _, err = await at_rest.told("log", "tools", "ran it", option)
    assert status == 2
    assert "is text there: options stand first. If it is meant as text, put -- before it." in " ".join(err.split())
    assert (await at_rest.told("log", "tools", "--", "ran it", option))[0] == 75
    assert [each.entry.message for each in await at_rest.kept()] == [f"ran it {option}"]


@pytest.mark.parametrize("option", ["-c", "-h", "--help", "--config"])
async def test_what_is_short_is_no_text_where_it_stands_first(at_rest: Place, option: str) -> None:
    status, _, err = await at_rest.told("log", "tools", option, "x")
    assert status == 2
    assert f"{option} is text there: options stand first." in " ".join(err.split())
    assert (await at_rest.told("log", "tools", "ran", "tar", "-c", "-h"))[0] == 75
    assert (await at_rest.told("log", "tools", "words", "of", "path"))[0] == 75  # as arguments are called
    assert [each.entry.message for each in await at_rest.kept()] == ["ran tar -c -h", "words of path"]


async def test_what_no_bot_could_read_is_refused_in_words(at_rest: Place) -> None:
    missing = "labsbot: Not logged: the project is missing."
    assert (await at_rest.told("log", "", "x"))[::2] == (1, missing)
    assert (await at_rest.told("log", "tools,", "x"))[::2] == (1, missing)
    assert (await at_rest.told("log", "tools", "-", "x"))[0] == 2
    assert (await at_rest.told("log", "--as", "a\nb", "tools", "x"))[0] == 75
    for far in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        status, _, err = await at_rest.told("log", "--at", far, "tools", "x")
        assert (status, err[:29]) == (1, "labsbot: Not logged: I cannot"[:29])


async def test_options_of_others_are_text(at_rest: Place) -> None:
    await at_rest.told("log", "tools", "apt", "--fix-broken", "-y")
    assert [each.entry.message for each in await at_rest.kept()] == ["apt --fix-broken -y"]


async def test_a_time_is_read_as_people_type_it(at_rest: Place) -> None:
    assert (await at_rest.told("log", "--at", "-1d", "tools", "x"))[0] == 75
    ((entry),) = [each.entry for each in await at_rest.kept()]
    assert entry.late
    status, _, err = await at_rest.told("log", "--at", "yesterday", "tools", "x")
    assert status == 1
    assert err.startswith("labsbot: Not logged: I cannot read this time. Type 14:05,")


def test_who_asks_a_bot_needs_neither_the_database_nor_what_checks_a_configuration() -> None:
    heavy = "import sys, labsbot.cli.log, labsbot.cli.undo, labsbot.cli.amend; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "pydantic", "irc", "mwclient", "asyncio"} & set(loaded)


def test_who_sets_up_the_desk_itself_needs_neither_irc_nor_what_speaks_to_a_wiki() -> None:
    heavy = "import sys, labsbot.service.front_desk; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout.split()
    assert not {"labsbot.irc", "irc", "mwclient", "requests", "alembic", "starlette"} & set(loaded)


def test_garbage_is_looked_for_again_once_all_is_loaded() -> None:
    with contextlib.suppress(ImportError), much_is_loaded():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
