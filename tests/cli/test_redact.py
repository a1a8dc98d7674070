"""``labsbot redact``, with a bot and without: what is removed, and what is said of the rest."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from click.testing import Result

from labsbot.journal import Journal, Reading
from labsbot.model import DeliveryState
from labsbot.service.removals import RemovalsAtRest
from tests.cli.test_log import PAGE, Place
from tests.cli.test_main import Running, keep, labsbot
from tests.journal.reader import reader
from tests.neighbour import NOBODY, as_root
from tests.servers.breakable import BreakableServer

SECRET = "Tr0ub4dor & hünter2"
NEEDLES = (b"Tr0ub4dor", "hünter2".encode())
UNSEEN = "What nobody can see from here: backups, the channel and its logs, the system's log, copies of the page."


def holds(folder: Path) -> list[str]:
    """The files in which it stands."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if any(needle in path.read_bytes() for needle in NEEDLES))


def redact(folder: Path, *words: str) -> Result:
    return labsbot("redact", "-c", folder / "labsbot.yaml", *words)


@pytest.fixture
def at_rest(tmp_path: Path) -> Path:
    """Where a bot has run, and runs no more."""
    return Place(tmp_path).folder


def url(entry_id: str) -> str:
    return f"https://wiki.example/wiki/Nova_Resource:Tools%252FSAL.wiki#{entry_id}"


# --- where no bot runs ---


def test_it_is_brought_to_the_page_all_the_same(at_rest: Path) -> None:
    entry_id, _ = keep(at_rest, SECRET, "kept")
    done = redact(at_rest, f"https://wiki.example/x#{entry_id}")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{entry_id} is removed from {url(entry_id)}\n{UNSEEN}\n"
    page = (at_rest / "pages" / PAGE).read_text()
    assert "alice: removed by an operator<span" in page
    assert "alice: kept" in page
    assert holds(at_rest) == []


