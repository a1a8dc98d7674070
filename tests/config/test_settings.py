"""What a right configuration becomes."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labsbot.config import load
from labsbot.settings import (
    DEFAULT_ENTRY,
    Access,
    ArchivedBy,
    ArchiveSettings,
    Author,
    Backoff,
    BotPassword,
    During,
    FolderSettings,
    Limit,
    Listed,
    MediaWikiSettings,
    NickServ,
    OAuth1,
    OAuth2,
    Order,
    PageSettings,
    Ping,
    Project,
    Proxy,
    Redirects,
    Relay,
    RelayForm,
    Replies,
    Rule,
    Sasl,
    Secret,
    Server,
    Source,
    Tls,
    Who,
    Words,
)
from labsbot.text.patterns import Pattern

from .conftest import EXAMPLES, RIGHT, Read, channel, example_in_full, instead, projects_of, with_line


def test_what_is_not_said_has_a_default(read: Read, tmp_path: Path) -> None:
    loaded = read(RIGHT)
    assert loaded.warnings == ()
    settings = loaded.settings
    assert settings.journal == tmp_path / "journal.sqlite3"
    assert settings.state == tmp_path
    assert settings.top.page == PageSettings()
    assert settings.wiki == FolderSettings(tmp_path / "pages", None)
    assert (settings.people, settings.known_secrets, settings.secrets) == ((), True, ())
    assert settings.during == During(quick=10, unknown_after=86400)
    (network,) = settings.networks
    assert (network.name, network.servers, network.tls) == ("libera", (Server("irc.libera.chat", 6697),), Tls())
    assert (network.nick, network.sasl, network.nickserv, network.robots) == ("labsbot", (), None, ())
    assert (network.backoff, network.ping) == (Backoff(1, 300), Ping(60, 120))
    assert (network.proxy, network.sts, network.relays, network.replies) == (None, Tls(), (), Replies.PRIVMSG)
    assert (network.catch_up, network.tell_gaps) == (86400, False)
    assert "!log" in network.realname
    (channel,) = network.channels
    assert (channel.name, channel.project, channel.page, channel.key) == ("#labs", None, PageSettings(), None)
    assert channel.projects == (Source(Listed((Project("tools"), Project("bots")))),)
    assert (channel.access, channel.ignore, channel.limit) == (Access(), (), Limit(60, 60))
    assert (channel.words, channel.late, channel.correct, channel.copies) == (Words(), 7 * 86400, 3600, {})


def test_the_annotated_example_is_right_and_needs_no_warning(tmp_path: Path) -> None:
    (tmp_path / "wiki-password").write_text("a long password\n")
    loaded = load(EXAMPLES / "labsbot.example.yaml", {"LABSBOT_SASL_PASSWORD": "another"}, tmp_path)
    assert loaded.warnings == ()
    settings = loaded.settings
    assert isinstance(settings.wiki, MediaWikiSettings)
    assert settings.wiki.login == BotPassword("Labsbot@labsbot", Secret("a long password"))
    assert settings.networks[0].sasl == (Sasl("PLAIN", "labsbot", Secret("another")),)
    assert settings.top.page == PageSettings()
    free, bound = settings.networks[0].channels
    assert (free.project, free.page) == (None, settings.top.page)
    assert (bound.project, bound.page.title) == ("production", "Server Admin Log")
    assert projects_of(loaded)[2] == Project("paws", (), "use jupyter instead")


def test_the_minimal_example_is_right_and_needs_no_warning() -> None:
    example = EXAMPLES / "minimal.example.yaml"
    loaded = load(example, {"LABSBOT_WIKI_PASSWORD": "secret"}, None)
    assert loaded.warnings == ()
    assert [project.name for project in projects_of(loaded)] == ["web", "mail", "db"]
    keys = [line for line in example.read_text().splitlines() if not line.startswith("#")]
    assert len(keys) <= 10


def test_every_key_that_the_annotated_example_comments_out_is_right_too(tmp_path: Path) -> None:
    """What a reader would get by removing the "# " in front of a key that has a value."""
    path = example_in_full(tmp_path)
    settings = load(path, {"LABSBOT_SASL_PASSWORD": "s"}, None).settings
    free, bound = settings.networks[0].channels
    assert (free.access.allow, bound.access.allow) == (
        (Rule(Who.REGISTERED),),
        (Rule(Who.OP), Rule(Who.ACCOUNT, "deploy-bot")),
    )
    assert (free.limit, settings.top.page.author) == (Limit(relay=Limit().relay_lines), Author.NICK)
    assert len(free.projects) == 8, "one source of each kind"
    assert (len(settings.people), len(settings.secrets), len(settings.top.page.patterns)) == (3, 1, 2)
    assert settings.top.page.heading == "Server Admin Log"
    assert settings.networks[0].channels[1].key == Secret("operations-key")
    assert settings.networks[0].password == Secret("bouncer-password")
    assert settings.networks[0].channels[1].page.order is Order.OLDEST
    assert settings.wiki == MediaWikiSettings(
        "https://wikitech.wikimedia.org/w/api.php",
        BotPassword("Labsbot@labsbot", Secret("wiki-password")),
        True,
        redirects=Redirects("Nova Resource:", ("Server Admin Log/Live",)),
        largest_edit=250_000,
    )


def test_names_stay_as_they_are_typed(read: Read) -> None:
    text = instead(
        "{tools: {}, bots: {}}", "[no, 2012, 12:30:45, 1e3, 0x1F, 1_000, Yes, off, 2026-11-22, tools.FooBar]"
    )
    assert [project.name for project in projects_of(read(text))] == [
        *("no", "2012", "12:30:45", "1e3", "0x1F", "1_000", "Yes", "off", "2026-11-22", "tools.FooBar"),
    ]


def test_names_stay_as_they_are_typed_as_keys_and_values_too(read: Read) -> None:
    text = instead("{tools: {}, bots: {}}", "{no: {aliases: [012, null.x]}, 2012: }")
    text = text.replace('"#labs": {}', '"#labs": {project: no}').replace("nick: labsbot", "nick: on")
    loaded = read(text)
    settings = loaded.settings
    assert projects_of(loaded) == (Project("no", ("012", "null.x")), Project("2012"))
    assert (settings.networks[0].nick, settings.networks[0].channels[0].project) == ("on", "no")


def test_relative_paths_count_from_the_folder_of_the_file(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    text = instead("journal: journal.sqlite3", "journal: a/b.sqlite3\nstate: /srv/x\nmetrics: m.prom")
    settings = read(text).settings
    assert (settings.journal, settings.state) == (tmp_path / "a" / "b.sqlite3", Path("/srv/x"))
    assert settings.metrics == tmp_path / "m.prom"


def test_a_list_of_channels_or_projects_is_as_good_as_keys(read: Read) -> None:
    text = instead('      "#labs": {}', '      - "#labs"\n      - "#two"').replace(
        "{tools: {}, bots: {}}", "[tools, bots]"
    )
    loaded = read(text)
    assert [channel.name for channel in loaded.settings.networks[0].channels] == ["#labs", "#two"]
    assert projects_of(loaded) == (Project("tools"), Project("bots"))


# --- servers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "servers", "tls"),
    [
        ("server: irc.example.org:7000", (Server("irc.example.org", 7000),), Tls()),
        ("server: '[2001:db8::1]:6698'", (Server("2001:db8::1", 6698),), Tls()),
        ("server: '[2001:db8::1]'", (Server("2001:db8::1", 6697),), Tls()),
        ("servers: [a, b:7000]", (Server("a", 6697), Server("b", 7000)), Tls()),
        ("server: a\n    tls: true", (Server("a", 6697),), Tls()),
        ("server: 127.0.0.1\n    tls: false", (Server("127.0.0.1", 6667),), None),
        ("server: localhost:7000\n    tls: no", (Server("localhost", 7000),), None),
        ("server: '[::1]'\n    tls: false", (Server("::1", 6667),), None),
        ("server: a\n    tls: {plain: false}", (Server("a", 6697),), Tls()),
    ],
)
def test_servers_and_their_ports(read: Read, lines: str, servers: tuple[Server, ...], tls: Tls | None) -> None:
    loaded = read(instead("server: irc.libera.chat", lines))
    assert (loaded.settings.networks[0].servers, loaded.settings.networks[0].tls) == (servers, tls)
    assert loaded.warnings == ()


def test_certificates_are_files_beside_the_configuration(read: Read, tmp_path: Path) -> None:
    for name in ("ca.pem", "bot.pem"):
        (tmp_path / name).touch()
    loaded = read(with_line("nick:", "    tls: {ca: ca.pem, certificate: bot.pem}"))
    assert loaded.settings.networks[0].tls == Tls(tmp_path / "ca.pem", tmp_path / "bot.pem")


def test_a_pinned_certificate_is_written_with_or_without_colons(read: Read) -> None:
    colons = ":".join(["AB"] * 32)
    for given in (f"'{colons}'", f"[{'ab' * 32}]", f"['{colons}', {'ab' * 32}]"):
        tls = read(with_line("nick:", f"    tls: {{fingerprints: {given}}}")).settings.networks[0].tls
        assert tls is not None
        assert set(tls.fingerprints) == {"ab" * 32}


def test_plain_text_to_anywhere_is_warned_of(read: Read) -> None:
    loaded = read(with_line("nick:", "    tls: {plain: true}"))
    assert loaded.settings.networks[0].tls is None
    assert loaded.settings.networks[0].servers == (Server("irc.libera.chat", 6667),)
    (warning,) = loaded.warnings
    assert (warning.line, warning.column, warning.path) == (6, 18, "irc.libera.tls.plain")
    assert "can be read and changed on the way" in warning.message


def test_plain_text_says_how_a_server_is_verified_that_asks_for_tls(read: Read, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    for keys, sts in (
        ("plain: true, ca: ca.pem", Tls(tmp_path / "ca.pem")),
        (f"plain: true, fingerprints: {'ab' * 32}", Tls(fingerprints=("ab" * 32,))),
        ("plain: true", Tls()),
    ):
        network = read(with_line("nick:", f"    tls: {{{keys}}}")).settings.networks[0]
        assert (network.tls, network.sts) == (None, sts)
    with_tls = read(with_line("nick:", "    tls: {ca: ca.pem}")).settings.networks[0]
    assert (with_tls.tls, with_tls.sts) == (Tls(tmp_path / "ca.pem"), Tls())


def test_durations_are_read_with_their_units(read: Read) -> None:
    text = with_line("nick:", "    backoff: {first: 500ms, most: 2h}\n    ping: {after: 1.5s, give_up: 5m}")
    network = read(text).settings.networks[0]
    assert (network.backoff, network.ping) == (Backoff(0.5, 7200), Ping(1.5, 300))


def test_how_far_back_is_caught_up_and_whether_a_gap_is_told(read: Read) -> None:
    network = read(with_line("nick:", "    catch_up: 2d\n    tell_gaps: true")).settings.networks[0]
    assert (network.proxy, network.sts, network.relays, network.replies) == (None, Tls(), (), Replies.PRIVMSG)
    assert (network.catch_up, network.tell_gaps) == (172800, True)


def test_logins_are_one_or_several_in_their_order(read: Read, tmp_path: Path) -> None:
    (tmp_path / "bot.pem").touch()
    text = with_line(
        "nick:",
        """\
    tls: {certificate: bot.pem}
    sasl:
      - {mechanism: EXTERNAL, authzid: boss}
      - {mechanism: SCRAM-SHA-256, account: bot, password: {env: S}}
      - {account: bot, password: {env: S}}""",
    )
    assert read(text, S="s").settings.networks[0].sasl == (
        Sasl("EXTERNAL", "", None, "boss"),
        Sasl("SCRAM-SHA-256", "bot", Secret("s")),
        Sasl("PLAIN", "bot", Secret("s")),
    )


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:9050", "http://proxy.example.org:3128", "http://[::1]:3128"])
def test_a_proxy_is_an_address_and_may_have_a_login(read: Read, address: str) -> None:
    for line, proxy in (
        (address, Proxy(address)),
        (f"{{url: '{address}'}}", Proxy(address)),
        (f"{{url: '{address}', user: u, password: {{env: S}}}}", Proxy(address, "u", Secret("s3cret"))),
    ):
        loaded = read(with_line("nick:", f"    proxy: {line}"), S="s3cret")
        assert loaded.settings.networks[0].proxy == proxy
        assert "s3cret" not in repr(loaded)


def test_a_relay_can_have_a_form_of_the_operators_own(read: Read) -> None:
    form = "(?P<name>[^:]+): (?P<text>.*)"
    network = read(with_line("nick:", f"    relays: {{x: {{form: '{form}'}}}}")).settings.networks[0]
    assert network.relays == (Relay("x", Pattern(form)),)


@pytest.mark.parametrize(
    ("top", "here", "word"),
    [("", "", None), ("!help", "", "!help"), ("!help", "no", None), ("false", "?labsbot", "?labsbot")],
)
def test_the_nearest_word_for_help_holds(read: Read, top: str, here: str, word: str | None) -> None:
    nearest = f'    commands: {{help: "{here}"}}\n' if here else ""
    text = with_line("nick:", f"{nearest}    realname: x") + (f'commands: {{help: "{top}"}}\n' if top else "")
    assert read(text).settings.networks[0].channels[0].words.help == word


def test_what_is_typed_for_what_is_said_word_by_word_in_the_nearest_place(read: Read) -> None:
    text = instead('"#labs": {}', '"#labs": {commands: {undo: false, help: "!labs"}}\n      "#b": {}')
    text += 'commands: {log: "!slog", undo: "!sundo", last: no, sal: .sal}\n'
    labs, other = read(text).settings.networks[0].channels
    assert labs.words == Words("!slog", None, "!amend", None, ".sal", "!labs")
    assert other.words == Words("!slog", "!sundo", "!amend", None, ".sal", None)


def test_a_word_may_move_to_another_command(read: Read) -> None:
    text = channel('commands: {log: "!undo", undo: "!log"}')
    assert read(text).settings.networks[0].channels[0].words == Words("!undo", "!log")


def test_a_place_where_nothing_can_be_logged_is_warned_of(read: Read) -> None:
    loaded = read(channel("commands: {log: false}"))
    assert loaded.settings.networks[0].channels[0].words.log is None
    assert [warning.message for warning in loaded.warnings] == ["no entries are taken where this holds"]


def test_how_old_a_late_entry_may_be_and_how_long_one_can_be_corrected_is_said_nearest(read: Read) -> None:
    text = instead('"#labs": {}', '"#labs": {late: 1h}\n      "#b": {correct: 10m}') + "late: 2d\ncorrect: 2h\n"
    labs, other = read(text).settings.networks[0].channels
    assert (labs.late, labs.correct) == (3600, 7200)
    assert (other.late, other.correct) == (172800, 600)


def test_copies_are_put_over_those_farther_up_project_by_project(read: Read) -> None:
    text = instead("{tools: {}, bots: {}}", "[tools, bots, web, mail]")
    text = text.replace('"#labs": {}', '"#labs": {copies: {Tools: web, bots: []}}\n      "#b": {}')
    text += "copies: {tools: [bots, mail], bots: mail, web: [mail]}\n"
    labs, other = read(text).settings.networks[0].channels
    assert labs.copies == {"tools": ("web",), "bots": (), "web": ("mail",)}
    assert other.copies == {"tools": ("bots", "mail"), "bots": ("mail",), "web": ("mail",)}


def test_a_channel_with_other_projects_can_be_without_the_copies_said_above(read: Read) -> None:
    for here in ("projects: {list: [tools]}, copies: {tools: []}", "projects: {list: [web]}"):
        assert read(channel(here) + "copies: {tools: [bots]}\n").warnings == ()


def test_copies_of_projects_that_only_a_source_elsewhere_knows_are_right(read: Read) -> None:
    text = instead("  list: {tools: {}, bots: {}}\n", '  pages: "N:{project}"\n') + "copies: {x: [y]}\n"
    assert read(text).settings.networks[0].channels[0].copies == {"x": ("y",)}


@pytest.mark.parametrize("name", ["14:05", "-15m", "2026-11-21"])
def test_a_project_that_is_called_like_a_time_is_taken_and_warned_of(read: Read, name: str) -> None:
    loaded = read(instead("{tools: {}, bots: {}}", f'{{tools: {{}}, "{name}": {{}}}}'))
    assert projects_of(loaded)[1] == Project(name)
    (warning,) = loaded.warnings
    assert "type this as a time" in warning.message


def test_relays_say_for_whom_they_log_in_one_of_two_forms(read: Read) -> None:
    network = read(with_line("nick:", "    relays: {matrixbot: bridge, no: deploy}")).settings.networks[0]
    assert network.relays == (Relay("matrixbot", RelayForm.BRIDGE), Relay("no", RelayForm.DEPLOY))


def test_the_bot_speaks_by_notice_if_it_is_said(read: Read) -> None:
    assert read(with_line("nick:", "    replies: notice")).settings.networks[0].replies is Replies.NOTICE


def test_nickserv_knows_us_by_our_nick_unless_it_is_said(read: Read) -> None:
    for given, account in (("", "labsbot"), ("account: bot, ", "bot")):
        text = with_line("nick:", f"    nickserv: {{{given}password: {{env: S}}}}")
        assert read(text, S="s").settings.networks[0].nickserv == NickServ(account, Secret("s"))


# --- the wiki and secrets -----------------------------------------------------------------------------------------

API = "wiki: {api: 'https://w.example.org/w/api.php', "


def wiki(rest: str) -> str:
    return instead("wiki:\n  folder: pages\n", f"{API}{rest}}}\n")


def test_a_secret_may_come_from_the_environment(read: Read) -> None:
    loaded = read(wiki("user: A@b, password: {env: WIKI}"), WIKI="s3cret")
    assert loaded.settings.wiki.login == BotPassword("A@b", Secret("s3cret"))
    assert loaded.warnings == ()
    assert "s3cret" not in repr(loaded)


def test_a_secret_in_a_file_loses_its_last_line_break(read: Read, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" s3cret \n")
    loaded = read(wiki("user: A@b, password: {file: password}"))
    assert loaded.settings.wiki.login.password == Secret(" s3cret ")
    (warning,) = loaded.warnings
    assert f"{tmp_path / 'password'} has a blank before or after the secret" in str(warning)
    assert "s3cret" not in str(warning)


def test_a_byte_order_mark_is_no_part_of_a_secret(read: Read, tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xef\xbb\xbfs3cret\r\n")
    loaded = read(wiki("user: A@b, password: {file: password}"))
    assert loaded.settings.wiki.login.password == Secret("s3cret")
    assert loaded.warnings == ()


def test_the_credentials_directory_comes_before_the_folder_of_the_file(read: Read, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "password").write_text("from systemd")
    (tmp_path / "password").write_text("beside the file")
    (tmp_path / "other").write_text("beside the file")
    for name, secret in (("password", "from systemd"), ("./password", "beside the file"), ("other", "beside the file")):
        loaded = read(wiki(f"user: A@b, password: {{file: {name}}}"), credentials)
        assert loaded.settings.wiki.login.password == Secret(secret)


def test_a_secret_in_plain_text_is_warned_of_without_being_shown(read: Read) -> None:
    loaded = read(wiki("user: A@b, password: s3cret"))
    assert loaded.settings.wiki.login.password == Secret("s3cret")
    (warning,) = loaded.warnings
    assert (warning.line, warning.path) == (8, "wiki.password")
    assert "s3cret" not in str(warning)


def test_a_user_that_is_no_botpassword_is_warned_of(read: Read) -> None:
    (warning,) = read(wiki("user: Labsbot, password: {env: WIKI}"), WIKI="s").warnings
    assert "BotPassword" in warning.message


def test_both_kinds_of_oauth(read: Read) -> None:
    four = "consumer_token: a, consumer_secret: {env: S}, access_token: b, access_secret: {env: S}"
    loaded = read(wiki(f"oauth: {{{four}}}"), S="s")
    assert loaded.settings.wiki.login == OAuth1("a", Secret("s"), "b", Secret("s"))
    assert loaded.warnings == (), "the two tokens of OAuth 1 are no secrets"
    loaded = read(wiki("oauth: {access_token: {env: S}}, bot_flag: yes"), S="s")
    assert loaded.settings.wiki.login == OAuth2(Secret("s"))
    assert loaded.settings.wiki.bot_flag is True


def test_a_wiki_on_this_machine_needs_no_https(read: Read) -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        text = instead(
            "wiki:\n  folder: pages\n", f"wiki: {{api: 'http://{host}/api.php', user: A@b, password: {{env: S}}}}\n"
        )
        assert read(text, S="s").settings.wiki.api == f"http://{host}/api.php"


# --- pages --------------------------------------------------------------------------------------------------------


def test_nearer_page_settings_win_key_by_key(read: Read) -> None:
    text = """\
