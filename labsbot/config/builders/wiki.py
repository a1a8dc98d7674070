"""The keys of the wiki come in; a MediaWiki with its login, or a folder of pages, goes out."""

from __future__ import annotations

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.builders.secrets import secret
from labsbot.config.tree import KeyPath
from labsbot.settings import BotPassword, FolderSettings, MediaWikiSettings, OAuth1, OAuth2, Redirects

_BOTH = ("redirects", "largest_edit")
_WITH = {"folder": ("folder", "url", *_BOTH), "api": ("api", "user", "password", "oauth", "bot_flag", "ca", *_BOTH)}


def wiki(building: Building, wiki: keys.WikiKeys | None) -> MediaWikiSettings | FolderSettings | None:
    if wiki is None:
        return None
    given = building.given(("wiki",), tuple(keys.names(keys.WikiKeys)))
    kinds = [key for key in ("api", "folder") if key in given]
    if len(kinds) != 1:
        building.wrong(("wiki",), f"has {'both' if kinds else 'none'} of “api” and “folder”, expected one")
        return None
    (kind,) = kinds
    for key in given:
        if key not in _WITH[kind]:
            building.does_not_go_with(("wiki", key), kind)
    redirects = Redirects(wiki.redirects.below, tuple(wiki.redirects.allow))
    size = wiki.largest_edit
    if kind == "folder":
        if wiki.folder is None:
            return None
        return FolderSettings(building.path(wiki.folder), wiki.url, redirects=redirects, largest_edit=size)
    login = _login(building, wiki, given)
    ca = building.readable(wiki.ca, ("wiki", "ca"))
    return MediaWikiSettings(wiki.api, login, wiki.bot_flag, ca, redirects, size) if wiki.api and login else None


def _login(building: Building, wiki: keys.WikiKeys, given: list[str]) -> BotPassword | OAuth1 | OAuth2 | None:
    if "oauth" in given:
        for key in ("user", "password"):
            if key in given:
                building.does_not_go_with(("wiki", key), "oauth")
        return _oauth(building, wiki.oauth) if wiki.oauth else None
    if "user" not in given or "password" not in given:
        missing = [key for key in ("user", "password") if key not in given]
        which = f"“{missing[0]}” is missing, " if len(missing) == 1 else ""
        building.wrong(("wiki",), f"{which}expected “user” and “password”, or “oauth”")
        return None
    if wiki.user is None or wiki.password is None:
        return None
    if "@" not in wiki.user.strip("@"):
        words = "this is not the name of a BotPassword, write for example Labsbot@labsbot (Special:BotPasswords)"
        building.warn(("wiki", "user"), words)
    return BotPassword(wiki.user, secret(building, wiki.password, ("wiki", "password")))


def _oauth(building: Building, oauth: keys.OAuthKeys) -> OAuth1 | OAuth2 | None:
    path: KeyPath = ("wiki", "oauth")
    of_oauth1 = ("consumer_token", "consumer_secret", "access_secret")
    given = building.given(path, of_oauth1)
    if not given:
        return OAuth2(secret(building, oauth.access_token, (*path, "access_token")))
    if missing := [key for key in of_oauth1 if key not in given]:
        words = ", ".join(f"“{key}”" for key in missing)
        building.wrong(path, f"{words} is missing for OAuth 1, expected all four keys (OAuth 2: “access_token” alone)")
    if oauth.consumer_token is None or oauth.consumer_secret is None or oauth.access_secret is None:
        return None
    return OAuth1(
        secret(building, oauth.consumer_token, (*path, "consumer_token"), public=True).value,
        secret(building, oauth.consumer_secret, (*path, "consumer_secret")),
        secret(building, oauth.access_token, (*path, "access_token"), public=True).value,
        secret(building, oauth.access_secret, (*path, "access_secret")),
    )
