"""Every fault verb works over Ray, or says why it cannot; what heals leaves a whole cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ray_machines import RayMachines

from lictor import Cluster
from lictor_actors.faults import VERBS, make
from lictor_deploy.words.sentence import Failure

pytestmark = [pytest.mark.ray, pytest.mark.e2e, pytest.mark.timeout(300)]
NEEDED: dict[str, dict[str, Any]] = {
    "partition": {"groups": [["server-1", "agent-1"]]},
    "bridge": {"node": "agent-1"},
    "delay": {"latency": "20ms"},
    "bandwidth": {"rate": 100_000},
    "skew": {"by": "-30s"},
    "drift": {"rate": 1.01},
    "jump": {"by": "2s"},
}
"""What these verbs cannot do without, beside the node that they hit."""
OWN_PROCESS = {"lose_unsynced", "torn_write", "bit_flip"}
"""Of these the machine's other nodes would have their part."""


def test_every_verb_works_on_ray_or_says_why(machines: RayMachines) -> None:
    with Cluster.ray(machines.address, 3, 3) as cluster:
        refused = {name for name, verb in VERBS.items() if not works(cluster, name, "nodes" in verb.model_fields)}
        assert refused == OWN_PROCESS
        with pytest.raises(Failure, match="no server starts with the same id and an empty disk"):
            cluster.faults.restart("server-1", wipe=True)


def works(cluster: Cluster, verb: str, on_a_node: bool) -> bool:
    """Put it in force, heal it, and wait until all is well; False if the cluster says why it cannot."""
    hit = {"nodes": "server-1"} if on_a_node else {}
    try:
        with cluster.faults.inject(make(verb, **hit, **NEEDED.get(verb, {}))):
            pass
    except Failure as error:
        if "on Ray all nodes of a machine are in one process" not in str(error):
            raise
        return False
    cluster.wait_whole(60)
    return True
