"""Make the sockets at which others are to find us: on a port, at a path, or handed over by systemd.

What comes out is bound and not yet listened on; whatever keeps it from that is an OSError, with words for people.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

from labsbot.edge import files
from labsbot.edge.door import short

GROUP = "labsbot"
"""Whoever is in it may ask, where nothing else is said."""
FOR_GROUP = 0o660
FIRST_HANDED = 3
"""SD_LISTEN_FDS_START."""


def bound_tcp(host: str, port: int) -> socket.socket:
    """A port of this machine, by an address in digits."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # by the protocol asyncio knows that what it sends there need not wait for what it has sent (TCP_NODELAY)
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((host, port))
    except BaseException:
        made.close()
        raise
    return made


def handed_over(environ: Mapping[str, str]) -> socket.socket:
    """The first socket that systemd has handed to this process (sd_listen_fds(3)), which it keeps open."""
    number = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(os.getpid()) or not number.isdecimal() or int(number) < 1:
        raise OSError(errno.ENOTSOCK, "systemd has handed over no socket: it needs a .socket unit")
    made = socket.socket(fileno=os.dup(FIRST_HANDED))
    made.setblocking(False)
    return made


def bound_at(place: Path) -> socket.socket:
    """A Unix socket for the group labsbot; where another process listens, it is left alone."""
    with short(place) as path:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as other:
            if other.connect_ex(path) == 0:
                raise OSError(errno.EADDRINUSE, "somebody listens there already")
        return bound_unix(path, place, group_named(GROUP))


def bound_unix(path: str, place: Path, group: int | None) -> socket.socket:
    """A socket at `path`, which is a way to `place`, open to this group; else to our own. One that is left is dead.

    Raises OSError: it cannot be made, or something else lies there.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(place.lstat().st_mode):
                raise FileExistsError(0, "something else lies there", str(place))
            place.unlink()
        os.fchmod(listener.fileno(), files.PRIVATE)
        listener.bind(path)
        _let_in(place, group)
    except OSError as error:
        listener.close()
        raise _in_words(error) from error
    except BaseException:
        listener.close()
        raise
    return listener


def group_named(name: str) -> int | None:
    """The number of a group; None: there is none."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _in_words(error: OSError) -> OSError:
    if error.errno is None:  # what Python itself says of a path that is too long
        return OSError(0, "its name is too long, expected a shorter one")
    return error


def _let_in(place: Path, group: int | None) -> None:
    # not by its name: in a folder that a group may write, somebody could have put a link there by now
    made = os.open(place, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(made)
        if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
            raise FileExistsError(0, "somebody has replaced it", str(place))
        ours = f"/proc/self/fd/{made}"
        os.chown(ours, -1, os.getegid())
        if group is not None:
            with contextlib.suppress(PermissionError):
                os.chown(ours, -1, group)
        os.chmod(ours, FOR_GROUP)
    finally:
        os.close(made)
