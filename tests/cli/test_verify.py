"""``labsbot verify``: whether the pages hold what the journal has brought there."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_log import PAGE, Place
from tests.cli.test_main import keep, labsbot


def verify(place: Place, *words: str) -> tuple[int, str, str]:
    done = labsbot("verify", "-c", place.configuration, *words)
    return done.exit_code, done.stdout, done.stderr


def test_what_differs_is_named_by_its_id(tmp_path: Path) -> None:
    place = Place(tmp_path)
    entry_id, other_id = keep(tmp_path, "one", "two")
    # where no bot runs, a removal brings all that waits to the wiki
    assert labsbot("redact", "-c", place.configuration, other_id).exit_code == 0
    title = "Nova Resource:Tools/SAL"
    assert verify(place, "TOOLS") == (0, f"{title}: 2 entries on 1 page, nothing differs\n", "")
    page = tmp_path / "pages" / PAGE
    page.write_text("\n".join(line for line in page.read_text().split("\n") if entry_id not in line))
    before = page.read_text()
    words = f"{entry_id}  missing  {title}  alice: one\n{title}: 2 entries on 1 page, 1 differ\n"
    assert verify(place) == (1, words, "")
    assert page.read_text() == before


def test_a_project_to_which_nothing_was_logged_is_named(tmp_path: Path) -> None:
    place = Place(tmp_path)
    keep(tmp_path, "one")
    words = "labsbot: there is no project “toosl”, and no entry of one. Did you mean tools?\n"
    assert verify(place, "toosl") == (1, "", words)
    assert verify(place, "paws") == (1, "", "labsbot: nothing was ever logged to paws\n")
