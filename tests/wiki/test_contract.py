"""What every wiki keeps to, the folder as well as the real MediaWiki."""

from __future__ import annotations

import contextlib
import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labsbot.model import Conflict, Edit, Page, PageSize, Refused, Wiki
from labsbot.settings import Redirects
from tests.servers.mediawiki import RELEASES
from tests.wiki.conftest import World

TWO_DAYS = "Intro\n\n== 2026-11-22 ==\n* one\n\n== 2026-11-21 ==\n* two"
PAGES = Path(__file__).parent / "pages"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((PAGES / "expected.json").read_text())
"""What MediaWiki, 1.39 as 1.43, makes of each page: its sections, their texts, the page with one of them replaced.

Of an older release than the newest, no more than the last section is replaced: the rest of it is what they do alike.
"""
NOT_COUNTED_BY_THE_FOLDER = {
    "link-over-heading": "MediaWiki counts a heading within a link, though it cannot be edited alone",
    "parser-function": "MediaWiki counts a heading within a parser function, though it cannot be edited alone",
    "template-argument": "MediaWiki counts a heading within an argument, though it cannot be edited alone",
    "template-in-heading": "the folder expands no templates",
}


def folder_alone(case: str) -> Any:
    """How redirects are judged is ours: one case beside this shows that a MediaWiki tells all that it takes."""
    return pytest.param(case, marks=pytest.mark.folder_alone)


# --- looking ------------------------------------------------------------------------------------------------------


def test_a_page_that_is_missing_has_no_revision_and_an_address(world: World, title: str) -> None:
    page = world.wiki.look(title)
    assert page.revision is None
    assert page.sections == ()
    assert page.url
    assert world.wiki.text(title) == ""
    assert world.wiki.section(page, 0) == ""


def test_a_page_is_seen_with_its_sections(world: World, title: str) -> None:
    made = world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    assert page.revision == made.revision
    assert [(s.number, s.level, s.heading, s.offset) for s in page.sections] == [
        (1, 2, "2026-11-22", 7),
        (2, 2, "2026-11-21", 31),
    ]
    assert [world.wiki.section(page, number) for number in range(3)] == [
        "Intro",
        "== 2026-11-22 ==\n* one",
        "== 2026-11-21 ==\n* two",
    ]


def test_a_title_is_spelt_as_the_wiki_spells_it(world: World, title: str) -> None:
    world.create(title, "x")
    typed = title.replace("Nova Resource:Page ", "nova_Resource: page__")
    assert world.wiki.look(typed).title == title


