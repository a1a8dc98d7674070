"""What the real MediaWiki answers on its bad days, and what the room makes of it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from labsbot.model import (
    Conflict,
    Edit,
    LoggedOut,
    Page,
    Refused,
    RefusedText,
    Saved,
    TooLarge,
    Unavailable,
    Unknown,
    Wiki,
    WikiFailure,
)
from labsbot.wiki import open_wiki
from labsbot.wiki.mediawiki import MediaWiki
from labsbot.wiki.outcomes import LOGIN_AGAIN
from tests.servers.mediawiki import FORMAT, RELEASES
from tests.servers.mediawiki import MediaWiki as Server
from tests.wiki.conftest import settings_of

pytestmark = pytest.mark.servers
TEXT = "== 2026-11-22 ==\n* one"
Answer = dict[str, Any]


@pytest.fixture
def wiki(mediawiki: Server) -> Wiki:
    return open_wiki(settings_of(mediawiki))


@pytest.fixture
def page(wiki: Wiki, title: str) -> Page:
    look = wiki.look(title)
    wiki.save(Edit(look.title, None, None, look.seen, TEXT, "made"))
    return wiki.look(title)


def batch(page: Page) -> str:
    """No other page has the same."""
    return hashlib.sha256(page.title.encode()).hexdigest()[:12]


def edit(page: Page, text: str = f"{TEXT}\n* two") -> Edit:
    return Edit(page.title, 1, page.revision, page.seen, text, f"[b:{batch(page)}] alice")


def refused(wiki: Wiki, asked: Edit) -> WikiFailure:
    with pytest.raises(WikiFailure) as caught:
        wiki.save(asked)
    return caught.value


def test_a_wiki_that_is_read_only_saves_later(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("read-only", "$wgReadOnly = 'Moving house';"):
        failure = refused(wiki, edit(page))
        assert type(failure) is Unavailable
        assert failure.cause == "it is read-only"
        assert wiki.look(page.title).revision == page.revision
    assert wiki.save(edit(page)).previous == page.revision


def test_a_read_only_wiki_at_the_login_is_no_wrong_password(mediawiki: Server, page: Page) -> None:
    with mediawiki.setting("read-only", "$wgReadOnly = 'Moving house';"):
        late = open_wiki(settings_of(mediawiki))
        failure = refused(late, edit(page))
    assert type(failure) is Unavailable
    assert failure.cause == "it is read-only"
    assert late.save(edit(page)).revision


def test_a_rate_limit_is_to_wait(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    saved: list[Saved] = []

    def save_until_refused() -> None:
        for number in range(3):
            saved.append(wiki.save(edit(wiki.look(page.title), f"{TEXT}\n* {number}")))

    # 1.43 counts an edit twice, as it checks both the request and the page: of two, one is left.
    limits = "$wgRateLimits = ['edit' => ['user' => [2, 600], 'newbie' => [2, 600]]];"
    with mediawiki.setting("slow", limits), pytest.raises(Unavailable) as caught:
        save_until_refused()
    assert type(caught.value) is Unavailable
    assert caught.value.code == "ratelimited"
    assert saved


def test_a_redirect_to_another_wiki_is_not_followed(mediawiki: Server, wiki: Wiki, title: str) -> None:
    mediawiki.edit_as_person(title, "#REDIRECT [[wikipedia:Log]]")
    with pytest.raises(Refused, match="on another wiki"):
        wiki.look(title)


@pytest.mark.parametrize("title", ["Special:Version", "Media:X.png", "MediaWiki:Common.css", "User:Labsbot/x.js"])
def test_what_is_no_page_of_wikitext_is_refused(wiki: Wiki, title: str) -> None:
    with pytest.raises(Refused):
        wiki.look(title)


def test_a_wiki_that_only_members_may_read_is_read(mediawiki: Server, page: Page) -> None:
    with mediawiki.setting("private", "$wgGroupPermissions['*']['read'] = false;"):
        member = open_wiki(settings_of(mediawiki))
        assert member.look(page.title).revision == page.revision
        with mediawiki.setting("forgetful", "$wgCookiePrefix = 'another';"), pytest.raises(LoggedOut):
            member.look(page.title)
        assert member.save(edit(page)).revision


def test_a_protected_page_is_a_refusal(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    mediawiki.person("Operator").post("protect", title=page.title, protections="edit=sysop")
    failure = refused(wiki, edit(page))
    assert type(failure) is Refused
    assert failure.cause == "the page is protected"


def test_a_protected_namespace_is_a_refusal(mediawiki: Server, wiki: Wiki, page: Page, title: str) -> None:
    look = wiki.look(f"{title}/new")
    with mediawiki.setting("protected", "$wgNamespaceProtection[NS_NOVA_RESOURCE] = ['editinterface'];"):
        failures = [refused(wiki, edit(page)), refused(wiki, Edit(look.title, None, None, look.seen, TEXT, "x"))]
    assert [(type(failure), failure.cause) for failure in failures] == [(Refused, "the page is protected")] * 2


def test_a_title_protected_from_creation_is_a_refusal(mediawiki: Server, wiki: Wiki, title: str) -> None:
    mediawiki.person("Operator").post("protect", title=title, protections="create=sysop")
    look = wiki.look(title)
    failure = refused(wiki, Edit(look.title, None, None, look.seen, TEXT, "x"))
    assert type(failure) is Refused
    assert failure.cause == "the page is protected"


def test_a_blocked_account_is_a_refusal(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    mediawiki.person("Operator").post("block", user="Labsbot", expiry="never")
    try:
        failure = refused(wiki, edit(page))
    finally:
        mediawiki.person("Operator").post("unblock", user="Labsbot")
    assert type(failure) is Refused
    assert failure.cause == "our account is blocked there"
    assert wiki.save(edit(page)).revision


def test_an_account_that_has_to_confirm_its_address_is_a_refusal(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("confirmed", "$wgEmailConfirmToEdit = true;"):
        failure = refused(wiki, edit(page))
    assert (type(failure), failure.code) == (Refused, "confirmemail")
    assert failure.cause == "our account has to confirm an e-mail address there"


def test_a_page_that_grows_too_large_is_a_refusal(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("small", "$wgMaxArticleSize = 1;"):
        failure = refused(wiki, edit(page, "x" * 2000))
    assert type(failure) is TooLarge
    assert failure.cause == "the page would be too large"


@pytest.mark.parametrize("hook", ["$status->fatal('hookaborted'); return false;", "return false;"])
def test_an_extension_of_the_wikis_own_that_says_no_is_a_refusal(
    mediawiki: Server, wiki: Wiki, page: Page, hook: str
) -> None:
    php = f"$wgHooks['EditFilterMergedContent'][] = function ($context, $content, $status) {{ {hook} }};"
    with mediawiki.setting("filter", php):
        failure = refused(wiki, edit(page))
    assert type(failure) is RefusedText
    assert failure.code == "hookaborted"
    assert failure.cause == "a filter of the wiki refuses it"


@pytest.mark.parametrize(
    ("text", "summary"), [(f"{TEXT}\n* ugly", "x"), (f"{TEXT}\n* two", "ugly")], ids=["in the text", "in the summary"]
)
def test_what_the_wikis_own_list_of_words_finds_is_a_refusal_of_the_text(
    mediawiki: Server, wiki: Wiki, page: Page, text: str, summary: str
) -> None:
    with mediawiki.setting("words", "$wgSpamRegex = ['/ugly/']; $wgSummarySpamRegex = ['/ugly/'];"):
        failure = refused(wiki, replace(edit(page, text), summary=summary))
    assert type(failure) is RefusedText
    assert (failure.cause, failure.code) == ("a spam list of the wiki refuses it", "spamprotectionmatch")


# For what is above the first heading MediaWiki has no error of its own; whatever it says, nothing is saved.
@pytest.mark.parametrize(("section", "kind"), [(0, Unknown), (1, Conflict)])
def test_a_page_that_became_something_else_than_wikitext_is_read_again_and_then_refused(
    mediawiki: Server, wiki: Wiki, page: Page, section: int, kind: type[WikiFailure]
) -> None:
    json = {"contentmodel": "json", "contentformat": "application/json"}
    mediawiki.edit_as_person(page.title, '{"a": 1}', "Operator", **json)
    assert type(refused(wiki, replace(edit(page), section=section))) is kind
    assert wiki.find(batch(page), edit(page)) is None
    with pytest.raises(Refused, match="not of wikitext"):
        wiki.look(page.title)


def test_a_namespace_whose_pages_are_not_of_wikitext_is_a_refusal(mediawiki: Server, wiki: Wiki, title: str) -> None:
    with (
        mediawiki.setting("model", "$wgNamespaceContentModels[NS_NOVA_RESOURCE] = CONTENT_MODEL_JSON;"),
        pytest.raises(Refused, match="not of wikitext"),
    ):
        wiki.look(title)


# --- temporary accounts (https://www.mediawiki.org/wiki/Help:Temporary_accounts) ----------------------------------

TEMPORARY = "$wgAutoCreateTempUser['enabled'] = true; $wgAutoCreateTempUser['genPattern'] = '~$1';"
TODAY = [release for release in RELEASES if release != "1.39"]


@pytest.fixture
def passer_by(mediawiki: Server) -> Iterator[Callable[..., Answer]]:
    """Somebody without an account, who gets a temporary one at the first edit; how they edit."""
    with mediawiki.setting("temporary", TEMPORARY), requests.Session() as session:

        def edit_page(title: str, text: str, **more: str | int) -> Answer:
            token: Answer = {"action": "query", "meta": "tokens", **FORMAT}
            tokens = session.get(mediawiki.api, params=token, timeout=30).json()["query"]["tokens"]
            body = {"action": "edit", "title": title, "text": text, "token": tokens["csrftoken"], **FORMAT, **more}
            answer: Answer = session.post(mediawiki.api, data=body, timeout=30).json()["edit"]
            return answer

        yield edit_page


@pytest.mark.parametrize("mediawiki", TODAY, indirect=True)
def test_an_edit_of_a_temporary_account_is_somebody_elses(
    mediawiki: Server, wiki: Wiki, page: Page, passer_by: Callable[..., Answer]
) -> None:
    assert passer_by(page.title, f"{TEXT}\n* by somebody")["tempusercreated"]
    assert mediawiki.history(page.title)[0]["user"].startswith("~")
    assert type(refused(wiki, edit(page))) is Conflict
    assert wiki.find(batch(page), edit(page)) is None
    passer_by(page.title, f"Intro\n\n{TEXT}")
    now = wiki.look(page.title)
    passer_by(page.title, "Other intro", section=0)
    assert wiki.save(edit(now)).previous != now.revision
    assert wiki.text(page.title) == f"Other intro\n\n{TEXT}\n* two"
    assert wiki.find(batch(page), edit(page))


@pytest.mark.usefixtures("passer_by")
@pytest.mark.parametrize("mediawiki", TODAY, indirect=True)
def test_we_never_write_by_a_temporary_account(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("forgetful", "$wgCookiePrefix = 'another';"):
        assert type(refused(wiki, edit(page))) is LoggedOut
    assert wiki.look(page.title).revision == page.revision
    wiki.login()
    assert wiki.save(edit(page)).revision


def test_a_lost_session_is_to_log_in_again(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("forgetful", "$wgCookiePrefix = 'another';"):
        failure = refused(wiki, edit(page))
    assert type(failure) is LoggedOut
    wiki.login()
    assert wiki.save(edit(page)).revision


def test_a_token_that_is_worn_out_is_to_log_in_again(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting(
        "token",
        "$wgHooks['APIGetAllowedParams'][] = function ($module, &$params) {"
        " if ($module->getModuleName() === 'edit')"
        " { RequestContext::getMain()->getRequest()->getSession()->resetAllTokens(); } };",
    ):
        failure = refused(wiki, edit(page))
    assert type(failure) is LoggedOut
    assert failure.code == "badtoken"
    assert wiki.save(edit(page)).revision


@pytest.mark.parametrize(
    ("name", "further"),
    [("title", 30), ("text", 40), ("curtimestamp", 0), ("nocreate", 0), ("token", 0), ("token", 40)],
)
def test_of_an_edit_that_was_cut_on_its_way_nothing_is_done(wiki: Wiki, page: Page, name: str, further: int) -> None:
    assert isinstance(wiki, MediaWiki)
    session = wiki._api._site.connection
    sending: Callable[..., requests.Response] = session.send

    def cut(request: requests.PreparedRequest, **how: Any) -> requests.Response:
        if request.method == "POST":  # some proxy passes on what it has, as if that were all
            assert isinstance(request.body, bytes)
            request.body = request.body[: request.body.index(b'name="%s"' % name.encode()) + further]
            request.headers["Content-Length"] = str(len(request.body))
        return sending(request, **how)

    session.send = cut
    with pytest.raises(WikiFailure):
        wiki.save(edit(page))
    session.send = sending
    assert wiki.look(page.title).revision == page.revision
    assert wiki.save(edit(page)).previous == page.revision


def test_a_wrong_password_is_a_refusal_and_entries_wait(mediawiki: Server, page: Page) -> None:
    stranger = open_wiki(settings_of(mediawiki, "0" * 32))
    with pytest.raises(Refused, match="user name or password"):
        stranger.login()
    waits = refused(stranger, edit(page))
    assert (type(waits), waits.retry_after) == (Unavailable, LOGIN_AGAIN)


def test_a_throttled_login_is_to_wait(mediawiki: Server) -> None:
    with mediawiki.setting("throttle", "$wgPasswordAttemptThrottle = [['count' => 1, 'seconds' => 300]];"):
        stranger = open_wiki(settings_of(mediawiki, "0" * 32))
        with pytest.raises(WikiFailure):
            stranger.login()
        for account in (stranger, open_wiki(settings_of(mediawiki))):
            with pytest.raises(Unavailable, match="too many logins"):
                account.login()


@pytest.mark.parametrize("hook", ["MultiContentSave", "APIAfterExecute"])
def test_an_internal_error_leaves_it_open_whether_it_was_saved(
    mediawiki: Server, wiki: Wiki, page: Page, hook: str
) -> None:
    with mediawiki.setting("broken", f"$wgHooks['{hook}'][] = function () {{ throw new Error('oops'); }};"):
        failure = refused(wiki, edit(page))
    assert type(failure) is Unknown
    assert failure.cause == "it has an internal error"
    found = wiki.find(batch(page), edit(page))
    assert bool(found) == ("* two" in wiki.text(page.title))


def test_html_in_place_of_an_answer_is_not_believed(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("html", "echo '<h1>Moving house</h1>'; exit;"):
        assert type(refused(wiki, edit(page))) is Unknown
        with pytest.raises(Unavailable):
            wiki.look(page.title)


def test_a_wiki_too_far_behind_is_to_wait(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    with mediawiki.setting("lag", "$wgHooks['ApiMaxLagInfo'][] = function (&$lag) { $lag['lag'] = 99; };"):
        failure = refused(wiki, edit(page))
    assert isinstance(failure, Unavailable)
    assert failure.code == "maxlag"
    assert failure.retry_after == 5


def test_a_hidden_summary_or_author_does_no_harm(mediawiki: Server, wiki: Wiki, page: Page, hide) -> None:
    saved = wiki.save(edit(page))
    hide(mediawiki, [page.revision], "comment|user")
    found = wiki.find(batch(page), edit(page))
    assert found
    assert found.revision == saved.revision


def test_a_batch_is_found_where_its_page_went(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    saved = wiki.save(edit(page))
    archive = page.title.replace("/SAL", "/SAL/2025")
    mediawiki.person("Operator").post("move", **{"from": page.title, "to": archive})
    found = wiki.find(batch(page), edit(page))
    assert found
    assert (found.title, found.revision) == (archive, saved.revision)
    assert found.url == mediawiki.page_url(archive)


def test_a_page_with_many_edits_is_looked_through_to_the_end(mediawiki: Server, wiki: Wiki, page: Page) -> None:
    wiki.save(edit(page))
    with mediawiki.setting("paged", "$wgAPIMaxResultSize = 3000;"):
        assert wiki.find(batch(page), edit(page))


# --- the process that serves it -----------------------------------------------------------------------------------


@pytest.fixture
def frail(mediawiki: Server) -> Iterator[Server]:
    """The same wiki, whose process may be stopped; it is back afterwards."""
    try:
        yield mediawiki
    finally:
        mediawiki.start()


def test_a_wiki_that_is_down_has_saved_nothing_and_is_not_waited_for(
    frail: Server, wiki: Wiki, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    frail.stop()
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", lambda seconds: pytest.fail(f"it waits for {seconds} s"))
        failure = refused(wiki, edit(page))
    assert type(failure) is Unavailable
    assert failure.cause == "it is not answering"
    frail.start()
    assert wiki.save(edit(page)).previous == page.revision, "the session has outlived the outage"


def test_a_frozen_wiki_leaves_it_open_whether_it_was_saved(mediawiki: Server, page: Page) -> None:
    impatient = MediaWiki(settings_of(mediawiki), read=2)
    impatient.login()
    with mediawiki.frozen():
        failure = refused(impatient, edit(page))
    assert type(failure) is Unknown
    assert failure.cause == "it is not answering"


def test_a_wiki_killed_after_saving_is_found_out(frail: Server, wiki: Wiki, page: Page) -> None:
    frail.set(
        "slow", "$wgHooks['PageSaveComplete'][] = function () { touch(getenv('WIKI_FOLDER') . '/saved'); sleep(9); };"
    )
    failures: list[WikiFailure] = []
    saving = threading.Thread(target=lambda: failures.append(refused(wiki, edit(page))))
    saving.start()
    saved = frail.folder / "saved"
    while not saved.exists():
        assert saving.is_alive()
        time.sleep(0.01)
    frail.kill()
    saving.join()
    frail.unset("slow")
    frail.start()
    assert type(failures[0]) is Unknown
    page_now = wiki.look(page.title)
    found = wiki.find(batch(page), edit(page))
    assert (found.revision if found else page.revision) == page_now.revision


def test_the_wikis_own_clock_is_read_without_a_login_and_of_a_private_wiki_too(mediawiki: Server) -> None:
    wiki = open_wiki(settings_of(mediawiki, "0" * 32))
    for setting in ("", "$wgGroupPermissions['*']['read'] = false;", "$wgReadOnly = 'Moving house';"):
        with mediawiki.setting("clock", setting):
            before = datetime.now(UTC).replace(microsecond=0)
            shown = wiki.time()
            assert shown is not None
            assert before <= shown <= datetime.now(UTC)
