"""The vocabulary: every fault has one name and one set of parameters, however it is said and wherever it acts."""

from lictor_actors.faults import network, nodes, clocks, disks  # isort: skip  (the order of the documentation)
from lictor_actors.faults.verb import TARGETS, VERBS, Share, Span, Verb, in_seconds, written_as

__all__ = [
    "TARGETS",
    "VERBS",
    "Share",
    "Span",
    "Verb",
    "clocks",
    "disks",
    "in_seconds",
    "network",
    "nodes",
    "written_as",
]
