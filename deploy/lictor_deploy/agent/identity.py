"""Who a node is: its name, its id that survives restarts, the address that others reach it by."""

from __future__ import annotations

import os
import socket
import uuid
from hashlib import sha512
from pathlib import Path

from lictor_actors.swim.doubts import name_fault
from lictor_deploy.config.ips import ANY_IPV6, WILDCARDS
from lictor_deploy.private import write_private
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import family_of

SOMEWHERE, SOMEWHERE_6 = "10.255.255.255", "2001:db8::1"
"""Addresses beyond the own network."""
MACHINE_ID = Path("/etc/machine-id")
UNUSUAL = set("@/\\ \t\r\n\0")


def node_name(configured: str) -> str:
    """The configured name, else the host's."""
    name = configured or socket.gethostname()
    if not name or UNUSUAL & set(name):
        raise Failure(f"Invalid node name {name!r}: no blanks, @ and / please. Set it with -node.")
    if why := name_fault(name):
        raise Failure(f"Invalid node name {name!r}: {why}, and other nodes would ignore it. Set it with -node.")
    return name


def node_id(configured: str, data_dir: str, *, of_host: bool = False) -> str:
    """The configured id, else the one kept in the data directory, else a new one that is kept there.

    ``of_host``: a new one follows from the machine's own, where it has one, and so survives a loss of the data.
    """
    if configured:
        return parsed(configured, "node_id")
    new = (of_host and host_id()) or str(uuid.uuid4())
    if not data_dir:
        return new
    file = Path(data_dir) / "node-id"
    try:
        return parsed(file.read_text(errors="replace").strip(), str(file)) if file.exists() else keep(file, new)
    except OSError as error:
        raise Failure(
            f"The node's id cannot be kept in {file}: {error.strerror}. Mend that, or give -node-id."
        ) from None


def host_id() -> str:
    """A UUID made of the machine's, which itself stays untold (machine-id(5)); "" if it has none."""
    try:
        machine = MACHINE_ID.read_text().strip().lower()
    except OSError:
        return ""
    return str(uuid.UUID(bytes=sha512(machine.encode()).digest()[:16])) if machine else ""


def lost_journal(data_dir: str) -> str:
    """What to tell if the directory of a server has an id and nothing that a server has written, else ""."""
    top = Path(data_dir)
    if not (top / "node-id").exists() or any(top.glob("*journal*")):
        return ""
    return (
        f"{top} has a node-id and no journal, so this server starts empty. If it held data before, all of it is gone: "
        "others of its cluster send it theirs; a lone server stops here and gets its files, or a saved snapshot, back."
    )


def parsed(text: str, where: str) -> str:
    """A UUID in its usual form."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Failure(f"{where} holds {text!r}, which is not a UUID. Remove it and a new one is made.") from None


def keep(file: Path, text: str) -> str:
    """Write it so that a crash leaves the old file or the new one."""
    new = file.with_suffix(".new")
    write_private(new, f"{text}\n")
    os.replace(new, file)
    return text


def advertised(bind: str, advertise: str) -> str:
    """The address that others reach this node by: given, or bound to, or the one that faces the network."""
    if advertise:
        return advertise
    return outward(bind) if bind in WILDCARDS else bind


def outward(wildcard: str) -> str:
    """The address of the interface that a packet to the network would leave by; nothing is sent. ``::`` means IPv6."""
    family, beyond = (socket.AF_INET6, SOMEWHERE_6) if wildcard == ANY_IPV6 else (socket.AF_INET, SOMEWHERE)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((beyond, 9))
            return str(probe.getsockname()[0])
    except OSError:
        kind = family_of(wildcard)
        raise Failure(
            f"bind_addr {wildcard!r} takes every address, and none of {kind} that leads to a network was found for "
            "others to reach this node by. Name one with -bind or -advertise."
        ) from None
