"""``lictor info``: an agent's figures."""

from __future__ import annotations

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach


def info(*, reach: Reach = DEFAULT_REACH) -> None:
    """Show the agent's figures, group by group.

    Example: lictor info -http-addr=127.0.0.2:8500
    """
    stats = expect(reach.api().get("/v1/agent/self")).fields().get("Stats") or {}
    for group in sorted(stats):
        print(f"{group}:")
        for name in sorted(stats[group]):
            print(f"\t{name} = {stats[group][name]}")
