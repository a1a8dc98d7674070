"""Listen on the Unix socket beside the journal: whoever may open it asks in one line and is answered in one.

Each connection is one question. Its length, its time and the number of them are bounded, so that nobody who asks holds
up the bot. What can be asked is in `verbs`; the other side is `edge.door`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from labsbot.edge import answers, files
from labsbot.edge.door import LARGEST, LONGEST_WAIT, PATIENCE, address, line, short
from labsbot.edge.sockets import GROUP, bound_unix, group_named
from labsbot.model import JournalFailure
from labsbot.service.submissions import Peer
from labsbot.service.verbs import NotUnderstood

log = logging.getLogger("labsbot.service.door")

AT_ONCE = 200
"""So many are answered at the same time; whoever comes beyond is sent away."""
OF_ONE = AT_ONCE // 2
"""So many of one user: whoever asks and asks leaves room for others."""

Answer = Callable[[Mapping[str, Any], Peer], Awaitable[Mapping[str, object]]]
"""Answers what was asked, and by whom. Raises NotUnderstood and JournalFailure."""


class Door:
    """The socket of one journal, which only the journal's one deliverer may open."""

    def __init__(self, journal: Path, answer: Answer) -> None:
        self._journal = journal
        self._answer = answer
        self._inside: dict[asyncio.Task[None], str] = {}
        """Those who are answered, each with who asks."""

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Listen for as long as the block lasts. Where that is not possible the log says so, and it goes on without."""
        place = address(self._journal)
        with contextlib.ExitStack() as doors:
            try:
                # asyncio, too, looks at the address by which the socket was made
                path, group = doors.enter_context(short(place)), _group(self._journal)
                listener = doors.enter_context(bound_unix(path, place, group))
                server = await asyncio.start_unix_server(self._enter, sock=listener, limit=LARGEST, backlog=AT_ONCE)
            except OSError as error:
                words = "`labsbot status` cannot ask this bot, and `labsbot queue` cannot wake it"
                log.warning("%s cannot make the socket %s: %s; %s", files.user(), place, error.strerror or error, words)
            else:
                doors.callback(_unlink, place)
                doors.callback(server.close)
            try:
                yield
            finally:
                for each in self._inside:
                    each.cancel()
                await asyncio.gather(*self._inside, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer(writer)
        if len(self._inside) >= AT_ONCE or list(self._inside.values()).count(peer.user) >= OF_ONE:
            writer.write(line({**_refused(f"{len(self._inside)} are asking already: try again"), "busy": True}))
            writer.close()
            return
        answering = asyncio.create_task(self._attend(reader, writer, peer), name="door")
        self._inside[answering] = peer.user
        answering.add_done_callback(lambda done: self._inside.pop(done, None))

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        try:
            content = await self._answered(reader, peer)
            async with asyncio.timeout(PATIENCE):
                writer.write(content)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError):
            log.debug("somebody at the socket has gone, or does not read")
        except Exception:  # the guard of one question: whatever it holds, it ends nothing
            log.exception("a question at the socket failed unexpectedly")
        finally:
            writer.transport.abort()

    async def _answered(self, reader: asyncio.StreamReader, peer: Peer) -> bytes:
        """The answer to the one line that comes, of whatever kind it is."""
        try:
            async with asyncio.timeout(PATIENCE):
                asked = answers.mapping(answers.parsed((await reader.readline()).decode()))
        except TimeoutError:
            return line(_refused(f"nothing was asked within {PATIENCE:.0f} s"))
        except ValueError:  # too long, no UTF-8, no JSON, no mapping
            return line(_refused(f"expected one line of JSON, at most {LARGEST} bytes: an object with “verb”"))
        verb = str(asked.get("verb"))[:40]
        log.log(
            logging.DEBUG if verb in ("status", "wait", "unended") else logging.INFO, "asked to %s by %s", verb, peer
        )
        try:
            async with asyncio.timeout(PATIENCE + LONGEST_WAIT):
                content = line({"ok": True, **await self._answer(asked, peer)})
        except (NotUnderstood, JournalFailure) as failure:
            return line(_refused(str(failure)))
        except TimeoutError:
            words = f"it is not done within {PATIENCE + LONGEST_WAIT:.0f} s; it may be done later"
            return line(_refused(words))
        return content if len(content) <= LARGEST else line(_refused("the answer is too long"))


def _unlink(place: Path) -> None:
    with contextlib.suppress(OSError):
        place.unlink()


def _refused(why: str) -> Mapping[str, object]:
    return {"ok": False, "error": why}


def _peer(writer: asyncio.StreamWriter) -> Peer:
    """Who asks, by what the kernel says (unix(7), SO_PEERCRED)."""
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(credentials)
    return Peer(pid, files.user_name(uid))


_CREDENTIALS = struct.Struct("iII")


def _group(journal: Path) -> int | None:
    """To whom the socket is opened: whoever may write the journal; else the group labsbot, if there is one."""
    found = journal.stat()
    if found.st_mode & stat.S_IWGRP:
        return found.st_gid
    return group_named(GROUP)
