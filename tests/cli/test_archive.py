"""``labsbot archive``: what would move is shown, and the running bot moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.test_log import PAGE, Place
from tests.cli.test_main import Running, keep, labsbot
from tests.delivery.archive_world import log_page
from tests.servers.breakable import BreakableServer

ARCHIVE = "Nova_Resource:Tools%2FSAL%2F2020.wiki"
LOG = "Nova Resource:Tools/SAL"
SIZE = len(log_page(2020).encode())


@pytest.fixture
def grown(tmp_path: Path) -> Place:
    """A log with six days of 2020, in which something was logged."""
    place = Place(tmp_path)
    keep(tmp_path, "hello")
    (tmp_path / "pages").mkdir(exist_ok=True)
    (tmp_path / "pages" / PAGE).write_text(log_page(2020))
    return place


def archive(place: Place, *words: str) -> tuple[int, str, str]:
    done = labsbot("archive", "-c", place.configuration, *words)
    return done.exit_code, done.stdout, done.stderr


def test_what_would_move_is_shown_and_no_bot_is_needed(grown: Place) -> None:
    shown = f"{LOG} ({SIZE} bytes)\n  2020-12-26 – 2020-12-31: 6 days, {SIZE} bytes → {LOG}/2020\n"
    assert archive(grown, "--dry-run") == (0, shown, "")
    assert archive(grown, "--dry-run", "TOOLS") == (0, shown, "")
    assert not (grown.folder / "pages" / ARCHIVE).exists()


def test_without_a_bot_nothing_moves_and_it_is_said_what_would_make_it(grown: Place) -> None:
    words = "no bot runs on this journal: `labsbot run` moves what is to move; --dry-run shows what that is"
    assert archive(grown) == (1, "", f"labsbot: {words}\n")


def test_a_project_to_which_nothing_was_logged_is_named(grown: Place) -> None:
    assert archive(grown, "--dry-run", "toosl") == (
        1,
        "",
        "labsbot: there is no project “toosl”, and no entry of one. Did you mean tools?\n",
    )


@pytest.fixture
async def server() -> AsyncIterator[BreakableServer]:
    made = BreakableServer({})
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def bot(grown: Place, server: BreakableServer) -> AsyncIterator[Running]:
    Place(grown.folder, server.port)
    running = Running(grown.configuration)
    await running.logged("lets us in")
    yield running
    running.process.terminate()
    await running.exit_status()


@pytest.mark.processes
async def test_the_running_bot_moves_it_and_says_when_it_has(grown: Place, bot: Running) -> None:
    status, said, beside = await grown.told("archive")
    assert (status, said, beside) == (0, "Nova Resource:tools/SAL: done", "")
    assert "2020-12-31" in (grown.folder / "pages" / ARCHIVE).read_text()
    assert "2020-12-31" not in (grown.folder / "pages" / PAGE).read_text()
