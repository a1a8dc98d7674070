"""A seed comes in; programs come out that log one thing after the other, by HTTP or by the bot's own socket.

Each asks with a key until it knows what came of it: it hangs up in the middle, asks again when no answer comes, asks
for what it has a receipt of, and uses a key for something else. Its receipts are kept as evidence, and so is every
answer that should never have come.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from labsbot.edge import door
from tests.torture.people import PROJECTS, WORDS, Regretted, Said
from tests.torture.written import AMEND, STRIKE

TOKEN = "lb_torture"
TOKEN_HASH = hashlib.sha256(TOKEN.encode()).hexdigest()
BY_HTTP, BY_SOCKET = "deploy", "root"
"""Who logs, by the way by which they come: the token's name; the user of the machine."""
PATH = "/api/v1/entries"
PATIENCE = 10.0
"""Seconds for an answer."""
AGAIN = 0.3
"""Seconds before it is asked again, about."""
ANSWERED, REFUSED = "answered", "refused"
HUNG_UP = 0.15
"""Of all calls, so many are made once more before, by somebody who hangs up."""
REPEATED = 0.15
LATER = {408, 429, 503}
"""With these it is said that the same may be taken later."""
TO_BE_EXPECTED = ("taken-back", "edited-by-people", "refused")
"""Causes for which a correction may be refused; the last where one that was hung up on is done just then."""


@dataclass(frozen=True, slots=True)
class ReceiptHeld:
    """What a program was told of something that it asked for."""

    id: str
    """Of the entry."""
    nick: str
    kind: str | None
    """``strike`` or ``amend``; None: the entry itself."""
    text: str
    """The message; of a strike the reason."""
    on_wiki: bool
    """It was told that it is there."""


