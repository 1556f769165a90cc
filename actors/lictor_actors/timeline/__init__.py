"""The timeline: what happened when and where, as records, in the terminal and as a space-time diagram."""

from lictor_actors.timeline.record import Record, read, write

__all__ = ["Record", "read", "write"]
