"""A folder comes in; a real MediaWiki with its pages in that folder comes out, on loopback, for tests, demo and bench.

One ``php -S`` process serves it, with SQLite (several PHP processes on SQLite stall each other now and then); served as
sites do it, it is that of `gateway_wiki`. It knows nothing of labsbot: what it offers beside the wiki itself are the
people who edit there too, and the wiki's bad days.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

import requests

from tests.servers import debian13

PHP = Path(__file__).parent / "php"
CODE_OF = {debian13.RELEASE: debian13.mediawiki(), "1.39": Path("/usr/share/mediawiki")}
"""Where each release that the tests meet is, if it is there; the one of today's wikis first."""
RELEASES = [release for release, code in CODE_OF.items() if (code / "api.php").exists()] or ["1.39"]
CODE = CODE_OF[RELEASES[0]]
WITH_TABLES = ("AbuseFilter", "OATHAuth", "Linter", "VisualEditor", "DiscussionTools")
"""Extensions for whose tables a wiki has room; a test that wants one, or another, loads it by `setting`."""

BOT = "Labsbot"
BOT_PASSWORD = "labsbotlabsbotlabsbotlabsbot0001"  # MediaWiki wants 32 characters
GRANTS = "basic,highvolume,editpage,createeditmovepage"
OPERATOR = "Operator"
PEOPLE = (OPERATOR, "Alice", "Bob")
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 10.0


class MediaWikiMissing(Exception):
    """The packages are not installed; the message says what to do."""


