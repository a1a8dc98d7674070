"""SCRAM-SHA-256 as somebody else understood RFC 5802: the server's side is the library scramp."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
import scramp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsbot.irc import sasl
from labsbot.settings import Sasl, Secret

MECHANISM = scramp.ScramMechanism("SCRAM-SHA-256")
FEWEST, MOST = 4096, 1_000_000
BINDING = ("tls-unique", b"what both ends of a connection know")
NONCE = "rOprNGfwEbeRWgbNEkqO"


def stored(password: str, rounds: int = FEWEST) -> tuple[bytes, bytes, bytes, int]:
    """What a server keeps of a password: salt, stored key, server key, rounds."""
    kept: tuple[bytes, bytes, bytes, int] = MECHANISM.make_auth_info(password, rounds)
    return kept


def server(account: str, kept: tuple[bytes, bytes, bytes, int], **given: object) -> scramp.ScramServer:
    """A server that has one account, by the name that SASLprep makes of it."""
    return MECHANISM.make_server(lambda name: kept if name == account else None, **given)


def ours(account: str = "labsbot", password: str = "pencil", authzid: str = "") -> sasl.Mechanism:
    return sasl.mechanism(Sasl("SCRAM-SHA-256", account, Secret(password), authzid), NONCE)


@dataclass
class Between:
    """Somebody between us and the server: what each says reaches the other in other words."""

    heard: str = ""
    """These words of ours …"""
    instead: str = ""
    """… reach the server as these,"""
    told: str = ""
    """and these words of the server …"""
    as_if: str = ""
    """… reach us as these."""


def login(client: sasl.Mechanism, server: scramp.ScramServer, between: Between | None = None) -> None:
    """All of one login, in base64 as IRC carries it. Raises Distrusted."""
    between = between or Between()
    said = b""
    for hear, tell in (
        (server.set_client_first, server.get_server_first),
        (server.set_client_final, server.get_server_final),
    ):
        answer = b"".join(base64.b64decode(line) for line in sasl.lines(client.answer(said)) if line != "+")
        try:
            hear(answer.decode().replace(between.heard, between.instead))
            challenge = tell()
        except scramp.ScramException:
            challenge = server.get_server_final()
        said = sasl.challenge(base64.b64encode(challenge.replace(between.told, between.as_if).encode()).decode())
    client.answer(said)


def refusal(client: sasl.Mechanism, server: scramp.ScramServer, between: Between | None = None) -> str:
    with pytest.raises(sasl.Distrusted) as caught:
        login(client, server, between)
    assert not client.proven
    return str(caught.value)


# --- the same password --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "pencil",
        " pen cil ",
        "a,b=c",
        "n=user,r=x",
        "grün",
        "gru\u0308n",
        "I\u00adX",
        "\u2168",
        "a\u00a0b",
        "a\u3000b",
        "\ufb01n",
        "\u1e9b\u0323",
        "שלום",
        "пароль",
        "密码",
        # Unicode 3.2 had this one wrong, and SASLprep keeps to Unicode 3.2 (RFC 4013, section 2.2).
        "\U0002f868",
        "x" * 400,
    ],
    ids=ascii,
)
def test_whoever_has_the_password_is_let_in(password: str) -> None:
    client = ours(password=password)
    login(client, server("labsbot", stored(password)))
    assert client.proven


@pytest.mark.parametrize("password", ["grün", "gru\u0308n", "gr\u00adün", "ｇｒün"], ids=ascii)
def test_how_a_password_is_typed_does_not_matter(password: str) -> None:
    client = ours(password=password)
    login(client, server("labsbot", stored("grün")))
    assert client.proven


@pytest.mark.parametrize(
    ("account", "known"),
    [("a=b,c", "a=b,c"), ("=2C", "=2C"), ("=3D2C,", "=3D2C,"), ("Grün", "Grün"), ("gr\u00adu\u0308n", "grün")],
)
def test_a_name_arrives_as_what_it_is(account: str, known: str) -> None:
    client = ours(account=account)
    login(client, server(known, stored("pencil")))
    assert client.proven


def can_be_stored(text: str) -> bool:
    """SASLprep prohibits nothing in it and leaves something of it."""
    try:
        return bool(scramp.core.saslprep(text))
    except scramp.ScramException:
        return False


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(password=st.text(max_size=20).filter(can_be_stored), account=st.text(max_size=20).filter(can_be_stored))
def test_so_is_anybody_with_any_password_that_a_server_takes(password: str, account: str) -> None:
    assert sasl.prepared(password) == scramp.core.saslprep(password)
    client = ours(account, password)
    login(client, server(scramp.core.saslprep(account), stored(password)))
    assert client.proven


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [FEWEST, 4097, 15_000, MOST])
def test_a_server_may_want_more_rounds(rounds: int) -> None:
    client = ours()
    login(client, server("labsbot", stored("pencil", rounds)))
    assert client.proven


# --- not the same -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "kept"), [("pencil", "Pencil"), ("pencil", "pencil "), ("grün", "grun"), ("", "pencil")]
)
def test_whoever_has_another_password_is_not(password: str, kept: str) -> None:
    assert refusal(ours(password=password), server("labsbot", stored(kept))) == (
        "it refuses our SASL login: invalid-proof"
    )


def test_nobody_is_let_in_under_a_name_that_the_server_does_not_know() -> None:
    assert refusal(ours(), server("somebody", stored("pencil"))) == "it refuses our SASL login: unknown-user"


def test_a_server_that_can_check_us_but_does_not_know_the_password_is_not_trusted() -> None:
    salt, stored_key, _, rounds = stored("pencil")
    *_, another, _ = stored("another")
    assert refusal(ours(), server("labsbot", (salt, stored_key, another, rounds))).startswith(
        "it cannot prove that it knows our password"
    )


def test_rounds_that_would_hold_up_everything_are_not_begun() -> None:
    said = refusal(ours(), server("labsbot", stored("pencil", MOST + 1)))
    assert said.startswith("it wants 1000001 rounds")


def test_rounds_that_somebody_made_fewer_are_not_begun() -> None:
    said = refusal(ours(), server("labsbot", stored("pencil")), Between(told="i=4096", as_if="i=1"))
    assert said.startswith("it wants 1 rounds")


@pytest.mark.parametrize(
    "between",
    [
        Between(heard=f"r={NONCE}", instead="r=another"),
        Between(told=f"r={NONCE}", as_if="r="),
        Between(told=f"r={NONCE}server", as_if=f"r={NONCE}"),
    ],
    ids=["another's", "ours is left out", "nothing is added"],
)
def test_a_nonce_that_does_not_go_on_from_ours_is_not_answered(between: Between) -> None:
    said = refusal(ours(), server("labsbot", stored("pencil"), s_nonce="server"), between)
    assert said == "its part of the SASL login makes no sense"


def test_salt_that_somebody_changed_proves_nothing() -> None:
    kept = stored("pencil")
    between = Between(told=base64.b64encode(kept[0]).decode(), as_if=base64.b64encode(b"x" * 32).decode())
    assert refusal(ours(), server("labsbot", kept), between) == "it refuses our SASL login: invalid-proof"


# --- channel binding, which we do not have --------------------------------------------------------------------------


def test_a_server_that_can_bind_the_channel_lets_us_in_without() -> None:
    client = ours()
    login(client, server("labsbot", stored("pencil"), channel_binding=BINDING))
    assert client.proven


def test_a_server_that_must_bind_the_channel_does_not() -> None:
    bound = scramp.ScramMechanism("SCRAM-SHA-256-PLUS")
    kept = bound.make_auth_info("pencil")
    strict = bound.make_server(lambda name: kept, channel_binding=BINDING)
    assert refusal(ours(), strict) == "it refuses our SASL login: server-does-support-channel-binding"


def test_whoever_changes_what_we_say_of_binding_is_found_out() -> None:
    said = refusal(ours(), server("labsbot", stored("pencil")), Between(heard="n,,", instead="y,,"))
    assert said == "it refuses our SASL login: channel-bindings-dont-match"


def test_a_server_that_lets_nobody_act_for_another_says_so() -> None:
    assert refusal(ours(authzid="operator"), server("labsbot", stored("pencil"))) == (
        "it refuses our SASL login: other-error"
    )
