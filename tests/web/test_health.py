"""Is the bot alive, and is it of use."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from labsbot.model import JournalFailure
from labsbot.web.health import Readiness
from tests.web.conftest import Place


class World:
    failure: JournalFailure | None = None
    now = 0.0
    online = True


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def readiness(world: World) -> Readiness:
    return Readiness(world, lambda: {"a": False, "b": world.online}, lambda: world.now)


def a_request(host: str | None = "127.0.0.1", *headers: tuple[bytes, bytes]) -> Request:
    scope: dict[str, Any] = {"type": "http", "headers": list(headers), "client": host and (host, 1)}
    return Request(scope)


async def test_a_bot_that_is_of_use_is_ready(place: Place) -> None:
    assert (await place.call("GET", "/livez", token=None)).json == {"status": "alive"}
    answer = await place.call("GET", "/readyz", token=None)
    assert (answer.status, answer.json) == (200, {"status": "ready", "reasons": []})


def test_without_any_network_for_two_minutes_it_is_not(world: World, readiness: Readiness) -> None:
    world.now, world.online = 100, False
    assert readiness.look() == []
    world.now = 119
    assert readiness.look() == []
    world.now = 121
    assert readiness.look() == ["no network has been online for 121 s"]
    world.online = True
    assert readiness.look() == []


def test_with_a_journal_that_cannot_be_written_it_is_not(world: World, readiness: Readiness) -> None:
    world.failure = JournalFailure("/j: disk is full")
    assert readiness.look() == ["the journal cannot be written: /j: disk is full"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (a_request(), True),
        (a_request("::1"), True),
        (a_request(None), True),
        (a_request("192.0.2.1"), False),
        (a_request("127.0.0.1", (b"x-forwarded-for", b"192.0.2.1")), False),
        (a_request("nonsense"), False),
    ],
)
async def test_why_is_told_on_this_machine_only(
    world: World, readiness: Readiness, request_: Request, told: bool
) -> None:
    world.failure = JournalFailure("/j: disk is full")
    answer = await readiness.ready(request_)
    assert answer.status_code == 503
    assert (b"disk is full" in bytes(answer.body)) == told


async def test_a_journal_that_is_locked_and_then_not_is_ready_again(place: Place) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place.journal._writer, "_commit", _fails)
        await place.post({"project": "tools", "message": "x"})
        assert (await place.call("GET", "/readyz")).status == 503
    await place.post({"project": "tools", "message": "x"})
    assert (await place.call("GET", "/readyz")).status == 200


def _fails(group: object) -> None:
    raise JournalFailure("/j: disk I/O error")
