"""A first configuration, asked for and tried answer by answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labsbot.cli.first_steps import sample_page
from labsbot.cli.main import main
from labsbot.config import load
from labsbot.settings import PageSettings, Secret
from tests.neighbour import mode
from tests.nouns import NOON
from tests.servers.breakable import BreakableServer, in_a_thread
from tests.wiki.scripted import Asked, Reply, Scripted, good, scripted_wiki

MAY_ALL = ["edit", "createpage"]
NO_PASSWORDS: Mapping[str, str | None] = {"LABSBOT_WIKI_PASSWORD": None, "LABSBOT_SASL_PASSWORD": None}


class SmallWiki(Scripted):
    """As much of a wiki as is asked while somebody sets labsbot up; no page is there yet."""

    rights = MAY_ALL

    def answer(self, asked: Asked) -> Reply | None:
        parameters = asked.parameters
        if asked.path == "/wiki/Main_Page":
            return 200, {"Content-Type": "text/html"}, b'<link rel="EditURI" href="/w/api.php?action=rsd">'
        if parameters.get("meta") == "siteinfo":
            return good({"query": {"general": {"generator": "MediaWiki 1.43.9"}}})
        if parameters.get("prop") == "info":
            pages = [self.missing(title) for title in parameters["titles"].split("|")]
            user = {"rights": list(self.rights)}
            return good({"query": {"pages": pages, "userinfo": user}, "curtimestamp": "2026-11-22T12:00:00Z"})
        return super().answer(asked)

    def missing(self, title: str) -> dict[str, Any]:
        address = f"{self.api.removesuffix('/w/api.php')}/wiki/{title.replace(' ', '_')}"
        actions: dict[str, list[object]] = {"edit": [], "create": []}
        return {"ns": 0, "title": title, "missing": True, "canonicalurl": address, "actions": actions}


@pytest.fixture
def wiki() -> Iterator[SmallWiki]:
    with scripted_wiki(wiki=SmallWiki()) as wiki:
        assert isinstance(wiki, SmallWiki)
        yield wiki


@pytest.fixture
def irc() -> Iterator[BreakableServer]:
    server = BreakableServer({"labsbot": "right"})
    with in_a_thread(server):
        yield server


def init(
    file: Path, *options: str, typed: tuple[str, ...] = (), environ: Mapping[str, str | None] = NO_PASSWORDS
) -> Result:
    arguments = ["init", str(file), *options]
    lines = "".join(f"{line}\n" for line in typed)
    return CliRunner().invoke(main, arguments, input=lines, env={**NO_PASSWORDS, **environ})


def test_each_answer_is_tried_and_given_again_until_it_works(
    tmp_path: Path, wiki: SmallWiki, irc: BreakableServer
) -> None:
    irc.banned.add(("#closed", "labsbot"))
    done = init(
        tmp_path / "labsbot.yaml",
        typed=(
            *("our wiki", f"{wiki.api.removesuffix('/w/api.php')}/wiki/Main_Page"),
            *("Labsbot", "Labsbot@labsbot", "s3cret-wiki"),
            *(" , ", "web, mail"),
            *("SAL", "", "Nova Resource:{project}", "Server Admin Log", "y"),
            *("127.0.0.1:1", "no", "1", f"127.0.0.1:{irc.port}", "", "labsbot"),
            *("labsbot", "s3cret-wrong", "", "right"),
            *("#closed", "ops"),
        ),
    )
    assert done.exit_code == 0, done.output
    for words in (
        "this is no address",
        f"{wiki.api.removesuffix('api.php')}index.php?title=Special%3ABotPasswords",
        "a bot password has a user name such as Labsbot@labsbot",
        "one project at least",
        "several projects would write to one page",
        "== Server Admin Log ==",
        "expected a nick",
        "it refuses our login as labsbot",
        "we are banned there",
        "labsbot run -c",
        "clock: ",
    ):
        assert words in done.output
    assert "s3cret" not in done.output
    settings = load(tmp_path / "labsbot.yaml", {}, None).settings
    assert settings.networks[0].sasl[0].password == Secret("right")
    assert settings.networks[0].channels[0].page.heading == "Server Admin Log"
    assert {path.name: mode(path) for path in tmp_path.iterdir()} == {
        "labsbot.yaml": 0o644,
        "labsbot.wiki-password": 0o600,
        "labsbot.irc-password": 0o600,
    }
    assert (tmp_path / "labsbot.wiki-password").read_text() == "s3cret-wiki\n"


def said(wiki: SmallWiki, irc: BreakableServer, **others: str) -> list[str]:
    """Options that say everything."""
    answers = {
        "wiki": wiki.api,
        "wiki-user": "Labsbot@labsbot",
        "projects": "web",
        "server": f"127.0.0.1:{irc.port}",
        "tls": "no",
        "channel": "#ops",
        **others,
    }
    return ["--yes", *(part for name, answer in answers.items() for part in (f"--{name}", answer))]


def test_a_script_says_everything_and_is_asked_nothing(tmp_path: Path, wiki: SmallWiki, irc: BreakableServer) -> None:
    file = tmp_path / "new" / "labsbot.yaml"
    done = init(
        file,
        *said(wiki, irc, account="labsbot"),
        environ={"LABSBOT_WIKI_PASSWORD": "x", "LABSBOT_SASL_PASSWORD": "right"},
    )
    assert done.exit_code == 0, done.output
    assert "logged in as labsbot" in done.output
    before = file.read_text()
    done = init(file, *said(wiki, irc), environ={"LABSBOT_WIKI_PASSWORD": "x"})
    assert done.exit_code == 1
    assert f"labsbot: {file} and " in done.stderr
    assert "are there already: name another FILE" in done.stderr
    assert file.read_text() == before
    done = init(file, typed=("n",))
    assert (done.exit_code, file.read_text()) == (1, before)


@pytest.mark.parametrize(
    ("others", "environ", "status", "words"),
    [
        ({}, {}, 2, "$LABSBOT_WIKI_PASSWORD is missing"),
        ({"account": "labsbot"}, {"LABSBOT_WIKI_PASSWORD": "x"}, 2, "$LABSBOT_SASL_PASSWORD is missing"),
        ({"nick": "a b"}, {"LABSBOT_WIKI_PASSWORD": "x"}, 1, "labsbot: --server, --tls, --nick: expected a nick"),
        ({"tls": "none.pem"}, {"LABSBOT_WIKI_PASSWORD": "x"}, 1, "none.pem cannot be read: no such file"),
        ({"title": "a|b"}, {"LABSBOT_WIKI_PASSWORD": "x"}, 1, "| cannot stand in a page's title"),
    ],
)
def test_of_a_script_that_says_too_little_or_wrong_things_nothing_is_written(
    tmp_path: Path,
    wiki: SmallWiki,
    irc: BreakableServer,
    others: dict[str, str],
    environ: dict[str, str],
    status: int,
    words: str,
) -> None:
    done = init(tmp_path / "labsbot.yaml", *said(wiki, irc, **others), environ=environ)
    assert done.exit_code == status, done.output
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_all_that_a_script_does_not_say_is_named_at_once(tmp_path: Path) -> None:
    done = init(tmp_path / "labsbot.yaml", "--yes", "--wiki", "wiki.example")
    missing = "--wiki-user, $LABSBOT_WIKI_PASSWORD, --projects, --channel are missing"
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, f"Error: {missing}")


def test_a_grant_that_is_missing_is_told_when_the_account_is_named(
    tmp_path: Path, wiki: SmallWiki, irc: BreakableServer
) -> None:
    wiki.rights = ["edit"]
    done = init(tmp_path / "labsbot.yaml", *said(wiki, irc), environ={"LABSBOT_WIKI_PASSWORD": "x"})
    assert done.exit_code == 1
    assert "our account may not create pages: give it the grant “Create, edit, and move pages”" in done.stderr


def test_where_nothing_can_be_written_nothing_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = init(tmp_path / "file" / "labsbot.yaml")
    assert done.exit_code == 1
    assert f"cannot write {tmp_path}/file/labsbot.yaml: {tmp_path}/file is no folder" in done.stderr


def test_a_configuration_of_the_system_keeps_its_journal_where_the_system_keeps_such_things() -> None:
    from labsbot.cli.init import journal_for

    assert journal_for(Path("/etc/labsbot/labsbot.yaml")) == "/var/lib/labsbot/journal.sqlite3"
    assert journal_for(Path("log.yaml")) == "log.sqlite3"


def test_the_page_that_is_shown_is_as_the_bot_would_write_it() -> None:
    text = sample_page(PageSettings(heading="Log"), "web", NOON)
    heading, day, entry = text.split("\n\n")[0:1] + text.split("\n\n")[1].split("\n")
    assert (heading, day) == ("== Log ==", "=== 2026-11-22 ===")
    assert entry.endswith("|12:00]]</span> alice: restarted the web service")
