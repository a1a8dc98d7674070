"""What the usual extensions of a real MediaWiki answer to our edits, and what the table of outcomes makes of it.

AbuseFilter, ConfirmEdit, SpamBlacklist, TitleBlacklist, OATHAuth and DiscussionTools, as Debian packages them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from labsbot.model import Edit, Page, Refused, RefusedText, Saved, Unavailable, Warned, Wiki, WikiFailure
from labsbot.settings import BotPassword, MediaWikiSettings, Secret
from labsbot.wiki import open_wiki
from tests.servers.extensions import DISALLOW, LOADED, Filters
from tests.servers.mediawiki import BOT, FORMAT, RELEASES, MediaWiki, password_of
from tests.wiki.conftest import settings_of
from tests.wiki.test_mediawiki import batch

pytestmark = pytest.mark.servers
TEXT = "== 2026-11-22 ==\n* one"
TODAY = [release for release in RELEASES if release != "1.39"]
DISCUSSIONS = "wfLoadExtensions( [ 'Linter', 'VisualEditor', 'DiscussionTools' ] ); $wgCacheDirectory .= '-talk';"


@pytest.fixture(scope="module")
def extended(mediawiki: MediaWiki) -> Iterator[MediaWiki]:
    """A wiki with all of them, none of which has anything to say before a test makes it."""
    with mediawiki.setting("0-extensions", LOADED):
        yield mediawiki


@pytest.fixture
def wiki(extended: MediaWiki) -> Wiki:
    return open_wiki(settings_of(extended))


@pytest.fixture
def page(wiki: Wiki, title: str) -> Page:
    look = wiki.look(title)
    wiki.save(Edit(look.title, None, None, look.seen, TEXT, "made"))
    return wiki.look(title)


def edit(page: Page, text: str = f"{TEXT}\n* two", summary: str = "alice [b:{}]") -> Edit:
    return Edit(page.title, 1, page.revision, page.seen, text, summary.format(batch(page)))


def following(page: Page, saved: Saved, text: str) -> Edit:
    return replace(edit(page, text), base=saved.revision, seen=saved.time)


def refused(wiki: Wiki, asked: Edit) -> WikiFailure:
    with pytest.raises(WikiFailure) as caught:
        wiki.save(asked)
    return caught.value


# --- AbuseFilter --------------------------------------------------------------------------------------------------


@pytest.fixture
def filters(extended: MediaWiki) -> Iterator[Filters]:
    made = Filters(extended)
    yield made
    made.remove_all()


WARN = {"warn": "abusefilter-warning"}


def test_a_filter_that_warns_takes_the_same_edit_the_second_time(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines rlike 'two|three'", **WARN)
    failure = refused(wiki, edit(page))
    assert type(failure) is Warned
    assert failure.code == "abusefilter-warning"
    assert wiki.find(batch(page), edit(page)) is None
    saved = wiki.save(edit(page))
    assert saved.previous == page.revision
    assert wiki.text(page.title) == f"{TEXT}\n* two"

    assert refused(wiki, following(page, saved, f"{TEXT}\n* three")).code == "abusefilter-warning", "each edit anew"
    assert wiki.save(following(page, saved, f"{TEXT}\n* three")).revision


def test_a_filter_that_warns_has_forgotten_it_after_a_login(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines contains 'two'", **WARN)
    assert refused(wiki, edit(page)).code == "abusefilter-warning"
    wiki.login()
    assert refused(wiki, edit(page)).code == "abusefilter-warning"
    assert wiki.save(edit(page)).revision


def test_a_filter_that_only_tags_is_no_refusal(extended: MediaWiki, wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines contains 'two'", tag="seen")
    saved = wiki.save(edit(page))
    assert saved.previous == page.revision
    fields: dict[str, Any] = {
        "action": "query",
        "prop": "revisions",
        "revids": saved.revision,
        "rvprop": "tags",
        **FORMAT,
    }
    answer = requests.get(extended.api, params=fields, timeout=30).json()
    assert answer["query"]["pages"][0]["revisions"][0]["tags"] == ["seen"]


def test_a_filter_that_warns_and_tags_is_passed_too(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines contains 'two'", **WARN, tag="seen")
    assert refused(wiki, edit(page)).code == "abusefilter-warning"
    assert wiki.save(edit(page)).revision


def test_a_filter_that_disallows_is_a_refusal_of_the_text(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines contains 'two'", **DISALLOW)
    for _ in range(2):
        failure = refused(wiki, edit(page))
        assert type(failure) is RefusedText
        assert (failure.cause, failure.code) == ("a filter of the wiki refuses it", "abusefilter-disallowed")
    assert wiki.save(edit(page, f"{TEXT}\n* three")).revision, "other words pass"


def test_a_filter_that_warns_first_and_disallows_then_is_told_apart(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines contains 'two'", **WARN, **DISALLOW)
    assert [refused(wiki, edit(page)).code for _ in range(2)] == ["abusefilter-warning", "abusefilter-disallowed"]


def test_a_filter_that_throttles_lets_so_many_pass(wiki: Wiki, page: Page, filters: Filters) -> None:
    filters.add("added_lines rlike 'two|three|four'", **DISALLOW, throttle="{id}\n2,60\nuser")
    saved = wiki.save(edit(page))
    saved = wiki.save(following(page, saved, f"{TEXT}\n* three"))
    failure = refused(wiki, following(page, saved, f"{TEXT}\n* four"))
    assert (type(failure), failure.code) == (RefusedText, "abusefilter-disallowed")


def test_a_filter_that_blocks_is_a_refusal_of_the_text_and_then_of_us(
    extended: MediaWiki, wiki: Wiki, page: Page, filters: Filters
) -> None:
    filters.add("added_lines contains 'two'", block="noTalkBlockSet\n300 seconds\n300 seconds")
    with extended.setting("blocking", "$wgAbuseFilterActions['block'] = true;"):
        try:
            first, then = refused(wiki, edit(page)), refused(wiki, edit(page, f"{TEXT}\n* three"))
        finally:
            extended.person("Operator").post("unblock", user=BOT)
    assert (type(first), first.code) == (RefusedText, "abusefilter-disallowed")
    assert (type(then), then.cause) == (Refused, "our account is blocked there")
    assert wiki.save(edit(page, f"{TEXT}\n* three")).revision


# --- ConfirmEdit --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", ["edit", "addurl"])
def test_a_captcha_is_a_refusal(extended: MediaWiki, wiki: Wiki, page: Page, trigger: str) -> None:
    with extended.setting("captcha", f"$wgCaptchaTriggers['{trigger}'] = true;"):
        failure = refused(wiki, edit(page, f"{TEXT}\n* see https://example.org/"))
    assert type(failure) is RefusedText
    assert (failure.cause, failure.code) == ("it asks for a captcha", "captcha")


def test_a_captcha_that_our_account_may_meet_is_named_before_it_does(extended: MediaWiki, page: Page) -> None:
    """A right that no wiki grants to ordinary accounts: https://www.mediawiki.org/wiki/Extension:ConfirmEdit"""
    (words,) = open_wiki(settings_of(extended)).obstacles(page.title, f"{page.title}/2026")
    assert words.startswith("our account may be asked for a captcha")
    with extended.setting("skip", "$wgGroupPermissions['user']['skipcaptcha'] = true;"):
        assert open_wiki(settings_of(extended)).obstacles(page.title, f"{page.title}/2026") == ()


