"""``labsbot show``: what an operator or a script reads back from the journal."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labsbot.cli.main import main
from labsbot.journal import Journal
from labsbot.model import Changed, ChangeKind, Entry, Told
from tests import nouns
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry

CONFIGURATION = """\
journal: journal.sqlite3
irc:
  net:
    server: 127.0.0.1:1
    tls: false
    nick: labsbot
    channels: {"#cloud": {}}
wiki: {folder: pages}
page: {title: "Nova Resource:{project}/SAL", time_zone: Europe/Berlin}
projects: [{list: {tools: {aliases: [toolforge]}, bots: {}, paws: {retired: "use jupyter"}}}]
"""

Said = tuple[str, Sequence[str], int]
"""A message, its projects, and how many minutes before noon it was said."""


@pytest.fixture
def show(tmp_path: Path) -> Callable[..., Result]:
    configuration = tmp_path / "labsbot.yaml"
    configuration.write_text(CONFIGURATION)

    def run(*arguments: object, command: Sequence[str] = ("show",)) -> Result:
        return CliRunner().invoke(main, [command[0], "-c", str(configuration), *command[1:], *map(str, arguments)])

    return run


def keep(folder: Path, *said: Said, strike: int | None = None, drop: int | None = None, amend: str = "") -> list[Entry]:
    """Put entries into the journal; the one of this number is taken back by bob, or given up. The first is amended."""

    async def fill() -> list[Entry]:
        journal = Journal.open(folder / "journal.sqlite3")
        entries = []
        for message, projects, minutes in said:
            entry = an_entry(message, NOON - timedelta(minutes=minutes))
            assert await journal.entries.accept(an_acceptance(entry, *projects))
            entries.append(entry)
        if strike is not None:
            made = a_change(ChangeKind.STRIKE, "wrong host", "bob")
            await nouns.keep(journal, Changed(a_key(), entries[strike].id, made, Told.NOTHING, NOON))
        if amend:
            made = a_change(ChangeKind.AMEND, amend, "carol")
            await nouns.keep(journal, Changed(a_key(), entries[0].id, made, Told.NOTHING, NOON))
        if drop is not None:
            await journal.undelivered.drop([entries[drop].id])
        journal.close()
        return entries

    return asyncio.run(fill())


def lines(done: Result) -> list[str]:
    """What of each line follows the author."""
    assert done.exit_code == 0, done.output
    return [line.split("alice: ")[1].removesuffix(" (waiting)") for line in done.stdout.splitlines()]


# --- which ------------------------------------------------------------------------------------------------------------


def test_the_newest_of_all_projects_or_of_one_come_first(show: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path, ("one", ["tools"], 3), ("two", ["bots"], 2), ("both", ["tools", "bots"], 1))
    assert lines(show()) == ["both", "two", "one"]
    assert lines(show("tools")) == ["both", "one"]
    assert lines(show("--limit", 1)) == ["both"]
    assert lines(show("bots", "--limit", 0)) == ["both", "two"]
    assert show("--limit", 1).stdout == "2026-11-22 11:59  tools,bots  alice: both (waiting)\n"
    assert show("--limit", 1).stderr == "labsbot: there are older ones: --limit 0 shows all\n"
    assert show("--limit", 0).stderr == ""


@pytest.mark.parametrize("typed", ["tools", "TOOLS", "toolforge", "Toolforge", "tools:"])
def test_a_project_is_found_by_all_that_it_is_called(show: Callable[..., Result], tmp_path: Path, typed: str) -> None:
    keep(tmp_path, ("one", ["tools"], 3), ("as it was spelt once", ["Tools"], 2), ("other", ["bots"], 1))
    assert lines(show(typed)) == ["as it was spelt once", "one"]


@pytest.mark.parametrize("typed", ["gone", "GONE", "paws"])
def test_the_entries_of_a_project_that_is_configured_no_more_are_still_there(
    show: Callable[..., Result], tmp_path: Path, typed: str
) -> None:
    keep(tmp_path, ("gone", ["gone"], 3), ("retired", ["paws"], 2))
    assert len(lines(show(typed))) == 1


def test_what_an_alias_was_the_name_of_once_is_found_too(show: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path, ("before", ["toolforge"], 3), ("now", ["tools"], 2))
    assert lines(show("toolforge")) == ["now", "before"]
    assert lines(show("tools")) == ["now"]


def test_an_unknown_project_is_a_failure_with_the_nearest_names(show: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path, ("one", ["elsewhere"], 1))
    for typed, guess in (("toosl", "tools"), ("elsewere", "elsewhere")):
        done = show(typed)
        words = f"labsbot: there is no project “{typed}”, and no entry of one. Did you mean {guess}?\n"
        assert (done.exit_code, done.stdout, done.stderr) == (1, "", words)
    assert show("").exit_code == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--from", "2026-11-22"], ["noon", "midnight"]),
        (["--to", "2026-11-21"], ["before midnight"]),
        (["--from", "2026-11-21", "--to", "2026-11-21"], ["before midnight"]),
        (["--from", "2026-11-21T23:00:00Z", "--to", "2026-11-22T12:00:00Z"], ["midnight"]),
        (["--from", "2026-11-22T12:00Z"], ["noon"]),
        (["--from", "2026-11-22 12:00"], ["noon"]),
    ],
)
def test_days_are_those_of_the_pages_time_zone_and_moments_are_exact(
    show: Callable[..., Result], tmp_path: Path, asked: list[str], found: list[str]
) -> None:
    keep(
        tmp_path, ("noon", ["tools"], 0), ("midnight", ["tools"], 13 * 60), ("before midnight", ["tools"], 13 * 60 + 1)
    )
    assert lines(show(*asked)) == lines(show("tools", *asked)) == found


def test_what_is_searched_for_is_found(show: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path, ("restarted db1", ["tools"], 3), ("restarted db2", ["bots"], 2), ("restarted", ["tools"], 1))
    assert lines(show("--search", "RESTARTED db*")) == ["restarted db2", "restarted db1"]
    assert lines(show("tools", "--search", "-db1")) == lines(show("--search", "project:tools -db1")) == ["restarted"]
    assert lines(show("--search", '"restarted db1" alice')) == ["restarted db1"]


@pytest.mark.parametrize(
    "asked",
    [
        ["--from", "yesterday"],
        ["--from", "2026-11-23", "--to", "2026-11-22"],
        ["--to", "2026-11-22T12:00:00 CET"],
        ["--limit", "-1"],
        ["--format", "html"],
        [""],
        ["sal-20261122120000-7f3a", "--search", "x"],
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(show: Callable[..., Result], tmp_path: Path, asked: list[str]) -> None:
    keep(tmp_path)
    assert show(*asked).exit_code == 2


@pytest.mark.parametrize("how", ["text", "wikitext", "markdown", "json", "csv"])
def test_nothing_found_is_no_failure_and_said_on_standard_error_alone(
    show: Callable[..., Result], tmp_path: Path, how: str
) -> None:
    keep(tmp_path)
    for asked, words in (
        ([], "nothing is logged yet"),
        (["tools"], "nothing is logged yet"),
        (["--search", "x"], "nothing was found"),
        (["--search", "form:alice"], "form: was looked for as a word. Did you mean from:?\nlabsbot: nothing was found"),
    ):
        done = show(*asked, "--format", how)
        assert (done.exit_code, done.stdout) == (0, "[]\n" if how == "json" else "")
        assert done.stderr == f"labsbot: {words}\n"


def test_where_there_is_no_journal_that_is_said_and_none_is_made(show: Callable[..., Result], tmp_path: Path) -> None:
    for asked in ([], ["tools"], ["sal-20261122120000-7f3a"]):
        done = show(*asked)
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert "there is no journal" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["labsbot.yaml"]


def test_it_only_reads_beside_the_running_bot(show: Callable[..., Result], tmp_path: Path) -> None:
    (entry,) = keep(tmp_path, ("one", ["tools"], 1))
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert lines(show("tools")) == ["one"]
        assert show(entry.id).exit_code == 0
    journal.close()


# --- as what ----------------------------------------------------------------------------------------------------------


def test_each_format_holds_the_entries_however_they_were_typed(show: Callable[..., Result], tmp_path: Path) -> None:
    message = '=1+1 "x", [y](https://z.example) \x1b[2J'
    entry, _ = keep(tmp_path, (message, ["tools"], 1), ("second", ["tools"], 0))
    _, shown = json.loads(show("tools", "--format", "json").stdout)
    assert (shown["id"], shown["message"], shown["state"]) == (entry.id, message, "waiting")
    *_, row = csv.DictReader(io.StringIO(show("tools", "--format", "csv").stdout_bytes.decode(), newline=""))
    assert (row["id"], row["message"]) == (entry.id, '\'=1+1 "x", [y](https://z.example)  [2J')
    wikitext = show("tools", "--format", "wikitext").stdout.splitlines()
    assert (wikitext[0], len(wikitext)) == ("== 2026-11-22 ==", 3)
    assert show("tools", "--format", "markdown").stdout.splitlines()[-1].startswith("- 11:59 tools · alice: ")


# --- one --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "https://wiki.example/wiki/SAL#{}", "#{}"])
def test_one_entry_is_told_with_all_its_logs_and_versions(
    show: Callable[..., Result], tmp_path: Path, form: str
) -> None:
    (entry,) = keep(tmp_path, ("one", ["tools", "bots"], 1), amend="two")
    done = show(form.format(entry.id))
    assert done.exit_code == 0
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("log:")] == [
        *("tools", "bots", "tools,", "bots,")
    ]
    assert "message:   two\n" in done.stdout
    assert "at first:  one\n" in done.stdout
    assert "page:      Nova Resource:bots/SAL\n" in done.stdout


def test_an_entry_is_found_by_what_corrected_it(show: Callable[..., Result], tmp_path: Path) -> None:
    (entry,) = keep(tmp_path, ("one", ["tools"], 1), strike=0)
    shown = json.loads(show(entry.id, "--format", "json").stdout)
    _, undo = shown["versions"]
    assert (shown["state"], undo["author"], undo["reason"]) == ("taken back", "bob", "wrong host")
    assert json.loads(show(undo["id"], "--format", "json").stdout) == shown


@pytest.mark.parametrize("how", ["wikitext", "markdown", "csv"])
def test_one_entry_in_the_other_formats_is_as_it_is_in_a_list(
    show: Callable[..., Result], tmp_path: Path, how: str
) -> None:
    (entry,) = keep(tmp_path, ("one", ["tools"], 1), strike=0)
    assert show(entry.id, "--format", how).stdout == show("--format", how).stdout != ""


def test_an_entry_that_is_not_there_is_a_failure(show: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path)
    done = show("sal-20261122120000-7f3a")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("labsbot: there is no entry sal-20261122120000-7f3a in ")


# --- the queue --------------------------------------------------------------------------------------------------------


def test_the_queue_tells_of_one_entry_what_show_does_and_whether_it_waits(
    show: Callable[..., Result], tmp_path: Path
) -> None:
    waits, given_up = keep(tmp_path, ("one", ["tools", "bots"], 1), ("two", ["tools", "bots"], 0), drop=1)
    for entry, status in ((waits, 75), (given_up, 0)):
        done = show(entry.id, command=("queue", "show"))
        assert (done.exit_code, done.stdout) == (status, show(entry.id).stdout)
    assert show(given_up.id).stdout.count("state:     dropped\n") == 3
    done = show(waits.id, "--json", command=("queue", "show"))
    assert [each["project"] for each in json.loads(done.stdout)["deliveries"]] == ["tools", "bots"]
