"""The constants of SWIM and the formulas that scale them with the number of members.

Values are memberlist's and Serf's defaults for LAN, WAN and local networks, as Consul uses them; all times are
integer nanoseconds. Logarithms are rounded before they become times, so that no libm changes a run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lictor_messages.members import EVENT_MOST
from lictor_messages.swim import ProberOptions

MS = 1_000_000
S = 1_000 * MS


@dataclass(frozen=True, slots=True)
class Profile:
    """One set of constants, with what follows from them at ``n`` members."""

    probe_interval: int
    probe_timeout: int
    indirect_checks: int
    suspicion_mult: int
    """Lifeguard's alpha."""
    gossip_interval: int
    gossip_to_the_dead: int
    push_pull_interval: int
    gossip_nodes: int = 3
    suspicion_max_mult: int = 6
    """Lifeguard's beta; 1 turns its long suspicions off."""
    retransmit_mult: int = 4
    query_timeout_mult: int = 16
    awareness_max: int = 8
    """Scores run from 0 to one less than this; 1 turns the local health multiplier off."""
    nack_percent: int = 80
    """Of the probe time-out, as in the paper: at memberlist's 100 % the nack misses the end of the round."""
    lag_tolerance: int = 125 * MS
    """Own lateness above this makes a prober doubt its own accusations."""
    dead_node_reclaim: int = 30 * S
    """A failed node's name may be taken over from another address after this long (Consul's value)."""
    packet_bytes: int = 32 * 1024
    """Updates that ride on one message."""
    push_pull_bytes: int = 192 * 1024
    """Updates in one part of a push/pull; the rest follows in further parts."""
    broadcasts_max: int = 4096
    event_bytes_max: int = EVENT_MOST
    join_timeout: int = 5 * S
    leave_timeout: int = 5 * S
    reap_interval: int = 15 * S
    reconnect_interval: int = 30 * S

    def suspicion_min(self, n: int) -> int:
        """Shortest suspicion: alpha * max(1, log10 n) probe intervals, in whole milliseconds."""
        scale = max(1_000_000, round(math.log10(max(1, n)) * 1_000_000))
        return self.suspicion_mult * self.probe_interval * scale // (1_000_000 * MS) * MS

    def suspicion_max(self, n: int) -> int:
        """How long a suspicion lasts that is not confirmed."""
        return self.suspicion_max_mult * self.suspicion_min(n)

    def confirmations(self, n: int) -> int:
        """Independent accusers that shorten a suspicion to its minimum; 0 if there are too few members for that."""
        wanted = max(0, self.suspicion_mult - 2)
        return wanted if n - 2 >= wanted else 0

    def retransmit_limit(self, n: int) -> int:
        """How often each member sends an update: mult * ceil(log10(n + 1)), which counts n's digits."""
        return self.retransmit_mult * len(str(max(1, n)))

    def query_timeout(self, n: int) -> int:
        """How long a query waits for answers: mult * ceil(log10(n + 1)) gossip intervals (Serf)."""
        return self.query_timeout_mult * len(str(max(1, n))) * self.gossip_interval

    def push_pull_every(self, n: int) -> int:
        """The push/pull interval: longer by one for each doubling above 32 members."""
        return self.push_pull_interval * (1 if n <= 32 else (n - 1).bit_length() - 4)

    @property
    def nack_after(self) -> int:
        """How long a helper waits for the target before it says so."""
        return self.probe_timeout * self.nack_percent // 100


LAN = Profile(
    probe_interval=1 * S,
    probe_timeout=500 * MS,
    indirect_checks=3,
    suspicion_mult=4,
    gossip_interval=200 * MS,
    gossip_to_the_dead=30 * S,
    push_pull_interval=30 * S,
)
WAN = Profile(
    probe_interval=5 * S,
    probe_timeout=3 * S,
    indirect_checks=3,
    suspicion_mult=6,
    gossip_interval=500 * MS,
    gossip_to_the_dead=60 * S,
    push_pull_interval=60 * S,
    gossip_nodes=4,
    lag_tolerance=750 * MS,
    join_timeout=15 * S,
)
LOCAL = Profile(
    probe_interval=1 * S,
    probe_timeout=200 * MS,
    indirect_checks=1,
    suspicion_mult=3,
    gossip_interval=100 * MS,
    gossip_to_the_dead=15 * S,
    push_pull_interval=15 * S,
    retransmit_mult=2,
    lag_tolerance=50 * MS,
    dead_node_reclaim=0,
)
PROFILES = {"lan": LAN, "wan": WAN, "local": LOCAL}


def profile_of(options: ProberOptions) -> Profile:
    """The one that is named, with what is said otherwise."""
    said = {
        "gossip_interval": options.gossip_interval_ns,
        "gossip_nodes": options.gossip_nodes,
        "probe_interval": options.probe_interval_ns,
        "probe_timeout": options.probe_timeout_ns,
        "suspicion_mult": options.suspicion_mult,
        "retransmit_mult": options.retransmit_mult,
    }
    return replace(PROFILES[options.profile], **{name: value for name, value in said.items() if value})


def suspicion_timeout(confirmed: int, wanted: int, least: int, most: int) -> int:
    """Lifeguard's decay: from ``most`` without a confirmation to ``least`` with all wanted, logarithmically."""
    if wanted < 1:
        return least
    part = round(math.log(confirmed + 1) / math.log(wanted + 1) * 1_000_000)
    return max(least, (most - (most - least) * part // 1_000_000) // MS * MS)
