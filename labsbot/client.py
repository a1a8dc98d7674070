"""Log from a Python program, to a bot on this machine or far away: nothing that happens to the log stops the program.

This module needs nothing but Python 3.8 and its standard library, so that a script may import it or carry a copy::

    from labsbot import client
    client.log("tools", "restarted the web service")

    logging.getLogger("deploy").addHandler(client.SalHandler("tools"))

It speaks HTTP where $LABSBOT_URL names a server (with $LABSBOT_TOKEN, or the file that $LABSBOT_TOKEN_FILE names),
else it runs the command ``labsbot log``. What nobody takes is kept in a folder, the spool, and sent before whatever is
logged next, in its order, under its own time and key: so it becomes one entry, however often it was sent.

As a command: ``python3 -m labsbot.client tools restarted the web service``; without arguments it sends the spool.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import http.client
import json
import logging
import os
import queue
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SalClient", "SalHandler", "SalReceipt", "log"]

PATIENCE = 5.0
"""Seconds for one call, and for what is left when the program ends."""
MOST_SPOOLED = 10_000
"""Calls that the spool holds; what comes then is given up, and said so."""
LONGEST_ANSWER = 1_000_000
LONGEST, LONGEST_NAME = 65_536, 2048
"""Bytes of a message, and of the projects or of an author: what is longer is never taken."""
WRONG_USAGE = 2
REFUSED = frozenset({400, 409, 413, 415, 422})
"""HTTP statuses after which the same call will never be taken. With any other failure it may be, when somebody mends
a token or an address: until then it stays in the spool."""


class SalReceipt(NamedTuple):
    """What came of a call."""

    state: str
    """``kept``: it is the bot's, which brings it to the wiki. ``spooled``: it is sent later. ``refused``: it is not
    logged, and never will be. ``lost``: nobody took it and there is no spool."""
    entry: str | None = None
    """The entry's id."""
    reason: str | None = None
    """Why it is not kept, in words for people."""


class NotTaken(Exception):
    """Nobody has taken the call; it is to be made again."""


class NeverTaken(Exception):
    """It was refused for what it is."""


