"""``labsbot redact`` as a process of its own, with a bot and without: what is removed, and what is said of the rest."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.journal import Journal, Reading
from labsbot.model import DeliveryState
from tests.cli.test_log import Place
from tests.cli.test_main import Running
from tests.journal.reader import reader
from tests.neighbour import as_root, done_by_neighbour, public_folder
from tests.servers.breakable import BreakableServer

pytestmark = [pytest.mark.processes, pytest.mark.slow]
SECRET = "Tr0ub4dor & hünter2"
NEEDLES = ("Tr0ub4dor".encode(), "hünter2".encode())
UNSEEN = "What nobody can see from here: backups, the channel and its logs, the system's log, copies of the page."


@pytest.fixture
def at_rest(tmp_path: Path) -> Place:
    """Where a bot has run, and runs no more."""
    Journal.open(tmp_path / "journal.sqlite3").close()
    return Place(tmp_path)


@pytest.fixture
async def alive(tmp_path: Path) -> AsyncIterator[Place]:
    """Where a bot runs."""
    server = BreakableServer({})
    await server.start()
    place = Place(tmp_path, server.port)
    bot = Running(place.configuration)
    await bot.logged("lets us in")
    yield place
    bot.process.send_signal(signal.SIGCONT)
    bot.process.terminate()
    await bot.exit_status()
    await server.close()


def holds(place: Place) -> list[str]:
    found = [path for path in place.folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if any(needle in path.read_bytes() for needle in NEEDLES))


async def logged(place: Place, message: str = SECRET) -> str:
    """An entry that stands on its page; its id."""
    status, out, _ = await place.told("log", "tools", "--", message)
    assert status in (0, 75)
    return out.rpartition("#")[2]


async def test_a_bot_that_runs_removes_it(alive: Place) -> None:
    entry_id = await logged(alive)
    await logged(alive, "kept")
    assert (await alive.told("amend", entry_id, f"it was {SECRET}"))[0] == 0
    assert len(holds(alive)) > 3
    status, out, err = await alive.told("redact", entry_id)
    page = f"https://wiki.example/wiki/Nova_Resource:Tools%252FSAL.wiki#{entry_id}"
    assert (status, out, err) == (0, f"{entry_id} is removed from {page}\n{UNSEEN}", "")
    assert holds(alive) == []
    assert ": removed by an operator<span" in alive.page()
    assert ": kept" in alive.page()


async def test_what_is_removed_says_so_wherever_it_is_asked_for(alive: Place) -> None:
    entry_id = await logged(alive)
    assert (await alive.told("redact", entry_id))[0] == 0
    _, out, _ = await alive.told("show", entry_id)
    assert {"state:     redacted", "message:   removed by an operator"} <= set(out.splitlines())
    _, out, _ = await alive.told("show", "--format", "json")
    assert '"state": "redacted"' in out
    assert (await alive.told("show", "--search", "hünter2"))[1] == ""
    for verb in ("undo", "amend"):
        status, _, err = await alive.told(verb, entry_id, "words")
        assert status == 1
        assert err.endswith(f"{entry_id} is removed by an operator. Log what is right anew.")
    status, out, err = await alive.told("redact", entry_id)
    assert (status, err) == (0, "labsbot: what it said is erased already, so that files cannot be searched for it")
    assert out.startswith(f"{entry_id} is redacted already; what is left of it is looked for again\n")


async def test_where_no_bot_runs_it_is_brought_to_the_page_all_the_same(at_rest: Place) -> None:
    entry_id = await logged(at_rest)
    status, out, err = await at_rest.told("redact", f"https://wiki.example/x#{entry_id}")
    assert (status, err) == (0, "")
    assert out.startswith(f"{entry_id} is removed from https://")
    assert "removed by an operator" in at_rest.page()
    assert holds(at_rest) == []


async def test_what_nobody_has_logged_is_told_and_the_others_are_removed(at_rest: Place) -> None:
    entry_id = await logged(at_rest)
    unknown = "sal-20261122143001-7f3a"
    status, out, err = await at_rest.told("redact", unknown, entry_id)
    assert status == 1
    assert err == f"labsbot: {unknown}: Not removed: I know no such entry (`labsbot show --ids` has them all)."
    assert out.startswith(f"{entry_id} is removed from")
    assert holds(at_rest) == []
    assert (await at_rest.told("redact", unknown))[0] == 1


async def test_others_who_say_it_are_named(at_rest: Place) -> None:
    entry_id, other_id = await logged(at_rest), await logged(at_rest, f"who said {SECRET}?")
    status, _, err = await at_rest.told("redact", entry_id)
    assert status == 1
    assert f"labsbot: {other_id} says it, too (or a part of it): `labsbot redact {other_id}`" in err.splitlines()
    assert f"it still stands in {at_rest.folder}/journal.sqlite3" in err
    status, _, err = await at_rest.told("redact", other_id)
    assert (status, err) == (0, "")
    assert holds(at_rest) == []


async def test_while_somebody_reads_an_old_state_it_is_to_be_run_again(at_rest: Place) -> None:
    entry_id = await logged(at_rest)
    journal = Journal.open(at_rest.folder / "journal.sqlite3")
    try:
        async with reader(at_rest.folder / "journal.sqlite3"):
            status, _, err = await at_rest.told("redact", "--timeout", "2", entry_id)
            assert status == 75
            assert err.endswith("somebody reads an old state of the journal (run it again)")
    finally:
        journal.close()
    assert (await at_rest.told("redact", entry_id))[0] == 0
    assert {*holds(at_rest)} <= {"1", "log"}


async def test_a_wiki_that_is_away_is_waited_for_and_nothing_is_erased_before(at_rest: Place) -> None:
    entry_id = await logged(at_rest)
    (at_rest.folder / "pages").write_text("no folder")
    status, out, err = await at_rest.told("redact", "--timeout", "1", entry_id)
    assert (status, out) == (75, "")
    assert "not removed from the log of tools yet: its folder cannot be read or written (run it again)" in err
    assert Reading(at_rest.folder / "journal.sqlite3").texts(entry_id) == [SECRET]
    (at_rest.folder / "pages").unlink()
    assert (await at_rest.told("redact", entry_id))[0] == 0
    assert holds(at_rest) == []


@pytest.mark.parametrize("moment", range(6))
async def test_one_that_is_killed_is_finished_by_the_next(at_rest: Place, moment: int) -> None:
    """Behind each of its steps."""
    entry_id = await logged(at_rest)
    program = f"""
