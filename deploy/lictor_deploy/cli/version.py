"""``lictor version``."""

from __future__ import annotations

import json
from typing import Literal

from lictor_messages.version import CONSUL_VERSION, VERSION


def version(*, format: Literal["pretty", "json"] = "pretty") -> None:
    """Show the version, and the one of Consul whose interface is spoken.

    Example: lictor version -format=json

    Parameters
    ----------
    format
        pretty or json.
    """
    if format == "json":
        versions = {"Version": VERSION, "HumanVersion": f"Lictor v{VERSION}", "ConsulVersion": CONSUL_VERSION}
        print(json.dumps(versions, indent=4))
    else:
        print(f"Lictor v{VERSION}\nSpeaks the interface of Consul {CONSUL_VERSION}")
