"""Logging by HTTP in the configuration: where to listen, and who may log what."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.config import load
from labsbot.settings import Limit, Server, SystemdSocket, WebToken
from tests.config.conftest import RIGHT, Read, Refused, example_in_full

HASH, OTHER = "9f" * 32, "ab" * 32


def web(keys: str, listen: str = "127.0.0.1:8080", url: str = "https://logs.example.org") -> str:
    return RIGHT + f'web:\n  listen: "{listen}"\n  url: {url}\n  tokens: {{{keys}}}\n'


def test_without_it_nothing_is_taken_by_http(read: Read) -> None:
    assert read(RIGHT).settings.web is None


def test_a_token_is_its_hash_with_what_it_may(read: Read) -> None:
    keys = f"deploy: {{sha256: {HASH.upper()}, projects: [tools, bots], limit: {{lines: 600}}, as: Deploy}}"
    loaded = read(web(f"{keys}, ci: {{sha256: {OTHER}, projects: all, as: any}}"))
    found = loaded.settings.web
    assert (found.listen, found.url) == (Server("127.0.0.1", 8080), "https://logs.example.org/")
    assert found.tokens == (
        WebToken("deploy", HASH, ("tools", "bots"), Limit(lines=600, relay=600), "Deploy"),
        WebToken("ci", OTHER, any_author=True),
    )
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("listen", "server"), [("[::1]:80", Server("::1", 80)), ("localhost:80", Server("127.0.0.1", 80))]
)
def test_it_listens_at_an_address_of_this_machine(read: Read, listen: str, server: Server) -> None:
    assert read(web("", listen)).settings.web.listen == server


def test_it_listens_at_a_unix_socket_or_at_one_of_systemd(read: Read, tmp_path: Path) -> None:
    assert read(web("", "unix:web.sock")).settings.web.listen == tmp_path / "web.sock"
    assert read(web("", "systemd")).settings.web.listen == SystemdSocket()


def test_an_address_that_others_reach_is_warned_of(read: Read) -> None:
    (warning,) = read(web("", "0.0.0.0:8080")).warnings
    assert "13:11: web.listen: tokens come here in plain text: listen on 127.0.0.1" in str(warning)


LISTEN = "expected an address with a port, such as 127.0.0.1:8080, unix:/run/labsbot/web.sock, or systemd"
NO_HASH = "expected the SHA-256 of a token, 64 hexadecimal digits, as `labsbot token new` prints it"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RIGHT + "web: {}\n", "12:1: web.listen: is missing"),
        (RIGHT + "web: {}\n", "12:1: web.url: is missing"),
        (web("", "8080"), f"13:11: web.listen: {LISTEN}"),
        (web("", "127.0.0.1:0"), f"13:11: web.listen: {LISTEN}"),
        (web("", "logs.example:80"), "13:11: web.listen: expected an address of this machine in digits, such as …"),
        (web("", "unix:"), "13:11: web.listen: expected a text, found an empty one"),
        (web("", url="http://logs.example/"), "14:8: web.url: http would send the password in plain text, …"),
        (web("deploy: {projects: all}"), "15:12: web.tokens.deploy.sha256: is missing"),
        (web(f"deploy: {{sha256: {HASH}}}"), "15:12: web.tokens.deploy.projects: is missing"),
        (web("deploy: {sha256: labsbot_x, projects: all}"), f"15:29: web.tokens.deploy.sha256: {NO_HASH}"),
        (
            web(f"deploy: {{sha256: {HASH}, projects: []}}"),
            "15:105: web.tokens.deploy.projects: is empty, so nothing could be logged: expected projects, or all",
        ),
        (
            web(f"deploy: {{sha256: {HASH}, projects: [tools, tols]}}"),
            "15:113: web.tokens.deploy.projects[1]: there is no such project, did you mean “tools”?",
        ),
        (
            web(f"deploy: {{sha256: {HASH}, projects: tols}}"),
            "15:105: web.tokens.deploy.projects: there is no such project, did you mean “tools”?",
        ),
        (
            web(f"a: {{sha256: {HASH}, projects: all}}, b: {{sha256: {HASH}, projects: all}}"),
            "15:118: web.tokens.b.sha256: “a” has the same, expected a token for each",
        ),
        (
            web(f"a: {{sha256: {HASH}, projects: [{{b: c}}]}}"),
            "15:101: web.tokens.a.projects[0]: expected a text, found",
        ),
        (
            web(f'"a b": {{sha256: {HASH}, projects: all}}'),
            '15:12: web.tokens."a b": expected a name of letters, digits and . _ -, such as deploy',
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(refused: Refused, text: str, problem: str) -> None:
    begin, _, more = problem.partition("…")
    assert not more
    assert any(line.startswith(begin) for line in refused(text)), refused(text)


def test_the_annotated_example_is_right(tmp_path: Path) -> None:
    found = load(example_in_full(tmp_path), {"LABSBOT_SASL_PASSWORD": "x"}, None).settings.web
    assert [token.name for token in found.tokens] == ["deploy"]


# --- who is shown what ---


def test_nothing_is_private_and_nobody_is_believed_unless_it_is_said(read: Read) -> None:
    found = read(web("")).settings.web
    assert (found.private, found.trusted) == ((), None)


def test_a_token_for_all_is_for_private_projects_only_where_it_names_them(read: Read) -> None:
    keys = f"a: {{sha256: {HASH}, projects: all}}, b: {{sha256: {OTHER}, projects: [all, tools]}}"
    found = read(web(keys) + "  private: tools\n").settings.web
    assert found.private == ("tools",)
    assert [(each.projects, each.private) for each in found.tokens] == [(None, ()), (None, ("tools",))]


def test_a_proxy_is_believed_by_its_address_or_by_our_socket(read: Read) -> None:
    far = read(web("") + "  trusted: {from: [10.0.0.5, 10.1.0.0/16], header: X-User}\n")
    trusted = far.settings.web.trusted
    assert trusted.header == "X-User"
    assert [trusted.is_at(host) for host in ("10.0.0.5", "::ffff:10.1.2.3", "10.0.0.6", "nonsense", None)] == [
        *(True, True, False, False, False)
    ]
    assert far.warnings == ()
    near = read(web("", "unix:web.sock") + "  trusted: {from: socket}\n").settings.web.trusted
    assert (near.is_at(None), near.is_at("127.0.0.1"), near.header) == (True, False, "X-Remote-User")


def test_a_proxy_that_every_account_could_play_is_warned_of(read: Read) -> None:
    (warning,) = read(web("") + "  trusted: {from: 127.0.0.1}\n").warnings
    assert "web.trusted.from: every account of this machine" in str(warning)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (web("") + "  private: [tols]\n", "web.private[0]: there is no such project, did you mean “tools”?"),
        (web("") + "  trusted: {}\n", "web.trusted.from: is missing"),
        (web("") + "  trusted: {from: socket}\n", "web.trusted.from: we listen at no Unix socket"),
        (web("") + "  trusted: {from: nonsense}\n", "expected an address or a network such as 10.0.0.0/8"),
        (web("") + "  trusted: {from: 10.0.0.5, header: 'a b'}\n", "web.trusted.header: expected the name of a header"),
        (web(f"a: {{sha256: {HASH}, projects: [all, tools]}}"), "“tools” is one of all, expected private projects"),
    ],
)
def test_what_is_wrong_about_who_is_shown_what_is_told(refused: Refused, text: str, problem: str) -> None:
    assert any(problem in line for line in refused(text)), refused(text)
