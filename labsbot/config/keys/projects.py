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
    """Other names that may be typed; one or a list."""
    retired: Line | None = None
    """The project takes no entries any more; this is what people are told to do instead."""
    members: Annotated[list[Line], BeforeValidator(several)] | None = None
    """Who belongs to it, one or a list: accounts, or what `people`_ call them."""


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
    """``ldaps://HOST``, ``ldap://HOST`` or ``ldapi://SOCKET`` (percent-encoded)."""
    base: Annotated[str, AfterValidator(_distinguished_name)]
    """Below which entry the groups are, such as ``ou=projects,dc=example,dc=org``."""
    filter: Annotated[str, AfterValidator(_filter)] | None = None
    """Which entries are projects (RFC 4515). Default ``(|(objectClass=groupOfNames)(objectClass=posixGroup))``. In
    Active Directory: ``(objectClass=group)``."""
    name: Word | None = None
    """The attribute with the project's name. Default ``cn``."""
    members: SeveralWords | None = None
    """The attributes with its members, one or a list. Of a distinguished name its first value counts. Default
    ``member`` and ``memberUid``. Members that the server gives in ranges (Active Directory, where there are more
    than 1,500) are all read."""
    user: Line | None = None
    """The distinguished name to log in with. Default: anonymous."""
    password: SecretSource | None = None
    """Its password, a Secret_."""
    start_tls: bool = True
    """With ``ldap://``: go on encrypted; ``false`` to this machine only."""
    ca: Line | None = None
    """A file of CA certificates, instead of the machine's."""


class KeystoneKeys(Keys):
    url: PasswordSafeUrl
    """The address of the identity service (v3). Plain ``http`` to this machine only."""
    user: Line
    """The user that asks; it may read projects and role assignments."""
    password: SecretSource
    """Its password, a Secret_."""
    user_domain: Line | None = None
    """The user's domain. Default ``Default``."""
    project: Line | None = None
    """The project in whose name to ask. Default: the whole system."""
    project_domain: Line | None = None
    """That project's domain. Default ``Default``."""
    domain: Word | None = None
    """Only projects of this domain (its id). Default: of all."""
    ca: Line | None = None
    """A file of CA certificates, instead of the machine's."""


# --- a source -----------------------------------------------------------------------------------------------------


class SourceKeys(GateKeys):
    names: Projects | None = Field(None, alias="list")
    """The projects: a name and its keys (Project_) for each, which may be left empty. A plain list of names will
    do. A name is one word that can stand in a page's title, and stands for one project."""
    file: Line | None = None
    """A YAML or JSON file (by the ending ``.json``) with what may stand under ``list``. It is read again when it
    changes; while it is wrong, what it held before holds. At the start it must be right."""
    pages: Annotated[str, AfterValidator(_pages)] | None = None
    """Pages of the wiki: each page with such a title is a project, ``Nova Resource:{project}``. The project's name
    stands where ``{project}`` is."""
    category: Category | None = None
    """Pages of the wiki that are in this category, without “Category:”. With ``pages`` beside it only those with
    such a title; default: the page's title is the name."""
    groups: Word | None = None
    """Groups of this machine (``getent group``: files, sssd, LDAP by NSS), which of them with ``*`` and ``?``, with
    their members."""
    ldap: LdapKeys | None = None
    """Groups in an LDAP directory, with their members (LDAP_). Needs the extra ``labsbot[ldap]``."""
    keystone: KeystoneKeys | None = None
    """Projects of an OpenStack, with whoever has a role in them as members (Keystone_). Needs the extra
    ``labsbot[keystone]``."""
    any: Pattern | None = None
    """A pattern: every name that fits it as a whole, in lower case, is a project. Nobody is a member of it.
    Punctuation around what was typed is left out where it fits without: ``!log tools. restarted`` means ``tools``."""
    strip: Word | None = None
    """Taken off the front of each name that begins with it; names that do not are none of ours. Not for ``list``
    and ``any``."""
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """Put in front of each name, after that; such as ``tools.``."""
    refresh: Duration | None = None
    """How often it is asked. Default ``5m``. Not for ``list`` and ``any``."""


KINDS = ("list", "file", "pages", "category", "groups", "ldap", "keystone", "any")
"""The keys of a source that say what it is; exactly one stands there, but that a category may have its pages."""