import os
from labsbot.service import removals, remains
from labsbot.cli.main import main
steps = iter(range(100))
def then_die(call):
    async def dying(*given, **named):
        result = await call(*given, **named)
        if next(steps) == {moment}:
            os._exit(9)
        return result
    return dying
removals.RemovalsAtRest.ask = then_die(removals.RemovalsAtRest.ask)
removals.RemovalsAtRest.settle = then_die(removals.RemovalsAtRest.settle)
main(["redact", {entry_id!r}])
"""
    here = {**os.environ, "LABSBOT_CONFIG": str(at_rest.configuration)}
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], env=here, capture_output=True, timeout=60, check=False
    )
    assert died.returncode == (9 if moment < 5 else 0), died.stderr
    status, _, err = await at_rest.told("redact", entry_id)
    assert status == 0, err
    assert {*holds(at_rest)} & {"journal.sqlite3", "journal.sqlite3-wal", "Nova_Resource:Tools%2FSAL.wiki"} == set()
    assert holds(at_rest) == []


@as_root
async def test_somebody_else_cannot_remove_it(tmp_path: Path) -> None:
    folder = public_folder(tmp_path)
    place = Place(folder)
    await asyncio.to_thread(done_by_neighbour, place, "journal")


async def test_the_state_of_what_was_removed_is_settled(at_rest: Place) -> None:
    entry_id = await logged(at_rest)
    await at_rest.told("redact", entry_id)
    history = Reading(at_rest.folder / "journal.sqlite3").find(entry_id)
    assert history is not None
    assert {each.state for each in history.kept.deliveries} == {DeliveryState.DELIVERED}