@dataclass
class MediaWiki:
    """A wiki in `folder`, made there if the folder has none yet; it stays there when the wiki stops.

    Use it as a context manager, or start() and stop() it. `port` 0: one that the kernel picks, kept from then on.
    """

    served_by: ClassVar[str] = "SQLite, one process of PHP"
    needs: ClassVar[Sequence[str]] = ("php",)
    files: ClassVar[Sequence[Path]] = (Path(__file__), PHP / "LocalSettings.php")
    """That say how a new one is made."""

    folder: Path
    release: str = RELEASES[0]
    port: int = 0
    bot_user: str = f"{BOT}@labsbot"
    bot_password: str = BOT_PASSWORD
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)
    _people: dict[str, Person] = field(default_factory=dict, repr=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def code(self) -> Path:
        return CODE_OF[self.release]

    @property
    def software(self) -> str:
        """For people."""
        return f"{self.release} ({self.served_by})"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api.php"

    @property
    def pid(self) -> int | None:
        return self._processes[-1].pid if self._processes else None

    @property
    def log(self) -> Path:
        """What its servers say."""
        return self.folder / "php.log"

    def page_url(self, title: str) -> str:
        return f"{self.url}/wiki/{quote(title.replace(' ', '_'), safe='/:')}"

    # --- its good and bad days ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Serve; returns when it answers. Raises MediaWikiMissing, or RuntimeError with what its servers said."""
        if self._processes:
            return
        if not (self.folder / "data").is_dir():
            _copy_fresh_wiki(self)
        self.port = self.port or _free_port()
        try:
            self.begin_database()
            self._serve()
            self._wait_until(self._answers)
        except BaseException:
            self.stop()
            raise

    def begin_database(self) -> None:
        """Begin what keeps its pages, where that is a server."""

    def database(self) -> Sequence[str]:
        """What MediaWiki's installer is told of it."""
        return ("--dbtype", "sqlite", "--dbname", "wiki", "--dbpath", str(self.folder / "data"))

    def _serve(self) -> None:
        """Begin what listens on the port."""
        listening = ("-S", f"127.0.0.1:{self.port}", "-t", str(self.code), str(PHP / "router.php"))
        self._begin("php", *php_options(self.folder), *listening)

    def _begin(self, *command: str) -> None:
        """A server of this wiki's, after those that it needs."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                # However the thread that started it ends, the server ends too (setpriv(1), of util-linux).
                ["setpriv", "--pdeathsig", "TERM", *command],
                env=_environment(self.folder, self.url),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is for who started the wiki; that one stops it
            )
        self._processes.append(process)

    def stop(self) -> None:
        """An outage: the port refuses connections from now on. start() brings the same wiki back on the same port."""
        self.thaw()
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self) -> None:
        """It dies at once, in the middle of whatever it was doing."""
        self._signal(signal.SIGKILL)
        while self._processes:
            self._processes.pop().wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections and answers nothing; afterwards it goes on where it was."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    @contextlib.contextmanager
    def setting(self, name: str, php: str) -> Iterator[None]:
        """PHP statements at the end of LocalSettings.php, from the next request on until the block is left."""
        self.set(name, php)
        try:
            yield
        finally:
            self.unset(name)

    def set(self, name: str, php: str) -> None:
        path = self.folder / "settings" / f"{name}.php"
        whole = path.with_suffix(".new")
        whole.write_text(f"<?php\n{php}\n")
        whole.replace(path)

    def unset(self, name: str) -> None:
        (self.folder / "settings" / f"{name}.php").unlink(missing_ok=True)

    def maintenance(self, script: str, *arguments: str, text: str = "") -> str:
        """Run one of the wiki's maintenance scripts, with a text to read; what it printed."""
        return _run_maintenance(self, script, *arguments, text=text)

    def _wait_until(self, answers: Callable[[], bool]) -> None:
        """Return when what was begun last answers."""
        deadline = time.monotonic() + SECONDS_TO_START
        while not answers():
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                raise RuntimeError(f"the wiki does not start: {self.log.read_text(errors='replace')[-1000:]}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            answer = requests.get(self.api, params={"action": "query", "format": "json"}, timeout=SECONDS_TO_START)
        except requests.ConnectionError:
            return False
        if answer.ok and "batchcomplete" in answer.text:
            return True
        raise RuntimeError(f"MediaWiki answers nonsense: {answer.status_code} {answer.text[:500]}")

    # --- people who are there too ---------------------------------------------------------------------------------

    def person(self, name: str = "Alice") -> Person:
        """Somebody with an account: Alice and Bob are ordinary users, Operator may protect, block and delete."""
        if name not in self._people:
            self._people[name] = Person(self, name)
        return self._people[name]

    def edit_as_person(self, title: str, text: str, person: str = "Alice", **parameters: Any) -> dict[str, Any]:
        """Save a page (or with section=N a section) as somebody would by hand; the wiki's answer."""
        return self.person(person).edit(title, text, **parameters)

    def text(self, title: str, patience: float = 30.0) -> str | None:
        """The page's wikitext, redirects not followed; None: there is none."""
        revisions = self._revisions(title, patience, rvprop="content", rvslots="main", rvlimit=1)
        return revisions[0]["slots"]["main"]["content"] if revisions else None

    def history(self, title: str) -> list[dict[str, Any]]:
        """The page's revisions, newest first: revid, parentid, user, comment, timestamp, size."""
        return self._revisions(title, rvprop="ids|user|comment|timestamp|size", rvlimit="max")

    def html(self, title: str) -> str:
        """The page as a reader's browser gets it."""
        return requests.get(self.page_url(title), timeout=30).text

    def _revisions(self, title: str, patience: float = 30.0, **parameters: Any) -> list[dict[str, Any]]:
        parameters = {"action": "query", "prop": "revisions", "titles": title, **FORMAT, **parameters}
        page = requests.get(self.api, params=parameters, timeout=patience).json()["query"]["pages"][0]
        found: list[dict[str, Any]] = page.get("revisions", [])
        return found


FORMAT = {"format": "json", "formatversion": 2}


class Person:
    """Somebody with an account, logged in with a password of their own."""

    def __init__(self, wiki: MediaWiki, name: str, password: str | None = None) -> None:
        self.wiki = wiki
        self.name = name
        self.password = password or password_of(name)
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = ""

    def edit(self, title: str, text: str, **parameters: Any) -> dict[str, Any]:
        edit: dict[str, Any] = self.post("edit", title=title, text=text, **parameters)["edit"]
        return edit

    def post(self, action: str, **parameters: Any) -> dict[str, Any]:
        """One API call with a token. Raises RuntimeError with what the wiki answered where it refuses."""
        if not self._token:
            self._log_in()
        answer = self.raw(action, token=self._token, **parameters)
        if answer.get("error", {}).get("code") in ("badtoken", "assertuserfailed", "notoken"):
            self._log_in()
            answer = self.raw(action, token=self._token, **parameters)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {action}: {answer['error']}")
        return answer

    def raw(self, action: str, **parameters: Any) -> dict[str, Any]:
        """One POST, as it is, and the answer, as it is."""
        body = {"action": action, **FORMAT, **parameters}
        answer: dict[str, Any] = self._session.post(self.wiki.api, data=body, timeout=60).json()
        return answer

    def token(self, kind: str = "csrf") -> str:
        token: str = self.raw("query", meta="tokens", type=kind)["query"]["tokens"][f"{kind}token"]
        return token

    def _log_in(self) -> None:
        self._session.cookies.clear()
        done = self.raw("login", lgname=self.name, lgpassword=self.password, lgtoken=self.token("login"))
        if done["login"]["result"] != "Success":
            raise RuntimeError(f"{self.name} cannot log in: {done}")
        self._token = self.token()


def password_of(name: str) -> str:
    return f"{name.lower()}-on-loopback-only"


# --- making one ---------------------------------------------------------------------------------------------------


def _copy_fresh_wiki(wiki: MediaWiki) -> None:
    """A new wiki takes some seconds to install: one per kind, release and version of it is kept, and copied."""
    kind, fresh = type(wiki), _fresh(type(wiki), wiki.release)
    debian13.CACHE.mkdir(exist_ok=True)
    with (debian13.CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not fresh.is_dir():
            current = {_fresh(kind, each) for each in RELEASES}
            for old in set(debian13.CACHE.glob(f"{_name(kind)}-*")) - current:
                shutil.rmtree(old)
            _install(kind(fresh.with_suffix(".new"), wiki.release, port=80)).rename(fresh)
        shutil.copytree(fresh, wiki.folder, dirs_exist_ok=True)


def _fresh(kind: type[MediaWiki], release: str) -> Path:
    definitions = CODE_OF[release] / "includes/Defines.php"
    if not definitions.exists() or not all(map(shutil.which, kind.needs)):
        raise MediaWikiMissing("MediaWiki is not installed on this machine: run  python -m tests.servers.install")
    code = hashlib.sha256()
    for path in (definitions, *kind.files):
        code.update(path.read_bytes())
    return debian13.CACHE / f"{_name(kind)}-{release}-{code.hexdigest()[:12]}"


def _name(kind: type[MediaWiki]) -> str:
    return kind.__name__.lower()


def _install(wiki: MediaWiki) -> Path:
    """The folder of a new wiki, which is not running."""
    for name in ("data", "cache", "images", "tmp", "settings"):
        (wiki.folder / name).mkdir(parents=True)
    scratch = wiki.folder / "tmp"
    extensions = [name for name in WITH_TABLES if (wiki.code / "extensions" / name).exists()]
    # The installer writes settings of its own (into scratch), and refuses where it finds some already.
    command = [
        *(*wiki.database(), "--confpath", str(scratch)),
        *("--server", wiki.url, "--scriptpath", "", "--skins", "Vector", "--pass", password_of(OPERATOR)),
        *("--extensions", ",".join(extensions), "Labs wiki", OPERATOR),
    ]
    wiki.begin_database()
    try:
        _run_maintenance(wiki, "install", *command, settings=scratch / "LocalSettings.php")
        (scratch / "LocalSettings.php").unlink()
        for person in (*PEOPLE[1:], BOT):
            wiki.maintenance("createAndPromote", person, password_of(person))
        wiki.maintenance("createBotPassword", "--appid", "labsbot", "--grants", GRANTS, BOT, BOT_PASSWORD)
        wiki.maintenance("rebuildLocalisationCache", "--lang", "en")
    finally:
        wiki.stop()
    return wiki.folder


def _run_maintenance(
    wiki: MediaWiki, script: str, *arguments: str, settings: Path | None = None, text: str = ""
) -> str:
    environment = _environment(wiki.folder, wiki.url)
    if settings:
        environment["MW_CONFIG_FILE"] = str(settings)
    command = ["php", *php_options(wiki.folder), str(wiki.code / "maintenance" / f"{script}.php"), *arguments]
    done = subprocess.run(
        command, env=environment, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise RuntimeError(f"maintenance/{script}.php failed:\n{done.stdout[-2000:]}")
    return done.stdout


def php_options(folder: Path) -> list[str]:
    values = {
        "memory_limit": "512M",
        "display_errors": "stderr",
        "error_log": str(folder / "php.log"),
        "max_execution_time": "0",
        "opcache.enable": "1",
        "opcache.memory_consumption": "128",
        "opcache.max_accelerated_files": "20000",
        "apc.shm_size": "64M",
    }
    return [part for name, value in values.items() for part in ("-d", f"{name}={value}")]


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "MW_CONFIG_FILE": str(PHP / "LocalSettings.php"),
        "WIKI_FOLDER": str(folder.absolute()),
        "WIKI_URL": url,
        "TMPDIR": str(folder.absolute() / "tmp"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
