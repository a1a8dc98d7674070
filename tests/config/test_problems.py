"""What is wrong with a configuration: each place, in words, all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from labsbot.config import ConfigurationError, Problem, load
from labsbot.wikitext import days_of, heading_for, ids_anchored

from .conftest import RIGHT, Read, Refused, Write, channel, example_in_full, instead, with_line

PAGE = RIGHT + "page:\n  "
SHORT_WIKI = RIGHT.replace("wiki:\n  folder: pages\n", "wiki: {}\n")


def wiki(rest: str) -> str:
    return instead("wiki:\n  folder: pages\n", f"wiki:\n{rest}\n")


API = "  api: https://w.example.org/w/api.php\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # keys
        (RIGHT + "wikki: {}\n", "12:1: wikki: unknown key, did you mean “wiki”?"),
        (with_line("nick:", "    nik: x"), "6:5: irc.libera.nik: unknown key, did you mean “nick”?"),
        (
            with_line("nick:", "    ping: {zzz: 1s}"),
            "6:12: irc.libera.ping.zzz: unknown key, expected one of after, give_up",
        ),
        (instead("    nick: labsbot\n", ""), "3:3: irc.libera.nick: is missing"),
        (instead("journal: journal.sqlite3\n", ""), "1:1: journal: is missing"),
        (
            RIGHT + "journal: x\n",
            "12:1: journal: the key is here a second time, the first is in line 1: expected it once",
        ),
        (RIGHT + "[a]: b\n", "12:1: expected a name as key"),
        (RIGHT + "<<: {a: b}\n", "12:1: << is not supported here: write it out"),
        # not yet
        (
            instead("journal: journal.sqlite3", "journal: postgresql:///labsbot"),
            "1:10: journal: a database address is not supported yet, expected the path of a file",
        ),
        # certificates and logins
        (
            with_line("nick:", "    tls: {fingerprints: [x]}"),
            "6:26: irc.libera.tls.fingerprints[0]: expected a SHA-256 fingerprint: 64 hexadecimal digits, …",
        ),
        (
            with_line("nick:", "    sasl: {mechanism: PLAINS, account: a, password: {env: SET}}"),
            "6:23: irc.libera.sasl.mechanism: expected PLAIN, EXTERNAL, SCRAM-SHA-256 or ECDSA-NIST256P-CHALLENGE",
        ),
        (
            with_line("nick:", "    sasl: {account: a}"),
            "6:5: irc.libera.sasl: “password” is missing for PLAIN",
        ),
        (
            with_line("nick:", "    sasl: {mechanism: ECDSA-NIST256P-CHALLENGE, account: a, key: nowhere.pem}"),
            "6:66: irc.libera.sasl.key: the file cannot be read: no such file or directory",
        ),
        (
            with_line("nick:", "    sasl: {mechanism: ECDSA-NIST256P-CHALLENGE, account: a}"),
            "6:5: irc.libera.sasl: “key” is missing for ECDSA-NIST256P-CHALLENGE",
        ),
        (
            with_line("nick:", "    sasl: {account: a, password: {env: SET}, key: /etc/hosts}"),
            "6:46: irc.libera.sasl.key: PLAIN needs no key, leave it out here",
        ),
        (
            with_line("journal:", f"operator: {'x' * 61}"),
            "2:11: operator: write a name of at most 60 characters, such as “alice”",
        ),
        (
            with_line("nick:", "    sasl: {mechanism: EXTERNAL}"),
            "6:23: irc.libera.sasl.mechanism: EXTERNAL shows a certificate, expected one under “tls”",
        ),
        (
            with_line("nick:", "    sasl: []"),
            "6:11: irc.libera.sasl: is empty, expected a login: {account: …, password: …}",
        ),
        (
            with_line(
                "nick:", "    sasl: [{account: a, password: {env: SET}}, {mechanism: SCRAM-SHA-256, account: a}]"
            ),
            "6:48: irc.libera.sasl[1]: “password” is missing for SCRAM-SHA-256",
        ),
        (
            with_line("nick:", "    sasl: {account: a, password: {env: SET}}\n    nickserv: {password: {env: SET}}"),
            "7:5: irc.libera.nickserv: does not go together with “sasl”, expected one of them",
        ),
        # how to connect and speak
        (
            with_line("nick:", "    proxy: socks://x"),
            "6:12: irc.libera.proxy: expected socks5://HOST:PORT or http://HOST:PORT",
        ),
        *(
            (with_line("nick:", f"    proxy: {proxy}"), f"6:12: irc.libera.proxy: expected {words}…")
            for proxy, words in (("http://u:p@h:1", "socks5://"), ("http://h:0", "socks5://"), ("[x]", "keys with"))
        ),
        (
            with_line("nick:", "    proxy: {url: http://h:1, user: x}"),
            "6:30: irc.libera.proxy.user: “password” is missing beside it",
        ),
        (
            with_line("nick:", "    proxy: {url: http://h:1, password: {env: SET}}"),
            "6:30: irc.libera.proxy.password: “user” is missing beside it",
        ),
        (with_line("nick:", "    proxy: {user: x}"), "6:5: irc.libera.proxy.url: is missing"),
        (with_line("nick:", "    replies: shout"), "6:14: irc.libera.replies: expected privmsg or notice"),
        (
            with_line("nick:", "    relays: {x: y}"),
            "6:17: irc.libera.relays.x: expected bridge, deploy or {form: 'PATTERN'}",
        ),
        (with_line("nick:", "    relays: {x: {}}"), "6:14: irc.libera.relays.x.form: is missing"),
        (
            with_line("nick:", "    relays: {x: {form: '(?P<name>a)'}}"),
            "6:24: irc.libera.relays.x.form: expected two named groups, (?P<name>…) for who said it and (?P<text>…) "
            "for what",
        ),
        (
            with_line("nick:", '    commands: {help: "!log"}'),
            "6:22: irc.libera.commands.help: the same is typed for “log”, expected another word, or false",
        ),
        *(
            (with_line("nick:", f"    commands: {{undo: '{word}'}}"), f"6:22: irc.libera.commands.undo: {words}")
            for word, words in (
                ("!log back", "expected one word, without blanks and commas"),
                ("undo", "many a sentence may begin so: expected a sign before the word, such as “!slog”, or false"),
                ("/undo", "clients keep what begins with / for themselves: expected another sign, such as “!slog”"),
                ("!?", "expected a sign and a word, such as “!slog”"),
                ("!undo:", "expected no punctuation at its end, such as “!slog”"),
                ("yes", "expected the word itself, such as “!slog”, or false"),
                ("!Log", "the same is typed for “log”, expected another word, or false"),
                ("", "expected a text, found an empty one"),
            )
        ),
        (
            with_line("nick:", '    commands: {redo: "!redo"}'),
            "6:16: irc.libera.commands.redo: unknown key, expected one of log, undo, amend, last, sal, help",
        ),
        (with_line("nick:", "    late: 0d"), "6:11: irc.libera.late: expected a duration above zero, …"),
        (with_line("nick:", "    correct: 366d"), "6:14: irc.libera.correct: expected 365d at most"),
        *(
            (RIGHT + f"late: {value}\n", f"12:{column}: late: {words}")
            for value, column, words in (
                (
                    "{a: 1h}",
                    1,
                    "expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d, found keys with values",
                ),
                ("[1h]", 7, "expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d, found a list"),
                ("1 week", 7, "expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d"),
                ("false", 7, "expected a duration such as 7d; to take no late entries, write late: 1s"),
            )
        ),
        (
            RIGHT + "correct: off\n",
            "12:10: correct: expected a duration such as 1h; to take no corrections, write"
            " commands: {undo: false, amend: false}",
        ),
        *(
            (
                RIGHT + f"commands: {value}\n",
                '12:11: commands: expected words by their keys, such as {log: "!slog", undo: false}',
            )
            for value in ("false", '"!log"', '["!log"]')
        ),
        *(
            (RIGHT + text, f'{place}: a word that begins with ! is a tag in YAML: put it in quotes, such as "!undo"')
            for text, place in (
                ("commands: {undo: !undo}\n", "12:18: this is not YAML"),
                ("commands: {undo: !undo , amend: false}\n", "12:18: commands.undo"),
                ("commands:\n  undo: !undo\n", "13:9: commands.undo"),
                ("commands: {log: !log x}\n", "12:17: commands.log"),
                ("operator: !me\n", "12:11: operator"),
            )
        ),
        *(
            (
                RIGHT + f"copies: {value}\n",
                "12:9: copies: expected projects with other ones, such as {web: [tools, mail]}",
            )
            for value in ("[tools]", "tools", "false")
        ),
        (
            RIGHT + "copies: {tools: bots,mail}\n",
            "12:22: copies.mail: expected one word, or several in brackets, such as [tools, mail], found nothing",
        ),
        (
            RIGHT + "copies: {tools: 'bots, mail'}\n",
            "12:17: copies.tools: expected one word, or several in brackets, such as [tools, mail]",
        ),
        (
            with_line("nick:", "    robots: a b"),
            "6:13: irc.libera.robots: expected one word, or several in brackets, such as [tools, mail]",
        ),
        (
            RIGHT + "limit: {bytes: [1]}\n",
            "12:16: limit.bytes: expected a size, such as 64 KB or 1.5 MB, found a list",
        ),
        (RIGHT + "during: {quick: 11m}\n", "12:17: during.quick: expected 10m at most"),
        (RIGHT + "during: {unknown_after: 0s}\n", "12:25: during.unknown_after: expected a duration above zero, …"),
        (RIGHT + "during: {slow: 1d}\n", "12:10: during.slow: unknown key, expected one of quick, unknown_after"),
        (RIGHT + "copies: {tools: [bot]}\n", "12:18: copies.tools[0]: there is no such project, did you mean “bots”?"),
        (RIGHT + "copies: {tool: bots}\n", "12:10: copies.tool: there is no such project, did you mean “tools”?"),
        (
            RIGHT + "copies: {tools: Tools}\n",
            "12:17: copies.tools: the entries are in its own log anyway, expected another project",
        ),
        (
            RIGHT + "copies: {tools: [bots, Bots]}\n",
            "12:24: copies.tools[1]: stands here twice (case is not looked at), expected it once",
        ),
        (
            RIGHT + "copies: {tools: [bots], Tools: [bots]}\n",
            "12:25: copies.Tools: this project stands here twice (case is not looked at)",
        ),
        (
            instead("tools: {}", "tools: {aliases: [tl]}") + "copies: {tl: bots}\n",
            "12:10: copies.tl: is another name of tools, expected that",
        ),
        (
            instead("bots: {}", "bots: {retired: use tools}") + "copies: {tools: bots}\n",
            "12:17: copies.tools: this project is retired, expected one that is in use",
        ),
        (
            channel("projects: {list: [tools]}") + "copies: {tools: [bots]}\n",
            "12:1: copies: entries of tools are copied to bots, which is no project in use in #labs: there, set "
            "copies: {tools: []}",
        ),
        # what newcomers write
        (
            instead("projects:\n  list: {tools: {}, bots: {}}", "projects: [web, mail]"),
            "10:11: projects: names of projects stand below “list”, write projects: {list: [web, mail]}",
        ),
        (
            instead("projects:\n  list: {tools: {}, bots: {}}", "projects: web"),
            "10:11: projects: names of projects stand below “list”, write projects: {list: [web, mail]}",
        ),
        (
            instead("  libera:\n", "").replace("    ", "  "),
            "2:1: irc: a name for the network is missing, write irc: {libera: {server: …, nick: …, channels: …}}",
        ),
        (
            PAGE + 'title: "Log/{projekt}"\n',
            "13:10: page.title: unknown field {projekt}, {project} is the only one that can stand in a title",
        ),
        (
            with_line("nick:", "    limit: {bytes: 5 parsecs}"),
            "6:20: irc.libera.limit.bytes: expected a size, such as 64 KB or 1.5 MB",
        ),
        (with_line("nick:", "    relays: [x]"), "6:13: irc.libera.relays: expected keys with values, found a list"),
        (
            with_line("nick:", '    relays: {"a!b@c": bridge}'),
            "6:14: irc.libera.relays.a!b@c: expected the name of a services account",
        ),
        (
            with_line("nick:", "    relays: {a: bridge, A: deploy}"),
            "6:25: irc.libera.relays.A: is the same account as a, expected it once",
        ),
        # types
        (instead("journal: journal.sqlite3", "journal: [x]"), "1:10: journal: expected a text, found a list"),
        (instead("journal: journal.sqlite3", "journal:"), "1:1: journal: expected a value, found nothing"),
        (instead("journal: journal.sqlite3", "journal: null"), "1:1: journal: expected a value, found nothing"),
        (instead("journal: journal.sqlite3", "journal: ' '"), "1:10: journal: expected a text, found an empty one"),
        (with_line("nick:", "    ping: 60s"), "6:11: irc.libera.ping: expected keys with values, found a text"),
        (with_line("nick:", "    robots: {a: b}"), "6:5: irc.libera.robots: expected a list, found keys with values"),
        (with_line("nick:", "    tls: perhaps"), "6:10: irc.libera.tls: expected true, false, …"),
        (with_line("nick:", "    tls: {plain: perhaps}"), "6:18: irc.libera.tls.plain: expected true or false"),
        (PAGE + "order: random\n", "13:10: page.order: expected newest or oldest"),
        (PAGE + "heading: [x]\n", "13:12: page.heading: expected a text, found a list"),
        # servers
        (instead("server: irc.libera.chat", "server: a:0"), "4:13: irc.libera.server: expected a port from 1 to 65535"),
        (
            instead("server: irc.libera.chat", "server: 2001:db8::1"),
            "4:13: irc.libera.server: expected HOST:PORT, an IPv6 address in brackets and quotes, "
            'such as "[2001:db8::1]:6697"',
        ),
        (
            instead("server: irc.libera.chat", "server: https://x"),
            "4:13: irc.libera.server: expected HOST:PORT, such as irc.libera.chat:6697",
        ),
        (instead("    server: irc.libera.chat\n", ""), "3:3: irc.libera: expected “server”"),
        (
            with_line("nick:", "    servers: [a]"),
            "3:3: irc.libera: has “server” and “servers”, expected one of them",
        ),
        (
            instead("server: irc.libera.chat", "servers: []"),
            "4:14: irc.libera.servers: is empty, expected a list of HOST:PORT",
        ),
        (
            with_line("nick:", "    tls: false"),
            "4:13: irc.libera.server: without TLS only to this machine, expected “tls: true” or “tls: {plain: true}”",
        ),
        (
            with_line("nick:", "    tls: {ca: nofile}"),
            "6:15: irc.libera.tls.ca: the file cannot be read: no such file or directory",
        ),
        # IRC
        (instead("nick: labsbot", "nick: 1bot"), "5:11: irc.libera.nick: expected a nick: …"),
        (
            instead('"#labs": {}', "labs: {}"),
            '7:7: irc.libera.channels.labs: expected a channel in quotes, such as "#labs"…',
        ),
        (
            with_line('"#labs"', '      "#LABS": {}'),
            "8:7: irc.libera.channels.#LABS: is the same channel as #labs, expected it once",
        ),
        (instead('\n      "#labs": {}', " {}"), "6:5: irc.libera.channels: is empty, expected a channel"),
        (
            with_line("nick:", "    backoff: {first: soon}"),
            "6:22: irc.libera.backoff.first: expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d",
        ),
        (
            with_line("nick:", "    backoff: {first: 0s}"),
            "6:22: irc.libera.backoff.first: expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d",
        ),
        (
            with_line("nick:", "    backoff: {first: 10m}"),
            "6:5: irc.libera.backoff: “first” is longer than “most”, expected it shorter",
        ),
        (
            with_line("nick:", "    ping: {after: 2m}"),
            "6:5: irc.libera.ping: “give_up” is not longer than “after”, expected it longer",
        ),
        (
            instead('"#labs": {}', '"#labs": {project: tool}'),
            "7:26: irc.libera.channels.#labs.project: there is no such project, did you mean “tools”?",
        ),
        # the wiki
        (SHORT_WIKI, "8:1: wiki: has none of “api” and “folder”, expected one"),
        (wiki(API + "  folder: x"), "8:1: wiki: has both of “api” and “folder”, expected one"),
        (wiki(API.rstrip("\n")), "8:1: wiki: expected “user” and “password”, or “oauth”"),
        (wiki(API + "  user: A@b"), "8:1: wiki: “password” is missing, expected “user” and “password”, or “oauth”"),
        (wiki("  folder: x\n  user: y"), "10:3: wiki.user: does not go together with “folder”, leave it out here"),
        (
            wiki(API + "  user: y\n  oauth: {access_token: {env: SET}}"),
            "10:3: wiki.user: does not go together with “oauth”, leave it out here",
        ),
        (
            wiki(API + "  oauth: {access_token: {env: SET}, consumer_token: x}"),
            "10:3: wiki.oauth: “consumer_secret”, “access_secret” is missing for OAuth 1, "
            "expected all four keys (OAuth 2: “access_token” alone)",
        ),
        (
            wiki(API.replace("https", "http") + "  user: A@b\n  password: {env: SET}"),
            "9:8: wiki.api: http would send the password in plain text, expected https:// (http only to this machine)",
        ),
        (
            wiki(API.replace("api.php", "index.php") + "  user: A@b\n  password: {env: SET}"),
            "9:8: wiki.api: expected the address of the wiki's api.php, such as https://wiki.example.org/w/api.php",
        ),
        (
            wiki("  folder: x\n  largest_edit: 1 KB"),
            "10:17: wiki.largest_edit: expected a size of at least 16 KB, such as 512 KB or 1 MB",
        ),
        (
            wiki("  folder: x\n  largest_edit: 1GB"),
            "10:17: wiki.largest_edit: expected a size, such as 64 KB or 1.5 MB",
        ),
        (wiki("  folder: x\n  redirects: {below: 'a#'}"), "10:22: wiki.redirects.below: …"),
        (wiki("  folder: x\n  redirects: {allow: 'a|b'}"), "10:22: wiki.redirects.allow: …"),
        (
            wiki("  folder: x\n  redirects: {bellow: a}"),
            "10:15: wiki.redirects.bellow: unknown key, did you mean “below”?",
        ),
        (wiki("  folder: x\n  url: ftp://x"), "10:8: wiki.url: expected an address that begins with https://"),
        # secrets
        (
            wiki(API + "  user: A@b\n  password: {env: UNSET}"),
            "11:19: wiki.password.env: the environment variable UNSET is not set, expected the secret in it",
        ),
        (
            wiki(API + "  user: A@b\n  password: {env: EMPTY}"),
            "11:19: wiki.password.env: the environment variable EMPTY is empty, expected the secret in it",
        ),
        (
            wiki(API + "  user: A@b\n  password: {env: LATIN}"),
            "11:19: wiki.password.env: the environment variable is not UTF-8, expected the secret in it",
        ),
        (
            wiki(API + "  user: A@b\n  password: {}"),
            "11:3: wiki.password: expected one of {env: NAME} and {file: PATH}",
        ),
        (
            wiki(API + "  user: A@b\n  password: {env: SET, file: x}"),
            "11:3: wiki.password: expected one of {env: NAME} and {file: PATH}",
        ),
        (
            wiki(API + "  user: A@b\n  password: {evn: SET}"),
            "11:14: wiki.password.evn: unknown key, did you mean “env”?",
        ),
        # pages
        (
            PAGE + "title: A#b\n",
            "13:10: page.title: # cannot stand in a page's title, write for example “Nova Resource:{project}/SAL”",
        ),
        *(
            (PAGE + f"title: '{title}'\n", "13:10: page.title: …")
            for title in ("a{b}", "a|b", "[a]", "<a>", ":a", "../a", "a%20b", "a~~~")
        ),
        (PAGE + f"title: {'x' * 256}\n", "13:10: page.title: a page's title has at most 255 bytes, …"),
        (
            PAGE + "time_zone: Europe/Berln\n",
            "13:14: page.time_zone: unknown time zone, did you mean “Europe/Berlin”?",
        ),
        (PAGE + "time_zone: ../../etc/passwd\n", "13:14: page.time_zone: unknown time zone, write for example …"),
        (PAGE + "archive: {by: day}\n", "13:17: page.archive.by: expected year, quarter, month or never"),
        (PAGE + "archive: {over: 3 MB}\n", "13:19: page.archive.over: expected a size from 10 KB to 1.9 MB, …"),
        (PAGE + 'archive: {title: "Old/{year}"}\n', "13:20: page.archive.title: {page} is missing, …"),
        (PAGE + 'archive: {title: "{page}/Old"}\n', "13:20: page.archive.title: neither {year} nor {n} is in it, …"),
        (
            PAGE + 'archive: {title: "{page}/{yaer}"}\n',
            "13:20: page.archive.title: unknown field {yaer}, did you mean …",
        ),
        (PAGE + "level: 7\n", "13:10: page.level: expected a number from 1 to 6: …"),
        (
            PAGE + "level: 1\n  heading: Log\n",
            "13:10: page.level: the days stand below the heading, expected a level from 2 to 6",
        ),
        (PAGE + "heading: == Log ==\n", "13:12: page.heading: expected the words of the heading alone, …"),
        (
            PAGE + "category: [Category:X]\n",
            "13:14: page.category[0]: expected the category's name without “Category:”",
        ),
        (PAGE + "category: Category:X\n", "13:13: page.category: expected the category's name without “Category:”"),
        # projects
        (instead("{tools: {}, bots: {}}", "{}"), "10:1: projects: holds no project, write for example “list: [tools]”"),
        (
            instead("{tools: {}, bots: {}}", "[tools, a#b]"),
            "11:17: projects.list.a#b: # cannot stand in a page's title, and the log's title holds the project's name",
        ),
        *(
            (instead("{tools: {}, bots: {}}", f"['{name}']"), "11:10: projects.list.…")
            for name in ("a b", "a,b", "a:", "<a>")
        ),
        (
            instead('"#labs": {}', '"#labs": {project: paws}').replace("bots: {}", "paws: {retired: gone}"),
            "7:26: irc.libera.channels.#labs.project: this project is retired, expected one that is in use",
        ),
        (
            instead("tools: {}", "tools: {}, " + "x" * 240 + ": {}"),
            f"11:21: projects.list.{'x' * 240}: a page's title has at most 255 bytes, …",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(refused: Refused, text: str, problem: str) -> None:
    """What ends with … goes on with words that are not of interest here."""
    problems = refused(text, SET="x", EMPTY="", LATIN=os.fsdecode(b"gr\xfcn"))
    assert len(problems) == 1, problems
    if problem.endswith("…"):
        assert problems[0].startswith(problem.removesuffix("…"))
        assert len(problems[0]) > len(problem)
    else:
        assert problems == [problem]


def test_everything_is_told_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    text = """\
journal: [x]
irc:
  libera:
    server: a:b:c
    nick: 1bot
    channels:
      "#a": {project: nosuch, page: {titel: x}}
      - x
