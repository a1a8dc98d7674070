"""The keys of the sources of projects: a list, and what else knows which projects there are."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from labsbot.config.keys.access import GateKeys
from labsbot.config.keys.pages import Category
from labsbot.config.keys.values import (
    Duration,
    Keys,
    Line,
    PasswordSafeUrl,
    Pattern,
    SecretSource,
    SeveralWords,
    Word,
    nothing_set,
    one_line,
    several,
    wrong,
)
from labsbot.text.names import title_flaw, typing_flaw


def _name(text: str) -> str:
    """A name as it can be typed after ``!log``: one word that is not read as something else there."""
    if flaw := typing_flaw(text):
        raise wrong(flaw)
    return text


def _project(text: str) -> str:
    if flaw := title_flaw(_name(text)):
        raise wrong(f"{flaw}, and the log's title holds the project's name")
    return text


def _prefix(text: str) -> str:
    _project(f"{text}x")
    return text


def _pages(text: str) -> str:
    if text.count("{project}") != 1:
        raise wrong("expected {project} in it once, where the project's name stands")
    if flaw := title_flaw(text.replace("{project}", "x")):
        raise wrong(f"{flaw}, write for example “Nova Resource:{{project}}”")
    return text


Names = Annotated[list[Annotated[str, AfterValidator(_name)]], BeforeValidator(several)]


class ProjectKeys(GateKeys):
    aliases: Names = Field(default_factory=list)
    retired: Line | None = None
    members: Annotated[list[Line], BeforeValidator(several)] | None = None


Projects = dict[Annotated[str, AfterValidator(_project)], Annotated[ProjectKeys, BeforeValidator(nothing_set)]]


class ProjectListKeys(Keys):
    """A file of projects, as the list that it stands for."""

    names: Projects = Field({}, alias="list")


# --- what is asked over the network -------------------------------------------------------------------------------


def _ldap_url(text: str) -> str:
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        port = 0
    if not re.fullmatch(r"ldaps?://[^\s/?#@]+/?|ldapi://[^\s/?#]*/?", text) or port == 0:
        raise wrong("expected ldaps://HOST, ldap://HOST or ldapi://SOCKET, without anything behind it")
    return text


def _distinguished_name(text: str) -> str:
    if not re.match(r"[\w.-]+ ?=", one_line(text)):
        raise wrong("expected a distinguished name, such as ou=projects,dc=example,dc=org")
    return text


def _filter(text: str) -> str:
    # RFC 4515: brackets that are meant as such stand in it as \28 and \29
    open_brackets = 0
    for character in one_line(text):
        open_brackets += {"(": 1, ")": -1}.get(character, 0)
        if open_brackets < (character != ")"):
            break
    else:
        if open_brackets == 0:
            return text
    raise wrong("this is no LDAP filter, write for example (objectClass=groupOfNames), each bracket closed")


class LdapKeys(Keys):
    url: Annotated[str, AfterValidator(_ldap_url)]
    base: Annotated[str, AfterValidator(_distinguished_name)]
    filter: Annotated[str, AfterValidator(_filter)] | None = None
    name: Word | None = None
    members: SeveralWords | None = None
    user: Line | None = None
    password: SecretSource | None = None
    start_tls: bool = True
    ca: Line | None = None


class KeystoneKeys(Keys):
    url: PasswordSafeUrl
    user: Line
    password: SecretSource
    user_domain: Line | None = None
    project: Line | None = None
    project_domain: Line | None = None
    domain: Word | None = None
    ca: Line | None = None


# --- a source -----------------------------------------------------------------------------------------------------


class SourceKeys(GateKeys):
    names: Projects | None = Field(None, alias="list")
    file: Line | None = None
    pages: Annotated[str, AfterValidator(_pages)] | None = None
    category: Category | None = None
    groups: Word | None = None
    ldap: LdapKeys | None = None
    keystone: KeystoneKeys | None = None
    any: Pattern | None = None
    strip: Word | None = None
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    refresh: Duration | None = None


KINDS = ("list", "file", "pages", "category", "groups", "ldap", "keystone", "any")
"""The keys of a source that say what it is; exactly one stands there, but that a category may have its pages."""
