"""Whatever people type, each format can be read back, and a terminal, a browser or a spreadsheet only shows it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from labsbot.formats import EntryFormat, EntryView, view, written
from labsbot.formats.csv_rows import harmless
from labsbot.model import Change, ChangeKind, DeliveryState, Kept, Via
from labsbot.settings import PageSettings
from labsbot.text.message import clean
from labsbot.wikitext import inert
from tests.nouns import NOON, a_change, a_delivery

URL = "https://wiki.example/wiki/Nova_Resource:Tools/SAL"

HOSTILE = (
    *(
        "two\nlines",
        "two\r\nlines",
        "a\tb",
        "nul\x00",
        "\x1b[31mred\x1b[0m",
        "\x9b2J",
        "\u2028line\u2029",
        "\u202eevil",
    ),
    *("lone \ud800 half", "\udcff", "=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "\r=1", "＝1", 'a "quoted", cell', "a;b"),
    *(
        "[x](https://evil.example)",
        "![x](https://evil.example)",
        "<https://evil.example>",
        "https://evil.example/a_b_c",
    ),
    *(
        "www.evil.example",
        "evil.example",
        "//evil.example",
        "a@evil.example",
        "@everyone",
        "<b>bold</b>",
        "<!-- x",
        "`c`",
    ),
    *(
        "**b** __i__ ~~s~~",
        "# h",
        "- l",
        "1. l",
        "> q",
        "| a | b |",
        "[x]: https://evil.example",
        "\\",
        "a\\",
        "&lt;",
        "$x$",
    ),
    *("ftp://evil.example", "mailto:a@evil.example", "xmpp:a@evil.example", "HTTPS://localhost", "//localhost", "~~"),
    *('{"a": 1}', "]", "== day ==", "{{template}}", "[[Category:X]]", "</s>", "<nowiki>", "* item", "~~~~"),
)
typed = st.one_of(st.sampled_from(HOSTILE), st.text(), st.lists(st.sampled_from(HOSTILE)).map(" ".join)).filter(clean)


def seen(
    message: str = "restarted",
    author: str = "alice",
    states: Iterable[DeliveryState] = (DeliveryState.DELIVERED,),
    changes: tuple[Change, ...] = (),
    **fields: Any,
) -> EntryView:
    """An entry that is in this state in the first log, in that in the next; what changed it is delivered."""
    first = a_delivery(message, author=author, **fields)
    own = [
        replace(
            first,
            log=replace(first.log, project=project),
            state=state,
            url=f"{URL}#{first.entry.id}" if state is DeliveryState.DELIVERED else None,
            changes=changes,
        )
        for project, state in zip(("tools", "bots"), states, strict=False)
    ]
    corrected = [replace(own[0], change=change, state=DeliveryState.DELIVERED) for change in changes]
    return view(Kept(first.entry, NOON, None, changes, (*own, *corrected)), lambda log: PageSettings())


def text_of(how: EntryFormat, *entries: EntryView) -> str:
    return "".join(written(how, entries))


def strike(text: str = "", author: str = "bob") -> Change:
    return a_change(ChangeKind.STRIKE, text, author)


# --- how it looks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (seen("restarted nginx"), "alice: restarted nginx"),
        (seen("x", relay="matrix"), "alice (via matrix): x"),
        (seen("x", changes=(strike(),)), "alice: x (taken back by bob)"),
        (seen("x", changes=(strike("wrong host"),)), "alice: x (taken back by bob: wrong host)"),
        (seen("x", changes=(a_change(ChangeKind.AMEND, "y", "carol"),)), "alice: y (amended by carol)"),
        (seen("x", states=[DeliveryState.PENDING]), "alice: x (waiting)"),
        (seen("x", states=[DeliveryState.DROPPED]), "alice: x (given up)"),
    ],
)
def test_in_text_an_entry_is_one_line_with_what_became_of_it(entry: EntryView, line: str) -> None:
    assert text_of(EntryFormat.TEXT, entry) == f"2026-11-22 12:00  tools  {line}\n"


def test_an_entry_of_several_logs_names_them_and_stands_in_the_one_that_is_read() -> None:
    both = seen("x", states=[DeliveryState.DELIVERED, DeliveryState.PARKED])
    assert text_of(EntryFormat.TEXT, both) == "2026-11-22 12:00  tools,bots  alice: x (parked)\n"
    there = view(both.kept, lambda log: PageSettings(), ("bots",))
    assert (there.delivery.log.project, there.state.value) == ("bots", "parked")


def test_wikitext_is_what_stands_on_the_page() -> None:
    older = seen("one", said=NOON.replace(day=21))
    entries = (
        seen("three"),
        seen("two", changes=(strike("no"),)),
        seen("given up", states=[DeliveryState.DROPPED]),
        older,
    )
    three, two, _, one = (each.entry.id for each in entries)
    undo = entries[1].strike
    assert undo is not None
    assert text_of(EntryFormat.WIKITEXT, *entries) == (
        "== 2026-11-22 ==\n"
        f'* <span id="{three}">[[#{three}|12:00]]</span> alice: three\n'
        f'* <span id="{two}">[[#{two}|12:00]]</span> alice: <s>two</s>'
        f' <small id="{undo.id}">taken back 12:00 by bob: no</small>\n'
        "\n== 2026-11-21 ==\n"
        f'* <span id="{one}">[[#{one}|12:00]]</span> alice: one\n'
    )


def test_markdown_is_a_list_under_days_whose_times_lead_to_the_page() -> None:
    entries = (seen("restarted nginx_1"), seen("two", changes=(strike("no"),), states=[DeliveryState.PENDING]))
    assert text_of(EntryFormat.MARKDOWN, *entries) == (
        "## 2026-11-22\n\n"
        f"- [12:00]({URL}#{entries[0].entry.id}) tools · alice: restarted nginx\\_1\n"
        "- 12:00 tools · alice: ~~two~~ (taken back by bob: no) (waiting)\n"
    )


def test_json_says_all_that_is_known_with_every_version() -> None:
    amend, undo = a_change(ChangeKind.AMEND, "see https://x.example", "carol"), strike("no")
    entry = seen("x", changes=(amend, undo), late=True)
    (shown,) = json.loads(text_of(EntryFormat.JSON, entry))
    assert shown == {
        "id": entry.entry.id,
        "url": f"{URL}#{entry.entry.id}",
        "project": "tools",
        "projects": ["tools"],
        "author": "alice",
        "message": "see https://x.example",
        "said": "2026-11-22T12:00:00Z",
        "time_written": None,
        "logged": "2026-11-22T12:00:00Z",
        "late": True,
        "via": "irc",
        "robot": False,
        "network": "libera",
        "channel": "#cloud",
        "relay": None,
        "state": "taken back",
        "versions": [
            _version(entry.entry.id, None, "alice", message="x"),
            _version(amend.id, "amend", "carol", message="see https://x.example"),
            _version(undo.id, "strike", "bob", reason="no"),
        ],
        "links": ["https://x.example"],
    }


def test_what_came_by_no_channel_says_so_in_json() -> None:
    (shown,) = json.loads(text_of(EntryFormat.JSON, seen(network="", channel="", via=Via.COMMAND, robot=True)))
    assert [shown[name] for name in ("network", "channel", "via", "robot")] == [None, None, "command", True]


def _version(its_id: str, change: str | None, author: str, **text: str) -> dict[str, object]:
    return {"id": its_id, "change": change, "author": author, "said": "2026-11-22T12:00:00Z", "in_force": True, **text}


def test_csv_has_the_names_of_its_columns_first_and_ends_lines_as_rfc_4180_says() -> None:
    entry = seen('said "no", twice', changes=(strike("no"),))
    assert text_of(EntryFormat.CSV, entry, entry).split("\r\n") == [
        "id,day,time,said,logged,projects,author,message,state,remarks,url",
        *[
            f"{entry.entry.id},2026-11-22,12:00,2026-11-22T12:00:00Z,2026-11-22T12:00:00Z,tools,alice,"
            f'"said ""no"", twice",taken back,taken back by bob: no,{URL}#{entry.entry.id}'
        ]
        * 2,
        "",
    ]


@pytest.mark.parametrize(
    ("states", "changes", "state"),
    [
        ([DeliveryState.DELIVERED, DeliveryState.PENDING], (), "waiting"),
        ([DeliveryState.PARKED, DeliveryState.PENDING], (), "parked"),
        ([DeliveryState.DELIVERED, DeliveryState.DROPPED], (), "delivered"),
        ([DeliveryState.DROPPED, DeliveryState.DROPPED], (), "dropped"),
        ([DeliveryState.DELIVERED], (strike(),), "taken back"),
        ([DeliveryState.DROPPED], (strike(),), "dropped"),
    ],
)
def test_the_state_of_an_entry_is_that_which_needs_most_attention(
    states: list[DeliveryState], changes: tuple[Change, ...], state: str
) -> None:
    assert seen(states=states, changes=changes).state.value == state


def test_what_people_had_edited_before_it_was_taken_back_is_not_taken_back() -> None:
    struck = seen(changes=(strike(),))
    left = [replace(each, state=DeliveryState.LEFT) if each.change else each for each in struck.kept.deliveries]
    entry = view(replace(struck.kept, deliveries=tuple(left)), lambda log: PageSettings())
    assert (entry.state.value, entry.remarks) == ("delivered", [])
    (shown,) = json.loads(text_of(EntryFormat.JSON, entry))
    assert [each["in_force"] for each in shown["versions"]] == [True, False]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (DeliveryState.DELIVERED, "x (taken back by bob)"),
        (DeliveryState.PENDING, "x (taken back by bob) (waiting: it is read-only)"),
        (DeliveryState.DROPPED, "x"),
    ],
)
def test_what_was_changed_and_does_not_stand_on_the_page_yet_is_said(state: DeliveryState, said: str) -> None:
    struck = seen("x", changes=(strike(),))
    owed = (
        replace(each, state=state, cause="it is read-only" if state is DeliveryState.PENDING else None)
        if each.change
        else each
        for each in struck.kept.deliveries
    )
    entry = view(replace(struck.kept, deliveries=tuple(owed)), lambda log: PageSettings())
    assert text_of(EntryFormat.TEXT, entry) == f"2026-11-22 12:00  tools  alice: {said}\n"


@pytest.mark.parametrize("how", EntryFormat)
def test_of_no_entries_nothing_comes_but_an_empty_list_in_json(how: EntryFormat) -> None:
    assert text_of(how) == ("[]\n" if how is EntryFormat.JSON else "")


# --- whatever is typed ------------------------------------------------------------------------------------------------


def hostile(message: str, author: str, reason: str) -> EntryView:
    return seen(message, author, changes=(strike(reason, author),), relay=author)


@given(typed, typed, typed)
def test_in_text_there_is_one_line_for_each_entry_and_nothing_that_a_terminal_obeys(
    message: str, author: str, reason: str
) -> None:
    first, second, rest = text_of(EntryFormat.TEXT, hostile(message, author, reason), seen()).split("\n")
    assert (first + second).isprintable()
    assert (second, rest) == ("2026-11-22 12:00  tools  alice: restarted", "")


@given(typed, typed, typed)
def test_json_is_read_back_as_it_was_said_and_shown_as_it_is(message: str, author: str, reason: str) -> None:
    shown = text_of(EntryFormat.JSON, hostile(message, author, reason), seen())
    assert all(line.isprintable() for line in shown.split("\n"))
    first, second = json.loads(shown.encode())
    whole = re.compile("[\ud800-\udfff]")
    assert first["message"] == whole.sub("\ufffd", message)
    assert first["versions"][1]["reason"] == whole.sub("\ufffd", reason)
    assert second["message"] == "restarted"
    assert shown.count("\n") == 4  # one line for each, and the brackets


@given(typed, typed, typed)
def test_csv_is_read_back_and_no_cell_of_it_is_a_formula(message: str, author: str, reason: str) -> None:
    shown = text_of(EntryFormat.CSV, hostile(message, author, reason), seen())
    assert shown.count("\r\n") == 3
    columns, first, second = csv.reader(io.StringIO(shown.encode().decode(), newline=""), strict=True)
    assert len(columns) == len(first) == len(second)
    assert all(cell.isprintable() and not cell.startswith(tuple("=+-@\t\r＝＋－＠")) for cell in first)
    cell = first[columns.index("message")]
    assert cell == harmless(clean(message))
    assert second[columns.index("message")] == "restarted"


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝")
def test_a_formula_has_an_apostrophe_before_it_whichever_cell_it_is(sign: str) -> None:
    assert harmless(f"{sign}1").startswith("'")
    assert harmless(f"a{sign}")[0] == "a"


def parsed(markdown: str) -> list[Token]:
    """As GitHub reads it, and with all links that the library can find in text."""
    found = MarkdownIt("gfm-like", {"linkify": True, "html": True, "typographer": False}).parse(markdown)
    return [part for token in found for part in (token, *(token.children or ()))]


@given(typed, typed, typed)
def test_in_markdown_only_our_own_markup_is_read_and_the_words_are_those_that_were_said(
    message: str, author: str, reason: str
) -> None:
    entry = hostile(message, author, reason)
    tokens = parsed(text_of(EntryFormat.MARKDOWN, entry))
    usual = [token.type for token in parsed(text_of(EntryFormat.MARKDOWN, seen("x", changes=(strike("y"),))))]
    words = ("text", "text_special")
    assert [token.type for token in tokens if token.type not in words] == [kind for kind in usual if kind not in words]
    assert [token.attrs["href"] for token in tokens if token.type == "link_open"] == [f"{URL}#{entry.entry.id}"]
    shown = "".join(token.content for token in tokens if token.type in words).replace("\u2060", "")
    assert clean(message).replace("\u2060", "") in shown or not clean(message).isprintable()


@given(st.lists(st.sampled_from(("www", ".", ":", "/", "//", "a@b", "http", "x", "#", "WWW.", "|"))).map("".join))
def test_in_markdown_nothing_is_an_address_even_to_who_looks_for_them_after_the_backslashes(message: str) -> None:
    """As GitHub does, which the library does not."""
    shown = text_of(EntryFormat.MARKDOWN, seen(f"x {message}", states=[DeliveryState.PENDING])).replace("\\", "")
    assert not re.search(r"www\.|://|@(?!\u2060)", shown, re.IGNORECASE)


@pytest.mark.parametrize(
    "url", [f"{URL}?a=b&copy=d&#35;x", "https://x.example/a)b(c", "https://x.example/a b<c>", "https://x.example/a\\b"]
)
def test_in_markdown_an_address_is_whole_whatever_it_holds(url: str) -> None:
    entry = seen()
    there = replace(entry, delivery=replace(entry.delivery, url=url))
    (link,) = (token for token in parsed(text_of(EntryFormat.MARKDOWN, there)) if token.type == "link_open")
    assert link.attrs["href"] in {url, url.translate(_ENCODED)}


_ENCODED = str.maketrans({")": "%29", "(": "%28", " ": "%20", "<": "%3C", ">": "%3E", "\\": "%5C"})


@given(typed, typed, typed)
def test_in_wikitext_there_is_one_item_for_each_entry_with_its_message_made_inert(
    message: str, author: str, reason: str
) -> None:
    entry = hostile(message, author, reason)
    heading, first, second, rest = text_of(EntryFormat.WIKITEXT, entry, seen()).split("\n")
    assert heading == "== 2026-11-22 =="
    assert f"<s>{inert(message)}</s>" in first
    assert first.startswith(f'* <span id="{entry.entry.id}">')
    assert (second.endswith(" alice: restarted"), rest) == (True, "")
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in first)


def test_a_time_that_was_read_from_the_wiki_is_shown_no_more_exact_than_it_stands_there() -> None:
    each = seen("x", via=Via.WIKI, time_written="~12:00")
    assert "".join(written(EntryFormat.TEXT, [each])).startswith("2026-11-22 ~12:00  tools")
    assert "|~12:00]]</span> alice: x" in "".join(written(EntryFormat.WIKITEXT, [each]))
    assert "~12:00" in "".join(written(EntryFormat.MARKDOWN, [each])).replace("\\", "")
    (row,) = csv.DictReader(io.StringIO("".join(written(EntryFormat.CSV, [each])), newline=""))
    assert row["time"] == "~12:00"
    (shown,) = json.loads("".join(written(EntryFormat.JSON, [each])))
    assert (shown["time_written"], shown["via"]) == ("~12:00", "wiki")
