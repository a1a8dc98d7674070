"""Who may log, whose lines are ignored and how much one may say: as it is written, and what is wrong with it."""

from __future__ import annotations

import pytest

from labsbot.settings import Access, Channel, Limit, Listed, Rule, Who

from .conftest import RIGHT, Read, Refused, channel, instead, sources, with_line

ALICE = Rule(Who.ACCOUNT, "alice")
EVERYBODY = Rule(Who.HOSTMASK, "*!*@*")


def only(read: Read, text: str) -> Channel:
    (channel,) = read(text).settings.networks[0].channels
    return channel


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("alice", ALICE),
        ("account:alice", ALICE),
        ("account:op", Rule(Who.ACCOUNT, "op")),
        ("no", Rule(Who.ACCOUNT, "no")),
        ("'[away]^'", Rule(Who.ACCOUNT, "[away]^")),
        ("op", Rule(Who.OP)),
        ("voice", Rule(Who.VOICE)),
        ("registered", Rule(Who.REGISTERED)),
        ("'*!*@*'", EVERYBODY),
        ("'a?!~x@user/alice'", Rule(Who.HOSTMASK, "a?!~x@user/alice")),
        ("'*!*@2001:db8::*'", Rule(Who.HOSTMASK, "*!*@2001:db8::*")),
    ],
)
def test_a_rule_is_an_account_a_hostmask_or_one_of_the_words(read: Read, written: str, rule: Rule) -> None:
    assert only(read, channel(f"allow: [{written}]")).access == Access(allow=(rule,))
    assert only(read, channel(f"deny: {written}")).access == Access(deny=(rule,))
    assert only(read, channel(f"ignore: {written}")).ignore == (rule,)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("x@y", "this is no hostmask, expected nick!user@host, with * and ? where it may be anything"),
        ("'*!*@*!x'", "this is no hostmask, expected nick!user@host, with * and ? where it may be anything"),
        ("'a!b@'", "this is no hostmask, expected nick!user@host, with * and ? where it may be anything"),
        ("'a b!c@d'", "this is no hostmask, expected nick!user@host, with * and ? where it may be anything"),
        ("'a*'", "expected an account, nick!user@host, members, op, voice or registered"),
        ("group:x", "expected an account, nick!user@host, members, op, voice or registered"),
        ("a b", "expected an account, nick!user@host, members, op, voice or registered"),
        ("'account:a*'", "expected the name of a services account"),
        ("''", "expected a text, found an empty one"),
        ("ops", "expected “op”, or “account:ops” if that is somebody's account"),
        ("Registered", "expected “registered”, or “account:Registered” if that is somebody's account"),
        ("{a: b}", "expected a text, found keys with values"),
    ],
)
def test_what_is_no_rule_is_told_at_its_place(refused: Refused, written: str, words: str) -> None:
    assert refused(channel(f"allow: [{written}]")) == [f"7:25: irc.libera.channels.#labs.allow[0]: {words}"]
    if not written.startswith("{"):
        assert refused(channel(f"deny: {written}")) == [f"7:23: irc.libera.channels.#labs.deny: {words}"]


def test_a_hostmask_without_quotes_is_explained(refused: Refused) -> None:
    words = 'this is not YAML: a word that begins with * must be in quotes, such as "*!*@example.org"'
    assert refused(channel("allow: [*!*@host]")) == [f"7:25: {words}"]
    assert refused(RIGHT + "deny:\n  - *!*@host/x\n") == [f"13:5: {words}"]
    assert refused(RIGHT + "deny: *\n") == [f"12:7: {words}"]
    (problem,) = refused(channel("allow: [a?!*@host]"))
    assert problem.endswith("; put a text with [ ] { } ? in quotes")


def test_the_nearest_allow_and_refusal_and_limit_hold_while_deny_and_ignore_add_up(read: Read) -> None:
    text = """\
journal: j
allow: [registered]
deny: [d1, d2]
refusal: top
ignore: i1
limit: {lines: 10}
irc:
  one:
    server: a
    nick: labsbot
    deny: d3
    limit: {per: 2m}
    channels:
      "#far": {}
      "#near": {allow: ["*!*@*"], deny: [d4, d1], refusal: near, ignore: [i2, i1], limit: {lines: 1, per: 1h}}
  two: {server: a, nick: labsbot, allow: op, channels: ["#top"]}
wiki: {folder: pages}
projects: {list: [tools]}
"""
    one, two = read(text).settings.networks
    (far, near), (top,) = one.channels, two.channels
    d1, d2, d3, d4, i1, i2 = (Rule(Who.ACCOUNT, name) for name in ("d1", "d2", "d3", "d4", "i1", "i2"))
    assert far.access == Access((Rule(Who.REGISTERED),), (d1, d2, d3), "top")
    assert near.access == Access((EVERYBODY,), (d1, d2, d3, d4), "near")
    assert top.access == Access((Rule(Who.OP),), (d1, d2), "top")
    assert (far.ignore, near.ignore) == ((i1,), (i1, i2))
    assert (far.limit, near.limit, top.limit) == (Limit(60, 120), Limit(1, 3600), Limit(10, 60))


@pytest.mark.parametrize(("size", "number"), [("900", 900), ("64 KB", 64_000), ("64KB", 64_000), ("2 MB", 2_000_000)])
def test_how_much_may_be_on_the_page_is_a_size(read: Read, size: str, number: int) -> None:
    limit = only(read, channel(f"limit: {{bytes: {size}, relay: 7}}")).limit
    assert (limit, limit.relay_lines, limit.relay_bytes) == (Limit(60, 60, 7, number), 7, 4 * number)


