"""Every metric of a node, declared once: Consul's names for what Consul has too, ``lictor.`` before what is our own.

Names, types and units are those of Consul's page on telemetry (1.22), so that boards and alerts made for Consul go on
working. Values of labels come from lists in the code and from Raft's configuration, never from what clients or the
catalog say: a label for each service or key would let an application fill the memory of its monitoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from lictor_actors.consul.client_api import CLIENT_API
from lictor_actors.consul.metric import Metric, listed

HTTP_AND_DNS = (
    *listed(
        "summary",
        "ms",
        ("api.http", "HTTP requests by route, from the gateway's first turn for one to its last.", "method", "path"),
        ("dns.domain_query", "DNS questions for names, those answered within a turn as 0.", "node"),
        ("dns.ptr_query", "DNS questions for addresses (PTR).", "node"),
    ),
    *listed("gauge", "entries", ("cache.entries_count", "Answers that the agent's cache holds for `?cached`.")),
    *listed(
        "counter",
        "requests",
        ("dns.stale_queries", "DNS questions answered by a server that had heard no leader for 5 s."),
        ("client.rpc", "Requests that the agent passed on to a server."),
        ("client.rpc.exceeded", "Requests that the agent refused because of `limits.rpc_rate`."),
        ("client.rpc.failed", "Those that a server could not be handed."),
    ),
)
RAFT = (
    *listed(
        "counter",
        "times",
        ("raft.apply", "Entries that this server put into the log as leader."),
        ("raft.state.leader", "How often this server came to lead."),
        ("raft.state.candidate", "How often it stood for election."),
        ("raft.state.follower", "How often it began to follow another leader, or lost its lead."),
        ("raft.replication.appendEntries.logs", "On the leader, entries sent to other servers, each for each of them."),
    ),
    *listed(
        "summary",
        "ms",
        ("raft.commitTime", "On the leader, from an entry's place in the log until a majority has it."),
        ("raft.leader.dispatchLog", "On the leader, from an entry's place in the log until it is on the own disk."),
        ("raft.leader.lastContact", "On the leader, at each heartbeat, since a majority answered last."),
        (
            "raft.fsm.enqueue",
            "From a commit until the store takes the entries: 0 if it does at once, slice by slice if not.",
        ),
        ("raft.fsm.apply", "Commands that the store took, each within a turn."),
        ("raft.fsm.snapshot", "Pictures of the store, each taken within a turn."),
        (
            "raft.fsm.restore",
            "From the first part of a leader's snapshot until the store is as it says; the own one: 0.",
        ),
        ("raft.snapshot.persist", "From a snapshot's begin until all of it is in the journal."),
        ("raft.rpc.appendEntries", "On a follower, from the arrival of entries until they are on its disk."),
        ("raft.rpc.processHeartbeat", "Heartbeats of a leader: each is answered within a turn."),
        ("raft.rpc.requestVote", "Votes that were asked for, pre-votes among them: each is judged within a turn."),
        ("raft.rpc.installSnapshot", "Parts of a leader's snapshot: each is staged within a turn."),
        (
            "raft.replication.appendEntries.rpc",
            "On the leader, from entries that are sent until they are on that server's disk.",
            "peer_id",
        ),
        ("raft.replication.heartbeat", "On the leader, from a heartbeat to its answer, by server.", "peer_id"),
    ),
    *listed(
        "gauge",
        "index",
        ("raft.applied_index", "The last entry that the store has."),
        ("raft.last_index", "The end of the log."),
    ),
    *listed(
        "gauge",
        "ms",
        ("raft.leader.oldestLogAge", "On the leader, every 2 s: since the first command of its log was proposed."),
    ),
    *listed("gauge", "servers", ("raft.peers", "Servers of Raft's configuration, this one included.")),
)
FSM = listed(
    "summary",
    "ms",
    ("fsm.kvs", "Writes of keys that the store of this server took, each within a turn.", "op"),
    ("fsm.txn", "The same of transactions that write."),
    ("fsm.session", "The same of sessions.", "op"),
    ("fsm.register", "The same of registrations."),
    ("fsm.deregister", "The same of deregistrations."),
    ("fsm.prepared-query", "The same of prepared queries.", "op"),
    ("fsm.tombstone", "The same of tombstones.", "op"),
    ("fsm.coordinate.batch-update", "The same of network coordinates."),
    ("fsm.autopilot", "The same of autopilot's configuration."),
    ("fsm.ca", "The same of the mesh's root certificate.", "op"),
    ("fsm.acl.token", "The same of tokens.", "op"),
    ("fsm.acl.policy", "The same of policies.", "op"),
    ("fsm.acl.role", "The same of roles.", "op"),
    ("fsm.other", "The same of what Consul has no metric of."),
)
SERVER = (
    *listed(
        "counter",
        "requests",
        ("rpc.request", "Requests that came to this server, from its own node or others."),
        ("rpc.accept_conn", "Connections that the process accepted from other nodes."),
        ("rpc.query", "Those of them that read."),
        ("rpc.cross-dc", "Requests for other datacenters that this server passed on to its router."),
        (
            "rpc.rate_limit.exceeded",
            "Requests above a rate of `limits.request_limits`, those that were served nevertheless among them.",
            "limit_type",
            "mode",
        ),
    ),
    *listed("gauge", "queries", ("rpc.queries_blocking", "Blocking queries that wait at this server.")),
    *listed(
        "summary",
        "ms",
        ("rpc.consistentRead", "On the leader, from a `?consistent` read until a majority has confirmed its lead."),
        ("kvs.apply", "On the leader, from the proposal of a write of keys to its answer."),
        ("txn.apply", "The same for transactions that write."),
        ("session.apply", "The same for sessions."),
        ("catalog.register", "The same for registrations, anti-entropy's among them."),
        ("catalog.deregister", "The same for deregistrations."),
        ("prepared-query.apply", "The same for changes of prepared queries."),
        ("acl.apply", "The same for tokens, policies, roles, auth methods, binding rules and logins."),
        ("acl.ResolveToken", "Tokens resolved: by a server within a turn, by an agent until a server has said it."),
        ("txn.read", "Transactions that only read: each is done within a turn."),
        ("session.renew", "Renewals of sessions, on the leader: each is done within a turn."),
        (
            "session_ttl.invalidate",
            "Sessions whose TTL is over, on the leader: the end of each is proposed within a turn.",
        ),
        ("prepared-query.execute", "Prepared queries executed: each is done within a turn."),
        ("prepared-query.explain", "Prepared queries explained: the same."),
        (
            "leader.reapTombstones",
            "Tombstones that are old enough, on the leader: their end is proposed within a turn.",
        ),
        ("leader.barrier", "From the begin of a lead until all that was committed before is applied."),
        ("leader.reconcile", "From a comparison of all members with the catalog until what it wrote is applied."),
    ),
    *listed(
        "gauge",
        "things",
        ("server.isLeader", "1 on the leader, else 0."),
        ("autopilot.healthy", "On the leader, 1 if every server is healthy, else 0."),
        ("autopilot.failure_tolerance", "On the leader, voters that may fail before the cluster stops."),
        ("session_ttl.active", "On the leader, sessions whose TTL runs."),
        ("members.servers", "On the leader, members of the datacenter that are servers and alive.", "datacenter"),
        ("members.clients", "On the leader, members that are client agents and alive.", "datacenter"),
        ("consul.members.servers", "The same under an older name, which boards for Kubernetes ask for.", "datacenter"),
        ("consul.members.clients", "The same.", "datacenter"),
        ("state.nodes", "Nodes of the catalog.", "datacenter"),
        ("state.services", "Names of services in the catalog.", "datacenter"),
        ("state.service_instances", "Instances in the catalog.", "datacenter"),
        ("state.billable_service_instances", "Instances in the catalog without those of `consul`.", "datacenter"),
        ("state.kv_entries", "Keys.", "datacenter"),
    ),
)
GOSSIP = (
    *listed(
        "counter",
        "times",
        ("serf.member.join", "Members that came, this node included, or came back.", "network"),
        ("serf.member.failed", "Members that were declared dead.", "network"),
        ("serf.member.left", "Members that left.", "network"),
        ("serf.member.update", "Members that changed.", "network"),
        ("serf.member.flap", "Members that came back within a minute of being declared dead.", "network"),
        ("serf.events", "User events that this node heard.", "network"),
        ("memberlist.msg.alive", "Claims heard that a member lives.", "network"),
        ("memberlist.msg.suspect", "Claims heard that a member gave no answer.", "network"),
        ("memberlist.msg.dead", "Claims heard that a member is dead or has left.", "network"),
        (
            "memberlist.degraded.probe",
            "Probe rounds that failed for this node's own slowness: no member is accused.",
            "network",
        ),
        (
            "memberlist.degraded.timeout",
            "Members declared dead here on fewer confirmations than were wanted.",
            "network",
        ),
    ),
    *listed(
        "summary",
        "ms",
        ("memberlist.probeNode", "Probe rounds that an ack ended.", "network"),
        (
            "memberlist.pushPullNode",
            "Exchanges of views, or of what they sum up to, from the request to the last part of its answer.",
            "network",
        ),
        ("memberlist.gossip", "Ticks of gossip, each within a turn. A quiet pool has none.", "network"),
    ),
    *listed(
        "summary",
        "updates",
        ("serf.queue.Intent", "Claims about members that wait to be spread, at each exchange of views.", "network"),
        ("serf.queue.Query", "The same of queries.", "network"),
        ("serf.queue.Event", "The same of user events.", "network"),
    ),
    *listed(
        "summary",
        "bytes",
        ("serf.msgs.received", "Sizes of the user events, queries and leaves that were new to this node.", "network"),
        ("serf.msgs.sent", "Sizes of the user events and queries that this node began to spread.", "network"),
    ),
    *listed(
        "gauge",
        "score",
        ("memberlist.health.score", "Lifeguard's doubt of this node in itself, 0 is healthy.", "network"),
    ),
    *listed(
        "gauge",
        "members",
        ("memberlist.node.instances", "Members by what this node holds of them.", "network", "node_state"),
    ),
)
PROCESS = (
    *listed("gauge", "1", ("version", "Always 1; the label says the version of Consul's interface.", "version")),
    *listed(
        "gauge",
        "bytes",
        ("runtime.sys_bytes", "Resident memory of the process."),
        ("runtime.alloc_bytes", "The part of it that no file backs and no other process shares."),
    ),
    *listed("summary", "ns", ("runtime.gc_pause_ns", "How long a collection stopped the process.")),
    *listed("gauge", "ns", ("runtime.total_gc_pause_ns", "The same, of all since the start.")),
    *listed("gauge", "runs", ("runtime.total_gc_runs", "Collections of Python's garbage collector.")),
    *listed("gauge", "tasks", ("runtime.num_goroutines", "Tasks of the event loop: what Python has for goroutines.")),
    *listed("gauge", "blocks", ("runtime.heap_objects", "Blocks of memory in which Python's objects lie.")),
)
HOST = (
    *listed(
        "gauge",
        "bytes",
        ("host.memory.total", "Memory of the machine."),
        ("host.memory.available", "What programs can still get of it."),
        ("host.memory.used", "What programs use of it."),
        ("host.memory.free", "What nothing uses."),
        ("host.disk.size", "Size of the file system of `/`.", "path"),
        ("host.disk.used", "What is used of it.", "path"),
        ("host.disk.available", "What is free of it.", "path"),
    ),
    *listed(
        "gauge",
        "percent",
        ("host.memory.used_percent", "The same as a share."),
        ("host.disk.used_percent", "The same as a share.", "path"),
        ("host.cpu.total", "Share of the time in which processors worked, since it was read last.", "cpu"),
    ),
    *listed("gauge", "s", ("host.uptime", "Since the machine started.")),
)
"""Only with `enable_host_metrics`."""
LICTOR = (
    *listed(
        "counter",
        "times",
        ("lictor.events", "What this node dropped, refused or left undone, and other rare events, by name.", "what"),
        ("lictor.process.events", "The same of the process, whose bus its nodes share.", "what"),
        (
            "lictor.suspicions",
            "Suspicions that ended on this node, by how: refuted, failed, left.",
            "network",
            "outcome",
        ),
        ("lictor.process.bus", "What the process has said to nodes: messages, frames, bytes.", "sent"),
    ),
    *listed("counter", "s", ("lictor.process.cpu_seconds", "Processor time of the process, user and system.")),
    *listed(
        "summary",
        "s",
        ("lictor.turn_seconds", "Length of turns, of one in each tick of the run queue, by actor.", "actor"),
        ("lictor.process.loop_lag_seconds", "How far the process is behind, once a second: late timers, unread mail."),
    ),
    *listed("histogram", "s", ("lictor.fsync_seconds", "Syncs of the journal.")),
    *listed(
        "gauge",
        "messages",
        ("lictor.mailbox", "Mail that waits for an actor of this node.", "actor"),
        ("lictor.process.mailbox", "Mail that waits in the process."),
    ),
)
METRICS = {m.name: m for m in (*HTTP_AND_DNS, *CLIENT_API, *RAFT, *FSM, *SERVER, *GOSSIP, *PROCESS, *HOST, *LICTOR)}
"""By name."""


@lru_cache(4096)
def named(what: str) -> tuple[Metric, Mapping[str, str]]:
    """The metric and its labels, of ``name;label=value;label=value``. Raises KeyError for one that is not declared."""
    name, *labels = what.split(";")
    return METRICS[name], dict(label.split("=", 1) for label in labels)
