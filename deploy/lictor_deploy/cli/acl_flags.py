"""Flags by which tokens and roles are told what they bear."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from lictor_deploy.words.sentence import Failure

Several = Annotated[tuple[str, ...], Parameter(negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class Borne:
    """What a role bears, or a token."""

    policy_name: Several = ()
    """A policy that it bears, by its name; may be given several times."""
    policy_id: Several = ()
    """The same by its id."""
    service_identity: Several = ()
    """A service whose rights it has, as NAME or NAME:DC,DC; may be given several times."""
    node_identity: Several = ()
    """A node whose rights it has, as NAME:DC; may be given several times."""

    def fields(self) -> dict[str, Any]:
        """Of a body, without empty ones. Raises Failure for what is no identity."""
        fields = {
            "Policies": links(self.policy_name, self.policy_id),
            "ServiceIdentities": [_service(text) for text in self.service_identity],
            "NodeIdentities": [_node(text) for text in self.node_identity],
        }
        return {name: value for name, value in fields.items() if value}


def links(names: tuple[str, ...], ids: tuple[str, ...]) -> list[dict[str, str]]:
    """As a body has them."""
    return [*({"Name": name} for name in names), *({"ID": known} for known in ids)]


def text_of(flag: str, given: str) -> str:
    """A flag's text itself, that of ``@FILE``, or for ``-`` standard input. Raises Failure for a file that is none."""
    if given == "-":
        return sys.stdin.read()
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{flag}: {given[1:]} cannot be read: {error}") from error


def _service(text: str) -> dict[str, Any]:
    name, _, datacenters = text.partition(":")
    return {"ServiceName": name, **({"Datacenters": datacenters.split(",")} if datacenters else {})}


def _node(text: str) -> dict[str, str]:
    name, _, datacenter = text.partition(":")
    if not name or not datacenter:
        raise Failure(f"-node-identity {text!r} is to be NAME:DATACENTER, such as web-1:dc1.")
    return {"NodeName": name, "Datacenter": datacenter}


NOTHING = Borne()
