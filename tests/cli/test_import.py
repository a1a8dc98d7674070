"""``labsbot import``: the past that the wiki has is read into the journal, and shown with all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_log import PAGE, Place
from tests.cli.test_main import keep, labsbot

TITLE = "Nova Resource:Tools/SAL"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    keep(tmp_path, "hello")
    (tmp_path / "pages").mkdir(exist_ok=True)
    (tmp_path / "pages" / PAGE).write_text("== 2015-07-08 ==\n* 14:30 tom: restarted\n* no time\n")
    return made


def run(place: Place, *words: str) -> tuple[int, str, str]:
    done = labsbot(words[0], "-c", place.configuration, *words[1:])
    return done.exit_code, done.stdout, done.stderr


def test_what_the_page_holds_is_imported_once_and_what_is_not_understood_is_named(place: Place) -> None:
    listed = f"{TITLE}, line 3: it has no time: * no time\n{TITLE}: "
    assert run(place, "import", "--dry-run", "TOOLS")[:2] == (
        0,
        f"{listed}1 would be imported, 0 known, 1 not understood\n",
    )
    assert run(place, "import", "tools")[:2] == (0, f"{listed}1 imported, 0 known, 1 not understood\n")
    listed += "0 imported, 1 known, 1 not understood\nNo such page on the wiki: Nova Resource:Bots/SAL\n"
    assert run(place, "import")[:2] == (0, listed)
    assert "2015-07-08 14:30  tools  tom: restarted" in run(place, "show", "tools")[1].splitlines()


def test_a_project_that_there_is_not_is_named(place: Place) -> None:
    words = "labsbot: there is no project “toosl”. Did you mean tools?\n"
    assert run(place, "import", "toosl") == (1, "", words)
    assert run(place, "import", "xyz") == (1, "", "labsbot: there is no project “xyz”\n")


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_a_log_without_a_page_is_named(place: Place, dry_run: list[str]) -> None:
    (place.folder / "pages" / PAGE).unlink()
    assert run(place, "import", *dry_run, "tools") == (0, f"No such page on the wiki: {TITLE}\n", "")


def test_the_bot_makes_the_journal(tmp_path: Path) -> None:
    status, _, words = run(Place(tmp_path), "import", "tools")
    assert (status, words) == (
        1,
        f"labsbot: there is no journal at {tmp_path}/journal.sqlite3: `labsbot run` makes it\n",
    )
