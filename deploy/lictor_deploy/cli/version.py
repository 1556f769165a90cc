"""``lictor version``."""

from __future__ import annotations

import json

from lictor_deploy.words.sentence import Failure
from lictor_messages.version import VERSION


def version(*, format: str = "pretty") -> None:
    """Show the version.

    Example: lictor version -format=json

    Parameters
    ----------
    format
        pretty or json.
    """
    if format == "json":
        print(json.dumps({"Version": VERSION, "HumanVersion": f"Lictor v{VERSION}"}, indent=4))
    elif format == "pretty":
        print(f"Lictor v{VERSION}")
    else:
        raise Failure(f"Invalid format {format!r}: use pretty or json.")
