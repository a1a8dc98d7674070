"""The line of an entry, its id found again, and the summary of an edit."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.settings import DEFAULT_ENTRY, LinkPattern, PageSettings
from labsbot.text.patterns import Pattern
from labsbot.wikitext import ids_anchored, ids_standing, render, rewritten, summary
from tests.wikitext.world import amended, delivery, struck

ID = "sal-20261122143000-0001"
FORMS = [
    DEFAULT_ENTRY,
    "{{safesubst:SAL entry|{id}|1={time} {author}: {message}}}",
    "{{SAL entry|{id}|{time}|{author}|{message}}}",
    "{{SAL entry|{author}|{message}|id={id}}}",
    "{{SAL entry|time={time}|id={id}|text={message}}}",
    "<span id={id}>{time} {author}: {message}</span>",
    "{{anchor|{id}}} {time} {message} {{{1|}}}",
]


def test_an_entry_is_a_line_whose_time_links_to_itself() -> None:
    entry = delivery("2026-11-22 14:30", "restarted the web service")

    assert render(PageSettings(), entry) == f'* <span id="{ID}">[[#{ID}|14:30]]</span> alice: restarted the web service'


def test_a_template_keeps_its_own_braces_and_what_is_in_a_message_is_not_replaced_again() -> None:
    entry = delivery("2026-11-22 14:30", "{author} and {{Delete}}", author="{message}")
    template = "{{safesubst:SAL entry|id={id}|1={time} {author}: {message} ({project})}}"

    assert render(PageSettings(entry=template), entry) == (
        f"* {{{{safesubst:SAL entry|id={ID}|1=14:30 &#123;message&#125;: "
        "&#123;author&#125; and &#123;&#123;Delete&#125;&#125; (tools)}}"
    )


@given(st.text(), st.text())
def test_an_entry_is_one_line_with_one_id_whatever_is_typed(message: str, author: str) -> None:
    line = render(PageSettings(), delivery("2026-11-22 14:30", message, author=author))

    assert line.splitlines() == [line]
    assert ids_anchored(line) == {ID}


@pytest.mark.parametrize("template", FORMS)
def test_an_id_is_found_again_in_every_form_of_entry(template: str) -> None:
    for message in ("hello", ID[:-1] + "9", f"id={ID[:-1]}9", f"|{ID[:-1]}9", f"|id={ID[:-1]}9"):
        line = render(
            PageSettings(entry=template), delivery("2026-11-22 14:30", message, author=message, relay=message)
        )
        assert ids_anchored(line) == {ID}


def test_who_has_a_page_on_the_wiki_is_a_link_to_it_and_a_relay_is_named() -> None:
    def author(name: str, user: str | None = None, relay: str | None = None) -> str:
        entry = delivery("2026-11-22 14:30", author=name, user=user, relay=relay)
        return render(PageSettings(entry="{author}<i id={id}>"), entry).removeprefix("* ").partition("<")[0]

    assert author("alice", "Alice W.") == "[[:User:Alice W.|alice]]"
    assert author("[a]|b", "Alice") == "[[:User:Alice|&#91;a&#93;&#124;b]]"
    assert author("alice", "A|b]]{{x}}") == author("alice", "Media:x") == author("alice", "a%41") == "alice"
    assert author("bob", relay="bridge") == "bob (via bridge)"
    assert author("bob", "Bob", relay="[[x]]") == "[[:User:Bob|bob]] (via &#91;&#91;x]&#93;)"
    assert author("[[x]] http://y T1") == "&#91;&#91;x]&#93; http&#58;//y T1"
    assert author("\x02", "Alice") == ""


def test_links_and_patterns_are_alive_in_a_message_and_nowhere_else() -> None:
    settings = PageSettings(
        entry="<i id={id}> {author} {project} {message}",
        patterns=(LinkPattern(Pattern("T1|tools"), page="phab:{0}"),),
    )
    line = render(settings, delivery("2026-11-22 14:30", "T1 [[x]]", author="T1 [[x]]"))
    assert line == f"* <i id={ID}> T1 &#91;&#91;x]&#93; tools [[:phab:T1|T1]] [[:x]]"

    line = render(replace(settings, links=False), delivery("2026-11-22 14:30", "T1 [[x]]"))
    assert line.endswith(" tools [[:phab:T1|T1]] &#91;&#91;x]&#93;")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'* <span id="{ID}">14:30</span>', {ID}),
        ("* <span id='sal-20260930010101-0a1b2c3d'>HH:MM nick: …</span>", {"sal-20260930010101-0a1b2c3d"}),
        ("<span class=x ID = sal-20260930010101-0a1b>", set()),
        ("<span class=x id = sal-20260930010101-0a1b>", {"sal-20260930010101-0a1b"}),
        (f"see [[#{ID}]] and {ID} and [[x|{ID}]]", set()),
        ("id=sal-2026-0a1b", set()),
        ("", set()),
    ],
)
def test_an_anchor_is_found_and_a_mention_is_not(text: str, found: set[str]) -> None:
    assert ids_anchored(text) == found


@pytest.mark.parametrize(
    "message", [f'id="{ID[:-1]}9"', f"{{{{x|{ID[:-1]}9}}}}", f"[[x|{ID[:-1]}9]]", f"id={ID[:-1]}9"]
)
def test_nobody_can_type_an_anchor(message: str) -> None:
    assert ids_anchored(render(PageSettings(), delivery("2026-11-22 14:30", message, author=message))) == {ID}


# --- what was changed about it ------------------------------------------------------------------------------------


def test_an_entry_that_was_taken_back_stays_readable_with_who_when_and_why() -> None:
    entry = delivery("2026-11-22 14:30", "restarted")

    assert render(PageSettings(), struck(entry, "2026-11-22 14:35", "wrong host", author="bob")) == (
        f'* <span id="{ID}">[[#{ID}|14:30]]</span> alice: <s>restarted</s>'
        ' <small id="undo-20261122143500-0001">taken back 14:35 by bob: wrong host</small>'
    )
    assert render(PageSettings(), struck(entry, "2026-11-22 14:35")).endswith(">taken back 14:35 by alice</small>")


def test_the_clock_is_that_of_the_page_and_the_day_is_said_where_it_is_another() -> None:
    settings = PageSettings(time_zone=ZoneInfo("Europe/Berlin"), date="%B %d, %Y")
    entry = delivery("2026-11-22 22:30", settings=settings)

    assert ">taken back 23:50 by" in render(settings, struck(entry, "2026-11-22 22:50"))
    assert ">taken back November 23, 2026 00:10 by" in render(settings, struck(entry, "2026-11-22 23:10"))


def test_an_amended_entry_says_the_new_text_and_has_an_anchor_of_the_last_change() -> None:
    first = amended(delivery("2026-11-22 14:30", "restarted"), "2026-11-22 14:35", "rebooted")
    second = amended(first, "2026-11-22 14:36", "stopped")
    back = struck(second, "2026-11-22 14:37", "no")
    line = f'* <span id="{ID}">[[#{ID}|14:30]]</span> alice: '
    taken_back = '<small id="undo-20261122143700-0001">taken back 14:37 by alice: no</small>'

    assert render(PageSettings(), first) == f'{line}rebooted<span id="amend-20261122143500-0001"></span>'
    assert render(PageSettings(), second) == f'{line}stopped<span id="amend-20261122143600-0001"></span>'
    assert render(PageSettings(), back) == f"{line}<s>stopped</s> {taken_back}"
    assert render(PageSettings(), amended(back, "2026-11-22 14:38", "left")) == (
        f'{line}<s>left</s> {taken_back}<span id="amend-20261122143800-0001"></span>'
    )


@pytest.mark.parametrize("template", FORMS)
def test_a_change_stands_in_every_form_of_entry(template: str) -> None:
    settings = PageSettings(entry=template)
    back = struck(delivery("2026-11-22 14:30", "a=b"), "2026-11-22 14:35", "c=d|e}}")
    both = amended(back, "2026-11-22 14:36", "f=g")

    assert ids_standing(render(settings, back), settings) == {ID, back.id}
    assert ids_standing(render(settings, both), settings) == {ID, back.id, both.id}


FORGED = "undo-20261122143500-0009"


@pytest.mark.parametrize("template", FORMS)
@pytest.mark.parametrize(
    "typed", [FORGED, f'id="{FORGED}"', f"id={FORGED}", f"|id={FORGED}", f"{{{{x|{FORGED}}}}}", f"<i id={FORGED}>"]
)
def test_nobody_can_type_the_anchor_of_a_change(template: str, typed: str) -> None:
    entry = delivery("2026-11-22 14:30", typed, author=typed)
    back = struck(entry, "2026-11-22 14:35", typed, author=typed)
    settings = PageSettings(entry=template)

    assert ids_anchored(render(settings, entry)) == {ID}
    assert ids_anchored(render(settings, back)) == {ID, back.id}


@given(st.text(), st.text(), st.text())
def test_a_changed_entry_is_one_line_whatever_is_typed(message: str, reason: str, author: str) -> None:
    back = struck(delivery("2026-11-22 14:30", message, author=author), "2026-11-22 14:35", reason, author=author)
    line = render(PageSettings(), back)

    assert line.splitlines() == [line]
    assert unicodedata.normalize("NFC", line) == line
    assert ids_anchored(line) == {ID, back.id}
    assert line.count("<s>") == line.count("</s>") == line.count("<small ") == line.count("</small>") == 1


def test_the_reason_and_whoever_gives_it_are_inert() -> None:
    back = struck(delivery("2026-11-22 14:30"), "2026-11-22 14:35", "</small> {{x}} [[y]]", author="<s> T1")

    assert render(PageSettings(), back).endswith(
        ">taken back 14:35 by &lt;s&gt; T1: &lt;/small&gt; &#123;&#123;x&#125;&#125; [[:y]]</small>"
    )


# --- the wiki and the summary -------------------------------------------------------------------------------------


def test_the_wiki_rewrites_substitutions_signatures_and_pipe_tricks() -> None:
    assert not rewritten(PageSettings())
    for template in (
        "{{safesubst:x|id={id}}}",
        "{{SUBST:x|id={id}}}",
        '<span id="{id}"> ~~~~~',
        '<span id="{id}"> [[A (b)|]]',
    ):
        assert rewritten(PageSettings(entry=template))


def test_a_summary_says_the_batch_and_who_logged_what() -> None:
    restarted = delivery("2026-11-22 14:30", "restarted the web service")
    rebooted = delivery("2026-11-22 14:31", "rebooted i-1", author="bob")

    assert summary("7f3a", [restarted]) == "alice: restarted the web service [b:7f3a]"
    again = delivery("2026-11-22 14:30", "restarted the web service", number=2)
    assert summary("7f3a", [restarted, again]) == (
        "alice: restarted the web service; restarted the web service [b:7f3a]"
    )
    assert summary("7f3a", [restarted, rebooted]) == (
        "alice, bob: restarted the web service (alice); rebooted i-1 (bob) [b:7f3a]"
    )


def test_a_summary_is_cut_at_500_code_points_and_keeps_the_batch() -> None:
    text = summary("7f3a9c01", [delivery("2026-11-22 14:30", "🦀" * 499, author="al")])

    assert len(text) == 500
    assert text.startswith("al: 🦀")
    assert text.endswith("🦀… [b:7f3a9c01]")


@given(st.text(), st.text())
def test_a_summary_has_room_for_the_batch_as_the_wiki_counts_it(message: str, author: str) -> None:
    said = delivery("2026-11-22 14:30", message * 40, author=author)
    text = unicodedata.normalize("NFC", summary("7f3a9c01", [said, said]))

    assert len(text) <= 500
    assert text.endswith(" [b:7f3a9c01]")
    assert text.count("[b:") == 1


def test_nobody_can_speak_of_a_batch_in_a_summary() -> None:
    text = summary("7f3a", [delivery("2026-11-22 14:30", "x [b:0000] [[b:0001]", author="[b:0002]")])

    assert text == "[\u2060b:0002]: x [\u2060b:0000] [\u2060[\u2060b:0001] [b:7f3a]"


def test_nothing_in_a_summary_is_alive() -> None:
    text = summary("7f3a", [delivery("2026-11-22 14:30", "[[x]] /* y */ &#x202E; &lt; a & b [[[z]]]")])

    assert "[[" not in text
    assert "/*" not in text
    assert "&#" not in text
    assert "&lt;" not in text
    assert "a & b" in text
    assert text.replace("\u2060", "") == "alice: [[x]] /* y */ &#x202E; &lt; a & b [[[z]]] [b:7f3a]"


@given(st.text(alphabet="[]/*&#x2;lt a"))
def test_a_summary_without_its_joiners_is_what_was_typed(message: str) -> None:
    text = summary("7f3a", [delivery("2026-11-22 14:30", message)])

    assert "[[" not in text
    assert "/*" not in text
    assert text.replace("\u2060", "") == f"alice: {message.strip()} [b:7f3a]"


def test_a_summary_says_who_took_back_and_amended_what() -> None:
    entry = delivery("2026-11-22 14:30", "restarted")
    other = delivery("2026-11-22 14:31", "rebooted", number=2)
    back = struck(entry, "2026-11-22 14:35", "wrong", author="bob")
    new = amended(other, "2026-11-22 14:36", "stopped")

    assert summary("7f3a", [back]) == "bob: taken back: restarted [b:7f3a]"
    assert summary("7f3a", [new]) == "alice: amended: stopped [b:7f3a]"
    assert summary("7f3a", [back, new, delivery("2026-11-22 14:37", "x", number=3)]) == (
        "bob, alice: taken back: restarted (bob); amended: stopped (alice); x (alice) [b:7f3a]"
    )
    assert summary("7f3a", [back, amended(back, "2026-11-22 14:38", "stopped")]) == (
        "alice: amended: stopped [b:7f3a]"
    ), "the last change of an entry says it"


def test_a_summary_never_says_what_was_amended_before_it_was_written() -> None:
    new = amended(delivery("2026-11-22 14:30", "my password is x"), "2026-11-22 14:31", "restarted")
    entry = replace(new, number=1, change=None)

    for several in ([entry], [entry, new], [new, entry]):
        assert summary("7f3a", several) == "alice: restarted [b:7f3a]"


def test_an_entry_that_arrives_struck_is_said_to_be() -> None:
    back = struck(delivery("2026-11-22 14:30", "restarted"), "2026-11-22 14:31", author="bob")
    entry = replace(back, number=1, change=None)

    assert summary("7f3a", [entry, back]) == "alice: taken back: restarted [b:7f3a]"


@given(st.text(), st.text())
def test_a_summary_of_changes_has_room_for_the_batch(text: str, author: str) -> None:
    new = amended(delivery("2026-11-22 14:30", text), "2026-11-22 14:31", text * 40, author=author)
    said = unicodedata.normalize("NFC", summary("7f3a9c01", [new]))

    assert len(said) <= 500
    assert said.endswith(" [b:7f3a9c01]")
    assert said.count("[b:") == 1
