"""Local sockets of a door: a file with an owner and a mode, that replaces what an agent before it left behind."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lictor_actors.bus.listening import bound_to_path, clear_away

SCHEME = "unix://"


class Ownership(NamedTuple):
    """Whose the file is, as Consul's ``unix_sockets`` says it."""

    user: str = ""
    """A name or a number; "" for the process's own."""
    group: str = ""
    mode: str = ""
    """Octal, such as ``0770``; "" for what the process's mask leaves."""


def path_of(address: str) -> str:
    """The path of a local socket's address, "" for an IP."""
    return address.removeprefix(SCHEME) if address.startswith(SCHEME) else ""


def bound_to_file(path: str, ownership: Ownership) -> socket.socket:
    """A socket at this path, to be listened on. Raises OSError: in use, or an owner that there is not."""
    clear_away(path)
    made = bound_to_path(path)
    try:
        _hand_over(path, ownership)
    except (OSError, LookupError) as error:
        made.close()
        Path(path).unlink()
        raise error if isinstance(error, OSError) else OSError(0, f"unix_sockets: {error.args[0]}") from error
    return made


def _hand_over(path: str, ownership: Ownership) -> None:
    user, group, mode = ownership
    if user or group:
        os.chown(path, _number(user, _user), _number(group, _group), follow_symlinks=False)
    if mode:
        os.chmod(path, int(mode, 8))


def _number(name: str, named: Callable[[str], int]) -> int:
    if not name:
        return -1
    return int(name) if name.isdigit() else named(name)


def _user(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _group(name: str) -> int:
    return grp.getgrnam(name).gr_gid
