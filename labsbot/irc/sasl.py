"""Answer the challenges of SASL mechanisms. Nothing is sent here.

SASL PLAIN (RFC 4616), EXTERNAL (RFC 4422, appendix A), SCRAM-SHA-256 (RFC 5802 and 7677, without channel binding) and
ECDSA-NIST256P-CHALLENGE, which has no specification: it is what Atheme's services do.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib.util
import re
import stringprep
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from labsbot.edge import files
from labsbot.settings import Sasl

CHUNK = 400
CHALLENGE = 32
"""Bytes that a server lets us sign: as many as a SHA-256 hash has."""
NO_CRYPTOGRAPHY = "cryptography is not installed: pip install 'labsbot[ecdsa]'"
FEWEST, MOST = 4096, 1_000_000
"""Rounds of hashing: with fewer an eavesdropper could guess the password, more would block everything else."""


class Distrusted(Exception):
    """The server does not act like one that knows our account. The text is for people."""


class Mechanism(Protocol):
    """One login by one mechanism."""

    proven: bool
    """The server has proved what it has to prove: only then its success counts."""

    def answer(self, challenge: bytes) -> bytes:
        """What we answer to the next challenge. Raises Distrusted."""


def mechanism(sasl: Sasl, nonce: str) -> Mechanism:
    """The configured login; `nonce` is printable, has no comma, and is never used twice."""
    match sasl.mechanism:
        case "SCRAM-SHA-256":
            return Scram(sasl, nonce)
        case "ECDSA-NIST256P-CHALLENGE":
            return Ecdsa(sasl)
        case "EXTERNAL":
            return SingleMessage(sasl.authzid.encode())
    password = sasl.password.value if sasl.password else ""
    return SingleMessage(f"{sasl.authzid}\0{sasl.account}\0{password}".encode())


class SingleMessage:
    """A mechanism with a single message."""

    proven = True

    def __init__(self, said: bytes) -> None:
        self._said = said

    def answer(self, challenge: bytes) -> bytes:
        return self._said


class Ecdsa:
    """We prove that we have a private key by signing a challenge."""

    proven = True

    def __init__(self, sasl: Sasl) -> None:
        self._key = sasl.key
        self._who = f"{sasl.account}\0{sasl.authzid}" if sasl.authzid else sasl.account

    def answer(self, challenge: bytes) -> bytes:
        if not challenge:
            return self._who.encode()
        if len(challenge) != CHALLENGE or self._key is None:
            # we sign it as if it were a hash, so it has to look like one
            raise Distrusted("its part of the SASL login makes no sense")
        try:
            return sign(self._key, challenge)
        except ImportError:
            raise Distrusted(NO_CRYPTOGRAPHY) from None
        except (OSError, ValueError, TypeError) as failure:
            raise Distrusted(f"our key {self._key} cannot be used: {failure}") from failure


def sign(key: Path, digest: bytes) -> bytes:
    """The signature (DER) of a hash by a private key on P-256. Raises ImportError, OSError, ValueError, TypeError."""
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # needed only for such a key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(files.read(key, links=True), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise ValueError("it is not on the curve P-256")
    return private.sign(digest, ec.ECDSA(utils.Prehashed(SHA256())))


def missing_extra(sasl: Sasl) -> str | None:
    """What has to be installed before this login can be tried, in words for an operator; None: nothing."""
    if sasl.mechanism != "ECDSA-NIST256P-CHALLENGE" or importlib.util.find_spec("cryptography"):
        return None
    return NO_CRYPTOGRAPHY


class Scram:
    """We prove that we know the password, without saying it, and so must the server."""

    def __init__(self, sasl: Sasl, nonce: str) -> None:
        self.proven = False
        self._password = prepared(sasl.password.value if sasl.password else "").encode()
        self._nonce = nonce
        self._head = f"n,{f'a={_name(sasl.authzid)}' if sasl.authzid else ''},"
        self._first = f"n={_name(sasl.account)},r={nonce}"
        self._answer: Callable[[str], bytes] = self._greet

    def answer(self, challenge: bytes) -> bytes:
        try:
            return self._answer(challenge.decode())
        except ValueError as failure:
            raise Distrusted("its part of the SASL login makes no sense") from failure

    def _greet(self, _nothing: str) -> bytes:
        self._answer = self._prove
        return f"{self._head}{self._first}".encode()

    def _prove(self, challenge: str) -> bytes:
        said = _read(_SERVER_FIRST, challenge)
        nonce, salt, rounds = said["nonce"], base64.b64decode(said["salt"], validate=True), int(said["rounds"])
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise Distrusted("its part of the SASL login makes no sense")
        if not FEWEST <= rounds <= MOST:
            raise Distrusted(f"it wants {rounds} rounds of hashing for our SASL login, {FEWEST} to {MOST} are accepted")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        client_key = _hmac(salted, "Client Key")
        final = f"c={base64.b64encode(self._head.encode()).decode()},r={nonce}"
        everything = f"{self._first},{challenge},{final}"
        signature = _hmac(hashlib.sha256(client_key).digest(), everything)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        self._expected = _hmac(_hmac(salted, "Server Key"), everything)
        self._answer = self._verify
        return f"{final},p={base64.b64encode(proof).decode()}".encode()

    def _verify(self, challenge: str) -> bytes:
        said = _read(_SERVER_FINAL, challenge)
        if not hmac.compare_digest(base64.b64decode(said["verifier"], validate=True), self._expected):
            raise Distrusted("it cannot prove that it knows our password, so it may not be the real server")
        self.proven = True
        self._answer = self._end
        return b""

    def _end(self, _more: str) -> bytes:
        raise ValueError


def lines(answer: bytes) -> list[str]:
    """The AUTHENTICATE arguments that carry one answer."""
    code = base64.b64encode(answer).decode("ascii")
    chunks = [code[start : start + CHUNK] for start in range(0, len(code), CHUNK)]
    return [*chunks, "+"] if len(code) % CHUNK == 0 else chunks


def challenge(code: str) -> bytes:
    """What a server sent with AUTHENTICATE, its lines joined. Raises Distrusted."""
    try:
        return base64.b64decode(code, validate=True)
    except (binascii.Error, ValueError) as failure:
        raise Distrusted("its part of the SASL login makes no sense") from failure


def prepared(text: str) -> str:
    """The mappings of SASLprep (RFC 4013), with Unicode 3.2; what it prohibits is left to the server."""
    mapped = ("" if stringprep.in_table_b1(c) else " " if stringprep.in_table_c12(c) else c for c in text)
    return unicodedata.ucd_3_2_0.normalize("NFKC", "".join(mapped))


def _name(name: str) -> str:
    return prepared(name).replace("=", "=3D").replace(",", "=2C")


# RFC 5802, section 7. The extension "m=" is not known to anybody; what follows the fields is ignored.
_SERVER_FIRST = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?P<salt>[^,]+),i=(?P<rounds>[1-9][0-9]*)(?:,.*)?", re.ASCII | re.DOTALL
)
_SERVER_FINAL = re.compile(r"v=(?P<verifier>[^,]+)(?:,.*)?", re.DOTALL)
_SERVER_ERROR = re.compile(r"e=(?P<error>[^,]+)")


def _read(expected: re.Pattern[str], text: str) -> re.Match[str]:
    """Read a server message. Raises Distrusted if it is an error, ValueError if it is not as expected."""
    if error := _SERVER_ERROR.match(text):
        raise Distrusted("it refuses our SASL login: " + error["error"])
    if not (said := expected.fullmatch(text)):
        raise ValueError
    return said


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()
