"""Faults by name: partition, isolate, cut, lose, delay, duplicate, pause, crash, restart … and heal."""

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.in_world import world_faults
from lictor_actors.faults.selectors import NodeView, resolve
from lictor_actors.faults.verbs import Backend, Faults, Injected

__all__ = ["Backend", "Fault", "FaultBook", "Faults", "Injected", "NodeView", "resolve", "world_faults"]
