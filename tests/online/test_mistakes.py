"""Mistakes that are made where somebody sets labsbot up: each has a sentence that says what is wrong and what to do,
where they meet it."""

from __future__ import annotations

import importlib
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from labsbot.cli.main import main
from labsbot.journal import lock
from labsbot.service.machine_clock import utc_now
from tests.neighbour import as_root, done_by_neighbour, public_folder
from tests.servers.breakable import BreakableServer, in_a_thread
from tests.servers.mediawiki import BOT_PASSWORD, MediaWiki
from tests.wiki.scripted import Asked, Reply, Scripted, scripted_wiki

CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    sasl: {{account: labsbot, password: {{file: irc-password}}}}
    channels: {{"#ops": {{}}}}
wiki: {{folder: {folder}/pages}}
page: {{title: "Server Admin Log/{{project}}"}}
projects: {{list: [tools]}}
"""


class Installation:
    """A configuration with which all is well, until somebody makes a mistake; what it brings about ends with it."""

    def __init__(self, folder: Path, irc: BreakableServer, tls_irc: BreakableServer, until: ExitStack) -> None:
        self.folder, self.irc, self.tls_irc, self.until = folder, irc, tls_irc, until
        self.patch = until.enter_context(pytest.MonkeyPatch.context())
        self.file = folder / "labsbot.yaml"
        self.file.write_text(CONFIGURATION.format(folder=folder, port=irc.port))
        self.keep("irc-password", "right")

    def keep(self, name: str, secret: str) -> Path:
        path = self.folder / name
        path.write_text(secret)
        path.chmod(0o600)
        return path

    def write(self, key: str, value: str, **others: str) -> None:
        """Let keys, wherever they stand, have other values."""
        for name, wanted in {key: value, **others}.items():
            text, times = re.subn(f"(?m)^( *{name}:).*", rf"\1 {wanted}", self.file.read_text())
            assert times == 1
            self.file.write_text(text)

    def wiki(self, api: str, user: str = "Labsbot@labsbot", password: str = BOT_PASSWORD) -> None:
        self.keep("wiki-password", password)
        self.write("wiki", f"{{api: {api!r}, user: {user}, password: {{file: wiki-password}}}}")

    def with_real(self, wiki: MediaWiki, grants: str | None = None) -> MediaWiki:
        """Let it be the installation of a real wiki, by a bot password of these grants."""
        password = "mistakes" * 4
        if grants:
            wiki.maintenance("createBotPassword", "--appid", "mistakes", "--grants", grants, "Labsbot", password)
            self.wiki(wiki.api, "Labsbot@mistakes", password)
        else:
            self.wiki(wiki.api)
        self.write("page", '{title: "Mistakes of {project}"}')
        return wiki


Made = Callable[[Installation], object]


@dataclass(frozen=True)
class Mistake:
    what: str
    made: Made
    says: str
    """A regular expression."""
    status: int = 1
    by_neighbour: bool = False
    """Root is kept from hardly anything."""
    as_process: bool = False
    """It is met by ``labsbot run``; else by ``labsbot check --online``."""


class NoWiki(Scripted):
    """A web server, and no wiki."""

    def answer(self, asked: Asked) -> Reply:
        return 404, {}, b""


def closed(numeric: str, words: str) -> Made:
    return lambda here: here.irc.closed.update({"#ops": (numeric, words)})


def nick_in_use(here: Installation) -> None:
    somebody = here.until.enter_context(socket.create_connection((here.irc.host, here.irc.port)))
    somebody.sendall(b"NICK labsbot\r\nUSER x 0 * :x\r\n")
    lines = here.until.enter_context(somebody.makefile())
    next(line for line in lines if " 376 " in line)


def folder_not_writable(here: Installation) -> None:
    here.folder.chmod(0o755)
    here.keep("irc-password", "right").chmod(0o644)


def disk_full(here: Installation) -> None:
    real = os.statvfs

    def full(path: Path) -> os.statvfs_result:
        return os.statvfs_result((*real(path)[:4], 0, *real(path)[5:]))

    here.patch.setattr(os, "statvfs", full)


def another_bot(here: Installation) -> None:
    here.until.callback(os.close, lock.take(here.folder / "journal.sqlite3"))


def clock_off(here: Installation) -> None:
    here.patch.setattr("labsbot.service.outside_clocks.utc_now", lambda: utc_now() + timedelta(minutes=10))


MISTAKES = [
    Mistake(
        "a wrong URL",
        lambda here: here.wiki(here.until.enter_context(scripted_wiki(wiki=NoWiki())).api),
        r"wiki: there is no wiki at its address \(HTTP 404\): see wiki.api; `labsbot init` finds the API",
    ),
    Mistake(
        "http for https",
        lambda here: here.wiki("http://wiki.example.org/w/api.php"),
        "wiki.api: http would send the password in plain text, expected https://",
        status=78,
    ),
    Mistake(
        "an untrusted certificate of the wiki",
        lambda here: here.wiki(here.until.enter_context(scripted_wiki(tls=tls_context())).api),
        "wiki: its certificate is not one to trust; the authority that signed it can be named under wiki.ca",
    ),
    Mistake(
        "an untrusted certificate of the IRC server",
        lambda here: here.write("server", f"127.0.0.1:{here.tls_irc.port}", tls="true"),
        "net: .*: its certificate is not valid: .*; name the authority that signed it under tls.ca, or its fingerprint",
    ),
    Mistake(
        "a wrong port",
        lambda here: here.write("server", "127.0.0.1:1"),
        "net: cannot connect to 127.0.0.1:1: Connection refused: nothing listens there; see host and port",
    ),
    Mistake(
        "TLS against plain text",
        lambda here: here.write("tls", "true"),
        "net: .*: it does not answer in TLS; that port may be for plain text",
    ),
    Mistake(
        "plain text against TLS",
        lambda here: here.write("server", f"127.0.0.1:{here.tls_irc.port}"),
        "net: the server closed the connection; that port may be for TLS: leave “tls: false” out",
    ),
    Mistake(
        "a wrong password on IRC",
        lambda here: here.keep("irc-password", "wrong"),
        r"net: it refuses our login as labsbot: .* \(904\): see account and password under “sasl”",
    ),
    Mistake(
        "a nick in use",
        nick_in_use,
        "net: registered as labsbot_.*; the nick labsbot is taken, by labsbot itself if it runs now; else choose",
        status=0,
    ),
    Mistake("+k", closed("475", "Cannot join channel (+k)"), r"net: #ops: .*: it has a key \(\+k\), .* under “key”"),
    Mistake("+i", closed("473", "Cannot join channel (+i)"), r"net: #ops: .*have its operators let us in .*MODE \+I"),
    Mistake("+r", closed("477", "Cannot join channel (+r)"), "net: #ops: .*: only who is logged in .*“sasl”"),
    Mistake("a ban", closed("474", "Cannot join channel (+b)"), r"net: #ops: .*: we are banned there .*lift the ban"),
    Mistake("+m", lambda here: here.irc.moderated.add("#ops"), r"net: #ops: only those with a rank .*give us voice"),
    Mistake(
        "a key file with a BOM", lambda here: here.keep("irc-password", "\ufeffright\r\n"), "net: registered", status=0
    ),
    Mistake(
        "a key file with blanks",
        lambda here: here.keep("irc-password", "right "),
        "warning: .*password.file: .*irc-password has a blank before or after the secret, .*expected none",
    ),
    Mistake(
        "an unreadable file",
        lambda here: None,
        "password.file: .*irc-password cannot be read: permission denied, expected a file that user nobody can read",
        status=78,
        by_neighbour=True,
    ),
    Mistake(
        "a folder that is not writable",
        folder_not_writable,
        r"labsbot: user nobody cannot write the journal .*: permission denied \(it is of user 0, mode 0755\)",
        by_neighbour=True,
    ),
    Mistake("a full disk", disk_full, "labsbot: .* cannot write the journal .*: its disk is full, make room on it"),
    Mistake(
        "two bots on one journal",
        another_bot,
        rf"labsbot: another labsbot \(process {os.getpid()}\) is running on .*: end it first, or name another journal",
        as_process=True,
    ),
    Mistake("a clock that is off", clock_off, "clock: this machine's clock is 10 min ahead of net; .*", status=0),
]

GRANTS = "basic,editpage"


@contextmanager
def blocked(wiki: MediaWiki) -> Iterator[None]:
    wiki.person("Operator").post("block", user="Labsbot", expiry="never")
    try:
        yield
    finally:
        wiki.person("Operator").post("unblock", user="Labsbot")


def protect(wiki: MediaWiki) -> None:
    wiki.person("Operator").post("protect", title="Mistakes of tools", protections="create=sysop")


ON_A_REAL_WIKI: list[tuple[str, Callable[[Installation, MediaWiki], object], str]] = [
    (
        "a wrong grant",
        lambda here, wiki: here.with_real(wiki, GRANTS),
        "wiki: our account may not create pages: give it the grant “Create, edit, and move pages”",
    ),
    (
        "a user name without the bot password's",
        lambda here, wiki: here.wiki(wiki.api, "Labsbot"),
        r"wiki: it refuses our user name or password \(.*\): expected those that Special:BotPasswords showed",
    ),
    (
        "a blocked account",
        lambda here, wiki: here.until.enter_context(blocked(here.with_real(wiki))),
        r"wiki: our account is blocked there \(.*\): have somebody unblock it",
    ),
    (
        "a protected page",
        lambda here, wiki: protect(here.with_real(wiki)),
        "wiki: cannot create Mistakes of tools: the page is protected .*: have somebody",
    ),
    (
        "a read-only wiki",
        lambda here, wiki: here.until.enter_context(
            here.with_real(wiki).setting("readonly", "$wgReadOnly = 'a backup';")
        ),
        "wiki: .*it is read-only.*: wait until it is not",
    ),
]


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            each,
            id=each.what,
            marks=[as_root] * each.by_neighbour + [pytest.mark.slow, pytest.mark.processes] * each.as_process,
        )
        for each in MISTAKES
    ],
)
def test_a_mistake_is_told_with_what_to_do(installation: Installation, mistake: Mistake) -> None:
    mistake.made(installation)
    if mistake.as_process:
        command = [sys.executable, "-m", "labsbot", "run", "-c", str(installation.file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        told = f"{done.returncode} {done.stderr}"
    elif mistake.by_neighbour:
        importlib.import_module("labsbot.cli.check")  # what a neighbour cannot read of Python is loaded before
        importlib.import_module("labsbot.online")
        told = done_by_neighbour(lambda: checked(installation))
    else:
        told = checked(installation)
    assert re.search(mistake.says, told), told
    assert told.startswith(f"{mistake.status} "), told


@pytest.mark.servers
@pytest.mark.parametrize(("made", "says"), [pytest.param(*row[1:], id=row[0]) for row in ON_A_REAL_WIKI])
def test_a_mistake_on_a_real_wiki_is_told_with_what_to_do(
    installation: Installation, mediawiki: MediaWiki, made: Callable[[Installation, MediaWiki], object], says: str
) -> None:
    made(installation, mediawiki)
    told = checked(installation)
    assert re.search(says, told), told
    assert told.startswith("1 "), told


def test_without_a_mistake_all_is_well(installation: Installation) -> None:
    assert checked(installation).startswith("0 ")


def checked(installation: Installation) -> str:
    """The exit status, and all that is told."""
    done = CliRunner().invoke(main, ["check", "--online", "-c", str(installation.file)])
    return f"{done.exit_code} {done.output}"


def tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def installation() -> Iterator[Installation]:
    with ExitStack() as until:
        folder = until.enter_context(public_folder())
        plain, tls = BreakableServer({"labsbot": "right"}), BreakableServer({"labsbot": "right"}, tls=tls_context())
        until.enter_context(in_a_thread(plain, tls))
        yield Installation(folder, plain, tls, until)
