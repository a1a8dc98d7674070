"""Files of ours on disk: nobody else on this machine can hold one up, read one or turn one into a way to another.

A place and a text come in; afterwards the file stands there whole, with just these permissions, whatever the umask.
What is ours is for us alone, and for a group only where its folder is open to that group and to nobody else. Knows
nothing of what stands in a file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

PRIVATE = stat.S_IRUSR | stat.S_IWUSR
LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is read: tens of thousands of projects with all their members are a third of it."""


def read(path: Path, most: int = LARGEST, *, links: bool = False) -> bytes:
    """All that stands in a file. Whatever else lies at its place holds nobody up: OSError says what it is.

    `links`: the file may be reached by a link, as what an operator names may be.
    """
    content = bytearray()
    with open(open_regular(path, os.O_RDONLY, links=links), "rb") as file:
        # What the system tells of a size may be wrong: some files have none and yet content, others grow.
        too_large = os.fstat(file.fileno()).st_size > most
        while not too_large and (block := file.read(65536)):
            content += block
            too_large = len(content) > most
    if too_large:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return bytes(content)


def open_regular(path: Path, flags: int, *, links: bool = False) -> int:
    """The descriptor of a file that is there, which no other program inherits. Raises OSError: it is no file."""
    flags |= os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # to open a fifo is to wait for its other end
    try:
        descriptor = os.open(path, flags | (0 if links else os.O_NOFOLLOW))
    except OSError as error:
        if error.errno == errno.ELOOP and not links:
            raise OSError(errno.ELOOP, "it is a link", str(path)) from error
        if error.errno == errno.ENXIO:
            raise _no_file(path) from error
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise _no_file(path)


def _no_file(path: Path) -> OSError:
    if path.is_dir():
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return OSError(errno.EINVAL, "it is no regular file", str(path))


def replace(path: Path, text: str | bytes, *, permissions: int, durable: bool) -> None:
    """Let `path` hold this text. It holds all of the old one or all of the new one, at any time.

    `durable`: what is there afterwards outlasts a power failure, too. Raises OSError.
    """
    # The name cannot be guessed and must not exist: so no link that lies there already is written through.
    unfinished = path.with_name(f".labsbot-{secrets.token_hex(8)}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, permissions)
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            if durable:
                os.fsync(descriptor)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, for us alone. One that is there stays as its owner made it. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if not path.is_dir():
                raise  # else somebody else was faster


def open_private(path: Path) -> int:
    """Open a file to read and write that is for us alone, made if need be. Raises OSError."""
    try:
        return _make(path, os.O_RDWR)
    except FileExistsError:
        descriptor = open_regular(path, os.O_RDWR)
    with contextlib.suppress(PermissionError):  # somebody else's that we may write
        os.fchmod(descriptor, PRIVATE)
    return descriptor


def open_ours(path: Path, flags: int = os.O_RDWR) -> int:
    """Open a file of ours, made if need be, which a group can read that its folder lets in. Raises OSError."""
    try:
        descriptor = _make(path, flags)
    except FileExistsError:
        descriptor = open_regular(path, flags)
        tighten(path)
        return descriptor
    if shared := group_of(path.parent):
        with contextlib.suppress(PermissionError):  # a group that is not ours to give: then it stays ours alone
            os.fchown(descriptor, -1, path.parent.stat().st_gid)
            os.fchmod(descriptor, PRIVATE | shared)
    return descriptor


def _make(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL, PRIVATE)


def give_to_owner_of_folder(path: Path) -> None:
    """What root made in somebody's folder, such as the bot's, becomes theirs. Raises OSError."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def tighten(path: Path) -> None:
    """Take from everybody what our file gives to others; its group keeps what was given on purpose.

    Does nothing where there is no such file or folder, or it is somebody else's; least of all to what a link leads to.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor).st_mode
            before = stat.S_IMODE(found)
            after = _tightened(before, path.parent)
            if before != after and (stat.S_ISREG(found) or stat.S_ISDIR(found)):
                os.fchmod(descriptor, after)
        finally:
            os.close(descriptor)


def _tightened(mode: int, folder: Path) -> int:
    """Without others. A group that may just what they may came about by the umask; any other was given on purpose."""
    group, others = mode & stat.S_IRWXG, mode & stat.S_IRWXO
    given = group if group >> 3 != others else group & group_of(folder)
    return mode & ~(stat.S_IRWXG | stat.S_IRWXO) | given


def group_of(folder: Path) -> int:
    """What the group may do with new files in a folder: read them, if the folder is open to it and to nobody else."""
    mode = folder.stat().st_mode
    return stat.S_IRGRP if mode & stat.S_IRGRP and not mode & stat.S_IRWXO else 0


def as_open_as(folder: Path) -> int:
    """The permissions of a file for all who may read its folder; its group may write where it may write there."""
    mode = folder.stat().st_mode
    return PRIVATE | mode & 0o064


def others_can_read(path: Path) -> bool:
    """Whether any user of this machine can read a file that is there: folders on the way keep them out, too."""
    try:
        path = path.resolve(strict=True)
        return bool(path.stat().st_mode & stat.S_IROTH) and all(
            folder.stat().st_mode & stat.S_IXOTH for folder in path.parents
        )
    except (OSError, RuntimeError):  # which Python 3.11 raises for links that lead in a circle
        return False


def obstacle(path: Path) -> str | None:
    """Why this process cannot write a file at `path`, in words for an operator, with the path; None: nothing is known.

    Nothing is written or made to find out. Root passes almost everywhere, so what root is told says little of others.
    """
    with contextlib.suppress(OSError):
        return next(_obstacles(path), None)
    return None


def _obstacles(path: Path) -> Iterator[str]:
    there = os.path.lexists(path)
    if there and path.is_dir():
        yield f"{path} is a folder"
    elif there and _holds_up(path):
        yield f"{path} is no regular file"
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # this and all below would be made
    if not folder.is_dir():
        yield f"{folder} is no folder"
    for place, needed in ((folder, os.W_OK | os.X_OK), *([(path, os.R_OK | os.W_OK)] if there else [])):
        if not os.access(place, needed, effective_ids=True):
            yield f"{place}: {_reason(place)}"
    if os.statvfs(folder).f_bavail == 0:
        yield f"{folder}: its disk is full, make room on it"


def _holds_up(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        mode = path.stat().st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return False


def _reason(place: Path) -> str:
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return "its file system is read-only"
    found = place.stat()
    return f"permission denied (it is of user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o})"


def user() -> str:
    """Who we are, as an operator knows it."""
    return f"user {user_name(os.geteuid())}"


def user_name(uid: int) -> str:
    """What the user with this number is called; a user without a name, by the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
