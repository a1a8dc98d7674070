"""A wiki, or a gateway before it, that answers nonsense: whatever it is, it is one of the named failures, for now."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.delivery import Deliverer
from labsbot.journal import Journal
from labsbot.model import DeliveryState, Edit, Page, Unavailable, Unknown, Wiki, WikiFailure
from labsbot.settings import FolderSettings, PageSettings
from labsbot.wiki.folder import FolderWiki
from labsbot.wiki.mediawiki import MediaWiki
from labsbot.wiki.worker import Worker
from tests.nouns import NOON, an_acceptance, an_entry
from tests.wiki.scripted import Asked, Reply, Scripted, good, scripted_wiki

TITLE = "Nova Resource:Tools/SAL"
EDIT = Edit(TITLE, 1, 17, "2026-11-22T14:30:00Z", "== 2026-11-22 ==\n* x", "alice: x [b:7f3a]")
PAGE = Page(TITLE, "https://wiki.example.org/wiki/X", 17, "2026-11-22T14:30:00Z")
VERBS: dict[str, Callable[[Wiki], object]] = {
    "login": lambda wiki: wiki.login(),
    "look": lambda wiki: wiki.look(TITLE),
    "section": lambda wiki: wiki.section(PAGE, 1),
    "save": lambda wiki: wiki.save(EDIT),
    "find": lambda wiki: wiki.find("7f3a", EDIT),
    "text": lambda wiki: wiki.text(TITLE),
    "titles": lambda wiki: wiki.titles("Nova Resource:"),
    "category": lambda wiki: wiki.category("Projects"),
}

# What each request is answered with on a good day; then one place in it is replaced by something else.
FOUND = {
    "pageid": 4,
    "ns": 498,
    "title": TITLE,
    "contentmodel": "wikitext",
    "lastrevid": 17,
    "canonicalurl": "https://wiki.example.org/wiki/X",
    "fullurl": "https://wiki.example.org/wiki/X",
    "editurl": "https://wiki.example.org/w/index.php?title=X&action=edit",
    "revisions": [
        {"revid": 17, "comment": "x [b:7f3a]", "slots": {"main": {"content": "== 2026-11-22 ==\n* x"}}},
    ],
}
WHOLE = {
    "curtimestamp": "2026-11-22T14:30:00Z",
    "batchcomplete": True,
    "login": {"result": "Success", "reason": {"code": "x"}},
    "query": {
        "tokens": {"logintoken": "t0ken+\\", "csrftoken": "t0ken+\\"},
        "userinfo": {"id": 1, "name": "Labsbot"},
        "redirects": [],
        "pages": [FOUND],
        "allpages": [FOUND],
        "usercontribs": [{"revid": 18, "comment": "x"}],
        "logevents": [{"action": "delete"}],
    },
    "parse": {"sections": [{"index": "1", "level": "2", "line": "2026-11-22", "byteoffset": 0}]},
    "edit": {
        "result": "Success",
        "title": TITLE,
        "oldrevid": 17,
        "newrevid": 18,
        "newtimestamp": "2026-11-22T14:30:05Z",
    },
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [10**400, -1, 0, 2**63, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "\ud800", "", "a\nb"]
    )
    | st.floats()
    | st.text(st.characters(), max_size=20)
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in an answer."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], other)
    return copy


def with_more(whole: Any, more: Any) -> Any:
    return {**whole, **more} if isinstance(whole, dict) else whole


CONTINUES = st.fixed_dictionaries(
    {
        "continue": st.dictionaries(
            st.sampled_from(["continue", "list", "action", "asked", "self", "uccontinue"]), SCALARS
        )
    }
)
ODD_ANSWERS = st.builds(
    with_more,
    st.builds(replaced, st.just(WHOLE), st.sampled_from(places(WHOLE)), ANYTHING),
    st.just({}) | CONTINUES | st.fixed_dictionaries({"error": ANYTHING}) | st.fixed_dictionaries({"errors": ANYTHING}),
)


class Talking(Scripted):
    """Every request is answered by the same, the login too."""

    def answer(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        return good(self.said) if len(self.asked) < 30 else good({"error": {"code": "readonly"}})

    said: Any = None


@pytest.fixture(scope="module")
def talking() -> Iterator[Talking]:
    talking = Talking()
    with scripted_wiki(wiki=talking):
        yield talking


@given(odd=ODD_ANSWERS, verb=st.sampled_from(sorted(VERBS)))
def test_whatever_is_answered_is_an_answer_or_a_failure_that_has_a_name(talking: Talking, odd: Any, verb: str) -> None:
    talking.said = odd
    talking.asked.clear()
    wiki = MediaWiki(talking.settings())
    try:
        result = VERBS[verb](wiki)
    except WikiFailure:
        return
    # What is taken for an answer can be written down: in a journal, in a log, in the next request.
    json.dumps(dataclasses.asdict(result) if dataclasses.is_dataclass(result) else result).encode()  # type: ignore[arg-type]
    repr(result).encode()


def test_on_a_good_day_each_verb_has_its_answer(talking: Talking) -> None:
    """So that what comes out above is not the failure of a world that never works."""
    for name, verb in VERBS.items():
        talking.said = WHOLE
        talking.asked.clear()
        try:
            verb(MediaWiki(talking.settings()))
        except WikiFailure as failure:
            pytest.fail(f"{name}: {failure}")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"query": ' * 200_000,
        b'{"query": NaN}',
        b'{"query": 1e999}',
        b'{"curtimestamp": ' + b"9" * 100_000 + b"}",
        b'{"query": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("verb", ["look", "save", "find", "titles"])
def test_json_that_no_wiki_would_send_is_not_believed(body: bytes, verb: str) -> None:
    kind = Unknown if verb == "save" else Unavailable
    with scripted_wiki(lambda _: (200, {}, body)) as server, pytest.raises(kind) as caught:
        VERBS[verb](MediaWiki(server.settings()))
    assert caught.value.cause == "it answers with something else than a wiki"


@pytest.mark.parametrize("seen", [5, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", None])
def test_a_time_out_of_reason_is_not_kept_for_the_next_edit(seen: object) -> None:
    answer = {"query": {"pages": [{**FOUND, "lastrevid": 0}]}, "curtimestamp": seen}
    with scripted_wiki(lambda _: good(answer)) as server, pytest.raises(Unavailable, match="something else"):
        MediaWiki(server.settings()).look(TITLE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "head",
    [
        {"Retry-After": "          5 "},
        {"Retry-After": "9" * 1000},
        {"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"},
        {"Retry-After": "Wed, 21 Oct 2015 07:28:00 +99999999999"},
        {"Retry-After": "١٢"},
        {"Location": "http://[::1"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "gzip, gzip, gzip"},
        {"Content-Length": "-5"},
        {"Set-Cookie": "x"},
    ],
)
@pytest.mark.parametrize("status", [200, 301, 429, 502])
def test_a_head_that_makes_no_sense_is_a_failure_that_has_a_name(head: dict[str, str], status: int) -> None:
    head = {name: value.encode().decode("latin-1") for name, value in head.items()}
    with scripted_wiki(lambda _: (status, head, b"{}")) as server:
        for verb in ("look", "save"):
            with pytest.raises(WikiFailure):
                VERBS[verb](MediaWiki(server.settings(), read=0.2))


def test_a_save_whose_answer_names_no_possible_page_may_have_been_saved() -> None:
    saved = {**WHOLE["edit"], "title": "a|b"}  # type: ignore[dict-item]
    with scripted_wiki(lambda _: good({"edit": saved})) as server, pytest.raises(Unknown):
        MediaWiki(server.settings()).save(EDIT)


async def test_an_attempt_with_an_odd_time_from_before_neither_ends_the_bot_nor_holds_up_others(
    tmp_path: Path,
) -> None:
    """As it lies in a journal of an earlier release; the wiki is in good health again."""
    journal = Journal.open(tmp_path / "journal")
    entry = an_entry("restarted", NOON)
    await journal.entries.accept(an_acceptance(entry))
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", "Tools/SAL", due, NOON)
    odd = Edit("Tools/SAL", 1, 17, "0001-01-01T00:00:00Z", f"* {entry.id}", "x [b:b1]")
    await journal.attempts.intend("b1", odd, due)
    other = an_entry("rebooted", NOON + timedelta(minutes=1))
    await journal.entries.accept(an_acceptance(other, "web"))

    class Raising(FolderWiki):
        """The folder, whose look-up does what the old one did with such a time."""

        def find(self, batch: str, edit: Edit) -> None:
            raise OverflowError("date value out of range")

    wiki = Raising(FolderSettings(tmp_path / "pages", None))
    worker = Worker(wiki)
    deliverer = Deliverer(journal, wiki, worker, lambda _: PageSettings("{project}/SAL"), lambda: NOON)
    running = asyncio.create_task(deliverer.run())
    async with asyncio.timeout(20):
        while (
            found := await journal.undelivered.find(other.id)
        ) is None or found.delivery.state is not DeliveryState.DELIVERED:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
    waiting = await journal.undelivered.find(entry.id)
    assert waiting is not None
    assert waiting.delivery.state is DeliveryState.PENDING
    deliverer.stop()
    await running
    worker.close()
    journal.close()


def test_what_cannot_be_looked_for_by_its_time_is_a_doubt() -> None:
    odd = dataclasses.replace(EDIT, seen="5")
    with scripted_wiki(lambda _: good({})) as server, pytest.raises(Unknown, match="since when"):
        MediaWiki(server.settings()).find("7f3a", odd)


OTHER = "Main Page"


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ({"pages": [FOUND]}, True),
        ({"pages": [{**FOUND, "title": OTHER}]}, False),
        ({"normalized": [{"from": "another", "to": OTHER}], "pages": [{**FOUND, "title": OTHER}]}, False),
        ({"redirects": [{"from": "another", "to": OTHER}], "pages": [{**FOUND, "title": OTHER}]}, False),
        ({"normalized": [{"from": TITLE, "to": "NR:Y"}], "pages": [{**FOUND, "title": OTHER}]}, False),
        ({"normalized": [{"from": TITLE, "to": "NR:Y"}], "pages": [{**FOUND, "title": "NR:Y"}]}, True),
        (
            {
                "normalized": [{"fromencoded": True, "from": quote(TITLE), "to": "NR:Y"}],
                "converted": [{"from": "NR:Y", "to": "NR:Z"}],
                "pages": [{**FOUND, "title": "NR:Z"}],
            },
            True,
        ),
    ],
)
def test_only_the_page_that_was_asked_for_is_written_to(said: dict[str, Any], believed: bool) -> None:
    """A cache that mixes answers up would have us write to any page of the wiki."""
    with scripted_wiki(lambda _: good({**WHOLE, "query": said})) as server:
        wiki = MediaWiki(server.settings())
        for verb in (wiki.look, wiki.text):
            if believed:
                verb(TITLE)
            else:
                with pytest.raises(Unavailable, match="something else"):
                    verb(TITLE)
