"""Where projects come from: each kind of source as it is written, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.settings import (
    AnyName,
    Groups,
    Keystone,
    Ldap,
    Listed,
    Origin,
    Project,
    ProjectFile,
    Secret,
    Source,
    WikiPages,
)
from labsbot.text.patterns import Pattern

from .conftest import Read, Refused, channel, instead, projects_of, sources

NO_PROJECTS = instead("projects:\n  list: {tools: {}, bots: {}}\n", "")


def of_channel(read: Read, text: str) -> tuple[Source, ...]:
    return read(text, S="s3cret").settings.networks[0].channels[0].projects


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("list: [tools]", Listed((Project("tools"),))),
        ("pages: 'Nova Resource:{project}'", WikiPages("Nova Resource:{project}")),
        ("category: Projects", WikiPages("{project}", "Projects")),
        ("{category: Projects, pages: 'X:{project}/SAL'}", WikiPages("X:{project}/SAL", "Projects")),
        ("groups: project-*", Groups("project-*")),
        ("ldap: {url: 'ldaps://x', base: 'ou=p,dc=x'}", Ldap("ldaps://x", "ou=p,dc=x")),
        (
            "ldap: {url: 'ldap://x:3389', base: 'dc=x', filter: '(&(a=b)(!(c=d)))', name: ou, members: uid,"
            " user: 'cn=x', password: {env: S}}",
            Ldap("ldap://x:3389", "dc=x", "(&(a=b)(!(c=d)))", "ou", ("uid",), "cn=x", Secret("s3cret")),
        ),
        (
            "ldap: {url: 'ldap://localhost', base: 'dc=x', start_tls: false}",
            Ldap("ldap://localhost", "dc=x", start_tls=False),
        ),
        ("ldap: {url: 'ldapi://%2Frun%2Fslapd', base: 'dc=x'}", Ldap("ldapi://%2Frun%2Fslapd", "dc=x")),
        (
            "keystone: {url: 'https://x:5000/v3', user: bot, password: {env: S}}",
            Keystone("https://x:5000/v3", "bot", Secret("s3cret")),
        ),
        (
            "keystone: {url: 'http://127.0.0.1:5000', user: bot, password: {env: S}, user_domain: a, project: b,"
            " project_domain: c, domain: d}",
            Keystone("http://127.0.0.1:5000", "bot", Secret("s3cret"), "a", "b", "c", "d"),
        ),
        ("any: '[a-z]+'", AnyName(Pattern("[a-z]+"))),
    ],
)
def test_each_kind_of_source(read: Read, written: str, origin: Origin) -> None:
    """One alone, and one of several."""
    assert of_channel(read, instead("  list: {tools: {}, bots: {}}", f"  - list: [a]\n  - {written}"))[1] == Source(
        origin
    )
    alone = written[1:-1].replace(", pages", "\n  pages") if written.startswith("{") else written
    assert of_channel(read, sources(f"  {alone}")) == (Source(origin),)


def test_a_file_of_projects_and_ca_files_are_beside_the_configuration(read: Read, tmp_path: Path) -> None:
    (tmp_path / "projects.json").write_text('{"tools": {"members": ["alice"]}}')
    (tmp_path / "ca.pem").touch()
    text = sources("  - file: projects.json\n  - ldap: {url: 'ldaps://x', base: 'dc=x', ca: ca.pem}")
    file, ldap = of_channel(read, text)
    assert file.origin == ProjectFile(tmp_path / "projects.json")
    assert ldap.origin == Ldap("ldaps://x", "dc=x", ca=tmp_path / "ca.pem")


def test_names_lose_a_beginning_and_get_another(read: Read) -> None:
    (source,) = of_channel(read, sources("  {groups: project-*, strip: project-, prefix: tools., refresh: 90s}"))
    assert source == Source(Groups("project-*"), "project-", "tools.", refresh=90)


def test_the_nearest_sources_hold_instead_of_those_farther_up(read: Read) -> None:
    text = """\
