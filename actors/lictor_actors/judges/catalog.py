"""The catalog says of every node what gossip says (serfHealth, by the leader) and what its agent says (services)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lictor_messages.catalog import CheckStatus


def disagreements(serf_health: Mapping[str, CheckStatus], up: Iterable[str], known: Iterable[str]) -> list[str]:
    """What differs between the catalog and the truth.

    ``serf_health``: node name to status of its serfHealth check; ``up``: nodes that run; ``known``: nodes that were
    ever part of the cluster and have not left. A node that is down must be critical, one that is up passing.
    """
    alive = dict.fromkeys(up)
    expected: dict[str, CheckStatus] = {n: "passing" if n in alive else "critical" for n in known}
    wrong = [
        f"{node} is {serf_health.get(node, 'missing')}, should be {status}"
        for node, status in expected.items()
        if serf_health.get(node) != status
    ]
    return wrong + [f"{node} is in the catalog and should not be" for node in serf_health if node not in expected]


def differences(owned: Mapping[str, str], catalog: Mapping[str, str]) -> list[str]:
    """What one node's agent owns against what the catalog holds of that node, as name to state (anti-entropy)."""
    names = [*owned, *(name for name in catalog if name not in owned)]
    return [
        f"{name} is {catalog.get(name, 'missing')} in the catalog, {owned.get(name, 'missing')} at its agent"
        for name in names
        if owned.get(name) != catalog.get(name)
    ]
