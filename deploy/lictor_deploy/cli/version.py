"""``lictor version``."""

from __future__ import annotations

import json
from typing import Literal

from lictor_messages.version import CONSUL_VERSION, VERSION


def version(*, format: Literal["pretty", "json"] = "pretty") -> None:
    """Show the version, and the one of Consul whose interface is spoken.

    In JSON, Version is that of Consul, as in /v1/agent/self: programs decide by it what an agent can do.

    Example: lictor version -format=json

    Parameters
    ----------
    format
        pretty or json.
    """
    if format == "json":
        versions = {"Version": CONSUL_VERSION, "HumanVersion": f"Lictor v{VERSION}", "LictorVersion": VERSION}
        print(json.dumps(versions, indent=4))
    else:
        print(f"Lictor v{VERSION}\nSpeaks the interface of Consul {CONSUL_VERSION}")