journal: j
irc:
  one:
    server: a
    nick: labsbot
    projects: {list: [network]}
    channels:
      "#far": {}
      "#near": {projects: [{list: [near]}, {list: [nearer]}]}
  two: {server: a, nick: labsbot, channels: ["#top"]}
wiki: {folder: pages}
projects: {list: [top]}
"""
    one, two = read(text).settings.networks
    names = [
        [project.name for source in channel.projects for project in source.origin.projects]
        for channel in (*one.channels, *two.channels)
    ]
    assert names == [["network"], ["near", "nearer"], ["top"]]


def test_no_sources_at_the_top_are_needed_where_each_channel_has_its_own(read: Read, refused: Refused) -> None:
    text = NO_PROJECTS.replace('"#labs": {}', '"#labs": {projects: {list: [tools]}}')
    assert projects_of(read(text)) == (Project("tools"),)
    assert refused(text.replace("      ", '      "#two": {}\n      ', 1)) == ["1:1: projects: is missing"]
    assert projects_of(read(NO_PROJECTS.replace("    nick:", "    projects: {list: [tools]}\n    nick:")))
    assert refused(NO_PROJECTS) == ["1:1: projects: is missing"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            sources("  - {}"),
            "11:5: projects[0]: expected one of list, file, pages, category, groups, ldap, keystone, any",
        ),
        (
            sources("  - {list: [a], any: x}"),
            "11:5: projects[0]: has “list” and “any”, expected one of them: each source has a dash of its own",
        ),
        (sources("  - {lst: [a]}"), "11:6: projects[0].lst: unknown key, did you mean “list”?"),
        (instead("projects:\n  list: {tools: {}, bots: {}}", "projects: []"), "10:11: projects: holds no project, …"),
        (sources("  - list: []\n  - list: {}"), "11:3: projects: holds no project, write for example “list: [tools]”"),
        (
            channel("projects: {list: {}}"),
            "7:17: irc.libera.channels.#labs.projects: holds no project, write for example “list: [tools]”",
        ),
        (
            sources("  file: nofile.yaml"),
            "11:9: projects.file: …/nofile.yaml cannot be read: no such file or directory",
        ),
        (
            sources("  pages: SAL"),
            "11:10: projects.pages: expected {project} in it once, where the project's name stands",
        ),
        (
            sources("  pages: 'A#{project}'"),
            "11:10: projects.pages: # cannot stand in a page's title, write for example “Nova Resource:{project}”",
        ),
        (
            sources("  category: Category:X"),
            "11:13: projects.category: expected the category's name without “Category:”",
        ),
        (
            sources("  {groups: x, prefix: 'a|'}"),
            "11:23: projects.prefix: | cannot stand in a page's title, and the log's title holds the project's name",
        ),
        (
            sources("  - {groups: x, prefix: 'a b'}"),
            "11:25: projects[0].prefix: expected one word, without blanks and commas",
        ),
        *(
            (
                sources(f"  - {{{kind}, {other}: 1m}}"),
                f"11:{6 + len(kind) + 2}: projects[0].{other}: does not go together with “{kind[: kind.index(':')]}”, "
                "leave it out here",
            )
            for kind in ("list: [a]", "any: a")
            for other in ("strip", "refresh")
        ),
        # patterns
        *(
            (sources(f"  any: '{pattern}'"), f"11:8: projects.any: this is no regular expression for RE2: {words}")
            for pattern, words in (
                ("(", "missing ): (; see https://github.com/google/re2/wiki/Syntax"),
                ("x(?!y)", "invalid perl operator: (?!; look-around is not offered, expected …"),
                (r"(x)\1", r"invalid escape sequence: \1; back-references are not offered, expected …"),
                ("x{99999999999}", "expected at most 1000 repetitions in all"),
                ("(" * 9999, f"missing ): {'(' * 29}…; see …"),
            )
        ),
        *(
            (
                sources(f"  any: '{pattern}'"),
                "11:8: projects.any: the pattern fits where nothing stands, "
                "expected one that fits at least one character",
            )
            for pattern in ("x*", "", r"\b", r"\B", "^", "a|", "(x{0})+")
        ),
        (
            sources('  any: "\\bx"'),
            "11:8: projects.any: a backslash in \"…\" means something else in YAML: use '…' around the pattern",
        ),
        (sources("  any: [x]"), "11:8: projects.any: expected a regular expression, found a list"),
        # LDAP
        *(
            (
                sources(f"  ldap: {{url: '{url}', base: 'dc=x'}}"),
                "11:15: projects.ldap.url: expected ldaps://HOST, ldap://HOST or ldapi://SOCKET, "
                "without anything behind it",
            )
            for url in ("http://x", "ldap://", "ldaps://x/dc=x", "ldaps://u:p@x", "ldap://x:0", "ldap://x:y")
        ),
        (
            sources("  ldap: {url: 'ldap://x', base: 'dc=x', start_tls: false}"),
            "11:52: projects.ldap.start_tls: without TLS only to this machine, expected “start_tls: true”, "
            "or an address that begins with ldaps://",
        ),
        (
            sources("  ldap: {url: 'ldaps://x', base: x}"),
            "11:34: projects.ldap.base: expected a distinguished name, such as ou=projects,dc=example,dc=org",
        ),
        *(
            (
                sources(f"  ldap: {{url: 'ldaps://x', base: 'dc=x', filter: '{wrong}'}}"),
                "11:50: projects.ldap.filter: this is no LDAP filter, write for example (objectClass=groupOfNames), "
                "each bracket closed",
            )
            for wrong in ("a=b", "(a=b", "(a=b))", "(a=b)(c=d)x", ")(")
        ),
        (
            sources("  ldap: {url: 'ldaps://x', base: 'dc=x', user: 'cn=x'}"),
            "11:42: projects.ldap.user: “password” is missing beside it",
        ),
        (sources("  ldap: {url: 'ldaps://x'}"), "11:3: projects.ldap.base: is missing"),
        (
            sources("  ldap: {url: 'ldaps://x', base: 'dc=x', ca: nofile}"),
            "11:46: projects.ldap.ca: the file cannot be read: no such file or directory",
        ),
        # Keystone
        (
            sources("  keystone: {url: 'http://x/v3', user: x, password: {env: SET}}"),
            "11:19: projects.keystone.url: http would send the password in plain text, "
            "expected https:// (http only to this machine)",
        ),
        (
            sources("  keystone: {url: 'https://[x/v3', user: x, password: {env: SET}}"),
            "11:19: projects.keystone.url: this is no address, expected one that begins with https://",
        ),
        (
            sources("  keystone: {url: 'https://x/v3', user: x, password: {env: UNSET}}"),
            "11:60: projects.keystone.password.env: "
            "the environment variable UNSET is not set, expected the secret in it",
        ),
    ],
)
def test_a_mistake_in_a_source_is_named_with_its_place(
    refused: Refused, tmp_path: Path, text: str, problem: str
) -> None:
    (found,) = refused(text, SET="x")
    found = found.replace(str(tmp_path), "…")
    if problem.endswith("…"):
        assert found.startswith(problem.removesuffix("…"))
    else:
        assert found == problem


def test_what_is_wrong_in_a_file_of_projects_is_told_with_the_place_in_that_file(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "projects.yaml").write_text("tools: {aliases: [tool, a b]}\nbots: {memers: x}\n")
    assert refused(sources("  file: projects.yaml") + "alow: x\n") == [
        "12:1: alow: unknown key, did you mean “allow”?",
        "projects.yaml:1:25: tools.aliases[1]: expected one word, without blanks and commas",
        "projects.yaml:2:8: bots.memers: unknown key, did you mean “members”?",
    ]


def test_a_warning_from_a_file_of_projects_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "projects.yaml").write_text("tools: {allow: [alice, Alice]}\n")
    (warning,) = read(sources("  file: projects.yaml")).warnings
    assert str(warning).startswith(f"{tmp_path}/projects.yaml:1:24: tools.allow[1]: stands here twice")


# --- names --------------------------------------------------------------------------------------------------------


def test_one_name_in_two_lists_is_told_at_both_places_as_it_is_called_here(refused: Refused) -> None:
    assert refused(sources("  - {list: [a], prefix: tools.}\n  - list: {x: {aliases: Tools.A}}")) == [
        "11:13: projects[0].list.a: the same name stands in line 12 too (case is not looked at), expected it once",
        "12:25: projects[1].list.x.aliases: the same name stands in line 11 too (case is not looked at), "
        "expected it once",
    ]


def test_the_same_name_may_stand_in_the_sources_of_two_channels(read: Read) -> None:
    assert read(channel("projects: {list: [tools]}")).warnings == ()


def test_a_title_is_too_long_with_the_prefix_too(refused: Refused) -> None:
    (problem,) = refused(sources(f"  {{list: [{'x' * 200}], prefix: {'p' * 50}}}"))
    assert problem.startswith(
        f"11:11: projects.list.{'x' * 200}: a page's title has at most 255 bytes, this would be 268"
    )


@pytest.mark.parametrize(
    ("where", "project"),
    [
        ("  list: {tools: {aliases: tool}}", "TOOL"),
        ("  {list: [a], prefix: tools.}", "tools.a"),
        ("  file: projects.yaml", "video"),
        ("  {file: projects.yaml, strip: vi, prefix: au}", "audeo"),
        ("  - list: [a]\n  - any: '[a-z]+'", "Anything"),
        ("  {any: '[a-z]+', prefix: tools.}", "tools.x"),
        ("  - list: [a]\n  - groups: '*'", "anything"),
        ("  pages: 'X:{project}'", "anything"),
    ],
)
def test_the_project_of_a_channel_is_one_that_a_source_has_or_may_have(
    read: Read, tmp_path: Path, where: str, project: str
) -> None:
    (tmp_path / "projects.yaml").write_text("[video]")
    text = sources(where).replace('"#labs": {}', f'"#labs": {{project: {project}}}')
    assert read(text).settings.networks[0].channels[0].project == project


@pytest.mark.parametrize(
    ("where", "project", "words"),
    [
        ("  file: projects.yaml", "vide", "there is no such project, did you mean “video”?"),
        (
            "  {file: projects.yaml, strip: x}",
            "video",
            "there is no such project, expected one of those under “projects”",
        ),
        ("  file: projects.yaml", "old", "this project is retired, expected one that is in use"),
        ("  {list: [website], prefix: tools.}", "website", "there is no such project, did you mean “tools.website”?"),
        (
            "  - list: [web]\n  - any: '[a-z]+'",
            "a1",
            "there is no such project, expected one of those under “projects”",
        ),
        ("  {any: '[a-z]+', prefix: tools.}", "x", "there is no such project, expected one of those under “projects”"),
    ],
)
def test_the_project_of_a_channel_that_no_source_has_is_told(
    refused: Refused, tmp_path: Path, where: str, project: str, words: str
) -> None:
    (tmp_path / "projects.yaml").write_text("{video: , old: {retired: gone}}")
    text = sources(where).replace('"#labs": {}', f'"#labs": {{project: {project}}}')
    assert refused(text) == [f"7:26: irc.libera.channels.#labs.project: {words}"]


def test_where_a_source_is_wrong_nothing_is_said_of_what_depends_on_it(refused: Refused) -> None:
    text = sources("  - list: [a, b|]\n  - any: '('").replace('"#labs": {}', '"#labs": {project: x, allow: members}')
    assert [problem.split(": ")[1] for problem in refused(text)] == ["projects[0].list.b|", "projects[1].any"]


def test_a_password_of_a_source_is_never_shown(read: Read, refused: Refused) -> None:
    for source in ("ldap: {url: 'ldaps://x', base: 'dc=x', user: x,", "keystone: {url: 'https://x/', user: x,"):
        loaded = read(sources(f"  {source} password: hunter2}}"))
        assert "hunter2" not in repr(loaded)
        (warning,) = loaded.warnings
        assert "plain text" in warning.message
        for wrong in ("[hunter2]", "{env: [hunter2]}", "{file: hunter2"):
            assert "hunter2" not in " ".join(refused(sources(f"  {source} password: {wrong}}}")))