journal: j
page: {title: "A:{project}", order: oldest, category: Logs, time_zone: Europe/Berlin, heading: Log}
irc:
  one:
    server: a
    nick: labsbot
    page: {order: newest, category: [X, Y]}
    channels:
      "#near": {page: {title: "B:{project}", heading: null}}
      "#far": {}
  two: {server: a, nick: labsbot, channels: {"#top": {page: {level: 4}}}}
wiki: {folder: pages}
projects: {list: [tools]}
"""
    settings = read(text).settings
    berlin = ZoneInfo("Europe/Berlin")
    assert settings.top.page == PageSettings("A:{project}", "Log", Order.OLDEST, 3, "%Y-%m-%d", berlin, ("Logs",))
    near, far = settings.networks[0].channels
    assert near.page == PageSettings("B:{project}", None, Order.NEWEST, 2, "%Y-%m-%d", berlin, ("X", "Y"))
    assert far.page == PageSettings("A:{project}", "Log", Order.NEWEST, 3, "%Y-%m-%d", berlin, ("X", "Y"))
    (top,) = settings.networks[1].channels
    assert top.page == PageSettings("A:{project}", "Log", Order.OLDEST, 4, "%Y-%m-%d", berlin, ("Logs",))
    assert top.page.entry == DEFAULT_ENTRY


def test_a_level_that_is_set_farther_up_holds_below_a_heading_too(read: Read) -> None:
    text = instead('"#labs": {}', '"#labs": {page: {heading: Log}}') + "page: {level: 4}\n"
    (channel,) = read(text).settings.networks[0].channels
    assert (channel.page.heading, channel.page.level) == ("Log", 4)


def test_all_projects_on_one_page_is_warned_of_where_projects_are_named(read: Read) -> None:
    text = instead('"#labs": {}', '"#labs": {}\n      "#ops": {project: tools}') + "page: {title: Server Admin Log}\n"
    (warning,) = read(text).warnings
    assert (warning.line, warning.path) == (7, "irc.libera.channels.#labs")
    assert "{project}" in warning.message


def test_a_channel_that_was_lost_as_a_comment_is_warned_of(read: Read) -> None:
    text = with_line('"#labs"', '      #lost: {}\n      # a comment that was meant: one\n      #\n      # "#later": {}')
    (warning,) = read(text).warnings
    assert (warning.line, warning.column, warning.path) == (8, 7, "irc.libera.channels")
    assert "put it in quotes" in warning.message


def test_when_days_are_archived_is_set_key_by_key(read: Read) -> None:
    settings = read(
        channel("page: {archive: {over: 500 KB}}") + 'page: {archive: {by: month, title: "{page}/Archive {n}"}}\n'
    ).settings
    assert settings.top.page.archive == ArchiveSettings(ArchivedBy.MONTH, 1_000_000, "{page}/Archive {n}")
    (here,) = {channel.page.archive for network in settings.networks for channel in network.channels}
    assert here == ArchiveSettings(ArchivedBy.MONTH, 500_000, "{page}/Archive {n}")