def test_a_source_and_a_project_have_a_gate_of_their_own(read: Read) -> None:
    text = sources(
        """\
  - list:
      tools: {allow: [op], refusal: ask an operator}
      bots: {deny: alice}
    allow: [registered]
  - {any: x, deny: ['*!*@*.example.net']}"""
    )
    listed, any_name = only(read, text).projects
    assert isinstance(listed.origin, Listed)
    tools, bots = listed.origin.projects
    assert tools.access == Access(allow=(Rule(Who.OP),), refusal="ask an operator")
    assert bots.access == Access(deny=(ALICE,))
    assert listed.access == Access(allow=(Rule(Who.REGISTERED),))
    assert any_name.access == Access(deny=(Rule(Who.HOSTMASK, "*!*@*.example.net"),))


def test_what_a_project_says_stands_within_what_its_source_says() -> None:
    source = Access(allow=(Rule(Who.REGISTERED),), deny=(ALICE,), refusal="outer")
    assert Access().within(source) == source
    assert source.within(Access()) == source
    bob = Rule(Who.ACCOUNT, "bob")
    assert Access(deny=(bob,)).within(source) == Access((Rule(Who.REGISTERED),), (ALICE, bob), "outer")
    assert Access(allow=(bob,), refusal="inner").within(source) == Access((bob,), (ALICE,), "inner")


# --- rules that name nobody ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            channel("allow: []"),
            "7:24: irc.libera.channels.#labs.allow: is empty, so nobody could log: "
            "expected somebody, or “*!*@*” for everybody",
        ),
        (
            channel("allow: [op, members]"),
            "7:29: irc.libera.channels.#labs.allow[1]: nobody says who the members are, "
            "expected a source of projects that does in #labs, or another rule",
        ),
        (
            with_line("nick:", "    allow: members"),
            "6:12: irc.libera.allow: nobody says who the members are, "
            "expected a source of projects that does in #labs, or another rule",
        ),
        (
            sources("  - any: x\n  - pages: 'x{project}'\n  - category: X") + "allow: members\n",
            "14:8: allow: nobody says who the members are, "
            "expected a source of projects that does in #labs, or another rule",
        ),
        (
            sources("  - {any: x, allow: [members]}\n  - groups: x"),
            "11:22: projects[0].allow[0]: nobody says who the members are, "
            "expected a source that does, or another rule",
        ),
        (
            sources("  list: {tools: {allow: members}, bots: {members: x}}"),
            "11:25: projects.list.tools.allow: nobody says who the members are, expected “members” beside it",
        ),
        (
            channel("ignore: [alice, members]"),
            "7:33: irc.libera.channels.#labs.ignore[1]: lines are ignored whatever their project: "
            "expected an account, nick!user@host, op, …",
        ),
        (
            channel("limit: {lines: 0}"),
            "7:32: irc.libera.channels.#labs.limit.lines: expected a number from 1 to 999999",
        ),
        (
            channel("limit: {lines: 5, per: 0s}"),
            "7:40: irc.libera.channels.#labs.limit.per: expected a duration above zero, such as 500ms, 30s, 5m, 2h or"
            " 7d",
        ),
        (channel("limit: 5"), "7:24: irc.libera.channels.#labs.limit: expected keys with values, found a text"),
        (channel("refusal: ''"), "7:26: irc.libera.channels.#labs.refusal: expected a text, found an empty one"),
        (
            channel('refusal: "a\\nb"'),
            "7:26: irc.libera.channels.#labs.refusal: expected one line, without tabs and control characters",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_a_mistake(refused: Refused, text: str, problem: str) -> None:
    assert refused(text) == [problem]


@pytest.mark.parametrize(
    "known",
    [
        "  list: {tools: {members: alice}}",
        "  list: {tools: {members: []}}",
        "  - any: x\n  - groups: x",
        "  ldap: {url: 'ldaps://x', base: 'dc=x'}",
        "  keystone: {url: 'https://x/', user: x, password: {env: S}}",
    ],
)
def test_members_may_log_where_some_source_knows_them(read: Read, known: str) -> None:
    assert only_allowed(read, sources(known) + "allow: members\n") == (Rule(Who.MEMBERS),)


def only_allowed(read: Read, text: str) -> tuple[Rule, ...]:
    (channel,) = read(text, S="s").settings.networks[0].channels
    return channel.access.allow


def test_members_are_looked_for_in_the_sources_of_each_channel(refused: Refused) -> None:
    text = instead('"#labs": {}', '"#labs": {}\n      "#ops": {projects: {any: x}}').replace(
        "tools: {}", "tools: {members: a}"
    )
    assert refused(text + "allow: members\n") == [
        "13:8: allow: nobody says who the members are, expected a source of projects that does in #ops, or another rule"
    ]


@pytest.mark.parametrize("key", ["allow", "deny", "ignore"])
def test_a_rule_that_stands_in_one_list_twice_is_warned_of(read: Read, key: str) -> None:
    (warning,) = read(channel(f"{key}: [alice, '*!*@*', account:Alice]")).warnings
    assert (warning.line, warning.path) == (7, f"irc.libera.channels.#labs.{key}[2]")
    assert "twice" in warning.message
