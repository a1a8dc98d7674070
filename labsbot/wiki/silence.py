"""Say why there was no answer, from what the libraries raise; what somebody can mend is worth a word of its own."""

from __future__ import annotations

import ssl

import requests

from labsbot.edge.bounded import AnswerTooLarge

UNTRUSTED = "its certificate is not one to trust; the authority that signed it can be named under wiki.ca"


def why_silent(error: Exception) -> str:
    """The cause, in words for people."""
    if isinstance(error, AnswerTooLarge):
        return "its answer is too large"
    if isinstance(error, requests.exceptions.SSLError | ssl.SSLError):
        return _why_no_tls(repr(error))
    if "NameResolutionError" in repr(error):
        return "its address is not known"
    return "it is not answering"


def _why_no_tls(said: str) -> str:
    """From what the libraries say, for they wrap each other's errors and keep but the words."""
    if "hostname" in said.lower() or "doesn't match" in said or "not valid for" in said:
        return "its certificate is for another name"
    if "expired" in said:
        return "its certificate has expired"
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return UNTRUSTED
    if "WRONG_VERSION_NUMBER" in said or "HTTP_REQUEST" in said or "record layer" in said.lower():
        return "it speaks no TLS at that port; its address may begin with http://, or the port be another"
    return "it breaks TLS off"
