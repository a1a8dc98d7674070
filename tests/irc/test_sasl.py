"""Logins as plain values: challenges in, answers out."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from labsbot.irc import sasl
from labsbot.settings import Sasl, Secret

NONCE = "rOprNGfwEbeRWgbNEkqO"
GREETING = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"


def scram(account: str = "user", password: str = "pencil", authzid: str = "") -> sasl.Mechanism:
    return sasl.mechanism(Sasl("SCRAM-SHA-256", account, Secret(password), authzid), NONCE)


def test_the_example_of_rfc_7677_word_for_word() -> None:
    login = scram()
    assert login.answer(b"") == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert login.answer(GREETING) == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert not login.proven
    assert login.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""
    assert login.proven
    with pytest.raises(sasl.Distrusted):
        login.answer(b"")


def test_names_are_written_so_that_they_cannot_be_taken_for_more() -> None:
    assert scram(account="a=b,c", authzid="x,y").answer(b"") == b"n,a=x=2Cy,n=a=3Db=2Cc,r=" + NONCE.encode()


@pytest.mark.parametrize(
    ("text", "prepared"),
    # the examples of RFC 4013, section 3
    [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX"), ("a\u00a0b", "a b")],
)
def test_words_are_prepared_as_the_server_prepares_them(text: str, prepared: str) -> None:
    assert sasl.prepared(text) == prepared


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"nonsense",
        GREETING[:30],
        GREETING.replace(b"r=rO", b"r=rX"),
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        GREETING.replace(b"i=4096", b"i=4095"),
        GREETING.replace(b"i=4096", b"i=1000001"),
        GREETING.replace(b"i=4096", b"i=-1"),
        GREETING.replace(b"i=4096", b"i=x"),
        GREETING.replace(b"i=4096", b"i=4_096"),
        GREETING.replace(b"i=4096", b"i=04096"),
        GREETING.replace(b"i=4096", "i=٤٠٩٦".encode()),
        pytest.param(GREETING.replace(b"i=4096", b"i=" + b"9" * 5000), id="i=999…"),
        GREETING.replace(b"i=4096", b"i=4096 "),
        GREETING.replace(b",s=", b" ,s="),
        GREETING.replace(b"s=W22ZaJ0SNY7soEsUEjb6gQ==", b"s="),
        b",".join(reversed(GREETING.split(b","))),
        GREETING.replace(b"s=W22", b"s=*"),
        b"m=x," + GREETING,
        b"\xff",
    ],
)
def test_a_server_that_does_not_keep_to_the_rules_is_not_told_our_proof(greeting: bytes) -> None:
    login = scram()
    login.answer(b"")
    with pytest.raises(sasl.Distrusted):
        login.answer(greeting)


@pytest.mark.parametrize("final", [b"", b"v=", b"v=" + base64.b64encode(b"x" * 32), b"v=?", b"e=invalid-proof"])
def test_a_server_that_does_not_prove_that_it_knows_the_password_is_not_trusted(final: bytes) -> None:
    login = scram()
    login.answer(b"")
    login.answer(GREETING)
    with pytest.raises(sasl.Distrusted):
        login.answer(final)
    assert not login.proven


@pytest.mark.parametrize(
    ("length", "sizes"), [(0, [1]), (10, [16]), (300, [400, 1]), (301, [400, 4]), (600, [400, 400, 1])]
)
def test_a_long_answer_goes_in_pieces(length: int, sizes: list[int]) -> None:
    assert [len(piece) for piece in sasl.lines(b"x" * length)] == sizes


def test_plain_and_external_say_everything_at_once() -> None:
    assert sasl.mechanism(Sasl("PLAIN", "ü", Secret("p")), NONCE).answer(b"") == b"\0\xc3\xbc\0p"
    assert sasl.mechanism(Sasl("EXTERNAL", ""), NONCE).answer(b"") == b""
    assert sasl.mechanism(Sasl("EXTERNAL", "", None, "labsbot"), NONCE).answer(b"") == b"labsbot"


def keyed(path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: bytes = b"") -> Sasl:
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
    return Sasl("ECDSA-NIST256P-CHALLENGE", "user", authzid="boss", key=path)


def test_a_key_signs_what_the_server_made_up(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    login = sasl.mechanism(keyed(tmp_path / "key", key), NONCE)
    assert login.answer(b"") == b"user\0boss"
    challenge = bytes(range(32))
    key.public_key().verify(login.answer(challenge), challenge, ec.ECDSA(Prehashed(SHA256())))


@pytest.mark.parametrize("length", [1, 31, 33, 400])
def test_what_is_no_hash_is_not_signed(tmp_path: Path, length: int) -> None:
    login = sasl.mechanism(keyed(tmp_path / "key", ec.generate_private_key(ec.SECP256R1())), NONCE)
    with pytest.raises(sasl.Distrusted):
        login.answer(bytes(length))


@pytest.mark.parametrize(
    ("key", "password"),
    [
        (ec.generate_private_key(ec.SECP384R1()), b""),
        (ed25519.Ed25519PrivateKey.generate(), b""),
        (ec.generate_private_key(ec.SECP256R1()), b"hidden"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: bytes
) -> None:
    with pytest.raises(sasl.Distrusted, match=r"our key .*/key cannot be used: "):
        sasl.mechanism(keyed(tmp_path / "key", key, password), NONCE).answer(bytes(32))


def test_a_key_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = Sasl("ECDSA-NIST256P-CHALLENGE", "user", key=tmp_path / "gone")
    with pytest.raises(sasl.Distrusted, match=r"our key .*/gone cannot be used: .*No such file"):
        sasl.mechanism(gone, NONCE).answer(bytes(32))
