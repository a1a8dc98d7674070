"""What the room makes of answers that nobody should give, and what it sends; against a small loopback server."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from labsbot.model import (
    Conflict,
    Edit,
    LoggedOut,
    Refused,
    RefusedText,
    Section,
    TooLarge,
    Unavailable,
    Unknown,
    WikiFailure,
)
from labsbot.settings import BotPassword, MediaWikiSettings, OAuth1, OAuth2, Secret
from labsbot.wiki.mediawiki import MediaWiki
from tests.wiki.scripted import Asked, Reply, Scripted, good, scripted_wiki

EDIT = Edit("Nova Resource:Tools/SAL", 1, 17, "2026-11-22T14:30:00Z", "== 2026-11-22 ==\n* x", "[b:7f3a] alice")
SAVED = {
    "result": "Success",
    "pageid": 4,
    "title": EDIT.title,
    "oldrevid": 17,
    "newrevid": 18,
    "newtimestamp": "2026-11-22T14:30:05Z",
}


def answered(reply: Reply | None, asked: str = "save") -> WikiFailure:
    """The failure that a save (or a look) ends with where the wiki answers so."""
    with scripted_wiki(lambda _: reply) as server:
        wiki = MediaWiki(server.settings())
        with pytest.raises(WikiFailure) as caught:
            wiki.save(EDIT) if asked == "save" else wiki.look(EDIT.title)
        before = [request.parameters["action"] for request in server.asked]
        assert before.count("edit" if asked == "save" else "query") == (1 if asked == "save" else 3), "sent once"
        assert "s3cret" not in "".join(traceback.format_exception(caught.value, chain=True))
        context: BaseException | None = caught.value
        while context:
            assert "s3cret" not in repr(vars(context)) + repr(context.args)
            context = context.__cause__ or context.__context__
        return caught.value


HTML = (200, {"Content-Type": "text/html"}, b"<html>We are moving house</html>")


@pytest.mark.parametrize(
    ("reply", "saving", "reading", "cause"),
    [
        (HTML, Unknown, Unavailable, "it answers with something else than a wiki"),
        ((200, {}, b""), Unknown, Unavailable, "it answers with something else than a wiki"),
        (good([]), Unknown, Unavailable, "it answers with something else than a wiki"),
        (good({}), Unknown, Unavailable, "it answers with something else than a wiki"),
        (good({"edit": {}, "query": []}), Unknown, Unavailable, "it answers with something else than a wiki"),
        (good({"error": "x"}), Unknown, Unavailable, "it has an internal error"),
        (None, Unknown, Unavailable, "it is not answering"),
        (
            (200, {"Content-Length": "900", "Connection": "close"}, b'{"edit": '),
            Unknown,
            Unavailable,
            "it is not answering",
        ),
        ((500, {}, b"oops"), Unknown, Unavailable, "it has an internal error"),
        ((502, {}, b"oops"), Unknown, Unavailable, "it is not answering"),
        ((503, {}, b"oops"), Unknown, Unavailable, "it is not answering"),
        ((504, {}, b"oops"), Unknown, Unavailable, "it is not answering"),
        ((429, {}, b"oops"), Unavailable, Unavailable, "it is too busy"),
        ((403, {}, b"oops"), RefusedText, Unavailable, "it refuses our request"),
        ((404, {}, b"oops"), Unavailable, Unavailable, "there is no wiki at its address"),
        (
            (200, {"MediaWiki-API-Error": "http-contenttoolarge"}, b"<!DOCTYPE html>"),
            TooLarge,
            Refused,
            "the page would be too large",
        ),
        ((202, {}, b"{}"), Unknown, Unavailable, "it answers only half"),
        ((203, {}, b"{}"), Unknown, Unavailable, "it answers only half"),
        ((204, {}, b""), Unknown, Unavailable, "it answers only half"),
        ((101, {}, b""), Unknown, Unavailable, "it answers only half"),
        ((301, {"Location": "/x"}, b""), Unknown, Unavailable, "its address leads elsewhere"),
        ((304, {}, b""), Unknown, Unavailable, "its address leads elsewhere"),
        (
            good({"edit": SAVED, "requestid": "another"}),
            Unknown,
            Unavailable,
            "it answers with something else than a wiki",
        ),
        (
            good({"error": {"code": "spamblacklist"}, "requestid": "another"}),
            Unknown,
            Unavailable,
            "it answers with something else than a wiki",
        ),
        (good({"error": {"code": "maxlag", "info": "x"}}), Unavailable, Unavailable, "it is too busy"),
        (
            good({"error": {"code": "internal_api_error_DBQueryError"}}),
            Unknown,
            Unavailable,
            "it has an internal error",
        ),
        (good({"error": {"code": "editconflict"}}), Conflict, Conflict, "somebody else is changing the page"),
        (good({"error": {"code": "badtoken"}}), LoggedOut, LoggedOut, "it has ended our session"),
        (good({"error": {"code": "spamblacklist"}}), RefusedText, Refused, "a spam list of the wiki refuses it"),
    ],
)
def test_an_answer_that_is_no_confirmation_is_named(
    reply: Reply | None, saving: type[WikiFailure], reading: type[WikiFailure], cause: str
) -> None:
    for asked, kind in (("save", saving), ("look", reading)):
        failure = answered(reply, asked)
        assert type(failure) is kind
        assert failure.cause == cause


@pytest.mark.parametrize("status", [413, 414])
def test_what_is_too_large_to_be_sent_is_a_page_only_where_one_is_sent(status: int) -> None:
    failure = answered((status, {}, b"oops"))
    assert (type(failure), failure.cause) == (TooLarge, "the page would be too large")
    failure = answered((status, {}, b"oops"), "look")
    assert (type(failure), failure.cause) == (Unavailable, "it refuses our request")


@pytest.mark.parametrize(
    "edit",
    [
        {"result": "Failure", "captcha": {"type": "simple", "question": "3 - 2"}},
        {"result": "Failure", "code": "abusefilter-disallowed", "info": "no"},
        {"result": "Failure", "spamblacklist": "example.org"},
    ],
)
def test_a_failure_that_is_no_error_is_no_success(edit: dict[str, object]) -> None:
    failure = answered(good({"edit": edit}))
    assert type(failure) is RefusedText


def test_a_save_that_went_to_another_page_is_not_believed() -> None:
    failure = answered(good({"edit": {**SAVED, "title": "Nova Resource:Tools"}, "curtimestamp": "x"}))
    assert type(failure) is Unknown


def test_the_time_that_the_wiki_wants_us_to_wait_is_kept() -> None:
    for asked in ("save", "look"):
        failure = answered((429, {"Retry-After": "120"}, b""), asked)
        assert isinstance(failure, Unavailable)
        assert failure.retry_after == 120
    status, headers, body = good({"error": {"code": "maxlag", "info": "x"}})
    failure = answered((status, {**headers, "Retry-After": "5", "X-Database-Lag": "9"}, body))
    assert isinstance(failure, Unavailable)
    assert failure.retry_after == 5
    failure = answered((429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b""))
    assert isinstance(failure, Unavailable)
    assert failure.retry_after == 0
    failure = answered((429, {"Retry-After": "soon"}, b""))
    assert isinstance(failure, Unavailable)
    assert failure.retry_after is None


def test_a_wiki_that_refuses_connections_has_saved_nothing_and_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        wiki = MediaWiki(server.settings())
        assert wiki.save(EDIT).revision == 18
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"it waits for {seconds} s"))
    with pytest.raises(Unavailable, match="not answering"):
        wiki.save(EDIT)


def test_a_wiki_whose_name_is_unknown_is_said_so() -> None:
    wiki = MediaWiki(MediaWikiSettings("https://wiki.invalid/w/api.php", BotPassword("x@y", Secret("z"))))
    with pytest.raises(Unavailable, match="its address is not known"):
        wiki.save(EDIT)


def test_a_wiki_that_accepts_and_says_nothing_is_left_after_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        api = f"http://127.0.0.1:{deaf.getsockname()[1]}/w/api.php"
        wiki = MediaWiki(MediaWikiSettings(api, BotPassword("x@y", Secret("z"))), read=0.1)
        with pytest.raises(Unavailable, match="not answering"):
            wiki.look("A")


def drip(server: Scripted, asked: Asked) -> None:
    """A byte now and then: each read succeeds. It comes to an end, and then is no answer either."""
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    with contextlib.suppress(OSError):
        while not server.stopping.wait(0.02):
            asked.send(b" ")


@pytest.mark.slow
def test_an_answer_that_drips_is_cut_off_in_the_end() -> None:
    with scripted_wiki(lambda asked: drip(server, asked)) as server:
        wiki = MediaWiki(server.settings())
        wiki.login()
        wiki._api._total = 0.3
        with pytest.raises(Unknown, match="not answering"):
            wiki.save(EDIT)
        with pytest.raises(Unavailable, match="not answering"):
            wiki.look("A")


def test_a_history_that_goes_round_in_a_circle_is_left() -> None:
    circle = {"continue": {"uccontinue": "x", "continue": "-||"}, "query": {"usercontribs": []}}
    with scripted_wiki(lambda _: good(circle)) as server, pytest.raises(Unavailable, match="something else"):
        MediaWiki(server.settings()).find("7f3a", EDIT)


# --- over TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_certificate_of_a_named_authority_is_trusted(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"}), tls=tls) as server:
        settings = MediaWikiSettings(server.api, server.settings().login, ca=tmp_path / "ca.pem")
        wiki = MediaWiki(settings)
        assert [wiki.save(EDIT).revision for _ in range(2)] == [18, 18]


def test_a_certificate_of_nobody_we_know_is_not_trusted(tls: ssl.SSLContext) -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"}), tls=tls) as server:
        with pytest.raises(Unavailable, match="its certificate is not one to trust"):
            MediaWiki(server.settings()).save(EDIT)
        assert server.asked == []


@pytest.mark.slow
def test_an_answer_that_drips_over_tls_is_cut_off_too(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with scripted_wiki(lambda asked: drip(server, asked), tls=tls) as server:
        wiki = MediaWiki(MediaWikiSettings(server.api, server.settings().login, ca=tmp_path / "ca.pem"))
        wiki.login()
        wiki._api._total = 0.3
        with pytest.raises(Unknown, match="not answering"):
            wiki.save(EDIT)


def test_what_is_wrong_with_a_certificate_leads_to_what_can_be_done(
    authority: trustme.CA, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with scripted_wiki(tls=tls) as server:
        login = server.settings().login
        with pytest.raises(Unavailable, match=r"can be named under wiki\.ca"):
            MediaWiki(server.settings()).save(EDIT)
        elsewhere = server.api.replace("127.0.0.1", "localhost")
        with pytest.raises(Unavailable, match="its certificate is for another name"):
            MediaWiki(MediaWikiSettings(elsewhere, login, ca=tmp_path / "ca.pem")).save(EDIT)


def test_https_to_a_port_for_http_is_called_so() -> None:
    with scripted_wiki() as server:
        api = server.api.replace("http://", "https://")
        with pytest.raises(Unavailable, match="it speaks no TLS at that port"):
            MediaWiki(MediaWikiSettings(api, server.settings().login)).save(EDIT)


def secure_cookies(_: Asked) -> Reply:
    status, headers, body = good({"query": {"tokens": {"logintoken": "t0ken+\\"}}})
    return status, {**headers, "Set-Cookie": "session=7; Secure; HttpOnly"}, body


class CookieWiki(Scripted):
    """Knows only who brings its cookie, which is for TLS."""

    def answer(self, asked: Asked) -> Reply | None:
        if asked.parameters.get("type") == "login":
            return secure_cookies(asked)
        if asked.parameters.get("action") == "login" and "session=7" not in asked.headers.get("Cookie", ""):
            return good({"login": {"result": "Failed", "reason": {"code": "sessionlost"}}})
        return super().answer(asked)


def test_cookies_for_tls_are_sent_to_this_machine_itself() -> None:
    with scripted_wiki(wiki=CookieWiki()) as server:
        MediaWiki(server.settings()).login()


def test_cookies_for_tls_are_not_sent_in_the_open_and_said_to_be_the_reason() -> None:
    with scripted_wiki(wiki=CookieWiki()) as server:
        there = MediaWikiSettings(server.api.replace("127.0.0.1", "127.1"), server.settings().login)
        with pytest.raises(Refused, match="its cookies are for https:// alone"):
            MediaWiki(there).login()


# --- what is sent -------------------------------------------------------------------------------------------------


def test_a_save_in_the_steady_state_is_one_request() -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        wiki = MediaWiki(server.settings())
        wiki.save(EDIT)
        server.asked.clear()
        saved = wiki.save(EDIT)
    assert (saved.title, saved.revision, saved.previous, saved.time) == (EDIT.title, 18, 17, "2026-11-22T14:30:05Z")
    (request,) = server.asked
    assert request.method == "POST"
    assert re.fullmatch("[0-9a-f]{16}", request.parameters.pop("requestid"))
    assert request.parameters == {
        "action": "edit",
        "format": "json",
        "formatversion": "2",
        "title": EDIT.title,
        "section": "1",
        "text": EDIT.text,
        "summary": EDIT.summary,
        "baserevid": "17",
        "starttimestamp": EDIT.seen,
        "nocreate": "1",
        "watchlist": "nochange",
        "assertuser": "Labsbot",
        "maxlag": "5",
        "curtimestamp": "1",
        "token": "s3cret-t0ken+\\",
    }
    assert list(request.parameters)[-1] == "token"  # so that a request that is cut on its way does nothing
    assert request.headers["User-Agent"].startswith("labsbot/")


@pytest.mark.parametrize("letters", ["* [[db1]] & 'x' <span>", "перезапущен", "再起動しました", "%41+\r\n--"])
def test_a_long_text_is_little_longer_on_the_wire_than_on_the_page(letters: str) -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        text = letters * 1000
        MediaWiki(server.settings()).save(replace(EDIT, text=text))
    sent = server.asked[-1]
    assert sent.parameters["text"] == text
    assert int(sent.headers["Content-Length"]) - len(text.encode()) < 2000


def test_the_bot_flag_is_sent_where_it_is_wanted() -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        settings = server.settings()
        MediaWiki(MediaWikiSettings(settings.api, settings.login, bot_flag=True)).save(EDIT)
    assert server.asked[-1].parameters["bot"] == "1"


def test_the_address_of_the_api_is_used_as_it_stands() -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        MediaWiki(MediaWikiSettings(server.api.replace("/w/api.php", "/api.php5"), server.settings().login)).login()
    assert {request.path for request in server.asked} == {"/api.php5"}


def test_an_oauth_2_token_goes_with_every_request() -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        MediaWiki(server.settings(OAuth2(Secret("b3arer")))).save(EDIT)
    assert [request.headers["Authorization"] for request in server.asked] == ["Bearer b3arer"] * 2
    assert [request.parameters["action"] for request in server.asked] == ["query", "edit"]


def test_oauth_1_signs_every_request() -> None:
    login = OAuth1("consumer", Secret("s3cret-1"), "access", Secret("s3cret-2"))
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        MediaWiki(server.settings(login)).save(EDIT)
    for request in server.asked:
        header = request.headers["Authorization"]
        assert header.startswith("OAuth ")
        assert 'oauth_consumer_key="consumer"' in header
        assert 'oauth_token="access"' in header
        assert "oauth_signature=" in header
        assert "s3cret" not in header
    assert [request.parameters["action"] for request in server.asked] == ["query", "edit"]


def test_an_oauth_token_that_nobody_knows_is_a_refused_login() -> None:
    with scripted_wiki(user={"id": 0, "anon": True, "name": "127.0.0.1"}) as server:
        wiki = MediaWiki(server.settings(OAuth2(Secret("b3arer"))))
        with pytest.raises(Refused, match="refuses our login"):
            wiki.login()


def test_a_login_that_is_refused_makes_an_entry_wait() -> None:
    with scripted_wiki(login={"result": "Failed", "reason": {"code": "wrongpassword"}}) as server:
        wiki = MediaWiki(server.settings())
        with pytest.raises(Refused, match="user name or password"):
            wiki.login()
        with pytest.raises(Unavailable, match="user name or password"):
            wiki.save(EDIT)
        assert "edit" not in [request.parameters["action"] for request in server.asked]


def test_a_login_that_is_throttled_is_only_to_wait() -> None:
    login = {"result": "Failed", "reason": {"code": "login-throttled"}}
    with scripted_wiki(login=login) as server, pytest.raises(Unavailable, match="too many logins"):
        MediaWiki(server.settings()).login()


def test_after_a_lost_session_the_next_verb_logs_in() -> None:
    answers = iter([good({"error": {"code": "assertnameduserfailed"}}), good({"edit": SAVED, "curtimestamp": "x"})])
    with scripted_wiki(lambda _: next(answers)) as server:
        wiki = MediaWiki(server.settings())
        with pytest.raises(LoggedOut):
            wiki.save(EDIT)
        assert wiki.save(EDIT).revision == 18
    assert [request.parameters["action"] for request in server.asked].count("login") == 2


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


@pytest.mark.usefixtures("hostile_environment")
def test_proxies_and_passwords_of_the_environment_are_left_alone() -> None:
    with scripted_wiki(lambda _: good({"edit": SAVED, "curtimestamp": "x"})) as server:
        assert MediaWiki(server.settings(OAuth2(Secret("b3arer")))).save(EDIT).revision == 18
    assert server.asked[-1].headers["Authorization"] == "Bearer b3arer"


# --- listing ------------------------------------------------------------------------------------------------------


def page(title: str, **more: object) -> dict[str, object]:
    return {"title": title, "ns": 498, **more}


def test_a_list_in_several_answers_is_read_to_its_end() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.parameters.get("list") != "allpages":
            return good({"query": {"pages": [page("Labs NR:X", missing=True)]}})
        at = int(asked.parameters.get("apcontinue", "0"))
        more = {"continue": {"apcontinue": str(at + 1), "continue": "-||"}} if at < 3 else {"batchcomplete": True}
        return good({**more, "query": {"allpages": [page(f"Labs NR:{at}")]}})

    with scripted_wiki(answer) as server:
        assert MediaWiki(server.settings()).titles("NR:") == tuple(f"Labs NR:{at}" for at in range(4))
        assert {asked.parameters.get("apnamespace") for asked in server.asked} == {None, "498"}


def test_a_category_in_several_answers_is_read_to_its_end() -> None:
    def answer(asked: Asked) -> Reply:
        if "gcmcontinue" in asked.parameters:
            return good({"batchcomplete": True, "query": {"pages": [page("A"), page("R", redirect=True)]}})
        return good({"continue": {"gcmcontinue": "x", "continue": "-||"}, "query": {"pages": [page("B")]}})

    with scripted_wiki(answer) as server:
        assert MediaWiki(server.settings()).category("Projects") == ("A", "B")


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("titles", {"query": 7}),
        ("titles", {"query": {"pages": [{}]}}),
        ("titles", {"query": {"pages": [page("X")]}}),
        ("titles", {"query": {"pages": [page("X")], "allpages": [{}]}}),
        ("titles", {"query": {"pages": [page("X")], "allpages": []}, "continue": {"continue": "x"}}),
        ("category", {"query": 7}),
        ("category", {"query": {"pages": [{}]}}),
        ("category", {"query": {"pages": []}, "continue": {"continue": "x"}}),
    ],
)
def test_a_list_that_is_none_or_never_ends_is_not_believed(verb: str, answer: dict[str, object]) -> None:
    with scripted_wiki(lambda _: good(answer)) as server, pytest.raises(Unavailable) as caught:
        getattr(MediaWiki(server.settings()), verb)("X")
    assert caught.value.cause == "it answers with something else than a wiki"


def test_a_beginning_on_another_wiki_is_refused() -> None:
    answer = {"query": {"interwiki": [{"title": "w:X", "iw": "w"}]}}
    with scripted_wiki(lambda _: good(answer)) as server, pytest.raises(Refused, match="title"):
        MediaWiki(server.settings()).titles("w:")


def test_a_clock_that_a_cache_shows_is_none():
    shown = {"curtimestamp": "2026-11-22T14:30:00Z", "requestid": "somebody else's", "query": {}}
    with scripted_wiki(lambda _: good(shown)) as server:
        wiki = MediaWiki(server.settings())
        with pytest.raises(Unavailable):
            wiki.time()
        assert [request.parameters["action"] for request in server.asked] == ["query"]


# --- the sections of a page ---------------------------------------------------------------------------------------

LISTED: dict[str, Any] = {
    "sections": [
        {"index": "T-1", "level": "2", "line": "from a template", "byteoffset": None},
        {"index": "1", "level": "2", "line": "2026-11-22", "byteoffset": 7},
        {"index": "", "level": "2", "line": "made up", "byteoffset": None},
        {"index": "2", "level": "3", "line": "", "byteoffset": 31},
    ]
}
IN_TOC: dict[str, Any] = {
    "tocdata": {
        "sections": [
            {"index": "T-1", "hLevel": 2, "line": "from a template"},
            {"index": "1", "hLevel": 2, "line": "2026-11-22", "codepointOffset": 7},
            {"hLevel": 2, "line": "made up"},
            {"index": "2", "hLevel": 3, "codepointOffset": 31},
        ],
        "extensionData": [],
    }
}
SECTIONS = (Section(1, 2, "2026-11-22", 7), Section(2, 3, "", 31))


@contextlib.contextmanager
def wiki_that_lists(*parses: dict[str, Any]) -> Iterator[tuple[MediaWiki, list[str]]]:
    """A wiki whose answers about a page's sections are these, one after the other; and what it was asked for."""
    answers = iter(parses)
    asked: list[str] = []
    page = {"ns": 498, "title": EDIT.title, "lastrevid": 17, "canonicalurl": "http://wiki.test/x"}

    def answer(request: Asked) -> Reply:
        if request.parameters["action"] == "parse":
            asked.append(request.parameters["prop"])
            return good({"parse": next(answers)})
        return good({"query": {"pages": [page]}, "curtimestamp": EDIT.seen})

    with scripted_wiki(answer) as server:
        yield MediaWiki(server.settings()), asked


@pytest.mark.parametrize(
    ("first", "then", "list_of_it"),
    [(LISTED | IN_TOC, IN_TOC, "tocdata"), (IN_TOC, IN_TOC, "tocdata"), (LISTED, LISTED, "sections")],
)
def test_which_list_of_sections_a_wiki_has_costs_no_request(
    first: dict[str, Any], then: dict[str, Any], list_of_it: str
) -> None:
    with wiki_that_lists(first, then, then) as (wiki, asked):
        assert {wiki.look(EDIT.title).sections for _ in range(3)} == {SECTIONS}
    assert asked == ["tocdata|sections", list_of_it, list_of_it]


@pytest.mark.parametrize(("before", "after"), [(LISTED, IN_TOC), (IN_TOC, LISTED)])
def test_a_wiki_that_no_longer_has_that_list_is_asked_for_both_again(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    with wiki_that_lists(before, {}, after) as (wiki, asked):
        wiki.look(EDIT.title)
        with pytest.raises(Unavailable):
            wiki.look(EDIT.title)
        assert wiki.look(EDIT.title).sections == SECTIONS
    assert asked[2] == "tocdata|sections"