def test_a_captcha_before_a_new_page_is_a_refusal(extended: MediaWiki, wiki: Wiki, title: str) -> None:
    look = wiki.look(title)
    with extended.setting("captcha", "$wgCaptchaTriggers['create'] = true;"):
        failure = refused(wiki, Edit(look.title, None, None, look.seen, TEXT, "x"))
    assert failure.cause == "it asks for a captcha"
    assert wiki.look(title).revision is None


@pytest.mark.parametrize("mediawiki", TODAY, indirect=True)
def test_a_captcha_that_a_filter_asks_for_is_a_refusal(
    extended: MediaWiki, wiki: Wiki, page: Page, filters: Filters
) -> None:
    filters.add("added_lines contains 'two'", showcaptcha="")
    with extended.setting("captcha", "$wgConfirmEditEnabledAbuseFilterCustomActions = ['showcaptcha'];"):
        failure = refused(wiki, edit(page))
        assert wiki.save(edit(page, f"{TEXT}\n* three")).revision, "other words pass"
    assert type(failure) is RefusedText
    assert (failure.cause, failure.code) == ("it asks for a captcha", "captcha")


# --- lists of what is not wanted ----------------------------------------------------------------------------------


@contextlib.contextmanager
def listed(wiki: MediaWiki, title: str, lines: str) -> Iterator[None]:
    """A list that an administrator keeps on a page."""
    wiki.edit_as_person(title, lines, "Operator")
    try:
        yield
    finally:
        wiki.edit_as_person(title, "", "Operator")


@pytest.mark.parametrize(
    ("text", "summary"),
    [(f"{TEXT}\n* see http://spam.example/x", "x"), (f"{TEXT}\n* two", "see http://spam.example/x")],
    ids=["in the text", "in the summary"],
)
def test_an_address_on_the_spam_list_is_a_refusal_of_the_text(
    extended: MediaWiki, wiki: Wiki, page: Page, text: str, summary: str
) -> None:
    with listed(extended, "MediaWiki:Spam-blacklist", r"spam\.example"):
        failure = refused(wiki, edit(page, text, summary))
    assert type(failure) is RefusedText
    assert (failure.cause, failure.code) == ("a spam list of the wiki refuses it", "spamblacklist")
    assert wiki.save(edit(page, text, summary)).revision


