"""A token comes in; what stands for it where it must not be read goes out. Pure."""

from __future__ import annotations

import hashlib


def digest(token: str) -> str:
    """The SHA-256 of a token: it is random and long, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
