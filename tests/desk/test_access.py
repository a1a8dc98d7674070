"""Who may log: a table of rules and people, and what holds for all rules and all people."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.desk.access import Allowed, Denied, Membership, Scope, Unproven, Verdict, judge, listed
from labsbot.model import Sender
from labsbot.settings import Access, Rule, Who
from labsbot.text.irc_names import matches
from tests.vectors import vectors_in

TABLE: list[dict[str, Any]] = vectors_in(__file__, "access.yaml")
VERDICTS = {"allowed": Allowed, "denied": Denied, "unproven": Unproven}


def rule(text: str) -> Rule:
    if text in {"members", "op", "voice", "registered"}:
        return Rule(Who(text))
    return Rule(Who.HOSTMASK if "!" in text else Who.ACCOUNT, text)


def verdict_on(row: dict[str, Any], replayed: bool) -> Verdict:
    nick, _, rest = row.get("sender", "alice!u@h").partition("!")
    user, _, host = rest.partition("@")
    account = row.get("account")
    members = frozenset(row["members"]) if "members" in row else None
    return judge(
        Access(tuple(map(rule, row.get("allow", ()))), tuple(map(rule, row.get("deny", ()))), row.get("refusal")),
        # a history never tells a rank
        Sender(nick, user, host, account, ranks="" if replayed else row.get("ranks", "")),
        replayed,
        Membership("tools", members, row.get("name", account)),
        Scope(row.get("gate", "channel")),
    )


@pytest.mark.parametrize("row", TABLE, ids=[row["why"] for row in TABLE])
def test_who_may_log_now(row: dict[str, Any]) -> None:
    verdict = verdict_on(row, replayed=False)
    assert type(verdict) is VERDICTS[row["verdict"]]
    if isinstance(verdict, Denied) and "says" in row:
        begun = row["says"].removesuffix("…")
        assert verdict.reason == begun if begun == row["says"] else verdict.reason.startswith(begun)


@pytest.mark.parametrize("row", [row for row in TABLE if "replayed" in row], ids=lambda row: row["why"])
def test_whose_line_counts_when_it_is_repeated(row: dict[str, Any]) -> None:
    assert type(verdict_on(row, replayed=True)) is VERDICTS[row["replayed"]]


def test_a_line_that_proves_nothing_is_to_be_said_again() -> None:
    verdict = judge(Access((rule("alice"),)), Sender("alice"), True, Membership("tools", None, None), Scope.CHANNEL)
    assert isinstance(verdict, Unproven)
    assert "while I was away" in verdict.reason
    assert "say it again" in verdict.reason


NAMES = st.sampled_from(["alice", "Alice", "bob", "al[m]", "al{m}", "ALICE"])
RULES = st.one_of(
    st.builds(Rule, st.just(Who.ACCOUNT), NAMES),
    st.builds(Rule, st.just(Who.HOSTMASK), st.sampled_from(["*!*@*", "alice!*@*", "*!u@?", "*!*@other", "b*!*@h"])),
    st.builds(Rule, st.sampled_from([Who.MEMBERS, Who.OP, Who.VOICE, Who.REGISTERED])),
)
MANY = st.lists(RULES, max_size=4).map(tuple)
SENDERS = st.builds(
    Sender,
    NAMES,
    st.just("u"),
    st.sampled_from(["h", "other"]),
    st.none() | NAMES,
    st.just(False),
    st.text("~&@%+", max_size=2),
)
MEMBERS = st.none() | st.frozensets(NAMES)


def asked(access: Access, sender: Sender, replayed: bool, members: frozenset[str] | None) -> Verdict:
    return judge(access, sender, replayed, Membership("tools", members, sender.account), Scope.CHANNEL)


@given(MANY, MANY, SENDERS, MEMBERS, st.integers(0, 4))
def test_a_deny_wins_over_every_allow(
    allow: tuple[Rule, ...], deny: tuple[Rule, ...], sender: Sender, members: frozenset[str] | None, place: int
) -> None:
    """Wherever in the list it stands; and an allow cannot take it back."""
    everybody = Rule(Who.HOSTMASK, "*!*@*")
    among = (*deny[:place], everybody, *deny[place:])
    assert isinstance(asked(Access((*allow, everybody), among), sender, False, members), Denied)
    assert isinstance(asked(Access((*allow, everybody), among), sender, True, members), Denied)


@given(MANY, MANY, RULES, SENDERS, MEMBERS)
def test_one_more_deny_lets_nobody_in(
    allow: tuple[Rule, ...], deny: tuple[Rule, ...], more: Rule, sender: Sender, members: frozenset[str] | None
) -> None:
    before = asked(Access(allow, deny), sender, False, members)
    after = asked(Access(allow, (*deny, more)), sender, False, members)
    assert isinstance(before, Allowed) or isinstance(after, Denied)


@given(MANY, MANY, SENDERS, MEMBERS)
def test_a_repeated_line_is_never_taken_which_would_have_been_refused_live(
    allow: tuple[Rule, ...], deny: tuple[Rule, ...], sender: Sender, members: frozenset[str] | None
) -> None:
    """A history that forgets account and ranks must not open a door; neither must it close one for good."""
    live = asked(Access(allow, deny), sender, False, members)
    bare = Sender(sender.nick, sender.user, sender.host)
    forgetful = asked(Access(allow, deny), bare, True, members)
    assert type(forgetful) in (type(live), Unproven)


@given(MANY, MANY, SENDERS, MEMBERS)
def test_a_line_that_is_said_now_is_never_in_doubt(
    allow: tuple[Rule, ...], deny: tuple[Rule, ...], sender: Sender, members: frozenset[str] | None
) -> None:
    verdict = asked(Access(allow, deny), sender, False, members)
    assert not isinstance(verdict, Unproven)
    if isinstance(verdict, Denied):
        assert verdict.reason[0].islower()
        assert len(verdict.reason) < 300
        assert not any(unicodedata.category(character) == "Cc" for character in verdict.reason)


@pytest.mark.parametrize(
    ("rules", "sender", "replayed", "expected"),
    [
        ((), Sender("alice"), False, False),
        (("spam",), Sender("alice", account="Spam"), False, True),
        (("spam",), Sender("spam"), False, False),
        (("spam",), Sender("spam"), True, None),
        (("spam", "*!*@h"), Sender("spam", "u", "h"), True, True),
        (("*!*@h",), Sender("spam", "u", "H"), False, True),
        (("*!*@h",), Sender("spam", "u", "g"), True, False),
        (("registered",), Sender("alice", account="alice"), False, True),
        (("op",), Sender("alice", ranks="@"), False, True),
        (("voice",), Sender("alice", ranks="@"), False, True),
        (("op",), Sender("alice"), True, None),
        (("members",), Sender("alice", account="alice"), True, False),
    ],
)
def test_whose_lines_are_ignored(rules: tuple[str, ...], sender: Sender, replayed: bool, expected: bool | None) -> None:
    assert listed([rule(text) for text in rules], sender, replayed) is expected


@pytest.mark.parametrize(
    ("glob", "hostmask", "expected"),
    [
        ("*!*@*", "alice!u@h", True),
        ("alice!*@*", "ALICE!u@h", True),
        ("a[b]\\^!*@*", "A{B}|~!u@h", True),
        ("a{b}|~!*@*", "A[B]\\^!u@h", True),
        ("[ab]!*@*", "a!u@h", False),
        ("[!a]!*@*", "b!u@h", False),
        ("a?ice!*@*", "alice!u@h", True),
        ("a?lice!*@*", "alice!u@h", False),
        ("alice!*@*.org", "alice!u@a.org", True),
        ("alice!*@*.org", "alice!u@a.org.evil", False),
        ("alice!*@h.org", "alice!u@hxorg", False),
        ("lice!*@*", "alice!u@h", False),
        ("*!*@h", "alice!u@h\n", False),
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("?", "", False),
        ("Ä!*@*", "ä!u@h", False),
    ],
)
def test_a_mask_means(glob: str, hostmask: str, expected: bool) -> None:
    assert matches(glob, hostmask) is expected


def meant(glob: str, text: str) -> bool:
    """The rules of a mask, one sign at a time."""
    rows = [True] + [False] * len(text)
    for sign in glob:
        if sign == "*":
            rows = [any(rows[: place + 1]) for place in range(len(rows))]
        else:
            rows = [False, *(rows[place] and sign in ("?", text[place]) for place in range(len(text)))]
    return rows[-1]


@given(st.text("ab*?", max_size=10), st.text("ab", max_size=12))
def test_a_mask_means_what_its_signs_mean_one_by_one(glob: str, text: str) -> None:
    assert matches(glob, text) is meant(glob, text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_sign_but_star_and_question_mark_is_special(glob: str, text: str) -> None:
    bare = glob.replace("*", "").replace("?", "")
    assert matches(bare, bare)
    assert matches(f"*{bare}*", f"{text}{bare}{text}")


@pytest.mark.parametrize("part", ["*a", "*a?", "a*", "?*", "*aa"])
def test_a_mask_that_is_all_stars_ends(part: str) -> None:
    """With backtracking, this would take longer than the universe lasts."""
    assert not matches(part * 200 + "b", "a" * 8000)
