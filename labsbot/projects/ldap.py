"""The settings of an LDAP directory come in; its groups go out as projects, with their members. Only reads.

This module needs python-ldap (the extra ``ldap``); what that raises becomes a SourceFailure here. Each question is a
connection of its own. Results are asked for page by page (RFC 2696) where the server can do that, so that a limit on
the size of one answer does not matter. Members that a server gives in ranges (Active Directory, where a group has
more than 1,500) are asked for to the last.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping

import ldap
import ldap.dn
from ldap.controls import SimplePagedResultsControl
from ldap.ldapobject import SimpleLDAPObject

from labsbot.refreshed import OwnThread, SourceFailure
from labsbot.settings import Ldap, Project

CONNECT = 5.0
ANSWER = 20.0
"""Seconds for one answer of the server."""
PATIENCE = 60.0
"""Seconds for all of it."""
KEEPALIVE = 15
"""Seconds between signs of life of the connection itself (SO_KEEPALIVE)."""
PAGE = 100
"""Rows; some servers refuse pages that are larger than they like."""

MOST = 64 * 1024 * 1024
"""Bytes of all names and members together."""

Attributes = Mapping[str, list[bytes]]
Row = tuple[str, Attributes]


class AskedLdap:
    """The groups of a directory. Call it for what they are now."""

    def __init__(self, origin: Ldap) -> None:
        self._origin = origin
        self._thread_of_own = OwnThread(f"ldap {origin.url}", PATIENCE)
        self._left = MOST

    async def __call__(self) -> tuple[Project, ...]:
        """Raises SourceFailure."""
        return await self._thread_of_own.call(self._groups)

    def _groups(self) -> tuple[Project, ...]:
        self._left = MOST
        try:
            connection = ldap.initialize(self._origin.url)
            try:
                self._log_in(connection)
                found = [self._project(dn, self._whole(connection, dn, row)) for dn, row in self._search(connection)]
            finally:
                with contextlib.suppress(ldap.LDAPError):
                    connection.unbind_ext_s()
        except ldap.LDAPError as error:
            raise SourceFailure(_cause(error, self._origin.url)) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:  # a name that is not UTF-8, say
            raise SourceFailure("it answers with something else than a directory") from error
        return tuple(sorted((project for project in found if project), key=lambda project: project.name))

    def _log_in(self, connection: SimpleLDAPObject) -> None:
        origin = self._origin
        connection.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, CONNECT)
        connection.set_option(ldap.OPT_TIMEOUT, ANSWER)
        # Where a partition swallows everything, a TLS handshake would wait for ever.
        connection.set_option(ldap.OPT_X_KEEPALIVE_IDLE, KEEPALIVE)
        connection.set_option(ldap.OPT_X_KEEPALIVE_INTERVAL, KEEPALIVE)
        connection.set_option(ldap.OPT_X_KEEPALIVE_PROBES, 3)
        # A server that we have not been told to trust would get our password.
        connection.set_option(ldap.OPT_REFERRALS, 0)
        if not origin.url.startswith("ldapi:"):
            # Said here, as the machine's ldap.conf may say otherwise.
            connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
            if origin.ca:
                connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(origin.ca))
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        if origin.url.startswith("ldap:") and origin.start_tls:
            connection.start_tls_s()
        if origin.user is not None:
            connection.simple_bind_s(origin.user, origin.password.value if origin.password else "")

    def _search(self, connection: SimpleLDAPObject) -> list[Row]:
        try:
            return list(self._pages(connection, SimplePagedResultsControl(False, size=PAGE, cookie="")))
        except (ldap.ADMINLIMIT_EXCEEDED, ldap.UNWILLING_TO_PERFORM):
            # Pages are an offer; yet slapd refuses all of it where it has them switched off, or wants smaller ones.
            return list(self._pages(connection, None))

    def _pages(self, connection: SimpleLDAPObject, page: SimplePagedResultsControl | None) -> Iterator[Row]:
        wanted = [self._origin.name, *self._origin.members]
        while True:
            asked = connection.search_ext(
                self._origin.base, ldap.SCOPE_SUBTREE, self._origin.filter, wanted, serverctrls=[page] if page else None
            )
            _, rows, _, controls = connection.result3(asked, timeout=ANSWER)
            # A row without a name is a reference to another server.
            named = [(dn, attributes) for dn, attributes in rows if dn is not None]
            for _, attributes in named:
                self._count(value for values in attributes.values() for value in values)
            yield from named
            cookies = [each.cookie for each in controls if each.controlType == SimplePagedResultsControl.controlType]
            if not page or not any(cookies):
                return
            page.cookie = cookies[0]

    def _count(self, values: Iterable[bytes]) -> None:
        """Another piece of the answer has come. Raises SourceFailure where it was given up, or is too large."""
        self._thread_of_own.go_on()
        self._left -= sum(map(len, values))
        if self._left < 0:
            raise SourceFailure(f"its answer is too large: more than {MOST // 1024**2} MB")

    def _whole(self, connection: SimpleLDAPObject, dn: str, answer: Attributes) -> Attributes:
        """A row's attributes, their names in lower case; what came in ranges is complete."""
        whole = {name.casefold(): values for name, values in answer.items()}
        for attribute in {found["attribute"] for found in map(_RANGE.fullmatch, whole) if found}:
            whole[attribute] = []
            for values in _ranges(connection, dn, attribute, answer):
                self._count(values)
                whole[attribute] += values
        return whole

    def _project(self, dn: str, attributes: Attributes) -> Project | None:
        values = {name: [_text(value) for value in found] for name, found in attributes.items()}
        names = values.get(self._origin.name.casefold(), [])
        if not names:
            return None
        # Of several names the one in the distinguished name is the group's; the order of the others means nothing.
        first = next((name for name in names if name == first_value(dn)), sorted(names)[0])
        members = (each for attribute in self._origin.members for each in values.get(attribute.casefold(), []))
        return Project(
            first,
            aliases=tuple(sorted(set(names) - {first})),
            members=frozenset(member for each in members if (member := first_value(each))),
        )