"""
    assert len(refused(text)) == 1, "nothing can be said of what is no YAML"
    text = (
        text.replace("      - x\n", "      b: {}\n")
        + "page: {level: 9}\nprojects: {list: {tools: {}, Tools: {}}}\nalow: x\n"
    )
    assert [problem.split(": ")[:2] for problem in refused(text)] == [
        ["1:1", "wiki"],
        ["1:10", "journal"],
        ["4:13", "irc.libera.server"],
        ["5:11", "irc.libera.nick"],
        ["7:38", "irc.libera.channels.#a.page.titel"],
        ["8:7", "irc.libera.channels.b"],
        ["9:15", "page.level"],
        ["10:19", "projects.list.tools"],
        ["10:30", "projects.list.Tools"],
        ["11:1", "alow"],
    ]


def test_what_depends_on_several_keys_is_seen_although_others_are_wrong(refused: Refused) -> None:
    text = instead('"#labs": {}', '"#labs": {project: nosuch}').replace("journal: ", "jornal: ")
    assert [problem.split(": ")[1] for problem in refused(text)] == [
        "jornal", "journal", "irc.libera.channels.#labs.project",
    ]  # fmt: skip


def test_one_name_for_two_projects_is_told_at_both_places(refused: Refused) -> None:
    text = instead("  list: {tools: {}, bots: {}}", "  list:\n    tools: {}\n    bots: {aliases: [bot, TOOLS]}")
    assert refused(text) == [
        "12:5: projects.list.tools: the same name stands in line 13 too (case is not looked at), expected it once",
        "13:27: projects.list.bots.aliases[1]: the same name stands in line 12 too (case is not looked at), "
        "expected it once",
    ]


# --- what is no YAML, or another than it seems --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "the file is empty"),
        ("# only a comment\n", "1:1", "the file is empty"),
        ("- a\n", "1:1", "this is no configuration"),
        ("just words\n", "1:1", "this is no configuration"),
        ("irc:\n\tlibera: {}\n", "2:1", "a tab, expected blanks"),
        ("journal: a: b\n", "1:11", "a colon that is not expected here"),
        ("journal: 'a\n", "1:10", "a quotation mark that is opened is not closed"),
        ("irc:\n    a: {}\n  b: {}\n", "3:3", "the indentation does not fit"),
        ("a: [b, c\nd: e\n", "1:4", "a bracket that is opened here is not closed"),
        ("channels: [#a, #b]\n", "1:11", 'a name with # must be in quotes, such as "#channel"'),
        ("a: @b\n", "1:4", "a word that begins with @ must be in quotes"),
        ("a: 1\n---\nb: 2\n", "2:1", "expected one document"),
        ("a: &x 1\nb: *x\n", "2:4", "an alias in YAML"),
        ("a: &x [*x]\n", "1:8", "an alias in YAML"),
        ("a: b\nc: \x07\n", "2:4", "the character U+0007 is not allowed here"),
        ('a: "\\d"\n', "1:6", "a backslash"),
        ("a: " + "[" * 99 + "]" * 99, "1:54", "too many brackets"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(refused: Refused, text: str, place: str, words: str) -> None:
    (problem,) = refused(text)
    assert problem.startswith(f"{place}: ")
    assert words in problem


@pytest.mark.parametrize(
    ("channels", "place", "path"),
    [
        ("\n      - #labs\n      - '#ops'", "7:9", "irc.libera.channels[0]"),
        (" #labs", "6:15", "irc.libera.channels"),
        ("\n      #labs: {}", "7:7", "irc.libera.channels"),
        ("\n      - '#labs'\n      - ~", "8:9", "irc.libera.channels[1]"),
    ],
)
def test_a_channel_without_quotes_is_explained(refused: Refused, channels: str, place: str, path: str) -> None:
    problems = refused(instead('\n      "#labs": {}', channels))
    assert any(problem.startswith(f"{place}: {path}: ") for problem in problems), problems
    assert "quotes" in " ".join(problems) or "nothing" in " ".join(problems)


def test_a_file_that_is_not_there_is_told_without_a_line(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "nofile.yaml", "no such file or directory"), (tmp_path, "is a directory")):
        with pytest.raises(ConfigurationError) as failure:
            load(path, {}, None)
        assert str(failure.value) == f"{path}: cannot be read: {words}"


@pytest.mark.parametrize(
    ("raw", "place"),
    [(b"journal: caf\xe9\n", "1:13"), (b"a: b\n\xc3\xa9: \xff\n", "2:4"), ("journal: x".encode("utf-16"), "1:1")],
)
def test_another_encoding_than_utf_8_is_told_where_it_is_seen(write: Write, raw: bytes, place: str) -> None:
    path = write("")
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError) as failure:
        load(path, {}, None)
    assert str(failure.value) == f"{path}:{place}: this is not UTF-8, expected a text file in UTF-8"


def test_a_byte_order_mark_does_no_harm(write: Write) -> None:
    path = write("")
    path.write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())
    assert load(path, {}, None).warnings == ()


# --- secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "#hunter2",
        "*hunter2",
        "&hunter2",
        "!hunter2",
        "!hunter2!hunter2 x",
        "@hunter2",
        "%hunter2",
        "'hunter2",
        '"hunter2\\q"',
        "[hunter2]",
        "[hunter2",
        "{hunter2",
        "{hunter2: x}",
        "{env: [hunter2]}",
        "hunter2: x",
        "|hunter2",
        ">9hunter2",
        "'hunter2' hunter2",
        "`hunter2`",
        "- hunter2",
        "? hunter2",
        "!<hunter2",
        "hunter2\n  password: hunter2",
    ],
)
def test_a_secret_is_never_shown_whatever_is_wrong_around_it(refused: Refused, value: str) -> None:
    for text in (
        wiki(API + f"  user: A@b\n  pasword: {value}"),
        wiki(API + f"  user: A@b\n  password: {value}"),
        wiki(API + f"  oauth: {value}"),
        instead('"#labs": {}', f'"#labs":\n        key: {value}') + "nosuch: x\n",
        with_line("nick:", f"    sasl:\n      mechanism: EXTERNAL\n      account: x\n      password: {value}"),
    ):
        try:
            problems = refused(text + "another: mistake\n")
        except AssertionError:
            raise AssertionError(f"accepted: {text}") from None
        unknown_key = value.startswith("{hunter2:") or value == "? hunter2"
        assert unknown_key or "hunter2" not in " ".join(problems), problems


def test_a_secret_of_several_lines_is_refused_without_being_shown(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "two").write_text("hunter2\nhunter3\n")
    (problem,) = refused(wiki(API + "  user: A@b\n  password: {file: two}"))
    where = f"{tmp_path / 'two'} has several lines, expected the secret in one"
    assert problem == f"11:20: wiki.password.file: {where}"


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "is not UTF-8"), (None, "no such file")]
)
def test_a_secret_that_cannot_be_had_names_its_file(
    refused: Refused, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "password").write_bytes(content)
    (problem,) = refused(wiki(API + "  user: A@b\n  password: {file: password}"))
    assert problem.startswith("11:20: wiki.password.file: ")
    assert str(tmp_path / "password") in problem
    assert words in problem


# --- the ways of writing a page -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["%Y-%m-%d", "%d.%m.%Y", "%B %-d, %Y", "%Y %B %-d", "%A, %e %b %y", "%Y%m%d", "SAL of %Y-%m-%d"]
)
def test_a_date_that_is_taken_is_one_that_can_be_written_and_read(read: Read, written: str) -> None:
    page = read(f"{PAGE}date: '{written}'\n").settings.top.page
    assert page.date == written
    for day in (date(2026, 11, 22), date(2027, 2, 3)):
        assert days_of([heading_for(day, page)], page, day) == [day]


@pytest.mark.parametrize(
    "written",
    [
        "%Y-%m",
        "%m/%d",
        "%H:%M",
        "%Y-%m-%d %H",
        "%Y-%m-%d %Y",
        "today",
        "%j %Y",
        "%Y-%m-%d %",
        "%Y%-m%-d",
        "== %Y-%m-%d ==",
    ],
)
def test_a_date_that_cannot_be_read_back_is_refused(refused: Refused, written: str) -> None:
    (problem,) = refused(f"{PAGE}date: '{written}'\n")
    assert problem.startswith("13:9: page.date: ")
    assert "expected" in problem or "write for example" in problem


@pytest.mark.parametrize(
    "written",
    [
        '<span id="{id}">[[#{id}|{time}]]</span> {author}: {message}',
        "{{safesubst:SAL entry|{id}|{time} {author}: {message}}}",
        "{{SAL entry|1={time} {author}: {message}|id={id}}}",
        "<b id={id}>{project}</b> {message}",
    ],
)
def test_an_entry_that_is_taken_is_one_that_can_be_written_and_found(read: Read, written: str) -> None:
    quoted = written.replace("'", "''")
    page = read(f"{PAGE}entry: '{quoted}'\n").settings.top.page
    assert page.entry == written
    assert ids_anchored(page.entry.replace("{id}", "sal-20261122143001-7f3a")) == {"sal-20261122143001-7f3a"}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{time} {message}", "{id} is missing"),
        ('<b id="{id}">{time}</b>', "{message} is missing"),
        ('<b id="{id}">{tim}</b> {message}', "unknown field {tim}, did you mean “time”?"),
        ("{id} {message}", "could not be found again"),
        ('* <b id="{id}">x</b> {message}', "bullet"),
        ('<b id="{id}" title="{message}">x</b>', "{message} stands inside <…>"),
        ('<b id="{id}">[[User:{author}|x]]</b> {message}', "{author} stands inside […]"),
        ('<!-- id="{id}" --> {message}', "would hide what follows"),
        ('<b id="{id}">\\n{message}</b>', "expected one line"),
    ],
)
def test_an_entry_that_could_do_harm_or_get_lost_is_refused(refused: Refused, written: str, words: str) -> None:
    quoted = written.replace('"', '\\"')
    (problem,) = refused(f'{PAGE}entry: "{quoted}"\n')
    assert problem.startswith("13:10: page.entry: ")
    assert words in problem


# --- whatever is typed --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_file_with_a_line_removed_doubled_or_moved_is_read_or_refused(write: Write, tmp_path: Path) -> None:
    """Nothing but problems ever comes of a mistake, each in a line that exists."""
    lines = example_in_full(tmp_path).read_text().splitlines()
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    changes: tuple[Callable[[str], list[str]], ...] = (
        lambda line: [],
        lambda line: [line, line],
        lambda line: [f" {line}"],
        lambda line: [line.split(":")[0] + ":"],
        lambda line: [line.split(":")[0] + ": [x]"],
        lambda line: [line.split(":")[0] + ": {x: y}"],
    )
    variants = [
        [*lines[:n], *change(line), *lines[n + 1 :]]
        for n, line in enumerate(lines)
        for change in changes[n % 2 :: 2]  # half of them, so that it is quick
    ]
    refusals = [problems for variant in variants if (problems := problems_of(write("\n".join(variant)))) is not None]
    assert len(refusals) > len(variants) / 2
    assert all(refusals), "a refusal without a reason"
    assert all(1 <= problem.line <= len(lines) + 2 for problems in refusals for problem in problems)


def problems_of(path: Path) -> tuple[Problem, ...] | None:
    try:
        load(path, {"LABSBOT_SASL_PASSWORD": "x"}, None)
    except ConfigurationError as failure:
        return failure.problems
    return None