@pytest.mark.parametrize("options", ["", "<noedit>", "<errmsg=titleblacklist-own-words>"])
def test_a_title_on_the_list_of_titles_is_a_refusal(
    extended: MediaWiki, wiki: Wiki, page: Page, title: str, options: str
) -> None:
    with listed(extended, "MediaWiki:Titleblacklist", f".*{title.partition('/')[0]}.* {options}"):
        look = wiki.look(f"{title}/new")
        failures = [refused(wiki, Edit(look.title, None, None, look.seen, TEXT, "x"))]
        if options == "<noedit>":
            failures.append(refused(wiki, edit(page)))
    for failure in failures:
        assert type(failure) is Refused
        assert (failure.cause, failure.code) == ("the page's title is not allowed", "titleblacklist-forbidden")


# --- OATHAuth -----------------------------------------------------------------------------------------------------

SECOND_FACTOR = {
    "1.43": "$repository->createKey( $user, $modules->getModuleByKey( 'totp' ), $key->jsonSerialize(), '127.0.0.1' );",
    "1.39": "$user->setKeys( [ $key ] ); $user->setModule( $modules->getModuleByKey( 'totp' ) );"
    " $repository->persist( $user, '127.0.0.1' );",
}
MODULES = {"1.43": "OATHAuthModuleRegistry", "1.39": "OATHAuth"}
WITH_SECOND_FACTOR = "Carol"


@pytest.fixture(scope="module")
def carol(extended: MediaWiki) -> str:
    """The password of somebody who has a second factor."""
    password = password_of(WITH_SECOND_FACTOR)
    extended.maintenance("createAndPromote", WITH_SECOND_FACTOR, password)
    grants = ("--appid", "labsbot", "--grants", "basic,editpage")
    extended.maintenance("createBotPassword", *grants, WITH_SECOND_FACTOR, extended.bot_password)
    php = (
        "$services = MediaWiki\\MediaWikiServices::getInstance();"
        " $repository = $services->getService( 'OATHUserRepository' );"
        f" $modules = $services->getService( '{MODULES[extended.release]}' );"
        f" $user = $repository->findByUser( $services->getUserFactory()->newFromName( '{WITH_SECOND_FACTOR}' ) );"
        " $key = MediaWiki\\Extension\\OATHAuth\\Key\\TOTPKey::newFromRandom();"
        f" {SECOND_FACTOR[extended.release]} echo 'done';"
    )
    assert "done" in extended.maintenance("eval", text=f"{php}\n")
    return password


def test_an_account_with_a_second_factor_logs_in_by_its_bot_password(extended: MediaWiki, carol: str) -> None:
    login = BotPassword(f"{WITH_SECOND_FACTOR}@labsbot", Secret(extended.bot_password))
    open_wiki(MediaWikiSettings(extended.api, login)).login()


def test_its_own_password_is_not_enough_and_that_is_said(extended: MediaWiki, carol: str, page: Page) -> None:
    own = open_wiki(MediaWikiSettings(extended.api, BotPassword(WITH_SECOND_FACTOR, Secret(carol))))
    with pytest.raises(Refused, match="more than a password of our account"):
        own.login()
    assert type(refused(own, edit(page))) is Unavailable


# --- DiscussionTools ----------------------------------------------------------------------------------------------

TALK = f"{TEXT}\n\n== A question ==\nIs it up? ~~~~\n: It is. ~~~~\n\n=== Still? ===\nYes. ~~~~"


@pytest.mark.parametrize("mediawiki", TODAY, indirect=True)
def test_a_log_on_a_talk_page_with_discussions_is_a_log(extended: MediaWiki, wiki: Wiki, title: str) -> None:
    talk = title.replace("Nova Resource:", "Nova Resource Talk:")
    with extended.setting("discussions", DISCUSSIONS):
        extended.edit_as_person(talk, TALK)
        assert "data-mw-comment" in extended.html(talk), "the extension is at work"
        page = wiki.look(talk)
        text = extended.text(talk) or ""
        assert [(s.number, s.level, s.heading) for s in page.sections] == [
            (1, 2, "2026-11-22"),
            (2, 2, "A question"),
            (3, 3, "Still?"),
        ]
        assert [text[s.offset :].splitlines()[0].strip("= ") for s in page.sections] == [
            s.heading for s in page.sections
        ]
        saved = wiki.save(edit(page))
        assert saved.previous == page.revision
        assert wiki.save(following(page, saved, f"{TEXT}\n* two\n* three")).previous == saved.revision
        assert wiki.text(talk) == text.replace("* one", "* one\n* two\n* three")
