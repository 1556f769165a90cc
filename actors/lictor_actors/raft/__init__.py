"""Consensus as an object without I/O: the log that all servers agree on. Begin with ``core``."""

from lictor_actors.raft.configuration import ChangeRefused, Configuration
from lictor_actors.raft.core import Raft
from lictor_actors.raft.facts import LEADER, NotLeading, Role
from lictor_actors.raft.leader_state import Overloaded
from lictor_actors.raft.log import Entry
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.snapshot import Snapshot

__all__ = [
    "LEADER",
    "ChangeRefused",
    "Configuration",
    "Entry",
    "NotLeading",
    "Overloaded",
    "Raft",
    "RaftOptions",
    "Role",
    "Snapshot",
]