def test_what_was_erased_already_is_looked_after_and_that_is_said(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    assert redact(at_rest, entry_id).exit_code == 0
    done = redact(at_rest, entry_id)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{entry_id} is redacted already; what is left of it is looked for again\n")
    assert done.stderr == "labsbot: what it said is erased already, so that files cannot be searched for it\n"
    history = Reading(at_rest / "journal.sqlite3").find(entry_id)
    assert history is not None
    assert {each.state for each in history.kept.deliveries} == {DeliveryState.DELIVERED}


def test_what_is_removed_says_so_wherever_it_is_read(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    redact(at_rest, entry_id)
    configuration = at_rest / "labsbot.yaml"
    shown = labsbot("show", "-c", configuration, entry_id).stdout
    assert {"state:     redacted", "message:   removed by an operator"} <= set(shown.splitlines())
    assert '"state": "redacted"' in labsbot("show", "-c", configuration, "--format", "json").stdout
    assert labsbot("show", "-c", configuration, "--search", "hünter2").stdout == ""
    assert "removed" in labsbot("queue", "-c", configuration, "show", entry_id).stdout
    assert "alice: removed by an operator" in labsbot("show", "-c", configuration).stdout


def test_what_nobody_has_logged_is_told_and_the_others_are_removed(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    unknown = "sal-20261122143001-7f3a"
    done = redact(at_rest, unknown, entry_id)
    assert done.exit_code == 1
    assert (
        done.stderr == f"labsbot: {unknown}: Not removed: I know no such entry (`labsbot show --ids` has them all).\n"
    )
    assert done.stdout.startswith(f"{entry_id} is removed from")
    assert holds(at_rest) == []
    assert redact(at_rest, unknown).exit_code == 1


def test_others_who_say_it_are_named(at_rest: Path) -> None:
    entry_id, other_id = keep(at_rest, SECRET, f"who said {SECRET}?")
    done = redact(at_rest, entry_id)
    assert done.exit_code == 1
    said = done.stderr.splitlines()
    assert f"labsbot: {other_id} says it, too (or a part of it): `labsbot redact {other_id}`" in said
    assert f"labsbot: it still stands in {at_rest}/journal.sqlite3" in said
    done = redact(at_rest, other_id)
    assert (done.exit_code, done.stderr) == (0, "")
    assert holds(at_rest) == []


def test_a_page_that_people_have_made_of_it_is_named(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    (at_rest / "pages").mkdir()
    (at_rest / "pages" / PAGE).write_text(f"He said: {SECRET.replace('&', '&amp;')}\n")
    done = redact(at_rest, entry_id)
    assert done.exit_code == 1
    address = url("").rstrip("#")
    assert f"labsbot: it still stands on the page, in words that are not the entry's: {address}" in done.stderr
    assert f"labsbot: it still stands in {at_rest}/pages/{PAGE}" in done.stderr


def test_what_people_have_removed_or_hidden_is_named_with_its_address(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    deliver(at_rest)
    (at_rest / "pages" / PAGE).write_text("nothing\n")
    done = redact(at_rest, entry_id)
    assert f"labsbot: {entry_id}: not found in a line of its page: people have moved or removed it" in done.stderr
    assert url(entry_id) in done.stderr
    assert Reading(at_rest / "journal.sqlite3").texts(entry_id) == ["removed by an operator"]


def deliver(folder: Path) -> None:
    """Let be delivered what waits, as a bot does."""
    (other,) = keep(folder, "removed along")
    assert redact(folder, other).exit_code == 0


def test_a_wiki_that_is_away_is_waited_for_and_nothing_is_erased_before(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    (at_rest / "pages").write_text("no folder")
    done = redact(at_rest, "--timeout", "0.5", entry_id)
    assert (done.exit_code, done.stdout) == (75, "")
    assert "not removed from the log of tools yet: its folder cannot be read or written (run it again)" in done.stderr
    assert Reading(at_rest / "journal.sqlite3").texts(entry_id) == [SECRET]
    assert "alice: removed by an operator" in labsbot("show", "-c", at_rest / "labsbot.yaml").stdout
    (at_rest / "pages").unlink()
    assert redact(at_rest, entry_id).exit_code == 0
    assert holds(at_rest) == []


def test_while_another_bot_has_the_journal_and_does_not_answer_nothing_is_done(at_rest: Path) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    journal = Journal.open(at_rest / "journal.sqlite3")
    journal.claim()
    try:
        done = redact(at_rest, entry_id)
    finally:
        journal.close()
    assert done.exit_code == 1
    assert "another labsbot" in done.stderr


class Died(BaseException):
    pass


@pytest.mark.parametrize("step", range(6))
def test_one_that_is_interrupted_is_finished_by_the_next(
    at_rest: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry_id,) = keep(at_rest, SECRET)
    steps = iter(range(100))

    def then_die(call: Callable[..., object]) -> Callable[..., object]:
        async def dying(*given: object, **named: object) -> object:
            result = await call(*given, **named)  # type: ignore[misc]
            if next(steps) == step:
                raise Died
            return result

        return dying

    with monkeypatch.context() as patched:
        patched.setattr(RemovalsAtRest, "ask", then_die(RemovalsAtRest.ask))
        patched.setattr(RemovalsAtRest, "settle", then_die(RemovalsAtRest.settle))
        if step < 5:
            with pytest.raises(Died):
                redact(at_rest, entry_id)
    assert redact(at_rest, entry_id).exit_code == 0
    assert holds(at_rest) == []


@as_root
def test_it_is_for_the_bots_user_alone(at_rest: Path) -> None:
    """Whatever root made in its folders, the bot could not open."""
    (entry_id,) = keep(at_rest, SECRET)
    os.chown(at_rest / "journal.sqlite3", NOBODY, NOBODY)
    done = redact(at_rest, entry_id)
    assert done.exit_code == 1
    assert done.stderr.startswith("labsbot: this is for nobody, who has ")
    assert not (at_rest / "pages").exists()


def test_a_journal_that_is_missing_is_told(at_rest: Path) -> None:
    done = redact(at_rest, "sal-20261122143001-7f3a")
    assert (done.exit_code, done.stderr) == (1, f"labsbot: there is no journal at {at_rest}/journal.sqlite3\n")


# --- processes ---


@pytest.mark.slow
@pytest.mark.processes
async def test_one_that_is_killed_behind_the_erasure_is_finished_by_the_next(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (entry_id,) = await asyncio.to_thread(keep, tmp_path, SECRET)
    program = f"""
import os
from labsbot.journal.erasures import Erasures
from labsbot.cli.main import main
async def die(journal):
    os._exit(9)
Erasures.rewrite = die
main(["redact", {entry_id!r}])
"""
    here = {**os.environ, "LABSBOT_CONFIG": str(place.configuration)}
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], env=here, capture_output=True, timeout=60, check=False
    )
    assert died.returncode == 9
    assert holds(tmp_path)
    async with reader(tmp_path / "journal.sqlite3"):
        status, _, err = await place.told("redact", "--timeout", "1", entry_id)
        assert status == 75
        assert err.endswith("somebody reads an old state of the journal (run it again)")
    assert (await place.told("redact", entry_id))[0] == 0
    assert holds(tmp_path) == []


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


@pytest.mark.slow
@pytest.mark.processes
async def test_a_bot_that_runs_removes_it(alive: Place) -> None:
    _, out, _ = await alive.told("log", "tools", "--", SECRET)
    entry_id = out.rpartition("#")[2]
    assert (await alive.told("amend", entry_id, f"it was {SECRET}"))[0] == 0
    assert len(holds(alive.folder)) > 3
    status, out, err = await alive.told("redact", entry_id)
    assert (status, out, err) == (0, f"{entry_id} is removed from {url(entry_id)}\n{UNSEEN}", "")
    assert holds(alive.folder) == []
    assert ": removed by an operator<span" in alive.page()
    status, _, err = await alive.told("undo", entry_id, "words")
    assert status == 1
    assert err.endswith(f"{entry_id} is removed by an operator. Log what is right anew.")
