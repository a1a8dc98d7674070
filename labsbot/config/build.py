"""Checked values come in, settings go out, with the flaws and warnings of what several keys mean together.

Here secrets are fetched from the environment and from files, addresses get their ports, and nearer page settings are
put over farther ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from labsbot.config import keys
from labsbot.config.tree import (
    Flaw,
    KeyPath,
    Listing,
    Node,
    Place,
    Scalar,
    Table,
    key_place,
    real,
    stands,
    value_place,
    walk,
)
from labsbot.settings import (
    Backoff,
    BotPassword,
    Channel,
    FolderSettings,
    MediaWikiSettings,
    Network,
    NickServ,
    OAuth1,
    OAuth2,
    Order,
    PageSettings,
    Ping,
    Project,
    Sasl,
    Secret,
    Server,
    Settings,
    Tls,
    folded,
)


@dataclass(frozen=True, slots=True)
class Built:
    settings: Settings | None
    """None where something required is missing or wrong, whoever has found that."""
    flaws: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]


def build(
    file: keys.FileKeys, tree: Table, folder: Path, environ: Mapping[str, str], credentials: Path | None
) -> Built:
    """Build the settings; `folder` is where relative paths begin, `tree` tells the places."""
    building = _Building(tree, folder, environ, credentials)
    settings = building.settings(file)
    return Built(settings, tuple(building.flaws), tuple(building.warnings))


class _Building:
    """One pass over the checked keys: settings come out, unless something required is missing or wrong."""

    def __init__(self, tree: Table, folder: Path, environ: Mapping[str, str], credentials: Path | None) -> None:
        self.tree = tree
        self.folder = folder
        self.environ = environ
        self.credentials = credentials
        self.flaws: list[Flaw] = []
        self.warnings: list[Flaw] = []

    def wrong(self, path: KeyPath, message: str, *, key: bool = False) -> None:
        self.flaws.append(Flaw((key_place if key else value_place)(self.tree, path), real(self.tree, path), message))

    def warn(self, path: KeyPath, message: str) -> None:
        self.warnings.append(Flaw(value_place(self.tree, path), real(self.tree, path), message))

    def count(self, path: KeyPath) -> int | None:
        """How many keys stand at `path`, right and wrong ones; None: there are no keys."""
        node, _ = walk(self.tree, path)
        return len(node.values) if isinstance(node, Table) else None

    def settings(self, file: keys.FileKeys) -> Settings | None:
        for key in keys.REQUIRED:
            if key not in self.tree.values:
                self.flaws.append(Flaw((1, 1), (key,), "is missing"))
        journal = self.journal(file.journal)
        top = self.page_keys(file.page, {}, ("page",))
        page = _page_settings(top)
        projects = self.projects(file.projects or [])
        networks = tuple(self.network(name, network, top) for name, network in (file.irc or {}).items())
        if file.irc is not None and self.count(("irc",)) == 0:
            self.wrong(("irc",), "is empty, expected a network")
        wiki = self.wiki(file.wiki)
        self.channels_and_projects(networks, page, projects)
        if journal is None or wiki is None or not networks or self.flaws:
            return None
        state = self.path(file.state) if file.state else journal.parent
        return Settings(journal, state, networks, wiki, page, projects)

    def journal(self, text: str | None) -> Path | None:
        if text is None:
            return None
        if "://" in text:
            self.wrong(("journal",), "a database address is not supported yet, expected the path of a file")
            return None
        return self.path(text)

    def path(self, text: str) -> Path:
        return self.folder / text

    def readable(self, text: str | None, path: KeyPath) -> Path | None:
        if text is None:
            return None
        try:
            with self.path(text).open("rb"):
                return self.path(text)
        except OSError as error:
            self.wrong(path, f"the file cannot be read: {(error.strerror or str(error)).lower()}")
            return None

    # secrets

    def secret(self, source: keys.SecretSource, path: KeyPath, *, public: bool = False) -> Secret:
        """The secret that `source` names. Where it cannot be had, a flaw is noted and it is empty.

        `public`: it may stand in the file without a warning.
        """
        if source.plain is not None:
            if not source.plain.value:
                self.wrong(path, "is empty, expected {env: NAME} or {file: PATH}")
            elif not public:
                self.warn(path, "a secret in plain text, expected {env: NAME} or {file: PATH}")
            return source.plain
        if (source.env is None) == (source.file is None):
            if self.count(path) != 1:  # else that one was wrong, and is reported already
                self.wrong(path, "expected one of {env: NAME} and {file: PATH}")
            return Secret("")
        value = self.from_environment(source.env, path) if source.env else self.from_file(source.file or "", path)
        if "\n" in value or "\r" in value or "\0" in value:
            self.wrong(path, "the secret has several lines, expected one")
        return Secret(value)

    def from_environment(self, name: str, path: KeyPath) -> str:
        if not self.environ.get(name):
            state = "is empty" if name in self.environ else "is not set"
            self.wrong((*path, "env"), f"the environment variable {state}, expected the secret in it")
        return self.environ.get(name, "")

    def from_file(self, name: str, path: KeyPath) -> str:
        file = self.path(name)
        if self.credentials is not None and "/" not in name and (self.credentials / name).exists():
            file = self.credentials / name
        try:
            value = file.read_text("utf-8").removesuffix("\n").removesuffix("\r")
        except OSError as error:
            self.wrong((*path, "file"), f"{file} cannot be read: {(error.strerror or str(error)).lower()}")
            return ""
        except UnicodeDecodeError:
            self.wrong((*path, "file"), f"{file} is not UTF-8, expected the secret in it")
            return ""
        if not value:
            self.wrong((*path, "file"), f"{file} is empty, expected the secret in it")
        return value

    # IRC

    def network(self, name: str, network: keys.NetworkKeys, above: dict[str, Any]) -> Network:
        path: KeyPath = ("irc", name)
        page = self.page_keys(network.page, above, (*path, "page"))
        if network.backoff.first > network.backoff.most:
            self.wrong((*path, "backoff"), "“first” is longer than “most”, expected it shorter")
        if network.ping.after >= network.ping.give_up:
            self.wrong((*path, "ping"), "“give_up” is not longer than “after”, expected it longer")
        channels = tuple(
            self.channel(channel, of_channel, page, (*path, "channels", channel))
            for channel, of_channel in network.channels.items()
        )
        self.channels_once(network.channels, (*path, "channels"))
        return Network(
            name=name,
            servers=self.servers(network, path),
            tls=self.tls(network, path),
            nick=network.nick,
            realname=network.realname or f"{network.nick}: logs what follows !log",
            channels=channels,
            proxy=network.proxy,
            password=self.secret(network.password, (*path, "password")) if network.password else None,
            sasl=self.sasl(network, path),
            nickserv=self.nickserv(network, path),
            robots=tuple(network.robots),
            backoff=Backoff(network.backoff.first, network.backoff.most),
            ping=Ping(network.ping.after, network.ping.give_up),
            catch_up=network.catch_up,
            tell_gaps=network.tell_gaps,
        )

    def servers(self, network: keys.NetworkKeys, path: KeyPath) -> tuple[Server, ...]:
        given = [key for key in ("server", "servers") if stands(self.tree, (*path, key))]
        if len(given) != 1:
            self.wrong(path, "expected “server”" if not given else "has “server” and “servers”, expected one of them")
        if network.servers == []:
            self.wrong((*path, "servers"), "is empty, expected a list of HOST:PORT")
        plain = network.tls.off or network.tls.plain
        addresses = [network.server] if network.server else network.servers or []
        if network.tls.off:
            for number, address in enumerate(addresses):
                if not address.loopback:
                    place = (*path, "server") if network.server else (*path, "servers", number)
                    self.wrong(place, "without TLS only to this machine, expected “tls: true” or “tls: {plain: true}”")
        return tuple(Server(address.host, address.port or (6667 if plain else 6697)) for address in addresses)

    def tls(self, network: keys.NetworkKeys, path: KeyPath) -> Tls | None:
        tls, path = network.tls, (*path, "tls")
        ca = self.readable(tls.ca, (*path, "ca"))
        certificate = self.readable(tls.certificate, (*path, "certificate"))
        if tls.ca and tls.fingerprints:
            self.wrong((*path, "ca"), "does not go together with “fingerprints”, expected one of them", key=True)
        if tls.plain:
            if tls.ca or tls.certificate or tls.fingerprints:
                self.wrong(path, "plain text has no certificates, expected “plain: true” alone")
            secret = " and the bot's password" if network.sasl or network.password or network.nickserv else ""
            self.warn((*path, "plain"), f"without TLS all that is said{secret} can be read and changed on the way")
        return None if tls.off or tls.plain else Tls(ca, certificate, tuple(tls.fingerprints))

    def sasl(self, network: keys.NetworkKeys, path: KeyPath) -> tuple[Sasl, ...]:
        if network.sasl == []:
            self.wrong((*path, "sasl"), "is empty, expected a login: {account: …, password: …}")
        return tuple(
            self.login_by_sasl(login, network, (*path, "sasl", n)) for n, login in enumerate(network.sasl or [])
        )

    def login_by_sasl(self, login: keys.SaslKeys, network: keys.NetworkKeys, path: KeyPath) -> Sasl:
        if login.mechanism == "EXTERNAL":
            if not stands(self.tree, ("irc", path[1], "tls", "certificate")):
                self.wrong((*path, "mechanism"), "EXTERNAL shows a certificate, expected one under “tls”")
            if login.password:
                self.wrong((*path, "password"), "EXTERNAL needs no password, expected it not here", key=True)
            return Sasl(login.mechanism, login.account or "", None, login.authzid or "")
        for key in ("account", "password"):
            if not stands(self.tree, (*path, key)):
                self.wrong(path, f"“{key}” is missing for {login.mechanism}")
        password = self.secret(login.password, (*path, "password")) if login.password else None
        return Sasl(login.mechanism, login.account or "", password, login.authzid or "")

    def nickserv(self, network: keys.NetworkKeys, path: KeyPath) -> NickServ | None:
        if network.nickserv is None:
            return None
        if network.sasl:
            self.wrong((*path, "nickserv"), "does not go together with “sasl”, expected one of them", key=True)
        password = self.secret(network.nickserv.password, (*path, "nickserv", "password"))
        return NickServ(network.nickserv.account or network.nick, password)

    def channel(self, name: str, channel: keys.ChannelKeys, above: dict[str, Any], path: KeyPath) -> Channel:
        page = _page_settings(self.page_keys(channel.page, above, (*path, "page")))
        key = self.secret(channel.key, (*path, "key")) if channel.key else None
        return Channel(name, channel.project, page, key)

    def channels_once(self, channels: Iterable[str], path: KeyPath) -> None:
        seen: dict[str, str] = {}
        for name in channels:
            # as RFC 1459 folds names: the letters, and four brackets that were letters once
            first = seen.setdefault(name.lower().translate(_RFC_1459), name)
            if first != name:
                self.wrong((*path, name), f"is the same channel as {first}, expected it once", key=True)
        if self.count(path) == 0:
            self.wrong(path, "is empty, expected a channel")

    # pages

    def page_keys(self, page: keys.PageKeys, above: dict[str, Any], path: KeyPath) -> dict[str, Any]:
        """What is set of a page here or farther up; what is set here wins."""
        given = above | {key: getattr(page, key) for key in page.model_fields_set}
        if (
            given.get("heading") is not None
            and given.get("level", 3) < 2
            and page.model_fields_set & {"heading", "level"}
        ):
            at = "level" if "level" in page.model_fields_set else "heading"
            self.wrong((*path, at), "the days stand below the heading, expected a level from 2 to 6")
        return given

    # the wiki

    def wiki(self, wiki: keys.WikiKeys | None) -> MediaWikiSettings | FolderSettings | None:
        if wiki is None:
            return None
        given = [key for key in keys.names(keys.WikiKeys) if stands(self.tree, ("wiki", key))]
        kinds = [key for key in ("api", "folder") if key in given]
        if len(kinds) != 1:
            self.wrong(("wiki",), f"has {'both' if kinds else 'none'} of “api” and “folder”, expected one")
            return None
        fitting = ("folder", "url") if kinds == ["folder"] else ("api", "user", "password", "oauth", "bot_flag", "ca")
        for key in given:
            if key not in fitting:
                self.wrong(("wiki", key), f"does not go together with “{kinds[0]}”, expected it not here", key=True)
        if kinds == ["folder"]:
            return FolderSettings(self.path(wiki.folder), wiki.url) if wiki.folder else None
        login = self.login(wiki, given)
        ca = self.readable(wiki.ca, ("wiki", "ca"))
        return MediaWikiSettings(wiki.api, login, wiki.bot_flag, ca) if wiki.api and login else None

    def login(self, wiki: keys.WikiKeys, given: list[str]) -> BotPassword | OAuth1 | OAuth2 | None:
        if "oauth" in given:
            for key in ("user", "password"):
                if key in given:
                    self.wrong(("wiki", key), "does not go together with “oauth”, expected it not here", key=True)
            return self.oauth(wiki.oauth) if wiki.oauth else None
        if "user" not in given or "password" not in given:
            self.wrong(("wiki",), "expected “user” and “password”, or “oauth”")
            return None
        if wiki.user is None or wiki.password is None:
            return None
        if "@" not in wiki.user.strip("@"):
            words = "this is not the name of a BotPassword, expected such as Labsbot@labsbot (Special:BotPasswords)"
            self.warn(("wiki", "user"), words)
        return BotPassword(wiki.user, self.secret(wiki.password, ("wiki", "password")))

    def oauth(self, oauth: keys.OAuthKeys) -> OAuth1 | OAuth2 | None:
        path: KeyPath = ("wiki", "oauth")
        of_oauth1 = ("consumer_token", "consumer_secret", "access_secret")
        given = [key for key in of_oauth1 if stands(self.tree, (*path, key))]
        if not given:
            return OAuth2(self.secret(oauth.access_token, (*path, "access_token")))
        if missing := [key for key in of_oauth1 if key not in given]:
            words = ", ".join(f"“{key}”" for key in missing)
            self.wrong(path, f"{words} is missing for OAuth 1, expected all four keys (OAuth 2: “access_token” alone)")
        if oauth.consumer_token is None or oauth.consumer_secret is None or oauth.access_secret is None:
            return None
        return OAuth1(
            self.secret(oauth.consumer_token, (*path, "consumer_token"), public=True).value,
            self.secret(oauth.consumer_secret, (*path, "consumer_secret")),
            self.secret(oauth.access_token, (*path, "access_token"), public=True).value,
            self.secret(oauth.access_secret, (*path, "access_secret")),
        )

    # projects

    def projects(self, sources: list[keys.SourceKeys]) -> tuple[Project, ...]:
        projects: list[Project] = []
        seen: dict[str, KeyPath] = {}
        for number, source in enumerate(sources):
            path: KeyPath = ("projects", number, "list")
            for name, project in (source.names or {}).items():
                here = (*path, name)
                self.name_once(name, here, seen)
                for nth, alias in enumerate(project.aliases):
                    self.name_once(alias, (*here, "aliases", nth), seen)
                projects.append(Project(name, tuple(project.aliases), project.retired))
        listed = self.tree.values.get("projects")
        if isinstance(listed, Listing) and not projects and not self.some_project(listed):
            self.wrong(("projects",), "holds no project, expected such as “list: [tools]”")
        return tuple(projects)

    def name_once(self, name: str, path: KeyPath, seen: dict[str, KeyPath]) -> None:
        first = seen.setdefault(folded(name), path)
        if first != path:
            for place, other in ((first, path), (path, first)):
                line = self.name_place(other)[0]
                words = f"the same name stands in line {line} too (case is not looked at), expected it once"
                self.flaws.append(Flaw(self.name_place(place), real(self.tree, place), words))

    def name_place(self, path: KeyPath) -> Place:
        return value_place(self.tree, path) if "aliases" in path[3:] else key_place(self.tree, path)

    def some_project(self, sources: Listing) -> bool:
        """Whether there are keys or names from which, wrong as they may be, a project was to come."""
        return any(
            not isinstance(source, Table)
            or any(key != "list" or not _is_empty(value) for key, value in source.values.items())
            for source in sources.values
        )

    def channels_and_projects(
        self, networks: tuple[Network, ...], page: PageSettings, projects: tuple[Project, ...]
    ) -> None:
        directory = {folded(name): project for project in projects for name in (project.name, *project.aliases)}
        for network in networks:
            for channel in network.channels:
                path: KeyPath = ("irc", network.name, "channels", channel.name)
                if channel.project is not None and projects:
                    self.bound_project(channel.project, directory, (*path, "project"))
                elif channel.project is None and "{project}" not in channel.page.title:
                    self.warn(path, "all projects write to one page here: the page's title does not hold {project}")
        pages = {page, *(channel.page for network in networks for channel in network.channels)}
        for project in projects:
            titles = [settings.title_for(project.name) for settings in pages]
            if flaw := next(filter(None, map(keys.title_flaw, titles)), None):
                number = next(
                    n for n in range(len(projects)) if stands(self.tree, ("projects", n, "list", project.name))
                )
                self.wrong(("projects", number, "list", project.name), flaw, key=True)

    def bound_project(self, name: str, directory: Mapping[str, Project], path: KeyPath) -> None:
        project = directory.get(folded(name))
        if project is None:
            near = keys.meant(get_close_matches(name, [known.name for known in directory.values()], 1))
            self.wrong(path, f"there is no such project, {near or 'expected one of those under “projects”'}")
        elif project.retired is not None:
            self.wrong(path, "this project is retired, expected one that is in use")


def _page_settings(given: dict[str, Any]) -> PageSettings:
    level = 2 if given.get("heading") is None else 3
    order, category = Order(given.get("order", "newest")), tuple(given.get("category", ()))
    return PageSettings(**{"level": level, **given, "order": order, "category": category})


_RFC_1459 = str.maketrans("[]\\^", "{}|~")


def _is_empty(node: Node) -> bool:
    if isinstance(node, Scalar):
        return node.text is None
    return not node.values
