"""Consensus as an object without I/O: the log that all servers agree on. Begin with ``core``."""

from lictor_actors.raft.core import Raft
from lictor_actors.raft.facts import NotLeading, Role
from lictor_actors.raft.leadership import Overloaded
from lictor_actors.raft.log import Entry
from lictor_actors.raft.options import RaftOptions

__all__ = ["Entry", "NotLeading", "Overloaded", "Raft", "RaftOptions", "Role"]
