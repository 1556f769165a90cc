"""Models that are built before their first use: before a fork, and before several threads may make messages.

A record's model is built when the first of its kind is made or read (``defer_build``), because to build all of them
takes a third of the time in which an agent can answer. Where memory is shared by forking, each child would build its
own. And before pydantic 2.14, two threads that each made the first message of a kind could have it checked by the rules
of another (pydantic, issue 13419).
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from lictor_messages.base import Message, Record

_building = Lock()


def build_models() -> None:
    """Build the models of all records that are defined by now; those that are built stay as they are.

    What messages hold comes before them: a model takes over the parts that are built, and would copy the others.
    """
    with _building:
        for kind in sorted(below(Record), key=lambda kind: issubclass(kind, Message)):
            kind.model_rebuild(raise_errors=False)  # one that cannot be built yet says so when it is used


def below(kind: type[Record]) -> Iterator[type[Record]]:
    """Every class that was derived from this one."""
    for one in kind.__subclasses__():
        yield one
        yield from below(one)