def _ranges(connection: SimpleLDAPObject, dn: str, attribute: str, answer: Attributes) -> Iterator[list[bytes]]:
    """All values of an attribute, part by part, from the answer with the first of them on (MS-ADTS, 3.1.1.3.1.3.3)."""
    count = 0
    while True:
        named = ((_RANGE.fullmatch(name), values) for name, values in answer.items())
        ranges = [
            (len(values), found["last"], values)
            for found, values in named
            if found and found["attribute"].casefold() == attribute and int(found["first"]) == count
        ]
        # Beside a range what was asked for can stand once more, "1500-*", without values: it is not the end.
        size, last, values = max(ranges, default=(0, "", []))
        if not size and last != "*":
            raise SourceFailure(f"it gives away only a part of the members of a group: the first {count}")
        yield values
        if last == "*":
            return
        count += size
        answer = connection.read_s(dn, attrlist=[f"{attribute};range={count}-*"]) or {}


_RANGE = re.compile(r"(?P<attribute>[^;]+);range=(?P<first>[0-9]{1,9})-(?P<last>[0-9]{1,9}|\*)", re.IGNORECASE)


def first_value(name: str) -> str:
    """``alice`` of ``uid=alice,ou=people,dc=example`` (RFC 4514); a word that is no distinguished name, as it is."""
    try:
        parts = ldap.dn.str2dn(name)
    except ldap.DECODING_ERROR:
        return name
    return str(parts[0][0][1]) if parts else ""


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


_CAUSES: dict[type[Exception], str] = {
    ldap.INVALID_CREDENTIALS: "it refuses our name or password",
    ldap.CONFIDENTIALITY_REQUIRED: "it wants TLS",
    ldap.INSUFFICIENT_ACCESS: "we may not read that there",
    ldap.NO_SUCH_OBJECT: "there is no such base, or we may not see it",
    ldap.INVALID_DN_SYNTAX: "the base, or the name to log in with, is no distinguished name",
    ldap.SIZELIMIT_EXCEEDED: "it gives away only a part of the groups (size limit)",
    ldap.TIMELIMIT_EXCEEDED: "it takes too long (time limit)",
    ldap.TIMEOUT: "it is not answering",
    ldap.FILTER_ERROR: "it cannot read the filter (RFC 4515)",
    # What is wrong with TLS the library does not say.
    ldap.CONNECT_ERROR: "no encrypted connection; its certificate may not be one to trust, or not be for that name",
}


def _cause(error: ldap.LDAPError, url: str) -> str:
    """What the library raised, in our words where we have some. Nothing that was sent stands in it."""
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    if isinstance(error, ldap.SERVER_DOWN):
        return "it cannot be reached" + (", or its certificate is not one to trust" if url.startswith("ldaps:") else "")
    words = next((words for kind, words in _CAUSES.items() if isinstance(error, kind)), None)
    detail = str(told.get("info") or told.get("desc") or type(error).__name__)
    return words or f"it fails: {re.sub(r'[^ -~]', ' ', detail)[:100]}"
