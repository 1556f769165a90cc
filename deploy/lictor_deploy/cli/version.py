"""``lictor version``, in the form of ``consul version``: harnesses of Consul's clients choose their tests by it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Literal

from lictor_messages.version import CONSUL_VERSION, VERSION

PROTOCOLS = {"Default": 2, "Min": 2, "Max": 3}
"""Versions of Consul's protocol, as a node's tags tell them."""


def version(*, format: Literal["pretty", "json"] = "pretty") -> None:
    """Show the version of Consul whose interface is spoken, as Consul does, and Lictor's own.

    In JSON, Version is that of Consul, as in /v1/agent/self: programs decide by it what an agent can do.

    Example: lictor version -format=json

    Parameters
    ----------
    format
        pretty or json.
    """
    print(json.dumps(versions(), indent=4) if format == "json" else _pretty())


def revision() -> str:
    """The commit that this was built from; "" in a checkout that is installed as it is."""
    file = files("lictor_messages") / "COMMIT"
    return file.read_text(encoding="ascii").strip() if file.is_file() else ""


def _pretty() -> str:
    lines = [f"Consul v{CONSUL_VERSION}", f"Lictor v{VERSION}"]
    return "\n".join([*lines, f"Revision {revision()}"] if revision() else lines)


def versions() -> dict[str, object]:
    """Consul's fields, and one beside them."""
    consul = {"Version": CONSUL_VERSION, "Revision": revision(), "Prerelease": "", "BuildDate": "0001-01-01T00:00:00Z"}
    return {**consul, "RPC": PROTOCOLS, "LictorVersion": VERSION}
