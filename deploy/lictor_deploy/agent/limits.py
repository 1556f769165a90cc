"""What the machine must grant before a node starts: open files, free ports, a data directory of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from lictor_actors.bus.listening import bound
from lictor_deploy.private import close_to_others, refuse_planted
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import family_of, join_host_port

FILES_WANTED_MOST = 65536
NAME_ONE = "Name one that it has: `ip addr` lists them."


class Listener(NamedTuple):
    """A port that a node is going to listen on."""

    ip: str
    port: int
    what: str
    remedy: str
    """What to do instead, beginning with a verb: ``choose another port with …``."""


def raise_file_limit(needed: int) -> None:
    """Lift the soft limit on open files to the hard one; Failure if that is still below ``needed``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED_MOST if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED_MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        raise Failure(
            f"Only {soft} files may be open and this needs {needed}. Raise the limit with `ulimit -Hn {needed}` as "
            "root, or LimitNOFILE= in the systemd unit, or start fewer nodes."
        )


def require_free(listeners: Iterable[Listener]) -> None:
    """Failure names the first address that cannot be listened on."""
    for listener in listeners:
        try:
            bind_once(listener.ip, listener.port)
        except OSError as error:
            raise Failure(trouble(listener, error)) from None


def bind_once(ip: str, port: int) -> None:
    """Bind and close again, as a server would bind, but take no connections: they would be reset."""
    bound(ip, port).close()


def trouble(listener: Listener, error: OSError) -> str:
    """What is wrong with an address, and what to do."""
    where = f"{join_host_port(listener.ip, listener.port)} ({listener.what})"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is already in use, perhaps by another agent. Stop it, or {listener.remedy}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"Cannot listen on {where}: this machine has no such address. {NAME_ONE}"
    if error.errno == errno.EAFNOSUPPORT or isinstance(error, socket.gaierror):
        return f"Cannot listen on {where}: this machine has no {family_of(listener.ip)} address. {NAME_ONE}"
    if error.errno == errno.EACCES:
        why = "ports below 1024 are for root"
    else:
        why = (error.strerror or str(error)).lower()
    return f"Cannot listen on {where}: {why}. Better {listener.remedy}."


def own_directory(path: Path, flag: str = "-data-dir", say: Callable[[str], object] = print) -> int:
    """Make the directory, close it to other users, try to write, and lock it for this process; the lock's descriptor.

    ``say`` is told in one line if others could have looked into it. Raises Failure.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        refuse_planted(path, f"name a directory of your own with {flag}.")
        if opened := close_to_others(path, flag):
            say(f"The data directory {path} was open to other users, who may have read it: closed were {opened}.")
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failure(f"Cannot use the data directory {path}: {reason}. Name a writable one with {flag}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise Failure(f"The data directory {path} is in use. Stop its process, or name another with {flag}.") from None
    return lock
