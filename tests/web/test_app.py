"""The guard of one call, and what is there at all."""

from __future__ import annotations

import pytest

from tests.web.conftest import TOOLS, Place


async def test_a_fault_is_told_with_a_reference_and_the_log_holds_no_token(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(place.scripts, "log", fails)
    answer = await place.post({"project": "tools", "message": "x"})
    assert answer.problem == (500, "fault")
    reference = answer.json["detail"].rsplit(" ", 1)[1].strip(".")
    assert f"call {reference} failed unexpectedly" in caplog.text
    assert "KeyError: 'a fault'" in caplog.text
    assert TOOLS not in caplog.text
    assert place.web.app.answered[500] == 1


@pytest.mark.parametrize("path", ["/api/", "/api/v1/entries/", "/api/v1/entries/a/b", "/api/%2e%2e/x", "/livez/x"])
async def test_what_is_not_there_is_404(place: Place, path: str) -> None:
    assert (await place.call("GET", path)).problem == (404, "not-found")


async def test_a_method_that_is_not_known_is_405_with_those_that_are(place: Place) -> None:
    answer = await place.call("PUT")
    assert (answer.problem, set(answer.headers["allow"].split(", "))) == (
        (405, "no-such-method"),
        {"GET", "HEAD", "POST"},
    )
    other = await place.call("POST", "/api/v1/entries/sal-1")
    assert (other.problem, set(other.headers["allow"].split(", "))) == (
        (405, "no-such-method"),
        {"GET", "HEAD", "PATCH", "DELETE"},
    )


async def test_other_sites_get_nothing_of_it(place: Place) -> None:
    answer = await place.call("OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST")
    assert answer.problem == (405, "no-such-method")
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["x-content-type-options"] == "nosniff"