def test_redirects_are_followed(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    world.write(f"{title}/b", f"#REDIRECT [[{title}]]")
    world.write(f"{title}/a", f"#redirect [[{title}/b#2026-11-22|old]] moved\n\n== more ==")
    page = world.wiki.look(f"{title}/a")
    assert page.title == title
    assert len(page.sections) == 2


def test_a_redirect_to_a_page_that_is_missing_leads_there(world: World, title: str) -> None:
    world.write(f"{title}/a", f"#REDIRECT [[{title}/Gone]]")
    page = world.wiki.look(f"{title}/a")
    assert (page.title, page.revision) == (f"{title}/Gone", None)


def test_redirects_that_never_end_are_refused(world: World, title: str) -> None:
    world.write(f"{title}/a", f"#REDIRECT [[{title}/b]]")
    world.write(f"{title}/b", f"#REDIRECT [[{title}/a]]")
    with pytest.raises(Refused, match="redirects"):
        world.wiki.look(f"{title}/a")


def test_more_than_three_redirects_are_refused(world: World, title: str) -> None:
    for number in range(4):
        world.write(f"{title}/{number}", f"#REDIRECT [[{title}/{number + 1}]]")
    with pytest.raises(Refused, match="redirects"):
        world.wiki.look(f"{title}/0")
    assert world.wiki.look(f"{title}/1").title == f"{title}/4"


# --- redirects that lead astray ------------------------------------------------------------------------------------


def nobodys(asked: str, title: str) -> str | None:
    return None


@pytest.mark.parametrize("target", ["Main Page", "Template:Infobox", "Nova Resource talk:Tools/SAL"])
def test_a_redirect_to_another_namespace_is_refused_with_its_address(world: World, title: str, target: str) -> None:
    world.write(title, f"#REDIRECT [[{target}]]")
    with pytest.raises(Refused) as caught:
        world.wiki.look(title)
    assert target.replace(" ", "_").rpartition(":")[2].partition("/")[0] in caught.value.cause
    assert caught.value.cause.endswith(", in another namespace")


def test_a_redirect_out_of_what_an_operator_allows_is_refused_unless_they_name_its_target(
    world: World, title: str
) -> None:
    world.write(title, f"#REDIRECT [[{title} Live]]")
    for below, fine in ((title, True), ("nova_Resource:Nothing", False)):
        wiki = world.ruled(Redirects(below), nobodys)
        if fine:
            assert wiki.look(title).title == f"{title} Live"
        else:
            with pytest.raises(Refused, match="which is not below nova_Resource:Nothing"):
                wiki.look(title)
    wiki = world.ruled(Redirects("Nova Resource:Nothing", (f"{title} Live".replace(" ", "_"),)), nobodys)
    assert wiki.look(title).title == f"{title} Live"


def test_a_redirect_to_another_projects_log_is_refused(world: World, title: str) -> None:
    other = f"{title}/Bots"
    world.write(title, f"#REDIRECT [[{other}]]")
    wiki = world.ruled(Redirects(), lambda asked, found: "bots" if (asked, found) == (title, other) else None)
    with pytest.raises(Refused, match="redirects to the log of another project"):
        wiki.look(title)


@pytest.mark.parametrize(
    "archive", ["2025", *(folder_alone(each) for each in ("2025-10", "Archive 1", "archive/2024", "Archiv", "Old 3"))]
)
def test_a_redirect_to_its_own_archive_asks_for_a_fresh_page_in_its_place(
    world: World, title: str, archive: str
) -> None:
    world.write(f"{title}/{archive}", TWO_DAYS)
    world.write(title, f"#REDIRECT [[{title}/{archive}]]")
    page = world.wiki.look(title)
    assert (page.title, page.sections, page.to_be_replaced) == (title, (), True)
    world.replace(page, 0, "Fresh.\n\n== 2026-11-22 ==\n* new")
    assert world.wiki.text(title) == "Fresh.\n\n== 2026-11-22 ==\n* new"
    assert world.wiki.text(f"{title}/{archive}") == TWO_DAYS
    assert not world.wiki.look(title).to_be_replaced


@pytest.mark.parametrize("archive", ["Old", folder_alone("January")])
def test_a_redirect_to_what_may_be_an_archive_by_its_name_is_refused(world: World, title: str, archive: str) -> None:
    world.write(f"{title}/{archive}", TWO_DAYS)
    world.write(title, f"#REDIRECT [[{title}/{archive}]]")
    with pytest.raises(Refused, match="which is an archive"):
        world.wiki.look(title)


@pytest.mark.parametrize(
    "more",
    [
        "\n\nImportant notice.",
        *(folder_alone(each) for each in ("\n\n== 2026-11-22 ==\n* 10:00 bob: one", " [[Category:Logs]] x")),
    ],
)
def test_a_redirect_to_its_archive_that_holds_more_than_that_is_left_alone(world: World, title: str, more: str) -> None:
    world.write(f"{title}/2025", TWO_DAYS)
    world.write(title, f"#REDIRECT [[{title}/2025]]{more}")
    with pytest.raises(Refused, match="and holds more than the redirect"):
        world.wiki.look(title)


@pytest.mark.parametrize("more", [*map(folder_alone, ("", "\n", " {{R from move}}")), "\n\n{{Moved|by=alice}}\n"])
def test_what_a_move_leaves_may_say_so_by_a_template(world: World, title: str, more: str) -> None:
    world.write(title, f"#REDIRECT [[{title}/2025]]{more}")
    assert world.wiki.look(title).to_be_replaced


def test_a_redirect_that_people_have_mended_meanwhile_is_not_replaced(world: World, title: str) -> None:
    world.write(title, f"#REDIRECT [[{title}/2025]]")
    page = world.wiki.look(title)
    world.write(title, "A fresh page of theirs.")
    with pytest.raises(Conflict):
        world.replace(page, 0, "Fresh.\n\n== 2026-11-22 ==\n* new")
    assert world.wiki.text(title) == "A fresh page of theirs."


@pytest.mark.parametrize("target", ["{}/New/2025", folder_alone("{}/New/Archive 3"), folder_alone("{}/Other/2025")])
def test_an_archive_at_the_end_of_several_redirects_or_of_another_page_is_refused(
    world: World, title: str, target: str
) -> None:
    world.write(f"{title}/b", f"#REDIRECT [[{title}/New]]")
    world.write(f"{title}/New", f"#REDIRECT [[{target.format(title)}]]")
    with pytest.raises(Refused, match="which is an archive"):
        world.wiki.look(f"{title}/b")


def test_pages_that_are_looked_at_together_are_what_each_is_alone(world: World, title: str) -> None:
    world.create(f"{title}/stands", TWO_DAYS)
    world.write(f"{title}/leads", f"#REDIRECT [[{title}/stands]]")
    world.write(f"{title}/circle", f"#REDIRECT [[{title}/circle]]")
    names = ["missing", "stands", "Stands", "leads", "circle", "_stands_ ", "a#b", "a|b", "ż" * 200, "e\u0301 (NFC)"]
    asked = [*(f"{title}/{name}" for name in names), title.lower(), title.replace("Nova ", "nova_"), "Special:Version"]

    def looked(wiki: Wiki, each: str, together: list[str]) -> Page | Refused:
        try:
            return replace(wiki.look(each, together), seen="")
        except Refused as refused:
            return refused

    together = [looked(world.wiki, each, asked[number:]) for number, each in enumerate(asked)]
    for each, found in zip(asked, together, strict=True):
        alone = looked(world.again, each, [])
        assert (found if isinstance(found, Page) else str(found)) == (alone if isinstance(alone, Page) else str(alone))
    assert sum(isinstance(found, Refused) for found in together) >= 4
    assert sum(found.redirected for found in together if isinstance(found, Page)) >= 1


def test_what_becomes_of_a_page_before_its_turn_is_a_conflict_and_seen_then(world: World, title: str) -> None:
    made, gone = f"{title}/made", f"{title}/gone"
    world.create(gone, TWO_DAYS)
    together = [title, made, gone]
    world.wiki.look(title, together)
    world.write(made, "by hand")
    world.delete(gone)
    page = world.wiki.look(made, together[1:])
    if page.revision is None:
        with pytest.raises(Conflict):
            world.wiki.save(Edit(page.title, None, None, page.seen, "ours", "x"))
        page = world.wiki.look(made, together[1:])
    assert world.wiki.section(page, 0) == "by hand"
    with contextlib.suppress(Conflict):
        page = world.wiki.look(gone, [gone])
        assert page.revision is None
    assert world.wiki.look(gone, [gone]).revision is None


def test_what_was_asked_for_others_is_not_kept_for_who_looks_alone(world: World, title: str) -> None:
    other = f"{title}/other"
    world.wiki.look(title, [title, other])
    world.create(other, "x")
    assert world.wiki.look(other).revision is not None


@pytest.mark.parametrize(
    "bad",
    [
        *("a#b", "a<b", "a>b", "a[b", "a]b", "a{b", "a}b", "a|b", "", " ", "a\nb", "a\x00b", "\x7f", "..", "a/../b"),
        *("%41", "Nova Resource:", "a~~~b", "&amp;", "x" * 256, "ż" * 128, "a\ufffdb", "::a"),
    ],
)
def test_a_title_that_no_page_can_have_is_refused(world: World, bad: str) -> None:
    with pytest.raises(Refused, match="title"):
        world.wiki.look(bad)


@pytest.mark.parametrize(
    "name", ["ż" * 127, "x" * 255, "Łódź 日本語 🎉", "a.b/c:d", "…%", "C++ & \"quotes\" 'n' more!"]
)
def test_a_title_may_be_long_and_of_any_language(world: World, name: str) -> None:
    page = world.wiki.look(f"Nova Resource:{name}")
    world.create(page.title, "x")
    assert world.wiki.text(page.title) == "x"
    assert len(world.wiki.look(page.title).url) < 400


# --- saving -------------------------------------------------------------------------------------------------------


def test_a_page_is_created(world: World, title: str) -> None:
    saved = world.create(title, TWO_DAYS)
    assert saved.title == title
    assert saved.revision
    assert saved.previous is None
    assert world.wiki.text(title) == TWO_DAYS
    assert world.summaries(title) == [("Labsbot", "made")]


def test_a_page_is_not_created_over_another(world: World, title: str) -> None:
    page = world.wiki.look(title)
    world.write(title, "by hand")
    with pytest.raises(Conflict):
        world.wiki.save(Edit(page.title, None, None, page.seen, "ours", "x"))
    assert world.wiki.text(title) == "by hand"


def test_a_section_is_replaced_and_the_rest_stays(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    saved = world.replace(page, 1, "== 2026-11-22 ==\n* one\n* three", "[b:1] alice")
    assert saved.previous == page.revision
    assert world.wiki.text(title) == TWO_DAYS.replace("* one", "* one\n* three")
    assert world.summaries(title)[0] == ("Labsbot", "[b:1] alice")


def test_what_is_above_the_first_heading_is_section_nought(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    world.replace(world.wiki.look(title), 0, "Other words")
    assert world.wiki.text(title) == TWO_DAYS.replace("Intro", "Other words")


def test_a_page_without_headings_is_section_nought(world: World, title: str) -> None:
    world.create(title, "words")
    world.replace(world.wiki.look(title), 0, "words\n\n== 2026-11-22 ==\n* one")
    assert world.wiki.text(title) == "words\n\n== 2026-11-22 ==\n* one"


def test_the_answer_to_a_save_is_the_base_of_the_next(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    saved = world.replace(page, 1, "== 2026-11-22 ==\n* two")
    for entry in ("three", "four"):
        before = saved
        saved = world.wiki.save(Edit(title, 1, saved.revision, saved.time, f"== 2026-11-22 ==\n* {entry}", "x"))
        assert saved.previous == before.revision
    assert world.wiki.text(title) == TWO_DAYS.replace("* one", "* four")


def test_the_same_save_again_changes_nothing(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    world.replace(page, 1, "== 2026-11-22 ==\n* x")
    again = world.replace(page, 1, "== 2026-11-22 ==\n* x")
    assert again.revision is None
    assert len(world.summaries(title)) == 2


def test_a_change_of_the_same_place_is_a_conflict(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    world.write(title, TWO_DAYS.replace("* one", "* by hand"))
    with pytest.raises(Conflict):
        world.replace(page, 1, "== 2026-11-22 ==\n* ours")
    assert world.wiki.text(title) == TWO_DAYS.replace("* one", "* by hand")


def test_a_second_bot_of_the_same_account_is_in_conflict_too(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    other = world.again.look(title)
    world.again.save(Edit(title, 1, other.revision, other.seen, "== 2026-11-22 ==\n* theirs", "x"))
    with pytest.raises(Conflict):
        world.replace(page, 1, "== 2026-11-22 ==\n* ours")
    assert "* theirs" in world.wiki.text(title)


def test_a_change_elsewhere_on_the_page_is_merged(world: World, title: str) -> None:
    text = f"{TWO_DAYS}\n\n== 2026-11-20 ==\n* three"
    world.create(title, text)
    page = world.wiki.look(title)
    world.write(title, text.replace("* three", "* by hand"))
    saved = world.replace(page, 1, "== 2026-11-22 ==\n* ours")
    assert saved.previous != page.revision
    assert world.wiki.text(title) == text.replace("* three", "* by hand").replace("* one", "* ours")


def test_a_section_put_in_above_does_not_shift_what_is_replaced(world: World, title: str) -> None:
    text = f"Intro\n\n== Help ==\nwords\n\n{TWO_DAYS.partition('Intro')[2].strip()}"
    world.create(title, text)
    page = world.wiki.look(title)
    with_news = text.replace("Intro", "Intro\n\n== News ==\nnew")
    world.write(title, with_news)
    world.replace(page, 3, "== 2026-11-21 ==\n* ours")
    assert world.wiki.text(title) == with_news.replace("* two", "* ours")


def test_a_whole_page_is_replaced_upon_its_base(world: World, title: str) -> None:
    made = world.create(title, TWO_DAYS)
    saved = world.wiki.save(Edit(title, None, made.revision, made.time, "Intro", "x"))
    assert (saved.previous, world.wiki.text(title)) == (made.revision, "Intro")
    saved = world.wiki.save(Edit(title, None, saved.revision, saved.time, "", "x"))
    assert world.wiki.text(title) == ""
    assert world.wiki.size(title) == PageSize(saved.revision, 0)


def test_a_whole_page_that_somebody_has_changed_loses_nothing_of_theirs(world: World, title: str) -> None:
    """Whether a change elsewhere is merged or a conflict."""
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    world.write(title, TWO_DAYS.replace("* two", "* two\n* by hand"))
    with pytest.raises(Conflict):
        world.wiki.save(Edit(title, None, page.revision, page.seen, TWO_DAYS.partition("\n\n== 2026-11-21")[0], "x"))
    world.write(title, TWO_DAYS.replace("Intro", "Intro by hand"))
    with contextlib.suppress(Conflict):
        world.wiki.save(Edit(title, None, page.revision, page.seen, TWO_DAYS.partition("\n\n== 2026-11-21")[0], "x"))
    assert world.wiki.text(title).startswith("Intro by hand\n\n== 2026-11-22 ==\n* one")


def test_a_whole_page_that_we_have_changed_ourselves_is_not_overwritten(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    other = world.again.look(title)
    world.again.save(Edit(title, 2, other.revision, other.seen, "== 2026-11-21 ==\n* ours\n* two", "x"))
    with pytest.raises(Conflict):
        world.wiki.save(Edit(title, None, page.revision, page.seen, "Intro", "x"))
    assert "* ours" in world.wiki.text(title)


def test_the_size_of_a_page_is_known_without_its_text(world: World, title: str) -> None:
    assert world.wiki.size(title) == PageSize(None, 0)
    made = world.create(title, "Grüße")
    assert world.wiki.size(title) == PageSize(made.revision, 7)


def test_a_section_that_is_replaced_by_nothing_is_gone(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    world.replace(world.wiki.look(title), 1, "")
    assert world.wiki.text(title) == "Intro\n\n== 2026-11-21 ==\n* two"


def test_a_section_that_the_page_does_not_have_is_a_conflict(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    with pytest.raises(Conflict):
        world.replace(world.wiki.look(title), 7, "== x ==")


def test_a_base_that_nobody_knows_is_a_conflict(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    with pytest.raises(Conflict):
        world.wiki.save(Edit(title, 1, 99999999, page.seen, "== 2026-11-22 ==\n* ours", "x"))
    assert world.wiki.text(title) == TWO_DAYS


def test_a_page_deleted_meanwhile_is_not_made_again(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    world.delete(title)
    with pytest.raises(Conflict):
        world.replace(page, 1, "== 2026-11-22 ==\n* ours")
    assert world.wiki.look(title).revision is None


def test_a_page_created_and_deleted_meanwhile_is_not_made_again(world: World, title: str) -> None:
    page = world.wiki.look(title)
    if world.kind == "mediawiki":
        # The wiki's clock is of whole seconds, and only a later deletion counts.
        page = world.wiki.look(title)
        earlier = datetime.fromisoformat(page.seen) - timedelta(seconds=5)
        seen = earlier.strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        seen = page.seen
    world.write(title, "x")
    world.wiki.look(title)
    world.delete(title)
    with pytest.raises(Conflict):
        world.wiki.save(Edit(title, None, None, seen, "ours", "x"))
    assert world.wiki.look(title).revision is None


def test_a_page_moved_meanwhile_is_not_followed(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    world.move(title, f"{title}/2025")
    with pytest.raises(Conflict):
        world.replace(page, 1, "== 2026-11-22 ==\n* ours")
    assert world.wiki.text(f"{title}/2025") == TWO_DAYS
    assert world.wiki.look(title).revision is None


def test_a_section_of_a_page_that_is_gone_is_a_conflict(world: World, title: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    with pytest.raises(Conflict):
        world.wiki.section(page, 9)


def test_a_page_is_too_large(world: World, title: str) -> None:
    page = world.wiki.look(title)
    with pytest.raises(Refused, match="too large"):
        world.wiki.save(Edit(page.title, None, None, page.seen, "x" * (2048 * 1024 + 1), "x"))
    assert world.wiki.look(title).revision is None


def test_newlines_at_the_end_go_and_text_is_composed(world: World, title: str) -> None:
    decomposed = unicodedata.normalize("NFD", "Zażółć")
    world.create(title, f"{decomposed} 🎉\r\n\r\n  \n\n")
    assert world.wiki.text(title) == "Zażółć 🎉"


def test_words_of_any_language_keep_their_place(world: World, title: str) -> None:
    world.create(title, "日本語 🎉\n\n== März ==\nżółć\n\n== 十一月 ==\n🎉")
    page = world.wiki.look(title)
    assert [(s.heading, s.offset) for s in page.sections] == [("März", 7), ("十一月", 24)]
    world.replace(page, 1, "== März ==\n* 日本語 🎉🎉")
    assert world.wiki.text(title) == "日本語 🎉\n\n== März ==\n* 日本語 🎉🎉\n\n== 十一月 ==\n🎉"


def test_the_text_of_an_older_revision_is_read_as_it_was_stored(world: World, title: str) -> None:
    first = world.create(title, "* one words\n\n== A ==\ntext")
    old = world.wiki.look(title)
    assert old.revision == first.revision
    stored = world.wiki.text(title)
    world.write(title, "* two")
    assert world.wiki.text_at(old) == stored
    assert world.wiki.text_at(world.wiki.look(title)) == "* two"
    assert world.wiki.text_at(replace(old, revision=None)) == ""


def test_a_revision_belongs_to_its_page_wherever_that_goes(world: World, title: str) -> None:
    revision = world.create(title, "one").revision
    assert revision is not None
    world.create(f"{title} besides", "two")

    def home() -> str | None:
        return world.wiki.title_of(revision)

    known = world.kind != "folder"  # there, each page numbers its own
    assert home() == (title if known else None)
    world.move(title, f"{title} moved")
    assert home() == (f"{title} moved" if known else None)
    world.delete(f"{title} moved")
    assert home() is None


def test_the_text_of_a_revision_that_is_not_there_is_no_text(world: World, title: str) -> None:
    world.create(title, "one")
    page = world.wiki.look(title)
    assert page.revision is not None
    with pytest.raises(Conflict):
        world.wiki.text_at(replace(page, revision=page.revision + 999_999))


# --- finding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("summary", "batch"),
    [
        ("alice, bob: … [b:7f3a0002] … [b:7f3a0001]", "7f3a0001"),
        ("[b:7f3a0009] alice, bob: … [b:7f3a0002] …", "7f3a0009"),
    ],
    ids=["last", "first, as in earlier releases"],
)
def test_a_batch_is_found_by_its_id(world: World, title: str, summary: str, batch: str) -> None:
    world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    edit = Edit(title, 1, page.revision, page.seen, "== 2026-11-22 ==\n* x", summary)
    saved = world.wiki.save(edit)
    world.write(title, "by hand")
    found = world.wiki.find(batch, edit)
    assert found
    assert (found.title, found.revision) == (title, saved.revision)
    assert found.url == world.wiki.look(title).url
    assert world.wiki.find("7f3a0002", edit) is None
    assert world.wiki.find("7f3a", edit) is None


def test_a_page_that_a_batch_created_shows_it(world: World, title: str) -> None:
    page = world.wiki.look(title)
    edit = Edit(page.title, None, None, page.seen, TWO_DAYS, "[b:7f3a0003] x")
    assert world.wiki.find("7f3a0003", edit) is None
    saved = world.wiki.save(edit)
    found = world.wiki.find("7f3a0003", edit)
    assert found
    assert found.revision == saved.revision


def test_somebody_elses_summary_is_not_our_batch(world: World, title: str) -> None:
    page = world.wiki.look(title)
    world.write(title, "x")
    assert world.wiki.find("7f3a0005", Edit(page.title, None, None, page.seen, "x", "[b:7f3a0005] x")) is None


def test_a_summary_is_cut_at_five_hundred_characters(world: World, title: str) -> None:
    page = world.wiki.look(title)
    edit = Edit(page.title, None, None, page.seen, "x", f"[b:7f3a0006] {'ż' * 600}")
    world.wiki.save(edit)
    assert len(world.summaries(title)[0][1]) == 500
    assert world.wiki.find("7f3a0006", edit)


def test_a_summary_of_five_hundred_characters_keeps_its_end(world: World, title: str) -> None:
    page = world.wiki.look(title)
    edit = Edit(page.title, None, None, page.seen, "x", f"{'🦀' * 484}… [b:7f3a00007]")
    assert len(edit.summary) == 499
    world.wiki.save(edit)
    assert world.wiki.find("7f3a00007", edit)


# --- listing ------------------------------------------------------------------------------------------------------


def test_pages_are_listed_by_the_beginning_of_their_titles(world: World, title: str) -> None:
    for name in ("/b", "/a_b", "", "/ä", "/b.c/d", f"/{'long' * 50}"):
        world.create(f"{title}{name}", "x")
    world.write(f"{title}/was", f"#REDIRECT [[{title}]]")
    under = [f"{title}/{name}" for name in ("a b", "b", "b.c/d", "long" * 50, "ä")]
    assert list(world.wiki.titles(f"{title}/")) == under
    assert list(world.wiki.titles(title)) == [title, *under]
    assert list(world.wiki.titles(title.replace("Nova Resource:Page ", "nova_Resource: page_"))) == [title, *under]
    assert world.wiki.titles(f"{title}/c") == ()


def test_all_pages_of_a_namespace_are_listed(world: World, title: str) -> None:
    world.create(title, "x")
    world.create(title.replace("Nova Resource:", "User:"), "x")
    found = world.wiki.titles("Nova Resource:")
    assert title in found
    assert all(each.startswith("Nova Resource:") for each in found)
    assert list(found) == sorted(found)


def test_pages_that_are_gone_are_not_listed(world: World, title: str) -> None:
    world.create(title, "x")
    world.delete(title)
    assert world.wiki.titles(title) == ()


@pytest.mark.parametrize("bad", ["a#b", "a|", "%41", "a{", "::"])
def test_a_beginning_that_no_title_can_have_is_refused(world: World, bad: str) -> None:
    with pytest.raises(Refused, match="title"):
        world.wiki.titles(bad)


def test_the_pages_in_a_category_are_listed(world: World, title: str) -> None:
    name = title.replace("Nova Resource:", "").replace("/", " ")
    world.create(f"{title}/b", f"words\n[[category: {name.replace(' ', '_')} |key]]")
    world.create(f"{title}/a", f"[[Category:{name}]]")
    world.create(f"{title}/mentions", f"[[:Category:{name}]] and <nowiki>[[Category:{name}]]</nowiki>")
    world.create(f"{title}/comment", f"<!-- [[Category:{name}]] --> [[Category:{name} other]]")
    world.write(f"{title}/redirect", f"#REDIRECT [[{title}/a]]\n[[Category:{name}]]")
    assert world.wiki.category(name) == (f"{title}/a", f"{title}/b")
    assert world.wiki.category(f"Category:{name}") == (f"{title}/a", f"{title}/b")


def test_a_category_that_nothing_is_in_is_empty(world: World, title: str) -> None:
    assert world.wiki.category(title.replace("Nova Resource:", "")) == ()


def test_a_category_that_no_page_can_name_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="title"):
        world.wiki.category("a|b")


# --- odd pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_odd_page_is_counted_and_edited_as_mediawiki_does(
    world: World, title: str, name: str, request: pytest.FixtureRequest
) -> None:
    if world.kind == "folder" and name in NOT_COUNTED_BY_THE_FOLDER:
        request.applymarker(pytest.mark.xfail(reason=NOT_COUNTED_BY_THE_FOLDER[name], strict=True))
    text = (PAGES / f"{name}.wiki").read_text()
    made = world.create(title, text)
    page = world.wiki.look(title)
    assert page.revision == made.revision
    seen = [(0, 0, ""), *((s.number, s.level, s.heading) for s in page.sections)]
    assert seen == [(row["number"], row["level"], row["heading"]) for row in EXPECTED[name]]
    for row in EXPECTED[name]:
        assert world.wiki.section(page, row["number"]) == row["text"]
    for row in EXPECTED[name] if world.release in ("", RELEASES[0]) else EXPECTED[name][-1:]:
        changed = world.wiki.save(Edit(title, row["number"], made.revision, made.time, "== changed ==\nnew", "changed"))
        assert world.wiki.text(title) == row["replaced"]
        made = world.wiki.save(Edit(title, None, changed.revision, changed.time, text, "as it was"))


def test_every_odd_page_is_expected() -> None:
    assert {path.stem for path in PAGES.glob("*.wiki")} == set(EXPECTED)
    assert set(EXPECTED) >= set(NOT_COUNTED_BY_THE_FOLDER)


# --- its history --------------------------------------------------------------------------------------------------


def test_what_was_saved_is_listed_from_a_revision_on_with_what_was_said_of_it(world: World, title: str) -> None:
    first = world.create(title, TWO_DAYS)
    page = world.wiki.look(title)
    second = world.wiki.save(Edit(title, 1, page.revision, page.seen, "== 2026-11-22 ==\n* more", "alice: more [b:1]"))
    assert first.revision
    assert second.revision
    found = world.wiki.revisions(title, first.revision)
    assert [each.number for each in found] == [first.revision, second.revision]
    assert [each.summary for each in found][1] == "alice: more [b:1]"
    assert all(each.shows_text and each.user for each in found)
    assert all(each.time and abs(each.time - datetime.now(UTC)) < timedelta(hours=1) for each in found)
    assert world.wiki.revisions(title) == found
    absent = f"{title} that nobody made"
    assert world.wiki.newest([title, "<", absent]) == {title: second.revision}
    assert world.wiki.newest([]) == {}
    assert [each.number for each in world.wiki.revisions(title, second.revision)] == [second.revision]
    assert world.wiki.revisions(f"{title} that nobody made", 1) == ()
