"""Is the bot alive, is it of use, and how much of what: who asks is answered as far as they may know."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from starlette.requests import Request

from labsbot.settings import TrustedProxy
from labsbot.web.audience import Audiences
from labsbot.web.health import Health, Watched
from labsbot.web.problems import HttpProblem
from labsbot.web.tokens import Tokens
from tests.web.conftest import Place

PROXY = TrustedProxy((ip_network("10.0.0.5"),), socket=False)
NAMED, FORWARDED = (b"x-remote-user", b"alice"), (b"x-forwarded-for", b"192.0.2.1")


async def exposed(accept: str) -> tuple[bytes, str]:
    return f"for {accept}".encode(), "text/figures"


def a_request(host: str | None = "127.0.0.1", *headers: tuple[bytes, bytes]) -> Request:
    scope: dict[str, Any] = {"type": "http", "headers": list(headers), "client": host and (host, 1)}
    return Request(scope)


async def test_a_bot_that_is_of_use_is_ready(place: Place) -> None:
    assert (await place.call("GET", "/livez", token=None)).json == {"status": "alive"}
    answer = await place.call("GET", "/readyz", token=None)
    assert (answer.status, answer.json) == (200, {"status": "ready", "reasons": []})


async def test_one_that_is_not_says_why(place: Place) -> None:
    place.reasons = ["no network has been online for 121 s"]
    answer = await place.call("GET", "/readyz", token=None)
    assert (answer.status, answer.json) == (503, {"status": "not ready", "reasons": place.reasons})
    assert (await place.call("GET", "/livez", token=None)).status == 200


async def test_figures_are_told_as_they_are_accepted_and_calls_are_counted(place: Place) -> None:
    answer = await place.call("GET", "/metrics", token=None, Accept="text/plain")
    assert (answer.status, answer.content) == (200, b"figures for text/plain")
    assert answer.headers["content-type"] == "text/plain"
    await place.call("GET", "/nowhere")
    assert place.web.app.answered == {200: 1, 404: 1}


@pytest.mark.parametrize(
    ("request_", "near"),
    [
        (a_request(), True),
        (a_request("::1"), True),
        (a_request(None), True),
        (a_request("192.0.2.1"), False),
        (a_request("192.0.2.1", NAMED), False),
        (a_request("127.0.0.1", FORWARDED), False),
        (a_request("nonsense"), False),
        (a_request("10.0.0.5"), True),
        (a_request("10.0.0.5", FORWARDED), False),  # for anybody
        (a_request("10.0.0.5", FORWARDED, NAMED), True),
    ],
)
async def test_why_and_how_much_is_told_on_this_machine_and_to_the_trusted(request_: Request, near: bool) -> None:
    health = Health(Watched(lambda: ["disk is full"], exposed), Audiences(Tokens((), ()), PROXY))
    answer = await health.ready(request_)
    assert answer.status_code == 503
    assert (b"disk is full" in bytes(answer.body)) == near
    if near:
        assert (await health.metrics(request_)).status_code == 200
    else:
        with pytest.raises(HttpProblem, match="on this machine"):
            await health.metrics(request_)


async def test_who_is_trusted_may_be_another_after_a_reload(place: Place) -> None:
    place.reasons = ["disk is full"]
    ask = {"X_Forwarded_For": "192.0.2.1", "X_Remote_User": "alice"}
    assert "reasons" not in (await place.call("GET", "/readyz", token=None, **ask)).json
    place.take_up(trusted=TrustedProxy((ip_network("127.0.0.1"),), socket=False))
    assert (await place.call("GET", "/readyz", token=None, **ask)).json["reasons"] == place.reasons
