"""Faults by name, from a lost message to a lying disk, for a live cluster and for the world … and how they heal."""

from typing import TYPE_CHECKING, Any

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.director import Director
from lictor_actors.faults.engine import Engine
from lictor_actors.faults.ground import FaultGround
from lictor_actors.faults.in_force import Faults, Injected
from lictor_actors.faults.levels import UnsupportedFault
from lictor_actors.faults.selectors import Chance, NodeView, resolve
from lictor_actors.faults.steps import Step
from lictor_actors.faults.verbs import Verbs, make
from lictor_actors.faults.vocabulary import VERBS, Verb

if TYPE_CHECKING:
    from lictor_actors.faults.in_world import world_faults

__all__ = [
    "VERBS",
    "Chance",
    "Director",
    "Engine",
    "Fault",
    "FaultBook",
    "FaultGround",
    "Faults",
    "Injected",
    "NodeView",
    "Step",
    "UnsupportedFault",
    "Verb",
    "Verbs",
    "make",
    "resolve",
    "world_faults",
]


def __getattr__(name: str) -> Any:
    # The world brings all of Lictor along; a client of a live cluster needs none of it.
    if name != "world_faults":
        raise AttributeError(f"module 'lictor_actors.faults' has no attribute {name!r}")
    from lictor_actors.faults.in_world import world_faults

    return world_faults
