"""A text comes in; what in it looks like a secret that was typed by accident goes out. Pure.

The shapes are narrow: a harmless line that is refused teaches people to work around it. They tell passwords by the
words around them, and tokens by what their makers put in front of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from labsbot.settings import SecretShape
from labsbot.text.formatting import seen


def find_secret(text: str, shapes: Iterable[SecretShape]) -> SecretShape | None:
    """The first of the shapes that occurs in `text`, whatever nobody reads stands in between; None: none does."""
    text = seen(text)
    return next((shape for shape in shapes if shape.pattern.search(text)), None)


def mask_secrets(text: str, shapes: Iterable[SecretShape]) -> str:
    """`text` without what nobody reads, and with ``…`` for everything that has one of the shapes.

    The same text always gives the same, so that a line can be known again of which the secret must not be kept.
    """
    text = seen(text)
    for shape in shapes:
        text = shape.pattern.sub("…", text)
    return text


def _shape(name: str, pattern: str) -> SecretShape:
    return SecretShape(name, re.compile(pattern, re.VERBOSE))


# All of these take linear time on any text: what repeats is bounded, or begins only where the run before it has ended.
_WORD = r"""(?i: pass(?:word|wd|phrase) | (?<![a-z])pwd | secret(?:[_-]?key)? | (?:api|access|private)[_-]?key
               | token(?:[_-]?secret)? )"""
_HARMLESS = r"""(?! … | [*.•_-]{2,}+(?!\w) | (?i:x+|true|false|none|null|yes|no|redacted|removed|hidden|pass(?:word)?)\b
                  | [<\[{%(`] | \$[A-Z_{(] | T[0-9]+\b | (?:~|\.{1,2})?/[a-z]+/ | https?:// )"""
"""Not the beginning of a secret: a sign that stands for one, a variable, a place where one is kept."""

KNOWN: tuple[SecretShape, ...] = (
    # RFC 7468 (and PGP, RFC 4880, section 6.2); the key is what follows
    _shape("a private key", r"-----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY.* | \bAGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    # RFC 3986, section 3.2.1
    _shape(
        "an address with a password",
        rf"(?<![A-Za-z0-9+.-]) [A-Za-z][A-Za-z0-9+.-]{{1,31}}:// [^\s/?\#:@]*+ : {_HARMLESS} [^\s/?\#@]++ @",
    ),
    _shape(
        "a password",
        rf"""{_WORD} ["'\]]{{0,2}} \s?(?: = | :=|=> )\s? (?: "{_HARMLESS}[^"\s]{{4,}}" | '{_HARMLESS}[^'\s]{{4,}}'
             | {_HARMLESS}[^\s"'&;,<>]{{6,}} )
           | {_WORD} ["']?:[ ]? ["']?+ {_HARMLESS} (?=[^\s0-9]{{0,99}}[0-9]) [^\s"',;]{{6,}}
           | (?<!\S)--{_WORD} [ ]{{1,3}} (?!-)["']?+ {_HARMLESS} [^\s"']{{6,}}
           | (?<!\S)sshpass [ ] -p [ ]? ["']?+ {_HARMLESS} [^\s"']{{4,}}""",
    ),
    # crypt(5), PHC string format, MediaWiki's user_password
    _shape(
        "a password's hash",
        r"""\$(?:1|apr1|5|6|y|gy|7)\$ (?:rounds=[0-9]{1,9}\$|[./0-9A-Za-z]{1,8}\$(?=[^$\s]{1,86}\$))?
               [./0-9A-Za-z]{1,86} \$ [./0-9A-Za-z]{22,}
           | \$2[abxy]?\$ [0-9]{2} \$ [./0-9A-Za-z]{53}
           | \$argon2i?d?\$ [^\s]{40,}
           | :pbkdf2:sha[0-9]{1,3}:[0-9]{1,9}:[0-9]{1,4}:[0-9A-Za-z+/=]{8,}:[0-9A-Za-z+/=]{16,}""",
    ),
    # RFC 6750; RFC 7617
    _shape(
        "an HTTP login",
        r"""(?i:authorization["']? \s?:\s? (?:bearer|basic|token)[ ]) [^\s<>"'$*…]{8,}
           | \b(?i:bearer)[ ] (?=[^\s0-9]{0,99}[0-9]) [A-Za-z0-9._~+/-]{20,}""",
    ),
    # RFC 7519: two objects, in base64url each begins with {"
    _shape("a token (JWT)", r"(?<![A-Za-z0-9_-]) eyJ[A-Za-z0-9_-]{8,}+ \. eyJ[A-Za-z0-9_-]{8,}+ \. [A-Za-z0-9_-]{8,}"),
    # https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    _shape("a GitHub token", r"\b(?: gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{50,} )"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    _shape("a GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas)-[A-Za-z0-9_.-]{20,}"),
    _shape(
        "a Slack token",
        r"""\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}
           | hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}""",
    ),
    _shape("an AWS key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    _shape("a Google key", r"\bAIza[A-Za-z0-9_-]{35} | \bGOCSPX-[A-Za-z0-9_-]{28}"),
    _shape("a PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    _shape("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    _shape("a token of labsbot", r"\blabsbot_[A-Za-z0-9_-]{43}"),
)
"""What everybody's secrets look like."""
