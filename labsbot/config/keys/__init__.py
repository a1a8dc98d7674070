"""Which keys there are and what may stand in each: plain values of one file come in, checked ones go out.

Each rule here looks at one value; what depends on several keys, on the environment or on files is for the builders.
"""

from labsbot.config.keys.access import GateKeys, LimitKeys, person
from labsbot.config.keys.announce import AnnounceKeys
from labsbot.config.keys.file import (
    REQUIRED,
    DuringKeys,
    FileKeys,
    ShapesKeys,
    at,
    expected,
    may_be_nothing,
    names,
)
from labsbot.config.keys.irc import (
    Address,
    BackoffKeys,
    ChannelKeys,
    CommandsKeys,
    NetworkKeys,
    NickServKeys,
    PingKeys,
    PlaceKeys,
    ProxyKeys,
    RelayKeys,
    SaslKeys,
    TlsKeys,
)
from labsbot.config.keys.lines import LinePortKeys
from labsbot.config.keys.pages import ArchiveKeys, LinkPatternKeys, PageKeys
from labsbot.config.keys.people import PEOPLE_KINDS, PeopleListKeys, PeopleSourceKeys, PersonKeys
from labsbot.config.keys.projects import KINDS, KeystoneKeys, LdapKeys, ProjectKeys, ProjectListKeys, SourceKeys
from labsbot.config.keys.values import Keys, SecretKeys, found, meant
from labsbot.config.keys.web import ALL, TokenKeys, TrustedKeys, WebKeys
from labsbot.config.keys.wiki import OAuthKeys, RedirectsKeys, WikiKeys

__all__ = [
    "ALL",
    "KINDS",
    "PEOPLE_KINDS",
    "REQUIRED",
    "Address",
    "AnnounceKeys",
    "ArchiveKeys",
    "BackoffKeys",
    "ChannelKeys",
    "CommandsKeys",
    "DuringKeys",
    "FileKeys",
    "GateKeys",
    "Keys",
    "KeystoneKeys",
    "LdapKeys",
    "LimitKeys",
    "LinePortKeys",
    "LinkPatternKeys",
    "NetworkKeys",
    "NickServKeys",
    "OAuthKeys",
    "PageKeys",
    "PeopleListKeys",
    "PeopleSourceKeys",
    "PersonKeys",
    "PingKeys",
    "PlaceKeys",
    "ProjectKeys",
    "ProjectListKeys",
    "ProxyKeys",
    "RedirectsKeys",
    "RelayKeys",
    "SaslKeys",
    "SecretKeys",
    "ShapesKeys",
    "SourceKeys",
    "TlsKeys",
    "TokenKeys",
    "TrustedKeys",
    "WebKeys",
    "WikiKeys",
    "at",
    "expected",
    "found",
    "may_be_nothing",
    "meant",
    "names",
    "person",
]
