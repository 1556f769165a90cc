"""``lictor reload``: have an agent read the files of its configuration again."""

from __future__ import annotations

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach


def reload(*, reach: Reach = DEFAULT_REACH) -> None:
    """Make the agent read its files again. Services, checks, watches, limits and the keys that docs/configuration.md
    marks take effect; what is wrong is said, and then nothing changes.

    Example: lictor reload
    """
    expect(reach.api().put("/v1/agent/reload"))
    print("Configuration reload triggered")