class SalClient:
    """Logs to one bot. It may be used by several threads; none of its methods raises for what befalls the log."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        spool: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`url` is where the bot's pages are (``https://logs.example.org``), and `token` lets us log there; without
        them the environment says, and without that the command ``labsbot`` is run. `spool` is a folder of ours."""
        self._url = url or os.environ.get("LABSBOT_URL")
        self._token = token
        self._spool = Spool(Path(spool) if spool else _state() / "labsbot-spool")
        self._patience = patience

    def log(self, project: str, message: str, author: str | None = None) -> SalReceipt:
        """Log `message` to the log of `project` (several with commas between), in the name of `author` if there is one.

        Takes three times `patience` at most: until others have sent what is spooled, for the spool, and for this.
        """
        said = datetime.now(timezone.utc).isoformat(timespec="milliseconds")  # noqa: UP017 - older Pythons
        call = {"key": uuid.uuid4().hex, "project": project, "message": message, "author": author, "said": said}
        call.update({part: _text(call[part]) for part in ("project", "message", "author") if call[part] is not None})
        try:
            _look_at(call)
            return self._in_order(call)
        except NeverTaken as refusal:
            return SalReceipt("refused", None, str(refusal))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the program that logs has other things to do
            return SalReceipt("lost", None, str(fault) or type(fault).__name__)

    def _in_order(self, call: dict[str, Any]) -> SalReceipt:
        """What was spooled goes first. Raises NeverTaken, and NotTaken where there can be no spool."""
        reason = "others are sending what was spooled before"
        try:
            with self._spool.locked(self._patience) as ours:
                try:
                    if ours:
                        self._send_spooled()
                        return SalReceipt("kept", self._send(call, now=True))
                except NotTaken as failure:
                    reason = str(failure)
                self._spool.add(call)
                return SalReceipt("spooled", None, f"it is sent later, now nobody takes it: {reason}")
        except OSError:  # no folder, no right, no room: then it is now or never
            return SalReceipt("kept", self._send(call, now=True))

    def flush(self) -> str | None:
        """Send what is in the spool; None: nothing is left there, else why something is."""
        try:
            with self._spool.locked(self._patience) as ours:
                if not ours:
                    return "others are sending it"
                self._send_spooled()
        except (NotTaken, OSError) as failure:
            return str(failure)
        return None

    def _send_spooled(self) -> None:
        """Everything in its order. Raises NotTaken: nobody takes it, or there is no more time."""
        end = time.monotonic() + self._patience
        for path, call in self._spool.calls():
            if time.monotonic() > end:
                raise NotTaken("there is much to send")
            try:
                self._send_late(call)
            except NeverTaken as refusal:
                self._spool.refused(path, str(refusal))
            else:
                path.unlink()

    def _send_late(self, call: dict[str, Any]) -> None:
        """Under its own time; where that is refused, as one that is too long ago is, the message says when it was."""
        try:
            self._send(call, now=False)
        except NeverTaken:
            message = f"{call['message']} (done at {call['said']}, and logged late)"
            self._send({**call, "message": message}, now=True)

    def _send(self, call: dict[str, Any], now: bool) -> str | None:
        """The entry's id. `now`: it is said just now, and needs no time. Raises NotTaken and NeverTaken."""
        try:
            return self._by_http(call, now) if self._url else self._by_command(call, now)
        except (OSError, http.client.HTTPException, subprocess.SubprocessError, ValueError) as failure:
            raise NotTaken(str(failure)) from failure

    # --- the two ways ---

    def _by_http(self, call: dict[str, Any], now: bool) -> str | None:
        content = {"projects": call["project"].split(","), "message": call["message"]}
        content.update({} if call["author"] is None else {"author": call["author"]})
        content.update({} if now else {"said": call["said"]})
        headers = {
            "Authorization": f"Bearer {self._token or _token()}",
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{call["key"]}"',
        }
        assert self._url is not None
        place = urlsplit(self._url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise NotTaken(f"no address of a server: {self._url}")
        way = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        with contextlib.closing(way(place.hostname, place.port, timeout=self._patience)) as connection:
            body = json.dumps(content).encode()
            connection.request("POST", f"{place.path.rstrip('/')}/api/v1/entries", body, headers)
            response = connection.getresponse()
            answer = _object(response.read(LONGEST_ANSWER))
        if response.status in (200, 201, 202):
            return str(answer["id"]) if "id" in answer else None
        reason = str(answer.get("detail") or f"HTTP {response.status} {response.reason}")
        raise (NeverTaken if response.status in REFUSED else NotTaken)(reason)

    def _by_command(self, call: dict[str, Any], now: bool) -> str | None:
        options = ["--json", "--no-wait", "--key", call["key"]]
        options += [] if call["author"] is None else ["--as", call["author"]]
        options += [] if now else ["--at", call["said"]]
        done = subprocess.run(
            ["labsbot", "log", *options, "--", call["project"], "-"],
            input=call["message"].encode("utf-8", "replace"),
            capture_output=True,
            timeout=self._patience,
            check=False,
        )
        answer = _object(done.stdout)
        words = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        if "again" in answer:
            raise NotTaken(str(answer.get("refused")))
        if "refused" in answer or done.returncode == WRONG_USAGE:
            raise NeverTaken(str(answer.get("refused", words)))
        if "id" not in answer:
            raise NotTaken(words)
        return str(answer["id"])


_PARTS = ("key", "project", "message", "said")


class Spool:
    """Calls that nobody has taken yet: a file for each, in a folder that is ours alone, in the order of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def locked(self, patience: float) -> Iterator[bool]:
        """One thread of one process at a time sends, so that the order stays; False: others did for so long."""
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise OSError(f"{self._folder} is no folder that only {os.geteuid()} can write")
        end = time.monotonic() + patience
        # each time anew: it is the file's opening that is locked
        lock = os.open(self._folder / "lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            ours = _taken(lock)
            while not ours and time.monotonic() < end:
                time.sleep(0.05)
                ours = _taken(lock)
            yield ours
        finally:
            os.close(lock)

    def calls(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in sorted(self._folder.glob("*.json")):
            call = _object(path.read_bytes()) if stat.S_ISREG(path.lstat().st_mode) else {}
            if all(isinstance(call.get(part), str) for part in _PARTS) and isinstance(
                call.get("author", ""), (str, type(None))
            ):
                yield path, {"author": None, **call}
            else:
                self.refused(path, "this is no call of ours")

    def add(self, call: dict[str, Any]) -> None:
        """Raises OSError."""
        if sum(1 for _ in self._folder.glob("*.json")) >= MOST_SPOOLED:
            raise OSError(f"{self._folder} holds {MOST_SPOOLED} calls already")
        with tempfile.NamedTemporaryFile("w", dir=self._folder, delete=False) as written:
            json.dump(call, written)
            written.flush()
            os.fsync(written.fileno())
        os.rename(written.name, self._folder / f"{time.time_ns():020d}-{call['key']}.json")

    def refused(self, path: Path, reason: str) -> None:
        """Put a call away that will never be taken, where an operator finds it."""
        away = self._folder / "refused"
        away.mkdir(mode=0o700, exist_ok=True)
        path.rename(away / path.name)
        _say(f"a call that was spooled is refused, and lies in {away}: {reason}")


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class SalHandler(logging.Handler):
    """Logs each record's message to the log of a project, by a thread of its own: the program never waits.

    Whether a record is worth it is for its level and filters, as with any handler.
    """

    def __init__(
        self, project: str, client: SalClient | None = None, author: str | None = None, level: int = logging.INFO
    ) -> None:
        super().__init__(level)
        self._project = project
        self._client = client or SalClient()
        self._author = author
        self._waiting: queue.Queue[str | None] = queue.Queue(MOST_SPOOLED)
        self._thread = threading.Thread(target=self._work, name="labsbot", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.put_nowait(self.format(record))
        except Exception:  # noqa: BLE001 - as of every handler: a record that cannot be handled ends nothing
            self.handleError(record)

    def close(self) -> None:
        """Wait for what is under way, for a while."""
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._waiting.put_nowait(None)
            self._thread.join(PATIENCE)
        super().close()

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            outcome = self._client.log(self._project, message, self._author)
            if outcome.state in ("refused", "lost"):
                _say(f"not logged to {self._project}: {outcome.reason}")


def log(project: str, message: str, author: str | None = None) -> SalReceipt:
    """Log one message, as the environment says where."""
    return SalClient().log(project, message, author)


def _text(given: object) -> str:
    """Whatever a program logs, as a text that can be sent."""
    return str(given).replace("\0", "").encode("utf-8", "replace").decode()


def _look_at(call: dict[str, Any]) -> None:
    """Raises NeverTaken for what no bot takes, so that it does not wait for one."""
    if not call["project"].strip():
        raise NeverTaken("the project is missing")
    if not call["message"].strip():
        raise NeverTaken("the message is missing")
    if len(call["message"].encode()) > LONGEST:
        raise NeverTaken(f"the message is longer than {LONGEST} bytes")
    if max(len((call[part] or "").encode()) for part in ("project", "author")) > LONGEST_NAME:
        raise NeverTaken(f"the project or the author is longer than {LONGEST_NAME} bytes")


def _state() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")


def _token() -> str:
    if file := os.environ.get("LABSBOT_TOKEN_FILE"):
        return Path(file).read_text().strip()
    return os.environ.get("LABSBOT_TOKEN", "")


def _object(content: bytes) -> dict[str, Any]:
    """A JSON object; empty: it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _say(words: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(f"labsbot: {words}", file=sys.stderr)


def main() -> int:
    """0: kept, or nothing is left in the spool; 75: something is left; 1: refused or lost; 2: wrong usage."""
    if len(sys.argv) == 1:
        left = SalClient().flush()
        if left is not None:
            _say(f"not all that was spooled is sent: {left}")
        return 0 if left is None else 75
    if len(sys.argv) == 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stdout if sys.argv[1] in ("-h", "--help") else sys.stderr)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    outcome = log(sys.argv[1], " ".join(sys.argv[2:]))
    if outcome.entry:
        print(outcome.entry)
    if outcome.reason:
        _say(outcome.reason)
    return {"kept": 0, "spooled": 75}.get(outcome.state, 1)


if __name__ == "__main__":
    sys.exit(main())
