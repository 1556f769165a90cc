"""``python benchmarks``: what Lictor costs, with its peers beside it in the same run where they are installed.

    python benchmarks                 everything
    python benchmarks laptop          a hundred nodes: start, memory, rest, detection, events (beside serf)
    python benchmarks hundred         a hundred nodes killed, stopped, under loss and load (beside serf)
    python benchmarks sizes           100 to 1,000 nodes: start, memory, rest, traffic, detection, false positives
    python benchmarks startup         from exec to the first answer and the first write (beside consul)
    python benchmarks writes          reads and writes of three servers (beside etcd and PySyncObj)
    python benchmarks edge            processor time of a request without sockets: comparable on a busy machine too
    python benchmarks cost            processor time of a request over all three servers; against another version, too
    python benchmarks exchanges       push/pull between two members: bytes and processor time
    python benchmarks names           DNS: processor time of an answer, answers a second
    python benchmarks failover        every promise while leaders are killed, and how long nobody takes a write
    python benchmarks hosts           a hundred nodes on four raylets of Ray beside lictor dev: start, memory, rest
    python benchmarks raylets         machines of Ray killed under a write load: what is lost, how soon agents move
    python benchmarks absence         a server away for 100,000 writes, and one that loses its disk
    python benchmarks watchers        ten thousand blocked queries on one service, and on a key each
    python benchmarks breakages       a hundred nodes broken and healed again and again: convergence and leaks
    python benchmarks soak            memory over ten minutes of overwrites
    python benchmarks simulator       virtual seconds per second at 5, 100 and 1,000 nodes
    python benchmarks coordinates     how near the estimates of round trips come, over four regions in the world
    python benchmarks scale           a thousand simulated nodes: deaths, a rack cut off, a hundred that join
    python benchmarks -quick writes   the same in a minute

The machine is shared and noisy: take the ratios.
"""

from __future__ import annotations

import sys

import absence
import breakages
import coordinates
import cost
import edge
import exchanges
import failover
import hosts
import hundred
import laptop
import names
import raylets
import scale
import simulator
import sizes
import soak
import startup
import watchers
import writes

PARTS = {
    "laptop": lambda _: laptop.main(),
    "hundred": lambda quick: hundred.main(loss_s=30.0 if quick else 300.0),
    "sizes": sizes.main,
    "startup": startup.main,
    "writes": writes.main,
    "edge": lambda _: edge.main(),
    "cost": cost.main,
    "exchanges": exchanges.main,
    "names": names.main,
    "failover": failover.main,
    "hosts": hosts.main,
    "raylets": raylets.main,
    "absence": absence.main,
    "watchers": watchers.main,
    "breakages": breakages.main,
    "soak": soak.main,
    "simulator": simulator.main,
    "coordinates": coordinates.main,
    "scale": lambda quick: scale.main(300 if quick else 1_000),
}


def main(arguments: list[str]) -> int:
    quick = "-quick" in arguments
    wanted = [name for name in arguments if name != "-quick"]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        print(f"No benchmark is called {unknown[0]!r}; there are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    for name in wanted or PARTS:
        PARTS[name](quick)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