class Deploy:
    """A program that logs one thing after the other."""

    def __init__(self, name: str, number: int, seed: int, journal: Path, web: Path, pause: float) -> None:
        """`name`: by which way it comes, of BY_HTTP and BY_SOCKET; `pause`: seconds between two calls, at most."""
        self.said: list[Said] = []
        self.regretted: list[Regretted] = []
        self.receipts: list[ReceiptHeld] = []
        self.wrong: list[str] = []
        """Answers that should never have come."""
        self.calls: Counter[str] = Counter()
        """By what came of each."""
        self._ask = self._by_http if name == BY_HTTP else self._by_socket
        self._name, self._number = name, number
        self._journal, self._web = journal, web
        self._pause = pause
        self._numbers = itertools.count()
        self._chance = Random(f"{seed} {name}{number}")

    async def work(self, talking: asyncio.Event) -> None:
        """Whenever people are talking, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, self._pause))
            await talking.wait()
            await self._do_something()

    async def _do_something(self) -> None:
        logged = [each.id for each in self.receipts if each.kind is None]
        kinds = {"log": 64, "several": 8, "list": 8 if self._name == BY_HTTP else 0}
        kinds |= {"amend": 7, "undo": 5, "look": 8} if logged else {}
        match self._chance.choices(list(kinds), list(kinds.values()))[0]:
            case "log":
                await self._log([self._chance.choice(PROJECTS)])
            case "several":
                await self._log(self._chance.sample(PROJECTS, 2))
            case "list":
                await self._log_all(self._chance.randint(2, 5))
            case "look":
                await self._look(self._chance.choice(logged))
            case kind:
                await self._correct(self._chance.choice(logged[-20:]), AMEND if kind == "amend" else STRIKE)

    # --- what it asks for ---

    async def _log(self, projects: list[str]) -> None:
        entry = self._entry(projects)
        asked = _Asked("POST", PATH, "log", entry, self._key(), self._wait())
        answer = await self._until_known(asked)
        self._receive(answer, entry["message"])
        if self._chance.random() < REPEATED:
            again = await self._until_known(asked)
            if again.ids != answer.ids:
                self.wrong.append(f"{asked.key}: {answer.ids}, and when it was repeated {again.ids}")
        if self._chance.random() < REPEATED / 3:
            other = await self._until_known(_Asked("POST", PATH, "log", self._entry(projects, said=False), asked.key))
            if not other.refused:
                self.wrong.append(f"{asked.key}: used for something else, and answered {other}")

    async def _log_all(self, number: int) -> None:
        entries = [self._entry([self._chance.choice(PROJECTS)]) for _ in range(number)]
        answer = await self._until_known(_Asked("POST", PATH, "log", entries, self._key(), self._wait()))
        if len(answer.ids) != number:
            self.wrong.append(f"{number} entries, and receipts for {answer.ids}")
        for entry_id, entry in zip(answer.ids, entries, strict=False):
            self._receive(_Answer((entry_id,), answer.on_wiki), entry["message"])

    async def _correct(self, entry_id: str, kind: str) -> None:
        text = self._words()
        self.regretted.append(Regretted("", self._name, kind, entry_id, text))
        path, wait = f"{PATH}/{entry_id}", self._wait()
        if kind == AMEND:
            asked = _Asked("PATCH", path, "amend", {"id": entry_id, "message": text}, wait=wait)
        else:
            by_http = f"{path}?{urlencode({'reason': text})}"
            asked = _Asked("DELETE", by_http, "undo", {"id": entry_id, "reason": text}, wait=wait)
        answer = await self._until_known(asked)
        if not answer.refused:
            self.receipts.append(ReceiptHeld(entry_id, self._name, kind, text, answer.on_wiki))
        elif self._name == BY_HTTP and answer.refused not in TO_BE_EXPECTED:
            self.wrong.append(f"{kind} of {entry_id}: {answer.refused}")

    async def _look(self, entry_id: str) -> None:
        answer = await self._until_known(_Asked("GET", f"{PATH}/{entry_id}", "wait", {"id": entry_id, "seconds": 0}))
        if answer.refused:
            self.wrong.append(f"{entry_id}: there was a receipt, and now: {answer}")

    def _receive(self, answer: _Answer, message: str) -> None:
        if len(answer.ids) != 1:
            self.wrong.append(f"{message}: {answer}")
        self.receipts += [ReceiptHeld(each, self._name, None, message, answer.on_wiki) for each in answer.ids]

    def _entry(self, projects: list[str], said: bool = True) -> dict[str, Any]:
        message = self._words()
        if said:
            self.said.append(Said("", self._name, ",".join(projects), message))
        return {"projects": projects, "message": message}

    def _words(self) -> str:
        words = self._chance.choices([each for each in WORDS if each.isascii()], k=self._chance.randint(1, 12))
        return f"{self._key()} {' '.join(words)}"

    def _key(self) -> str:
        return f"{self._name}{self._number}-{next(self._numbers)}"

    def _wait(self) -> int:
        """Seconds for which it would wait until it is on the wiki."""
        return self._chance.choice((0, 0, 0, 2))

    # --- and how it asks ---

    async def _until_known(self, asked: _Asked) -> _Answer:
        if self._chance.random() < HUNG_UP and self._name == BY_HTTP:
            await self._hang_up(asked)
            self.calls["hung up on"] += 1
        while True:
            with contextlib.suppress(OSError, TimeoutError, EOFError, door.NobodyAnswers, door.DoorClosed):
                answer = await self._ask(asked)
                if answer is not None:
                    self.calls[REFUSED if answer.refused else ANSWERED] += 1
                    return answer
            self.calls["not answered, and made again"] += 1
            await asyncio.sleep(self._chance.uniform(0, 2 * AGAIN))

    async def _hang_up(self, asked: _Asked) -> None:
        """Before all of it is sent, or before the answer is there."""
        content = asked.as_http()
        sent = content[: self._chance.randint(1, len(content))] if self._chance.random() < 0.3 else content
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_unix_connection(str(self._web))
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(self._chance.choice((0.0, 0.002, 0.02)))
            writer.transport.abort()

    async def _by_http(self, asked: _Asked) -> _Answer | None:
        """None: it may be taken later."""
        async with asyncio.timeout(PATIENCE + asked.wait):
            reader, writer = await asyncio.open_unix_connection(str(self._web))
            try:
                writer.write(asked.as_http())
                await writer.drain()
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status = int(head.split(" ", 2)[1])
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                told = json.loads(await reader.readexactly(int(fields["content-length"])))
            finally:
                writer.transport.abort()
        if status >= 400:
            return None if status in LATER else _Answer(refused=str(told["type"]))
        ids = [each["id"] for each in told.get("entries", [told])]
        return _Answer(tuple(ids), on_wiki=status in (200, 201) and asked.method != "GET")

    async def _by_socket(self, asked: _Asked) -> _Answer | None:
        """None: it may be taken later."""
        given = {**asked.content, **({"key": asked.key} if asked.key else {})}
        told = await asyncio.to_thread(door.ask, self._journal, asked.verb, **given)
        if told.get("again"):
            return None
        if "refused" in told:
            return _Answer(refused=str(told["refused"]))
        entry_id = str(told.get("id", asked.content.get("id")))
        if not asked.wait:
            return _Answer((entry_id,))
        became = await asyncio.to_thread(door.became, self._journal, entry_id, asked.wait)
        return _Answer((entry_id,), on_wiki=became["state"] == "delivered")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call, for either way."""

    method: str
    path: str
    verb: str
    """For the bot's own socket."""
    content: Any
    key: str = ""
    wait: int = 0

    def as_http(self) -> bytes:
        body = json.dumps(self.content if self.method == "POST" else {"message": self.content.get("message", "")})
        head = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: logs.example.org",
            f"Authorization: Bearer {TOKEN}",
            "Connection: close",
        ]
        head += [f"Idempotency-Key: {self.key}"] if self.key else []
        head += [f"Prefer: wait={self.wait}"] if self.wait else []
        if self.method in ("POST", "PATCH"):
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        else:
            body = ""
        return "\r\n".join([*head, "", body]).encode()


@dataclass(frozen=True, slots=True)
class _Answer:
    ids: tuple[str, ...] = ()
    on_wiki: bool = False
    refused: str = ""
