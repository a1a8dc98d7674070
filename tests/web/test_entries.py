"""Entries by HTTP: what is kept, what is answered, and that both are the same."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from labsbot.desk.redactions import Redactions
from labsbot.desk.scripts import Script
from labsbot.model import JournalFailure, Via
from labsbot.web import entries
from tests.nouns import NOON, an_acceptance, an_entry
from tests.web.conftest import ALL, SLOW, TOKENS, TOOLS, Place

ENTRY = {"project": "tools", "message": "restarted the web service"}
PATH = "/api/v1/entries"


async def test_an_entry_is_kept_and_answered_with_its_place(place: Place) -> None:
    answer = await place.post(ENTRY)
    (delivery,) = await place.owed()
    entry = delivery.entry
    assert (answer.status, answer.json["id"], answer.json["state"]) == (202, entry.id, "waiting")
    assert answer.headers["location"] == f"https://logs.example{PATH}/{entry.id}"
    assert (entry.author, entry.message, entry.account, entry.via) == (
        "deploy",
        ENTRY["message"],
        "token deploy",
        Via.HTTP,
    )


async def test_what_is_answered_at_once_is_what_is_read_of_it_later(place: Place) -> None:
    full = {"projects": ["bots", "tools"], "message": "see https://x.example/1 on db1", "author": "alice"}
    answer = await place.post({**full, "said": "2026-11-22T12:30:00+01:00"}, ALL)
    several = await place.post([ENTRY, full], ALL)
    for told in (answer.json, *several.json["entries"]):
        assert (await place.call("GET", f"{PATH}/{told['id']}", token=ALL)).json == told


async def test_whoever_waits_hears_when_it_is_on_the_wiki(place: Place) -> None:
    waiting = asyncio.create_task(place.post(ENTRY, Prefer="respond-async, wait=20"))
    async with asyncio.timeout(10):
        while not len(place.receipts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    (delivery,) = await place.owed()
    await place.deliver(delivery.id)
    answer = await waiting
    assert (answer.status, answer.json["state"]) == (201, "delivered")
    assert answer.json["url"] == f"https://wiki.example/SAL#{delivery.id}"
    assert answer.headers["preference-applied"] == "wait=20"


async def test_whoever_waits_too_short_hears_that_it_is_kept(place: Place) -> None:
    assert (await place.post(ENTRY, Prefer="wait=1")).status == 202


async def test_all_that_is_told_of_an_entry(place: Place) -> None:
    told = (
        await place.post(
            {
                "projects": ["tool", "bots"],
                "message": "see\nhttps://x.example/1",
                "author": "alice",
                "said": "2026-11-22T12:30:00+01:00",
            },
            ALL,
        )
    ).json
    entry_id = told.pop("id")
    log = {"url": None, "state": "waiting", "cause": None}
    first = {"id": entry_id, "kind": "entry", "text": "see · https://x.example/1", "author": "alice"}
    assert told == {
        "url": None,
        "project": "tools",
        "projects": ["tools", "bots"],
        "author": "alice (via ci)",
        "message": "see · https://x.example/1",
        "said": "2026-11-22T11:30:00Z",
        "time_written": None,
        "logged": "2026-11-22T12:00:00Z",
        "via": "http",
        "hosts": [],
        "robot": True,
        "state": "waiting",
        "logs": [{"project": "tools", **log}, {"project": "bots", **log}],
        "versions": [{**first, "said": "2026-11-22T11:30:00Z", "state": "waiting", "by_hand": False}],
        "links": ["https://x.example/1"],
        "tasks": [],
    }


# --- who may ---


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {TOOLS}"},
        {"Authorization": "Bearer labsbot_other"},
        {"Authorization": f"Bearer {TOOLS} {TOOLS}"},
    ],
)
async def test_without_a_token_nothing_is_kept(place: Place, headers: dict[str, str]) -> None:
    answer = await place.post(ENTRY, None, **headers)
    assert answer.problem == (401, "no-token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="labsbot"'
    assert await place.owed() == []


async def test_a_token_that_is_taken_away_is_none_from_then_on(place: Place) -> None:
    place.take_up(tokens=TOKENS[1:])
    assert (await place.post(ENTRY)).status == 401
    assert (await place.post(ENTRY, ALL)).status == 202


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"project": "bots", "message": "x"}, "Not logged: you may log to tools, and to no other project."),
        ({"projects": ["tools", "bots"], "message": "x"}, "Not logged: you may log to tools, and to no other project."),
        ({**ENTRY, "author": "alice"}, "Not logged: you log as deploy, and in no other name."),
    ],
)
async def test_a_token_may_what_it_may(place: Place, body: object, words: str) -> None:
    for asked in (body, [ENTRY, body]):
        answer = await place.post(asked)
        assert (answer.problem, answer.json["detail"]) == ((403, "not-yours"), words)
    assert await place.owed() == []


async def test_a_project_may_be_named_as_it_is_called_elsewhere(place: Place) -> None:
    assert (await place.post({"project": "TOOL", "message": "x"})).json["project"] == "tools"


async def test_more_than_the_limit_says_when_to_come_again(place: Place) -> None:
    for _ in range(2):
        assert (await place.post(ENTRY, SLOW)).status == 202
    answer = await place.post(ENTRY, SLOW)
    assert (answer.problem, answer.headers["retry-after"]) == ((429, "too-much"), "60")
    assert answer.json["detail"] == "Not logged: too many lines: at most 2 a minute here. Try again in 60 s."


@pytest.mark.parametrize(
    ("message", "project", "words"),
    [
        ("x", "tols", "Not logged: there is no project “tols”. Did you mean tools?"),
        ("x", "paws", "Not logged: paws is retired: use jupyter"),
        (" \u200b", "tools", "Not logged: the message is missing."),
        (f"my {'labsbot_' + 'a' * 43}", "tools", "Not logged: the message seems to contain a token of labsbot."),
    ],
)
async def test_what_is_refused_is_told_in_the_channels_words(
    place: Place, message: str, project: str, words: str
) -> None:
    answer = await place.post({"project": project, "message": message}, ALL)
    assert answer.problem == (422, "refused")
    assert answer.json["detail"].startswith(words)


# --- the same call again ---


async def test_a_repeated_call_is_one_entry_whether_its_key_is_quoted_or_not(place: Place) -> None:
    answers = [await place.post(ENTRY, Idempotency_Key=key) for key in ("k-1", '"k-1"', "k-1")]
    assert len({answer.json["id"] for answer in answers}) == 1
    await place.deliver(answers[0].json["id"])
    assert (await place.post(ENTRY, Idempotency_Key="k-1")).status == 201
    assert (await place.post({**ENTRY, "message": "y"}, Idempotency_Key="k-1")).problem == (422, "key-reused")


async def test_calls_with_one_key_at_the_same_moment_are_one_entry(place: Place) -> None:
    answers = await asyncio.gather(*(place.post(ENTRY, Idempotency_Key="k") for _ in range(8)))
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(await place.owed()) == 1


# --- lists ---


def some(number: int) -> list[dict[str, Any]]:
    return [{"project": "tools", "message": f"step {each}"} for each in range(number)]


async def test_a_list_is_kept_in_its_order_with_a_receipt_for_each(place: Place) -> None:
    answer = await place.post(some(500))
    assert (answer.status, len(answer.json["entries"])) == (202, 500)
    owed = sorted(await place.owed(), key=lambda each: each.id)
    assert [each.entry.message for each in owed] == [f"step {each}" for each in range(500)]
    assert [each["id"] for each in answer.json["entries"]] == [each.id for each in owed]


async def test_of_a_list_all_are_kept_or_none(place: Place) -> None:
    answer = await place.post([*some(3), {"project": "nosuch", "message": "x"}])
    assert answer.problem == (422, "refused")
    assert answer.json["detail"].startswith("Not logged: entry 4: there is no project “nosuch”.")
    assert await place.owed() == []


async def test_a_list_that_was_refused_for_the_limit_has_used_up_nothing_of_it(place: Place) -> None:
    three = await place.post(some(3), SLOW)
    assert three.problem == (422, "refused")
    assert three.json["detail"] == "Not logged: these are 3 lines at once: at most 2 a minute here. Send fewer at once."
    await place.post(ENTRY, SLOW)
    assert (await place.post(some(2), SLOW)).problem == (429, "too-much")
    assert (await place.post(ENTRY, SLOW)).status == 202


async def test_a_list_that_is_sent_again_gets_its_first_receipts(place: Place) -> None:
    first, again = [await place.post(some(3), Idempotency_Key="k") for _ in range(2)]
    assert first.content == again.content
    for other in (some(2), ENTRY):
        assert (await place.post(other, Idempotency_Key="k")).problem == (422, "key-reused")
    assert len(await place.owed()) == 3


async def test_entries_of_one_list_said_at_one_second_have_ids_of_their_own(place: Place) -> None:
    same = [{**each, "said": "2026-11-22T11:00:00Z"} for each in some(400)]
    told = (await place.post(same)).json["entries"]
    assert len({each["id"] for each in told}) == 400


# --- one entry ---


async def test_an_entry_is_read_again_with_what_became_of_it(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    await place.deliver(entry_id)
    answer = await place.call("GET", f"{PATH}/{entry_id}")
    assert (answer.status, answer.json["state"]) == (200, "delivered")
    assert (await place.call("HEAD", f"{PATH}/{entry_id}")).status == 200


@pytest.mark.parametrize("entry_id", ["sal-1", "x%00y", "%ff", "a" * 5000, "undo-20261122120000-0001"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_entry_that_is_not_there_is_404(place: Place, method: str, entry_id: str) -> None:
    answer = await place.call(method, f"{PATH}/{entry_id}", {"message": "x"})
    assert answer.problem == (404, "not-found")


async def test_an_entry_of_others_is_none_of_a_tokens_business(place: Place) -> None:
    entry_id = (await place.post({"project": "bots", "message": "x"}, ALL)).json["id"]
    for method in ("PATCH", "DELETE"):
        assert (await place.call(method, f"{PATH}/{entry_id}", {"message": "y"})).problem == (403, "not-yours")
    assert len(await place.owed()) == 1


async def test_an_entry_in_anothers_log_too_can_be_read_and_not_corrected(place: Place) -> None:
    entry_id = (await place.post({"projects": ["bots", "tools"], "message": "x"}, ALL)).json["id"]
    assert (await place.call("GET", f"{PATH}/{entry_id}")).status == 200
    assert (await place.call("DELETE", f"{PATH}/{entry_id}")).problem == (403, "not-yours")


async def test_what_people_logged_in_ones_project_can_be_corrected(place: Place) -> None:
    entry = an_entry("x", NOON - timedelta(days=400))
    await place.journal.entries.accept(an_acceptance(entry))
    assert (await place.call("DELETE", f"{PATH}/{entry.id}?reason=wrong%20host")).status == 202


async def test_an_amended_entry_says_what_it_said_before(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    await place.deliver(entry_id)
    answer = await place.call("PATCH", f"{PATH}/{entry_id}", {"message": "y"})
    assert (answer.status, answer.json["message"], answer.json["state"]) == (202, "y", "waiting")
    again = await place.call("PATCH", f"{PATH}/{entry_id}", {"message": "y"})
    assert again.json == answer.json, "who asks for the same again is answered the same"
    await place.deliver(answer.json["versions"][1]["id"])
    done = await place.call("PATCH", f"{PATH}/{entry_id}", {"message": "y"})
    assert (done.status, [each["text"] for each in done.json["versions"]]) == (200, [ENTRY["message"], "y"])


async def test_a_deleted_entry_is_taken_back_however_often_it_is_asked(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    await place.deliver(entry_id)
    answer = await place.call("DELETE", f"{PATH}/{entry_id}?reason=wrong%20host")
    undo = answer.json["versions"][1]
    assert (answer.status, undo["kind"], undo["text"], undo["author"]) == (202, "undo", "wrong host", "deploy")
    await place.deliver(undo["id"])
    again = await place.call("DELETE", f"{PATH}/{entry_id}")
    assert (again.status, again.json["state"], len(again.json["versions"])) == (200, "taken back", 2)
    assert (await place.call("PATCH", f"{PATH}/{entry_id}", {"message": "y"})).problem == (409, "taken-back")


async def test_what_people_have_edited_is_left_alone_and_said(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    await place.deliver(entry_id)
    waiting = asyncio.create_task(place.call("DELETE", f"{PATH}/{entry_id}", Prefer="wait=20"))
    async with asyncio.timeout(10):
        while not len(place.receipts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    (undo,) = await place.journal.deliveries.pending()
    await place.leave(undo.id)
    answer = await waiting
    assert answer.problem == (409, "edited-by-people")
    assert answer.json["detail"].startswith("Not taken back: people have edited its line on the wiki")
    told = (await place.call("GET", f"{PATH}/{entry_id}")).json
    assert (told["state"], told["versions"][1]["state"]) == ("delivered", "left")


async def test_what_cannot_be_amended_says_why(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    answer = await place.call("PATCH", f"{PATH}/{entry_id}", {"message": "password=hunter2345"})
    assert answer.problem == (422, "refused")
    assert answer.json["detail"].startswith("Not amended: the message seems to contain a password")


# --- bounds ---


async def test_a_journal_that_cannot_be_written_is_503(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> bool:
        raise JournalFailure("/secret/path: disk I/O error")

    monkeypatch.setattr(place.journal.entries, "accept", fails)
    answer = await place.post(ENTRY)
    assert (answer.problem, answer.headers["retry-after"]) == ((503, "journal"), "5")
    assert "/secret" not in answer.content.decode()
    monkeypatch.setattr(place.journal.entries, "kept", fails)
    assert (await place.call("GET", f"{PATH}/sal-1")).problem == (503, "journal")


async def test_what_is_kept_is_said_to_be_so_even_where_it_cannot_be_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> bool:
        raise JournalFailure("/secret/path: disk I/O error")

    monkeypatch.setattr(place.journal.entries, "kept", fails)
    assert (await place.post(ENTRY)).status == 202, "what is new need not be read"
    answer = await place.post(ENTRY, Prefer="wait=1")
    *_, delivery = await place.owed()
    assert answer.problem == (503, "journal")
    assert answer.json["detail"].startswith(f"It is kept ({delivery.id});")


async def test_beyond_so_many_at_once_they_are_to_come_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "AT_ONCE", 2)
    lock = sqlite3.connect(place.journal._path)
    lock.execute("BEGIN IMMEDIATE")
    calls = [asyncio.create_task(place.post(ENTRY)) for _ in range(6)]
    done, under_way = await asyncio.wait(calls, timeout=3)
    lock.rollback()
    assert len(under_way) == 2
    assert {each.result().problem for each in done} == {(503, "busy")}
    assert [(await each).status for each in under_way] == [202, 202]


async def test_whoever_waits_is_answered_when_we_stop(place: Place) -> None:
    waiting = asyncio.create_task(place.post(ENTRY, Prefer="wait=30"))
    async with asyncio.timeout(10):
        while not len(place.receipts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    place.web.stop()
    async with asyncio.timeout(4):
        assert (await waiting).status == 202


async def test_whoever_hangs_up_while_waiting_is_forgotten(place: Place) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", await place.port())
    body = b'{"project": "tools", "message": "x"}'
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOOLS}\r\nPrefer: wait=30\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    async with asyncio.timeout(10):
        while not len(place.receipts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        writer.close()
        while len(place.receipts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(await place.owed()) == 1


# --- what is removed ---


async def test_of_what_an_operator_has_removed_nothing_is_told_and_nothing_changed(place: Place) -> None:
    entry_id = (await place.post({**ENTRY, "message": "hunter2"}, **{"Idempotency-Key": "k"})).json["id"]
    await place.deliver(entry_id)
    redactions = Redactions(place.journal.erasures, lambda: NOON, timedelta(minutes=3))
    await redactions.redact(Script("root", "user root", Via.COMMAND), entry_id)
    for method, body in (("GET", None), ("PATCH", {"message": "other"}), ("DELETE", None)):
        answer = await place.call(method, f"{PATH}/{entry_id}", body)
        assert answer.problem == (410, "redacted")
        assert answer.json["detail"] == f"{entry_id} is removed by an operator."
    again = await place.post({**ENTRY, "message": "hunter2"}, **{"Idempotency-Key": "k"})
    assert (again.json["id"], again.json["state"]) == (entry_id, "redacted")
    assert again.json["message"] == "removed by an operator"
    assert "hunter2" not in again.content.decode()


async def test_calls_that_take_an_entry_back_at_once_all_hear_that_it_is(place: Place) -> None:
    entry_id = (await place.post(ENTRY)).json["id"]
    path = f"{PATH}/{entry_id}"
    answers = await asyncio.gather(*(place.call("DELETE", path) for _ in range(6)))
    assert [answer.status for answer in answers] == [202] * 6
    assert len((await place.call("GET", path)).json["versions"]) == 2
