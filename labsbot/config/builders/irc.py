"""The keys of a network come in; the network goes out: servers with their ports, TLS, logins, and its channels."""

from __future__ import annotations

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.builders.channels import channels
from labsbot.config.builders.places import Holding, holding
from labsbot.config.builders.secrets import secret, secret_or_none
from labsbot.config.tree import KeyPath
from labsbot.edge import files
from labsbot.settings import (
    Backoff,
    Network,
    NickServ,
    Ping,
    Proxy,
    Relay,
    Replies,
    Sasl,
    Server,
    Tls,
)


def network(building: Building, name: str, network: keys.NetworkKeys, above: Holding) -> Network:
    path: KeyPath = ("irc", name)
    here = holding(building, network, above, path)
    if network.backoff.first > network.backoff.most:
        building.wrong((*path, "backoff"), "“first” is longer than “most”, expected it shorter")
    if network.ping.after >= network.ping.give_up:
        building.wrong((*path, "ping"), "“give_up” is not longer than “after”, expected it longer")
    tls, sts = _tls(building, network, path)
    return Network(
        name=name,
        servers=_servers(building, network, path),
        tls=tls,
        sts=sts,
        nick=network.nick,
        realname=network.realname or f"{network.nick}: logs what follows !log",
        channels=channels(building, network.channels, here, (*path, "channels")),
        proxy=_proxy(building, network.proxy, (*path, "proxy")),
        password=secret_or_none(building, network.password, (*path, "password")),
        sasl=_sasl(building, network, path),
        nickserv=_nickserv(building, network, path),
        robots=tuple(network.robots),
        relays=_relays(building, network, (*path, "relays")),
        replies=Replies(network.replies),
        backoff=Backoff(network.backoff.first, network.backoff.most),
        ping=Ping(network.ping.after, network.ping.give_up),
        catch_up=network.catch_up,
        tell_gaps=network.tell_gaps,
    )


def _servers(building: Building, network: keys.NetworkKeys, path: KeyPath) -> tuple[Server, ...]:
    given = building.given(path, ("server", "servers"))
    if len(given) != 1:
        building.wrong(path, "expected “server”" if not given else "has “server” and “servers”, expected one of them")
    if network.servers == []:
        building.wrong((*path, "servers"), "is empty, expected a list of HOST:PORT")
    plain = network.tls.off or network.tls.plain
    addresses = [network.server] if network.server else network.servers or []
    if network.tls.off:
        for number, address in enumerate(addresses):
            if not address.loopback:
                place = (*path, "server") if network.server else (*path, "servers", number)
                building.wrong(place, "without TLS only to this machine, expected “tls: true” or “tls: {plain: true}”")
    return tuple(Server(address.host, address.port or (6667 if plain else 6697)) for address in addresses)


def _tls(building: Building, network: keys.NetworkKeys, path: KeyPath) -> tuple[Tls | None, Tls]:
    """How TLS is verified, None for plain text; and how it is where a server asks for it that was reached without."""
    tls, path = network.tls, (*path, "tls")
    ca = building.readable(tls.ca, (*path, "ca"))
    certificate = building.readable(tls.certificate, (*path, "certificate"))
    if certificate and files.others_can_read(certificate):
        words = f"every user of this machine can read {certificate} and the key in it, expected chmod o-rwx"
        building.warn((*path, "certificate"), words)
    if tls.ca and tls.fingerprints:
        building.wrong((*path, "ca"), "does not go together with “fingerprints”, expected one of them", key=True)
    verified = Tls(ca, certificate, tuple(tls.fingerprints))
    if tls.plain:
        secrets = network.sasl or network.password or network.nickserv
        words = "all that is said and the bot's password" if secrets else "all that is said"
        building.warn((*path, "plain"), f"without TLS {words} can be read and changed on the way")
    return (None, verified) if tls.off or tls.plain else (verified, Tls())


def _proxy(building: Building, proxy: keys.ProxyKeys | None, path: KeyPath) -> Proxy | None:
    if proxy is None:
        return None
    building.both_or_none(path, "user", "password")
    return Proxy(proxy.url, proxy.user, secret_or_none(building, proxy.password, (*path, "password")))


def _relays(building: Building, network: keys.NetworkKeys, path: KeyPath) -> tuple[Relay, ...]:
    seen: dict[str, str] = {}
    for account in network.relays:
        if (first := seen.setdefault(account.casefold(), account)) != account:
            building.wrong((*path, account), f"is the same account as {first}, expected it once", key=True)
    return tuple(Relay(account, relay.known or relay.form) for account, relay in network.relays.items())


# --- logins -------------------------------------------------------------------------------------------------------


def _sasl(building: Building, network: keys.NetworkKeys, path: KeyPath) -> tuple[Sasl, ...]:
    if network.sasl == []:
        building.wrong((*path, "sasl"), "is empty, expected a login: {account: …, password: …}")
    certificate = building.stands((*path, "tls", "certificate"))
    return tuple(_login(building, login, certificate, (*path, "sasl", n)) for n, login in enumerate(network.sasl or []))


def _login(building: Building, login: keys.SaslKeys, certificate: bool, path: KeyPath) -> Sasl:
    if login.key and login.mechanism != "ECDSA-NIST256P-CHALLENGE":
        building.wrong((*path, "key"), f"{login.mechanism} needs no key, leave it out here", key=True)
    if login.mechanism == "ECDSA-NIST256P-CHALLENGE":
        return _login_by_key(building, login, path)
    if login.mechanism == "EXTERNAL":
        if not certificate:
            building.wrong((*path, "mechanism"), "EXTERNAL shows a certificate, expected one under “tls”")
        if login.password:
            building.wrong((*path, "password"), "EXTERNAL needs no password, leave it out here", key=True)
        return Sasl(login.mechanism, login.account or "", None, login.authzid or "")
    for key in ("account", "password"):
        if not building.stands((*path, key)):
            building.wrong(path, f"“{key}” is missing for {login.mechanism}")
    password = secret_or_none(building, login.password, (*path, "password"))
    return Sasl(login.mechanism, login.account or "", password, login.authzid or "")


def _login_by_key(building: Building, login: keys.SaslKeys, path: KeyPath) -> Sasl:
    for needed in ("account", "key"):
        if not building.stands((*path, needed)):
            building.wrong(path, f"“{needed}” is missing for {login.mechanism}")
    if login.password:
        building.wrong((*path, "password"), f"{login.mechanism} needs no password, leave it out here", key=True)
    key = building.readable(login.key, (*path, "key"))
    return Sasl(login.mechanism, login.account or "", None, login.authzid or "", key)


def _nickserv(building: Building, network: keys.NetworkKeys, path: KeyPath) -> NickServ | None:
    if network.nickserv is None:
        return None
    if network.sasl:
        building.wrong((*path, "nickserv"), "does not go together with “sasl”, expected one of them", key=True)
    password = secret(building, network.nickserv.password, (*path, "nickserv", "password"))
    return NickServ(network.nickserv.account or network.nick, password)
