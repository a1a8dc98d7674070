"""The log is read by programs: page by page, all of it as a stream, and nobody sees what is hidden from them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import pytest

from labsbot.model import Changed, ChangeKind, Told
from labsbot.settings import TrustedProxy, WebToken
from labsbot.text.digests import digest
from labsbot.web import listing
from labsbot.web.asked import cursor_of
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry, keep
from tests.web.conftest import TOKENS, Place

LIST, STREAM, PROJECTS = "/api/v1/entries", "/api/v1/entries.ndjson", "/api/v1/projects"
NAMED = "labsbot_named"
MINUTE = timedelta(minutes=1)


async def fill(place: Place, *said: tuple[str, int, tuple[str, ...]], **given: object) -> list[str]:
    ids = []
    for message, minute, projects in said:
        entry = an_entry(message, NOON + minute * MINUTE, **given)
        assert await place.journal.entries.accept(an_acceptance(entry, *projects))
        ids.append(entry.id)
    return ids


async def read(place: Place, query: str = "", path: str = LIST, **given: str) -> list[str]:
    answer = await place.call("GET", f"{path}?{query}", token=None, **given)
    assert answer.status == 200, answer
    return [each["message"] for each in answer.json["entries"]]


# --- what is asked for ------------------------------------------------------------------------------------------------


async def test_anybody_reads_entries_newest_first_as_the_one_call_shows_each(place: Place) -> None:
    first, second = await fill(place, ("one T1", 0, ("tools",)), ("two", 1, ("bots", "tools")))
    answer = await place.call("GET", LIST, token=None)
    assert [each["id"] for each in answer.json["entries"]] == [second, first]
    assert answer.json["next"] is None
    for shown in answer.json["entries"]:
        assert (await place.call("GET", f"{LIST}/{shown['id']}", token=None)).json == shown
    assert answer.json["entries"][1]["tasks"] == ["T1"]
    assert answer.json["entries"][0]["projects"] == ["bots", "tools"]


async def test_what_is_asked_for_holds_together(place: Place) -> None:
    await fill(place, ("a", 0, ("tools",)), ("b", 1, ("bots",)))
    await fill(place, ("c", 2, ("tools",)), author="Bob", robot=True)
    assert await read(place, "project=Tools") == await read(place, "project=tool") == ["c", "a"]
    assert await read(place, "project=tools&project=bots&robots=0") == ["b", "a"]
    assert await read(place, "author=bob&author=nobody") == ["c"]
    assert await read(place, "from=2026-11-22T12:01:00Z") == ["c", "b"]
    assert await read(place, "to=2026-11-21") == []
    assert await read(place, "from=2026-11-22&to=2026-11-22&limit=1") == ["c"]
    assert await read(place, "project=paws") == []  # it has no entries


async def test_cursors_stay_right_while_entries_arrive_and_others_are_logged_late(place: Place) -> None:
    await fill(place, *((f"m{minute}", minute, ("tools",)) for minute in range(5)))
    first = (await place.call("GET", f"{LIST}?limit=2", token=None)).json
    await fill(place, ("new", 9, ("tools",)), ("late", 1, ("tools",)), ("late, but seen", 3, ("tools",)))
    second = (await place.call("GET", f"{LIST}?limit=2&cursor={first['next']}", token=None)).json
    third = await place.call("GET", f"{LIST}?limit=2&cursor={second['next']}", token=None)
    told = [each["message"] for page in (first, second, third.json) for each in page["entries"]]
    assert told == ["m4", "m3", "m2", "late", "m1", "m0"]
    assert third.json["next"] is None
    assert "link" not in third.headers


async def test_a_page_names_the_next_one_for_whoever_reads_no_json(place: Place) -> None:
    await fill(place, ("one", 0, ("tools",)), ("two", 1, ("tools",)))
    answer = await place.call("GET", f"{LIST}?limit=1&format=text&project=tools", token=None)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "2026-11-22 12:01  tools  alice: two (waiting)\n"
    link = answer.headers["link"]
    assert link.startswith(f"<https://logs.example{LIST}?limit=1&format=text&project=tools&cursor=")
    following = link.partition("?")[2].partition(">")[0]
    assert (await place.call("GET", f"{LIST}?{following}", token=None)).content.decode().endswith("one (waiting)\n")


@pytest.mark.parametrize(
    ("how", "kind", "line"),
    [
        ("wikitext", "text/plain", "== 2026-11-22 ==\n* <span id="),
        ("markdown", "text/markdown", "## 2026-11-22\n\n- 12:00 tools · alice: one (waiting)\n"),
        ("csv", "text/csv", "id,day,time,said,logged,projects,author,message,state,remarks,url\r\nsal-"),
        ("json", "application/json", '{"entries":[{"id":"sal-'),
    ],
)
async def test_every_format_is_that_of_the_command(place: Place, how: str, kind: str, line: str) -> None:
    await fill(place, ("one", 0, ("tools",)))
    answer = await place.call("GET", f"{LIST}?format={how}", token=None)
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.content.decode().startswith(line)


async def test_csv_holds_no_formula(place: Place) -> None:
    await fill(place, ("=cmd()", 0, ("tools",)))
    answer = await place.call("GET", f"{LIST}?format=csv", token=None)
    assert next(csv.DictReader(io.StringIO(answer.content.decode())))["message"] == "'=cmd()"


async def test_what_a_reader_has_is_not_sent_again(place: Place) -> None:
    await fill(place, ("one", 0, ("tools",)))
    first = await place.call("GET", LIST, token=None)
    again = await place.call("GET", LIST, token=None, If_None_Match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await fill(place, ("two", 1, ("tools",)))
    assert (await place.call("GET", LIST, token=None, If_None_Match=first.headers["etag"])).status == 200
    assert first.headers["cache-control"] == "no-cache"


async def test_head_has_no_content(place: Place) -> None:
    answer = await place.call("HEAD", LIST, token=None)
    assert (answer.status, answer.content) == (200, b"")


async def test_words_are_searched_for(place: Place) -> None:
    await fill(place, ("rebooted db1, T1", 0, ("tools",)), ("rebooted db2", 1, ("bots",)))
    await fill(place, ("was it db1?", 2, ("bots",)), author="Bob")
    assert await read(place, f"q={quote('rebooted -db2')}") == await read(place, "task=t1") == ["rebooted db1, T1"]
    assert await read(place, "host=db1") == ["was it db1?", "rebooted db1, T1"]
    assert await read(place, "host=db1&q=from:bob&author=alice") == await read(place, "q=project:nosuch") == []
    assert await read(place, "q=project:tool+db1") == ["rebooted db1, T1"]
    answer = await place.call("GET", f"{LIST}?host=db1&limit=1", token=None)
    second = await place.call("GET", f"{LIST}?host=db1&limit=1&cursor={answer.json['next']}", token=None)
    assert [each["message"] for each in second.json["entries"]] == ["rebooted db1, T1"]
    assert second.json["entries"][0]["hosts"] == ["db1"]
    lines = (await place.call("GET", f"{STREAM}?q=db*", token=None)).content.decode().splitlines()
    assert len(lines) == 3


# --- all of it --------------------------------------------------------------------------------------------------------


async def test_everything_is_streamed_in_lines(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "TOGETHER", 2)
    await fill(place, *((f"m{minute}", minute, ("tools",)) for minute in range(5)), ("x", 9, ("bots",)))
    answer = await place.call("GET", f"{STREAM}?project=tools", token=None)
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = answer.content.decode().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["m4", "m3", "m2", "m1", "m0"]
    assert (
        json.loads(lines[0])
        == (await place.call("GET", f"{LIST}?limit=1&project=tools", token=None)).json["entries"][0]
    )


async def open_stream(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """Ask for everything, and read of the answer the first line, which is returned too."""
    small = socket.socket()  # so that little fits in between
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", await place.port()))
    reader, writer = await asyncio.open_connection(sock=small, limit=1024)
    writer.write(f"GET {STREAM} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return reader, writer, await reader.readline()


@pytest.mark.slow
async def test_a_reader_who_reads_nothing_holds_up_nobody_and_the_stop_ends_the_stream(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "TOGETHER", 2)
    big = "x" * 60_000
    await fill(place, *((f"m{minute} {big}", minute, ("tools",)) for minute in range(100)))
    reader, writer, _ = await open_stream(place)
    assert await read(place, "limit=1&project=bots") == []
    # nothing of the journal is held open meanwhile: the log of changes can be written back whole
    assert await asyncio.to_thread(_checkpoint, place) == 0
    place.web.stop()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(reader.readexactly(2 * 100 * len(big)), 20)
    writer.close()


def _checkpoint(place: Place) -> int:
    with sqlite3.connect(place.journal._path) as other:
        busy: int = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    other.close()
    return busy


async def test_only_so_many_are_streamed_to_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_STREAMS", 0)
    answer = await place.call("GET", STREAM, token=None)
    assert answer.problem == (503, "busy")


async def test_nor_to_more_who_all_come_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_STREAMS", 2)
    await fill(place, *((f"{number} {'x' * 50_000}", number, ("tools",)) for number in range(40)))
    opened = await asyncio.gather(*(open_stream(place) for _ in range(10)))
    heads = [head for _, _, head in opened]
    assert sorted(head.split()[1] for head in heads) == [b"200"] * 2 + [b"503"] * 8
    for _, writer, _ in opened:
        writer.transport.abort()


# --- which projects ---------------------------------------------------------------------------------------------------


async def test_projects_are_told_with_when_something_was_said_in_them_last(place: Place) -> None:
    await fill(place, ("a", 0, ("tools",)), ("b", 1, ("a/b",)), ("c", 2, ("tools",)))
    answer = await place.call("GET", PROJECTS, token=None)
    assert answer.json == {
        "projects": [
            {"project": "a/b", "url": "https://logs.example/log/a%2Fb", "newest": "2026-11-22T12:01:00Z"},
            {"project": "tools", "url": "https://logs.example/log/tools", "newest": "2026-11-22T12:02:00Z"},
        ]
    }


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Place]:
    """A place where bots is private; on loopback a proxy is believed."""
    tokens = (*TOKENS, WebToken("named", digest(NAMED), private=("bots",)))
    trusted = TrustedProxy((ip_network("127.0.0.0/8"),), socket=False)
    made = Place(tmp_path, tokens=tokens, private=("Bots",), trusted=trusted)
    async with made.open():
        await fill(made, ("public", 0, ("tools",)), ("both", 1, ("tools", "bots")), ("private", 2, ("bots",)))
        yield made


async def test_nothing_of_a_private_project_is_there_for_everybody(guarded: Place) -> None:
    answer = await guarded.call("GET", LIST, token=None)
    assert [each["message"] for each in answer.json["entries"]] == ["both", "public"]
    assert "bots" not in answer.content.decode().lower()
    missing = await guarded.call("GET", f"{LIST}?project=bots", token=None)
    nosuch = await guarded.call("GET", f"{LIST}?project=bobs", token=None)
    assert missing.problem == nosuch.problem == (404, "not-found")
    assert missing.json["detail"] == nosuch.json["detail"].replace("bobs", "bots")
    assert "bots" not in (await guarded.call("GET", PROJECTS, token=None)).content.decode()
    assert "bots" not in (await guarded.call("GET", STREAM, token=None)).content.decode()


async def test_one_private_entry_is_as_if_there_were_none(guarded: Place) -> None:
    (private,) = [each.id for each in await guarded.owed() if each.entry.message == "private"]
    for token in (None, "labsbot_all", "labsbot_tools"):
        assert (await guarded.call("GET", f"{LIST}/{private}", token=token)).problem == (404, "not-found")
    for method in ("PATCH", "DELETE"):
        body = {"message": "x"} if method == "PATCH" else None
        answer = await guarded.call(method, f"{LIST}/{private}", body, token="labsbot_all")
        assert answer.problem == (404, "not-found")


async def test_a_token_for_all_writes_to_no_private_project_unless_that_is_named(guarded: Place) -> None:
    told = await guarded.post({"project": "bots", "message": "x"}, "labsbot_all")
    other = await guarded.post({"project": "bobs", "message": "x"}, "labsbot_all")
    assert told.problem == other.problem == (422, "refused")
    assert told.json["detail"] == other.json["detail"].replace("bobs", "bots")
    assert (await guarded.post({"project": "bots", "message": "x"}, NAMED)).status == 202


async def test_a_token_for_all_does_not_change_what_stands_in_a_private_log_too(guarded: Place) -> None:
    (both, *_) = [each.id for each in await guarded.owed() if each.entry.message == "both"]
    assert (await guarded.call("DELETE", f"{LIST}/{both}", token="labsbot_all")).problem == (403, "not-yours")
    same = await guarded.call("PATCH", f"{LIST}/{both}", {"message": "both"}, token="labsbot_all")
    assert same.problem == (403, "not-yours")
    answer = await guarded.call("DELETE", f"{LIST}/{both}", token=NAMED)
    assert (answer.status, answer.json["projects"]) == (202, ["tools", "bots"])
    assert (await guarded.call("DELETE", f"{LIST}/{both}", token="labsbot_all")).problem == (403, "not-yours")


@pytest.mark.parametrize(
    ("headers", "token", "seen"),
    [
        ({}, None, ["both", "public"]),
        ({}, "labsbot_all", ["both", "public"]),
        ({}, "labsbot_tools", ["both", "public"]),
        ({}, NAMED, ["private", "both", "public"]),
        ({"X_Remote_User": "alice"}, None, ["private", "both", "public"]),
        ({"X_Remote_User": " "}, None, ["both", "public"]),
        ({"X_Forwarded_User": "alice"}, None, ["both", "public"]),
    ],
)
async def test_who_is_named_reads_what_is_private(
    guarded: Place, headers: dict[str, str], token: str | None, seen: list[str]
) -> None:
    answer = await guarded.call("GET", LIST, token=token, **headers)
    assert [each["message"] for each in answer.json["entries"]] == seen
    anybody = token is None and not headers.get("X_Remote_User", "").strip()
    assert answer.headers["cache-control"] == ("no-cache" if anybody else "private, no-cache")


async def test_a_name_that_stands_there_twice_is_believed_no_more_than_none(guarded: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", await guarded.port())
    named = "X-Remote-User: mallory\r\nX-Remote-User: alice\r\n"
    writer.write(f"GET {PROJECTS} HTTP/1.1\r\nHost: x\r\n{named}Connection: close\r\n\r\n".encode())
    assert b"bots" not in await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_a_token_that_is_none_is_told_so(place: Place) -> None:
    assert (await place.call("GET", LIST, token="nonsense")).problem == (401, "no-token")


async def test_what_becomes_private_is_hidden_from_the_reload_on(place: Place) -> None:
    await fill(place, ("one", 0, ("tools",)))
    assert await read(place) == ["one"]
    place.take_up(private=("tools",))
    assert await read(place) == []


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=x&q=y", "“q” stands there twice."),
        ("auther=x", "“auther” is unknown, expected project, author, q"),
        ("limit=0", "“limit”: expected a number from 1 to 500."),
        ("limit=٣", "“limit”: expected"),
        ("limit=501", "“limit”: expected"),
        ("limit=1&limit=2", "“limit” stands there twice."),
        ("robots=maybe", "“robots”: expected 0, no, 1, yes."),
        ("format=xml", "“format”: expected text, wikitext, markdown, json, csv."),
        ("from=2026-02-30", "“from”: there is no 2026-02-30."),
        ("from=yesterday", "“from”: expected a day (2026-11-21) or a moment"),
        ("from=2026-11-22&to=2026-11-21", "“from” is later than “to”."),
        ("to=9999-12-31", "“to”: there is no 9999-12-31."),
        ("cursor=nonsense", "this cursor is none"),
        ("cursor=AAAAAAAAAA_", "this cursor is none"),
        ("cursor=" + "A" * 10_000, "this cursor is none"),
        ("&".join(["author=a"] * 51), "“author”: at most 50 at once."),
        ("from=" + "9" * 10_000, "expected a day"),
    ],
)
async def test_what_is_wrong_with_a_query_is_told(place: Place, query: str, words: str) -> None:
    answer = await place.call("GET", f"{LIST}?{quote(query, safe='&=')}", token=None)
    assert answer.problem == (400, "malformed")
    assert words in answer.json["detail"]
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    "query",
    ["author=%00", "author=%C0%AF", "author=%FF", f"cursor={cursor_of(-(2**63))}", f"cursor={cursor_of(2**63 - 1)}"],
)
async def test_what_nobody_is_called_is_found_nowhere(place: Place, query: str) -> None:
    answer = await place.call("GET", f"{LIST}?{query}", token=None)
    assert (answer.status, answer.json) == (200, {"entries": [], "next": None})


@pytest.mark.parametrize("project", ["%00", "%C0%AF", "..%2F", "x" * 10_000, "%F0%9F%98%80", "%E2%80%AE"])
async def test_a_project_that_is_none_is_404_with_words(place: Place, project: str) -> None:
    for path in (LIST, STREAM):
        answer = await place.call("GET", f"{path}?project={project}", token=None)
        assert answer.problem == (404, "not-found")
        assert len(answer.content) < 500


async def test_the_nearest_name_is_offered(place: Place) -> None:
    answer = await place.call("GET", f"{LIST}?project=tols", token=None)
    assert "Did you mean tools?" in answer.json["detail"]


async def test_a_stream_has_no_pages(place: Place) -> None:
    assert (await place.call("GET", f"{STREAM}?limit=5", token=None)).problem == (400, "malformed")


async def test_headers_that_ask_for_other_things_are_passed_over(place: Place) -> None:
    await fill(place, ("one", 0, ("tools",)))
    for headers in ({"Range": "bytes=0-5"}, {"Accept": "text/nonsense;q=x"}, {"If_None_Match": '"'}):
        assert await read(place, **headers) == ["one"]


async def test_a_struck_entry_is_told_with_its_versions(place: Place) -> None:
    (entry,) = await fill(place, ("one", 0, ("tools",)))
    strike = replace(a_change(ChangeKind.STRIKE, "wrong host"), author="bob")
    await keep(place.journal, Changed(a_key(), entry, strike, Told.NOTHING, NOON))
    (shown,) = (await place.call("GET", LIST, token=None)).json["entries"]
    assert [(each["kind"], each["text"], each["author"]) for each in shown["versions"]] == [
        ("entry", "one", "alice"),
        ("undo", "wrong host", "bob"),
    ]
