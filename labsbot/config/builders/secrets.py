"""Where a secret is to be found comes in, the secret goes out; what is said of it never holds it."""

from __future__ import annotations

import re
from pathlib import Path

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.tree import KeyPath
from labsbot.edge import files
from labsbot.settings import Secret

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def secret(building: Building, source: keys.SecretKeys, path: KeyPath, *, public: bool = False) -> Secret:
    """The secret that `source` names. Where it cannot be had, a flaw is noted and it is empty.

    `public`: it may stand in the file without a warning.
    """
    if source.plain is not None:
        if not source.plain.value:
            building.wrong(path, "is empty, expected {env: NAME} or {file: PATH}")
        elif not public:
            building.warn(path, "a secret in plain text, expected {env: NAME} or {file: PATH}")
        return source.plain
    if (source.env is None) == (source.file is None):
        if building.count(path) != 1:  # else that one was wrong, and is reported already
            building.wrong(path, "expected one of {env: NAME} and {file: PATH}")
        return Secret("")
    if source.file and (shown := _file(building, source.file)) and files.others_can_read(shown):
        building.warn((*path, "file"), f"every user of this machine can read {shown}, expected chmod o-rwx")
    if not building.reads_secrets:
        return Secret("")
    if source.env:
        return Secret(_from_environment(building, source.env, (*path, "env")))
    return Secret(_from_file(building, source.file or "", (*path, "file")))


def secret_or_none(building: Building, source: keys.SecretKeys | None, path: KeyPath) -> Secret | None:
    return None if source is None else secret(building, source, path)


def _from_environment(building: Building, name: str, path: KeyPath) -> str:
    if not building.environ.get(name):
        state = "is empty" if name in building.environ else "is not set"
        # What looks like no name may be the secret itself, in the wrong place.
        named = f" {name}" if _NAME.fullmatch(name) else ""
        building.wrong(path, f"the environment variable{named} {state}, expected the secret in it")
        return ""
    value = building.environ[name]
    if any("\ud800" <= character <= "\udfff" for character in value):  # as os.environ has what it cannot decode
        building.wrong(path, "the environment variable is not UTF-8, expected the secret in it")
        return ""
    return _one_line(building, value, "the environment variable", path)


def _file(building: Building, name: str) -> Path:
    credentials = building.credentials
    if credentials is not None and "/" not in name and (credentials / name).exists():
        return credentials / name
    return building.path(name)


def _from_file(building: Building, name: str, path: KeyPath) -> str:
    file = _file(building, name)
    try:
        # With or without the mark that some editors put before a text (BOM).
        value = files.read(file, links=True).decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        closed = f", expected a file that {files.user()} can read" if isinstance(error, PermissionError) else ""
        building.wrong(path, f"{file} cannot be read: {(error.strerror or str(error)).lower()}{closed}")
        return ""
    except UnicodeDecodeError:
        building.wrong(path, f"{file} is not UTF-8, expected the secret in it")
        return ""
    if not value:
        building.wrong(path, f"{file} is empty, expected the secret in it")
    return _one_line(building, value, str(file), path)


def _one_line(building: Building, value: str, where: str, path: KeyPath) -> str:
    """The secret as it is; what was hardly meant so is said."""
    if "\n" in value or "\r" in value or "\0" in value:
        building.wrong(path, f"{where} has several lines, expected the secret in one")
    elif value != value.strip():
        words = f"{where} has a blank before or after the secret, which is taken for a part of it, expected none"
        building.warn(path, words)
    return value
