"""Break a running cluster on purpose: part the leader from everyone, write meanwhile, heal, and see it agree again.

Needs `lictor dev`; it heals everything it breaks.

    python examples/break_it.py
"""

from __future__ import annotations

import time

import lictor

WITHIN_S = 20

cluster = lictor.Cluster.running()
old = cluster.status()["status"]["leader"]
print(f"{old} leads {len(cluster.nodes)} nodes")

with cluster.faults.isolate("leader") as fault:
    print(f"injected {fault.id}: nobody hears {old} any more")
    started = time.monotonic()
    while cluster.status()["status"]["majority_leader"] in ("", old):
        if time.monotonic() - started > WITHIN_S:
            raise SystemExit(f"the others chose no new leader within {WITHIN_S} s")
        time.sleep(0.05)
    print(f"the others chose a new leader within {time.monotonic() - started:.1f} s")
    through = next(node for name, node in cluster.nodes.items() if name != old.partition(".")[0])
    with lictor.Client(through.door, timeout=20) as client:
        client.kv.put("example/written", "while the old leader was away")
    print(f"and a write through {through.name} went through")

cluster.wait_whole(within_s=60)
print(f"healed: {cluster.status()['status']['leader']} leads, every node sees every other again")

with cluster.faults.delay("servers", "servers", 0.05, jitter=0.02), lictor.Client(through.door) as client:
    started = time.monotonic()
    client.kv.put("example/written", "slowly")
    print(f"with 50 to 70 ms more between servers a write takes {(time.monotonic() - started) * 1000:.0f} ms")
